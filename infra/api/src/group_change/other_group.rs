//! The group of another program: offsets on this run's topics, and nothing else that this program knows of.

use super::site::{Action, GroupChange, OffsetMove, Planned, Site};
use super::target::{Aim, TopicChoice};
use anyhow::{Result, bail};
use eventlog::TopicPartition;
use schemas::Topic;
use std::collections::BTreeMap;

pub(super) fn plan(site: &Site<'_>, name: &str, action: &Action) -> Result<Planned> {
    let committed: BTreeMap<TopicPartition, u64> =
        site.admin.offsets(name)?.into_iter().filter(|(place, _)| is_own(place)).collect();
    if committed.is_empty() && !site.admin.list()?.iter().any(|one| one.name == name) {
        bail!(
            "there is no group {name:?} on this log; `butterquant groups list` shows the groups of this run's roles and those of others that read its topics"
        );
    }
    let places = match action {
        Action::Seek { topics, .. } if !topics.is_empty() => {
            TopicChoice::places(topics, site.partitions)
        }
        _ => committed.keys().cloned().collect(),
    };
    if places.is_empty() {
        bail!(
            "group {name} has committed no offset of this run's topics; name those to set with --topic"
        );
    }
    let aim = match action {
        Action::Seek { target, .. } => {
            let full_name = |group: &str| site.full_name_of(group);
            Some(Aim::new(site.log(), target, site.partitions, &full_name)?)
        }
        Action::Delete => None,
    };
    let (mut partitions, mut set) = (Vec::new(), Vec::new());
    for place in places {
        let (ends, before) = (site.log().watermarks(&place)?, committed.get(&place).copied());
        let after = match &aim {
            Some(aim) => aim.offset(&place, before, ends)?.or(before),
            None => None,
        };
        set.extend(after.filter(|_| before != after).map(|after| (place.clone(), after)));
        let topic = place.topic.parse::<Topic>().map_or("", Topic::dataset).to_owned();
        let partition = place.partition;
        partitions.push(OffsetMove { topic, partition, before, after, end: ends.high });
    }
    let change = GroupChange {
        group: name.to_owned(),
        role: None,
        executed: false,
        partitions,
        units: Vec::new(),
        state_folders: Vec::new(),
        left: Vec::new(),
        next: match action {
            Action::Seek { .. } => "its next member reads on from there",
            Action::Delete => "its next member begins where its own auto.offset.reset says",
        }
        .to_owned(),
    };
    let offsets = aim.is_some().then_some(set);
    Ok(Planned { change, offsets, earlier: Vec::new() })
}

/// Whether a place is of a run's topics.
fn is_own(place: &TopicPartition) -> bool {
    place.topic.parse::<Topic>().is_ok()
}
