//! Every answer survives JSON, and every query survives its URL.

use super::query::ViewQuery;
use super::*;
use schemas::events::{
    Action, Alias, Controls, Execution, Fills, ModelTrained, Models, OrderIntent, Orders,
    Predictions, RetrainTriggered, RolledBack, Scan, Scans, Score, Settings, Structure, Track,
    TrackMarked,
};
use schemas::{Body, Day, Event, EventId, Money};
use serde_json::Value;
use std::collections::BTreeMap;
use store::Views;

const DAY: Day = Day(17_707); // 2018-06-25

fn event(n: u8, body: Body) -> Event {
    Event {
        id: EventId([n; 16]),
        day: DAY,
        ticker: "AAPL".to_owned(),
        revision: 0,
        control_offset: None,
        causation: None,
        correlation: None,
        body,
    }
}

/// A day with something in every view.
fn views(folder: &std::path::Path) -> Views {
    let structure = Structure { centre: 100.0, wing: 5.0, expiry: DAY + 25, ..Default::default() };
    let candidate = EventId([1; 16]);
    let scan = Scan { structure: structure.clone(), score: 70.5, ..Default::default() };
    let score = Score {
        candidate,
        model_version: 1,
        alias: Alias::Champion,
        probabilities: vec![0.1, 0.2, 0.3, 0.4],
        class: 3,
        expected_roi: 0.25,
        ..Default::default()
    };
    let intent = |broker_order_id, action| {
        let structure = structure.clone();
        OrderIntent {
            broker_order_id,
            action,
            candidate,
            structure,
            quantity: 2,
            ..Default::default()
        }
    };
    let done = |broker_order_id, action, quantity| Execution {
        broker_order_id,
        action,
        candidate,
        structure: structure.clone(),
        quantity,
        price: Money(1_234_567),
        fees: Money(10_001),
        ..Default::default()
    };
    let mark =
        TrackMarked { track: Track::ButterAI, equity: Money(5_000_001), ..Default::default() };
    let trained = ModelTrained {
        version: 1,
        sha256: "ab".to_owned(),
        manifest: r#"{"model":{"a":1.5}}"#.to_owned(),
        ..Default::default()
    };
    let trigger = RetrainTriggered { version: 1, rule: "month".to_owned(), ..Default::default() };
    let back = RolledBack { version: 1, ..Default::default() };
    let bodies = [
        Body::Scans(Scans::CandidateScanned(scan)),
        Body::Predictions(Predictions::CandidateScored(score)),
        Body::Orders(Orders::OrderIntended(intent(1, Action::Open))),
        Body::Fills(Fills::OrderExecuted(done(1, Action::Open, 2))),
        Body::Orders(Orders::OrderIntended(intent(2, Action::Close))),
        Body::Fills(Fills::OrderExecuted(done(2, Action::Close, 1))),
        Body::Orders(Orders::TrackMarked(mark)),
        Body::Models(Models::RetrainTriggered(trigger)),
        Body::Models(Models::ModelTrained(trained)),
        Body::Controls(Controls::RolledBack(back)),
    ];
    let events: Vec<Event> = (1..).zip(bodies).map(|(n, body)| event(n, body)).collect();
    let views = Views::open(&kv::Db::open(folder).unwrap()).unwrap();
    views.apply_day(DAY, &events, &Settings::default()).unwrap();
    views
}

/// The query's answer as JSON, after a round trip through JSON and through its URL.
fn round<Q: ViewQuery>(views: &Views, query: &Q) -> Value {
    let json = serde_json::to_value(query.answer(views).unwrap()).unwrap();
    let read: Q::Answer = serde_json::from_str(&json.to_string()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), json, "{}", query.path());
    let path = query.path();
    let (view, given) = path.strip_prefix("/views/").unwrap().split_once('?').unzip();
    let view = view.unwrap_or(&path["/views/".len()..]);
    let given = given.and_then(|given| given.split_once('='));
    let given: BTreeMap<String, String> =
        given.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    assert_eq!(answer(views, &AnyQuery::from_url(view, &given).unwrap()).unwrap(), json);
    json
}

#[test]
fn every_answer_survives_json_and_its_url_gives_it_too() {
    let folder = tempfile::tempdir().unwrap();
    let views = views(folder.path());
    let rankings = round(&views, &RankingsQuery { day: None });
    assert_eq!(rankings["date"], "2018-06-25");
    assert_eq!(rankings["rankings"][0]["strategy"], "call butterfly");
    let none = round(&views, &RankingsQuery { day: Some(DAY + 1) });
    let want = r#"{"count":0,"date":null,"ranked_days":["2018-06-25"],"rankings":[],"refused":[]}"#;
    assert_eq!(none.to_string(), want);

    let positions = round(&views, &PositionsQuery);
    assert_eq!(positions["positions"][0]["entry_price"], 1.234567);
    assert_eq!(positions["positions"][0]["structure"]["strikes"]["lower"], 95.0);
    assert_eq!(positions["pending"][0]["action"], "CLOSE");
    assert_eq!(positions["pending"][0]["state"], "acknowledged");
    let journal = round(&views, &JournalQuery { last: Some(1) });
    assert_eq!(journal["trades"][0]["pnl"], -2.0002);
    round(&views, &JournalQuery { last: None });

    let models = round(&views, &ModelsQuery);
    assert_eq!(models["models"][0]["standing"], "past");
    assert_eq!(models["models"][0]["manifest"]["model"]["a"], 1.5);
    assert_eq!(models["changes"][0]["rollback"], true);
    assert_eq!(round(&views, &TallyQuery)["events"]["scans"]["CANDIDATE_SCANNED"], 1);
    let quality = round(&views, &QualityQuery);
    assert_eq!(quality["open_days"], 1);
    let equity = round(&views, &equity::EquityQuery);
    assert_eq!(equity["tracks"]["ButterAI"][0]["equity"], 5.000001);
    assert_eq!(equity["tracks"]["ButterBaseline"], serde_json::json!([]));
}
