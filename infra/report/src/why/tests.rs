//! Chains of a run made by hand: three candidates of one day, orders of both tracks, one of them closed.

mod run;

use super::{Asked, Chains, Explanation, Verdict, text};
use run::{Run, day, scan_id};
use schemas::events::Track;
use serde_json::{Value, json};

fn explained(chains: &Chains, what: &str) -> (Explanation, Asked) {
    let found = chains.find(what).unwrap();
    (chains.explain(&found.candidate).unwrap(), found.asked)
}

fn step<'a>(of: &'a Explanation, name: &str) -> &'a super::Step {
    let found = of.steps.iter().find(|step| step.name == name);
    found.unwrap_or_else(|| panic!("no step {name}: {:?}", of.steps))
}

#[test]
fn an_order_is_explained_from_its_bars_to_its_result() {
    let chains = Run::whole().chains();
    let (of, asked) = explained(&chains, "2");
    assert_eq!(asked, Asked::Order { id: 2, track: Track::ButterAI });
    assert_eq!(of.faults, Vec::<String>::new());
    assert_eq!(
        of.headline(&asked),
        "order 2: ButterAI bought 3 AAPL iron butterflies 100 ± 5 on 2018-07-02, because its expected ROI of 21.3 % is \
         over 15.0 %; closed on 2018-07-03 for −615.00 dollars (−62 %): evaluation day 2018-07-03"
    );
    let names: Vec<&str> = of.steps_of(asked.track()).map(|step| step.name).collect();
    assert_eq!(
        names,
        [
            "bars",
            "index",
            "scan",
            "features",
            "model",
            "prediction",
            "controls",
            "decision",
            "order",
            "fill",
            "exit order",
            "exit fill",
            "result",
            "outcome"
        ]
    );
    let bars = step(&of, "bars");
    assert_eq!(bars.text, "252 closes, 2017-10-21 to 2018-06-29, last 101.5; 1 correction since");
    let place = bars.place.unwrap().to_string();
    assert!(place.starts_with("bars-") && place.ends_with("@1"), "{place}");
    let model = step(&of, "model");
    assert_eq!((model.age_days, model.age_trading_days), (Some(1), Some(1)));
    assert_eq!((step(&of, "bars").age_days, step(&of, "fill").age_days), (Some(0), None));
    let [result] = of.trades[0].results.as_slice() else { panic!("{:?}", of.trades) };
    // 300 shares: sold at 1.30 − 0.05, bought at 3.20 + 0.10.
    assert_eq!((result.pnl.dollars(), result.capital_at_risk.dollars()), (-615.0, 990.0));
    assert_eq!((result.days_held, result.trading_days_held), (1, 1));
    let shown = text(&of, &asked);
    assert!(shown.lines().all(|line| line.chars().count() <= 100), "{shown}");
    assert!(!shown.contains("ButterBaseline"), "the other track was not asked for: {shown}");
}

#[test]
fn a_fill_and_an_exit_order_lead_to_their_candidate() {
    let chains = Run::whole().chains();
    for (what, says) in [
        ("paper-3", "fill paper-3 of order 3: ButterBaseline bought 2 AAPL"),
        ("4", "order 4: ButterAI bought 3 AAPL"),
    ] {
        let (of, asked) = explained(&chains, what);
        assert_eq!(of.candidate, scan_id("AAPL"));
        assert!(of.headline(&asked).starts_with(says), "{}", of.headline(&asked));
    }
    let fill = chains.fills[&(Track::ButterAI, 2)][0].event.to_string();
    assert!(matches!(explained(&chains, &fill[..8]).1, Asked::Fill { order: 2, .. }));
    assert!(explained(&chains, "3").0.trades[1].results.is_empty());
}

#[test]
fn a_candidate_that_is_not_traded_has_its_reason_and_its_rank() {
    let chains = Run::whole().chains();
    let (msft, asked) = explained(&chains, &scan_id("MSFT").to_string());
    assert_eq!(msft.faults, Vec::<String>::new());
    let said = msft.headline(&asked);
    assert!(said.contains("ButterAI bought 1 MSFT iron butterfly 100 ± 5 on"), "{said}");
    assert!(
        said.contains("ButterBaseline refused it, at 65.0: DAILY_LIMIT, 1 positions"),
        "{said}"
    );
    let [ai, baseline] = msft.decisions.as_slice() else { panic!("{:?}", msft.decisions) };
    assert_eq!((ai.rank, ai.compared, ai.over), (Some(1), 3, 2));
    assert_eq!(
        (baseline.rank, baseline.others[0].verdict.clone()),
        (Some(2), Verdict::Opened { order: 3 })
    );
    assert_eq!(baseline.others[1].verdict, Verdict::Below);

    let found = chains.find_scan("KO", day(0)).unwrap();
    let ko = chains.explain(&found.candidate).unwrap();
    let said = ko.headline(&found.asked);
    assert!(
        said.contains("ButterAI left it, because its expected ROI of 5.0 % is not over 15.0 %"),
        "{said}"
    );

    let refused = chains.find_scan("XOM", day(0)).unwrap();
    let xom = chains.explain(&refused.candidate).unwrap();
    assert_eq!(
        xom.headline(&refused.asked),
        "XOM on 2018-06-29 is no candidate: NO_VIX, there is no close"
    );
    assert!(xom.faults.is_empty() && xom.decisions.is_empty());
}

#[test]
fn what_has_no_name_is_refused_with_what_there_is() {
    let chains = Run::whole().chains();
    for (what, says) in [
        ("9", "the run's orders are 1 to 4"),
        ("AAPL", "name a day too"),
        ("abc", "needs 8 digits"),
        ("deadbeefdeadbeef", "id that begins with deadbeef"),
        ("hello", "why --help"),
    ] {
        let error = chains.find(what).unwrap_err().to_string();
        assert!(error.contains(says), "{what}: {error}");
    }
    let never = chains.find_scan("AAPL", day(1)).unwrap_err().to_string();
    assert!(never.contains("2018-06-29 to 2018-06-29"), "{never}");
    // KO and XOM are given ids with the same beginning.
    let beginning = &scan_id("KO").to_string()[..8];
    let both = chains.find(beginning).unwrap_err().to_string();
    assert!(both.starts_with("2 events") && both.contains("give more digits"), "{both}");
    assert!(chains.find(&scan_id("KO").to_string()[..32]).is_ok());
}

#[test]
fn a_link_that_is_gone_is_a_fault_and_one_that_is_not_due_is_none() {
    for (gone, says) in [
        ("features", "on `features`"),
        ("prediction", "on `predictions`"),
        ("model", "does not have the bytes of version 1"),
        ("order", "no decision of ButterAI"),
        ("scan", "is not on `scans`"),
        ("answer", "order 2 has no answer"),
        ("outcome", "on `outcomes`"),
        ("bar", "the last bar of AAPL"),
    ] {
        let chains = Run::without(gone).chains();
        let of = chains.explain(&scan_id("AAPL")).unwrap();
        assert!(of.faults.iter().any(|fault| fault.contains(says)), "{gone}: {:?}", of.faults);
    }
    let (of, asked) = explained(&Run::of_first_day().chains(), "2");
    assert_eq!(of.faults, Vec::<String>::new(), "answers and outcome are not due");
    assert!(of.headline(&asked).ends_with("not answered yet"), "{}", of.headline(&asked));
}

#[test]
fn records_that_are_gone_are_faults_of_the_chains_of_their_partition() {
    let chains = Run::with_too_few().chains();
    let of = chains.explain(&scan_id("AAPL")).unwrap();
    assert!(of.faults.iter().any(|fault| fault.contains("records are gone")), "{:?}", of.faults);
}

#[test]
fn the_page_has_exactly_the_fields_that_were_agreed() {
    let chains = Run::whole().chains();
    let page = serde_json::to_value(explained(&chains, "2").0.to_page()).unwrap();
    let keys = |of: &Value| of.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        keys(&page),
        [
            "expected_roi",
            "features",
            "heading",
            "model",
            "others",
            "probabilities",
            "steps",
            "thresholds"
        ]
    );
    let heading =
        "AAPL on 2018-06-29: iron butterfly 100 ± 5, opened by ButterAI and ButterBaseline";
    assert_eq!(page["heading"], heading);
    assert_eq!(keys(&page["steps"][0]), ["age_days", "day", "name", "text", "where"]);
    let expected = json!({ "name": "expected ROI over", "limit": 0.15, "value": 0.213 });
    assert_eq!(page["thresholds"][0], expected);
    assert_eq!(page["others"][0], json!({ "ticker": "MSFT", "value": 0.33, "what": "opened" }));
    assert_eq!(page["features"].as_array().unwrap().len(), 23);
    let models = serde_json::to_value(chains.page_models()).unwrap();
    assert_eq!((&models[0]["version"], &models[0]["deciles"]), (&json!(1), &Value::Null));
    assert_eq!(chains.traded().count(), 2);
}
