//! A ticker's bars, splits and dividends as one file gives them, and why days have no bar.

use super::super::known::HELD;
use super::super::market::DataProblem;
use super::super::poison::Poison;
use super::no_header::Other;
use super::splits::SplitReading;
use super::text::Fault;
use schemas::events::{Bar, CorporateAction};
use schemas::id::sha256_hex;
use schemas::{Day, TradingCalendar};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU8, Ordering};

/// What a file must contain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FileKind {
    /// All four prices, above 0, and a volume not below 0.
    Stock,
    /// A close from 5 to 150 points; other prices are optional, volume is ignored.
    Index,
}

/// A ticker's content of a file.
#[derive(Clone, Default, Debug)]
pub(super) struct PriceTable {
    /// Ascending, one per day, in the share count of their day.
    pub(super) bars: Vec<Bar>,
    /// Splits that the bars do not contain yet, and dividends; ascending, on days of bars.
    pub(super) actions: Vec<CorporateAction>,
    /// How the splits between the bars were read, ascending.
    pub(super) readings: Vec<SplitReading>,
    /// Days whose row is not a bar, and why.
    pub(super) refused: BTreeMap<Day, String>,
    /// Why nothing is read, if a fault costs the whole table.
    pub(super) reason: Option<String>,
    /// Bars of days on which nothing traded anywhere: they are no bars as long as that holds.
    pub(super) idle: Vec<Bar>,
}

impl PriceTable {
    /// The last bars before `day`, at most `most`, in the share count of `day`'s open.
    pub(super) fn before(&self, day: Day, most: usize) -> Vec<Bar> {
        let end = self.bars.partition_point(|bar| bar.bar_day < day);
        let mut bars = self.bars[end.saturating_sub(most)..end].to_vec();
        for action in self.actions.iter().filter(|action| action.effective_day <= day) {
            let Some(ratio) = action.split() else { continue };
            let old = bars.partition_point(|bar| bar.bar_day < action.effective_day);
            bars[..old].iter_mut().for_each(|bar| bar.apply_split(ratio));
        }
        bars
    }

    /// Drops the bars after `until`, and those that no comparison with a log looks back on from the days after `last`.
    pub(super) fn keep(&mut self, last: Day, until: Option<Day>) {
        if until.is_some_and(|until| until <= last) {
            self.bars = Vec::new();
            return;
        }
        let known = self.bars.partition_point(|bar| bar.bar_day <= last);
        let end = until
            .map_or(self.bars.len(), |until| self.bars.partition_point(|bar| bar.bar_day <= until));
        self.bars.truncate(end.max(1)); // one that is later tells where the ticker begins
        self.bars.drain(..known.saturating_sub(HELD).min(end));
        self.bars.shrink_to_fit();
    }

    /// SHA-256 of its bars, splits and dividends up to `until`, hexadecimal.
    pub(super) fn sha256_until(&self, until: Day) -> String {
        let mut bytes = Vec::new();
        for bar in self.bars.iter().take_while(|bar| bar.bar_day <= until) {
            bytes.extend(bar.bar_day.0.to_be_bytes());
            for number in [bar.open, bar.high, bar.low, bar.close, bar.volume] {
                bytes.extend(number.to_be_bytes());
            }
        }
        for action in self.actions.iter().filter(|action| action.effective_day <= until) {
            bytes.extend(format!("{action:?}").into_bytes());
        }
        sha256_hex(&bytes)
    }

    /// The bar of `day`.
    pub(super) fn bar(&self, day: Day) -> Option<&Bar> {
        self.bars.binary_search_by_key(&day, |bar| bar.bar_day).ok().map(|at| &self.bars[at])
    }

    /// Splits and dividends that take effect on `day`.
    pub(super) fn actions_of(&self, day: Day) -> impl Iterator<Item = &CorporateAction> {
        let from = self.actions.partition_point(|action| action.effective_day < day);
        self.actions[from..].iter().take_while(move |action| action.effective_day == day)
    }
}

/// What a file contains.
#[derive(Clone, Default, Debug)]
pub(super) struct FileContent {
    /// Tables by ticker; the ticker is empty where only the file's name can give it.
    pub(super) tables: Vec<(String, PriceTable)>,
    /// All problems, by line.
    pub(super) problems: Vec<DataProblem>,
    /// What it is instead, if it has no header.
    pub(super) other: Option<Other>,
}

impl FileContent {
    /// A file that cannot be read, for `fault`.
    pub(super) fn refused(file: &str, line: Option<u64>, fault: Fault) -> FileContent {
        let Fault { what, remedy } = fault;
        let table = PriceTable { reason: Some(what.clone()), ..PriceTable::default() };
        let problems = vec![DataProblem { file: file.to_owned(), line, what, remedy }];
        FileContent { tables: vec![(String::new(), table)], problems, other: None }
    }
}

/// A file's name without its folder, which differs between machines and so is not recorded.
pub(super) fn name_of(path: &str) -> &str {
    path.rsplit(std::path::is_separator).next().unwrap_or(path)
}

/// The days that a market's rows may have: sessions of its calendar that are not in the future.
#[derive(Clone, Copy)]
pub(super) struct Sessions {
    /// The calendar.
    pub(super) calendar: TradingCalendar,
    /// By the wall clock, in Greenwich.
    pub(super) today: Day,
    /// What takes the place of the rows after a day, to find out who looks ahead.
    pub(super) poison: Option<Poison>,
}

/// 1900-01-01, and the days from it to 2200.
const FIRST: i32 = -25_567;
const DAYS: usize = 109_573;

/// By calendar and day since `FIRST`: 0 until it was asked for, 1 for no session, 2 for one, 3 for one that requires a
/// bar. The calendar takes some microseconds to answer, and every file asks for the same days.
static KNOWN: [[AtomicU8; DAYS]; TradingCalendar::ALL.len()] =
    [const { [const { AtomicU8::new(0) }; DAYS] }; TradingCalendar::ALL.len()];

impl Sessions {
    /// Of `calendar`, up to the day that it is now.
    pub(super) fn of(calendar: TradingCalendar) -> Sessions {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let days = now.map_or(0, |now| now.as_secs() / 86_400);
        let today = Day(i32::try_from(days).unwrap_or(i32::MAX));
        Sessions { calendar, today, poison: None }
    }

    /// Whether the exchange trades on `day`.
    pub(super) fn has(&self, day: Day) -> bool {
        self.state(day) >= 2
    }

    /// Whether it is known that the exchange trades on `day`.
    pub(super) fn requires(&self, day: Day) -> bool {
        self.state(day) == 3
    }

    fn state(&self, day: Day) -> u8 {
        let at = usize::try_from(day.0.saturating_sub(FIRST)).ok();
        let own = &KNOWN[self.calendar as usize];
        let Some(known) = at.and_then(|at| own.get(at)) else { return 1 };
        match known.load(Ordering::Relaxed) {
            0 => {
                let state = match self.calendar.requires(day) {
                    true => 3,
                    false => 1 + u8::from(self.calendar.is_session(day)),
                };
                known.store(state, Ordering::Relaxed);
                state
            }
            state => state,
        }
    }
}
