//! `kill -9` at any moment loses nothing and duplicates nothing: a run killed repeatedly ends with the
//! same bytes in every topic as an undisturbed one.

#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use tests::cli::{command, run};

const MARKET: &str = "sim:5,stocks=12,days=420,structure=on";
/// Forty days before that market's last.
const FROM: &str = "2016-06-20";

fn up(data: &Path) -> Command {
    let market = producers::source::open(MARKET, None, schemas::TradingCalendar::None).unwrap();
    let last = market.days().last().unwrap();
    command(data, &format!("up --source {MARKET} --from {FROM} --until {last} -o json"))
}

fn digests(json: &[u8]) -> Vec<(String, String)> {
    let account: serde_json::Value = serde_json::from_slice(json).unwrap();
    let topics = account["topics"].as_object().unwrap();
    topics
        .iter()
        .map(|(topic, one)| (topic.clone(), one["sha256"].as_str().unwrap().to_owned()))
        .collect()
}

#[test]
fn given_kills_at_any_moment_then_every_topic_ends_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (alone, killed) = (folder.path().join("alone"), folder.path().join("killed"));
    let reference = up(&alone).output().unwrap();
    assert!(reference.status.success(), "the undisturbed run failed");

    let mut kills = 0;
    for wait_ms in [150, 400, 700, 250, 900, 350] {
        let mut child = up(&killed).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait_ms));
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            kills += 1;
        }
        child.wait().unwrap();
    }
    assert!(kills > 2, "the run was over before it could be killed three times");

    let finished = up(&killed).output().unwrap();
    assert!(finished.status.success(), "the killed run did not finish");
    assert_eq!(digests(&finished.stdout), digests(&reference.stdout));

    for verb in ["replay --verify", "rebuild --all"] {
        assert_eq!(run(&killed, verb).code, 0, "{verb}");
    }
}
