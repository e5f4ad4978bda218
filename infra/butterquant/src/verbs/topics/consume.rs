//! `topics consume`: prints the events of a topic as JSON, one per line. Those on the log are merged by
//! day, then partition, then offset, so that two readings of one log give the same text; later ones
//! (`--follow`) are printed as they arrive.

use crate::arg_ranges::{count, date};
use crate::exit::Found;
use crate::printer;
use anyhow::{Result, bail};
use api::record_json::{self, RecordFormat};
use eventlog::{Log, PartitionReader, Reader, Record, TopicPartition};
use run::config::Config;
use run::data_dir;
use schemas::codec::DecodeError;
use schemas::{Day, Event, Topic, partition_of};
use shell::record_codec;
use std::collections::VecDeque;
use std::time::Duration;

/// Arguments of `topics consume`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Topic to read
    pub topic: schemas::Topic,
    /// Print events of this day and later [default: earliest]
    #[arg(long, value_name = "DATE|earliest", value_parser = first_day)]
    pub from: Option<FirstDay>,
    /// Print events of this day and earlier
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub until: Option<Day>,
    /// Print events of this ticker
    #[arg(long, value_name = "TICKER")]
    pub key: Option<String>,
    /// Wait for more events until stopped
    #[arg(short, long)]
    pub follow: bool,
    /// Stop after this many events
    #[arg(short = 'n', long, value_name = "EVENTS", value_parser = count(1, u64::MAX))]
    pub limit: Option<u64>,
    /// Print day markers too
    #[arg(long)]
    pub markers: bool,
}

impl Args {
    /// The first day to print; `None` begins with the first event.
    fn from(&self) -> Option<Day> {
        match self.from {
            Some(FirstDay::Of(day)) => Some(day),
            Some(FirstDay::Earliest) | None => None,
        }
    }
}

/// Where reading begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FirstDay {
    /// With the first event.
    Earliest,
    /// With the events of a day.
    Of(Day),
}

fn first_day(text: &str) -> Result<FirstDay, String> {
    if text == "earliest" {
        return Ok(FirstDay::Earliest);
    }
    let day = date(text).map(FirstDay::Of);
    day.map_err(|error| format!("{error}; write a day as 2018-06-29, or `earliest`"))
}

/// Records of one read while following.
const BATCH: usize = 200;
/// How long such a read waits for records.
const WAIT: Duration = Duration::from_secs(2);

/// Prints the events.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    if let (Some(from), Some(until)) = (args.from(), args.until)
        && until < from
    {
        bail!("--until {until} is before --from {from}; exchange them");
    }
    let run = config.this_run()?;
    let opened = data_dir::reach(&run)?;
    if args.follow && opened.embedded.is_some() {
        bail!(
            "no process runs {}, so there is nothing to follow; start one with `{}`, or leave out --follow",
            run.id,
            config.command_line("up", &run.id)
        );
    }
    let log = &*opened.log;
    let partitions = args.topic.partitions(data_dir::partitions(log)?);
    let mut printer = EventPrinter {
        args,
        format: RecordFormat::new(args.topic),
        left: args.limit.unwrap_or(u64::MAX),
    };
    let mut queues = Vec::new();
    for partition in 0..partitions {
        // All events of a ticker are in one partition.
        let wanted = args.topic.single()
            || args.key.as_ref().is_none_or(|key| partition_of(key, partitions) == partition);
        if wanted {
            queues.push(Queue::new(log, args, partition)?);
        }
    }
    print_in_day_order(&mut PartitionReader::new(log)?, &mut queues, &mut printer)?;
    if args.follow {
        follow(&mut *log.reader()?, &mut queues, &mut printer)?;
    }
    Ok(Found::Nothing)
}

/// The records of one partition that are read and not printed yet.
struct Queue {
    topic: Topic,
    place: TopicPartition,
    next: u64,
    end: u64,
    ahead: VecDeque<(Day, Record, Result<Event, DecodeError>)>,
}

impl Queue {
    fn new(log: &dyn Log, args: &Args, partition: u32) -> Result<Queue> {
        let place = record_codec::place(args.topic, partition);
        let marks = log.watermarks(&place)?;
        let next = match args.from() {
            Some(day) => log.offset_for_time(&place, i64::from(day.0) * 86_400_000)?.max(marks.low),
            None => marks.low,
        };
        Ok(Queue { topic: args.topic, place, next, end: marks.high, ahead: VecDeque::new() })
    }

    fn push(&mut self, records: impl IntoIterator<Item = Record>) {
        for record in records {
            let event = record_codec::event(self.topic, &record);
            self.ahead.push_back((record_json::day(&record, &event), record, event));
        }
    }

    /// Reads the next records, if none is left and there are more.
    fn fill(&mut self, reader: &mut PartitionReader) -> Result<()> {
        while self.ahead.is_empty() && self.next < self.end {
            let mut records = reader.records(&self.place, self.next..self.end);
            let batch = records.next_batch()?.unwrap_or_default();
            self.next = records.position();
            self.push(batch);
        }
        Ok(())
    }
}

fn print_in_day_order(
    reader: &mut PartitionReader,
    queues: &mut [Queue],
    printer: &mut EventPrinter<'_>,
) -> Result<()> {
    while printer.left > 0 {
        let mut first: Option<(Day, usize)> = None;
        for (at, queue) in queues.iter_mut().enumerate() {
            queue.fill(reader)?;
            if let Some((day, ..)) = queue.ahead.front() {
                first = first.filter(|(least, _)| least <= day).or(Some((*day, at)));
            }
        }
        let Some((_, at)) = first else { break };
        let queue = &mut queues[at];
        if let Some((day, record, event)) = queue.ahead.pop_front() {
            printer.print(&queue.place, day, &record, &event)?;
        }
    }
    Ok(())
}

/// Prints records as they arrive.
fn follow(
    reader: &mut dyn Reader,
    queues: &mut [Queue],
    printer: &mut EventPrinter<'_>,
) -> Result<()> {
    while printer.left > 0 {
        let due: Vec<(TopicPartition, u64)> =
            queues.iter().map(|queue| (queue.place.clone(), queue.next)).collect();
        for fetched in reader.poll(&due, BATCH, WAIT)? {
            let Some(queue) = queues.iter_mut().find(|queue| queue.place == fetched.tp) else {
                continue;
            };
            queue.next = fetched.position;
            queue.push(fetched.into_records());
            for (day, record, event) in std::mem::take(&mut queue.ahead) {
                printer.print(&queue.place, day, &record, &event)?;
            }
        }
    }
    Ok(())
}

/// Prints the events that match the arguments, up to their limit.
struct EventPrinter<'a> {
    args: &'a Args,
    format: RecordFormat,
    left: u64,
}

impl EventPrinter<'_> {
    fn print(
        &mut self,
        place: &TopicPartition,
        day: Day,
        record: &Record,
        event: &Result<Event, DecodeError>,
    ) -> Result<()> {
        let args = self.args;
        let ticker = match event {
            Ok(event) => event.ticker.as_bytes(),
            Err(_) => record.key.as_deref().unwrap_or_default(),
        };
        let marker = event.as_ref().is_ok_and(|event| event.body.marker().is_some());
        let wanted = (args.markers || !marker)
            && args.key.as_ref().is_none_or(|key| key.as_bytes() == ticker)
            && args.from().is_none_or(|from| from <= day)
            && args.until.is_none_or(|until| day <= until);
        if wanted && self.left > 0 {
            printer::line(serde_json::to_string(&self.format.json(place, record, event))?);
            self.left -= 1;
        }
        Ok(())
    }
}
