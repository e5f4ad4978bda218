//! All conditions of a run.

use super::condition::Condition;
use super::watched::Watched;
use super::{of_groups, of_run};

/// The conditions that hold, by key. While the log is away they are those of the last sample, and that it is away.
pub fn conditions(of: &Watched<'_>) -> Vec<Condition> {
    let mut found = Vec::new();
    found.extend(of.outage.and_then(|outage| of_run::log_away(outage, of.now_ms)));
    found.extend(of.disk.and_then(of_run::disk));
    if let Some(snapshot) = of.snapshot {
        of_groups::add(snapshot, &mut found);
        of_run::add(snapshot, of, &mut found);
    }
    found.sort_by(|a, b| a.key.cmp(&b.key));
    found
}
