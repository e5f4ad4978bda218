//! A market day as events on `bars`: each ticker's, and the marker of every partition, to be
//! published in one transaction.

use super::market::{BarChange, MarketDay};
use schemas::events::{Bars, DayClosed, TickerMissing};
use schemas::{Day, Event, Topic, partition_of};

/// The day's events, partition by partition: ordered by ticker (splits and dividends first, as they
/// take effect before the open), then the marker. With `scan` the markers name the tickers to
/// scan, those with a bar; on warm-up days they name none.
pub fn day_events(
    market_day: &MarketDay,
    previous_day: Day,
    scan: bool,
    partitions: u32,
) -> Vec<Event> {
    let (day, partitions) = (market_day.day, partitions.max(1));
    let mut parts: Vec<Vec<Event>> = (0..partitions).map(|_| Vec::new()).collect();
    let mut markers: Vec<DayClosed> = (0..i64::from(partitions))
        .map(|partition| DayClosed {
            partition,
            previous_day,
            vix: market_day.vix,
            ..DayClosed::default()
        })
        .collect();
    let part = |ticker: &str| partition_of(ticker, partitions) as usize;

    for (n, (ticker, action)) in market_day.actions.iter().enumerate() {
        let earlier = &market_day.actions[..n];
        let same_day = earlier
            .iter()
            .filter(|(t, a)| t == ticker && a.effective_day == action.effective_day)
            .count()
            .to_string();
        let about = [ticker.as_str(), &action.effective_day.to_string(), &same_day];
        let body = Bars::CorporateAction(action.clone());
        parts[part(ticker)].push(Event::new(day, ticker, &about, body));
    }
    for (ticker, bar) in &market_day.bars {
        let about = [ticker.as_str(), &bar.bar_day.to_string()];
        let body = Bars::BarClosed(bar.clone());
        parts[part(ticker)].push(Event::new(day, ticker, &about, body));
        if scan {
            markers[part(ticker)].scan.push(ticker.clone());
        }
    }
    for (ticker, reason) in &market_day.missing {
        let about = [ticker.as_str(), &day.to_string()];
        let body = Bars::TickerMissing(TickerMissing { reason: reason.clone() });
        parts[part(ticker)].push(Event::new(day, ticker, &about, body));
        markers[part(ticker)].missing.push(ticker.clone());
    }

    let mut events = Vec::new();
    for (mut part, mut marker) in parts.into_iter().zip(markers) {
        marker.scan.sort();
        marker.missing.sort();
        marker.events = part.len() as i64;
        // Stable: a ticker's actions stay before its bar.
        part.sort_by(|a, b| a.ticker.cmp(&b.ticker));
        events.append(&mut part);
        events.extend(Event::marker(Topic::Bars, day, marker));
    }
    events
}

/// The correction of a bar that changed after its day was given; `day` is the day being processed.
pub fn change_event(day: Day, change: &BarChange) -> Event {
    let about = [change.ticker.as_str(), &change.bar.bar_day.to_string()];
    let body = Bars::BarCorrected(change.bar.clone());
    Event::revised(day, &change.ticker, &about, change.revision, body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::events::{Bar, CorporateAction};
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
        }
    }

    #[test]
    fn every_partition_has_one_marker_that_counts_its_events() {
        let events = day_events(&given(), Day(16_997), true, 12);
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
        let events = day_events(&given(), Day(16_997), false, 64);
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
        assert_eq!(day_events(&day, given, true, 3), day_events(&day, given, true, 3));
    }
}
