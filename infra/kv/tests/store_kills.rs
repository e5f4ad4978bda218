//! The process is killed while it writes: what it had flushed is there, batches are whole, and the store
//! opens with or without the snapshots that the openings before have left.
#![allow(clippy::unwrap_used, clippy::print_stderr)] // helpers of tests

use kv::{Batch, Db};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Set in the child, which writes to the folder it names.
const CHILD: &str = "KV_KILL_FOLDER";
const KEYS: u32 = 300;

/// Writes batches that overwrite each other for ever, and says the number of each after its flush.
#[allow(clippy::print_stdout)] // the parent reads it
fn write_for_ever(folder: &Path) {
    let db = Db::open(folder).unwrap();
    let trees = [db.tree("sealed").unwrap(), db.plain_tree("plain").unwrap()];
    loop {
        let mut least = u32::MAX;
        for tree in &trees {
            // A batch of the one tree may have survived without that of the other.
            let number = number_in(tree).unwrap_or_default() + 1;
            let mut batch = Batch::new();
            for key in 0..KEYS {
                if (key + number) % 5 < 2 {
                    batch.insert(key.to_be_bytes(), value(key, number));
                }
            }
            batch.insert("number", number.to_be_bytes());
            tree.apply(batch).unwrap();
            least = least.min(number);
        }
        db.flush().unwrap();
        println!("{least}");
    }
}

fn value(key: u32, number: u32) -> Vec<u8> {
    number.to_be_bytes().repeat(20 + key as usize % 100)
}

fn number_in(tree: &kv::Tree) -> Option<u32> {
    let stored = tree.get("number").unwrap()?;
    Some(u32::from_be_bytes(stored[..].try_into().unwrap()))
}

/// Checks that each tree is what the batches up to the number in it make, none less than `flushed`.
fn check(db: &Db, flushed: u32) {
    for name in ["sealed", "plain"] {
        let tree = db.plain_tree(name).unwrap();
        let number = number_in(&tree).unwrap_or_default();
        assert!(number >= flushed, "{name} is at {number}, {flushed} was flushed");
        for key in 0..KEYS {
            let last = (1..=number).rev().find(|number| (key + number) % 5 < 2);
            let found = tree.get(key.to_be_bytes()).unwrap().map(|found| found.to_vec());
            assert_eq!(found, last.map(|last| value(key, last)), "{name}, key {key} at {number}");
        }
    }
}

fn kills(times: u32) {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("db");
    let mut flushed = 0;
    for kill in 0..times {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["a_process_that_writes", "--ignored", "--nocapture", "--exact"])
            .env(CHILD, &at)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        // From the middle of the opening to some dozens of batches.
        let wait = Duration::from_millis(u64::from(kill * 37 % 160));
        std::thread::sleep(wait);
        child.kill().unwrap();
        child.wait().unwrap();
        let numbers = said.lines().map_while(Result::ok).filter_map(|line| line.parse().ok());
        flushed = numbers.max().unwrap_or(flushed);
        if kill % 3 == 0 && at.exists() {
            for entry in fs::read_dir(&at).unwrap().flatten() {
                if entry.file_name().to_string_lossy().starts_with("snap.") {
                    fs::remove_file(entry.path()).unwrap();
                }
            }
        }
        check(&Db::open(&at).unwrap(), flushed);
    }
    eprintln!("{times} kills, {flushed} batches");
    assert!(flushed > times, "the child wrote too little: {flushed}");
}

#[test]
#[ignore = "the child of the other tests"]
fn a_process_that_writes() {
    if let Ok(folder) = std::env::var(CHILD) {
        write_for_ever(Path::new(&folder));
    }
}

#[test]
fn given_60_kills_during_heavy_writes_then_nothing_that_was_flushed_is_lost() {
    kills(60);
}

#[test]
#[ignore = "takes a minute; tests/long runs it"]
fn given_200_kills_during_heavy_writes_then_nothing_that_was_flushed_is_lost() {
    kills(200);
}
