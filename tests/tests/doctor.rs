//! The examination: useful where nothing is there yet, quick where it is asked to be, and with a remedy for what is
//! wrong. Health and readiness of a running process beside it.
#![allow(clippy::unwrap_used)] // a test

use serde_json::Value;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};
use tests::cli::{Ran, Running, command, finish, get, run, wait_for};

const MARKET: &str = "--source sim:5,stocks=4,days=290 --from 2016-01-25";

fn doctor(data: &Path, words: &str, environment: &[(&str, &str)]) -> (Ran, Value) {
    let mut doctor = command(data, &format!("doctor -o json {words}"));
    doctor.envs(environment.iter().copied());
    let ran = finish(doctor);
    let of = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    (ran, of)
}

/// The details of what was looked at under this name.
fn said<'a>(of: &'a Value, list: &str, what: &str) -> Vec<&'a str> {
    let all = of[list].as_array().unwrap().iter().filter(|one| one["what"] == what);
    all.filter_map(|one| one["detail"].as_str()).collect()
}

#[test]
fn where_nothing_is_there_yet_the_machine_is_examined_and_nothing_is_left_behind() {
    let (data, temporary) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let place = temporary.path().display().to_string();
    let (ran, of) = doctor(data.path(), "", &[("TMPDIR", &place)]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for what in ["clock", "schemas", "scoring engine", "market", "broker", "model", "latency"] {
        assert!(!said(&of, "fine", what).is_empty(), "{what}: {of}");
    }
    let whole = said(&of, "fine", "whole loop");
    let came = ["bars", "scans", "predictions", "orders", "fills"];
    assert!(came.iter().all(|what| whole[0].contains(what)), "{whole:?}");
    for folder in [&data, &temporary] {
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "something is left");
    }
    let wrong = [
        ("BUTTERQUANT_SOURCE", "csv:/no/such/folder"),
        ("BUTTERQUANT_BROKER", "paper:127.0.0.1:1"),
    ];
    let (ran, of) = doctor(data.path(), "--quick", &wrong);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(said(&of, "findings", "market")[0].contains("/no/such/folder"), "{of}");
    assert!(said(&of, "findings", "broker")[0].contains("does not answer"), "{of}");
    let remedies = of["findings"].as_array().unwrap().iter().map(|one| &one["remedy"]);
    assert!(remedies.clone().all(|remedy| remedy.as_str().is_some_and(|it| !it.is_empty())));
}

#[test]
fn a_run_is_examined_quickly_and_topics_that_stand_still_are_named() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    run(data, &format!("up {MARKET} --until 2016-01-28")).well();
    let begun = Instant::now();
    let (ran, of) = doctor(data, "--quick", &[]);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(of["left_out"].as_array().unwrap().len() > 1, "{of}");
    assert!(said(&of, "fine", "freshness")[0].contains("2016-01-28"), "{of}");
    assert!(said(&of, "fine", "market")[0].contains("290 days"), "{of}");
    let (ran, of) = doctor(data, "", &[]);
    assert_eq!((ran.code, of["left_out"].as_array().unwrap().len()), (0, 0), "{ran:?}");

    let other = "--run other";
    let source = Running::start(data, &format!("run source {MARKET} {other}"));
    wait_for("the run's folder", || data.join("runs/other").is_dir().then_some(()));
    wait_for("days of bars", || {
        let (_, of) = doctor(data, &format!("--quick {other}"), &[]);
        let stale = said(&of, "findings", "freshness");
        (stale.iter().any(|one| one.contains("no day is closed"))).then_some(())
    });
    assert_eq!(source.interrupt(), 0);
    let (ran, of) = doctor(data, &format!("--quick {other}"), &[]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let stale = of["findings"].as_array().unwrap().iter().filter(|one| one["what"] == "freshness");
    assert!(stale.clone().any(|one| one["where"] == "scans"), "{of}");
    assert!(stale.clone().all(|one| one["remedy"].as_str().unwrap().contains("`butterquant up")));
}

#[test]
fn a_running_process_is_alive_and_ready_for_callers_without_a_token() {
    let data = tempfile::tempdir().unwrap();
    let log = data.path().join("up.err");
    let settings = data.path().join("butterquant.toml");
    std::fs::write(&settings, "token = \"s3cret-token\"\npartitions = 2\n").unwrap();
    std::fs::set_permissions(&settings, Permissions::from_mode(0o600)).unwrap();
    let process = Running::start_logged(data.path(), &format!("up {MARKET}"), &log);
    let address = wait_for("address", || {
        let said = std::fs::read_to_string(&log).ok()?;
        let from = said.find("HTTP on http://")? + "HTTP on http://".len();
        said[from..].split([';', ' ', '\n']).next().map(str::to_owned)
    });
    let answer = wait_for("readiness", || {
        let (status, answer) = get(&address, "/readyz", None);
        (status == 200).then_some(answer)
    });
    assert!(answer.ends_with(r#"{"status":"ok"}"#), "{answer}");
    for path in ["/healthz", "/health"] {
        assert_eq!(get(&address, path, None).0, 200, "{path}");
    }
    assert_eq!(get(&address, "/status", None).0, 401);
    assert_eq!(process.interrupt(), 0);
}
