//! Why the gate refuses, in sentences: each says what was compared with what, and what would change it.

use crate::verdict::{GateSettings, LEVEL, MARGIN, Verdict};
use schemas::contract::CLASS_NAMES;
use statistics::p_text;

/// Every reason to refuse; `enough` tells whether there were days enough for a p-value.
pub(crate) fn reasons(verdict: &Verdict, enough: bool, settings: &GateSettings) -> Vec<String> {
    let rival = if verdict.baseline_is_prior { "the class prior" } else { "the champion" };
    let short = settings.days.saturating_sub(verdict.days);
    let too_few = (short > 0).then(|| {
        format!(
            "only {} of {} held-out scan days have matured: wait for {short} more",
            verdict.days, settings.days
        )
    });
    too_few
        .into_iter()
        .chain(no_gain(verdict, enough, rival, settings))
        .chain(classes_off(verdict, rival))
        .chain(badly_calibrated(verdict, rival))
        .collect()
}

/// It is not better than the rival, or not by more than chance.
fn no_gain(
    verdict: &Verdict,
    enough: bool,
    rival: &str,
    settings: &GateSettings,
) -> Option<String> {
    let gain = verdict.baseline_log_loss - verdict.log_loss;
    // False of NaN too.
    let better = gain > 0.0;
    if !better {
        return Some(format!(
            "its mean daily log loss {:.4} is not below that of {rival} on the same {} days, {:.4}: \
             more days do not change that; the next training has more rows",
            verdict.log_loss, verdict.days, verdict.baseline_log_loss
        ));
    }
    if verdict.adjusted_p_value < LEVEL {
        return None;
    }
    let found = if enough {
        let judged = match settings.judged_before {
            0 => String::new(),
            before => {
                format!(
                    " × {} challengers judged on these days = {:.3}",
                    u64::from(before) + 1,
                    verdict.adjusted_p_value
                )
            }
        };
        format!("{}{judged}, not below {LEVEL}", p_text(verdict.p_value))
    } else {
        format!(
            "{} days are fewer than one and a half blocks of {} days",
            verdict.days, settings.block
        )
    };
    let wait = match verdict.days_needed {
        Some(more) => {
            format!("a gain of this size would be proven with about {more} more held-out days")
        }
        None => "a gain this small would take more than a year of held-out days to prove; \
                 the next training has more rows"
            .to_owned(),
    };
    Some(format!(
        "not proven better than {rival}: its log loss is lower by {gain:.4} on {} days, which chance \
         alone may give ({found}); {wait}",
        verdict.days
    ))
}

/// Classes whose mean probability is further from what came than the rival's is.
fn classes_off(verdict: &Verdict, rival: &str) -> Vec<String> {
    let off = |(class, name): (usize, &&str)| {
        let came = verdict.frequency[class];
        let (own, other) = (verdict.mean_probability[class], verdict.rival_mean_probability[class]);
        let (far, rivals) = ((own - came).abs(), (other - came).abs());
        (far > rivals + MARGIN).then(|| {
            format!(
                "class {name}: {:.1} % came on these days; its mean probability {:.1} % is {:.1} \
                 points off, that of {rival}, {:.1} %, only {:.1}: more than 3 points worse; a \
                 training on rows of days like these corrects it",
                100.0 * came,
                100.0 * own,
                100.0 * far,
                100.0 * other,
                100.0 * rivals
            )
        })
    };
    CLASS_NAMES.iter().enumerate().filter_map(off).collect()
}

fn badly_calibrated(verdict: &Verdict, rival: &str) -> Option<String> {
    (verdict.calibration_error > verdict.calibration_limit).then(|| {
        format!(
            "its calibration error {:.1} points is more than 3 above that of {rival} on the same days, \
             {:.1}, and above what chance alone gives its probabilities, {:.1}: a training on rows of \
             days like these corrects it",
            100.0 * verdict.calibration_error,
            100.0 * verdict.rival_calibration_error,
            100.0 * verdict.calibration_by_chance
        )
    })
}
