//! A row drawn from history equals the row of a live run: the scanner's features of its day and the
//! labeler's label weeks later, day by day over the same market.

#![allow(clippy::unwrap_used, reason = "a test says what it expects")]

use consumers::labeler::Labeler;
use producers::scanner::Scanner;
use producers::source::{MarketDay, MarketNews, day_events};
use schemas::controls::ControlState;
use schemas::events::{CorporateAction, Features, Outcomes, RunOpened, Sample};
use schemas::role::{Cause, Context, Machine};
use schemas::{Body, Day, Event, EventId, TradingCalendar};
use std::collections::BTreeMap;
use tests::held::{Rows, drawn, simulated};

/// The first day with enough bars to be scanned.
const FIRST: usize = 251;
const DAYS: usize = 330;

/// The day of a split, a Tuesday. Nothing is evaluated on the Monday before: a candidate evaluated on
/// the last day before a split is priced in new shares by the labeler and in old ones by the draw,
/// and costs in dollars per share differ between the two.
const SPLIT: usize = 276;

/// Three stocks, of which one splits two for one and one has no bar on some days.
fn market() -> Vec<MarketDay> {
    let mut given = simulated(5, 3, DAYS);
    let universe: Vec<String> = given[0].bars.iter().map(|(ticker, _)| ticker.clone()).collect();
    for (n, day) in given.iter_mut().enumerate() {
        let of = |number: usize| universe[number].as_str();
        if n == SPLIT {
            let two = Some(2.0);
            let split =
                CorporateAction { effective_day: day.day, split_ratio: two, dividend: None };
            day.actions.push((of(0).to_owned(), split));
        }
        if n >= SPLIT {
            let (_, bar) = day.bars.iter_mut().find(|(ticker, _)| ticker == of(0)).unwrap();
            for price in [&mut bar.open, &mut bar.high, &mut bar.low, &mut bar.close] {
                *price /= 2.0;
            }
            bar.volume *= 2.0;
        }
        if n % 9 == 4 {
            day.bars.retain(|(ticker, _)| ticker != of(1));
            day.missing.push((of(1).to_owned(), "no row".to_owned()));
        }
    }
    given
}

/// A role's day: it applies the events, decides, and applies its own events.
fn day_of(
    machine: &mut dyn Machine,
    controls: &ControlState,
    [previous, day]: [Day; 2],
    events: &[Event],
) -> Vec<Event> {
    events.iter().for_each(|event| machine.evolve(event));
    let context = Context { controls, samples_end: &[] };
    let said = machine.decide(Cause::DayClosed { day, previous }, &context).events;
    said.iter().for_each(|event| machine.evolve(event));
    machine.close_day(day);
    said
}

/// The rows of a live run.
fn lived(market: &[MarketDay]) -> Rows {
    let opened = RunOpened { scan_from: market[FIRST].day, ..RunOpened::default() };
    let mut controls = ControlState { opened: Some(opened), ..ControlState::default() };
    controls.settings.calendar = TradingCalendar::None;
    let (mut scanner, mut labeler) = (Scanner::default(), Labeler::default());
    let mut scanned: BTreeMap<EventId, Sample> = BTreeMap::new();
    let mut rows = Rows::new();
    let mut previous = market[0].day + -3;
    for (n, market_day) in market.iter().enumerate() {
        let day = market_day.day;
        let mut events = day_events(market_day, &MarketNews::default(), previous, n >= FIRST, 1);
        let candidates = day_of(&mut scanner, &controls, [previous, day], &events);
        for event in &candidates {
            if let Body::Features(Features::FeaturesExtracted(features)) = &event.body {
                let row = Sample {
                    as_of: day,
                    contract_version: features.contract_version,
                    values: features.values.clone(),
                    score: features.score,
                    ..Sample::default()
                };
                scanned.insert(features.candidate, row);
            }
        }
        events.extend(candidates);
        for event in day_of(&mut labeler, &controls, [previous, day], &events) {
            let Body::Outcomes(Outcomes::CandidateMatured(outcome)) = event.body else { continue };
            let (evaluation_day, roi) = (outcome.evaluation_day, outcome.roi);
            let row = scanned.remove(&outcome.candidate).unwrap();
            let row = Sample { evaluation_day, roi, class: outcome.class, ..row };
            rows.insert((event.ticker, row.as_of), row);
        }
        previous = day;
    }
    rows
}

#[test]
fn a_drawn_row_is_what_scanner_and_labeler_say() {
    let market = market();
    let (mut lived, mut drawn) = (lived(&market), drawn(&market));
    drawn.values_mut().for_each(|row| row.stratum.clear()); // a live run has none
    // Short holdings of the last days have ended too, but no rows are drawn from those days.
    let last = market[DAYS - 1].day;
    let whole = |as_of: Day| quant::Term::longest(as_of, TradingCalendar::None) < last;
    assert!(lived.keys().any(|(_, as_of)| !whole(*as_of)));
    lived.retain(|(_, as_of), _| whole(*as_of));
    assert!(drawn.len() > 100, "{}", drawn.len());
    assert_eq!(drawn.len(), lived.len());
    for (key, row) in &drawn {
        assert_eq!(Some(row), lived.get(key), "{key:?}");
    }
}
