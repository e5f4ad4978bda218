//! The gate's verdict, as recorded with a trained model.

use success::{Assessment, Figures, Manifest, Verdict};

/// The verdict's figures, for the manifest.
pub(super) fn verdict_json(verdict: &Verdict) -> serde_json::Value {
    serde_json::json!({
        "days": verdict.days,
        "rows": verdict.rows,
        "log_loss": verdict.log_loss,
        "baseline_log_loss": verdict.baseline_log_loss,
        "baseline_is_prior": verdict.baseline_is_prior,
        "p_value": verdict.p_value,
        "adjusted_p_value": verdict.adjusted_p_value,
        "calibration_error": verdict.calibration_error,
        "calibration_limit": verdict.calibration_limit,
        "mean_probability": verdict.mean_probability,
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
            "mean daily log loss {:.4} against {:.4} of {baseline} on {} days, adjusted p {:.3}",
            verdict.log_loss, verdict.baseline_log_loss, verdict.days, verdict.adjusted_p_value
        ),
        format!(
            "calibration error {:.4}{}, at most {:.4} allowed",
            verdict.calibration_error,
            interval.map_or_else(String::new, |[low, high]| {
                format!(" (95 % interval by scan day {low:.4} to {high:.4})")
            }),
            verdict.calibration_limit
        ),
    ];
    sentences.push(manifest.choice());
    sentences.extend(assessment.map(beside));
    sentences.extend(verdict.reasons.iter().cloned());
    sentences
}

/// The held-out log losses of the model and of what it must beat.
fn beside(assessment: &Assessment) -> String {
    let end = |end: Option<f64>| end.map_or("?".to_owned(), |end| format!("{end:+.4}"));
    let rival = |name: &str, figures: &Figures| {
        let behind = figures.behind_model;
        format!(
            "{name} {:.4} ({:+.4} against the model, {} to {})",
            figures.log_loss.value,
            behind.value,
            end(behind.low),
            end(behind.high)
        )
    };
    let score = assessment
        .technical_score
        .as_ref()
        .map_or("technical score unknown".to_owned(), |score| rival("technical score", score));
    format!(
        "held-out log loss {:.4} beside {}, {score}, {}, {} (95 % intervals by scan day)",
        assessment.model.log_loss.value,
        rival("class prior", &assessment.class_prior),
        rival("logistic regression", &assessment.logistic),
        rival("network", &assessment.network)
    )
}
