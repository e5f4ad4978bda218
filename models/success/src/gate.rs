//! The promotion gate: does a challenger give better probabilities than the model in force, on
//! days it has not seen, by more than chance?
//!
//! It is pure: the same rows, settings and seed give the same verdict, so a replay need not
//! trust the log. A refusal lists every reason, not only the first.
//!
//! Calibration is judged against the rival on the same days. Sixty days hold about two independent
//! observations of a season: the true long-run frequencies themselves miss the frequency of such
//! days by more than 3 points in most of them, and so does whatever is in force. What a challenger
//! shares with its rival says nothing about which of the two is better.

use crate::calibration::{by_chance, calibration_error, rankings};
use crate::comparable::comparable;
use crate::gate_reasons::reasons;
use crate::held_out::{HeldOut, judged};
use crate::judged::{Judged, daily_means, mean_over_days, row_log_loss};
use crate::verdict::{GateSettings, LEVEL, MARGIN, Verdict, YEAR};
use schemas::contract::CLASSES;
use statistics::bootstrap::{days_to_prove, gain};

/// Judges a challenger on held-out rows, against the champion on the same rows or, without
/// one, against the class prior.
///
/// The p-value is multiplied by `judged_before` + 1: a first challenger's by 1.
pub fn gate(
    challenger: &[HeldOut],
    champion: Option<&[HeldOut]>,
    settings: &GateSettings,
) -> Verdict {
    if let Err(reasons) = comparable(challenger, champion, settings) {
        return Verdict { baseline_is_prior: champion.is_none(), reasons, ..Verdict::default() };
    }
    let rows = judged(challenger);
    let rival: Vec<Judged> = match champion {
        Some(champion) => judged(champion),
        None => rows.iter().map(|r| Judged { probabilities: settings.class_prior, ..*r }).collect(),
    };
    let ours = daily_means(&rows, row_log_loss);
    let theirs = daily_means(&rival, row_log_loss);
    let daily: Vec<f64> = ours.iter().zip(&theirs).map(|(a, b)| a.1 - b.1).collect();
    let mean = |list: &[(i32, f64)]| list.iter().map(|day| day.1).sum::<f64>() / list.len() as f64;
    let tries = f64::from(settings.judged_before) + 1.0;
    let gains: Vec<f64> = daily.iter().map(|more| -more).collect();
    let found = gain(&gains, settings.block, settings.draws, settings.seed);
    let p_value = found.map_or(1.0, |found| found.p_value);
    let order = rankings(&rows);
    let chance = by_chance(&rows, &order, settings.seed);
    let rival_error = calibration_error(&rival, &rankings(&rival), |i| rival[i].class);
    let mut verdict = Verdict {
        promote: false,
        reasons: Vec::new(),
        days: daily.len() as u32,
        rows: rows.len() as u64,
        log_loss: mean(&ours),
        baseline_log_loss: mean(&theirs),
        baseline_is_prior: champion.is_none(),
        gain_above: found.map(|found| found.above),
        p_value,
        adjusted_p_value: (p_value * tries).min(1.0),
        calibration_error: calibration_error(&rows, &order, |i| rows[i].class),
        rival_calibration_error: rival_error,
        calibration_by_chance: chance,
        calibration_limit: rival_error.max(chance) + MARGIN,
        mean_probability: mean_probability(&rows),
        rival_mean_probability: mean_probability(&rival),
        frequency: by_class(&rows, |row, class| {
            f64::from(u8::from(usize::from(row.class) == class))
        }),
        days_needed: None,
    };
    let needed = days_to_prove(&daily, settings.block, LEVEL / tries);
    verdict.days_needed = days_needed(&verdict, needed, settings);
    verdict.reasons = reasons(&verdict, found.is_some(), settings);
    verdict.promote = verdict.reasons.is_empty();
    verdict
}

/// The further days that a proof would take.
fn days_needed(verdict: &Verdict, needed: Option<u32>, settings: &GateSettings) -> Option<u32> {
    let better = verdict.log_loss < verdict.baseline_log_loss;
    if !better || verdict.adjusted_p_value < LEVEL {
        return None;
    }
    // Where the formula asks for no more days than there are, the sample was unlucky; one
    // more block is the least that can change the answer.
    let more = needed?.saturating_sub(verdict.days).max(settings.block as u32);
    let short = settings.days.saturating_sub(verdict.days);
    Some(more.max(short)).filter(|more| *more <= YEAR)
}

fn mean_probability(rows: &[Judged]) -> [f64; CLASSES] {
    by_class(rows, |row, class| row.probabilities[class])
}

/// The mean by days of a value of each class.
fn by_class(rows: &[Judged], of: impl Fn(&Judged, usize) -> f64) -> [f64; CLASSES] {
    std::array::from_fn(|class| mean_over_days(rows, |row| of(row, class)))
}
