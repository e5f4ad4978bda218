//! An operator looks at groups and moves them: offsets and saved state go together, nothing is decided twice, and a run
//! that goes on afterwards ends as if nothing had happened.
#![allow(clippy::unwrap_used)] // a test

use serde_json::Value;
use std::path::Path;
use tests::cli::{Ran, Running, run, wait_for};

const MARKET: &str = "--source sim:5,stocks=4,days=290 --from 2016-01-25";

fn up(data: &Path) -> Ran {
    run(data, &format!("up {MARKET} --until 2016-01-28"))
}

fn json(data: &Path, words: &str) -> Value {
    run(data, &format!("{words} -o json")).json()
}

/// Committed and saved offsets of a group, and the days that its saved state has closed.
fn places(data: &Path, group: &str) -> Vec<(Value, Value, Value)> {
    // Exit code 1 where the offsets were set back.
    let shown = run(data, &format!("groups describe {group} -o json"));
    let described: Value = serde_json::from_str(&shown.out).unwrap_or_else(|_| panic!("{shown:?}"));
    let partitions = described[0]["partitions"].as_array().unwrap();
    let place =
        |one: &Value| (one["committed"].clone(), one["saved"].clone(), one["saved_closed"].clone());
    partitions.iter().map(place).collect()
}

fn moves(change: &Value) -> usize {
    let partitions = change["partitions"].as_array().unwrap();
    partitions.iter().filter(|one| one["before"] != one["after"]).count()
}

#[test]
fn a_group_that_was_moved_or_deleted_decides_nothing_twice() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    up(data).well();
    let (topics, listed) = (json(data, "topics list"), json(data, "groups list"));
    let at_rest = places(data, "labeler");
    assert!(at_rest.iter().all(|(committed, saved, _)| committed == saved), "{at_rest:?}");

    let planned = json(data, "groups seek labeler --to 2016-01-27");
    assert_eq!((&planned[0]["executed"], moves(&planned[0]) > 0), (&Value::Bool(false), true));
    assert_eq!(json(data, "groups list"), listed, "a dry run changes nothing");
    assert_eq!(places(data, "labeler"), at_rest, "a dry run changes nothing");

    let done = json(data, "groups seek labeler --to 2016-01-27 --execute");
    assert_eq!(done[0]["partitions"], planned[0]["partitions"]);
    let earlier = places(data, "labeler");
    for ((committed, saved, closed), before) in earlier.iter().zip(&at_rest) {
        assert_eq!((committed, closed.as_str()), (saved, Some("2016-01-26")), "{earlier:?}");
        assert!(committed.as_u64() < before.0.as_u64(), "{earlier:?}");
    }
    let again = up(data);
    again.well();
    assert!(again.err.contains("nothing is decided twice"), "{}", again.err);
    assert_eq!(places(data, "labeler"), at_rest);
    assert_eq!(json(data, "topics list"), topics);

    let all = "scanner scorer labeler executor broker retrainer materializer";
    for words in [format!("reset {all} --to-earliest"), format!("delete {all}")] {
        let changed = json(data, &format!("groups {words} --execute"));
        assert!(changed.as_array().unwrap().iter().all(|one| moves(one) > 0), "{changed}");
        assert!(places(data, "executor").iter().all(|(_, saved, _)| saved.is_null()), "{words}");
        up(data).well();
        assert_eq!(json(data, "topics list"), topics, "{words}");
        assert_eq!(json(data, "groups list"), listed, "{words}");
    }
    run(data, "replay --verify").well();
    let rebuilt = json(data, "rebuild --all");
    assert_eq!(rebuilt["same"], Value::Bool(true), "{rebuilt}");
}

#[test]
fn a_destination_that_is_there_already_moves_nothing_and_one_that_is_wrong_says_why() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    run(data, &format!("up {MARKET} --until 2016-01-26")).well();
    for to in ["--to end", "--to-latest", "--to-current", "--to-group scanner --topic bars"] {
        let there = json(data, &format!("groups seek scanner {to}"));
        assert_eq!((moves(&there[0]), &there[0]["units"]), (0, &Value::Array(vec![])), "{to}");
    }
    let back = json(data, "groups seek executor --by-duration PT12H");
    assert_eq!(back[0]["units"][0]["back_to"], "2016-01-25");
    let back = json(data, "groups seek executor --shift-by -1 --topic predictions:0");
    assert_eq!(back[0]["units"][0]["back_to"], "2016-01-25");
    let refused = |words: &str, says: &[&str]| run(data, &format!("groups {words}")).refused(says);
    refused("seek scanner", &["where to?", "--to start"]);
    refused("seek source --to start", &["no group"]);
    refused("seek nobody --to start", &["no group \"nobody\"", "groups list"]);
    refused("seek scanner --to start --topic fills", &["it reads bars"]);
    refused("seek scanner --to start --topic bars:99", &["there is no partition 99"]);
    refused("seek scanner --to tomorrow", &["is no time"]);
    refused("delete scanner --execute --dry-run", &["cannot be used with"]);
}

#[test]
fn a_group_with_members_is_refused_and_no_role_is_set_ahead_of_what_it_has_decided() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let process = Running::start(data, &format!("run source scanner {MARKET}"));
    wait_for("a day that the scanner has closed", || {
        let listed = run(data, "groups list -o json");
        let listed: Value = serde_json::from_str(&listed.out).ok()?;
        let scanner = listed["groups"].as_array()?.iter().find(|one| one["group"] == "scanner")?;
        (!scanner["read"].is_null() && scanner["state"] == "Stable").then_some(())
    });
    let pid = format!("process {}", process.id());
    for words in ["seek scanner --to start", "delete scanner --execute"] {
        run(data, &format!("groups {words}")).refused(&["has members", &pid]);
    }
    let described = json(data, "groups describe scanner");
    let members = described[0]["members"].as_array().unwrap();
    assert!(!members.is_empty() && described[0]["state"] == "Stable", "{described}");
    assert!(described[0]["partitions"][0]["member"].is_string(), "{described}");
    assert_eq!(process.interrupt(), 0);
    run(data, "groups seek labeler --to end").refused(&["it would skip events", "lag"]);
    let start = json(data, "groups seek labeler --to start --execute");
    let partitions = start[0]["partitions"].as_array().unwrap();
    assert!(partitions.iter().all(|one| one["after"] == 0), "{start}");
}
