//! What only the process that makes the views knows: events by kind, refusals, models, money, and the
//! quality of predictions. Read again once a day has closed.

use super::samples::{DAY, Samples, labels};
use anyhow::Result;
use api::answers::quality::{QualityFigures, quality};
use api::answers::{ModelRow, ModelStatus, ModelsQuery, PositionsQuery, ViewQuery};
use schemas::Day;
use schemas::events::Track;
use store::Views;
use store::views::EventTally;
use telemetry::metrics::Declared;

const THROUGH: Declared = Declared::gauge(
    "butterquant_views_day",
    &[],
    "Last trading day that the views contain, in days since 1970-01-01.",
);
const EVENTS: Declared = Declared::counter(
    "butterquant_events_total",
    &["topic", "kind"],
    "Events of the run that the views have taken in, by topic and kind, day markers included.",
);
const REFUSALS: Declared = Declared::counter(
    "butterquant_refusals_total",
    &["origin", "code"],
    "Refusals and orders without a fill, by who refused and why; at most 64 codes an origin, others together.",
);
const TRAININGS: Declared = Declared::counter(
    "butterquant_trainings_total",
    &["result"],
    "Trainings: begun, and of these passed or failed, by the gate's verdict.",
);
const MODEL: Declared = Declared::gauge(
    "butterquant_model_info",
    &["alias", "version", "sha256", "provider"],
    "The models in force and watched, and the engine that scores with them; always 1.",
);
const MODEL_AGE: Declared = Declared::gauge(
    "butterquant_model_age_seconds",
    &["alias"],
    "From the end of the model's training to the last day of the views, in event time: whole days in seconds.",
);
const EQUITY: Declared = Declared::gauge(
    "butterquant_equity_dollars",
    &["track"],
    "Capital plus all gains and losses at the last close, open positions at mid.",
);
const POSITIONS: Declared =
    Declared::gauge("butterquant_open_positions", &["track"], "Positions held.");
const AT_RISK: Declared = Declared::gauge(
    "butterquant_capital_at_risk_dollars",
    &["track"],
    "What was paid for the positions held.",
);
const QUALITY: Declared = Declared::gauge(
    "butterquant_prediction_quality",
    &["figure", "days"],
    "Quality of the champion's predictions on the last 60 matured scan days (recent), and on the last 250 by the volatility index (low, normal, high).",
);
const QUALITY_DAYS: Declared = Declared::gauge(
    "butterquant_prediction_quality_scan_dates",
    &[],
    "Scan days behind the recent figures, at most 60.",
);
const DRIFT: Declared = Declared::gauge(
    "butterquant_feature_drift",
    &["feature"],
    "Distance of the last 20 scan days from the champion's training rows, as a multiple of its limit.",
);

/// Every metric of this file.
pub(super) const ALL: &[&Declared] = &[
    &THROUGH,
    &EVENTS,
    &REFUSALS,
    &TRAININGS,
    &MODEL,
    &MODEL_AGE,
    &EQUITY,
    &POSITIONS,
    &AT_RISK,
    &QUALITY,
    &QUALITY_DAYS,
    &DRIFT,
];

/// Scan days whose quality is measured: a year, and those that have not matured.
const MEASURED_DAYS: usize = 310;
/// Codes of an origin with a series of their own: an external broker may invent any number.
const CODES: usize = 64;

/// All that is read from `views`; names of topics begin with `prefix`, and `provider` scores.
///
/// # Errors
/// The store's.
pub(super) fn samples(views: &Views, prefix: &str, provider: &str) -> Result<Samples> {
    let one = |value| vec![(Vec::new(), value)];
    let mut samples = of_tally(&views.tally()?, prefix);
    let through = views.through()?;
    if let Some(day) = through {
        samples.push((&THROUGH, one(f64::from(day.0))));
    }
    samples.extend(of_models(&ModelsQuery.answer(views)?.models, through, provider));
    samples.extend(of_money(views)?);
    samples.extend(of_quality(&quality(views, MEASURED_DAYS)?));
    Ok(samples)
}

fn of_tally(tally: &EventTally, prefix: &str) -> Samples {
    let events = tally.events.iter().flat_map(|(topic, kinds)| {
        let topic: schemas::Topic = topic.parse().ok()?;
        let topic = format!("{prefix}{}", topic.name());
        Some(kinds.iter().map(move |(kind, count)| (labels([&topic, kind]), *count as f64)))
    });
    let events = events.flatten().collect();
    let mut refusals = Vec::new();
    for (origin, codes) in &tally.refusals {
        for (code, count) in codes.iter().take(CODES) {
            refusals.push((labels([origin, code]), *count as f64));
        }
        let others: u64 = codes.values().skip(CODES).sum();
        if others > 0 {
            refusals.push((labels([origin, "others"]), others as f64));
        }
    }
    vec![(&EVENTS, events), (&REFUSALS, refusals)]
}

fn of_models(models: &[ModelRow], through: Option<Day>, provider: &str) -> Samples {
    let with = |passed| models.iter().filter(|model| model.passed == Some(passed)).count();
    let results = [("begun", models.len()), ("passed", with(true)), ("failed", with(false))];
    let results = results.map(|(result, count)| (labels([result]), count as f64));
    let (mut info, mut age) = (Vec::new(), Vec::new());
    for model in models {
        let alias = model.status.name();
        if !matches!(model.status, ModelStatus::Champion | ModelStatus::Challenger) {
            continue;
        }
        let (version, sha256) = (model.version.to_string(), model.sha256.as_deref());
        info.push((labels([alias, &version, sha256.unwrap_or_default(), provider]), 1.0));
        if let (Some(through), Some(trained)) = (through, model.trained_on) {
            age.push((labels([alias]), f64::from(through.0 - trained.0) * DAY));
        }
    }
    vec![(&TRAININGS, results.to_vec()), (&MODEL, info), (&MODEL_AGE, age)]
}

fn of_money(views: &Views) -> Result<Samples> {
    let held = PositionsQuery.answer(views)?.positions;
    let (mut equity, mut positions, mut at_risk) = (Vec::new(), Vec::new(), Vec::new());
    for track in Track::ALL {
        let name = || labels([track.name()]);
        if let Some(last) = views.equity(track)?.last() {
            equity.push((name(), last.mark.equity.dollars()));
        }
        let own = held.iter().filter(|position| position.track == track);
        positions.push((name(), own.clone().count() as f64));
        // A sum of nothing is -0.0.
        let paid = own.map(|position| position.capital_at_risk.dollars()).sum::<f64>() + 0.0;
        at_risk.push((name(), paid));
    }
    Ok(vec![(&EQUITY, equity), (&POSITIONS, positions), (&AT_RISK, at_risk)])
}

/// The quality of predictions on the last matured scan days and by regime, and the drift of each
/// feature. Calendar months are left out: their number grows without end, and the views have them.
fn of_quality(figures: &QualityFigures) -> Samples {
    let mut quality = Vec::new();
    for period in figures.report.recent.iter().chain(&figures.report.regimes) {
        let of = &period.quality;
        for (figure, value) in [
            ("accuracy", of.accuracy),
            ("log_loss", of.log_loss),
            ("calibration_error", of.calibration_error),
        ] {
            quality.push((labels([figure, &period.name]), value));
        }
    }
    let matured = figures.report.recent.as_ref().map_or(0, |recent| recent.quality.days);
    let drift = figures.drift.iter().map(|one| (labels([&one.of.feature]), one.ratio()));
    vec![
        (&QUALITY, quality),
        (&QUALITY_DAYS, vec![(Vec::new(), f64::from(matured))]),
        (&DRIFT, drift.collect()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::samples::put;
    use api::answers::quality::FeatureDrift;
    use schemas::Day;
    use schemas::contract::CLASSES;
    use store::figures::{Period, QualityReport};
    use success::{Drift, PredictionQuality};
    use telemetry::metrics::Exposition;

    fn period(name: &str, days: u32, accuracy: f64, log_loss: f64, error: f64) -> Period {
        let quality = PredictionQuality {
            days,
            rows: 30 * u64::from(days),
            log_loss,
            accuracy,
            accuracy_error: None,
            calibration_error: error,
            mean_probability: [0.25; CLASSES],
            frequency: [0.25; CLASSES],
        };
        Period { name: name.to_owned(), first: Day(1), last: Day(90), quality }
    }

    fn drift(feature: &str, distance: f64, limit: f64) -> FeatureDrift {
        let of = Drift { feature: feature.to_owned(), distance, limit };
        FeatureDrift { drifted: of.drifted(), of }
    }

    /// The lines that are not comments.
    fn figures(of: &QualityFigures) -> Vec<String> {
        let mut shown = Exposition::default();
        put(&mut shown, &of_quality(of));
        let text = shown.text(&[&QUALITY, &QUALITY_DAYS, &DRIFT]);
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    }

    #[test]
    fn quality_and_drift_are_served_with_their_values() {
        let of = QualityFigures {
            through: Some(Day(120)),
            champion: Some(2),
            report: QualityReport {
                matured_days: 90,
                open_days: 20,
                recent: Some(period("recent", 60, 0.5625, 0.975, 0.03125)),
                months: vec![period("2020-07", 22, 0.1, 9.0, 0.9)],
                regimes: vec![
                    period("low", 50, 0.5, 1.0, 0.0625),
                    period("high", 10, 0.25, 1.5, 0.125),
                ],
            },
            drift: vec![
                drift("vix_level", 0.75, 0.5),
                drift("skew", 0.125, 0.5),
                drift("dte_factor", 0.5, 0.0),
            ],
            no_drift: None,
        };
        let mut lines = figures(&of);
        // A feature constant among the training rows has a limit of 0.
        let at = lines.iter().position(|line| line.contains("dte_factor")).unwrap();
        let never_moved = lines.remove(at);
        let ratio = never_moved.strip_prefix(r#"butterquant_feature_drift{feature="dte_factor"} "#);
        let ratio = ratio.and_then(|ratio| ratio.parse::<f64>().ok());
        assert!(ratio.is_some_and(|ratio| ratio > 1e6), "{never_moved}");
        assert_eq!(
            lines,
            [
                r#"butterquant_prediction_quality{days="high",figure="accuracy"} 0.25"#,
                r#"butterquant_prediction_quality{days="high",figure="calibration_error"} 0.125"#,
                r#"butterquant_prediction_quality{days="high",figure="log_loss"} 1.5"#,
                r#"butterquant_prediction_quality{days="low",figure="accuracy"} 0.5"#,
                r#"butterquant_prediction_quality{days="low",figure="calibration_error"} 0.0625"#,
                r#"butterquant_prediction_quality{days="low",figure="log_loss"} 1"#,
                r#"butterquant_prediction_quality{days="recent",figure="accuracy"} 0.5625"#,
                r#"butterquant_prediction_quality{days="recent",figure="calibration_error"} 0.03125"#,
                r#"butterquant_prediction_quality{days="recent",figure="log_loss"} 0.975"#,
                "butterquant_prediction_quality_scan_dates 60",
                r#"butterquant_feature_drift{feature="skew"} 0.25"#,
                r#"butterquant_feature_drift{feature="vix_level"} 1.5"#,
            ]
        );
    }

    #[test]
    fn before_anything_has_matured_only_the_days_are_served() {
        let of = QualityFigures {
            through: None,
            champion: None,
            report: QualityReport {
                matured_days: 0,
                open_days: 3,
                recent: None,
                months: Vec::new(),
                regimes: Vec::new(),
            },
            drift: Vec::new(),
            no_drift: Some("no model is in force to compare with".to_owned()),
        };
        assert_eq!(figures(&of), ["butterquant_prediction_quality_scan_dates 0"]);
    }
}
