//! The units and the source of this process, from its status board: they are known also while the log is away.

use super::samples::{Samples, labels};
use schemas::role::Role;
use shell::cursor::Counts;
use shell::status_board::{StatusBoard, UnitStatus};
use telemetry::metrics::Declared;

const ROLE: Declared =
    Declared::gauge("butterquant_role_runs", &["role"], "Roles that this process runs.");
const CLOSED: Declared = Declared::gauge(
    "butterquant_unit_closed_day",
    &["role", "unit"],
    "Last trading day closed, in days since 1970-01-01.",
);
const NEXT: Declared = Declared::gauge(
    "butterquant_unit_next_offset",
    &["role", "unit", "topic", "partition"],
    "Next offset to read from the unit's current partition.",
);
const EVENTS: Declared = Declared::counter(
    "butterquant_unit_events_total",
    &["role", "unit", "met"],
    "Events read, by what the unit did with them.",
);
const PUBLISHED: Declared = Declared::gauge(
    "butterquant_source_published_day",
    &[],
    "Last trading day that the source of this process has published, in days since 1970-01-01.",
);
const WAITS: Declared = Declared::gauge(
    "butterquant_source_waits",
    &[],
    "Whether the source holds a day of the market back, for what is missing or still changing.",
);
const MISSING: Declared = Declared::gauge(
    "butterquant_source_missing_tickers",
    &[],
    "Tickers without a bar of the day that the source holds back.",
);

/// Every metric of this file.
pub(super) const ALL: &[&Declared] =
    &[&ROLE, &CLOSED, &NEXT, &EVENTS, &PUBLISHED, &WAITS, &MISSING];

/// The samples; names of topics begin with `prefix`.
pub(super) fn samples(board: &StatusBoard, prefix: &str) -> Samples {
    let units = board.all();
    let of = |unit: &UnitStatus| labels([&unit.role, &unit.unit]);
    let roles = board.roles();
    let mut samples: Samples = vec![
        (&ROLE, roles.iter().map(|role| (labels([role.name()]), 1.0)).collect()),
        (&CLOSED, units.iter().map(|unit| (of(unit), f64::from(unit.closed.0))).collect()),
        (&NEXT, units.iter().map(|unit| next(unit, prefix)).collect()),
        (&EVENTS, units.iter().flat_map(events).collect()),
    ];
    if let Some(published) = board.published() {
        samples.push((&PUBLISHED, vec![(Vec::new(), f64::from(published.day.0))]));
    }
    if roles.contains(&Role::Source) {
        let waits = board.source();
        let missing = waits.as_ref().map_or(0, |waits| waits.missing.len());
        samples.push((&WAITS, vec![(Vec::new(), f64::from(u8::from(waits.is_some())))]));
        samples.push((&MISSING, vec![(Vec::new(), missing as f64)]));
    }
    samples
}

fn next(unit: &UnitStatus, prefix: &str) -> (Vec<String>, f64) {
    let place = unit.waits_for.rsplit_once('/');
    let (topic, partition) = place.unwrap_or((&unit.waits_for, ""));
    let topic = format!("{prefix}{topic}");
    (labels([&unit.role, &unit.unit, &topic, partition]), unit.next_offset as f64)
}

fn events(unit: &UnitStatus) -> Vec<(Vec<String>, f64)> {
    let Counts { applied, duplicates, conflicts, late, unknown, undecodable, .. } = unit.counts;
    let counts = [
        ("applied", applied),
        ("duplicate", duplicates),
        ("conflict", conflicts),
        ("late", late),
        ("unknown", unknown),
        ("undecodable", undecodable),
    ];
    let of = |met| labels([&unit.role, &unit.unit, met]);
    counts.into_iter().map(|(met, count)| (of(met), count as f64)).collect()
}
