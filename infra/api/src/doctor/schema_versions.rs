//! The schemas of all topics: each version that this program knows reads what those before it have written, and they what
//! it has.

use super::Examination;
use schemas::Topic;
use schemas::compatibility::check;
use schemas::registry::versions;

const WHAT: &str = "schemas";

/// Looks at every version of every topic.
pub(super) fn check_all(of: &mut Examination) {
    let (mut all, found) = (0, of.findings.len());
    for topic in Topic::ALL {
        let mut before = Vec::new();
        for version in versions(topic) {
            all += 1;
            let checked = check(topic, &before, version.text);
            before.push(version);
            let problems = match checked {
                Ok(problems) => problems,
                Err(error) => vec![error.to_string()],
            };
            for problem in problems {
                let place = format!("{topic} version {}", version.version);
                of.found(WHAT, place, problem, "this build is broken; use a released one");
            }
        }
    }
    if of.findings.len() == found {
        let detail =
            format!("{all} versions of {} topics, each readable by the others", Topic::ALL.len());
        of.fine(WHAT, "this program", detail);
    }
}
