//! The promotion gate: does a challenger give better probabilities than the model in force, on
//! days it has not seen, by more than chance?
//!
//! It is pure: the same rows, settings and seed give the same verdict, so a replay need not
//! trust the log. A refusal lists every reason, not only the first.

use crate::calibration::calibration;
use crate::held_out::{HeldOut, judged};
use crate::judged::{Judged, daily_means, mean_over_days, row_log_loss};
use schemas::contract::{CLASS_NAMES, CLASSES};
use serde::{Deserialize, Serialize};
use statistics::bootstrap::{DRAWS, days_to_prove, gain};
use statistics::p_text;

/// Nominal chance of promoting a worthless model; with few blocks the true one is higher
/// ([`statistics::false_alarm_rate`]).
const LEVEL: f64 = 0.10;
/// How far a class's mean probability may lie from its frequency.
const MARGIN: f64 = 0.03;

/// How to judge.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct GateSettings {
    /// H: the longest holding in trading days, the length of the bootstrap's blocks.
    pub block: usize,
    /// Other judgements on any of these days; the same bytes on the same rows are one judgement.
    pub judged_before: u32,
    /// Class shares of the challenger's training rows (`Manifest::class_prior`): the baseline
    /// without a champion.
    pub class_prior: [f64; CLASSES],
    /// Matured scan days that must be held out.
    pub days: u32,
    /// Bootstrap draws.
    pub draws: u32,
    /// Seed of bootstrap and label draws.
    pub seed: u64,
}

impl Default for GateSettings {
    fn default() -> GateSettings {
        let class_prior = [1.0 / CLASSES as f64; CLASSES];
        GateSettings { block: 28, judged_before: 0, class_prior, days: 60, draws: DRAWS, seed: 1 }
    }
}

/// The gate's findings. If the rows could not be judged, `rows` is 0, `reasons` says why and the
/// figures mean nothing.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug, Default)]
pub struct Verdict {
    /// Whether the challenger may become champion.
    pub promote: bool,
    /// Why not, each reason a sentence; empty when it may.
    pub reasons: Vec<String>,
    /// Scan days judged.
    pub days: u32,
    /// Rows judged.
    pub rows: u64,
    /// Mean daily log loss of the challenger, in nats.
    pub log_loss: f64,
    /// The same of the champion, or of the class prior without one.
    pub baseline_log_loss: f64,
    /// Whether the baseline is the class prior.
    pub baseline_is_prior: bool,
    /// The true gain in log loss over the baseline is above this with 95 % confidence, one-sided:
    /// above 0 exactly where `p_value` is below 0.05. None if the days are fewer than 1½ blocks.
    #[serde(default)]
    pub gain_above: Option<f64>,
    /// One-sided block-bootstrap p; 1 if the days are fewer than 1½ blocks.
    pub p_value: f64,
    /// `p_value` × challengers judged on these days, this one included; at most 1.
    pub adjusted_p_value: f64,
    /// Calibration error of the challenger.
    pub calibration_error: f64,
    /// Its largest value allowed: the mean over label draws, plus 3 points.
    pub calibration_limit: f64,
    /// Mean probability of each class, by days.
    pub mean_probability: [f64; CLASSES],
    /// Frequency of each class, by days.
    pub frequency: [f64; CLASSES],
    /// Further held-out days after which a difference like this one would be proven; none if
    /// the challenger is not better, or no more are needed.
    pub days_needed: Option<u32>,
}

/// Judges a challenger on held-out rows, against the champion on the same rows or, without
/// one, against the class prior.
///
/// The p-value is multiplied by `judged_before` + 1: a first challenger's by 1.
pub fn gate(
    challenger: &[HeldOut],
    champion: Option<&[HeldOut]>,
    settings: &GateSettings,
) -> Verdict {
    let mut reasons = Vec::new();
    check(challenger, champion, settings, &mut reasons);
    if !reasons.is_empty() {
        return Verdict { baseline_is_prior: champion.is_none(), reasons, ..Verdict::default() };
    }
    let rows = judged(challenger);
    let baseline: Vec<Judged> = match champion {
        Some(champion) => judged(champion),
        None => rows.iter().map(|r| Judged { probabilities: settings.class_prior, ..*r }).collect(),
    };
    let ours = daily_means(&rows, row_log_loss);
    let theirs = daily_means(&baseline, row_log_loss);
    let daily: Vec<f64> = ours.iter().zip(&theirs).map(|(a, b)| a.1 - b.1).collect();
    let days = daily.len() as u32;
    let mean = |list: &[(i32, f64)]| list.iter().map(|day| day.1).sum::<f64>() / list.len() as f64;
    let tries = f64::from(settings.judged_before) + 1.0;
    let gains: Vec<f64> = daily.iter().map(|more| -more).collect();
    let found = gain(&gains, settings.block, settings.draws, settings.seed);
    let p = found.map(|found| found.p_value);
    let (error, limit) = calibration(&rows, settings.seed);
    let share = |of: &dyn Fn(&Judged, usize) -> f64| {
        std::array::from_fn(|class| mean_over_days(&rows, |row| of(row, class)))
    };
    let mut verdict = Verdict {
        promote: false,
        reasons,
        days,
        rows: rows.len() as u64,
        log_loss: mean(&ours),
        baseline_log_loss: mean(&theirs),
        baseline_is_prior: champion.is_none(),
        gain_above: found.map(|found| found.above),
        p_value: p.unwrap_or(1.0),
        adjusted_p_value: (p.unwrap_or(1.0) * tries).min(1.0),
        calibration_error: error,
        calibration_limit: limit,
        mean_probability: share(&|row, class| row.probabilities[class]),
        frequency: share(&|row, class| f64::from(u8::from(usize::from(row.class) == class))),
        days_needed: None,
    };
    let needed = days_to_prove(&daily, settings.block, LEVEL / tries);
    judge(&mut verdict, needed, p.is_some(), settings);
    verdict.promote = verdict.reasons.is_empty();
    verdict
}

fn judge(verdict: &mut Verdict, needed: Option<u32>, enough: bool, settings: &GateSettings) {
    let rival = if verdict.baseline_is_prior { "the class prior" } else { "the champion" };
    let better = verdict.log_loss < verdict.baseline_log_loss;
    let mut reasons = Vec::new();
    let short = settings.days.saturating_sub(verdict.days);
    if short > 0 {
        reasons.push(format!(
            "only {} of {} held-out scan days have matured: wait for {short} more",
            verdict.days, settings.days
        ));
    }
    if !better {
        reasons.push(format!(
            "its mean daily log loss {:.4} is not below that of {rival}, {:.4}: more days do not \
             change that; the next training has more rows",
            verdict.log_loss, verdict.baseline_log_loss
        ));
    } else if verdict.adjusted_p_value >= LEVEL {
        // Where the formula asks for no more days than there are, the sample was unlucky; one
        // more block is the least that can change the answer.
        let more = needed.map_or(0, |needed| needed.saturating_sub(verdict.days));
        let more = more.max(settings.block as u32).max(short);
        verdict.days_needed = Some(more);
        let found = if enough {
            format!(
                "{} × {} challengers judged on these days = {:.3}, not below {LEVEL}",
                p_text(verdict.p_value),
                u64::from(settings.judged_before) + 1,
                verdict.adjusted_p_value
            )
        } else {
            format!(
                "{} days are fewer than one and a half blocks of {} days",
                verdict.days, settings.block
            )
        };
        reasons.push(format!(
            "not proven better than {rival}: {found}; about {more} more held-out days are needed"
        ));
    }
    for (class, name) in CLASS_NAMES.iter().enumerate() {
        let (given, came) = (verdict.mean_probability[class], verdict.frequency[class]);
        if (given - came).abs() > MARGIN {
            reasons.push(format!(
                "class {name}: its mean probability {:.1} % is more than 3 points from the observed \
                 {:.1} %: a training on rows of days like these corrects it",
                100.0 * given,
                100.0 * came
            ));
        }
    }
    if verdict.calibration_error > verdict.calibration_limit {
        reasons.push(format!(
            "its calibration error {:.4} is above the limit {:.4}: a training on rows of days like \
             these corrects it",
            verdict.calibration_error, verdict.calibration_limit
        ));
    }
    verdict.reasons.extend(reasons);
}

/// Adds the reasons why the rows cannot be judged.
fn check(
    challenger: &[HeldOut],
    champion: Option<&[HeldOut]>,
    settings: &GateSettings,
    reasons: &mut Vec<String>,
) {
    if challenger.is_empty() {
        reasons.push(format!("no held-out row has matured: wait for {} days", settings.days));
    }
    if let Some(problem) = first_unsound(challenger) {
        reasons.push(format!(
            "of the challenger, {problem}; {LOOK}, and `butterquant train` asks for another model"
        ));
    }
    if settings.block == 0 {
        reasons.push("the longest holding is 0 days: give the block length in trading days".into());
    }
    if let Some(champion) = champion {
        let same = |(a, b): (&HeldOut, &HeldOut)| {
            (a.scan_day, a.class, a.weight.to_bits()) == (b.scan_day, b.class, b.weight.to_bits())
        };
        if champion.len() != challenger.len() || !challenger.iter().zip(champion).all(same) {
            reasons.push(format!(
                "champion ({} rows) and challenger ({} rows) were not asked about the same rows \
                 in the same order: score both on the same held-out rows",
                champion.len(),
                challenger.len()
            ));
        } else if let Some(problem) = first_unsound(champion) {
            reasons.push(format!(
                "of the champion, {problem}; {LOOK}, and `butterquant model rollback` puts the \
                 version before in force"
            ));
        }
    }
}

/// The command that finds wrong rows.
const LOOK: &str = "`butterquant data validate --lake` names rows that are wrong";

/// The first row that cannot be judged, and why.
fn first_unsound(rows: &[HeldOut]) -> Option<String> {
    rows.iter().enumerate().find_map(|(place, row)| {
        let wrong = |p: &&f32| !(0.0..=1.0).contains(*p);
        let why = if usize::from(row.class) >= CLASSES {
            format!("class {} is not one of 0 to 3", row.class)
        } else if !(row.weight.is_finite() && row.weight > 0.0) {
            format!("weight {} is not above 0", row.weight)
        } else {
            format!("probability {} is not within 0 to 1", row.probabilities.iter().find(wrong)?)
        };
        Some(format!("held-out row {place} is not sound ({why})"))
    })
}
