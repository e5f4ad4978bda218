//! The source's loop: publishes one whole day of the market per transaction. Its only state is the
//! log: after a restart it goes on after the oldest of its partitions' last markers.

use crate::inspect::inspect;
use crate::instance::{Env, Progress};
use crate::{error::ShellError, last_record, record_codec};
use eventlog::{Batch, Log, Producer};
use producers::source::{BarChange, Market, change_event, day_events};
use schemas::events::{Bars, RunOpened};
use schemas::{Body, Day, Event, Topic};

/// Publishes a market's days.
pub struct Source {
    env: Env,
    market: Box<dyn Market>,
    opened: RunOpened,
    until: Option<Day>,
    last: Option<Day>,
    /// Corrected bars of earlier days, not published yet.
    changes: Vec<BarChange>,
    producer: Option<Box<dyn Producer>>,
}

impl Source {
    /// Of `market`, for the run opened by `opened`, up to day `until`, inclusive.
    pub fn new(
        env: &Env,
        market: Box<dyn Market>,
        opened: RunOpened,
        until: Option<Day>,
    ) -> Source {
        Source {
            env: env.clone(),
            market,
            opened,
            until,
            last: None,
            changes: Vec::new(),
            producer: None,
        }
    }

    /// Publishes the next day, if there is one.
    pub fn step(&mut self) -> Result<Progress, ShellError> {
        let result = self.round();
        if result.is_err() {
            self.last = None;
            self.producer = None;
        }
        result
    }

    fn round(&mut self) -> Result<Progress, ShellError> {
        let log = &*self.env.log;
        // Opened before looking up the last day: a later source fences this one, so that no day is
        // published twice.
        let producer = match &mut self.producer {
            Some(producer) => producer,
            none => none.insert(log.producer("source")?),
        };
        let last = match self.last {
            Some(last) => last,
            None => {
                *self.last.insert(last_closed(log, self.env.partitions, self.opened.previous_day)?)
            }
        };
        let next = self.market.next_day(Some(last))?;
        self.changes.extend(self.market.changes());
        let Some(today) = next.filter(|today| self.until.is_none_or(|until| today.day <= until))
        else {
            std::thread::sleep(self.env.policy.wait);
            return Ok(Progress::Idle);
        };
        let mut batch = Batch::default();
        for partition in 0..self.env.partitions {
            let place = record_codec::place(Topic::Bars, partition);
            let end = log.watermarks(&place)?.high;
            batch.expected_end.push((place, end));
        }
        let scan = today.day >= self.opened.scan_from;
        let day = day_events(&today, last, scan, self.env.partitions);
        for event in with_changes(day, &self.changes, today.day, self.env.partitions) {
            batch.records.push(record_codec::record(&event, self.env.partitions, "source")?);
        }
        producer.publish(batch, None)?;
        self.last = Some(today.day);
        self.changes.clear();
        Ok(Progress::Worked)
    }
}

/// The changes of earlier days followed by the day's events; the markers count both.
fn with_changes(
    day_events: Vec<Event>,
    changes: &[BarChange],
    day: Day,
    partitions: u32,
) -> Vec<Event> {
    let mut events: Vec<Event> = changes.iter().map(|change| change_event(day, change)).collect();
    let mut counts = vec![0; partitions as usize];
    events
        .iter()
        .for_each(|event| counts[record_codec::partition(event, partitions) as usize] += 1);
    events.extend(day_events.into_iter().map(|mut event| {
        let partition = record_codec::partition(&event, partitions) as usize;
        if let Body::Bars(Bars::DayClosed(marker)) = &mut event.body {
            marker.events += counts[partition];
        }
        event
    }));
    events
}

/// The oldest of the partitions' last markers; `previous` for a partition without one.
pub fn last_closed(log: &dyn Log, partitions: u32, previous: Day) -> Result<Day, ShellError> {
    let mut oldest: Option<Day> = None;
    for partition in 0..partitions {
        let last = last_marker(log, partition, partitions)?.unwrap_or(previous);
        oldest = Some(oldest.map_or(last, |day| day.min(last)));
    }
    Ok(oldest.unwrap_or(previous))
}

/// The day of the last marker that roles would take in; any other closes nothing.
fn last_marker(log: &dyn Log, partition: u32, total: u32) -> Result<Option<Day>, ShellError> {
    last_record::find_last(log, &record_codec::place(Topic::Bars, partition), |record| {
        let event = inspect(Topic::Bars, partition, total, record).ok()?;
        event.body.marker().map(|_| event.day)
    })
}
