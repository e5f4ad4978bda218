//! Analyses that an earlier run over the same prices has kept change no byte of a later one, whatever has become of
//! them.

#![allow(clippy::unwrap_used)]

use schemas::id::sha256_hex;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tests::cli::{command, finish, run};

/// A run with history, so that its opening analyses too.
const DEMO: &str = "demo --days 4 --stocks 6 --history 60 --seed 3 -o json";
/// Bytes of an entry's key, and of the checksum behind it.
const KEY: usize = 16;
const SUM: usize = 8;

/// A data folder with the cache of `other`, in which the demo is run; the digest of each of its topics.
fn demo_with(other: Option<&Path>, change: impl Fn(&mut Vec<u8>)) -> (TempDir, Value) {
    let data = tempfile::tempdir().unwrap();
    if let Some(other) = other {
        fs::create_dir_all(folder(data.path())).unwrap();
        for (name, mut bytes) in kept(other) {
            change(&mut bytes);
            fs::write(folder(data.path()).join(name), bytes).unwrap();
        }
    }
    run(data.path(), DEMO).json();
    let digests = digests(data.path());
    (data, digests)
}

fn digests(data: &Path) -> Value {
    let topics = run(data, "--run demo topics list -o json").json();
    let digest = |topic: &Value| json!([topic["topic"], topic["events"], topic["sha256"]]);
    topics.as_array().unwrap().iter().map(digest).collect()
}

fn folder(data: &Path) -> PathBuf {
    data.join("cache").join("analyses")
}

/// The files of a cache.
fn kept(data: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder(data)).unwrap().map(|entry| entry.unwrap());
    let named = |entry: fs::DirEntry| {
        (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())
    };
    files.map(named).collect()
}

/// The entries of a file: where key and bytes of each lie.
fn entries(file: &[u8]) -> Vec<std::ops::Range<usize>> {
    let (mut at, mut found) = (0, Vec::new());
    while at < file.len() {
        let length = u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
        let entry = at + 4..at + 4 + KEY + length;
        at = entry.end + SUM;
        found.push(entry);
    }
    found
}

/// What counts in a file: of entries with one key, which a unit that begins a day again may make twice, the last.
fn last(file: &[u8]) -> BTreeMap<&[u8], &[u8]> {
    entries(file).into_iter().map(|entry| file[entry].split_at(KEY)).collect()
}

#[test]
fn with_kept_analyses_without_them_and_with_damaged_ones_a_run_has_the_same_bytes() {
    let without = tempfile::tempdir().unwrap();
    let mut plain = command(without.path(), DEMO);
    plain.env("BUTTERQUANT_ANALYSIS_CACHE", "false");
    finish(plain).json();
    let expected = digests(without.path());
    assert!(!without.path().join("cache").exists());

    let (first, said) = demo_with(None, |_| {});
    assert_eq!(said, expected);
    let all = kept(first.path());
    let count: usize = all.values().map(|file| last(file).len()).sum();
    assert!(count > 4 * 6 + 12, "{count} of four days and of history");

    // Nothing had to be made, so nothing was added.
    let (second, said) = demo_with(Some(first.path()), |_| {});
    assert_eq!(said, expected);
    assert!(kept(second.path()) == all, "everything was found");

    // A bit in each entry, or an end that was cut off.
    let (damaged, said) = demo_with(Some(first.path()), |file| {
        for entry in entries(file) {
            file[entry.end - 9] ^= 1;
        }
    });
    assert_eq!(said, expected);
    for (name, file) in kept(damaged.path()) {
        assert!(last(&file) == last(&all[&name]), "each of {name} was made again");
    }
    let (_, said) = demo_with(Some(first.path()), |file| file.truncate(file.len() / 2));
    assert_eq!(said, expected);

    // Where no folder can be.
    let data = tempfile::tempdir().unwrap();
    fs::write(data.path().join("cache"), "").unwrap();
    run(data.path(), DEMO).json();
    assert_eq!(digests(data.path()), expected);
}

/// An analysis that differs from the one that would be made can only be kept by somebody who means to: it shows that
/// verification reads what is kept, and that it can do without.
#[test]
fn verification_reads_what_is_kept_unless_it_is_told_to_make_all_anew() {
    let (data, _) = demo_with(None, |_| {});
    for (name, mut file) in kept(data.path()) {
        for entry in entries(&file) {
            // The close, which stands behind the day.
            file[entry.start + KEY + 8] ^= 1;
            let sum = sha256_hex(&file[entry.clone()]);
            let sum: Vec<u8> = (0..SUM)
                .map(|byte| u8::from_str_radix(&sum[2 * byte..2 * byte + 2], 16).unwrap())
                .collect();
            file[entry.end..entry.end + SUM].copy_from_slice(&sum);
        }
        fs::write(folder(data.path()).join(name), file).unwrap();
    }
    let read = run(data.path(), "--run demo replay --verify -o json");
    assert_eq!(read.code, 1, "{read:?}");
    let anew = run(data.path(), "--run demo replay --verify --analyses-anew -o json").json();
    assert_eq!(anew["differences"], json!([]));
    // The scanner's alone: what follows from its events follows from the recorded ones.
    let others = "--run demo replay --verify --roles executor,scorer -o json";
    let others = run(data.path(), others).json();
    let roles: Vec<&str> =
        others["roles"].as_array().unwrap().iter().filter_map(|it| it["role"].as_str()).collect();
    assert_eq!((roles, &others["differences"]), (vec!["scorer", "executor"], &json!([])));
    let sum: u64 =
        others["roles"].as_array().unwrap().iter().filter_map(|it| it["events"].as_u64()).sum();
    assert_eq!(others["events"].as_u64(), Some(sum));
    // On 6 features a day, and at the day's end in each of 12 partitions.
    assert_eq!(others["roles"][0]["decisions"], 4 * (6 + 12));
    run(data.path(), "--run demo replay --verify --roles source").refused(&["source", "scanner"]);
}
