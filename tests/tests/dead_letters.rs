//! Ten thousand bad events among a hundred thousand good ones: every bad one is kept with its bytes,
//! every good one is scored once, and an operator handles the dead letters.

#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

use eventlog::{EmbeddedLog, Log};
use serde_json::Value;
use shell::redrive::{DeadLetterEntry, entries};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use tests::cli::{Running, run, wait_for};
use tests::poison::{Kind, Mixture, env, lag, letters_are, score, scores_are};

fn mixture() -> Mixture {
    let bad = vec![
        (Kind::Noise, 2_000),
        (Kind::Truncated, 2_000),
        (Kind::Trailing, 300),
        (Kind::UnknownSchema, 1_500),
        (Kind::WrongTopic, 1_500),
        (Kind::Large, 200),
        (Kind::NotFinite, 1_500),
        (Kind::Flipped, 500),
        (Kind::WrongPartition, 200),
        (Kind::WrongKey, 100),
        (Kind::Conflict, 200),
    ];
    Mixture { seed: 7, days: 20, good_a_day: 5_000, bad, large: 1 << 20 }
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("no number: {value}"))
}

/// Dead letters by reason, all and open, as `dlq list` counts them.
fn counted(data: &Path) -> BTreeMap<String, (u64, u64)> {
    let listed = run(data, "dlq list --limit 1 -o json").json();
    assert_eq!(listed["letters"].as_array().unwrap().len(), 1);
    let counts = listed["counts"].as_array().unwrap().iter().map(|row| {
        assert_eq!(row["topic"], "features");
        let reason = row["reason"].as_str().unwrap().to_owned();
        (reason, (number(&row["letters"]), number(&row["open"])))
    });
    counts.collect()
}

#[test]
fn ten_thousand_bad_events_among_a_hundred_thousand_good_ones() {
    let (folder, mixture) = (tempfile::tempdir().unwrap(), mixture());
    let data = folder.path();
    let path = data.join("runs/live/log");
    std::fs::create_dir_all(&path).unwrap();
    assert_eq!((mixture.good(), mixture.bad()), (100_000, 10_000));

    let log: Arc<dyn Log> = Arc::new(EmbeddedLog::open(&path).unwrap());
    let written = mixture.write(&*log);
    let (env, _) = env(Arc::clone(&log));
    score(&env);
    assert_eq!(lag(&*log), 0);
    assert_eq!(env.board.closed_by_all(12), Some(mixture.last_day()));
    let ids = letters_are(&*log, written);
    scores_are(&*log, &mixture);
    drop((env, log));

    let by_reason = counted(data);
    let all: u64 = by_reason.values().map(|(letters, _)| letters).sum();
    assert_eq!(all, 10_000);
    assert!(by_reason.values().all(|(letters, open)| letters == open));
    for (reason, letters) in [("contract", 1_500), ("partition", 300), ("conflict", 200)] {
        assert_eq!(by_reason[reason], (letters, letters), "{reason}");
    }
    assert_eq!(ids.values().map(Vec::len).sum::<usize>(), 10_000);
}

#[test]
fn an_operator_deals_with_letters_alone_and_beside_the_owner() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let path = data.join("runs/live/log");
    std::fs::create_dir_all(&path).unwrap();
    let bad = vec![(Kind::NotFinite, 3), (Kind::Conflict, 4), (Kind::Large, 1), (Kind::Noise, 2)];
    let few = Mixture { seed: 3, days: 2, good_a_day: 100, bad, large: 1 << 20 };
    let ids = {
        let log: Arc<dyn Log> = Arc::new(EmbeddedLog::open(&path).unwrap());
        let written = few.write(&*log);
        score(&env(Arc::clone(&log)).0);
        letters_are(&*log, written)
    };
    deal_with(data, &ids);
    // No event was scored again.
    scores_are(&EmbeddedLog::open(&path).unwrap(), &few);
}

fn deal_with(data: &Path, ids: &BTreeMap<Kind, Vec<u64>>) {
    let (poison, late, large) =
        (ids[&Kind::NotFinite][0], ids[&Kind::Conflict][0], ids[&Kind::Large][0]);
    let letter = run(data, &format!("dlq show {poison} -o json")).json();
    assert_eq!((&letter["reason"], &letter["state"]), (&"contract".into(), &"open".into()));
    assert_eq!(letter["decoded"]["kind"], "FEATURES_EXTRACTED");
    let raw = data.join("raw.bin");
    let shown = run(data, &format!("dlq show {large} --raw {} -o json", raw.display())).json();
    let bytes = std::fs::read(&raw).unwrap();
    assert_eq!((bytes.len(), shown["bytes"].as_u64()), (1 << 20, Some(1 << 20)));
    assert_eq!(shown["sha256"], schemas::id::sha256_hex(&bytes));

    // First alone, then beside the process that owns the log.
    run(data, &format!("dlq drop {large}")).refused(&["--why"]);
    run(data, &format!("dlq drop {large} --why noise")).well();
    run(data, &format!("dlq redrive {large}")).refused(&["dropped already", "noise"]);
    run(data, &format!("dlq redrive {poison} 99999999")).refused(&["99999999", "no such letter"]);
    let scorer = Running::start(data, "run scorer");
    // Looking sooner would open the log before it does.
    let owner = data.join("runs/live/log/owner");
    wait_for("owner of the log", || {
        std::fs::read_to_string(&owner).ok().filter(|owner| owner.contains("http://"))
    });
    let endpoint = wait_for("scorer that has caught up", || {
        let lag = run(data, "lag -o json");
        let lag: Value = (lag.code == 0).then(|| serde_json::from_str(&lag.out).unwrap())?;
        let units = lag["units"].as_array()?.iter().filter(|unit| unit["role"] == "scorer");
        (units.count() == 12).then(|| lag["running_at"].as_str().map(str::to_owned))?
    });
    run(data, &format!("dlq redrive {poison} {late} --why again")).well();
    run(data, &format!("dlq redrive {late}")).refused(&["redriven already", "again"]);
    run(data, &format!("dlq drop {late} --why no")).refused(&["redriven already"]);
    // The value that is still not finite becomes a new dead letter that names the first; the other one
    // is late.
    let again = wait_for("letter of what was put back", || {
        let listed = run(data, "dlq list --reason contract --state open -n 1 -o json").json();
        let last = listed["letters"][0].clone();
        (last["redriven_from"].as_u64() == Some(poison)).then_some(last)
    });
    assert_eq!(again["bytes"], letter["bytes"]);
    wait_for("late event", || {
        let lag = run(data, "lag -o json").json();
        let units = lag["units"].as_array()?.clone();
        let late = units.iter().map(|unit| unit["counts"]["late"].as_u64().unwrap());
        let behind = lag["partitions"].as_array()?.iter().filter(|part| part["group"] == "scorer");
        let behind: u64 = behind.map(|part| part["lag"].as_u64().unwrap()).sum();
        (late.sum::<u64>() == 1 && behind == 0).then_some(())
    });
    let metrics = get(&endpoint, "/metrics");
    for line in [
        "reason=\"contract\",state=\"open\",topic=\"butterquant.features.v1\"} 3",
        "reason=\"contract\",state=\"redriven\",topic=\"butterquant.features.v1\"} 1",
        "reason=\"conflict\",state=\"redriven\",topic=\"butterquant.features.v1\"} 1",
        "reason=\"conflict\",state=\"open\",topic=\"butterquant.features.v1\"} 3",
        "reason=\"contract\",topic=\"butterquant.features.v1\"} 4",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    assert_eq!(scorer.interrupt(), 0);
    let open: u64 = counted(data).values().map(|(_, open)| open).sum();
    assert_eq!(open, 10 - 3 + 1);
}

fn get(endpoint: &str, path: &str) -> String {
    let address = endpoint.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// Dead letters in log order, each followed by the events about it.
#[test]
fn a_word_on_a_letter_follows_it() {
    let folder = tempfile::tempdir().unwrap();
    let log = EmbeddedLog::open(folder.path()).unwrap();
    let bad = vec![(Kind::Noise, 3)];
    let few = Mixture { seed: 1, days: 1, good_a_day: 12, bad, large: 0 };
    few.write(&log);
    let (env, _) = env(Arc::new(log.clone()));
    score(&env);
    let word = shell::redrive::Instruction {
        fate: schemas::events::Fate::Dropped,
        why: "noise".to_owned(),
        by: "test".to_owned(),
    };
    let all = shell::redrive::Selection::Open(None);
    assert_eq!(shell::redrive::settle(&log, &all, &word).unwrap().settled.len(), 3);
    assert_eq!(shell::redrive::settle(&log, &all, &word).unwrap().settled.len(), 0);
    let mut open = std::collections::BTreeSet::new();
    entries(&log, 0, &mut |entry| {
        match entry {
            DeadLetterEntry::Letter(letter) => assert!(open.insert(letter.id as i64)),
            DeadLetterEntry::Settled(word) => assert!(open.remove(&word.letter)),
        }
        Ok(true)
    })
    .unwrap();
    assert!(open.is_empty());
}
