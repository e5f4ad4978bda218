//! What Prometheus reads, as text, a line a figure: the units of this process, dead letters, and
//! how good predictions are.

use api::answers::quality::{FeatureDrift, QualityFigures};
use shell::redrive::DeadLetterTally;
use shell::status_board::UnitStatus;
use std::fmt::Write;

/// The board in Prometheus' text format.
pub(crate) fn text(units: &[UnitStatus]) -> String {
    let mut text = String::new();
    family(
        &mut text,
        units,
        "butterquant_unit_closed_day",
        "gauge",
        "Last trading day closed, in days since 1970-01-01.",
        |unit| vec![(String::new(), i64::from(unit.closed.0).to_string())],
    );
    family(
        &mut text,
        units,
        "butterquant_unit_next_offset",
        "gauge",
        "The next offset the unit reads of the partition it is at.",
        |unit| {
            let (topic, partition) =
                unit.waits_for.rsplit_once('/').unwrap_or((&unit.waits_for, ""));
            vec![(
                format!(",topic=\"{}\",partition=\"{}\"", plain(topic), plain(partition)),
                unit.next_offset.to_string(),
            )]
        },
    );
    family(
        &mut text,
        units,
        "butterquant_unit_events_total",
        "counter",
        "Events met, by what they were to the unit.",
        |unit| {
            let counts = unit.counts;
            [
                ("applied", counts.applied),
                ("duplicate", counts.duplicates),
                ("conflict", counts.conflicts),
                ("late", counts.late),
                ("unknown", counts.unknown),
                ("undecodable", counts.undecodable),
            ]
            .map(|(met, count)| (format!(",met=\"{met}\""), count.to_string()))
            .into()
        },
    );
    text
}

/// Dead letters by topic, reason and what became of them.
pub(crate) fn letters(tally: &DeadLetterTally) -> String {
    const NAME: &str = "butterquant_dead_letters";
    let mut text =
        format!("# HELP {NAME} Dead letters, by topic, reason and state.\n# TYPE {NAME} gauge\n");
    for ((topic, reason), count) in &tally.counts {
        for (state, count) in
            [("open", count.open), ("redriven", count.redriven), ("dropped", count.dropped)]
        {
            let labels = format!(
                "topic=\"{}\",reason=\"{}\",state=\"{state}\"",
                plain(topic),
                plain(reason)
            );
            let _ = writeln!(text, "{NAME}{{{labels}}} {count}"); // to a String: it cannot fail
        }
    }
    text
}

/// How good predictions turned out on the last matured scan days and by regime, and the drift of
/// each feature as a multiple of its limit.
pub(crate) fn quality(of: &QualityFigures) -> String {
    let mut text = String::new();
    let mut gauge = |name: &str, help: &str, lines: Vec<(String, f64)>| {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (labels, figure) in lines {
            let _ = writeln!(text, "{name}{labels} {figure}"); // to a String: it cannot fail
        }
    };
    let periods = of.report.recent.iter().chain(&of.report.regimes);
    let figures = periods.flat_map(|period| {
        let of = &period.quality;
        [
            ("accuracy", of.accuracy),
            ("log_loss", of.log_loss),
            ("calibration_error", of.calibration_error),
        ]
        .map(|(figure, value)| {
            (format!("{{figure=\"{figure}\",days=\"{}\"}}", plain(&period.name)), value)
        })
    });
    gauge(
        "butterquant_prediction_quality",
        "Of the champion, on the last 60 matured scan days (recent) and the last 250 by the volatility index (low, normal, high).",
        figures.collect(),
    );
    let matured = of.report.recent.as_ref().map_or(0, |recent| recent.quality.days);
    gauge(
        "butterquant_prediction_quality_days",
        "Scan days behind the figures of late, at most 60.",
        vec![(String::new(), f64::from(matured))],
    );
    let drift = |one: &FeatureDrift| {
        // A feature that never moved has a limit of 0: then any distance is above it.
        let ratio = one.of.distance / one.of.limit.max(1e-9);
        (format!("{{feature=\"{}\"}}", plain(&one.of.feature)), ratio)
    };
    gauge(
        "butterquant_feature_drift",
        "Distance of the last 20 scan days from the champion's training rows, as a multiple of its limit.",
        of.drift.iter().map(drift).collect(),
    );
    text
}

/// One metric with its head; `lines` gives more labels and the figure.
fn family(
    text: &mut String,
    units: &[UnitStatus],
    name: &str,
    kind: &str,
    help: &str,
    lines: impl Fn(&UnitStatus) -> Vec<(String, String)>,
) {
    let mut line = |written: std::fmt::Arguments<'_>| {
        let _ = text.write_fmt(written); // writing to a String cannot fail
        text.push('\n');
    };
    line(format_args!("# HELP {name} {help}"));
    line(format_args!("# TYPE {name} {kind}"));
    for unit in units {
        for (labels, figure) in lines(unit) {
            line(format_args!(
                "{name}{{role=\"{}\",unit=\"{}\"{labels}}} {figure}",
                plain(&unit.role),
                plain(&unit.unit)
            ));
        }
    }
}

/// A label's value; what would end it is escaped.
fn plain(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::Day;
    use schemas::contract::CLASSES;
    use store::figures::{Period, QualityReport};
    use success::{Drift, PredictionQuality};

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

    /// The lines that are no comments.
    fn figures(of: &QualityFigures) -> Vec<String> {
        quality(of).lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    }

    #[test]
    fn quality_and_drift_are_told_with_their_values() {
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
        // Of months there would be ever more; the views have them.
        let mut said = figures(&of);
        // What never moved among the training rows has a limit of 0.
        let never_moved = said.pop().unwrap_or_default();
        let ratio = never_moved.strip_prefix(r#"butterquant_feature_drift{feature="dte_factor"} "#);
        let ratio = ratio.and_then(|ratio| ratio.parse::<f64>().ok());
        assert!(ratio.is_some_and(|ratio| ratio > 1e6), "{never_moved}");
        assert_eq!(
            said,
            [
                r#"butterquant_prediction_quality{figure="accuracy",days="recent"} 0.5625"#,
                r#"butterquant_prediction_quality{figure="log_loss",days="recent"} 0.975"#,
                r#"butterquant_prediction_quality{figure="calibration_error",days="recent"} 0.03125"#,
                r#"butterquant_prediction_quality{figure="accuracy",days="low"} 0.5"#,
                r#"butterquant_prediction_quality{figure="log_loss",days="low"} 1"#,
                r#"butterquant_prediction_quality{figure="calibration_error",days="low"} 0.0625"#,
                r#"butterquant_prediction_quality{figure="accuracy",days="high"} 0.25"#,
                r#"butterquant_prediction_quality{figure="log_loss",days="high"} 1.5"#,
                r#"butterquant_prediction_quality{figure="calibration_error",days="high"} 0.125"#,
                "butterquant_prediction_quality_days 60",
                r#"butterquant_feature_drift{feature="vix_level"} 1.5"#,
                r#"butterquant_feature_drift{feature="skew"} 0.25"#,
            ]
        );
        let text = quality(&of);
        for name in ["prediction_quality", "prediction_quality_days", "feature_drift"] {
            assert!(text.contains(&format!("# TYPE butterquant_{name} gauge\n")), "{text}");
        }
    }

    #[test]
    fn before_anything_has_matured_only_the_days_are_told() {
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
        assert_eq!(figures(&of), ["butterquant_prediction_quality_days 0"]);
    }
}
