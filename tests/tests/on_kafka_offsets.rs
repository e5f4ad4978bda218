//! Whatever Kafka's own tools do to the offsets of a run, nothing is decided twice, and a run that has lost them goes
//! on when an operator says so.
#![allow(clippy::unwrap_used)] // a test

use std::path::Path;
use tests::cli::{Ran, command, finish};
use tests::cluster::Cluster;

const ROLES: [&str; 7] =
    ["scanner", "scorer", "labeler", "executor", "broker", "retrainer", "materializer"];

struct Offsets<'a> {
    cluster: &'a Cluster,
    data: &'a Path,
    run: String,
}

impl Offsets<'_> {
    fn ask(&self, words: &str) -> Ran {
        let mut command = command(self.data, words);
        command.args(["--run", &self.run, "--log", "kafka", "--brokers", self.cluster.brokers()]);
        command.env("BUTTERQUANT_PARTITIONS", "2");
        finish(command)
    }

    /// Runs, or runs on, to the same day.
    fn up(&self) -> Ran {
        self.ask("up --source sim:5,stocks=4,days=290 --from 2016-01-25 --until 2016-01-28")
    }

    fn tool(&self, words: &str) {
        let groups: Vec<String> =
            ROLES.iter().map(|role| format!("--group {}.{role}", self.run)).collect();
        self.cluster.tool(&format!("consumer-groups {} {words}", groups.join(" ")));
    }

    fn topics(&self) -> String {
        let listed = self.ask("topics list -o json");
        listed.well();
        listed.out
    }
}

#[test]
fn offsets_set_by_kafkas_own_tools_decide_nothing_again() {
    let Some(cluster) = Cluster::shared() else { return };
    let data = tempfile::tempdir().unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let run = format!("offsets-{}", now.as_millis());
    let run = Offsets { cluster, data: data.path(), run };
    let first = run.up();
    first.well();
    let topics = run.topics();
    for (to, rebuilt) in [("--to-earliest", true), ("--to-offset 3", false)] {
        run.tool(&format!("--reset-offsets {to} --all-topics --execute"));
        for verb in ["groups list", "lag", "status", "doctor -o json"] {
            let shown = run.ask(verb);
            assert_eq!(shown.code, 1, "{verb}: {shown:?}");
            assert!(shown.out.contains("they were set back"), "{verb}: {shown:?}");
        }
        if rebuilt {
            // The remedy that used to make it worse.
            let rebuilt = run.ask("rebuild --all");
            rebuilt.well();
        }
        let again = run.up();
        again.well();
        assert!(again.err.contains("nothing is decided twice"), "{to}: {}", again.err);
        assert_eq!(run.topics(), topics, "{to}");
    }
    run.tool("--delete");
    run.up().refused(&["the committed offsets of group", "groups adopt"]);
    assert_eq!(run.ask("groups list").code, 1);
    run.ask("groups adopt").well();
    run.ask("groups list").well();
    let again = run.up();
    assert!(again.code == 0 && !again.err.contains("decided twice"), "{again:?}");
    assert_eq!(run.topics(), topics);
    let verified = run.ask("replay --verify");
    verified.well();
}
