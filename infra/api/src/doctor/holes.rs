//! What the log no longer holds, and groups whose committed offsets cannot be right.

use super::Examination;
use crate::groups::groups;
use crate::holes::{REMEDY, holes};
use run::data_dir::RunDir;

/// Looks at the whole log of `run` and at its groups.
pub(super) fn check(run: &RunDir, of: &mut Examination) {
    match holes(run) {
        Err(error) => of.failed("log", "the log", &error),
        Ok(found) if found.is_empty() => {
            of.fine("holes", "the log", "none: markers and offsets agree")
        }
        Ok(found) => {
            for hole in found {
                of.found("log", format!("{}/{}", hole.topic, hole.partition), &hole, REMEDY);
            }
        }
    }
    match groups(run) {
        Err(error) => of.failed("groups", "the log", &error),
        Ok(found) => {
            let wrong = found.iter().filter_map(|one| Some((one.group, one.problem?)));
            let before = of.findings.len();
            for (group, problem) in wrong {
                of.found("groups", group, problem, "see `butterquant groups list`");
            }
            if of.findings.len() == before {
                of.fine(
                    "groups",
                    "the log",
                    format!("{} groups, each within its partitions", found.len()),
                );
            }
        }
    }
}
