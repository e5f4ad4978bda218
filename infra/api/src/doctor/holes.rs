//! What the log no longer holds, settings of its topics by which the cluster removes records, and groups whose
//! committed offsets cannot be right.

use super::Examination;
use crate::groups::role_groups;
use crate::holes::{HoleKind, REMEDY, holes};
use crate::lag::held_back;
use run::data_dir::{self, RunDir};
use run::topic_settings::TopicFaults;

/// Looks at the whole log of `run` and at its groups.
pub(super) fn check(run: &RunDir, of: &mut Examination) {
    match holes(run) {
        Err(error) => of.failed("log", "the log", &error),
        Ok(found) if found.is_empty() => {
            of.fine("holes", "the log", "none: markers and offsets agree")
        }
        // What cannot be read is found where all records are read.
        Ok(mut found) => {
            found.retain(|hole| hole.kind != HoleKind::Unreadable);
            // One cause, one remedy.
            for (hole, remedy) in
                found.iter().zip(std::iter::once(REMEDY).chain(std::iter::repeat("as above")))
            {
                of.found("log", format!("{}/{}", hole.topic, hole.partition), hole, remedy);
            }
        }
    }
    check_settings(run, of);
}

/// Looks at what needs no reading of the log: open transactions, topic settings, groups.
pub(super) fn check_settings(run: &RunDir, of: &mut Examination) {
    check_transactions(run, of);
    check_topics(run, of);
    check_groups(run, of);
}

fn check_transactions(run: &RunDir, of: &mut Examination) {
    match held_back(run) {
        Err(error) => of.failed("transactions", "the log", &error),
        Ok(held) => {
            for one in held {
                let place = format!("{}/{}", one.topic, one.partition);
                of.found("transactions", place, &one, "it is none of a publish; wait until the broker aborts it (transaction.timeout.ms of its producer), or abort it with kafka-transactions.sh");
            }
        }
    }
}

fn check_topics(run: &RunDir, of: &mut Examination) {
    const WHAT: &str = "topic settings";
    let faults = data_dir::reach(run)
        .and_then(|opened| TopicFaults::of(&*opened.log, data_dir::partitions(&*opened.log)?));
    let faults = match faults {
        Ok(faults) => faults,
        Err(error) => return of.failed(WHAT, "the log", &error),
    };
    for one in &faults.removing {
        let detail = format!(
            "{} is {}, not {}: the cluster removes records",
            one.setting, one.found, one.expected
        );
        of.found(WHAT, &one.topic, detail, &one.remedy);
    }
    faults.added_partitions.iter().for_each(|one| of.fine("partitions", &one.topic, one));
    if faults.removing.is_empty() {
        of.fine(WHAT, "the log", "none by which records are removed");
    }
}

fn check_groups(run: &RunDir, of: &mut Examination) {
    const ADOPT: &str =
        "`butterquant groups adopt` sets the offsets to what the roles have decided";
    let (found, adoptable) = match role_groups(run) {
        Ok(found) => (found.groups, found.adoptable),
        Err(error) => return of.failed("groups", "the log", &error),
    };
    let before = of.findings.len();
    for (group, problem) in found.iter().filter_map(|one| Some((one.group, one.problem.as_ref()?)))
    {
        of.found("groups", group, problem, if adoptable { ADOPT } else { "start its role again" });
    }
    if of.findings.len() == before {
        let detail = format!("{} groups, each where its role has decided", found.len());
        of.fine("groups", "the log", detail);
    }
}
