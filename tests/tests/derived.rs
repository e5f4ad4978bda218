//! Views, lake, model files and saved state: whole and of this log, or refused with a remedy that works.

#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

use eventlog::{Batch, EmbeddedLog, Log, NewRecord, PartitionReader, Record, TopicPartition};
use schemas::{Day, Topic};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tests::cli::{Ran, command, run};

const MARKET: &str = "sim:5,stocks=12,days=420,structure=on";
/// Forty days before that market's last.
const FROM: &str = "2016-06-20";
/// Partitions of its data topics.
const PARTITIONS: u32 = 12;
/// What is read of a run.
const READERS: [&str; 5] = [
    "positions -o json",
    "journal -o json",
    "rankings -o json",
    "summary -o json",
    "quality -o json",
];

/// Runs until `last`, or that market's last day.
fn up(data: &Path, last: Option<&str>) -> Command {
    let market = producers::source::open(MARKET, None, schemas::TradingCalendar::None).unwrap();
    let ends = market.days().last().unwrap().to_string();
    let last = last.unwrap_or(&ends);
    command(data, &format!("up --source {MARKET} --from {FROM} --until {last} -o json"))
}

fn finished(data: &Path) {
    let ran = up(data, None).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

fn shown(data: &Path) -> Vec<(i32, String)> {
    READERS.map(|verb| run(data, verb)).into_iter().map(|ran| (ran.code, ran.out)).collect()
}

/// Starts it and kills it after `wait`; whether it was still at work.
fn killed(mut command: Command, wait: Duration) -> bool {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(wait);
    let at_work = child.try_wait().unwrap().is_none();
    let _ = child.kill(); // it may have ended
    child.wait().unwrap();
    at_work
}

/// Starts it and kills it once `begun` is there.
fn killed_at(mut command: Command, begun: &Path) {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while !begun.exists() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let _ = child.kill(); // it may have ended
    let ended = child.wait().unwrap();
    assert_eq!(ended.code(), None, "it ended before it was killed at {}", begun.display());
}

fn run_folder(data: &Path) -> PathBuf {
    data.join("runs/live")
}

fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
}

/// Every reader refuses, naming the remedy.
fn all_refuse(data: &Path, word: &str) {
    for verb in READERS {
        run(data, verb).refused(&[word, "rebuild --all"]);
    }
}

fn rebuilt(data: &Path, code: i32) -> Value {
    let ran = run(data, "rebuild --all -o json");
    assert_eq!(ran.code, code, "{ran:?}");
    serde_json::from_str(&ran.out).unwrap()
}

fn lake_is_whole(data: &Path) -> Ran {
    let ran = run(data, "data validate --lake --no-picture -o json");
    let found: Value = serde_json::from_str(&ran.out).unwrap();
    assert!(found["lake"]["faults"].as_array().is_some_and(Vec::is_empty), "{ran:?}");
    assert!(found["lake"]["problem"].is_null(), "{ran:?}");
    ran
}

#[test]
fn derived_state_is_whole_and_of_its_log_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = &folder.path().join("data");
    finished(data);
    let undisturbed = shown(data);
    assert!(undisturbed[0].1.contains("\"positions\": [\n"), "{}", undisturbed[0].1);
    lake_is_whole(data);

    a_killed_rebuild_changes_nothing(data, &undisturbed);
    views_that_are_not_whole_are_refused(data, &undisturbed);
    every_changed_file_is_named(data);
    words_after_the_last_day_are_no_difference(data);
    derived_state_of_another_log_is_refused(folder.path(), data, &undisturbed);
}

fn a_killed_rebuild_changes_nothing(data: &Path, undisturbed: &[(i32, String)]) {
    assert_eq!(rebuilt(data, 0)["same"], true);
    for begun in ["state", "lake", "lake/.manifest", "lake/topic=orders"] {
        let begun = run_folder(data).join(".rebuild/new").join(begun);
        killed_at(command(data, "rebuild --all"), &begun);
        assert_eq!(shown(data), undisturbed, "killed at {}", begun.display());
        assert!(!run_folder(data).join(".rebuild").exists());
    }
    lake_is_whole(data);
    assert_eq!(rebuilt(data, 0)["same"], true);
}

fn views_that_are_not_whole_are_refused(data: &Path, undisturbed: &[(i32, String)]) {
    // What a rebuild in place left when it was interrupted.
    let views = || kv::Db::open(run_folder(data).join("state")).unwrap().tree("views").unwrap();
    views().clear().unwrap();
    all_refuse(data, "not whole");
    run(data, "up --until 2016-08-01").refused(&["not whole", "rebuild --all"]);
    assert_eq!(rebuilt(data, 1)["views"]["same"], false);
    assert_eq!(shown(data), undisturbed);
    // Nothing at all: an empty folder in place of the state.
    fs::remove_dir_all(run_folder(data).join("state")).unwrap();
    fs::create_dir(run_folder(data).join("state")).unwrap();
    all_refuse(data, "not whole");
    rebuilt(data, 1);
    assert_eq!(shown(data), undisturbed);
    // A folder that is no store.
    for entry in fs::read_dir(run_folder(data).join("state")).unwrap() {
        let file = entry.unwrap().path();
        if file.is_file() {
            fs::write(&file, vec![7; 4096]).unwrap();
        }
    }
    assert!(shown(data).iter().all(|(code, _)| *code == 2));
    rebuilt(data, 1);
    assert_eq!(shown(data), undisturbed);
}

fn every_changed_file_is_named(data: &Path) {
    let lake = run_folder(data).join("lake");
    let features = fs::read_dir(lake.join("topic=features")).unwrap().next().unwrap().unwrap();
    let file = fs::read_dir(features.path()).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, &bytes).unwrap();
    let found = run(data, "data validate --lake");
    assert_eq!(found.code, 1, "{found:?}");
    let name = file.display().to_string();
    assert!(found.out.contains(&name) && found.out.contains("rebuild --all"), "{}", found.out);
    let verdict = run(data, &format!("data validate {}", lake.display()));
    verdict.refused(&[&name]);

    let report = rebuilt(data, 1);
    assert_eq!(report["views"]["same"], true);
    assert_eq!(report["lake"]["features"]["same"], false);
    assert_eq!(report["lake"]["bars"]["same"], true);
    lake_is_whole(data);

    fs::remove_dir_all(&lake).unwrap();
    let found = run(data, "data validate --lake");
    assert!(found.code == 1 && found.out.contains("is gone"), "{found:?}");
    run(data, "up --until 2016-08-01").refused(&["lake", "rebuild --all"]);
    rebuilt(data, 1);
    lake_is_whole(data);
}

fn words_after_the_last_day_are_no_difference(data: &Path) {
    for word in ["halt", "resume"] {
        run(data, word).well();
    }
    assert_eq!(rebuilt(data, 0)["same"], true);
    lake_is_whole(data);
}

fn derived_state_of_another_log_is_refused(
    folder: &Path,
    data: &Path,
    undisturbed: &[(i32, String)],
) {
    let other = &folder.join("other");
    finished(other);
    for part in ["state", "lake"] {
        fs::remove_dir_all(run_folder(other).join(part)).unwrap();
        copy(&run_folder(data).join(part), &run_folder(other).join(part));
    }
    all_refuse(other, "another log");
    let found = run(other, "data validate --lake");
    assert!(found.code == 1 && found.out.contains("another log"), "{found:?}");
    rebuilt(other, 1);
    let now = shown(other);
    assert_eq!(now[0], undisturbed[0], "the same question on another log has the same positions");
    lake_is_whole(other);
}

#[test]
fn given_a_run_killed_at_work_when_rebuilt_then_nothing_differs_and_it_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (alone, data) = (folder.path().join("alone"), folder.path().join("killed"));
    finished(&alone);
    let mut kills = 0;
    for wait_ms in [300, 600, 450, 900] {
        kills += u32::from(killed(up(&data, None), Duration::from_millis(wait_ms)));
        if run(&data, "status").code == 0 {
            rebuilt(&data, 0);
            for ran in READERS.map(|verb| run(&data, verb)) {
                assert_ne!(ran.code, 2, "{ran:?}");
            }
        }
    }
    assert!(kills > 0);
    finished(&data);
    assert_eq!(shown(&data)[..3], shown(&alone)[..3]);
    lake_is_whole(&data);
    rebuilt(&data, 0);
}

/// Nothing says yet of any day that it is written, and some of the first one is.
#[test]
fn given_a_run_killed_in_its_first_day_when_rebuilt_then_nothing_is_compared_that_was_not_whole() {
    for begun in
        ["lake", "lake/topic=bars", "lake/topic=scans", "lake/topic=orders", "lake/.manifest"]
    {
        let folder = tempfile::tempdir().unwrap();
        killed_at(up(folder.path(), None), &run_folder(folder.path()).join(begun));
        rebuilt(folder.path(), 0);
        assert_eq!(rebuilt(folder.path(), 0)["same"], true, "{begun}");
    }
}

/// Views and lake end before the days of the log do, nothing is committed, and no state is saved.
#[test]
fn given_days_that_no_offset_covers_when_rebuilt_then_they_are_not_compared() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, data) = (&folder.path().join("whole"), &folder.path().join("data"));
    finished(whole);
    fs::create_dir(data).unwrap();
    copy(&whole.join("runs"), data);
    for part in ["log", "state", "lake"] {
        fs::remove_dir_all(run_folder(data).join(part)).unwrap();
    }
    let third: Day = "2016-06-22".parse().unwrap();
    copy_records(whole, data, |day| day <= third);
    rebuilt(data, 0);
    copy_records(whole, data, |day| day > third);
    // Ended before it saved its state.
    assert!(kv::Db::open(run_folder(data).join("state")).unwrap().drop_tree("units").unwrap());
    let report = rebuilt(data, 0);
    for part in [&report["views"], &report["lake"]["bars"], &report["lake"]["orders"]] {
        assert!(part["same"].is_null(), "{report:#}");
        assert!(part["note"].as_str().unwrap().contains("not compared"), "{report:#}");
    }
    assert_eq!(rebuilt(data, 0)["same"], true);
}

/// Copies the records of some days, and no offsets.
fn copy_records(from: &Path, to: &Path, wanted: impl Fn(Day) -> bool) {
    let from = EmbeddedLog::open(run_folder(from).join("log")).unwrap();
    let to = EmbeddedLog::open(run_folder(to).join("log")).unwrap();
    shell::open::ensure_topics(&to, PARTITIONS).unwrap();
    let mut reader = PartitionReader::new(&from).unwrap();
    for topic in Topic::ALL {
        for partition in 0..topic.partitions(PARTITIONS) {
            let place = TopicPartition::new(topic.name(), partition);
            let records = reader.to_end(&from, &place).unwrap().map(Result::unwrap);
            let records = records.filter(|one| wanted(Day((one.timestamp_ms / 86_400_000) as i32)));
            let again = |Record { timestamp_ms, key, value, headers, .. }| NewRecord {
                to: place.clone(),
                timestamp_ms,
                key,
                value,
                headers,
            };
            let batch = Batch { records: records.map(again).collect(), ..Batch::default() };
            to.producer("copy").unwrap().publish(batch, None).unwrap();
        }
    }
}

#[test]
fn given_words_on_dead_letters_when_rebuilt_then_nothing_differs() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    assert!(up(data, Some("2016-07-08")).output().unwrap().status.success());
    {
        let log = EmbeddedLog::open(run_folder(data).join("log")).unwrap();
        let noise = |value: u8| NewRecord {
            to: TopicPartition::new(schemas::Topic::Bars.name(), 0),
            timestamp_ms: 1,
            key: None,
            value: vec![value; 9],
            headers: Default::default(),
        };
        let records = vec![noise(0xff), noise(0xfe)];
        let mut producer = log.producer("noise").unwrap();
        producer.publish(Batch { records, ..Batch::default() }, None).unwrap();
    }
    finished(data);
    let listed = run(data, "dlq list -o json").json();
    let ids: Vec<u64> = listed["letters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_u64().unwrap())
        .collect();
    assert!(ids.len() >= 2, "{listed}");
    rebuilt(data, 0);
    run(data, &format!("dlq drop {} --why noise", ids[0])).well();
    assert_eq!(rebuilt(data, 0)["same"], true);
    run(data, &format!("dlq redrive {} --why again", ids[1])).well();
    assert_eq!(rebuilt(data, 0)["same"], true);
    lake_is_whole(data);
}
