//! `topics consume`: the events of a topic as JSON, one a line. What is there is merged by day,
//! then partition, then offset, so that two readings of one log are the same text; what comes
//! later (`--follow`) is shown as it arrives.

use crate::exit::Found;
use crate::printer;
use crate::record_json::{self, Shower};
use anyhow::{Context, Result, bail};
use eventlog::{Log, Reader, Record, TopicPartition};
use run::config::Config;
use run::data_dir::{self};
use schemas::codec::DecodeError;
use schemas::{Day, Event, Topic, partition_of};
use shell::record_codec;
use std::collections::VecDeque;
use std::time::Duration;

/// Reading a topic.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The topic
    pub topic: schemas::Topic,
    /// Events of this day and later; `earliest` begins with the first event, as without it
    #[arg(long, value_name = "DATE|earliest", value_parser = first_day)]
    pub from: Option<FirstDay>,
    /// Events of this day and earlier
    #[arg(long, value_name = "DATE")]
    pub until: Option<Day>,
    /// Events of this ticker
    #[arg(long)]
    pub key: Option<String>,
    /// Wait for more until stopped
    #[arg(short, long)]
    pub follow: bool,
    /// Stop after so many events
    #[arg(short = 'n', long)]
    pub limit: Option<u64>,
    /// Show day markers too
    #[arg(long)]
    pub markers: bool,
}

impl Args {
    /// The first day that is shown; none begins with the first event.
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
    let day = text.parse().map(FirstDay::Of);
    day.map_err(|error| format!("{error}; write a day as 2018-06-29, or `earliest`"))
}

/// Records read ahead of each partition: few, as one of `models` may hold half a megabyte.
const AHEAD: usize = 200;
/// How long a read waits for records that must be there.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long one waits that may never come.
const WAIT: Duration = Duration::from_secs(2);

/// Shows the events asked for.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let run = config.this_run()?;
    let opened = data_dir::reach(&run)?;
    if args.follow && opened.embedded.is_some() {
        bail!(
            "nothing can come: no process runs {}; start one with `butterquant up --run {}`, or leave --follow out",
            run.id,
            run.id
        );
    }
    let log = &*opened.log;
    let partitions = args.topic.partitions(data_dir::partitions(log)?);
    let mut show =
        Show { args, shower: Shower::new(args.topic), left: args.limit.unwrap_or(u64::MAX) };
    let mut queues = Vec::new();
    for partition in 0..partitions {
        // A ticker's events are all in its own partition.
        let wanted = args.topic.single()
            || args.key.as_ref().is_none_or(|key| partition_of(key, partitions) == partition);
        if wanted {
            queues.push(Queue::new(log, args, partition)?);
        }
    }
    let mut reader = log.reader()?;
    in_day_order(&mut *reader, &mut queues, &mut show)?;
    if args.follow {
        as_they_come(&mut *reader, &mut queues, &mut show)?;
    }
    Ok(Found::Nothing)
}

/// What is read of one partition and not shown yet.
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

    fn take(&mut self, records: Vec<Record>, position: u64) {
        for record in records {
            let event = record_codec::event(self.topic, &record);
            self.ahead.push_back((record_json::day(&record, &event), record, event));
        }
        self.next = position;
    }

    /// Reads on where nothing is left and something is there.
    fn fill(&mut self, reader: &mut dyn Reader) -> Result<()> {
        while self.ahead.is_empty() && self.next < self.end {
            let fetched = reader
                .poll(&[(self.place.clone(), self.next)], AHEAD, PATIENCE)?
                .into_iter()
                .next();
            let fetched = fetched.with_context(|| {
                format!(
                    "{} gave nothing at offset {} of {}; try again",
                    self.place, self.next, self.end
                )
            })?;
            self.take(fetched.records, fetched.position);
        }
        Ok(())
    }
}

fn in_day_order(reader: &mut dyn Reader, queues: &mut [Queue], show: &mut Show<'_>) -> Result<()> {
    while show.left > 0 {
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
            show.one(&queue.place, day, &record, &event)?;
        }
    }
    Ok(())
}

fn as_they_come(reader: &mut dyn Reader, queues: &mut [Queue], show: &mut Show<'_>) -> Result<()> {
    while show.left > 0 {
        let due: Vec<(TopicPartition, u64)> =
            queues.iter().map(|queue| (queue.place.clone(), queue.next)).collect();
        for fetched in reader.poll(&due, AHEAD, WAIT)? {
            let Some(queue) = queues.iter_mut().find(|queue| queue.place == fetched.tp) else {
                continue;
            };
            queue.take(fetched.records, fetched.position);
            for (day, record, event) in std::mem::take(&mut queue.ahead) {
                show.one(&queue.place, day, &record, &event)?;
            }
        }
    }
    Ok(())
}

/// What is shown, and how much more of it.
struct Show<'a> {
    args: &'a Args,
    shower: Shower,
    left: u64,
}

impl Show<'_> {
    fn one(
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
            printer::line(serde_json::to_string(&self.shower.line(place, record, event))?);
            self.left -= 1;
        }
        Ok(())
    }
}
