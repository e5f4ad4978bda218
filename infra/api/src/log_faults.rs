//! What is wrong with a run's log as far as settings, ends and offsets show it, without reading all of it.

use crate::lag::{GroupFault, SET_AHEAD};
use run::topic_settings::{AddedPartitions, TopicFaults};
use serde::Serialize;
use shell::holes::{HolesFound, REMEDY};

/// What is wrong with a log.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct LogFaults {
    /// What it no longer holds.
    #[serde(flatten)]
    pub gone: HolesFound,
    /// Settings of its topics by which the cluster removes records, and added partitions.
    #[serde(flatten)]
    pub topics: TopicFaults,
    /// Units whose groups have lost their place.
    pub group_faults: Vec<GroupFault>,
}

impl LogFaults {
    /// Whether anything is. Added partitions change nothing in a run.
    pub fn is_sound(&self) -> bool {
        self.gone.holes.is_empty()
            && self.topics.removing.is_empty()
            && self.group_faults.is_empty()
    }

    /// A sentence for each, with remedies at the end of their kind.
    pub fn sentences(&self) -> Vec<String> {
        let mut said: Vec<String> = self.gone.holes.iter().map(ToString::to_string).collect();
        if !self.gone.holes.is_empty() {
            said.push(format!("{REMEDY}."));
        }
        if self.gone.only_at_ends {
            said.push("a long log: records that are gone from its middle are looked for by `butterquant topics list`, which reads all of it".to_owned());
        }
        said.extend(self.topics.removing.iter().map(|one| format!("records are removed: {one}")));
        said.extend(self.topics.added_partitions.iter().map(AddedPartitions::to_string));
        let adopt = "`butterquant groups adopt` sets offsets to what the roles have decided";
        said.extend(by_group(&self.group_faults).map(|(_, what)| what));
        let adoptable = self.group_faults.iter().any(|of| of.verdict != SET_AHEAD);
        said.extend(adoptable.then(|| adopt.to_owned()));
        said
    }
}

/// Each group with a sentence about the first of its units and the number of the others.
pub fn by_group(faults: &[GroupFault]) -> impl Iterator<Item = (&'static str, String)> {
    faults.chunk_by(|a, b| a.group == b.group).filter_map(|of| {
        let first = of.first()?;
        let more = match of.len() - 1 {
            0 => String::new(),
            more => format!("; {more} more of its units have lost their place too"),
        };
        Some((first.group, format!("{}: {}{more}", first.unit, first.what)))
    })
}
