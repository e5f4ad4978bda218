//! One event of every kind, with something in every field that may be empty.

use schemas::events::*;
use schemas::{Body, Day, Event, EventId, Money, Topic};

/// All of them, markers last.
pub fn one_of_each() -> Vec<Event> {
    let day = Day(17_711);
    let id = EventId::of(&["candidate"], 0);
    let event = |ticker: &str, body: Body| {
        let mut event = Event::new(day, ticker, &[ticker, "2018-06-29"], body);
        event.control_offset = Some(3);
        event.causation = Some(EventId::of(&["cause"], 0));
        event
    };
    let settings = Settings {
        pricing: Pricing { strike_step: Some(2.5), ..Pricing::default() },
        ..Settings::default()
    };
    let structure = Structure {
        strategy: Strategy::IronButterfly,
        centre: 185.0,
        wing: 10.0,
        expiry: day + 35,
        evaluation_day: day + 28,
        dte: 35,
        horizon: 19,
    };
    let leg =
        Leg { right: OptionRight::Put, strike: 175.0, ratio: -2, price: 1.25, ..Leg::default() };
    let model = ModelRef { version: 2, sha256: "ab".repeat(32) };
    let ended = OrderEnded {
        broker_order_id: 9,
        candidate: id,
        code: "HALTED".into(),
        ..OrderEnded::default()
    };
    let bodies: Vec<Body> = vec![
        Bars::BarClosed(Bar {
            bar_day: day,
            open: 1.0,
            high: 2.0,
            low: 0.5,
            close: 1.5,
            volume: 1e6,
        })
        .into(),
        Bars::TickerMissing(TickerMissing { reason: "no row".into() }).into(),
        Bars::CorporateAction(CorporateAction {
            effective_day: day,
            split_ratio: Some(2.0),
            dividend: None,
        })
        .into(),
        Bars::BarCorrected(Bar::default()).into(),
        Scans::CandidateScanned(Scan {
            structure: structure.clone(),
            legs: vec![leg],
            arima_order: vec![0, 1, 1],
            break_evens: vec![1.0, 2.0],
            score: 61.5,
            ..Scan::default()
        })
        .into(),
        Scans::CandidateRefused(ScanRefused { code: "NO_VIX".into(), reason: "why".into() }).into(),
        Features::FeaturesExtracted(FeatureVector {
            candidate: id,
            contract_version: 1,
            values: (0..23).map(f64::from).collect(),
            score: Some(61.5),
        })
        .into(),
        Predictions::CandidateScored(Score {
            candidate: id,
            alias: Alias::Challenger,
            model_version: 2,
            provider: "candle-cpu".into(),
            probabilities: vec![0.25; 4],
            ..Score::default()
        })
        .into(),
        Predictions::ScoringRefused(ScoreRefused {
            candidate: id,
            alias: Alias::Champion,
            reason: "no model".into(),
        })
        .into(),
        Orders::OrderIntended(OrderIntent {
            track: Track::ButterBaseline,
            broker_order_id: 1 << 40,
            action: Action::Close,
            candidate: id,
            structure: structure.clone(),
            quantity: 3,
            ..OrderIntent::default()
        })
        .into(),
        Orders::OrderRefused(OrderRefused::default()).into(),
        Orders::TrackMarked(TrackMarked {
            equity: Money(-5),
            highest: Some(0.1),
            note: Some("no model".into()),
            ..TrackMarked::default()
        })
        .into(),
        Fills::OrderAcknowledged(Acknowledged { broker_order_id: 4, track: Track::ButterBaseline })
            .into(),
        Fills::OrderExecuted(Execution {
            structure,
            price: Money(1_250_000),
            ..Execution::default()
        })
        .into(),
        Fills::OrderCancelled(ended.clone()).into(),
        Fills::OrderRejected(ended.clone()).into(),
        Fills::OrderUnknown(ended).into(),
        Outcomes::CandidateMatured(Outcome { candidate: id, roi: -0.25, ..Outcome::default() })
            .into(),
        Outcomes::OutcomeMissing(OutcomeMissing::default()).into(),
        Models::RetrainTriggered(RetrainTriggered {
            samples_end: vec![1, 2],
            ..RetrainTriggered::default()
        })
        .into(),
        Models::ModelTrained(ModelTrained {
            onnx: (0..=255).collect(),
            verdict: vec!["a".into()],
            passed: true,
            ..ModelTrained::default()
        })
        .into(),
        Models::ModelRefused(ModelRefused { version: 1, reasons: vec!["not proven".into()] })
            .into(),
        Models::ModelPromoted(ModelPromoted {
            alias: Alias::Challenger,
            ..ModelPromoted::default()
        })
        .into(),
        Controls::RunOpened(RunOpened { settings: settings.clone(), ..RunOpened::default() })
            .into(),
        Controls::SettingsChanged(SettingsChanged { settings }).into(),
        Controls::Halted(Halted { track: Some(Track::ButterBaseline), reason: "x".into() }).into(),
        Controls::Resumed(Resumed::default()).into(),
        Controls::RolledBack(RolledBack { version: 1, reason: String::new() }).into(),
        Controls::DayForced(DayForced::default()).into(),
        Controls::TrainingRequested(TrainingRequested::default()).into(),
        Controls::PromotionRequested(PromotionRequested { version: 2, reason: "x".into() }).into(),
        Samples::SampleDrawn(Sample { values: vec![0.5; 23], ..Sample::default() }).into(),
        DeadLetters::EventRejected(DeadLetter {
            key: vec![0, 255],
            value: vec![1, 2, 3],
            event: Some(id),
            headers: vec![LetterHeader { name: "ce_id".into(), value: vec![0xff] }],
            timestamp_ms: 1,
            redriven: Some(3),
            length: Some(9),
            sha256: Some("ab".repeat(32)),
            ..DeadLetter::default()
        })
        .into(),
        DeadLetters::LetterSettled(LetterSettled {
            letter: 4,
            fate: Fate::Dropped,
            stage: "decode".into(),
            why: "no use".into(),
            ..LetterSettled::default()
        })
        .into(),
    ];
    let markers = Topic::ALL.into_iter().filter_map(|topic| {
        let marker = DayClosed {
            partition: 3,
            previous_day: day,
            events: 9,
            vix: Some(16.1),
            scan: vec!["AAPL".into()],
            missing: vec![],
            champion: Some(model.clone()),
            challenger: None,
        };
        Event::marker(topic, day + 1, marker)
    });
    bodies.into_iter().map(|body| event("AAPL", body)).chain(markers).collect()
}
