//! The lake's manifest: whatever happens to a file of the lake is found, named, and never read as rows.

#![allow(clippy::unwrap_used)] // helpers of tests are tests too

mod made_up;

use made_up::{MONDAY, all_of, scanned};
use schemas::{Day, Event, Topic};
use std::fs;
use std::path::Path;
use store::manifest::{FileFault, FileSum, Manifest, Wrong};
use store::rows::read_rows;
use store::{Lake, StoreError, Views};

const FRIDAY: Day = Day(MONDAY.0 + 4);
const JULY: Day = Day(MONDAY.0 + 7);

/// A lake of June, as one file a topic, and the first day of July.
fn a_lake(dir: &Path) -> Lake {
    let lake = Lake::open(dir).unwrap();
    lake.claim("log").unwrap();
    for day in [MONDAY, FRIDAY, JULY] {
        lake.write_day(day, &all_of(day)).unwrap();
        lake.close_months(day).unwrap();
        lake.finish_day(day).unwrap();
    }
    lake
}

fn faults(lake: &Lake) -> Vec<FileFault> {
    lake.check().unwrap().faults
}

#[test]
fn given_an_undisturbed_lake_when_checked_then_it_is_whole_and_says_of_what() {
    let dir = tempfile::tempdir().unwrap();
    let check = a_lake(dir.path()).check().unwrap();
    assert_eq!((check.files, check.faults), (22, Vec::new()));
    assert_eq!((check.log.as_deref(), check.through), (Some("log"), Some(JULY)));
}

#[test]
fn given_any_byte_of_a_file_or_of_the_manifest_changed_then_it_is_found_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let lake = Lake::open(dir.path()).unwrap();
    lake.write_day(MONDAY, &[scanned(MONDAY, "AAPL", 70.0)]).unwrap();
    lake.finish_day(MONDAY).unwrap();
    for path in [lake.path(Topic::Scans, MONDAY), dir.path().join(".manifest")] {
        let sound = fs::read(&path).unwrap();
        // Every byte of the manifest, and of the file as many as the time of a test allows.
        let step = 1 + sound.len() / 600;
        for at in (0..sound.len()).step_by(step) {
            let mut bytes = sound.clone();
            bytes[at] ^= 1 << (at % 8);
            fs::write(&path, bytes).unwrap();
            let found = faults(&lake);
            assert_eq!(found.len(), 1, "byte {at} of {}", path.display());
            assert_eq!((&found[0].path, &found[0].wrong), (&path, &Wrong::Changed));
        }
        fs::write(&path, sound).unwrap();
    }
    assert!(faults(&lake).is_empty());
}

#[test]
fn given_files_gone_cut_longer_or_put_there_then_each_is_named_with_topic_and_day_or_month() {
    let dir = tempfile::tempdir().unwrap();
    let lake = a_lake(dir.path());
    let (gone, cut) = (lake.path(Topic::Bars, JULY), lake.month_path(Topic::Orders, MONDAY));
    let (longer, extra) = (lake.path(Topic::Fills, JULY), lake.path(Topic::Fills, JULY + 1));
    let (of_cut, of_longer) = (fs::read(&cut).unwrap(), fs::read(&longer).unwrap());
    fs::remove_file(&gone).unwrap();
    fs::write(&cut, &of_cut[..100]).unwrap();
    fs::write(&longer, [of_longer.clone(), vec![0]].concat()).unwrap();
    fs::copy(lake.path(Topic::Scans, JULY), &extra).unwrap();
    let found = faults(&lake);
    let (cut_of, longer_than) = (of_cut.len() as u64, of_longer.len() as u64);
    let wanted = [
        (&gone, "bars", "2018-07-02", Wrong::Missing),
        (
            &longer,
            "fills",
            "2018-07-02",
            Wrong::Longer { bytes: longer_than + 1, than: longer_than },
        ),
        (&extra, "fills", "2018-07-03", Wrong::Extra),
        (&cut, "orders", "2018-06", Wrong::Cut { bytes: 100, of: cut_of }),
    ];
    assert_eq!(found.len(), wanted.len(), "{found:?}");
    for (fault, (path, topic, of, wrong)) in found.iter().zip(&wanted) {
        assert_eq!((&fault.path, &fault.wrong), (*path, wrong));
        assert_eq!((fault.topic.as_deref(), fault.of.as_deref()), (Some(*topic), Some(*of)));
        assert!(fault.to_string().contains(path.to_str().unwrap()), "{fault}");
    }
}

#[test]
fn given_a_changed_or_missing_file_then_its_rows_are_not_read_and_not_merged_into_a_month() {
    let dir = tempfile::tempdir().unwrap();
    let lake = a_lake(dir.path());
    read_rows(dir.path()).unwrap();
    for topic in [Topic::Samples, Topic::Features, Topic::Outcomes] {
        let file = lake.path(topic, JULY);
        let sound = fs::read(&file).unwrap();
        let mut bytes = sound.clone();
        bytes[40] ^= 4;
        fs::write(&file, bytes).unwrap();
        let said = read_rows(dir.path()).unwrap_err().to_string();
        assert!(
            said.contains(&file.display().to_string()) && said.contains("rebuild --all"),
            "{said}"
        );
        fs::remove_file(&file).unwrap();
        let said = read_rows(dir.path()).unwrap_err().to_string();
        assert!(said.contains(&file.display().to_string()) && said.contains("missing"), "{said}");
        fs::write(&file, sound).unwrap();
    }

    let file = lake.path(Topic::Scans, JULY);
    let mut bytes = fs::read(&file).unwrap();
    bytes[40] ^= 4;
    fs::write(&file, bytes).unwrap();
    let refused = lake.close_months(JULY + 31).unwrap_err();
    assert!(matches!(&refused, StoreError::WrongFile { path, .. } if *path == file), "{refused}");
}

#[test]
fn given_a_crash_between_a_line_and_its_file_then_nothing_is_wrong_and_the_next_start_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let lake = a_lake(dir.path());
    let events: Vec<Event> = vec![scanned(JULY + 1, "AAPL", 70.0)];
    let file = lake.path(Topic::Scans, JULY + 1);
    // The line is there, its file is not.
    let sum = FileSum::of("topic=scans/month=2018-07/2018-07-03.parquet", b"never written");
    Manifest::new(dir.path()).change(vec![sum], None, || Ok(())).unwrap();
    assert!(faults(&lake).is_empty() && !file.exists());
    // So it is with a line that is not finished, once the next writer has begun.
    let lake = Lake::open(dir.path()).unwrap();
    lake.write_day(JULY + 1, &events).unwrap();
    assert!(faults(&lake).is_empty() && file.exists());
    let manifest = dir.path().join(".manifest");
    let whole = fs::read(&manifest).unwrap();
    fs::write(&manifest, &whole[..whole.len() - 30]).unwrap();
    assert_eq!(faults(&lake)[0].path, manifest);
    let lake = Lake::open(dir.path()).unwrap();
    lake.write_day(JULY + 1, &events).unwrap();
    lake.finish_day(JULY + 1).unwrap();
    assert!(faults(&lake).is_empty());
    assert_eq!(lake.check().unwrap().through, Some(JULY + 1));
}

#[test]
fn given_a_write_that_fails_then_the_manifest_is_as_before() {
    let dir = tempfile::tempdir().unwrap();
    let lake = a_lake(dir.path());
    let before = fs::read(dir.path().join(".manifest")).unwrap();
    let sum = FileSum::of("topic=scans/month=2018-07/2018-07-03.parquet", b"not written");
    let full = || Err(StoreError::Full { path: dir.path().to_path_buf() });
    Manifest::new(dir.path()).change(vec![sum], None, full).unwrap_err();
    // Opening it to write leaves out what is superfluous, so lines are counted by what they say.
    assert!(fs::read(dir.path().join(".manifest")).unwrap().len() <= before.len());
    assert!(faults(&lake).is_empty());
}

#[test]
fn given_another_log_then_lake_and_views_refuse_to_be_written() {
    let dir = tempfile::tempdir().unwrap();
    let lake = a_lake(dir.path());
    lake.claim("log").unwrap();
    assert!(matches!(lake.claim("another"), Err(StoreError::OtherLog { .. })));
    let views = Views::open(&kv::Db::open(dir.path().join("state")).unwrap()).unwrap();
    views.of_log("any").unwrap();
    views.claim("log").unwrap();
    views.claim("log").unwrap();
    assert!(matches!(views.claim("another"), Err(StoreError::OtherLog { .. })));
    assert!(matches!(views.of_log("another"), Err(StoreError::OtherLog { .. })));
    let behind = views.reach(MONDAY).unwrap_err();
    assert!(behind.to_string().contains("2018-06-25"), "{behind}");
}

#[test]
fn given_a_lake_without_its_manifest_then_it_is_refused_until_it_is_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let lake = a_lake(dir.path());
    fs::remove_file(dir.path().join(".manifest")).unwrap();
    assert!(matches!(lake.check(), Err(StoreError::OldLake { .. })));
    let lake = Lake::open(dir.path()).unwrap();
    let refused = lake.write_day(JULY + 1, &all_of(JULY + 1)).unwrap_err();
    assert!(matches!(refused, StoreError::OldLake { .. }), "{refused}");
}
