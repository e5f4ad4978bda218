//! The log's memory beside a market that has changed: what is news.

use super::*;
use crate::source::{DataProblem, MarketDay};
use proptest::prelude::*;
use schemas::{Event, TradingCalendar, events::Bars};

const DAYS: i32 = 60;
const NOW: Day = Day(1_000 + DAYS);

/// A market that is its bars.
#[derive(Clone, Default)]
struct Held {
    universe: Vec<String>,
    bars: BTreeMap<String, Vec<Bar>>,
    index: Vec<(Day, f64)>,
}

impl Market for Held {
    fn universe(&self) -> &[String] {
        &self.universe
    }
    fn next_day(&mut self, _: Option<Day>) -> Result<Option<MarketDay>, SourceError> {
        Ok(None)
    }
    fn calendar(&self) -> TradingCalendar {
        TradingCalendar::None
    }
    fn past(&mut self, ticker: &str, day: Day, _: usize) -> Result<Vec<Bar>, SourceError> {
        let bars = self.bars.get(ticker).into_iter().flatten();
        Ok(bars.filter(|bar| bar.bar_day < day).cloned().collect())
    }
    fn index_past(&mut self, _: Day, _: usize) -> Result<Vec<(Day, f64)>, SourceError> {
        Ok(self.index.clone())
    }
    fn days(&self) -> &[Day] {
        &[]
    }
    fn problems(&self) -> &[DataProblem] {
        &[]
    }
    fn data_sha256(&self, _: Option<Day>) -> String {
        String::new()
    }
    fn describe(&self) -> String {
        String::new()
    }
}

fn cents(price: f64) -> f64 {
    (price * 100.0).round() / 100.0
}

fn bar(day: i32, close: f64) -> Bar {
    let close = cents(close);
    Bar { bar_day: Day(day), open: close, high: close, low: close, close, volume: 1e6 }
}

fn price(ticker: &str, day: i32) -> f64 {
    let phase = f64::from(ticker.as_bytes()[0]);
    100.0 + 20.0 * (f64::from(day) * 0.7 + phase).sin()
}

fn market() -> Held {
    let mut market = Held::default();
    for ticker in ["A", "B", "C"] {
        let bars = (0..DAYS).map(|n| bar(1_000 + n, price(ticker, n))).collect();
        market.bars.insert(ticker.to_owned(), bars);
        market.universe.push(ticker.to_owned());
    }
    market.index = (0..DAYS).map(|n| (Day(1_000 + n), 15.0)).collect();
    market
}

/// The memory of a run that has taken `market` in.
fn known(market: &Held) -> KnownMarket {
    let mut known = KnownMarket::default();
    apply(&mut known, &of(&KnownMarket::default(), market));
    known
}

fn of(known: &KnownMarket, market: &Held) -> MarketNews {
    market_news(known, &mut market.clone(), &today(), &BTreeMap::new()).unwrap()
}

fn today() -> MarketDay {
    MarketDay { day: NOW, ..MarketDay::default() }
}

/// Takes the news in as a source publishes them.
fn apply(known: &mut KnownMarket, news: &MarketNews) {
    let events: Vec<Event> = crate::source::day_events(&today(), news, NOW + -1, true, 3);
    events.iter().for_each(|event| known.apply(event));
}

/// Given the market changed by `change`, then these splits and this number of corrections are news, and nothing is
/// news once they are on the log.
fn check(change: impl Fn(&mut Held), splits: &[(&str, i32, f64)], corrections: usize) {
    let before = market();
    let mut after = before.clone();
    change(&mut after);
    let mut known = known(&before);
    let news = of(&known, &after);
    let found: Vec<(&str, i32, f64)> = news
        .tickers
        .iter()
        .flat_map(|of| {
            of.splits.iter().map(|s| (&*of.ticker, s.effective_day.0, s.split().unwrap()))
        })
        .collect();
    assert_eq!(found, splits);
    assert_eq!(news.tickers.iter().map(|of| of.corrections.len()).sum::<usize>(), corrections);
    apply(&mut known, &news);
    let again = of(&known, &after);
    assert_eq!(again.tickers, [], "it is on the log");
    assert_eq!((again.index, again.strangers.len()), (vec![], 0));
}

fn scaled(market: &mut Held, ticker: &str, before: i32, ratio: f64) {
    for bar in market.bars.get_mut(ticker).unwrap().iter_mut().filter(|b| b.bar_day.0 < before) {
        *bar = Bar { volume: bar.volume * ratio, ..self::bar(bar.bar_day.0, bar.close / ratio) };
    }
}

#[test]
fn a_run_that_knows_nothing_gets_the_whole_past_once() {
    let news = of(&KnownMarket::default(), &market());
    assert_eq!(news.tickers.len(), 3);
    assert!(news.tickers.iter().all(|of| of.history.as_ref().unwrap().bars.len() == DAYS as usize));
    assert_eq!(news.index.len(), DAYS as usize);
    check(|_| (), &[], 0);
}

#[test]
fn a_past_that_is_rescaled_is_one_split() {
    let all = NOW.0;
    check(|m| scaled(m, "B", all, 4.0), &[("B", all, 4.0)], 0);
    check(|m| scaled(m, "B", all, 0.1), &[("B", all, 0.1)], 0);
    check(|m| scaled(m, "B", all, 1.5), &[("B", all, 1.5)], 0);
    check(|m| scaled(m, "B", 1_040, 2.0), &[("B", 1_040, 2.0)], 0);
    // A file that was mended: the rows before a day had not been divided.
    let two = |m: &mut Held| {
        scaled(m, "C", 1_020, 2.0);
        scaled(m, "C", 1_050, 3.0);
    };
    check(two, &[("C", 1_020, 2.0), ("C", 1_050, 3.0)], 0);
    let with_correction = |m: &mut Held| {
        scaled(m, "A", all, 2.0);
        m.bars.get_mut("A").unwrap()[30].close += 1.0;
    };
    check(with_correction, &[("A", all, 2.0)], 1);
}

#[test]
fn a_split_that_the_market_itself_tells_is_told_once() {
    let mut after = market();
    scaled(&mut after, "B", NOW.0, 4.0);
    let split = CorporateAction { effective_day: NOW, split_ratio: Some(4.0), dividend: None };
    let today = MarketDay { actions: vec![("B".to_owned(), split)], ..today() };
    let news = market_news(&known(&market()), &mut after, &today, &BTreeMap::new()).unwrap();
    assert_eq!(news.tickers, []);
}

#[test]
fn single_bars_that_differ_or_come_late_are_corrections() {
    check(|m| m.bars.get_mut("A").unwrap()[59].volume += 1.0, &[], 1);
    check(|m| m.bars.get_mut("A").unwrap()[3].close += 0.01, &[], 1);
    let before = market();
    let mut gap = before.clone();
    gap.bars.get_mut("B").unwrap().remove(50);
    let mut known = known(&gap);
    let news = of(&known, &before);
    assert_eq!(news.tickers[0].corrections[0].bar.bar_day, Day(1_050));
    apply(&mut known, &news);
    assert_eq!(of(&known, &before).tickers, []);
    // The other way round it is only named.
    let news = of(&known, &gap);
    assert_eq!((news.tickers.len(), news.gone), (0, vec![("B".to_owned(), Day(1_050))]));
}

#[test]
fn revisions_go_on_from_those_on_the_log() {
    let mut known = known(&market());
    for revision in 1..4 {
        let mut after = market();
        after.bars.get_mut("A").unwrap()[7].close += f64::from(revision);
        let news = of(&known, &after);
        assert_eq!(news.tickers[0].corrections[0].revision, revision);
        apply(&mut known, &news);
    }
}

#[test]
fn an_earlier_past_is_taken_in_while_windows_are_not_full() {
    let mut short = market();
    short.bars.get_mut("A").unwrap().drain(..20);
    let mut known = known(&short);
    let mut corrected = short.clone();
    corrected.bars.get_mut("A").unwrap()[30].close += 1.0;
    let change = of(&known, &corrected);
    apply(&mut known, &change);
    let news = of(&known, &market());
    let of_a = &news.tickers[0];
    assert_eq!(of_a.history.as_ref().map(|past| past.bars.len()), Some(DAYS as usize));
    apply(&mut known, &news);
    // Revisions go on.
    let mut again = market();
    again.bars.get_mut("A").unwrap()[50].close += 2.0;
    assert_eq!(of(&known, &again).tickers[0].corrections[0].revision, 2);
}

#[test]
fn prices_that_are_rounded_more_coarsely_are_no_splits() {
    let mut rounded = market();
    for bar in rounded.bars.values_mut().flatten() {
        *bar = self::bar(bar.bar_day.0, (bar.close * 2.0).round() / 2.0);
    }
    let news = of(&known(&market()), &rounded);
    assert!(news.tickers.iter().all(|of| of.splits.is_empty() && !of.corrections.is_empty()));
}

#[test]
fn days_of_the_index_that_come_late_are_news() {
    let mut late = market();
    late.index.remove(20);
    let mut known = known(&late);
    let now = market();
    let news = of(&known, &now).index;
    assert_eq!(news, [IndexClose { index_day: Day(1_020), close: 15.0 }]);
    known.apply(&Event::new(
        NOW,
        "",
        &[],
        Bars::IndexLoaded(schemas::events::IndexHistory { partition: 0, closes: news }),
    ));
    assert_eq!(of(&known, &now).index, []);
}

#[test]
fn another_stock_is_named_and_another_market_refused() {
    let swap = |m: &mut Held, ticker: &str| {
        m.bars.insert(
            ticker.to_owned(),
            (0..DAYS).map(|n| bar(1_000 + n, price("X", 3 * n))).collect(),
        );
    };
    let known = known(&market());
    let mut one = market();
    swap(&mut one, "B");
    let news = of(&known, &one);
    assert_eq!((news.strangers, news.tickers), (vec!["B".to_owned()], vec![]));
    swap(&mut one, "A");
    let error = market_news(&known, &mut one, &today(), &BTreeMap::new()).unwrap_err();
    assert!(
        error.to_string().contains("of 3 tickers that the run knows, 2 have other prices"),
        "{error}"
    );
}

#[test]
fn a_move_confirmed_as_a_split_brings_the_past_to_new_shares() {
    let mut cliff = market();
    scaled(&mut cliff, "A", 1_030, 0.25);
    let mut known = known(&cliff);
    let confirmed = BTreeMap::from([(("A".to_owned(), Day(1_030)), 4.0)]);
    let news = market_news(&known, &mut cliff.clone(), &today(), &confirmed).unwrap();
    let split = &news.tickers[0].splits[0];
    assert_eq!((split.effective_day, split.split_ratio), (Day(1_030), Some(4.0)));
    apply(&mut known, &news);
    let again = market_news(&known, &mut cliff, &today(), &confirmed).unwrap();
    assert_eq!(again.tickers, []);
    // The files are mended later: they have new shares by then.
    let again = market_news(&known, &mut market(), &today(), &confirmed).unwrap();
    assert_eq!(again.tickers, []);
}

proptest! {
    #[test]
    fn whatever_changes_is_no_news_once_it_is_on_the_log(
        changes in prop::collection::vec((0usize..3, 0usize..DAYS as usize, 1.0f64..300.0), 0..12),
        split in prop::option::of((1_000i32..1_060, prop::sample::select(vec![2.0, 4.0, 0.1, 1.5]))),
    ) {
        let mut known = known(&market());
        let mut after = market();
        for (ticker, at, close) in changes {
            let bars = after.bars.get_mut(["A", "B", "C"][ticker]).unwrap();
            bars[at] = bar(bars[at].bar_day.0, close);
        }
        if let Some((before, ratio)) = split {
            scaled(&mut after, "B", before, ratio);
        }
        let news = of(&known, &after);
        apply(&mut known, &news);
        prop_assert_eq!(of(&known, &after).tickers, vec![]);
    }
}
