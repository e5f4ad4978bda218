//! A market day as events on `bars`: the index's news, each ticker's events, and the marker of every partition, to be
//! published in one transaction.

use super::market::{BarChange, MarketDay};
use super::news::{MarketNews, TickerNews};
use schemas::events::{Bars, CorporateAction, DayClosed, IndexHistory, TickerMissing};
use schemas::{Day, Event, Topic, partition_of};

/// The day's events, partition by partition: the index's news; by ticker its splits and dividends, which take effect
/// before the open, its past, its corrections and its bar; then the marker. With `scan` the markers name the tickers
/// to scan, those with a bar.
pub fn day_events(
    market_day: &MarketDay,
    news: &MarketNews,
    previous_day: Day,
    scan: bool,
    partitions: u32,
) -> Vec<Event> {
    let (day, partitions) = (market_day.day, partitions.max(1));
    let mut parts: Vec<Vec<Event>> = (0..partitions).map(|_| Vec::new()).collect();
    let part = |ticker: &str| partition_of(ticker, partitions) as usize;
    for (ticker, action) in actions(market_day, news) {
        let own = &mut parts[part(&ticker)];
        own.push(action_event(own, day, &ticker, action));
    }
    for of in &news.tickers {
        parts[part(&of.ticker)].extend(past_events(day, of));
    }
    for (ticker, bar) in &market_day.bars {
        let about = [ticker.as_str(), &bar.bar_day.to_string()];
        parts[part(ticker)].push(Event::new(day, ticker, &about, Bars::BarClosed(bar.clone())));
    }
    for (ticker, reason) in &market_day.missing {
        let about = [ticker.as_str(), &day.to_string()];
        let body = Bars::TickerMissing(TickerMissing { reason: reason.clone() });
        parts[part(ticker)].push(Event::new(day, ticker, &about, body));
    }
    let markers = markers(market_day, previous_day, scan, partitions);
    let mut events = Vec::new();
    for (mut part, mut marker) in parts.into_iter().zip(markers) {
        // Stable: a ticker's events keep their order.
        part.sort_by(|a, b| a.ticker.cmp(&b.ticker));
        if !news.index.is_empty() {
            part.insert(0, index_event(day, marker.partition, news));
        }
        marker.events = part.len() as i64;
        events.append(&mut part);
        events.extend(Event::marker(Topic::Bars, day, marker));
    }
    events
}

/// The market's own actions of the day, then those that its news show.
fn actions<'a>(
    market_day: &'a MarketDay,
    news: &'a MarketNews,
) -> impl Iterator<Item = (String, &'a CorporateAction)> {
    let shown =
        news.tickers.iter().flat_map(|of| of.splits.iter().map(|one| (of.ticker.clone(), one)));
    market_day.actions.iter().map(|(ticker, action)| (ticker.clone(), action)).chain(shown)
}

fn action_event(before: &[Event], day: Day, ticker: &str, action: &CorporateAction) -> Event {
    let number = before.iter().filter(|event| event.ticker == ticker).count().to_string();
    let about = [ticker, &action.effective_day.to_string(), &day.to_string(), &number];
    Event::new(day, ticker, &about, Bars::CorporateAction(action.clone()))
}

fn past_events(day: Day, news: &TickerNews) -> impl Iterator<Item = Event> {
    let ticker = news.ticker.as_str();
    let history = news.history.iter();
    let loaded = history.map(move |past| {
        Event::new(day, ticker, &[ticker, &day.to_string()], Bars::HistoryLoaded(past.clone()))
    });
    loaded.chain(news.corrections.iter().map(move |change| change_event(day, change)))
}

/// The correction of a bar that changed after its day was given; `day` is the day being processed.
fn change_event(day: Day, change: &BarChange) -> Event {
    let about = [change.ticker.as_str(), &change.bar.bar_day.to_string()];
    let body = Bars::BarCorrected(change.bar.clone());
    Event::revised(day, &change.ticker, &about, change.revision, body)
}

fn index_event(day: Day, partition: i64, news: &MarketNews) -> Event {
    let closes = news.index.clone();
    let about = [partition.to_string(), day.to_string()];
    let body = Bars::IndexLoaded(IndexHistory { partition, closes });
    Event::new(day, "", &[&about[0], &about[1]], body)
}

fn markers(
    market_day: &MarketDay,
    previous_day: Day,
    scan: bool,
    partitions: u32,
) -> Vec<DayClosed> {
    let of = |partition: u32| {
        let own = |ticker: &String| partition_of(ticker, partitions) == partition;
        let bars = market_day.bars.iter().map(|(ticker, _)| ticker);
        let missing = market_day.missing.iter().map(|(ticker, _)| ticker);
        let mut marker = DayClosed {
            partition: i64::from(partition),
            previous_day,
            vix: market_day.vix,
            scan: bars.filter(|ticker| scan && own(ticker)).cloned().collect(),
            missing: missing.filter(|ticker| own(ticker)).cloned().collect(),
            ..DayClosed::default()
        };
        marker.scan.sort();
        marker.missing.sort();
        marker
    };
    (0..partitions).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::events::{Bar, IndexClose, TickerHistory};
    use std::collections::BTreeSet;

    fn given() -> MarketDay {
        let day = Day(17_000);
        let bar = Bar { bar_day: day, open: 1.0, high: 1.0, low: 1.0, close: 1.0, volume: 1.0 };
        let named = |range: std::ops::Range<i32>| range.map(|i| format!("T{i:02}"));
        let split = CorporateAction { effective_day: day, split_ratio: Some(2.0), dividend: None };
        MarketDay {
            day,
            bars: named(0..40).map(|t| (t, bar.clone())).collect(),
            missing: named(40..45).map(|t| (t, "no row".to_owned())).collect(),
            actions: vec![("T07".into(), split.clone()), ("T07".into(), split)],
            vix: Some(17.5),
            no_vix: None,
        }
    }

    fn none() -> MarketNews {
        MarketNews::default()
    }

    #[test]
    fn every_partition_has_one_marker_that_counts_its_events() {
        let events = day_events(&given(), &none(), Day(16_997), true, 12);
        assert_eq!(events.len(), 40 + 5 + 2 + 12);
        assert_eq!(events.iter().map(|e| e.id).collect::<BTreeSet<_>>().len(), events.len());
        let (mut count, mut partition, mut scanned) = (0, 0, Vec::new());
        for event in &events {
            if let Some(marker) = event.body.marker() {
                assert_eq!((marker.partition, marker.events), (partition, count));
                assert_eq!((marker.previous_day, marker.vix), (Day(16_997), Some(17.5)));
                scanned.extend(marker.scan.clone());
                (partition, count) = (partition + 1, 0);
            } else {
                assert_eq!(i64::from(partition_of(&event.ticker, 12)), partition);
                count += 1;
            }
        }
        assert_eq!((partition, scanned.len()), (12, 40));
        let of_t07: Vec<_> = events.iter().filter(|e| e.ticker == "T07").collect();
        assert_eq!(of_t07.len(), 3);
        assert!(matches!(of_t07[2].body, schemas::Body::Bars(Bars::BarClosed(_))));
    }

    #[test]
    fn a_warm_up_day_scans_nothing_and_more_partitions_than_tickers_are_marked_too() {
        let events = day_events(&given(), &none(), Day(16_997), false, 64);
        let markers: Vec<_> = events.iter().filter_map(|e| e.body.marker()).collect();
        assert_eq!(markers.len(), 64);
        assert!(markers.iter().all(|m| m.scan.is_empty()));
        assert_eq!(markers.iter().map(|m| m.missing.len()).sum::<usize>(), 5);
        assert!(markers.iter().any(|m| m.events == 0));
    }

    #[test]
    fn a_change_has_its_own_id_and_the_same_inputs_give_the_same_ids() {
        let (day, given) = (given(), Day(17_010));
        let (ticker, bar) = day.bars[0].clone();
        let change = |revision| BarChange { ticker: ticker.clone(), bar: bar.clone(), revision };
        let ids: BTreeSet<_> = [1, 2, 1].map(|n| change_event(given, &change(n)).id).into();
        assert_eq!(ids.len(), 2);
        let events = || day_events(&day, &none(), given, true, 3);
        assert_eq!(events(), events());
    }

    #[test]
    fn news_come_before_the_bar_that_they_belong_to_and_are_counted() {
        let bar = given().bars[7].1.clone();
        let old = Bar { bar_day: bar.bar_day + -9, ..bar.clone() };
        let past = |ticker: &str| TickerNews { ticker: ticker.to_owned(), ..TickerNews::default() };
        let change = BarChange { ticker: "T08".to_owned(), bar: old.clone(), revision: 3 };
        let split =
            CorporateAction { effective_day: bar.bar_day, split_ratio: Some(4.0), dividend: None };
        let news = MarketNews {
            index: vec![IndexClose { index_day: bar.bar_day + -1, close: 15.0 }],
            tickers: vec![
                TickerNews {
                    history: Some(TickerHistory { bars: vec![old].into() }),
                    ..past("T07")
                },
                TickerNews { splits: vec![split], corrections: vec![change], ..past("T08") },
            ],
            ..MarketNews::default()
        };
        let events = day_events(&given(), &news, Day(16_997), true, 12);
        let ids: BTreeSet<_> = events.iter().map(|event| event.id).collect();
        assert_eq!(ids.len(), events.len());
        let kinds = |ticker: &str| -> Vec<&str> {
            events.iter().filter(|e| e.ticker == ticker).map(|e| e.body.kind()).collect()
        };
        assert_eq!(
            kinds("T07"),
            ["CORPORATE_ACTION", "CORPORATE_ACTION", "HISTORY_LOADED", "BAR_CLOSED"]
        );
        assert_eq!(kinds("T08"), ["CORPORATE_ACTION", "BAR_CORRECTED", "BAR_CLOSED"]);
        let counted: i64 = events.iter().filter_map(|e| e.body.marker()).map(|m| m.events).sum();
        assert_eq!(counted as usize + 12, events.len());
        let of_index = events.iter().filter(|e| e.body.kind() == "INDEX_LOADED");
        assert_eq!(of_index.count(), 12, "one a partition");
    }
}
