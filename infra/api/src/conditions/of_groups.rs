//! Conditions of the roles' groups: one each, for the worst that is to be said of it.

use super::condition::Condition;
use crate::monitor::{GroupHealth, Snapshot, Verdict};
use run::config::Severity;

pub(super) fn add(of: &Snapshot, found: &mut Vec<Condition>) {
    // A run that has been stopped and has nothing left to read calls for nobody.
    let rests = |group: &GroupHealth| group.active == Some(false) && group.lag_offsets == 0;
    if of.groups.iter().all(rests) {
        return;
    }
    found.extend(of.groups.iter().filter_map(condition));
}

fn condition(of: &GroupHealth) -> Option<Condition> {
    let group = of.group;
    let (severity, what, remedy) = match of.verdict {
        _ if of.active == Some(false) => (
            Severity::Critical,
            "is run by no process",
            format!("start it: `butterquant up`, or `butterquant run {group}` beside the others"),
        ),
        Verdict::Stop => (
            Severity::Critical,
            "has stopped reading",
            "`butterquant lag` says where; look at its process, and start it again".to_owned(),
        ),
        Verdict::Stall => (
            Severity::Critical,
            "stands still",
            "`butterquant lag` names the event that it waits for, `butterquant dlq list` what it could not process"
                .to_owned(),
        ),
        Verdict::Rewind => (
            Severity::Warn,
            "was set back",
            "nothing is decided twice; find out who sets offsets with Kafka's own tools".to_owned(),
        ),
        Verdict::NeverCommitted => (
            Severity::Warn,
            "has never committed an offset, though there is something to read",
            format!("`butterquant run {group}` starts it"),
        ),
        Verdict::Warn => (
            Severity::Warn,
            "falls behind",
            "run more instances of a role by partition, or give it a faster machine".to_owned(),
        ),
        Verdict::Ok | Verdict::Waits => return None,
    };
    let lag = of.lag_events.map_or_else(
        || format!("{} offsets unread", of.lag_offsets),
        |events| format!("{events} events unread"),
    );
    let detail = format!("{}; {lag} in {} partitions", of.reason, of.partitions);
    Some(Condition::new(
        severity,
        format!("group/{group}"),
        format!("the group {group} {what}"),
        detail,
        remedy,
    ))
}
