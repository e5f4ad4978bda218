//! The gate's verdict, as recorded with a trained model.

use statistics::bootstrap::DRAWS;
use statistics::p_text;
use success::{Assessment, Figures, Manifest, Verdict};

/// The verdict's figures, for the manifest.
pub(super) fn verdict_json(verdict: &Verdict) -> serde_json::Value {
    serde_json::json!({
        "days": verdict.days,
        "rows": verdict.rows,
        "log_loss": verdict.log_loss,
        "baseline_log_loss": verdict.baseline_log_loss,
        "baseline_is_prior": verdict.baseline_is_prior,
        "gain_above": verdict.gain_above,
        "p_value": verdict.p_value,
        "adjusted_p_value": verdict.adjusted_p_value,
        "calibration_error": verdict.calibration_error,
        "rival_calibration_error": verdict.rival_calibration_error,
        "calibration_by_chance": verdict.calibration_by_chance,
        "calibration_limit": verdict.calibration_limit,
        "mean_probability": verdict.mean_probability,
        "rival_mean_probability": verdict.rival_mean_probability,
        "frequency": verdict.frequency,
        "days_needed": verdict.days_needed,
    })
}

/// The verdict in sentences.
pub(super) fn sentences(
    manifest: &Manifest,
    verdict: &Verdict,
    assessment: Option<&Assessment>,
) -> Vec<String> {
    let baseline = if verdict.baseline_is_prior { "the class prior" } else { "the champion" };
    let interval = assessment.and_then(|of| of.model.calibration_interval);
    let mut sentences = vec![
        format!(
            "mean daily log loss {:.4} against {:.4} of {baseline} on {} days: {}, adjusted {}",
            verdict.log_loss,
            verdict.baseline_log_loss,
            verdict.days,
            judged(verdict),
            p_text(verdict.adjusted_p_value)
        ),
        format!(
            "calibration error {:.4}{} beside {:.4} of {baseline} on the same days and {:.4} by chance: at \
             most {:.4} allowed",
            verdict.calibration_error,
            interval.map_or_else(String::new, |[low, high]| {
                format!(" (95 % interval by scan day {low:.4} to {high:.4})")
            }),
            verdict.rival_calibration_error,
            verdict.calibration_by_chance,
            verdict.calibration_limit
        ),
    ];
    sentences.push(manifest.choice());
    sentences.extend(assessment.map(beside));
    sentences.extend(verdict.reasons.iter().cloned());
    sentences
}

/// The gain over the baseline: its bound and its p-value are of one bootstrap.
fn judged(verdict: &Verdict) -> String {
    let gain = gained(verdict.baseline_log_loss - verdict.log_loss);
    let p = p_text(verdict.p_value);
    let better = verdict.log_loss < verdict.baseline_log_loss;
    match verdict.gain_above {
        Some(above) if better => format!(
            "{gain}, with 95 % confidence by more than {above:.4}; {p} (one-sided, {DRAWS} resamples)"
        ),
        Some(_) => format!("{gain}; {p} (one-sided, {DRAWS} resamples)"),
        None => format!("{gain}, on too few days for a p-value"),
    }
}

/// How a gain in log loss reads: the lower log loss is the better one.
fn gained(gain: f64) -> String {
    match gain {
        0.0 => "as good".to_owned(),
        more if more > 0.0 => format!("better by {more:.4}"),
        less => format!("worse by {:.4}", -less),
    }
}

/// The held-out log losses of the model and of what it must beat.
fn beside(assessment: &Assessment) -> String {
    let rival = |name: &str, figures: &Figures| {
        let behind = figures.behind_model;
        let p = behind.p_value.filter(|_| behind.value > 0.0);
        let p = p.map_or_else(String::new, |p| format!(", {}", p_text(p)));
        let (loss, gain) = (figures.log_loss.value, gained(behind.value));
        format!("{name} {loss:.4} (the model is {gain}{p})")
    };
    let score = assessment
        .technical_score
        .as_ref()
        .map_or("technical score unknown".to_owned(), |score| rival("technical score", score));
    format!(
        "held-out log loss {:.4} beside {}, {score}, {}, {}",
        assessment.model.log_loss.value,
        rival("class prior", &assessment.class_prior),
        rival("logistic regression", &assessment.logistic),
        rival("network", &assessment.network)
    )
}

#[cfg(test)]
mod tests {
    use super::{gained, judged};
    use success::Verdict;

    #[test]
    fn the_sign_of_a_gain_is_a_word() {
        let texts = [0.0903, -0.02, 0.0].map(gained);
        assert_eq!(texts, ["better by 0.0903", "worse by 0.0200", "as good"]);
    }

    #[test]
    fn bound_and_p_value_stand_together() {
        let verdict = |gain_above| Verdict {
            log_loss: 1.0,
            baseline_log_loss: 1.25,
            gain_above,
            p_value: 1e-4,
            ..Verdict::default()
        };
        assert_eq!(
            judged(&verdict(Some(0.0123))),
            "better by 0.2500, with 95 % confidence by more than 0.0123; p < 0.001 (one-sided, 10000 resamples)"
        );
        let worse = Verdict { log_loss: 1.5, p_value: 0.9, ..verdict(Some(-0.5)) };
        assert_eq!(judged(&worse), "worse by 0.2500; p = 0.900 (one-sided, 10000 resamples)");
        assert_eq!(judged(&verdict(None)), "better by 0.2500, on too few days for a p-value");
    }
}
