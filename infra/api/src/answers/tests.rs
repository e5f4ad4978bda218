//! Every answer survives JSON, and every query survives its URL.

use super::query::ViewQuery;
use super::*;
use schemas::events::{
    Action, Alias, Controls, Execution, Fills, ModelTrained, Models, OrderIntent, Orders,
    Predictions, RetrainTriggered, RolledBack, Scan, Scans, Score, Settings, Strategy, Structure,
    Track, TrackMarked,
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

/// Three trades that differ in everything that is filtered by.
fn trades() -> Vec<TradeRow> {
    let folder = tempfile::tempdir().unwrap();
    let all = JournalQuery { last: None }.answer(&views(folder.path())).unwrap().trades;
    let trade = |ticker: &str, day: i32, pnl: f64, roi: f64, reason: &str| TradeRow {
        ticker: ticker.to_owned(),
        exit_day: DAY + day,
        pnl: Money::from_dollars(pnl).unwrap(),
        roi,
        reason: reason.to_owned(),
        model_version: Some(1),
        ..all[0].clone()
    };
    let mut trades = vec![
        trade("AAPL", 0, 30.0, 0.3, "Profit target"),
        trade("KO", 1, -10.0, -0.2, "stop loss"),
        trade("AAPL", 2, -5.0, -0.1, "held to its evaluation day"),
    ];
    trades[1].track = Track::ButterBaseline;
    trades[1].structure.strategy = Strategy::PutButterfly;
    trades[2].model_version = None;
    trades
}

#[test]
fn trades_are_chosen_by_every_part_of_a_filter() {
    let all = TradeFilter::default();
    let text = |text: &str| Some(text.to_owned());
    for (filter, expected) in [
        (all.clone(), vec![0, 1, 2]),
        (TradeFilter { track: Some(Track::ButterBaseline), ..all.clone() }, vec![1]),
        (TradeFilter { tickers: vec!["aapl".into(), "XOM".into()], ..all.clone() }, vec![0, 2]),
        (TradeFilter { from: Some(DAY + 1), ..all.clone() }, vec![1, 2]),
        (TradeFilter { to: Some(DAY + 1), ..all.clone() }, vec![0, 1]),
        (TradeFilter { strategy: Some(Strategy::PutButterfly), ..all.clone() }, vec![1]),
        (TradeFilter { won: Some(true), ..all.clone() }, vec![0]),
        (TradeFilter { won: Some(false), ..all.clone() }, vec![1, 2]),
        (TradeFilter { reason: text("PROFIT"), ..all.clone() }, vec![0]),
        (TradeFilter { won: Some(false), tickers: vec!["AAPL".into()], ..all.clone() }, vec![2]),
    ] {
        let trades = trades();
        let taken = trades.iter().enumerate().filter(|(_, trade)| filter.takes(trade));
        assert_eq!(taken.map(|(at, _)| at).collect::<Vec<_>>(), expected, "{filter:?}");
        assert_eq!(filter.takes_all(), filter == all);
    }
}

#[test]
fn trades_are_summed_up_sorted_and_put_into_columns() {
    let trades = trades();
    let totals = TradeTotals::of(&trades);
    assert_eq!((totals.trades, totals.winners, totals.profit), (3, 1, 15.0));
    assert_eq!(
        (totals.mean_roi.map(|roi| roi.abs() < 1e-12), totals.profit_factor),
        (Some(true), Some(2.0))
    );
    let none = TradeTotals::of(&[]);
    assert_eq!((none.mean_roi, none.profit_factor), (None, None));
    assert_eq!(TradeTotals::of(&trades[..1]).profit_factor, None, "nothing was lost");

    for (name, expected) in
        [("roi", [1, 2, 0]), ("ticker", [0, 2, 1]), ("exit_day", [0, 1, 2]), ("model", [2, 0, 1])]
    {
        let column = trade_column(name).unwrap();
        let mut order = [0, 1, 2];
        order.sort_by(|a, b| column.compare(&trades[*a], &trades[*b]));
        assert_eq!(order, expected, "{name}");
    }
    let csv = store::table::csv(&trade_table(&trades));
    let mut lines = csv.lines();
    let names: Vec<&str> = TRADE_COLUMNS.iter().map(|column| column.name).collect();
    assert_eq!(lines.next(), Some(names.join(",").as_str()));
    assert_eq!(lines.clone().count(), 3);
    assert!(
        lines.next().unwrap().starts_with("ButterAI,AAPL,call,95,100,105,2018-07-20,"),
        "{csv}"
    );
}
