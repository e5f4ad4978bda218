//! A process that waits for brokers that never return can be stopped.
#![allow(clippy::unwrap_used)] // a test

use std::time::Duration;
use tests::cli::{Running, run, wait_for};
use tests::cluster::Cluster;

/// Stopping finishes the publish in hand, and librdkafka sends its offsets without a timeout: an `up`
/// whose cluster was gone for good could only be killed.
#[test]
fn a_second_word_ends_whoever_waits_for_brokers_that_are_gone() {
    let Some(cluster) = Cluster::start_own(1) else { return };
    let data = tempfile::tempdir().unwrap();
    let toml = format!("log = \"kafka\"\nbrokers = \"{}\"\npartitions = 3\n", cluster.brokers());
    std::fs::write(data.path().join("butterquant.toml"), toml).unwrap();
    let mut up =
        Running::start(data.path(), "up --source sim:5,stocks=40,days=600 --from 2016-01-04");
    wait_for("ranked day", || (run(data.path(), "rankings -o json").code == 0).then_some(()));
    cluster.kill(1);
    // No process ends because of that.
    assert_eq!(up.ends_within(Duration::from_secs(3)), None);
    up.ctrl_c();
    if let Some(code) = up.ends_within(Duration::from_secs(2)) {
        assert_eq!(code, 2, "it had nothing in hand, and no log to tell of its run");
        return;
    }
    up.ctrl_c();
    assert_eq!(up.ends_within(Duration::from_secs(5)), Some(2));
}
