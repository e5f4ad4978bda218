//! A run's own files: read where nothing may be written, backed up and restored, wounded and repaired. No
//! verb hangs, panics, or shows less than was there without saying so.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use tempfile::TempDir;
use tests::cli::{Ran, Running, command, finish, run, wait_for};

/// A finished demo, made once.
fn demo() -> &'static Path {
    static MADE: OnceLock<TempDir> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let data = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let ran = run(data.path(), "demo --days 4 -q");
        assert!(ran.code <= 1, "{}", ran.err);
        data
    });
    made.path()
}

fn copy_of(from: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let done = Command::new("cp").arg("-a").arg(from.join("runs")).arg(copy.path()).status();
    assert!(done.is_ok_and(|done| done.success()));
    copy
}

fn log(data: &Path) -> PathBuf {
    data.join("runs/demo/log")
}

/// The verbs that only read a run.
const READERS: [&str; 21] = [
    "runs",
    "status",
    "lag",
    "positions",
    "journal",
    "rankings",
    "summary",
    "quality",
    "topics list",
    "topics describe orders",
    "topics consume orders -n 3",
    "model list",
    "model show 1",
    "model verify",
    "retrain status",
    "dlq list",
    "data validate --lake --no-picture",
    "data validate --lake",
    "replay --verify",
    "doctor",
    "topics list -o json",
];

fn in_one_sentence(ran: &Ran, words: &str) {
    let text = format!("{}{}", ran.out, ran.err);
    assert!(!text.contains("panicked") && !text.contains("stack backtrace"), "{words}: {text}");
    if ran.code == 2 {
        let said: Vec<&str> = ran.err.lines().filter(|l| l.starts_with("butterquant:")).collect();
        assert_eq!(said.len(), 1, "{words}: {}", ran.err);
    }
}

/// Each on a copy of its own, four at a time: where reading does not end, it takes 24 s to say so.
fn readers_say_it_in_one_sentence(data: &Path, what: &str) {
    let next = AtomicUsize::new(0);
    let reads = || {
        while let Some(words) = READERS.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (copy, began) = (copy_of(data), Instant::now());
            let ran = run(copy.path(), &format!("{words} --run demo"));
            in_one_sentence(&ran, &format!("{what}: {words}"));
            assert!(began.elapsed().as_secs() < 60, "{what}: {words}");
        }
    };
    std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(reads))));
}

/// Without the line in which `replay --verify` tells how long it took.
fn untimed(text: &str) -> String {
    text.lines().filter(|line| !line.ends_with(" a second")).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_only_reads_works_where_nothing_may_be_written() {
    let writable = copy_of(demo());
    let mounted = tempfile::tempdir().unwrap();
    let mut mount = Command::new("mount");
    mount.args(["--bind", "-o", "ro"]).arg(writable.path()).arg(mounted.path());
    if !mount.output().is_ok_and(|done| done.status.success()) {
        eprintln!("skipped: nothing may be mounted here");
        return;
    }
    let mut wrong = Vec::new();
    for words in READERS {
        let expected = run(writable.path(), &format!("{words} --run demo"));
        let found = run(mounted.path(), &format!("{words} --run demo"));
        in_one_sentence(&found, words);
        let name = |path: &Path| path.display().to_string();
        let text = found.out.replace(&name(mounted.path()), &name(writable.path()));
        let (text, expected_text) = (untimed(&text), untimed(&expected.out));
        // `doctor` says that it cannot be written, and `data validate` draws no picture there.
        // The writable run grows by a snapshot as it is opened.
        let differs = !["runs", "doctor", "data validate --lake"].contains(&words);
        if found.code == 2 || differs && (text != expected_text || found.code != expected.code) {
            wrong.push(format!("{words}: {} {}{}", found.code, found.out, found.err));
        }
    }
    let halted = run(mounted.path(), "halt --reason test --run demo");
    let umount = Command::new("umount").arg("-l").arg(mounted.path()).status();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    halted.refused(&["cannot write"]);
    assert!(umount.is_ok());
}

#[test]
fn a_run_is_backed_up_while_it_runs_and_the_restored_one_goes_on() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("live.backup");
    let backup = format!("backup {} -o json", file.display());
    let words_up = "up --source sim:5,stocks=8,days=300 --from 2016-01-29";
    let up = Running::start(data.path(), words_up);
    let saved = wait_for("backup", || {
        let ran = run(data.path(), &backup);
        (ran.code == 0 && ran.json()["records"].as_u64() > Some(150)).then(|| ran.json()).or_else(
            || {
                let _ = fs::remove_file(&file);
                None
            },
        )
    });
    wait_for("unit that has caught up", || {
        let lag = run(data.path(), "lag -o json").json();
        let units = lag["units"].as_array().cloned().unwrap_or_default();
        (!units.is_empty() && units.iter().all(|unit| unit["state"] == "caught_up")).then_some(())
    });
    assert_eq!(up.interrupt(), 0);
    let restore = |name: &str, file: &Path| {
        run(data.path(), &format!("restore {} --run {name} -o json", file.display()))
    };
    let restored = restore("again", &file).json();
    assert_eq!(
        (&restored["records"], &restored["offsets"]),
        (&saved["records"], &saved["offsets"])
    );
    restore("again", &file).refused(&["run again exists"]);

    // Of the ended run the backup holds all: the same digests, offsets, views.
    let whole = data.path().join("whole.backup");
    run(data.path(), &format!("backup {}", whole.display())).refused_not();
    restore("whole", &whole).refused_not();
    for verb in ["topics list", "positions", "journal", "rankings", "model list"] {
        let of = |name: &str| run(data.path(), &format!("{verb} -o json --run {name}")).out;
        assert_eq!(of("whole"), of("live"), "{verb}");
    }
    let lag = |name: &str| {
        run(data.path(), &format!("lag -o json --run {name}")).json()["partitions"].clone()
    };
    assert_eq!(lag("whole"), lag("live"));
    // The one from its middle goes on and ends as the other did.
    let up = Running::start(data.path(), &format!("{words_up} --run again"));
    wait_for("the same digests", || {
        let of = |name: &str| run(data.path(), &format!("topics list -o json --run {name}")).out;
        (of("again") == of("live")).then_some(())
    });
    assert_eq!(up.interrupt(), 0);
    let mut bytes = fs::read(&whole).unwrap();
    bytes.truncate(bytes.len() - 100);
    fs::write(&whole, bytes).unwrap();
    restore("cut", &whole).refused(&["whole.backup", "cut"]);
    assert!(!data.path().join("runs/cut").exists());
}

trait RanWell {
    fn refused_not(&self);
}

impl RanWell for Ran {
    fn refused_not(&self) {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
    }
}

#[test]
fn a_wounded_run_is_repaired_or_named_and_never_shown_with_less() {
    let whole = run(demo(), "topics list -o json --run demo").json();
    let positions = run(demo(), "positions -o json --run demo").out;
    let journal = run(demo(), "journal -o json --run demo").out;
    let length = |of: &str, data: &Path| {
        fs::metadata(data.join("runs/demo").join(of).join("db")).unwrap().len()
    };
    for (of, cut) in [("log", 1), ("log", 1000), ("log", 30), ("state", 1000), ("state", 5)] {
        let data = copy_of(demo());
        let file = data.path().join("runs/demo").join(of).join("db");
        let cut_to = length(of, data.path()) - (length(of, data.path()) / cut).min(1 << 20);
        fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(cut_to).unwrap();
        if cut == 1000 {
            readers_say_it_in_one_sentence(data.path(), &format!("{of} cut by 1/{cut}"));
        }
        let doctor = run(data.path(), "doctor -o json --run demo");
        let topics = run(data.path(), "topics list -o json --run demo");
        // A partition that cannot be read is named beside the others.
        assert!(topics.code != 0 || topics.json() == whole, "{of} cut by 1/{cut}: {}", topics.out);
        let mut fine = topics.code == 0;
        for (verb, right) in [("positions", &positions), ("journal", &journal)] {
            let ran = run(data.path(), &format!("{verb} -o json --run demo"));
            assert!(ran.code == 2 || &ran.out == right, "{of} cut by 1/{cut}: {}", ran.out);
            fine &= ran.code == 0;
        }
        assert!(fine || doctor.code != 0, "{of} cut by 1/{cut}: {}{}", doctor.out, doctor.err);
        // What was cut may have been empty, or what only `doctor` reads, which then names it.
        assert!(
            !fine || doctor.code == 0 || doctor.out.contains(&format!("runs/demo/{of}")),
            "{of} cut by 1/{cut}: {}",
            doctor.out
        );
        assert!(!fine || cut > 1, "nothing was found");
    }
}

#[test]
fn a_torn_snapshot_is_moved_aside_and_a_damaged_state_is_made_again() {
    let data = copy_of(demo());
    let before = run(data.path(), "topics list -o json --run demo").json();
    let positions = run(data.path(), "positions -o json --run demo").out;
    let snapshot = fs::read_dir(log(data.path()))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().unwrap().to_string_lossy().starts_with("snap."))
        .unwrap();
    fs::write(&snapshot, b"torn").unwrap();
    let ran = finish(command(data.path(), "topics list -o json --run demo"));
    assert_eq!(ran.json(), before);
    assert!(
        ran.err.contains("is torn") && ran.err.contains("kept beside the store"),
        "{}",
        ran.err
    );

    let state = data.path().join("runs/demo/state/db");
    let mut bytes = fs::read(&state).unwrap();
    bytes.iter_mut().skip(2000).step_by(4096).for_each(|byte| *byte ^= 1);
    fs::write(&state, bytes).unwrap();
    run(data.path(), "positions --run demo").refused(&["state is damaged", "`butterquant doctor"]);
    let doctor = run(data.path(), "doctor --repair -o json --run demo");
    assert_eq!(doctor.code, 1, "{}", doctor.out);
    assert!(doctor.out.contains("rebuild --all"), "{}", doctor.out);
    assert!(data.path().join("runs/demo/aside-0-state").exists());
    let rebuilt = run(data.path(), "rebuild --all --run demo");
    assert!(rebuilt.code <= 1, "{}{}", rebuilt.out, rebuilt.err);
    assert_eq!(run(data.path(), "positions -o json --run demo").out, positions);
    run(data.path(), "doctor --run demo").well();
}

/// A log of an earlier version has no note of its own snapshot, so a foreign one is met by the store itself.
#[test]
fn a_log_that_does_not_open_is_recovered_without_its_snapshots_and_kept() {
    let data = copy_of(demo());
    let before = run(data.path(), "topics list -o json --run demo").json();
    let foreign = tempfile::tempdir().unwrap();
    for opening in 0..2 {
        let db = kv::Db::open(foreign.path()).unwrap();
        let tree = db.tree("foreign").unwrap();
        for key in 0..8_000u32 * (1 - opening) {
            tree.insert(key.to_be_bytes(), vec![key as u8; 6_000]).unwrap();
        }
        db.flush().unwrap();
    }
    let snapshots = fs::read_dir(foreign.path()).unwrap().map(|entry| entry.unwrap().path());
    let snapshot = snapshots
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("snap."))
        .max()
        .unwrap();
    fs::copy(snapshot, log(data.path()).join("snap.00000000FFFFFFFF")).unwrap();
    let _ = fs::remove_file(log(data.path()).join("snapshot"));
    run(data.path(), "topics list --run demo").refused(&["is damaged", "`butterquant doctor"]);
    let doctor = run(data.path(), "doctor --repair -o json --run demo").json();
    let repaired = doctor["fine"][0]["detail"].as_str().unwrap_or_default();
    assert!(repaired.contains("the sums over all records are those recorded"), "{doctor}");
    assert!(data.path().join("runs/demo/aside-0-log/db").exists());
    assert_eq!(run(data.path(), "topics list -o json --run demo").json(), before);
}
