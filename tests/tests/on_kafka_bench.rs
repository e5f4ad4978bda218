//! `bench pipeline` on a real Kafka: scorers in processes of their own predict each event once through
//! every hand-over, and Kafka Streams runs the same hop beside them. Neither speed nor limits are
//! checked here.
#![allow(clippy::unwrap_used)] // a test

use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use tests::cli::{command, finish};
use tests::cluster::Cluster;

/// One at a time: each needs the machine for itself.
static QUIET: Mutex<()> = Mutex::new(());

/// Its report; it may have missed a limit.
fn report(cluster: &Cluster, words: &str, script: Option<&Path>) -> Value {
    let _quiet = QUIET.lock().unwrap_or_else(PoisonError::into_inner);
    let data = tempfile::tempdir().unwrap();
    let words = format!("bench pipeline --log kafka --events 20000 -o json {words}");
    let mut command = command(data.path(), &words);
    command.args(["--brokers", cluster.brokers()]).env("BUTTERQUANT_PARTITIONS", "4");
    if let Some(script) = script {
        command.arg("--streams").arg(script);
    }
    let ran = finish(command);
    assert!(ran.code == 0 || ran.code == 1, "{ran:?}");
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let limits = report["limits"].as_array().unwrap();
    let missed = limits.iter().any(|limit| limit["met"] == false);
    assert_eq!(ran.code, i32::from(missed), "{limits:?}");
    report
}

#[test]
fn scorers_held_to_a_rate_add_up_and_every_event_is_predicted_once() {
    let Some(cluster) = Cluster::shared() else { return };
    let words = "--rate 0 --days 0 --scorers 1,2,4 --scorer-rate 100 --scorer-seconds 4";
    let report = report(cluster, words, None);
    assert!(report["hop"]["plain_events_per_second"].as_f64().unwrap() > 0.0, "{report}");
    assert_eq!(report["settings"]["kafka"]["acks"], "all", "{report}");
    let scale = &report["scale"];
    assert_eq!((&scale["twice"], &scale["missing"]), (&0.into(), &0.into()), "{scale}");
    let phases = scale["phases"].as_array().unwrap();
    assert_eq!(phases.len(), 3);
    // Any machine manages 400 a second: less would mean an unread partition.
    assert!(phases.iter().all(|phase| phase["share"].as_f64().unwrap() > 0.9), "{scale}");
}

#[test]
fn kafka_streams_does_the_same_hop_beside_it() {
    let Some(cluster) = Cluster::shared() else { return };
    let measure = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("streams/measure");
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("one");
    std::fs::write(
        &script,
        format!("#!/bin/sh\nexec {} --only defaults \"$@\"\n", measure.display()),
    )
    .unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let report = report(cluster, "--rate 200 --seconds 2 --days 3 --scorers 0", Some(&script));
    let streams = &report["streams"];
    assert_eq!(streams["applications"].as_array().unwrap().len(), 1, "{report}");
    assert!(streams["applications"][0]["p99_ms"].as_f64().unwrap() > 0.0, "{streams}");
    assert!(streams["times_events_per_second"].as_f64().unwrap() > 0.0, "{streams}");
    assert!(report["day"]["orders"].as_u64().unwrap() > 0, "{report}");
    assert!(report["scale"].is_null(), "{report}");
}
