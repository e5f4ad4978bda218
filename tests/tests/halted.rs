//! Who halted a run, when and why: every verb and address that shows a run tells it.

#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

use serde_json::{Value, json};
use std::path::Path;
use tests::cli::{Running, get, run, wait_for};

const MARKET: &str = "--source sim:5,stocks=3,days=280";

/// What each verb says of the halts, and what it prints for people.
fn told(data: &Path) -> Vec<(&'static str, Value, String)> {
    let shown = |verb: &'static str| {
        let found = run(data, &format!("{verb} -o json")).json();
        let found = if verb == "runs" { found[0].clone() } else { found };
        (verb, found["halted"].clone(), run(data, verb).out)
    };
    ["status", "lag", "runs", "positions"].map(shown).into()
}

#[test]
fn a_halt_is_told_everywhere_with_who_when_and_why() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let through =
        run(data, &format!("up {MARKET} --until 2099-01-01 -o json")).json()["through"].clone();
    for (verb, halted, text) in told(data) {
        assert_eq!(halted, json!([]), "{verb}");
        assert!(!text.contains("halted since"), "{verb}: {text}");
    }
    let said = "halt --track ButterAI --by ada@desk --why late -o json";
    let offset = run(data, said).json()["offset"].clone();
    run(data, "halt --track ButterBaseline --reason test").well();
    let last = run(data, "topics consume controls").lines().pop().unwrap();
    assert_eq!((&last["day"], &last["data"]["reason"]), (&through, &"test".into()), "{last}");
    let by = last["headers"]["operator"].as_str().unwrap().to_owned();
    assert!(by.contains('@'), "user and host: {by}");
    for (verb, halted, text) in told(data) {
        let ai = &halted[0];
        assert_eq!(halted.as_array().unwrap().len(), 2, "{verb}: {halted}");
        for (key, value) in [
            ("track", "ButterAI".into()),
            ("by", "ada@desk".into()),
            ("why", "late".into()),
            ("day", through.clone()),
            ("offset", offset.clone()),
        ] {
            assert_eq!(ai[key], value, "{verb}: {halted}");
        }
        assert!(ai["wall_time"].as_str().unwrap().ends_with('Z'), "{verb}: {halted}");
        assert_eq!(halted[1]["by"], by.as_str(), "{verb}");
        let line = format!("ButterAI halted since {} by ada@desk at 20", through.as_str().unwrap());
        assert!(text.contains(&line) && text.contains(": late"), "{verb}: {text}");
    }
    // No decision is another one for it, and the lake, written again with the word on its day, stays as it is.
    run(data, "replay --verify").well();
    run(data, "rebuild --all");
    run(data, "rebuild --all").well();

    let up = Running::start(data, &format!("up {MARKET}"));
    let endpoint = wait_for("address", || {
        let lag = run(data, "lag -o json");
        (lag.code == 0).then(|| lag.json()["running_at"].as_str().map(str::to_owned))?
    });
    let address = endpoint.strip_prefix("http://").unwrap();
    let (code, status) = get(address, "/status", None);
    assert!(code == 200 && status.contains(r#""by":"ada@desk","why":"late""#), "{status}");
    for line in [
        r#"butterquant_halted{track="ButterAI"} 1"#,
        r#"butterquant_halt_offset{by="ada@desk","#,
        r#"why="late"} 1"#,
        r#"group="scanner",partition="0",topic="butterquant.bars.v1"} 0"#,
    ] {
        wait_for(line, || get(address, "/metrics", None).1.contains(line).then_some(()));
    }
    run(data, "resume --track ButterAI").well();
    let status = run(data, "status -o json").json();
    assert_eq!(status["halted"].as_array().unwrap().len(), 1, "{status}");
    let now = get(address, "/status", None).1;
    assert!(!now.contains("ada@desk"), "{now}");
    assert_eq!(up.interrupt(), 0);
}

#[test]
fn a_what_if_run_cannot_trade_and_is_shown_so() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    run(data, &format!("scan {MARKET} -o json")).json();
    run(data, &format!("scan {MARKET} --tickers SIM001 -o json")).json();
    let runs = run(data, "runs -o json").json();
    let what_if = runs.as_array().unwrap().iter().find(|run| run["kind"] == "what-if").unwrap();
    assert_eq!(
        (&what_if["what_if"], what_if["halted"].as_array().unwrap().len()),
        (&true.into(), 2)
    );
    let id = what_if["id"].as_str().unwrap();
    for verb in ["status", "lag", "positions"] {
        let text = run(data, &format!("{verb} --run {id}")).out;
        assert!(text.contains("a what-if run, which cannot trade"), "{verb}: {text}");
    }
    assert!(run(data, "runs").out.contains("cannot trade"));
    run(data, &format!("resume --run {id}")).refused(&["a what-if run, which cannot trade"]);
}
