//! Small made-up days: just enough events for each view and each topic of the lake.
#![allow(dead_code)] // each test file uses its own part

use schemas::events::{
    Action, Alias, Bar, Bars, Controls, DayClosed, DeadLetter, DeadLetters, Execution,
    FeatureVector, Features, Fills, Leg, ModelTrained, Models, OrderIntent, Orders, Outcome,
    Outcomes, Predictions, RunOpened, Sample, Samples, Scan, ScanRefused, Scans, Score, Structure,
    Track, TrackMarked,
};
use schemas::{Day, Event, EventId, Money, Topic};

pub(crate) const MONDAY: Day = Day(17_707); // 2018-06-25

pub(crate) fn scanned(day: Day, ticker: &str, score: f64) -> Event {
    let structure = Structure {
        centre: 100.0,
        wing: 5.0,
        expiry: day + 32,
        evaluation_day: day + 25,
        dte: 32,
        horizon: 17,
        ..Structure::default()
    };
    let leg = |strike, ratio| Leg { strike, ratio, price: 1.5, ..Leg::default() };
    let scan = Scan {
        spot: 99.0,
        score,
        structure,
        debit: 1.2,
        cost: 0.1,
        risk: 1.3,
        max_profit: 3.7,
        prob_profit: 0.4,
        vol_mispricing: -0.2,
        arima_order: vec![0, 1, 1],
        legs: vec![leg(95.0, 1), leg(100.0, -2), leg(105.0, 1)],
        ..Scan::default()
    };
    let event = Event::new(day, ticker, &[ticker, &day.to_string()], Scans::CandidateScanned(scan));
    let candidate = event.id;
    event.about_candidate(candidate)
}

pub(crate) fn refused(day: Day, ticker: &str) -> Event {
    let why = ScanRefused { code: "TOO_FEW_BARS".into(), reason: "251 bars, 252 needed".into() };
    Event::new(day, ticker, &[ticker, &day.to_string()], Scans::CandidateRefused(why))
}

pub(crate) fn scored(scan: &Event, alias: Alias, expected_roi: f64) -> Event {
    let score = Score {
        candidate: scan.id,
        alias,
        model_version: 3,
        model_sha256: "ab".into(),
        provider: "candle-cpu".into(),
        probabilities: vec![0.2, 0.1, 0.3, 0.4],
        expected_roi,
        class: 3,
    };
    let about = [scan.ticker.as_str(), &format!("{alias:?}")];
    let mut event = Event::new(scan.day, &scan.ticker, &about, Predictions::CandidateScored(score));
    event.causation = Some(scan.id);
    event.about_candidate(scan.id)
}

pub(crate) fn intended(day: Day, scan: &Event, track: Track, action: Action, id: i64) -> Event {
    let reason = if action == Action::Open { "over the threshold" } else { "evaluation day" };
    let intent = OrderIntent {
        track,
        broker_order_id: id,
        action,
        candidate: scan.id,
        quantity: 3,
        reason: reason.into(),
        ..OrderIntent::default()
    };
    let about = [track.name(), &id.to_string()];
    Event::new(day, &scan.ticker, &about, Orders::OrderIntended(intent))
}

pub(crate) fn executed(day: Day, order: &Event, quantity: i64, price: i64, fees: i64) -> Event {
    let schemas::Body::Orders(Orders::OrderIntended(intent)) = &order.body else {
        panic!("an execution is of an order")
    };
    let done = Execution {
        broker_order_id: intent.broker_order_id,
        track: intent.track,
        execution_id: format!("x{}", intent.broker_order_id),
        action: intent.action,
        candidate: intent.candidate,
        quantity,
        price: Money(price),
        fees: Money(fees),
        ..Execution::default()
    };
    let about = [intent.track.name(), &done.execution_id.clone()];
    Event::new(day, &order.ticker, &about, Fills::OrderExecuted(done))
}

pub(crate) fn marked(day: Day, track: Track, change: i64) -> Event {
    let mark = TrackMarked { track, change: Money(change), ..TrackMarked::default() };
    Event::new(day, "", &[track.name(), &day.to_string()], Orders::TrackMarked(mark))
}

pub(crate) fn matured(day: Day, scan: &Event, class: i32) -> Event {
    let outcome = Outcome { candidate: scan.id, scan_day: scan.day, class, ..Outcome::default() };
    Event::new(day, &scan.ticker, &[&scan.id.to_string()], Outcomes::CandidateMatured(outcome))
}

pub(crate) fn trained(day: Day, version: i64) -> Event {
    let model = ModelTrained {
        version,
        sha256: "ab".into(),
        onnx: vec![0, 8, 255],
        manifest: "{}".into(),
        verdict: vec!["log loss 1.01 against 1.04".into()],
        passed: true,
    };
    Event::new(day, "", &[&version.to_string()], Models::ModelTrained(model))
}

pub(crate) fn dead(day: Day) -> Event {
    let letter = DeadLetter {
        role: "scanner".into(),
        topic: "butterquant.bars.v1".into(),
        value: vec![0, 255, 1],
        stage: "decode".into(),
        message: "no header".into(),
        event: Some(EventId::default()),
        ..DeadLetter::default()
    };
    Event::new(day, "", &["bars", "0", "7"], DeadLetters::EventRejected(letter))
}

/// A few events of every topic.
pub(crate) fn all_of(day: Day) -> Vec<Event> {
    let apple = scanned(day, "AAPL", 70.0);
    let bar = Bar { bar_day: day, open: 98.5, close: 99.0, volume: 1e6, ..Bar::default() };
    let bars = Event::new(day, "AAPL", &["AAPL"], Bars::BarClosed(bar));
    let closing = DayClosed {
        previous_day: day + -3,
        vix: Some(13.5),
        scan: vec!["AAPL".into(), "MSFT".into()],
        ..DayClosed::default()
    };
    let features = FeatureVector {
        candidate: apple.id,
        contract_version: 1,
        values: vec![0.5; 23],
        score: None,
    };
    let order = intended(day, &apple, Track::ButterAI, Action::Open, 1);
    let sample = Sample { as_of: day, values: vec![0.1; 23], ..Sample::default() };
    vec![
        bars,
        Event::marker(Topic::Bars, day, closing).unwrap(),
        apple.clone(),
        refused(day, "MSFT"),
        Event::new(day, "AAPL", &["AAPL"], Features::FeaturesExtracted(features)),
        scored(&apple, Alias::Champion, 0.2),
        order.clone(),
        marked(day, Track::ButterAI, 0),
        executed(day, &order, 3, 1_200_000, 100_000),
        matured(day, &apple, 3),
        trained(day, 1),
        Event::new(day, "", &["run"], Controls::RunOpened(RunOpened::default())),
        Event::new(day, "AAPL", &["AAPL"], Samples::SampleDrawn(sample)),
        dead(day),
    ]
}
