//! `close-day`: closes a stuck day by writing its missing marker.

use crate::arg_ranges::date;
use crate::exit::Found;
use crate::operator::{Given, published};
use anyhow::{Context, Result, bail};
use run::config::Config;
use run::data_dir;
use run::projections::read_all;
use schemas::events::{Controls, DayClosed, DayForced};
use schemas::{Day, Event, Topic};
use shell::open;

/// Arguments of `close-day`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Topic whose marker is missing
    pub topic: schemas::Topic,
    /// Partition that lacks it
    pub partition: u32,
    /// Day to close
    #[arg(value_parser = date)]
    pub day: Day,
    #[command(flatten)]
    pub given: Given,
}

/// Writes the missing marker with its usual id, and the reason on `controls`.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let run = config.this_run()?;
    let opened = data_dir::reach(&run)?;
    let log = &*opened.log;
    let partitions = data_dir::partitions(log)?;
    let Args { topic, partition, day, given } = args;
    if !topic.marked() || *partition >= topic.partitions(partitions) {
        bail!("{topic} has no day markers in partition {partition}");
    }
    let markers = |topic: Topic| -> Result<Vec<(i64, DayClosed)>> {
        let events =
            read_all(log, topic, partitions)?.into_iter().filter(|event| event.day == *day);
        Ok(events
            .filter_map(|event| {
                Some((event.control_offset.unwrap_or(-1), event.body.marker()?.clone()))
            })
            .collect())
    };
    let own = markers(*topic)?;
    if own.iter().any(|(_, marker)| marker.partition == i64::from(*partition)) {
        bail!("{topic}/{partition} has its marker of {day} already");
    }
    let pattern = own.into_iter().chain(markers(Topic::Bars)?).next();
    let (control_offset, pattern) = pattern.with_context(|| {
        format!("no partition has a marker of {day}: nothing was published for that day")
    })?;
    let marker = DayClosed {
        partition: i64::from(*partition),
        previous_day: pattern.previous_day,
        vix: pattern.vix.filter(|_| *topic == Topic::Bars),
        champion: pattern.champion.clone().filter(|_| *topic == Topic::Models),
        ..DayClosed::default()
    };
    let mut marker = Event::marker(*topic, *day, marker).context("the topic has no markers")?;
    marker.control_offset = Some(control_offset);
    let forced = DayForced {
        topic: topic.name().to_owned(),
        partition: i64::from(*partition),
        closed_day: *day,
        reason: given.why("by an operator"),
    };
    let word = Controls::DayForced(forced);
    let offset = open::say_with(log, word, &given.now(), Some((&marker, partitions)))?;
    let done = format!("{day} is closed on {topic}/{partition}; its events from now on are late");
    published(config, &run, offset, &done)
}
