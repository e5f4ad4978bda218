//! `dlq list`: counts dead letters by topic and reason, and lists the latest.

use crate::arg_ranges::{MOST_LINES, at_least_one};
use crate::dead_letters::{DeadLetterState, dataset, state_name, state_of};
use crate::exit::Found;
use crate::printer;
use anyhow::Result;
use report::tables;
use run::config::Config;
use run::data_dir;
use serde::Serialize;
use shell::redrive::{DeadLetterEntry, DeadLetterTally, FateCounts, Letter, entries};
use std::collections::VecDeque;

/// Arguments of `dlq list`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// List only those with this reason
    #[arg(long)]
    pub reason: Option<String>,
    /// List only those of this topic
    #[arg(long)]
    pub topic: Option<schemas::Topic>,
    /// List only those in this state
    #[arg(long, value_enum)]
    pub state: Option<DeadLetterState>,
    /// Dead letters to list, the latest ones
    #[arg(short = 'n', long, default_value_t = 50, value_parser = at_least_one(MOST_LINES))]
    pub limit: usize,
}

/// How many characters of a message fit into the table.
const SHOWN: usize = 80;

#[derive(Serialize)]
struct Listed {
    run: String,
    /// Of all dead letters, matching or not.
    counts: Vec<Row>,
    /// How many match the arguments.
    matching: u64,
    /// The latest of those.
    letters: Vec<Line>,
}

#[derive(Serialize)]
struct Row {
    topic: String,
    reason: String,
    letters: u64,
    #[serde(flatten)]
    count: FateCounts,
}

#[derive(Serialize)]
struct Line {
    id: u64,
    state: DeadLetterState,
    day: String,
    reason: String,
    topic: String,
    partition: i64,
    offset: i64,
    bytes: u64,
    redriven_from: Option<i64>,
    message: String,
}

/// Prints them.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let run = config.this_run()?;
    let opened = data_dir::reach(&run)?;
    let tally = DeadLetterTally::of(&*opened.log)?;
    let rows = tally.counts.iter().map(|((topic, reason), count)| Row {
        topic: dataset(topic).to_owned(),
        reason: reason.clone(),
        letters: count.open + count.redriven + count.dropped,
        count: *count,
    });
    let (mut matching, mut latest) = (0, VecDeque::new());
    entries(&*opened.log, 0, &mut |entry| {
        if let DeadLetterEntry::Letter(letter) = entry {
            let line = line(letter, &tally);
            if wanted(&line, args) {
                matching += 1;
                latest.push_back(line);
                if latest.len() > args.limit {
                    latest.pop_front();
                }
            }
        }
        Ok(true)
    })?;
    let listed = Listed { run: run.id, counts: rows.collect(), matching, letters: latest.into() };
    printer::show(config.output()?, &listed, |listed| print(config, listed))?;
    Ok(Found::Nothing)
}

fn line(letter: Letter, tally: &DeadLetterTally) -> Line {
    let Letter { id, day, said: content } = letter;
    Line {
        id,
        state: state_of(tally.settled.get(&id)),
        day: day.to_string(),
        bytes: content.bytes(),
        topic: dataset(&content.topic).to_owned(),
        reason: content.stage,
        partition: content.partition,
        offset: content.offset,
        redriven_from: content.redriven,
        message: content.message,
    }
}

fn wanted(line: &Line, args: &Args) -> bool {
    args.reason.as_ref().is_none_or(|reason| *reason == line.reason)
        && args.topic.is_none_or(|topic| topic.dataset() == line.topic)
        && args.state.is_none_or(|state| state == line.state)
}

fn print(config: &Config, listed: &Listed) {
    if listed.counts.is_empty() {
        printer::line(format!("run {} has no dead letters", listed.run));
        return;
    }
    let counts = listed.counts.iter().map(|row| {
        let numbers = [row.letters, row.count.open, row.count.redriven, row.count.dropped];
        let names = [row.topic.clone(), row.reason.clone()];
        names.into_iter().chain(numbers.map(|number| number.to_string())).collect()
    });
    let header = ["topic", "reason", "dead letters>", "open>", "redriven>", "dropped>"];
    printer::line(tables::table(&header, counts));
    let rows = listed.letters.iter().map(|line| {
        vec![
            line.id.to_string(),
            state_name(line.state).to_owned(),
            line.day.clone(),
            line.reason.clone(),
            format!("{}/{}@{}", line.topic, line.partition, line.offset),
            line.bytes.to_string(),
            line.message.chars().take(SHOWN).collect(),
        ]
    });
    let header = ["id>", "state", "day", "reason", "position", "bytes>", "problem"];
    printer::line(tables::table(&header, rows));
    if (listed.letters.len() as u64) < listed.matching {
        printer::line(format!(
            "the latest {} of {}; --limit shows more",
            listed.letters.len(),
            listed.matching
        ));
    }
    printer::line(format!("To show one: `{}`.", config.command_line("dlq show ID", &listed.run)));
}
