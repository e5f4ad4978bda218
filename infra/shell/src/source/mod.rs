//! The source's loop: publishes one whole day of the market per transaction, with what has changed of the days
//! before. Its only memory is the log: after a restart it goes on after the oldest of its partitions' last markers,
//! and compares the market with the bars that are there.

mod closing;
mod pace;
#[cfg(test)]
mod tests;

pub use crate::last_markers::last_closed;
pub use closing::Closing;

use crate::controls::ControlBook;
use crate::holes::{Hole, PartitionCheck, refuse};
use crate::inspect::inspect;
use crate::instance::{Env, Progress};
use crate::status_board::PublishedDay;
use crate::{error::ShellError, last_record, record_codec};
use closing::Candidate;
use eventlog::{Batch, Log, PartitionReader, Producer};
use pace::Pace;
use producers::source::{
    KnownMarket, Market, MarketDay, MarketNews, SourceError, day_events, findings_of, market_news,
};
use schemas::controls::ControlState;
use schemas::events::{Bars, RunOpened};
use schemas::role::Role;
use schemas::{Body, Day, Event, Topic};
use std::collections::BTreeMap;
use std::time::{Instant, SystemTime};

/// Publishes a market's days.
pub struct Source {
    env: Env,
    market: Box<dyn Market>,
    opened: RunOpened,
    until: Option<Day>,
    closing: Option<Closing>,
    pace: Pace,
    memory: Option<Memory>,
    producer: Option<Box<dyn Producer>>,
    /// The market could not be read the last time.
    away: bool,
}

/// The log as the source knows it.
struct Memory {
    last: Day,
    known: KnownMarket,
    /// The market's generation and the confirmed moves with which it was last compared.
    compared: Option<(u64, usize)>,
    controls: ControlBook,
}

impl Source {
    /// Of `market`, for the run opened by `opened`, up to day `until`, inclusive. Days are published as they are.
    pub fn new(
        env: &Env,
        market: Box<dyn Market>,
        opened: RunOpened,
        until: Option<Day>,
    ) -> Source {
        let env = env.clone();
        Source {
            env,
            market,
            opened,
            until,
            closing: None,
            pace: Pace::default(),
            memory: None,
            producer: None,
            away: false,
        }
    }

    /// The same for a market that is still being written: it is read again and again, and a day is published when it
    /// is complete.
    pub fn when_complete(self, closing: Closing) -> Source {
        Source { closing: Some(closing), ..self }
    }

    /// The same, but no further ahead than a few days of the slowest of this process's `units`, once all of them are
    /// here: what they have not taken in yet fills their memory.
    pub fn beside(self, units: usize) -> Source {
        Source { pace: Pace::beside(units), ..self }
    }

    /// Publishes the next day, if there is one and it is complete.
    pub fn step(&mut self) -> Result<Progress, ShellError> {
        let result = self.round();
        if result.is_err() {
            self.memory = None;
            self.producer = None;
        }
        result
    }

    fn round(&mut self) -> Result<Progress, ShellError> {
        let log = self.env.log.clone();
        // Opened before reading the log: a later source fences this one, so that no day is published twice.
        if self.producer.is_none() {
            self.producer = Some(log.producer("source")?);
        }
        if self.memory.is_none() {
            let memory = Memory::read(&*log, self.env.partitions, &self.opened)?;
            if self.closing.is_none() {
                self.market.keep(memory.last, self.until);
            }
            self.memory = Some(memory);
        }
        if self.pace.is_far_ahead(&self.env.board) || self.closing.is_some() && !self.refreshed()? {
            return Ok(self.idle());
        }
        let (Some(memory), Some(producer)) = (&mut self.memory, &mut self.producer) else {
            return Ok(Progress::Idle);
        };
        let next = self.market.next_day(Some(memory.last))?;
        let until = self.until;
        let Some(mut today) = next.filter(|today| until.is_none_or(|until| today.day <= until))
        else {
            self.env.board.put_source(None);
            return Ok(self.idle());
        };
        let lost = memory.lost(&*self.market);
        memory.controls.refresh(&*log)?;
        memory.controls.log_new(Role::Source);
        if let Some(closing) = self.closing {
            let released = &memory.controls.latest().released;
            let (today, last, known) = (&today, memory.last, &memory.known);
            let candidate = Candidate { today, last, known, released };
            let waits = closing.waits(&candidate, &mut *self.market, SystemTime::now())?;
            if let Some(waits) = waits {
                if self.env.board.source().is_none_or(|shown| shown.missing != waits.missing) {
                    tracing::info!("the source waits: {}", waits.waits_for);
                }
                self.env.board.put_source(Some(waits));
                return Ok(self.idle());
            }
            self.env.board.put_source(None);
        }
        let news = memory.news(&mut *self.market, &today)?;
        leave_out(&mut today, &news);
        name_lost(&mut today, lost);
        // What was there when the market was opened has been said then.
        if self.closing.is_some() && self.market.generation() > 0 {
            let confirmed = &memory.controls.latest().confirmed;
            let found = findings_of(&mut *self.market, today.day, confirmed)?;
            found.iter().for_each(|one| tracing::warn!("{one}"));
        }
        let mut batch = Batch::default();
        for partition in 0..self.env.partitions {
            let place = record_codec::place(Topic::Bars, partition);
            let end = log.watermarks(&place)?.high;
            batch.expected_end.push((place, end));
        }
        let scan = today.day >= self.opened.scan_from;
        let more = self.until != Some(today.day);
        let events = day_events(&today, &news, memory.last, scan, self.env.partitions);
        drop(news);
        let said = what_is_published(&events);
        for event in events {
            // After the last day that is asked for nothing is compared any more.
            if more {
                memory.known.apply(&event);
            }
            batch.records.push(record_codec::record(&event, self.env.partitions, "source")?);
        }
        let (records, begun) = (batch.records.len(), Instant::now());
        producer.publish(batch, None)?;
        let instruments = self.env.board.instruments();
        instruments.published(Role::Source.name(), records, begun.elapsed());
        tracing::info!(role = "source", "published {}: {said}", today.day);
        let published = PublishedDay { day: today.day, previous_day: memory.last };
        self.env.board.put_published(published);
        self.pace.published(today.day);
        memory.last = today.day;
        if !more {
            self.market.keep(today.day, self.until);
        }
        Ok(Progress::Worked)
    }

    /// Reads again what has changed; whether the market could be read. A folder that is being replaced is away for a
    /// moment, and so is every file while too many are open: that is said once, and it is tried again.
    fn refreshed(&mut self) -> Result<bool, ShellError> {
        let refreshed = self.market.refresh();
        let Err(away @ (SourceError::Folder { .. } | SourceError::NoFileLeft { .. })) = refreshed
        else {
            self.away = false;
            return Ok(refreshed.map(|()| true)?);
        };
        if !std::mem::replace(&mut self.away, true) {
            tracing::warn!("the source waits: {away}; it is tried again");
        }
        Ok(false)
    }

    fn idle(&self) -> Progress {
        std::thread::sleep(self.env.policy.wait);
        Progress::Idle
    }
}

impl Memory {
    fn read(log: &dyn Log, partitions: u32, opened: &RunOpened) -> Result<Memory, ShellError> {
        let last = last_closed(log, partitions, opened.previous_day)?;
        let (known, holes) = read_market(log, partitions, opened.previous_day)?;
        // What is gone would be news, and be published again.
        refuse(&holes)?;
        still_there(log, partitions, opened.previous_day)?;
        Ok(Memory { last, known, compared: None, controls: ControlBook::new(log)? })
    }

    /// What has changed before `today`; nothing where neither the market nor a confirmation has.
    fn news(
        &mut self,
        market: &mut dyn Market,
        today: &MarketDay,
    ) -> Result<MarketNews, ShellError> {
        let controls = self.controls.latest();
        let compared = Some((market.generation(), controls.confirmed.len()));
        if self.compared == compared {
            return Ok(MarketNews::default());
        }
        let news = market_news(&self.known, market, today, &confirmed_splits(controls))?;
        self.compared = compared;
        // A run that begins knows nothing yet, so nothing has changed for it.
        if !self.known.is_empty() {
            news.sentences()
                .for_each(|said| tracing::warn!("{said}; it counts from {} on", today.day));
        }
        for (ticker, gone) in &news.gone {
            tracing::warn!(
                "{ticker}: the market no longer has the bar of {gone}; the run keeps it"
            );
        }
        Ok(news)
    }

    /// Tickers with a bar of the last day that the market does not have any more: not one file of theirs is there.
    fn lost(&self, market: &dyn Market) -> Vec<String> {
        let has = |ticker: &&String| market.universe().binary_search(ticker).is_ok();
        self.known.with_bar_on(self.last).filter(|ticker| !has(ticker)).cloned().collect()
    }
}

/// The market as the log holds it.
///
/// # Errors
/// Those of the log.
pub fn known_market(log: &dyn Log, partitions: u32) -> Result<KnownMarket, ShellError> {
    read_market(log, partitions, Day(0)).map(|(known, _)| known)
}

/// The same, and what is gone from it; `previous` is the day before the run's first.
fn read_market(
    log: &dyn Log,
    partitions: u32,
    previous: Day,
) -> Result<(KnownMarket, Vec<Hole>), ShellError> {
    let (mut known, mut holes) = (KnownMarket::default(), Vec::new());
    let mut reader = PartitionReader::new(log)?;
    for partition in 0..partitions {
        let place = record_codec::place(Topic::Bars, partition);
        let ends = log.watermarks(&place)?;
        let mut check = PartitionCheck::new(Topic::Bars, partition, partitions, ends.low, previous);
        let mut closed: Option<Day> = None;
        for record in reader.records(&place, ends.low..ends.high) {
            let record = record?;
            let event = inspect(Topic::Bars, partition, partitions, &record).ok();
            check.take_event(record.offset, event.as_ref());
            let Some(event) = event else { continue };
            // What comes after its day was closed is late: no role uses it.
            if Some(event.day) > closed {
                known.apply(&event);
            }
            if event.body.marker().is_some() {
                closed = closed.max(Some(event.day));
            }
        }
        holes.extend(check.end(log, ends.high)?);
    }
    Ok((known, holes))
}

/// Fails where a scanner has decided on days that `bars` does not hold any more.
fn still_there(log: &dyn Log, partitions: u32, previous: Day) -> Result<(), ShellError> {
    for partition in 0..partitions {
        let place = record_codec::place(Topic::Scans, partition);
        let scanned = last_record::find_last(log, &place, |record| {
            let event = record_codec::event(Topic::Scans, record).ok()?;
            (event.body.marker().is_some() && event.causation.is_some()).then_some(event.day)
        })?;
        let last = last_marker(log, partition, partitions)?.unwrap_or(previous);
        if let Some(scanned) = scanned.filter(|scanned| *scanned > last) {
            return Err(ShellError::Hole {
                unit: "the scanner".to_owned(),
                what: format!(
                    "decided {scanned}, and bars/{partition} ends with {last}; nothing is published again"
                ),
            });
        }
    }
    Ok(())
}

/// The day of the last marker in a partition of `bars` that roles would take in; any other closes nothing.
fn last_marker(log: &dyn Log, partition: u32, total: u32) -> Result<Option<Day>, ShellError> {
    last_record::find_last(log, &record_codec::place(Topic::Bars, partition), |record| {
        let event = inspect(Topic::Bars, partition, total, record).ok()?;
        event.body.marker().map(|_| event.day)
    })
}

/// The moves that are confirmed to be splits.
pub fn confirmed_splits(controls: &ControlState) -> BTreeMap<(String, Day), f64> {
    let confirmed = controls.confirmed.iter();
    confirmed.filter_map(|(about, ratio)| Some((about.clone(), (*ratio)?))).collect()
}

/// Leaves out the bars of tickers whose past is another stock's.
fn leave_out(today: &mut MarketDay, news: &MarketNews) {
    let (strangers, bars) = std::mem::take(&mut today.bars)
        .into_iter()
        .partition(|(ticker, _)| news.strangers.contains(ticker));
    today.bars = bars;
    let missing = Vec::into_iter(strangers).map(|(ticker, _)| {
        let reason = format!(
            "{ticker}: most of its past has other prices than this run knows, so it is another stock; give back its file, or start another run"
        );
        (ticker, reason)
    });
    today.missing.extend(missing);
    today.missing.sort();
}

/// Names the tickers that the market does not have any more, on the first day without them.
fn name_lost(today: &mut MarketDay, lost: Vec<String>) {
    let reason = |ticker: &str| format!("the market has nothing of {ticker} any more");
    today.missing.extend(lost.into_iter().map(|ticker| (ticker.clone(), reason(&ticker))));
    today.missing.sort();
}

/// The events of a day, counted, for the log.
fn what_is_published(events: &[Event]) -> String {
    let count = |of: fn(&Bars) -> bool| {
        events.iter().filter(|event| matches!(&event.body, Body::Bars(bars) if of(bars))).count()
    };
    let bars = count(|bars| matches!(bars, Bars::BarClosed(_)));
    let missing = count(|bars| matches!(bars, Bars::TickerMissing(_)));
    let corrected = count(|bars| matches!(bars, Bars::BarCorrected(_)));
    let actions = count(|bars| matches!(bars, Bars::CorporateAction(_)));
    format!("{bars} bars, {missing} missing, {corrected} corrected, {actions} corporate actions")
}
