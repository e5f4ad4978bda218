//! The lag of every group, from the monitor's last sample: by the names and labels of kafka-lag-exporter, whose
//! dashboards and rules read it, and what that exporter does not know beside it.

use super::samples::{DAY, Samples, labels};
use api::lag::OffsetState;
use api::monitor::{GroupHealth, PartitionHealth, Snapshot};
use schemas::Topic;
use std::collections::BTreeMap;
use telemetry::metrics::Declared;

const OF_PARTITION: &[&str] = &["cluster_name", "group", "topic", "partition"];
const OF_GROUP: &[&str] = &["cluster_name", "group"];

const OFFSET: Declared = Declared::gauge(
    "kafka_consumergroup_group_offset",
    OF_PARTITION,
    "The offset that the group has committed.",
);
const LAG: Declared = Declared::gauge(
    "kafka_consumergroup_group_lag",
    OF_PARTITION,
    "Offsets from the committed one to the end, as Kafka's own tools count them; from the start where none is committed.",
);
const LAG_SECONDS: Declared = Declared::gauge(
    "kafka_consumergroup_group_lag_seconds",
    OF_PARTITION,
    "Seconds since the committed offset was the partition's end, estimated from earlier samples.",
);
const MAX_LAG: Declared = Declared::gauge(
    "kafka_consumergroup_group_max_lag",
    OF_GROUP,
    "The highest lag of the group's partitions, in offsets.",
);
const MAX_SECONDS: Declared = Declared::gauge(
    "kafka_consumergroup_group_max_lag_seconds",
    OF_GROUP,
    "The highest lag of the group's partitions, in seconds.",
);
const SUM_LAG: Declared = Declared::gauge(
    "kafka_consumergroup_group_sum_lag",
    OF_GROUP,
    "The lag of all partitions of the group, in offsets.",
);
const TOPIC_LAG: Declared = Declared::gauge(
    "kafka_consumergroup_group_topic_sum_lag",
    &["cluster_name", "group", "topic"],
    "The lag of all partitions of a topic that the group reads, in offsets.",
);
const LATEST: Declared = Declared::gauge(
    "kafka_partition_latest_offset",
    &["cluster_name", "topic", "partition"],
    "The end of the partition, for readers of committed records.",
);
const EARLIEST: Declared = Declared::gauge(
    "kafka_partition_earliest_offset",
    &["cluster_name", "topic", "partition"],
    "The first offset that is there.",
);
const STATE: Declared = Declared::gauge(
    "butterquant_group_state",
    &["cluster_name", "group", "state"],
    "Whether the group has members: active, empty, or unknown where the log does not say; always 1.",
);
const VERDICT: Declared = Declared::gauge(
    "butterquant_group_verdict",
    &["cluster_name", "group", "topic", "partition", "verdict"],
    "The verdict on the group's reading of a partition, as `butterquant lag` and the page have it; always 1.",
);
const EVENTS: Declared = Declared::gauge(
    "butterquant_group_lag_events",
    OF_PARTITION,
    "Events from the committed offset to the end, without the markers of transactions.",
);
const EVENT_TIME: Declared = Declared::gauge(
    "butterquant_group_lag_event_seconds",
    OF_PARTITION,
    "From the first unread event to the last one by the events' own time, whole days in seconds.",
);
const CATCH_UP: Declared = Declared::gauge(
    "butterquant_group_catch_up_seconds",
    OF_GROUP,
    "Seconds until the group has caught up at its present speed; left out where it does not.",
);
const COMMIT_AGE: Declared = Declared::gauge(
    "butterquant_group_commit_age_seconds",
    OF_PARTITION,
    "Seconds since the committed offset was seen to move.",
);
const MARGIN: Declared = Declared::gauge(
    "butterquant_group_retention_margin",
    OF_PARTITION,
    "Offsets between the start of the partition and the committed one: what retention may take before the group loses events.",
);
const NOT_IN_RANGE: Declared = Declared::gauge(
    "butterquant_group_offset_not_in_range",
    &["cluster_name", "group", "topic", "partition", "state"],
    "Committed offsets that are not on the log: never_committed, below_start or beyond_end; always 1.",
);
const BARS_DAY: Declared = Declared::gauge(
    "butterquant_newest_bar_day",
    &[],
    "The newest trading day of which all bars are published, in days since 1970-01-01.",
);
const BEHIND: Declared = Declared::gauge(
    "butterquant_decision_behind_seconds",
    &[],
    "From the last trading day decided to the newest one of bars, whole days in seconds: 0 where orders rest on the newest data.",
);

/// Every metric of this file.
pub(super) const ALL: &[&Declared] = &[
    &OFFSET,
    &LAG,
    &LAG_SECONDS,
    &MAX_LAG,
    &MAX_SECONDS,
    &SUM_LAG,
    &TOPIC_LAG,
    &LATEST,
    &EARLIEST,
    &STATE,
    &VERDICT,
    &EVENTS,
    &EVENT_TIME,
    &CATCH_UP,
    &COMMIT_AGE,
    &MARGIN,
    &NOT_IN_RANGE,
    &BARS_DAY,
    &BEHIND,
];

/// How the cluster names what a sample names in short.
pub(super) struct Names<'a> {
    /// The log's identity: Kafka's cluster id.
    pub(super) cluster: &'a str,
    /// What the names of topics and groups begin with there.
    pub(super) prefix: &'a str,
}

impl Names<'_> {
    fn group(&self, group: &str) -> String {
        format!("{}{group}", self.prefix)
    }

    fn topic(&self, short: &str) -> String {
        match short.parse::<Topic>() {
            Ok(topic) => format!("{}{}", self.prefix, topic.name()),
            Err(_) => format!("{}{short}", self.prefix),
        }
    }

    fn of_group(&self, of: &GroupHealth) -> Vec<String> {
        labels([self.cluster, &self.group(of.group)])
    }

    fn of_partition(&self, of: &PartitionHealth) -> Vec<String> {
        let (group, topic) = (self.group(of.group), self.topic(of.topic));
        labels([self.cluster, &group, &topic, &of.partition.to_string()])
    }
}

/// All that a sample shows.
pub(super) fn samples(of: &Snapshot, names: &Names<'_>) -> Samples {
    let mut samples = of_partitions(&of.partitions, names);
    samples.extend(of_groups(of, names));
    let wrong = of.lag.partitions.iter().map(|line| &line.offset);
    let wrong = wrong.filter(|offset| offset.offset_state != OffsetState::InRange).map(|offset| {
        let (group, topic) = (names.group(offset.group), names.topic(offset.topic));
        let (partition, state) = (offset.partition.to_string(), offset.offset_state.name());
        (labels([names.cluster, &group, &topic, &partition, state]), 1.0)
    });
    samples.push((&NOT_IN_RANGE, wrong.collect()));
    let one = |value: Option<f64>| value.map(|value| (Vec::new(), value));
    let bars_day = of.freshness.bars_day.or(of.lag.newest_day).map(|day| f64::from(day.0));
    let behind = of.freshness.behind_days.map(|days| f64::from(days) * DAY);
    samples.push((&BARS_DAY, one(bars_day).into_iter().collect()));
    samples.push((&BEHIND, one(behind).into_iter().collect()));
    samples
}

fn of_partitions(partitions: &[PartitionHealth], names: &Names<'_>) -> Samples {
    let each = |figure: &dyn Fn(&PartitionHealth) -> Option<f64>| {
        let found = partitions.iter().filter_map(|of| Some((names.of_partition(of), figure(of)?)));
        found.collect::<Vec<_>>()
    };
    let mut ends: BTreeMap<Vec<String>, (u64, u64)> = BTreeMap::new();
    for of in partitions {
        let place = labels([names.cluster, &names.topic(of.topic), &of.partition.to_string()]);
        ends.insert(place, (of.start, of.end));
    }
    let verdicts = partitions.iter().map(|of| {
        let mut place = names.of_partition(of);
        place.push(of.verdict.name().to_lowercase().replace(' ', "_"));
        (place, 1.0)
    });
    vec![
        (&OFFSET, each(&|of| of.committed.map(|offset| offset as f64))),
        (&LAG, each(&|of| Some(of.lag_offsets as f64))),
        (&LAG_SECONDS, each(&|of| of.lag_seconds)),
        (&EVENTS, each(&|of| of.lag_events.map(|events| events as f64))),
        (&EVENT_TIME, each(&|of| of.lag_event_days.map(|days| f64::from(days) * DAY))),
        (&COMMIT_AGE, each(&|of| of.commit_age_s)),
        (&MARGIN, each(&|of| of.retention_margin.map(|margin| margin as f64))),
        (&VERDICT, verdicts.collect()),
        (
            &EARLIEST,
            ends.iter().map(|(place, (start, _))| (place.clone(), *start as f64)).collect(),
        ),
        (&LATEST, ends.iter().map(|(place, (_, end))| (place.clone(), *end as f64)).collect()),
    ]
}

fn of_groups(of: &Snapshot, names: &Names<'_>) -> Samples {
    let each = |figure: &dyn Fn(&GroupHealth) -> Option<f64>| {
        let found = of.groups.iter().filter_map(|of| Some((names.of_group(of), figure(of)?)));
        found.collect::<Vec<_>>()
    };
    let highest = |group: &GroupHealth| {
        let own = of.partitions.iter().filter(|part| part.group == group.group);
        own.map(|part| part.lag_offsets).max()
    };
    let mut by_topic: BTreeMap<Vec<String>, u64> = BTreeMap::new();
    for part in &of.partitions {
        let (group, topic) = (names.group(part.group), names.topic(part.topic));
        *by_topic.entry(labels([names.cluster, &group, &topic])).or_default() += part.lag_offsets;
    }
    let states = of.groups.iter().map(|of| {
        let state = match of.active {
            Some(true) => "active",
            Some(false) => "empty",
            None => "unknown",
        };
        (labels([names.cluster, &names.group(of.group), state]), 1.0)
    });
    vec![
        (&MAX_LAG, each(&|of| highest(of).map(|lag| lag as f64))),
        (&MAX_SECONDS, each(&|of| of.lag_seconds)),
        (&SUM_LAG, each(&|of| Some(of.lag_offsets as f64))),
        (&TOPIC_LAG, by_topic.into_iter().map(|(place, lag)| (place, lag as f64)).collect()),
        (&CATCH_UP, each(&|of| of.catch_up_s)),
        (&STATE, states.collect()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::monitor::Verdict;

    fn partition(topic: &'static str, committed: Option<u64>, verdict: Verdict) -> PartitionHealth {
        PartitionHealth {
            group: "scorer",
            topic,
            partition: 3,
            unit: "scorer-3".to_owned(),
            committed,
            start: 2,
            end: 12,
            lag_offsets: 10,
            lag_events: None,
            lag_seconds: Some(1.5),
            lag_event_days: Some(2),
            velocity: None,
            written: None,
            catch_up_s: None,
            retention_margin: committed.map(|offset| offset - 2),
            commit_age_s: None,
            verdict,
            reason: String::new(),
            next: None,
        }
    }

    /// What is not known has no sample, and names are those on the cluster.
    #[test]
    fn a_partition_is_told_by_its_names_on_the_cluster() {
        let all = [
            partition("features", Some(2), Verdict::Stall),
            partition("models", None, Verdict::NeverCommitted),
        ];
        let samples = of_partitions(&all, &Names { cluster: "c", prefix: "b1." });
        let of =
            |metric: &Declared| &samples.iter().find(|(of, _)| of.name == metric.name).unwrap().1;
        let place = |topic: &str| labels(["c", "b1.scorer", topic, "3"]);
        assert_eq!(*of(&OFFSET), [(place("b1.butterquant.features.v1"), 2.0)]);
        assert_eq!(of(&LAG).len(), 2);
        assert_eq!(*of(&MARGIN), [(place("b1.butterquant.features.v1"), 0.0)]);
        assert_eq!(of(&EVENT_TIME)[0].1, 2.0 * DAY);
        assert!(of(&EVENTS).is_empty() && of(&COMMIT_AGE).is_empty());
        let verdicts: Vec<&str> = of(&VERDICT).iter().map(|(of, _)| &*of[4]).collect();
        assert_eq!(verdicts, ["stall", "never_committed"]);
        assert_eq!(
            *of(&LATEST),
            ["features", "models"]
                .map(|topic| { (labels(["c", &format!("b1.butterquant.{topic}.v1"), "3"]), 12.0) })
        );
    }
}
