//! `topics list`: lists the topics of the log with their contents, and what is gone from them. Exit code 1 when
//! something is.

use crate::exit::Found;
use crate::printer;
use anyhow::Result;
use api::holes::{Hole, HolesFound};
use api::lag::held_back;
use api::log_faults::LogFaults;
use eventlog::TopicMismatch;
use report::tables;
use run::config::Config;
use run::data_dir;
use run::topic_digest::{self, TopicDigest};
use run::topic_settings::TopicFaults;
use schemas::{Day, Topic};
use serde::Serialize;

#[derive(Serialize)]
struct Listed {
    topic: &'static str,
    /// As the log has it: on Kafka with the run's prefix.
    name: String,
    partitions: u32,
    #[serde(skip)]
    see: String,
    #[serde(flatten)]
    digest: TopicDigest,
    holes: Vec<Hole>,
    /// Settings by which the cluster removes records.
    removing: Vec<TopicMismatch>,
    /// Partitions that it has and the run does not use.
    added_partitions: u32,
}

pub(crate) fn run(config: &Config) -> Result<Found> {
    let run = config.this_run()?;
    let opened = data_dir::reach(&run)?;
    let partitions = data_dir::partitions(&*opened.log)?;
    let run_opened = shell::open::opened(&*opened.log)?;
    let previous = run_opened.map_or(Day(0), |run| run.previous_day);
    let faults = TopicFaults::of(&*opened.log, partitions)?;
    let mut listed = Vec::new();
    let steps = printer::steps(config)?;
    let bar = steps.bar("topics", Topic::ALL.len() as u64);
    for (done, topic) in Topic::ALL.into_iter().enumerate() {
        bar.at(done as u64, Topic::ALL.len() as u64);
        let is_own = |name: &str| name == topic.name();
        let added = faults.added_partitions.iter().find(|of| is_own(&of.topic));
        let (digest, holes) = topic_digest::checked(&*opened.log, topic, partitions, previous);
        listed.push(Listed {
            topic: topic.dataset(),
            name: format!("{}{}", run.topic_prefix(), topic.name()),
            partitions: topic.partitions(partitions),
            see: shown_by(topic),
            digest,
            holes,
            removing: faults.removing.iter().filter(|of| is_own(&of.topic)).cloned().collect(),
            added_partitions: added.map_or(0, |of| of.found - of.used),
        });
    }
    bar.clear();
    drop(opened); // one reader holds an embedded log at a time
    let held = held_back(&run)?;
    printer::show(config.output()?, &listed, |listed| {
        let rows = listed.iter().map(|one| {
            let digest = &one.digest;
            let short = digest.sha256.chars().take(16).collect();
            vec![
                one.topic.to_owned(),
                one.partitions.to_string(),
                digest.events.to_string(),
                digest.markers.to_string(),
                short,
            ]
        });
        printer::line(tables::table(
            &["topic", "partitions>", "events>", "day markers>", "digest"],
            rows,
        ));
        for one in listed {
            if let Some(unreadable) = one.digest.kinds.get("UNREADABLE") {
                printer::line(format!(
                    "{}: {unreadable} records cannot be read; see `{}`",
                    one.topic,
                    config.command_line(&one.see, config.run())
                ));
            }
        }
        held.iter().for_each(|held| printer::line(held.to_string()));
        let holes = listed.iter().flat_map(|one| one.holes.clone()).collect();
        let (gone, topics) = (HolesFound { holes, only_at_ends: false }, faults.clone());
        printer::faults(config, &LogFaults { gone, topics, ..LogFaults::default() });
    })?;
    let whole = listed.iter().all(|one| one.holes.is_empty() && one.removing.is_empty());
    Ok(if whole { Found::Nothing } else { Found::Something })
}

/// The verb that shows a topic's unreadable records. Topics that no group reads have no dead letters.
fn shown_by(topic: Topic) -> String {
    match topic {
        Topic::Controls | Topic::Samples | Topic::DeadLetters => format!("topics consume {topic}"),
        _ => format!("dlq list --topic {topic}"),
    }
}
