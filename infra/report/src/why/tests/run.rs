//! The run made by hand, whole or without one of its links.

use crate::why::Chains;
use eventlog::{Batch, Log, MemoryLog};
use schemas::contract::FEATURES;
use schemas::events::{
    Acknowledged, Action, Bar, Bars, DayClosed, Execution, FeatureVector, Features, Fills,
    ModelTrained, Models, OrderIntent, OrderRefused, Orders, Outcome, Outcomes, Predictions,
    RunOpened, Scan, ScanRefused, Scans, Score, Strategy, Structure, TickerHistory, Track,
    TrackMarked,
};
use schemas::{Day, Event, EventId, Money, Topic};
use shell::record_codec;

const PARTITIONS: u32 = 2;
const MODEL: &[u8] = b"the bytes of a model";
/// A Friday and the trading days after it.
const DAYS: [&str; 4] = ["2018-06-29", "2018-07-02", "2018-07-03", "2018-07-05"];

pub(super) fn day(n: usize) -> Day {
    DAYS[n].parse().unwrap()
}

/// The id of a ticker's scan of the first day.
pub(super) fn scan_id(ticker: &str) -> EventId {
    let mut id = EventId::of(&["scan", ticker], 0);
    if ["KO", "XOM"].contains(&ticker) {
        id.0[..4].copy_from_slice(&[0xa1, 0xb2, 0xc3, 0xd4]);
    }
    id
}

/// Events by the name of the link that they are.
pub(super) struct Run {
    events: Vec<(&'static str, Event)>,
    /// Days that are closed.
    closed: usize,
    /// Events that the marker of `outcomes` counts too many.
    too_few: bool,
}

impl Run {
    pub(super) fn whole() -> Run {
        let mut events = first_day();
        events.extend(later_days());
        Run { events, closed: DAYS.len(), too_few: false }
    }

    pub(super) fn of_first_day() -> Run {
        Run { events: first_day(), closed: 1, too_few: false }
    }

    pub(super) fn without(gone: &str) -> Run {
        let mut run = Run::whole();
        let before = run.events.len();
        run.events.retain(|(name, _)| *name != gone);
        assert_eq!(run.events.len(), before - 1, "{gone}");
        run
    }

    pub(super) fn with_too_few() -> Run {
        Run { too_few: true, ..Run::whole() }
    }

    pub(super) fn chains(&self) -> Chains {
        let log = MemoryLog::new("memory").unwrap();
        shell::open::ensure_topics(&log, PARTITIONS).unwrap();
        let previous_day = day(0) + -1;
        let opened = RunOpened { first_day: day(0), previous_day, ..RunOpened::default() };
        let model = self.events.iter().filter(|(name, _)| *name == "model");
        let model = model.map(|(_, event)| event.clone()).collect();
        shell::open::open(&log, PARTITIONS, &opened, model, None).unwrap();
        let mut batch = Batch::default();
        let mut previous_day = previous_day;
        for closed in (0..self.closed).map(day) {
            let of_day = self.events.iter().filter(|(name, _)| *name != "model");
            let of_day = of_day.map(|(_, event)| event).filter(|event| event.day == closed);
            let markers = self.markers(closed, previous_day);
            for event in of_day.chain(&markers) {
                batch.records.push(record_codec::record(event, PARTITIONS, "test").unwrap());
            }
            previous_day = closed;
        }
        log.producer("test").unwrap().publish(batch, None).unwrap();
        Chains::read(&log, PARTITIONS).unwrap()
    }

    fn markers(&self, day: Day, previous_day: Day) -> Vec<Event> {
        let marked = Topic::ALL.into_iter().filter(|topic| topic.marked());
        let places = marked.flat_map(|topic| {
            let partitions = 0..topic.partitions(PARTITIONS);
            partitions.map(move |partition| (topic, i64::from(partition)))
        });
        let marker = |(topic, partition)| {
            let events = if self.too_few && topic == Topic::Outcomes { 9 } else { 0 };
            let vix = (topic == Topic::Bars).then_some(16.86);
            let marker = DayClosed { partition, previous_day, events, vix, ..DayClosed::default() };
            Event::marker(topic, day, marker)
        };
        places.filter_map(marker).collect()
    }
}

fn bar(day: Day, close: f64) -> Bar {
    Bar { bar_day: day, open: close, high: close, low: close, close, volume: 1.0 }
}

fn structure() -> Structure {
    Structure {
        strategy: Strategy::IronButterfly,
        centre: 100.0,
        wing: 5.0,
        expiry: day(0) + 42,
        evaluation_day: day(2),
        dte: 42,
        horizon: 2,
    }
}

/// The events of a candidate of the first day: its prices, scan, features and prediction.
fn candidate(ticker: &'static str, score: f64, expected_roi: f64) -> Vec<(&'static str, Event)> {
    let (today, candidate) = (day(0), scan_id(ticker));
    let past = (1..300).rev().map(|before| bar(today + -before, 100.0)).collect();
    let scan = Scan { spot: 101.5, score, structure: structure(), ..Scan::default() };
    let values = vec![0.25; FEATURES];
    let features = FeatureVector { candidate, contract_version: 1, values, score: Some(score) };
    let scored = Score {
        candidate,
        model_version: 1,
        model_sha256: schemas::id::sha256_hex(MODEL),
        provider: "candle-cpu".into(),
        probabilities: vec![0.4, 0.1, 0.1, 0.4],
        expected_roi,
        ..Score::default()
    };
    let mut scan = Event::new(today, ticker, &[ticker], Scans::CandidateScanned(scan));
    scan.id = candidate;
    let event = |body: schemas::Body| Event::new(today, ticker, &[ticker], body);
    let mut prediction = event(Predictions::CandidateScored(scored).into());
    prediction.control_offset = Some(0);
    let own = |name, other| if ticker == "AAPL" { name } else { other };
    vec![
        ("past", event(Bars::HistoryLoaded(TickerHistory { bars: past }).into())),
        (own("bar", ""), event(Bars::BarClosed(bar(today, 101.5)).into())),
        (own("scan", ""), scan),
        (own("features", ""), event(Features::FeaturesExtracted(features).into())),
        (own("prediction", ""), prediction),
    ]
}

fn order(on: usize, ticker: &str, intent: OrderIntent) -> Event {
    let id = intent.broker_order_id.to_string();
    let intent = OrderIntent { candidate: scan_id(ticker), structure: structure(), ..intent };
    Event::new(day(on), ticker, &[&id], Orders::OrderIntended(intent))
}

fn opens(ticker: &str, track: Track, broker_order_id: i64, quantity: i64) -> Event {
    let reason = "over the threshold".to_owned();
    order(
        0,
        ticker,
        OrderIntent { track, broker_order_id, quantity, reason, ..OrderIntent::default() },
    )
}

fn first_day() -> Vec<(&'static str, Event)> {
    let today = day(0);
    let (sha256, manifest) = (schemas::id::sha256_hex(MODEL), "{}".to_owned());
    let model = ModelTrained {
        version: 1,
        sha256,
        onnx: MODEL.to_vec(),
        manifest,
        ..ModelTrained::default()
    };
    let mut events =
        vec![("model", Event::new(today + -1, "", &["1"], Models::ModelTrained(model)))];
    events.extend(candidate("AAPL", 70.0, 0.213));
    events.extend(candidate("MSFT", 65.0, 0.33));
    events.extend(candidate("KO", 40.0, 0.05));
    let refused = ScanRefused { code: "NO_VIX".into(), reason: "there is no close".into() };
    let mut refused = Event::new(today, "XOM", &["XOM"], Scans::CandidateRefused(refused));
    refused.id = scan_id("XOM");
    let limit = OrderRefused {
        track: Track::ButterBaseline,
        candidate: scan_id("MSFT"),
        code: "DAILY_LIMIT".into(),
        reason: "1 positions are already opened today".into(),
    };
    let mark = |track: Track| {
        let mark = TrackMarked { track, ..TrackMarked::default() };
        let mut mark = Event::new(today, "", &[track.name()], Orders::TrackMarked(mark));
        mark.control_offset = Some(0);
        ("mark", mark)
    };
    events.extend([
        ("refused", refused),
        ("", opens("MSFT", Track::ButterAI, 1, 1)),
        ("order", opens("AAPL", Track::ButterAI, 2, 3)),
        ("", opens("AAPL", Track::ButterBaseline, 3, 2)),
        ("limit", Event::new(today, "MSFT", &["MSFT"], Orders::OrderRefused(limit))),
        mark(Track::ButterAI),
        mark(Track::ButterBaseline),
    ]);
    events
}

fn executed(on: usize, ticker: &str, of: Execution) -> Event {
    let id = of.broker_order_id.to_string();
    let execution_id = format!("paper-{id}");
    let done = Execution { candidate: scan_id(ticker), structure: structure(), execution_id, ..of };
    Event::new(day(on), ticker, &[&id, "executed"], Fills::OrderExecuted(done))
}

fn bought(ticker: &str, track: Track, broker_order_id: i64, quantity: i64) -> Event {
    let (price, fees) = (Money(3_200_000), Money(100_000));
    executed(
        1,
        ticker,
        Execution { track, broker_order_id, quantity, price, fees, ..Execution::default() },
    )
}

fn later_days() -> Vec<(&'static str, Event)> {
    let (track, action) = (Track::ButterAI, Action::Close);
    let got = Acknowledged { broker_order_id: 1, track };
    let reason = format!("evaluation day {}", day(2));
    let (price, fees) = (Money(1_300_000), Money(50_000));
    let exit = OrderIntent {
        track,
        broker_order_id: 4,
        action,
        quantity: 3,
        reason,
        ..OrderIntent::default()
    };
    let sold = Execution {
        track,
        broker_order_id: 4,
        action,
        quantity: 3,
        price,
        fees,
        ..Execution::default()
    };
    let outcome = |ticker: &str| {
        let candidate = scan_id(ticker);
        let outcome = Outcome { candidate, roi: -0.6, ..Outcome::default() };
        Event::new(day(3), ticker, &[ticker], Outcomes::CandidateMatured(outcome))
    };
    vec![
        ("", Event::new(day(1), "MSFT", &["1", "got"], Fills::OrderAcknowledged(got))),
        ("", bought("MSFT", track, 1, 1)),
        ("answer", bought("AAPL", track, 2, 3)),
        ("", bought("AAPL", Track::ButterBaseline, 3, 2)),
        (
            "fix",
            Event::revised(day(1), "AAPL", &["fix"], 1, Bars::BarCorrected(bar(day(0) + -3, 99.0))),
        ),
        ("exit", order(1, "AAPL", exit)),
        ("sold", executed(2, "AAPL", sold)),
        ("outcome", outcome("AAPL")),
        ("", outcome("MSFT")),
        ("", outcome("KO")),
    ]
}
