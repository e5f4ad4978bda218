//! What the roles of a process measure, by name.

use super::declared::Declared;

pub(super) const SCORING: Declared = Declared::histogram(
    "butterquant_scoring_seconds",
    &["provider"],
    "Time of one call of the scoring engine, for all rows at hand.",
);
pub(super) const SCORED: Declared = Declared::counter(
    "butterquant_scored_rows_total",
    &["provider"],
    "Rows that the scoring engine has scored.",
);
pub(super) const PUBLISH: Declared = Declared::histogram(
    "butterquant_publish_seconds",
    &["role"],
    "Time of one transaction: outputs and consumed offsets, until the log has confirmed both.",
);
pub(super) const PUBLISHED: Declared = Declared::counter(
    "butterquant_published_records_total",
    &["role"],
    "Records that this process has published.",
);
pub(super) const EVENT: Declared = Declared::histogram(
    "butterquant_event_seconds",
    &["role"],
    "From the arrival of an input in this process to the end of the transaction that holds what followed from it.",
);
pub(super) const DAY: Declared = Declared::histogram(
    "butterquant_day_seconds",
    &["role"],
    "From the source's publish of a trading day to its close by a unit of the same process.",
);
pub(super) const RETRIES: Declared = Declared::counter(
    "butterquant_retries_total",
    &["role", "cause"],
    "Rounds of a role that failed and were begun again from the last save, by cause.",
);
pub(super) const FAILING: Declared = Declared::gauge(
    "butterquant_failures_in_a_row",
    &["member"],
    "Rounds of an instance that have failed since the last that did not; 0 while it works.",
);
pub(super) const DECIDED: Declared = Declared::gauge(
    "butterquant_last_decision_timestamp_seconds",
    &["role"],
    "Wall time of the last publish of decisions, Unix seconds.",
);
pub(super) const DECIDED_DAY: Declared = Declared::gauge(
    "butterquant_last_decision_day",
    &["role"],
    "The newest trading day whose data was behind the last published decisions, in days since 1970-01-01.",
);
pub(super) const DECIDED_AGE: Declared = Declared::gauge(
    "butterquant_last_decision_data_age_seconds",
    &["role"],
    "How old the data behind the last decisions was when they were published: wall time since the exchange's close of that day.",
);
pub(super) const LAST_CLOSE: Declared = Declared::gauge(
    "butterquant_last_day_closed_timestamp_seconds",
    &["role"],
    "Wall time at which a unit of the role last closed a trading day in this process, Unix seconds.",
);

/// Every metric of this file.
pub(super) const ALL: [&Declared; 12] = [
    &SCORING,
    &SCORED,
    &PUBLISH,
    &PUBLISHED,
    &EVENT,
    &DAY,
    &RETRIES,
    &FAILING,
    &DECIDED,
    &DECIDED_DAY,
    &DECIDED_AGE,
    &LAST_CLOSE,
];
