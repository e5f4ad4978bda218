//! The metrics of the process that owns a run: its units, dead letters, and the quality of
//! predictions.

use crate::exposition::Exposition;
use api::answers::quality::QualityFigures;
use api::halt::Trading;
use api::lag::{GroupOffset, OffsetState};
use schemas::events::Track;
use shell::redrive::DeadLetterTally;
use shell::status_board::UnitStatus;

/// The status of every unit.
pub(crate) fn of_units(units: &[UnitStatus]) -> String {
    let mut text = Exposition::default();
    let mut closed = text
        .gauge("butterquant_unit_closed_day", "Last trading day closed, in days since 1970-01-01.");
    for unit in units {
        closed.sample(&[("role", &unit.role), ("unit", &unit.unit)], unit.closed.0);
    }
    let mut next = text.gauge(
        "butterquant_unit_next_offset",
        "Next offset to read from the unit's current partition.",
    );
    for unit in units {
        let place = unit.waits_for.rsplit_once('/');
        let (topic, partition) = place.unwrap_or((&unit.waits_for, ""));
        let labels = [
            ("role", &*unit.role),
            ("unit", &unit.unit),
            ("topic", topic),
            ("partition", partition),
        ];
        next.sample(&labels, unit.next_offset);
    }
    let mut events = text
        .counter("butterquant_unit_events_total", "Events read, by what the unit did with them.");
    for unit in units {
        let counts = unit.counts;
        for (met, count) in [
            ("applied", counts.applied),
            ("duplicate", counts.duplicates),
            ("conflict", counts.conflicts),
            ("late", counts.late),
            ("unknown", counts.unknown),
            ("undecodable", counts.undecodable),
        ] {
            events.sample(&[("role", &unit.role), ("unit", &unit.unit), ("met", met)], count);
        }
    }
    text.into_text()
}

/// Whether each track is halted, and by whom, when and why.
pub(crate) fn of_trading(trading: &Trading) -> String {
    let mut text = Exposition::default();
    let mut halted = text.gauge("butterquant_halted", "Whether the track opens no positions.");
    for track in Track::ALL {
        let is_halted = trading.halted.iter().any(|halt| halt.track == track);
        halted.sample(&[("track", track.name())], u8::from(is_halted));
    }
    let mut since = text.gauge(
        "butterquant_halt_offset",
        "The offset on controls that halted the track, with who did it, when and why.",
    );
    for halt in &trading.halted {
        let labels = [
            ("track", halt.track.name()),
            ("day", &halt.day.to_string()),
            ("wall_time", halt.wall_time.as_deref().unwrap_or_default()),
            ("by", halt.by.as_deref().unwrap_or_default()),
            ("why", &halt.why),
        ];
        since.sample(&labels, halt.offset);
    }
    text.into_text()
}

/// The lag of every group and partition, and those whose committed offset is none or not on the log.
pub(crate) fn of_groups(offsets: &[GroupOffset]) -> String {
    let mut text = Exposition::default();
    let mut lag = text.gauge(
        "butterquant_group_lag",
        "Offsets from the group's committed one to the end; from the start where it never committed.",
    );
    let place = |of: &GroupOffset| (of.group, of.topic, of.partition.to_string());
    for of in offsets {
        let (group, topic, partition) = place(of);
        lag.sample(&[("group", group), ("topic", topic), ("partition", &partition)], of.lag);
    }
    let mut wrong = text.gauge(
        "butterquant_group_offset_not_in_range",
        "Committed offsets that are not on the log: never_committed, below_start or beyond_end.",
    );
    for of in offsets.iter().filter(|of| of.offset_state != OffsetState::InRange) {
        let (group, topic, partition) = place(of);
        let state = of.offset_state.name();
        let labels =
            [("group", group), ("topic", topic), ("partition", &partition), ("state", state)];
        wrong.sample(&labels, 1);
    }
    text.into_text()
}

/// Dead letters by topic, reason and state.
pub(crate) fn of_dead_letters(tally: &DeadLetterTally) -> String {
    let mut text = Exposition::default();
    let mut letters =
        text.gauge("butterquant_dead_letters", "Dead letters, by topic, reason and state.");
    for ((topic, reason), count) in &tally.counts {
        for (state, count) in
            [("open", count.open), ("redriven", count.redriven), ("dropped", count.dropped)]
        {
            letters.sample(&[("topic", topic), ("reason", reason), ("state", state)], count);
        }
    }
    text.into_text()
}

/// The quality of predictions on the last matured scan days and by regime, and the drift of each
/// feature. Calendar months are left out: their number grows without end, and the views have them.
pub(crate) fn of_quality(figures: &QualityFigures) -> String {
    let mut text = Exposition::default();
    let mut quality = text.gauge(
        "butterquant_prediction_quality",
        "Quality of the champion's predictions on the last 60 matured scan days (recent), and on the last 250 by the volatility index (low, normal, high).",
    );
    for period in figures.report.recent.iter().chain(&figures.report.regimes) {
        let of = &period.quality;
        for (figure, value) in [
            ("accuracy", of.accuracy),
            ("log_loss", of.log_loss),
            ("calibration_error", of.calibration_error),
        ] {
            quality.sample(&[("figure", figure), ("days", &period.name)], value);
        }
    }
    let matured = figures.report.recent.as_ref().map_or(0, |recent| recent.quality.days);
    text.gauge(
        "butterquant_prediction_quality_days",
        "Scan days behind the recent figures, at most 60.",
    )
    .sample(&[], matured);
    let mut drift = text.gauge(
        "butterquant_feature_drift",
        "Distance of the last 20 scan days from the champion's training rows, as a multiple of its limit.",
    );
    for one in &figures.drift {
        drift.sample(&[("feature", &one.of.feature)], one.ratio());
    }
    text.into_text()
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::answers::quality::FeatureDrift;
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

    /// The lines that are not comments.
    fn figures(of: &QualityFigures) -> Vec<String> {
        of_quality(of).lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
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
        let never_moved = lines.pop().unwrap_or_default();
        let ratio = never_moved.strip_prefix(r#"butterquant_feature_drift{feature="dte_factor"} "#);
        let ratio = ratio.and_then(|ratio| ratio.parse::<f64>().ok());
        assert!(ratio.is_some_and(|ratio| ratio > 1e6), "{never_moved}");
        assert_eq!(
            lines,
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
        let text = of_quality(&of);
        for name in ["prediction_quality", "prediction_quality_days", "feature_drift"] {
            assert!(text.contains(&format!("# TYPE butterquant_{name} gauge\n")), "{text}");
        }
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
        assert_eq!(figures(&of), ["butterquant_prediction_quality_days 0"]);
    }
}
