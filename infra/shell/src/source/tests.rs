//! When a day is published, and what the log then holds.

use super::*;
use crate::checkpoint::MemoryCheckpoints;
use crate::env::Policy;
use crate::event_reader::each_event;
use crate::open;
use eventlog::MemoryLog;
use parking_lot::Mutex;
use producers::source::{DataProblem, SourceError};
use schemas::events::{Bar, Bars, Controls, DayReleased};
use schemas::{Body, Event, TradingCalendar};
use std::sync::Arc;
use std::time::Duration;

/// 2018-06-27, a Wednesday.
const FIRST: Day = Day(17_709);

/// Closes by ticker and day, which a test changes while the source runs.
#[derive(Default)]
struct Prices {
    closes: BTreeMap<(String, Day), f64>,
    index: BTreeMap<Day, f64>,
    generation: u64,
    changed: Option<SystemTime>,
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Prices>>, Vec<String>, Vec<Day>);

impl Written {
    /// Three tickers and the index, complete on the first `days` days.
    fn new(days: i32) -> Written {
        let written =
            Written(Arc::default(), ["A", "B", "C"].map(str::to_owned).to_vec(), Vec::new());
        for n in 0..days {
            ["A", "B", "C"].iter().for_each(|ticker| written.write(ticker, FIRST + n, 10.0));
            written.0.lock().index.insert(FIRST + n, 15.0);
        }
        written.0.lock().changed = Some(SystemTime::UNIX_EPOCH);
        written
    }

    fn write(&self, ticker: &str, day: Day, close: f64) {
        let mut prices = self.0.lock();
        prices.closes.insert((ticker.to_owned(), day), close);
        prices.generation += 1;
        prices.changed = Some(SystemTime::now());
    }
}

fn bar(day: Day, close: f64) -> Bar {
    Bar { bar_day: day, open: close, high: close, low: close, close, volume: 1.0 }
}

impl Market for Written {
    fn universe(&self) -> &[String] {
        &self.1
    }
    fn refresh(&mut self) -> Result<(), SourceError> {
        let mut days: Vec<Day> = self.0.lock().closes.keys().map(|(_, day)| *day).collect();
        days.sort();
        days.dedup();
        self.2 = days;
        Ok(())
    }
    fn next_day(&mut self, after: Option<Day>) -> Result<Option<MarketDay>, SourceError> {
        self.refresh()?;
        let next = self.2.iter().copied().find(|day| Some(*day) > after);
        let prices = self.0.lock();
        Ok(next.map(|day| {
            let close = |ticker: &String| prices.closes.get(&(ticker.clone(), day)).copied();
            let has = |ticker: &&String| close(ticker).is_some();
            let (with, without): (Vec<&String>, Vec<&String>) = self.1.iter().partition(has);
            MarketDay {
                day,
                bars: with.iter().map(|t| ((*t).clone(), bar(day, close(t).unwrap()))).collect(),
                missing: without.iter().map(|t| ((*t).clone(), "no row".to_owned())).collect(),
                vix: prices.index.get(&day).copied(),
                ..MarketDay::default()
            }
        }))
    }
    fn calendar(&self) -> TradingCalendar {
        TradingCalendar::Nyse
    }
    fn past(&mut self, ticker: &str, day: Day, most: usize) -> Result<Vec<Bar>, SourceError> {
        let prices = self.0.lock();
        let own = prices.closes.iter().filter(|((of, at), _)| of == ticker && *at < day);
        let bars: Vec<Bar> = own.map(|((_, at), close)| bar(*at, *close)).collect();
        Ok(bars[bars.len().saturating_sub(most)..].to_vec())
    }
    fn index_past(&mut self, day: Day, most: usize) -> Result<Vec<(Day, f64)>, SourceError> {
        let closes: Vec<_> =
            self.0.lock().index.range(..day).map(|(day, close)| (*day, *close)).collect();
        Ok(closes[closes.len().saturating_sub(most)..].to_vec())
    }
    fn days(&self) -> &[Day] {
        &self.2
    }
    fn problems(&self) -> &[DataProblem] {
        &[]
    }
    fn generation(&self) -> u64 {
        self.0.lock().generation
    }
    fn last_change(&self) -> Option<SystemTime> {
        self.0.lock().changed
    }
    fn data_sha256(&self, _: Option<Day>) -> String {
        String::new()
    }
    fn describe(&self) -> String {
        String::new()
    }
}

const QUIET: Duration = Duration::from_millis(300);

struct Site {
    env: Env,
    market: Written,
    opened: RunOpened,
}

impl Site {
    /// A run that begins on the second of two complete days.
    fn new() -> Site {
        let log = MemoryLog::new("memory").unwrap();
        open::ensure_topics(&log, 3).unwrap();
        let opened = RunOpened {
            first_day: FIRST + 1,
            previous_day: FIRST,
            scan_from: FIRST + 1,
            ..RunOpened::default()
        };
        open::open(&log, 3, &opened, Vec::new(), None).unwrap();
        let env = Env {
            log: Arc::new(log),
            states: Arc::new(MemoryCheckpoints::default()),
            partitions: 3,
            machines: Arc::new(|_| None),
            board: Arc::default(),
            policy: Policy { wait: Duration::ZERO, ..Policy::default() },
        };
        Site { env, market: Written::new(2), opened }
    }

    fn source(&self) -> Source {
        let market = Box::new(self.market.clone());
        Source::new(&self.env, market, self.opened.clone(), None)
            .when_complete(Closing { quiet: QUIET, missing_until: 6 * 60 })
    }

    /// Steps until nothing is published for `patience`; the days published.
    fn days(&self, source: &mut Source, patience: Duration) -> Vec<Day> {
        let mut days = Vec::new();
        let mut idle = SystemTime::now();
        while idle.elapsed().unwrap() < patience {
            if source.step().unwrap() == Progress::Worked {
                idle = SystemTime::now();
                days.push(last_closed(&*self.env.log, 3, FIRST).unwrap());
            }
        }
        days
    }

    fn bars(&self) -> Vec<Event> {
        let mut events = Vec::new();
        let take = &mut |event| {
            events.push(event);
            Ok(())
        };
        each_event(&*self.env.log, Topic::Bars, 3, take).unwrap();
        events
    }

    fn waits(&self) -> String {
        self.env.board.source().map(|of| of.waits_for).unwrap_or_default()
    }
}

#[test]
fn the_first_day_brings_each_tickers_past_in_one_event() {
    let site = Site::new();
    assert_eq!(site.days(&mut site.source(), QUIET), [FIRST + 1]);
    let of_kind = |kind: &str| site.bars().iter().filter(|e| e.body.kind() == kind).count();
    assert_eq!((of_kind("HISTORY_LOADED"), of_kind("INDEX_LOADED")), (3, 3));
    assert_eq!((of_kind("BAR_CLOSED"), of_kind("BAR_CORRECTED")), (3, 0));
}

#[test]
fn a_day_that_is_being_written_is_published_once_whole() {
    let site = Site::new();
    let mut source = site.source();
    site.days(&mut source, QUIET);
    // Two days appear file by file, each write within the quiet time of the one before.
    for ticker in ["C", "A", "B"] {
        for day in [FIRST + 2, FIRST + 5] {
            site.market.write(ticker, day, 11.0);
        }
        assert_eq!(site.days(&mut source, QUIET / 3), []);
        assert!(site.waits().contains("until nothing has changed for 0.3 s"), "{}", site.waits());
    }
    // The index is still missing, so only the hour or a word would do.
    assert_eq!(site.days(&mut source, QUIET * 2), []);
    assert!(site.waits().contains("2018-06-29 has no bar of ^VIX"), "{}", site.waits());
    for day in [FIRST + 2, FIRST + 5] {
        site.market.0.lock().index.insert(day, 16.0);
    }
    assert_eq!(site.days(&mut source, QUIET * 2), [FIRST + 2, FIRST + 5]);
    assert_eq!(site.waits(), "");
}

#[test]
fn what_is_missing_is_waited_for_until_the_hour_or_a_word() {
    let site = Site::new();
    let mut source = site.source();
    site.days(&mut source, QUIET);
    site.market.write("A", FIRST + 2, 11.0);
    site.market.0.lock().index.insert(FIRST + 2, 16.0);
    assert_eq!(site.days(&mut source, QUIET * 2), []);
    let waits = site.env.board.source().unwrap();
    assert_eq!(waits.missing, ["B", "C"]);
    for part in ["2018-06-29 has no bar of B, C", "2018-06-30 06:00 UTC", "market close 2018-06-29"]
    {
        assert!(waits.waits_for.contains(part), "{}", waits.waits_for);
    }
    let word = DayReleased { released_day: FIRST + 2, reason: "B and C are gone".to_owned() };
    open::say(&*site.env.log, Controls::DayReleased(word)).unwrap();
    assert_eq!(site.days(&mut source, QUIET), [FIRST + 2]);
    // The next day lacks the same tickers, which had no bar the day before.
    site.market.write("A", FIRST + 5, 12.0);
    site.market.0.lock().index.insert(FIRST + 5, 16.0);
    assert_eq!(site.days(&mut source, QUIET * 2), [FIRST + 5]);
    // A file that is empty for a moment has not lost its ticker.
    site.market.write("A", FIRST + 6, 12.0);
    let past = std::mem::take(&mut site.market.0.lock().closes);
    let others = past.iter().filter(|((ticker, _), _)| ticker != "A");
    site.market.0.lock().closes = others.map(|(about, close)| (about.clone(), *close)).collect();
    site.market.write("B", FIRST + 6, 12.0);
    site.market.0.lock().index.insert(FIRST + 6, 16.0);
    assert_eq!(site.days(&mut source, QUIET * 3), []);
    assert_eq!(site.env.board.source().unwrap().missing, ["A"]);
    site.market.0.lock().closes = past;
    site.market.0.lock().index.remove(&(FIRST + 6));
    // The hour is long over, so it is enough that nothing changes for long.
    site.market.write("A", FIRST + 6, 12.0);
    assert_eq!(site.days(&mut source, QUIET * 3), [], "the index");
    site.market.0.lock().changed = Some(SystemTime::now() - QUIET * 21);
    assert_eq!(site.days(&mut source, QUIET), [FIRST + 6]);
}

#[test]
fn a_trading_day_without_any_bar_is_waited_for_or_released() {
    let site = Site::new();
    let mut source = site.source();
    site.days(&mut source, QUIET);
    ["A", "B", "C"].iter().for_each(|ticker| site.market.write(ticker, FIRST + 5, 12.0));
    site.market.0.lock().index.insert(FIRST + 5, 16.0);
    assert_eq!(site.days(&mut source, QUIET * 2), []);
    assert!(
        site.waits().contains("no ticker has a bar of 2018-06-29, a trading day"),
        "{}",
        site.waits()
    );
    let word = DayReleased { released_day: FIRST + 2, reason: "a storm".to_owned() };
    open::say(&*site.env.log, Controls::DayReleased(word)).unwrap();
    assert_eq!(site.days(&mut source, QUIET), [FIRST + 5]);
}

#[test]
fn a_restart_finds_what_has_changed_meanwhile_and_numbers_it_from_the_log() {
    let site = Site::new();
    site.days(&mut site.source(), QUIET);
    for revision in [1, 2] {
        site.market.write("B", FIRST + 1, 10.0 + f64::from(revision));
        let day = FIRST + 1 + revision;
        ["A", "B", "C"].iter().for_each(|ticker| site.market.write(ticker, day, 12.0));
        site.market.0.lock().index.insert(day, 16.0);
        // As the scan of one day does it, without waiting.
        let market = Box::new(site.market.clone());
        let mut source = Source::new(&site.env, market, site.opened.clone(), Some(day));
        assert_eq!(source.step().unwrap(), Progress::Worked);
        let found = site.bars();
        let corrected: Vec<(i32, &Event)> = found
            .iter()
            .filter(|event| event.body.kind() == "BAR_CORRECTED")
            .map(|event| (event.revision, event))
            .collect();
        assert_eq!(corrected.len() as i32, revision);
        let Body::Bars(Bars::BarCorrected(bar)) = &corrected[corrected.len() - 1].1.body else {
            panic!("no bar")
        };
        assert_eq!(
            (corrected[corrected.len() - 1].0, bar.close),
            (revision, 10.0 + f64::from(revision))
        );
    }
}

#[test]
fn a_ticker_whose_file_is_gone_is_waited_for_and_named_once() {
    let site = Site::new();
    site.days(&mut site.source(), QUIET);
    let mut without = site.market.clone();
    without.1.retain(|ticker| ticker != "B");
    for day in [FIRST + 2, FIRST + 5] {
        ["A", "C"].iter().for_each(|ticker| site.market.write(ticker, day, 12.0));
        site.market.0.lock().index.insert(day, 16.0);
    }
    let mut source = Source::new(&site.env, Box::new(without.clone()), site.opened.clone(), None)
        .when_complete(Closing { quiet: QUIET, missing_until: 6 * 60 });
    assert_eq!(site.days(&mut source, QUIET * 2), []);
    assert_eq!(site.env.board.source().unwrap().missing, ["B"]);
    // A bounded run takes what is there, and says what is not.
    let mut source = Source::new(&site.env, Box::new(without), site.opened.clone(), None);
    while source.step().unwrap() == Progress::Worked {}
    let missing: Vec<(String, Day)> = site
        .bars()
        .into_iter()
        .filter(|event| event.body.kind() == "TICKER_MISSING")
        .map(|event| (event.ticker, event.day))
        .collect();
    assert_eq!(missing, [("B".to_owned(), FIRST + 2)]);
}

#[test]
fn an_index_day_that_comes_late_and_a_ticker_that_joins_are_news() {
    let site = Site::new();
    site.market.0.lock().index.remove(&(FIRST + 1));
    let mut without = site.market.clone();
    without.1.retain(|ticker| ticker != "C");
    let mut source =
        Source::new(&site.env, Box::new(without), site.opened.clone(), Some(FIRST + 1));
    source.step().unwrap();
    ["A", "B", "C"].iter().for_each(|ticker| site.market.write(ticker, FIRST + 2, 12.0));
    site.market.0.lock().index.extend([(FIRST + 1, 17.0), (FIRST + 2, 16.0)]);
    let market = Box::new(site.market.clone());
    let mut source = Source::new(&site.env, market, site.opened.clone(), Some(FIRST + 2));
    source.step().unwrap();
    let late = site.bars();
    let late: Vec<&Event> = late.iter().filter(|event| event.day == FIRST + 2).collect();
    let kinds = |ticker: &str| -> Vec<&str> {
        late.iter().filter(|e| e.ticker == ticker).map(|e| e.body.kind()).collect()
    };
    assert_eq!(kinds("C"), ["HISTORY_LOADED", "BAR_CLOSED"]);
    assert_eq!(kinds("A"), ["BAR_CLOSED"]);
    assert_eq!(late.iter().filter(|e| e.body.kind() == "INDEX_LOADED").count(), 3);
}
