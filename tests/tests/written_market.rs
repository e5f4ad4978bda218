//! `up` over a folder that somebody writes to: no day is lost, and none is closed half.

#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

use rlimit::Resource;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;
use tests::cli::{Running, run, wait_for};
use tests::price_files::{days, text, write};

/// How long nothing must have changed for a day to be complete. What is missing in the end is waited for twenty times as
/// long, as the days of these files are over: no test may take that long between two of its steps, on any machine.
const QUIET: &str = "2";
const TICKERS: [&str; 4] = ["AAA", "BBB", "CCC", "^VIX"];
/// Days in the files at first.
const FIRST: usize = 30;

/// `up` over a folder of `FIRST` days, from the last of them.
struct Site {
    prices: tempfile::TempDir,
    data: tempfile::TempDir,
    up: Option<Running>,
}

impl Site {
    fn new(quiet: &str) -> Site {
        let (prices, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        TICKERS.iter().for_each(|ticker| write(prices.path(), ticker, FIRST));
        let keys = format!("source_quiet_s = \"{quiet}\"\nlisten = \"127.0.0.1:0\"\n");
        std::fs::write(data.path().join("butterquant.toml"), keys).unwrap();
        let mut site = Site { prices, data, up: None };
        site.start();
        site
    }

    fn start(&mut self) {
        let (source, from) = (self.prices.path().display(), days(FIRST)[FIRST - 1]);
        let words = format!("up --source csv:{source} --from {from}");
        let log = self.data.path().join("up.err");
        self.up = Some(Running::start_logged(self.data.path(), &words, &log));
    }

    fn status(&self) -> Option<Value> {
        let ran = run(self.data.path(), "status -o json");
        (ran.code == 0).then(|| ran.json())
    }

    /// Waits until the run has published the last of `count` days.
    fn published(&self, count: usize) {
        let last = days(count)[count - 1].to_string();
        wait_for(&last, || {
            self.status()?["newest_day"].as_str().filter(|day| **day >= *last).map(drop)
        });
    }

    /// Waits until the source says this.
    fn waits(&self, what: &str) -> Value {
        wait_for(what, || {
            let waits = self.status()?["source_waits"].clone();
            waits["waits_for"].as_str().filter(|said| said.contains(what))?;
            Some(waits)
        })
    }

    /// Kinds of events by day, day markers left out.
    fn bars(&self) -> BTreeMap<String, BTreeMap<String, usize>> {
        let mut found: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
        for event in run(self.data.path(), "topics consume bars").lines() {
            let [day, kind] = ["day", "kind"].map(|key| event[key].as_str().unwrap().to_owned());
            *found.entry(day).or_default().entry(kind).or_default() += 1;
        }
        found
    }

    /// Every day up to the `count`th has the bars of three tickers and nothing else, but for the first.
    fn whole(&self, count: usize) {
        let expected = |n: usize| {
            let bars = [("BAR_CLOSED".to_owned(), 3)];
            let past = [("HISTORY_LOADED".to_owned(), 3), ("INDEX_LOADED".to_owned(), 12)];
            bars.into_iter().chain(past.into_iter().filter(|_| n == FIRST - 1)).collect()
        };
        let whole: BTreeMap<String, BTreeMap<String, usize>> =
            (FIRST - 1..count).map(|n| (days(count)[n].to_string(), expected(n))).collect();
        assert_eq!(self.bars(), whole);
    }
}

#[test]
fn a_source_that_may_open_no_file_waits_and_says_so_once() {
    let mut site = Site::new("0");
    site.published(FIRST);
    let process = i32::try_from(site.up.as_ref().unwrap().id()).unwrap();
    let (mut soft, mut hard) = (0, 0);
    rlimit::prlimit(process, Resource::NOFILE, None, Some((&mut soft, &mut hard))).unwrap();
    let allow = |files| rlimit::prlimit(process, Resource::NOFILE, Some((files, hard)), None);
    allow(3).unwrap();
    TICKERS.iter().for_each(|ticker| write(site.prices.path(), ticker, FIRST + 2));
    let said = || {
        let log = std::fs::read_to_string(site.data.path().join("up.err")).unwrap();
        log.matches("the source waits").count()
    };
    wait_for("word of it", || (said() > 0).then_some(()));
    std::thread::sleep(Duration::from_millis(1_500));
    assert_eq!(said(), 1);
    allow(soft).unwrap();
    site.published(FIRST + 2);
    site.whole(FIRST + 2);
    assert_eq!(site.up.take().unwrap().interrupt(), 0);
}

#[test]
fn a_folder_that_is_written_file_by_file_closes_no_day_half() {
    let mut site = Site::new("1");
    site.published(FIRST);
    let mut count = FIRST;
    for round in 0..4 {
        count += 1 + round % 2;
        for (at, ticker) in TICKERS.iter().enumerate() {
            // In place: emptied, then half, then whole.
            let whole = text(ticker, count);
            let file = site.prices.path().join(format!("{ticker}.csv"));
            std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
            std::thread::sleep(Duration::from_millis(60));
            std::fs::write(&file, &whole).unwrap();
            std::thread::sleep(Duration::from_millis(60));
            if round == 2 && at == 1 {
                // Killed meanwhile, it finds the rest as any other process would.
                drop(site.up.take());
                site.start();
            }
        }
        site.published(count);
    }
    site.whole(count);
}

#[test]
fn files_that_are_renamed_into_place_are_taken_at_once() {
    let site = Site::new("3600");
    site.waits("until nothing has changed for 3600 s");
    for ticker in TICKERS {
        let [new, place] =
            ["new", "csv"].map(|end| site.prices.path().join(format!("{ticker}.{end}")));
        std::fs::write(&new, text(ticker, FIRST + 2)).unwrap();
        std::fs::rename(new, place).unwrap();
    }
    site.published(FIRST + 2);
    site.whole(FIRST + 2);
}

#[test]
fn a_file_that_is_renamed_without_its_new_row_is_waited_for() {
    let site = Site::new(QUIET);
    site.published(FIRST);
    for (n, ticker) in TICKERS.iter().enumerate() {
        let [new, place] =
            ["new", "csv"].map(|end| site.prices.path().join(format!("{ticker}.{end}")));
        std::fs::write(&new, text(ticker, FIRST + usize::from(n != 1))).unwrap();
        std::fs::rename(new, place).unwrap();
    }
    let last = days(FIRST + 1)[FIRST];
    assert_eq!(
        site.waits(&format!("{last} has no bar of BBB"))["missing"],
        serde_json::json!(["BBB"])
    );
    write(site.prices.path(), "BBB", FIRST + 1);
    site.published(FIRST + 1);
    site.whole(FIRST + 1);
}

#[test]
fn what_is_missing_is_said_until_a_word_closes_the_day() {
    let site = Site::new(QUIET);
    site.published(FIRST);
    ["AAA", "^VIX"].iter().for_each(|ticker| write(site.prices.path(), ticker, FIRST + 1));
    let last = days(FIRST + 1)[FIRST];
    let waits = site.waits(&format!("{last} has no bar of BBB, CCC"));
    assert_eq!(waits["missing"], serde_json::json!(["BBB", "CCC"]));
    let lag = run(site.data.path(), "lag");
    assert!(lag.out.contains(&format!("market close {last}")), "{lag:?}");
    let early = format!("market close {}", days(FIRST)[FIRST - 1]);
    run(site.data.path(), &early).refused(&["already"]);
    let closed = run(site.data.path(), &format!("market close {last}"));
    closed.well();
    site.published(FIRST + 1);
    // The bars come late after all: corrections of the next day.
    TICKERS.iter().for_each(|ticker| write(site.prices.path(), ticker, FIRST + 2));
    site.published(FIRST + 2);
    let bars = site.bars();
    let of = |n: usize| bars[&days(n)[n - 1].to_string()].clone();
    assert_eq!(of(FIRST + 1).get("TICKER_MISSING"), Some(&2));
    assert_eq!(of(FIRST + 2).get("BAR_CORRECTED"), Some(&2));
}
