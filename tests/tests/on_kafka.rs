//! On a real Kafka every verb that runs the loop leaves the same events as on the embedded log:
//! digests of every topic are equal.
#![allow(clippy::unwrap_used)] // a test

use schemas::Day;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use tests::cli::{Running, command, finish, run, wait_for};
use tests::cluster::Cluster;

/// The same run on both homes of the log.
struct Homes {
    data: [TempDir; 2],
    brokers: &'static str,
    run: String,
}

impl Homes {
    fn new(test: &str) -> Option<Self> {
        let brokers = Cluster::shared()?.brokers();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        let data = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        Some(Self { data, brokers, run: format!("{test}-{now}") })
    }

    fn ask(&self, data: &Path, words: &str, home: &[&str]) -> Value {
        let mut command = command(data, words);
        command.args(["--run", &self.run, "-o", "json"]).args(home);
        command.env("BUTTERQUANT_PARTITIONS", "3");
        command.env("BUTTERQUANT_SETTINGS_TRAINING_EPOCHS", "3");
        finish(command).json()
    }

    /// Runs it on both and returns each one's topic digests and last day.
    fn both(&self, words: &str) -> (Value, Value) {
        let kafka = ["--log", "kafka", "--brokers", self.brokers];
        let embedded = self.ask(self.data[0].path(), words, &[]);
        let on_kafka = self.ask(self.data[1].path(), words, &kafka);
        for part in ["topics", "through", "tracks", "top"] {
            assert!(!embedded[part].is_null(), "{part}: {embedded}");
            assert_eq!(embedded[part], on_kafka[part], "{words}: {part}");
        }
        // Its summary's digests are those of `topics`.
        let listed = self.ask(self.data[1].path(), "topics list", &kafka);
        for one in listed.as_array().unwrap() {
            let name = one["topic"].as_str().unwrap();
            assert_eq!(one["sha256"], embedded["topics"][name]["sha256"], "{words}: {name}");
        }
        (embedded["topics"].clone(), embedded["through"].clone())
    }
}

fn some(topics: &Value, names: &[&str]) {
    for name in names {
        assert!(topics[name]["events"].as_u64().unwrap() > 0, "{name}: {topics}");
    }
}

#[test]
fn the_demo_is_the_same() {
    let Some(homes) = Homes::new("demo") else { return };
    // Without a name, a demo that was asked something else makes room for the next one.
    for stocks in [3, 4] {
        let asked = format!("demo --days 1 --stocks {stocks} --history 0 -o json");
        let mut asked = command(homes.data[1].path(), &asked);
        asked.args(["--log", "kafka", "--brokers", homes.brokers]);
        let demo = finish(asked).json();
        assert_eq!(
            (&demo["run"], &demo["topics"]["bars"]["kinds"]["BAR_CLOSED"]),
            (&"demo".into(), &stocks.into())
        );
    }
    let (topics, _) = homes.both("demo --days 3 --stocks 8 --history 1400");
    some(&topics, &["bars", "scans", "features", "predictions", "orders", "models", "samples"]);
}

#[test]
fn a_run_that_is_stopped_and_goes_on_is_the_same_and_so_is_a_backtest() {
    let Some(homes) = Homes::new("up") else { return };
    let source = "--source sim:5,stocks=4,days=270";
    let (_, last) = homes.both(&format!("up {source} --until 2099-01-01"));
    let last: Day = last.as_str().unwrap().parse().unwrap();
    // From the start again, in two parts.
    let homes = Homes { run: format!("{}-again", homes.run), ..homes };
    let (from, until) = (last + -6, last + -3);
    let up = format!("up {source} --from {from} --until");
    let (_, first) = homes.both(&format!("{up} {until}"));
    let (topics, second) = homes.both(&format!("{up} {last}"));
    assert!(first.as_str() < second.as_str(), "{first} {second}");
    some(&topics, &["scans", "orders"]);
    let homes = Homes { run: format!("{}-backtest", homes.run), ..homes };
    let (topics, _) = homes.both(&format!("backtest {source} --from {from} --to {last}"));
    some(&topics, &["scans", "orders"]);
}

#[test]
fn beside_a_running_up_every_verb_answers_and_an_earlier_day_is_a_what_if() {
    let Some(homes) = Homes::new("beside") else { return };
    let data = homes.data[0].path();
    let now = homes.run.rsplit('-').next().unwrap(); // the what-if's name follows from its settings
    let toml = format!(
        "log = \"kafka\"\nbrokers = \"{}\"\nrun = \"{}\"\npartitions = 3\n[settings]\nseed = {now}",
        homes.brokers, homes.run
    );
    std::fs::write(data.join("butterquant.toml"), toml).unwrap();
    let source = "--source sim:5,stocks=4,days=280";
    let up = Running::start(data, &format!("up {source}"));
    let ranked = |words: &str| -> Option<Value> {
        let ran = run(data, words);
        let found: Value = serde_json::from_str(&ran.out).ok()?;
        (ran.code == 0 && found["date"].is_string()).then_some(found)
    };
    let there = wait_for("ranked day", || ranked("rankings -o json"));
    // The second scanner may still be joining.
    let lag = wait_for("unit of every role", || {
        let lag = run(data, "lag -o json").json();
        (lag["units"].as_array().unwrap().len() == 3 * 3 + 4).then_some(lag)
    });
    assert!(lag["running_at"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{lag}");
    for words in ["positions", "journal", "model list"] {
        run(data, &format!("{words} -o json")).json();
    }
    let last: Day = there["date"].as_str().unwrap().parse().unwrap();
    let earlier = run(data, &format!("scan {source} --as-of {} -o json", last + -1)).json();
    assert!(earlier["date"].as_str() < there["date"].as_str(), "{earlier}");
    assert_eq!(up.interrupt(), 0);
    assert_eq!(run(data, "rankings -o json").json(), there, "the same here as there");
    assert_eq!(run(data, "lag -o json").json()["running_at"], json!(null));
}
