//! `dlq list`: counts dead letters by topic and reason, and lists the latest.

use crate::arg_ranges::{MOST_LINES, at_least_one};
use crate::dead_letters::StateName;
use crate::exit::Found;
use crate::printer;
use anyhow::Result;
use api::dead_letters::{LettersWanted, ListedLetters, list};
use report::tables;
use run::config::Config;
use run::data_dir;

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
    pub state: Option<StateName>,
    /// Dead letters to list, the latest ones
    #[arg(short = 'n', long, default_value_t = 50, value_parser = at_least_one(MOST_LINES))]
    pub limit: usize,
}

/// How many characters of a message fit into the table.
const SHOWN: usize = 80;

/// Prints them.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let run = config.this_run()?;
    let opened = data_dir::reach(&run)?;
    let wanted = LettersWanted {
        reason: args.reason.clone(),
        topic: args.topic,
        state: args.state.map(Into::into),
        limit: args.limit,
    };
    let listed = list(&*opened.log, &run.id, &wanted)?;
    printer::show(config.output()?, &listed, |listed| print(config, listed))?;
    Ok(Found::Nothing)
}

fn print(config: &Config, listed: &ListedLetters) {
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
            line.state.name().to_owned(),
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
