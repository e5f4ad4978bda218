//! A lake's months: when one is over, its days are merged into one file, the same whatever happened meanwhile.

#![allow(clippy::unwrap_used)] // helpers of tests are tests too

mod made_up;

use made_up::{MONDAY, all_of};
use schemas::{Day, Event, Topic};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use store::rows::read_rows;
use store::{Lake, StoreError};

/// The last days of June and the first ones of July.
const DAYS: [i32; 5] = [0, 2, 4, 7, 8];
const FRIDAY: Day = Day(MONDAY.0 + 4);
const JULY: Day = Day(MONDAY.0 + 7);

fn write(lake: &Lake, day: Day) {
    lake.write_day(day, &all_of(day)).unwrap();
}

/// Takes in the days as a run does.
fn take_in(lake: &Lake, days: &[i32]) {
    for day in days {
        write(lake, MONDAY + *day);
        lake.close_months(MONDAY + *day).unwrap();
    }
}

fn undisturbed() -> Lake {
    let lake = Lake::open(tempfile::tempdir().unwrap().keep()).unwrap();
    take_in(&lake, &DAYS);
    lake
}

fn names(lake: &Lake, topic: Topic) -> Vec<String> {
    let of_topic = |path: &&PathBuf| path.starts_with(lake.dir().join(format!("topic={topic}")));
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    lake.files().unwrap().iter().filter(of_topic).map(name).collect()
}

#[test]
fn given_a_month_that_is_over_when_listed_then_it_is_one_file_of_all_its_rows() {
    let lake = undisturbed();
    let days = ["2018-06.parquet", "2018-07-02.parquet", "2018-07-03.parquet"];
    assert_eq!(names(&lake, Topic::Scans), days);
    assert_eq!((lake.rows().unwrap()["scans"], lake.rows().unwrap()["bars"]), (10, 10));
    // A day of a month that is over is in it already.
    write(&lake, MONDAY);
    assert_eq!(names(&lake, Topic::Scans), days);
    fs::remove_dir_all(lake.dir()).unwrap();
}

/// What a process that is killed leaves, as the next one finds it.
type Crash = fn(&Lake);

#[test]
fn given_a_crash_at_any_step_when_started_again_then_the_lake_is_that_of_an_undisturbed_run() {
    let wanted = undisturbed();
    let copy = |from: &Path, to: &Path| {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    };
    let before_the_merge: Crash = |lake| write(lake, JULY);
    let half_a_file: Crash = |lake| {
        write(lake, JULY);
        fs::create_dir_all(lake.dir().join(".new")).unwrap();
        fs::write(lake.dir().join(".new/2018-06.parquet"), "half a fi").unwrap();
    };
    let some_topics_merged: Crash = |lake| {
        write(lake, JULY);
        let aside = lake.dir().join("aside");
        fs::rename(lake.dir().join("topic=scans"), &aside).unwrap();
        lake.close_months(JULY).unwrap();
        fs::rename(aside, lake.dir().join("topic=scans")).unwrap();
    };
    for (what, crash) in [
        ("before the merge", before_the_merge),
        ("half a file", half_a_file),
        ("some topics merged", some_topics_merged),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let lake = Lake::open(dir.path()).unwrap();
        take_in(&lake, &DAYS[..3]);
        crash(&lake);
        let lake = Lake::open(dir.path()).unwrap();
        take_in(&lake, &DAYS[3..]);
        assert_eq!(lake.digest().unwrap(), wanted.digest().unwrap(), "{what}");
    }

    // Swapped, but the days are still in `.new`; and without swapping, moved in beside the days.
    for (what, place) in [("swapped", ".new"), ("moved in", "topic=scans/month=2018-06")] {
        let dir = tempfile::tempdir().unwrap();
        let lake = Lake::open(dir.path()).unwrap();
        take_in(&lake, &DAYS);
        let from = wanted.path(Topic::Scans, JULY);
        copy(&from, &dir.path().join(place).join("2018-06-29.parquet"));
        let lake = Lake::open(dir.path()).unwrap();
        take_in(&lake, &DAYS[4..]);
        assert_eq!(lake.digest().unwrap(), wanted.digest().unwrap(), "{what}");
        assert!(!dir.path().join(".new/2018-06-29.parquet").exists());
    }
    fs::remove_dir_all(wanted.dir()).unwrap();
}

#[test]
fn given_a_reader_when_a_month_is_closed_then_it_sees_the_days_or_the_month() {
    let dir = tempfile::tempdir().unwrap();
    let lake = Lake::open(dir.path()).unwrap();
    let closed = AtomicBool::new(false);
    let folder = lake.path(Topic::Scans, MONDAY).with_file_name("");
    std::thread::scope(|scope| {
        let watched = scope.spawn(|| {
            let mut seen = Vec::new();
            while !closed.load(Ordering::Relaxed) {
                let listed = fs::read_dir(&folder)
                    .map(|found| found.flatten().map(|one| one.path()).collect());
                seen.push(listed.unwrap_or_else(|_| Vec::new()));
            }
            seen
        });
        take_in(&lake, &DAYS);
        closed.store(true, Ordering::Relaxed);
        let month = lake.month_path(Topic::Scans, MONDAY);
        for listed in watched.join().unwrap() {
            assert!(!listed.contains(&month) || listed.len() == 1, "{listed:?}");
        }
    });
}

#[test]
fn given_days_at_once_when_written_then_the_lake_is_as_if_one_came_after_the_other() {
    let wanted = undisturbed();
    // In every way to cut them, and with the days before the cut once more, as after a crash.
    for (first, again) in (0..DAYS.len()).flat_map(|first| [(first, first), (first, 0)]) {
        let lake = Lake::open(tempfile::tempdir().unwrap().keep()).unwrap();
        for offsets in [&DAYS[..first], &DAYS[again..]] {
            let days: Vec<(Day, Vec<Event>)> =
                offsets.iter().map(|day| (MONDAY + *day, all_of(MONDAY + *day))).collect();
            let days: Vec<(Day, &[Event])> = days.iter().map(|(day, of)| (*day, &**of)).collect();
            lake.write_days(&days).unwrap();
        }
        assert_eq!(lake.digest().unwrap(), wanted.digest().unwrap(), "{first} {again}");
        fs::remove_dir_all(lake.dir()).unwrap();
    }
    fs::remove_dir_all(wanted.dir()).unwrap();
}

#[test]
fn given_a_topic_without_markers_when_written_again_then_its_months_are_files() {
    let dir = tempfile::tempdir().unwrap();
    let lake = Lake::open(dir.path()).unwrap();
    let letters = |days: &[Day]| days.iter().map(|day| made_up::dead(*day)).collect();
    lake.write_whole(Topic::DeadLetters, letters(&[FRIDAY, MONDAY])).unwrap();
    lake.write_whole(Topic::DeadLetters, letters(&[FRIDAY, JULY, MONDAY])).unwrap();
    assert_eq!(names(&lake, Topic::DeadLetters), ["2018-06.parquet", "2018-07.parquet"]);
    assert_eq!(lake.rows().unwrap()["dead-letters"], 3);
}

#[test]
fn given_a_lake_of_the_old_layout_when_used_then_it_is_refused_until_it_is_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let old = dir.path().join("topic=features/date=2018-06-25");
    fs::create_dir_all(&old).unwrap();
    fs::write(old.join("events.parquet"), "").unwrap();
    let lake = Lake::open(dir.path()).unwrap();
    let refused = [
        lake.check_layout().unwrap_err(),
        lake.write_day(MONDAY, &all_of(MONDAY)).unwrap_err(),
        lake.write_whole(Topic::DeadLetters, Vec::new()).unwrap_err(),
        read_rows(dir.path()).unwrap_err(),
    ];
    for error in refused {
        assert!(matches!(error, StoreError::OldLake { .. }), "{error}");
        assert!(error.to_string().contains("rebuild --all"), "{error}");
    }
    lake.remove_all().unwrap();
    take_in(&lake, &DAYS);
    assert!(!old.exists());
}
