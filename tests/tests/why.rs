//! `why`, over a small demo: orders of both tracks, a fill, a refused candidate, a closed trade, and what is not there.

#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

use serde_json::{Value, json};
use std::path::Path;
use tests::cli::run;

/// This seed's first model passes its gate.
const DEMO: &str = "demo --days 18 --stocks 30 --history 3000 --seed 5 -o json";

fn events(data: &Path, topic: &str) -> Vec<Value> {
    run(data, &format!("--run demo topics consume {topic}")).lines()
}

/// What `why` says of it; its chain must have no fault.
fn why(data: &Path, what: &str) -> Value {
    let said = run(data, &format!("--run demo why {what} -o json")).json();
    assert_eq!(said["faults"], json!([]), "{what}");
    said
}

fn first(events: &[Value], wanted: impl Fn(&Value) -> bool) -> &Value {
    events.iter().find(|event| wanted(event)).unwrap()
}

fn place(event: &Value) -> String {
    let topic = event["topic"].as_str().unwrap().split('.').nth(1).unwrap();
    format!("{topic}-{}@{}", event["partition"], event["offset"])
}

fn step<'a>(said: &'a Value, name: &str, track: &Value) -> &'a Value {
    let steps = said["steps"].as_array().unwrap();
    first(steps, |step| {
        step["name"] == name && (step["track"] == *track || step["track"].is_null())
    })
}

/// An order of a track: the links of its chain lie where the topics have them.
fn check_order(data: &Path, orders: &[Value], fills: &[Value], track: &str) {
    let opens = |event: &Value| {
        event["kind"] == "ORDER_INTENDED"
            && event["data"]["track"] == track
            && event["data"]["action"] == "OPEN"
    };
    let order = first(orders, opens);
    let (id, candidate) = (&order["data"]["broker_order_id"], &order["data"]["candidate"]);
    let said = why(data, &id.to_string());
    assert_eq!((&said["candidate"], &said["ticker"]), (candidate, &order["ticker"]));
    let headline = said["headline"].as_str().unwrap();
    assert!(headline.starts_with(&format!("order {id}: {track} bought ")), "{headline}");
    let of = |topic: &str, kind: &str| {
        let events = events(data, topic);
        let named =
            |event: &Value| &event["id"] == candidate || event["data"]["candidate"] == *candidate;
        place(first(&events, |event| event["kind"] == kind && named(event)))
    };
    let fill = first(fills, |fill| {
        fill["data"]["broker_order_id"] == *id && fill["kind"] == "ORDER_EXECUTED"
    });
    for (name, at) in [
        ("scan", of("scans", "CANDIDATE_SCANNED")),
        ("features", of("features", "FEATURES_EXTRACTED")),
        ("prediction", of("predictions", "CANDIDATE_SCORED")),
        ("order", place(order)),
        ("fill", place(fill)),
    ] {
        assert_eq!(step(&said, name, &track.into())["where"], at, "{name}");
    }
    let bars = &said["prices"];
    assert_eq!((&bars["closes"], &bars["last_day"]), (&252.into(), &order["day"]));
    assert_eq!(bars["last_close"], said["scan"]["spot"]);
    let model = &said["model"];
    assert_eq!((&model["version"], &model["bytes_on_log"]), (&1.into(), &true.into()));
    assert!(model["rows"].as_u64().unwrap() > 1_000, "{model}");
    assert!(step(&said, "model", &Value::Null)["age_days"].as_i64().unwrap() > 0);
    assert_eq!(step(&said, "fill", &track.into())["age_days"], Value::Null);
    let features = said["features"]["values"].as_array().unwrap();
    assert_eq!(features.len(), 23);
    let share = |feature: &Value, name: &str| feature[name].as_f64().unwrap();
    assert!(features.iter().all(|one| share(one, "share_below") < share(one, "share_up_to")));
    let decided = said["decisions"].as_array().unwrap();
    let decision = first(decided, |decision| decision["track"] == track);
    assert_eq!(decision["verdict"], json!({ "what": "opened", "order": id }));
    assert!(decision["others"].as_array().unwrap().len() >= 5, "{decision}");
}

#[test]
fn a_decision_is_explained_from_its_bars_to_its_result() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    run(data, DEMO).json();
    let (orders, fills) = (events(data, "orders"), events(data, "fills"));
    for track in ["ButterAI", "ButterBaseline"] {
        check_order(data, &orders, &fills, track);
    }

    let fill = first(&fills, |fill| fill["kind"] == "ORDER_EXECUTED");
    let execution = fill["data"]["execution_id"].as_str().unwrap();
    for id in [execution, &fill["id"].as_str().unwrap()[..12]] {
        let said = why(data, id);
        assert_eq!(
            (&said["asked"], &said["order"]),
            (&"fill".into(), &fill["data"]["broker_order_id"])
        );
    }

    let refusal = first(&orders, |event| event["kind"] == "ORDER_REFUSED");
    let said = why(data, refusal["data"]["candidate"].as_str().unwrap());
    let decided = said["decisions"].as_array().unwrap();
    let decision = first(decided, |decision| decision["track"] == refusal["data"]["track"]);
    assert_eq!(
        (&decision["verdict"]["code"], &decision["verdict"]["reason"]),
        (&refusal["data"]["code"], &refusal["data"]["reason"])
    );
    let (ticker, day) = (refusal["ticker"].as_str().unwrap(), refusal["day"].as_str().unwrap());
    let by_day = why(data, &format!("{ticker} --day {day}"));
    assert_eq!(by_day, said);

    let trade = &run(data, "--run demo journal --last 1 -o json").json()["trades"][0];
    let said = why(data, trade["candidate"].as_str().unwrap());
    let traded = first(said["trades"].as_array().unwrap(), |of| of["track"] == trade["track"]);
    let result = &traded["results"][0];
    for figure in ["pnl", "roi", "capital_at_risk", "entry_day", "exit_day", "reason"] {
        assert_eq!(result[figure], trade[figure], "{figure}");
    }

    let text = run(data, "--run demo why 1");
    text.well();
    assert!(text.out.starts_with("order 1: ButterAI bought "), "{}", text.out);
    assert!(text.out.lines().all(|line| line.chars().count() <= 100), "{}", text.out);
    run(data, "--run demo why 99999").refused(&["no order 99999", "the run's orders are 1 to "]);
    run(data, "--run demo why 00000000").refused(&["begins with 00000000", "topics consume scans"]);
    run(data, "--run demo why SIM001").refused(&["SIM001 is a ticker", "--day"]);
    run(data, "--run demo why SIM001 --day 2001-01-01").refused(&["was not scanned", "2025-"]);
}
