//! Groups on Kafka: roles move with their saved state, and the groups of other programs are listed and set as Kafka's
//! own tools do.
#![allow(clippy::unwrap_used)] // a test

use serde_json::Value;
use std::path::Path;
use tests::cli::{Ran, command, finish};
use tests::cluster::Cluster;

struct Run<'a> {
    cluster: &'a Cluster,
    data: &'a Path,
    id: String,
}

impl Run<'_> {
    fn ask(&self, words: &str) -> Ran {
        let mut command = command(self.data, words);
        command.args(["--run", &self.id, "--log", "kafka", "--brokers", self.cluster.brokers()]);
        command.env("BUTTERQUANT_PARTITIONS", "2");
        finish(command)
    }

    fn json(&self, words: &str) -> Value {
        self.ask(&format!("{words} -o json")).json()
    }

    fn up(&self) {
        self.ask("up --source sim:5,stocks=4,days=290 --from 2016-01-25 --until 2016-01-27").well();
    }
}

#[test]
fn groups_on_kafka_move_with_their_state_and_those_of_others_by_themselves() {
    let Some(cluster) = Cluster::shared() else { return };
    let data = tempfile::tempdir().unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let run = Run { cluster, data: data.path(), id: format!("groups-{}", now.as_millis()) };
    run.up();
    let topics = run.json("topics list");

    for words in ["seek labeler --to 2016-01-27", "reset executor scorer", "delete scanner broker"]
    {
        let changed = run.json(&format!("groups {words} --execute"));
        assert!(changed.as_array().unwrap().iter().all(|one| one["executed"] == true));
    }
    run.up();
    assert_eq!(run.json("topics list"), topics);
    run.ask("groups list").well();
    run.ask("replay --verify").well();

    let (other, topic) = (format!("subscriber-{}", now.as_millis()), "butterquant.bars.v1");
    let set = format!("--reset-offsets --group {other} --topic {}.{topic}", run.id);
    cluster.tool(&format!("consumer-groups {set} --to-earliest --execute"));
    let listed = run.json("groups list");
    let others = listed["others"].as_array().unwrap();
    assert!(
        others.iter().any(|one| one["group"] == *other && one["topics"][0] == "bars"),
        "{others:?}"
    );
    run.ask(&format!("groups seek {other} --to end --execute")).well();
    let described = run.json(&format!("groups describe {other}"));
    assert_eq!((&described[0]["lag"], &described[0]["role"]), (&0.into(), &Value::Null));
    run.ask(&format!("groups reset {other} --shift-by -2 --topic bars:1 --execute")).well();
    let shown = cluster.tool(&format!("consumer-groups --describe --group {other}"));
    let lags: Vec<&str> = shown
        .lines()
        .filter(|line| line.contains(topic))
        .filter_map(|line| line.split_whitespace().nth(5))
        .collect();
    assert!(lags.contains(&"0") && lags.contains(&"2"), "{shown}");
    run.ask(&format!("groups delete {other} --execute")).well();
    run.ask(&format!("groups describe {other}")).refused(&["there is no group"]);
}
