//! What every home of the log must do, as checks for any adapter.
//!
//! A check makes its own topics, groups and transactional ids, so that checks run in any order
//! and at the same time. What an adapter cannot do is named in [`Capabilities`], never skipped
//! in silence.

mod group_admin;
mod groups;
mod ownership;
mod positions;
mod records;
mod suite;

pub use suite::{Capabilities, Failure};
use suite::{Outcome, PARTITIONS, Suite};

use crate::{Log, TopicSpec};

type Check = fn(&Suite<'_>) -> Outcome;

/// The checks by name, which their topics bear too.
const CHECKS: &[(&str, Check)] = &[
    ("identity", records::identity),
    ("settings", records::settings),
    ("content", records::content),
    ("large", records::large),
    ("watermarks", records::watermarks),
    ("times", records::times),
    ("torn", records::torn),
    ("threads", records::threads),
    ("due", positions::due),
    ("seek", positions::seek),
    ("limit", positions::limit),
    ("idle", positions::idle),
    ("wake", positions::wake),
    ("beyond", positions::beyond),
    ("offsets", ownership::offsets),
    ("moved", ownership::moved),
    ("fenced", ownership::fenced),
    ("homeless", ownership::homeless),
    ("stale", ownership::stale),
    ("alone", groups::alone),
    ("active", groups::active),
    ("shared", groups::shared),
    ("uneven", groups::uneven),
    ("set", group_admin::set),
    ("watched", group_admin::watched),
    ("deleted", group_admin::deleted),
];

/// The topics of the checks, for logs that cannot create them.
pub fn topics_needed(run: &str) -> Vec<TopicSpec> {
    let mut specs: Vec<TopicSpec> = CHECKS
        .iter()
        .map(|(name, _)| TopicSpec::new(format!("{run}.{name}"), PARTITIONS))
        .collect();
    specs.push(TopicSpec::new(format!("{run}.shared-too"), PARTITIONS));
    specs.push(TopicSpec::new(format!("{run}.uneven-one"), 1));
    specs
}

/// Puts `log` through every check and returns the failures; `run` keeps the names of this run
/// apart from others'.
pub fn run(log: &dyn Log, run: &str, can: Capabilities) -> Vec<(&'static str, Failure)> {
    let failed = |(name, check): &(&'static str, Check)| {
        let suite = Suite { log, run, name, can };
        let outcome = suite.prepare(topics_needed(run)).and_then(|()| check(&suite));
        outcome.err().map(|failure| (*name, failure))
    };
    CHECKS.iter().filter_map(failed).collect()
}
