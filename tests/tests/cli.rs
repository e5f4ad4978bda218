//! The program's help, its demo, and every reading verb over the demo's run.

use eventlog::EmbeddedLog;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use tempfile::TempDir;
use tests::cli::{Ran, run};

const DEMO: &str = "demo --days 3 --stocks 12 --history 0 -o json";

struct Demo {
    folder: TempDir,
    account: Value,
}

/// The demo that all tests read; one at a time, as a stopped run admits one reader.
fn demo() -> (&'static Demo, MutexGuard<'static, ()>) {
    static MADE: OnceLock<Demo> = OnceLock::new();
    static READING: Mutex<()> = Mutex::new(());
    let reading = READING.lock().unwrap_or_else(PoisonError::into_inner);
    let made = MADE.get_or_init(|| {
        let folder = folder();
        let account = run(folder.path(), DEMO).json();
        Demo { folder, account }
    });
    (made, reading)
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"))
}

fn read(words: &str) -> Ran {
    let (demo, _reading) = demo();
    run(demo.folder.path(), &format!("--run demo {words}"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_else(|| panic!("no list: {value}"))
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("no number: {value}"))
}

/// The verbs below `verb`, by the list in its help.
fn verbs(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| line.starts_with("  "));
    let names = listed.filter(|line| !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn every_verb_lists_its_own_options_before_the_common_ones() {
    const COMMON: &str = "\nOptions of every verb:\n";
    let data = folder();
    let (mut open, mut seen) = (vec![String::new()], 0);
    while let Some(verb) = open.pop() {
        let help = run(data.path(), &format!("{verb} --help"));
        help.well();
        let (own, common) = help.out.split_once(COMMON).unwrap_or_else(|| panic!("{help:?}"));
        assert!(common.contains("--data-dir") && !own.contains("--data-dir"), "{verb}: {own}");
        assert!(!help.out.contains('\u{1b}'), "{help:?}");
        let below = verbs(&help.out).into_iter().filter(|name| name != "help");
        open.extend(below.map(|name| format!("{verb} {name}")));
        seen += 1;
    }
    assert!(seen > 50, "{seen} verbs");
}

#[test]
fn the_version_names_the_commit_and_every_shell_has_a_script() {
    let data = folder();
    let version = run(data.path(), "--version").out;
    assert!(version.starts_with("butterquant ") && version.contains('('), "{version}");
    for (shell, holds) in [("bash", "complete -F"), ("zsh", "#compdef"), ("fish", "complete -c")] {
        let script = run(data.path(), &format!("completions {shell}"));
        assert!(script.code == 0 && script.out.contains(holds), "{shell}: {script:?}");
        assert!(script.out.contains("close-day"), "{shell}");
    }
}

#[test]
fn the_status_is_one_screen() {
    let status = read("status -o json").json();
    assert_eq!((&status["run"], &status["kind"]), (&"demo".into(), &"demo".into()));
    assert!(status["running_at"].is_null() && status["through"].is_string(), "{status}");
    assert_eq!(list(&status["tracks"]).len(), 2);
    assert_eq!((&status["halted"], &status["what_if"]), (&json!([]), &json!(false)), "{status}");
    let shown = read("status");
    for says in
        ["stopped", "not halted", "champion –", "ButterAI", "every unit has closed the newest day"]
    {
        assert!(shown.out.contains(says), "{says}: {shown:?}");
    }
    assert!(shown.code == 0 && shown.out.lines().count() <= 24, "{shown:?}");
}

/// Advice is a command line that works as it stands.
#[test]
fn advice_keeps_the_flags_that_were_given() {
    let advice = read("journal").out;
    let (demo, _reading) = demo();
    let flags =
        format!("butterquant positions --run demo --data-dir {}`", demo.folder.path().display());
    assert!(advice.contains(&flags), "{flags}: {advice}");
}

#[test]
fn nothing_is_coloured_where_standard_error_is_no_terminal() {
    let loud = read("topics list -vv");
    assert!(loud.code == 0 && !loud.err.contains('\u{1b}'), "{loud:?}");
    assert_eq!(read("topics list --quiet").err, "");
    read("topics list --quiet --verbose").refused(&["cannot be used with"]);
}

#[test]
fn the_same_seed_gives_the_same_log() {
    let again = folder();
    let second = run(again.path(), DEMO).json();
    let (first, _reading) = demo();
    for part in ["opened", "topics", "tracks", "outcomes", "top", "models", "through"] {
        assert!(!first.account[part].is_null(), "{part}");
        assert_eq!(first.account[part], second[part], "{part}");
    }
}

#[test]
fn topics_are_listed_as_the_demo_left_them() {
    let listed = read("topics list -o json").json();
    let (demo, _reading) = demo();
    assert_eq!(list(&listed).len(), 11);
    for one in list(&listed) {
        let name = one["topic"].as_str().unwrap();
        assert_eq!(one["sha256"], demo.account["topics"][name]["sha256"], "{name}");
        assert_eq!(one["events"], demo.account["topics"][name]["events"], "{name}");
    }
}

#[test]
fn a_topic_is_described_with_its_schema() {
    let said = read("topics describe orders -o json").json();
    assert_eq!((&said["keyed_by"], &said["marked"]), (&"ticker".into(), &true.into()));
    let schema = &said["schemas"][0];
    assert_eq!(
        (number(&schema["version"]), &schema["subject"]),
        (1, &"butterquant.orders.v1-value".into())
    );
    assert_eq!(schema["avsc"]["name"], "OrdersRecord");
    assert_eq!(list(&said["partitions"]).len(), 12);
    for partition in list(&said["partitions"]) {
        assert_eq!(number(&partition["low"]), 0);
        assert!(partition["first_day"].as_str() < partition["last_day"].as_str());
    }
    assert_eq!(list(&read("topics describe dead-letters -o json").json()["partitions"]).len(), 1);
}

#[test]
fn a_subscriber_learns_what_events_look_like() {
    let said = read("topics describe scans -o json").json();
    assert_eq!(said["name_on_kafka"], "demo.butterquant.scans.v1");
    let named = |part: &str, field: &str| -> Vec<String> {
        let all = list(&said[part]).iter();
        all.map(|one| one[field].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(named("kinds", "kind"), ["CANDIDATE_SCANNED", "CANDIDATE_REFUSED", "DAY_CLOSED"]);
    assert_eq!(
        named("fields", "name"),
        ["kind", "id", "day", "ticker", "revision", "control_offset"]
    );
    assert!(
        list(&said["kinds"])
            .iter()
            .all(|kind| kind["meaning"] != "" && !list(&kind["fields"]).is_empty())
    );
    let example = &said["example"];
    assert_eq!(example["key"], example["ticker"]);
    assert!(
        named("headers", "name").iter().take(7).all(|name| example["headers"][name].is_string()),
        "{example}"
    );
    let told = read("topics describe bars").out;
    for says in
        ["ce_id", "0x00", "id 100", "BAR_CORRECTED", "butterquant.bars.v1-value", "traceparent"]
    {
        assert!(told.contains(says), "{says}: {told}");
    }
}

#[test]
fn events_are_consumed_in_day_order() {
    let events = read("topics consume scans --markers").lines();
    let place = |event: &Value| {
        (event["day"].to_string(), number(&event["partition"]), number(&event["offset"]))
    };
    assert!(events.windows(2).all(|two| place(&two[0]) < place(&two[1])));
    let listed = read("topics list -o json").json();
    let scans = list(&listed).iter().find(|one| one["topic"] == "scans").unwrap().clone();
    assert_eq!(events.len() as u64, number(&scans["events"]) + number(&scans["markers"]));
    let without: Vec<Value> =
        events.iter().filter(|event| event["kind"] != "DAY_CLOSED").cloned().collect();
    assert_eq!(without.len() as u64, number(&scans["events"]));
    assert_eq!(read("topics consume scans").lines(), without);
    let scanned = events.iter().find(|event| event["kind"] == "CANDIDATE_SCANNED").unwrap();
    assert_eq!(
        (&scanned["key"], &scanned["headers"]["ce_id"]),
        (&scanned["ticker"], &scanned["id"])
    );
    assert!(
        scanned["data"]["structure"]["expiry"].as_str().unwrap().starts_with("20"),
        "{scanned}"
    );
}

#[test]
fn events_are_chosen_by_key_day_and_number() {
    let all = read("topics consume scans").lines();
    let ticker = all.iter().filter_map(|event| event["key"].as_str()).next().unwrap().to_owned();
    let day = all.last().unwrap()["day"].as_str().unwrap().to_owned();
    let of_ticker = read(&format!("topics consume scans --key {ticker}")).lines();
    assert_eq!(
        of_ticker.len(),
        all.iter().filter(|event| event["ticker"] == ticker.as_str()).count()
    );
    let last_day = read(&format!("topics consume scans --from {day}")).lines();
    assert_eq!(last_day.len(), all.iter().filter(|event| event["day"] == day.as_str()).count());
    let before = read(&format!("topics consume scans --until {day}")).lines();
    assert_eq!(before, all);
    assert_eq!(read("topics consume scans --from earliest").lines(), all);
    read("topics consume scans --from yesterday").refused(&["earliest"]);
    assert_eq!(read("topics consume scans -n 3").lines(), all[..3]);
    read("topics consume scans --follow").refused(&["no process runs demo", "butterquant up"]);
}

#[test]
fn views_are_json_documents() {
    let rankings = read("rankings --top 2 -o json").json();
    assert_eq!(list(&rankings["rankings"]).len(), 2.min(number(&rankings["count"]) as usize));
    assert!(rankings["date"].is_string());
    let none = read("rankings --day 1999-01-04 -o json").json();
    assert!(none["date"].is_null() && list(&none["ranked_days"]).len() == 3, "{none}");
    for (words, holds) in
        [("positions", "positions"), ("journal", "trades"), ("model list", "models")]
    {
        let found = read(&format!("{words} -o json")).json();
        assert!(found[holds].is_array() && found["through"].is_string(), "{words}: {found}");
    }
    read("model show 99").refused(&["no model 99"]);
}

#[test]
fn a_run_that_nobody_runs_is_summed_up_again() {
    let again = read("summary -o json").json();
    let text = read("summary");
    assert!(text.out.contains("demo of sim:5") && text.out.contains("Tracks"), "{text:?}");
    let (demo, _reading) = demo();
    let mut printed = demo.account.clone();
    // Only the process that carried the run out knows these.
    for key in ["provider", "provider_reason", "history", "first_model"] {
        assert!(printed.as_object_mut().and_then(|keys| keys.remove(key)).is_some(), "{key}");
    }
    assert_eq!(again, printed);
    let held = EmbeddedLog::open(demo.folder.path().join("runs/demo/log"));
    run(demo.folder.path(), "--run demo summary")
        .refused(&["another process owns run demo", "once it has ended"]);
    assert!(held.is_ok());
}

#[test]
fn people_are_told_what_to_do_next() {
    for (words, says) in [
        ("rankings --day 1999-01-04", "3 ranked days"),
        ("journal", "butterquant positions"),
        ("model list", "butterquant train"),
        ("lag", "caught up"),
        ("runs", "demo"),
        ("topics list", "dead-letters"),
        ("topics describe bars", "murmur2"),
    ] {
        let ran = read(words);
        assert!(ran.code == 0 && ran.out.contains(says), "{words}: {ran:?}");
    }
}

#[test]
fn a_run_that_came_to_rest_has_no_lag() {
    let lag = read("lag -o json").json();
    assert!(lag["running_at"].is_null());
    assert_eq!(list(&lag["units"]).len(), 12 * 3 + 4);
    for unit in list(&lag["units"]) {
        assert_eq!(
            (&unit["state"], &unit["closed"]),
            (&"caught_up".into(), &lag["newest_day"]),
            "{unit}"
        );
    }
    for partition in list(&lag["partitions"]) {
        assert_eq!(number(&partition["lag"]), 0, "{partition}");
        assert_eq!(partition["committed"], partition["end"]);
    }
}

#[test]
fn every_folder_is_listed_and_none_stops_the_list() {
    let data = folder();
    let runs = data.path().join("runs");
    let (demo, reading) = demo();
    copy(&demo.folder.path().join("runs/demo"), &runs.join("demo"));
    copy(&demo.folder.path().join("runs/demo"), &runs.join("damaged"));
    drop(reading);
    std::fs::write(runs.join("damaged/log/db"), b"nonsense").unwrap();
    std::fs::create_dir(runs.join("empty")).unwrap();
    std::fs::write(runs.join("file"), b"").unwrap();
    let listed = run(data.path(), "runs -o json").json();
    let by_id: BTreeMap<&str, &Value> =
        list(&listed).iter().map(|one| (one["id"].as_str().unwrap(), one)).collect();
    assert_eq!(by_id.keys().copied().collect::<Vec<_>>(), ["damaged", "demo", "empty", "file"]);
    assert_eq!((&by_id["demo"]["kind"], &by_id["demo"]["problem"]), (&"demo".into(), &Value::Null));
    assert!(by_id["demo"]["last_closed_day"].as_str() > by_id["demo"]["scan_from"].as_str());
    for (id, says) in [("damaged", "damaged"), ("empty", "no log"), ("file", "not a folder")] {
        assert!(by_id[id]["problem"].as_str().unwrap().contains(says), "{}", by_id[id]);
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap_or_else(|error| panic!("{error}"));
    for entry in
        std::fs::read_dir(from).unwrap_or_else(|error| panic!("{error}")).filter_map(Result::ok)
    {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap_or_else(|error| panic!("{error}"));
        }
    }
}
