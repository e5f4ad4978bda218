//! `groups describe`: one group partition by partition. Exit code 1 when it has lost its place.

use crate::exit::Found;
use crate::printer;
use anyhow::Result;
use api::group_description::{GroupDescription, PartitionOfGroup, describe};
use api::processes;
use report::tables;
use run::config::Config;
use std::collections::BTreeSet;

/// Arguments of `groups describe`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Groups: roles' names, or the groups of other programs on Kafka
    #[arg(required = true, value_name = "GROUP")]
    pub groups: Vec<String>,
}

/// Describes them.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let run = config.this_run()?;
    let described: Result<Vec<_>> = args.groups.iter().map(|name| describe(&run, name)).collect();
    let described = described?;
    printer::show(config.output()?, &described, |all| {
        all.iter().for_each(|one| print(config, one));
    })?;
    let well = described.iter().all(|one| one.problems.is_empty());
    Ok(if well { Found::Nothing } else { Found::Something })
}

fn print(config: &Config, of: &GroupDescription) {
    printer::line(format!("group      {}", of.group));
    printer::line(format!("state      {}", of.state));
    printer::line(format!("members    {}", of.members.len()));
    for member in &of.members {
        let at =
            if member.host.is_empty() { String::new() } else { format!(" at {}", member.host) };
        let held = in_short(&member.partitions);
        printer::line(format!("           {}{at}: {held}", member.client));
    }
    if !of.processes.is_empty() {
        let who = processes::in_words(&of.processes, &BTreeSet::new());
        printer::line(format!("processes  {who}"));
    }
    printer::line(format!("lag        {}", of.lag));
    let rows = of.partitions.iter().map(row);
    let header = [
        "topic",
        "partition>",
        "committed>",
        "saved>",
        "end>",
        "lag>",
        "member",
        "state",
        "verdict",
    ];
    printer::line(tables::table(&header, rows));
    for problem in &of.problems {
        printer::line(config.in_message(problem, config.run()));
    }
}

fn row(one: &PartitionOfGroup) -> Vec<String> {
    let offset = |at: Option<u64>| tables::or_dash(at, |at| at.to_string());
    vec![
        one.topic.clone(),
        one.partition.to_string(),
        offset(one.committed),
        offset(one.saved),
        one.end.to_string(),
        one.lag.to_string(),
        tables::or_dash(one.member.as_ref(), |member| member.clone()),
        tables::or_dash(one.state, |state| state.name().to_owned()),
        tables::or_dash(one.verdict.as_ref(), |verdict| verdict.clone()),
    ]
}

/// The first few partitions, and how many more.
fn in_short(partitions: &[String]) -> String {
    const SHOWN: usize = 6;
    let first = partitions.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match partitions.len() {
        0 => "no partitions".to_owned(),
        count if count <= SHOWN => first,
        count => format!("{first} and {} more", count - SHOWN),
    }
}
