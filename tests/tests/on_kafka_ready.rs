//! A process on a broker that stands still is alive and not ready, and says so within seconds.
#![allow(clippy::unwrap_used)] // a test

use std::time::{Duration, Instant};
use tests::cli::{Running, get, wait_for};
use tests::cluster::Cluster;

/// A supervisor that asks every few seconds takes the process out before its callers wait.
const SECONDS: Duration = Duration::from_secs(6);

#[test]
fn a_paused_broker_makes_a_process_unready_within_seconds() {
    let Some(cluster) = Cluster::start_own(1) else { return };
    let data = tempfile::tempdir().unwrap();
    let log = data.path().join("up.err");
    let words =
        format!("up --log kafka --brokers {} --source sim:5,stocks=2,days=280", cluster.brokers());
    let process = Running::start_logged(data.path(), &words, &log);
    let address = wait_for("address", || {
        let said = std::fs::read_to_string(&log).ok()?;
        let from = said.find("HTTP on http://")? + "HTTP on http://".len();
        said[from..].split([';', ' ', '\n']).next().map(str::to_owned)
    });
    let ready = || get(&address, "/readyz", None);
    wait_for("readiness", || (ready().0 == 200).then_some(()));
    cluster.pause(1);
    let paused = Instant::now();
    let refused = wait_for("a refusal", || Some(ready()).filter(|(status, _)| *status == 503));
    assert!(paused.elapsed() < SECONDS, "{:?}", paused.elapsed());
    assert!(refused.1.contains("the log does not answer"), "{}", refused.1);
    assert_eq!(get(&address, "/healthz", None).0, 200);
    cluster.resume(1);
    wait_for("readiness once more", || (ready().0 == 200).then_some(()));
    assert_eq!(process.interrupt(), 0);
}
