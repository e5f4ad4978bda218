//! On a real Kafka: the lag is that of Kafka's own tool, 0 once a run has ended, and an open transaction of
//! somebody else is named where it holds a group back.

#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use tests::cli::{Running, command, finish, run, wait_for};
use tests::cluster::Cluster;
use tests::price_files::{days, write};
use tests::python;

const TICKERS: [&str; 4] = ["AAA", "BBB", "CCC", "^VIX"];
const FIRST: usize = 30;

/// A data folder for a run of its own on the cluster, and the run's name.
fn configured(test: &str, cluster: &Cluster) -> (tempfile::TempDir, String) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let (folder, name) = (tempfile::tempdir().unwrap(), format!("{test}-{now}"));
    configure(folder.path(), &name, cluster);
    (folder, name)
}

fn configure(folder: &Path, run: &str, cluster: &Cluster) {
    let keys = format!(
        "log = \"kafka\"\nbrokers = \"{}\"\nrun = \"{run}\"\npartitions = 3\nsource_quiet_s = 0\n",
        cluster.brokers()
    );
    std::fs::write(folder.join("butterquant.toml"), keys).unwrap();
}

/// Committed offset and lag of each group, topic and partition, as Kafka's own tool tells them.
fn by_kafka(cluster: &Cluster, run: &str) -> BTreeMap<(String, String, String), (String, String)> {
    let told = cluster.tool("consumer-groups --describe --all-groups");
    let of_run = |name: &str| name.strip_prefix(&format!("{run}.")).map(str::to_owned);
    let lines = told.lines().map(|line| line.split_whitespace().collect::<Vec<&str>>());
    lines
        .filter(|words| words.len() > 5)
        .filter_map(|words| {
            let topic = of_run(words[1])?;
            let topic = topic.strip_prefix("butterquant.")?.strip_suffix(".v1")?.to_owned();
            let place = (of_run(words[0])?, topic, words[2].to_owned());
            Some((place, (words[3].to_owned(), words[5].to_owned())))
        })
        .collect()
}

#[test]
fn a_run_that_has_ended_has_no_lag_for_kafkas_own_tool_either() {
    let Some(cluster) = Cluster::shared() else { return };
    let (folder, name) = configured("ended", cluster);
    let market = "--source sim:5,stocks=6,days=274";
    let last = finish(command(folder.path(), &format!("up {market} --until 2099-01-01 -o json")));
    let last: schemas::Day = last.json()["through"].as_str().unwrap().parse().unwrap();
    let before = run(folder.path(), "lag -o json").json();
    let told = by_kafka(cluster, &name);
    // 3 × bars, features, bars, scans; fills, bars, scans, predictions; orders, bars; bars, features, predictions,
    // outcomes; every topic, of which models has one partition.
    assert_eq!(told.len(), 3 * (1 + 1 + 2 + 4 + 2 + 4 + 7) + 1, "{told:?}");
    let rows = before["partitions"].as_array().unwrap();
    assert_eq!(rows.len(), told.len());
    for row in rows {
        let text = |key: &str| row[key].as_str().unwrap().to_owned();
        let place = (text("group"), text("topic"), row["partition"].to_string());
        let (committed, lag) = &told[&place];
        assert_eq!(
            (committed, lag),
            (&row["committed"].to_string(), &row["lag"].to_string()),
            "{row}"
        );
        assert_eq!((&row["lag"], &row["offset_state"]), (&json!(0), &json!("in_range")), "{row}");
        assert_eq!(row["verdict"], "caught up");
    }
    // A scan of another day is a what-if run that ends as well.
    let earlier = format!("scan {market} --as-of {} -o json", last + -7);
    run(folder.path(), &earlier).json();
    let runs = run(folder.path(), "runs -o json").json();
    let what_if = runs.as_array().unwrap().iter().find(|run| run["kind"] == "what-if").unwrap();
    let told = by_kafka(cluster, what_if["id"].as_str().unwrap());
    assert!(!told.is_empty() && told.values().all(|(_, lag)| lag == "0"), "{told:?}");
}

fn lag(data: &Path) -> Option<Value> {
    let ran = run(data, "lag -o json");
    (ran.code == 0).then(|| ran.json())
}

fn caught_up(data: &Path, through: &str) -> Option<Value> {
    lag(data).filter(|lag| {
        let units = lag["units"].as_array().unwrap();
        let done = |unit: &Value| unit["state"] == "caught_up" && unit["closed"] == through;
        units.len() == 3 * 3 + 4 && units.iter().all(done)
    })
}

#[test]
fn an_open_transaction_is_named_where_it_holds_a_group_back() {
    let Some(cluster) = Cluster::shared() else { return };
    let (folder, name) = configured("held", cluster);
    let (data, prices) = (folder.path(), tempfile::tempdir().unwrap());
    let grow = |count| TICKERS.iter().for_each(|ticker| write(prices.path(), ticker, count));
    let day = |count: usize| days(count)[count - 1].to_string();
    grow(FIRST);
    let up = Running::start(data, &format!("up --source csv:{}", prices.path().display()));
    wait_for("run that has caught up", || caught_up(data, &day(FIRST)));
    // Roles that wait commit again whenever a marker has moved an idle position.
    wait_for("run without lag", || {
        let told = by_kafka(cluster, &name);
        let of_inputs = |(_, topic, _): &(String, String, String)| topic != "controls";
        let mut inputs = told.iter().filter(|(place, _)| of_inputs(place));
        inputs.all(|(_, (_, lag))| lag == "0").then_some(())
    });

    // From another machine, as another data folder is, no process can be asked: offsets and markers tell.
    let elsewhere = tempfile::tempdir().unwrap();
    configure(elsewhere.path(), &name, cluster);
    let found = wait_for("the same from elsewhere", || caught_up(elsewhere.path(), &day(FIRST)));
    assert_eq!(found["unasked"].as_array().unwrap().len(), 7, "{found}");
    assert!(found["units"].as_array().unwrap().iter().all(|unit| unit["from_process"] == false));
    let text = run(elsewhere.path(), "lag").out;
    assert!(text.contains("running elsewhere") && !text.contains("stopped"), "{text}");

    let foreign = json!({
        "brokers": cluster.brokers(),
        "topic": format!("{name}.butterquant.bars.v1"),
        "partition": 0,
    });
    std::fs::write(data.join("hold_back.json"), foreign.to_string()).unwrap();
    let ran = std::thread::scope(|scope| {
        let ran = scope.spawn(|| python::run("hold_back.py", &["confluent_kafka"], data));
        let is_open = || (data.join("open").exists() || ran.is_finished()).then_some(());
        wait_for("open transaction", is_open);
        if data.join("open").exists() {
            is_held_back([data, elsewhere.path()], &day(FIRST + 1), &|| grow(FIRST + 1));
            std::fs::write(data.join("end"), "").unwrap();
        }
        ran.join().unwrap().is_some()
    });
    if ran {
        wait_for("run that has caught up again", || caught_up(data, &day(FIRST + 1)));
    }
    assert_eq!(up.interrupt(), 0);
}

fn is_held_back(folders: [&Path; 2], day: &str, grow: &dyn Fn()) {
    let verdict = |lag: &Value, unit: &str| {
        let units = lag["units"].as_array().unwrap();
        let found = units.iter().find(|found| found["unit"] == unit);
        found.map_or(String::new(), |unit| unit["verdict"].as_str().unwrap().to_owned())
    };
    let held = "an open transaction holds it back";
    let found = wait_for("transaction that is open", || {
        lag(folders[0]).filter(|lag| verdict(lag, "scanner-0").contains(held))
    });
    assert_eq!(found["held_back"][0]["topic"], "bars", "{found}");
    assert_eq!(verdict(&found, "scanner-1"), "caught up");
    grow();
    for folder in folders {
        let says = format!("waits for bars/0 of {day}: {held}");
        wait_for("day that is held back", || {
            let lag = lag(folder)?;
            let well = ["scanner-0", "labeler-0", "broker", "materializer"]
                .iter()
                .all(|unit| verdict(&lag, unit).starts_with(&says));
            (well && verdict(&lag, "scanner-1") == "caught up").then_some(())
        });
    }
}
