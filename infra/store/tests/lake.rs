//! The lake for its readers: whole files, the same every time, whose columns hold the events' values.

#![allow(clippy::unwrap_used)] // helpers of tests are tests too

mod made_up;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use made_up::{MONDAY, all_of, refused, scanned};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use schemas::events::{Bar, Bars, DayClosed, IndexClose, IndexHistory, Scans, TickerHistory};
use schemas::{Body, Day, Event, Topic};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use store::{Lake, StoreError};

fn read(path: &Path) -> RecordBatch {
    let file = fs::File::open(path).unwrap();
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    builder.build().unwrap().next().unwrap().unwrap()
}

fn fill(lake: &Lake) {
    for day in [MONDAY, MONDAY + 1] {
        lake.write_day(day, &all_of(day)).unwrap();
    }
}

#[test]
fn given_every_topic_when_written_then_each_is_counted_and_can_be_removed() {
    // Keeps a lake in the folder named here, to read by hand (tests/python/read_lake.py).
    let kept = std::env::var_os("BUTTERQUANT_KEEP_LAKE");
    let temporary = tempfile::tempdir().unwrap();
    let dir = kept.as_ref().map_or(temporary.path(), Path::new);
    let lake = Lake::open(dir).unwrap();
    fill(&lake);

    assert_eq!(lake.files().unwrap().len(), 22);
    assert_eq!(
        lake.path(Topic::Bars, MONDAY),
        dir.join("topic=bars/month=2018-06/2018-06-25.parquet")
    );
    let rows = lake.rows().unwrap();
    assert_eq!(rows.len(), Topic::ALL.len());
    assert_eq!((rows["scans"], rows["dead-letters"]), (4, 2));

    if kept.is_none() {
        fs::write(dir.join("notes.txt"), "mine").unwrap();
        lake.remove_all().unwrap();
        assert!(lake.files().unwrap().is_empty() && dir.join("notes.txt").exists());
    }
}

#[test]
fn given_a_scan_when_read_back_then_its_columns_hold_what_it_said() {
    let dir = tempfile::tempdir().unwrap();
    let lake = Lake::open(dir.path()).unwrap();
    let apple = scanned(MONDAY, "AAPL", 70.25);
    lake.write_day(MONDAY, &[apple.clone(), refused(MONDAY, "MSFT")]).unwrap();

    let batch = read(&lake.path(Topic::Scans, MONDAY));
    let column = |name: &str| batch.column_by_name(name).unwrap_or_else(|| panic!("{name}"));
    assert_eq!(column("id").as_string::<i32>().value(0), apple.id.to_string());
    assert_eq!(column("correlation_id").as_string::<i32>().value(0), apple.id.to_string());
    assert_eq!(column("kind").as_string::<i32>().value(1), "CANDIDATE_REFUSED");
    assert_eq!(column("day").as_primitive::<Date32Type>().value(1), MONDAY.0);
    assert!(column("control_offset").is_null(0));
    let score = column("score").as_primitive::<Float64Type>();
    assert_eq!((score.value(0), score.is_null(1)), (70.25, true));
    let expiry = column("structure_expiry").as_primitive::<Date32Type>();
    assert_eq!(expiry.value(0), MONDAY.0 + 32);
    let strategy = column("structure_strategy").as_string::<i32>();
    assert_eq!(strategy.value(0), "CALL_BUTTERFLY");
    assert!(column("pricing_strike_step").is_null(0));
    let legs = column("legs").as_list::<i32>();
    assert_eq!((legs.value(0).len(), legs.is_null(1)), (3, true));
    let strikes = legs.value(0).as_struct().column_by_name("strike").unwrap().clone();
    assert_eq!(strikes.as_primitive::<Float64Type>().value(2), 105.0);
    assert_eq!(column("code").as_string::<i32>().value(1), "TOO_FEW_BARS");
    assert!(column("partition").as_primitive::<Int64Type>().is_null(0));
}

/// Such a date is a sound event's, and a reader that cannot hold it could not read the file.
#[test]
fn given_a_date_beyond_the_year_9999_when_read_back_then_it_is_null() {
    let dir = tempfile::tempdir().unwrap();
    let lake = Lake::open(dir.path()).unwrap();
    let mut far = scanned(MONDAY, "AAPL", 70.0);
    if let Body::Scans(Scans::CandidateScanned(scan)) = &mut far.body {
        scan.structure.expiry = Day(i32::MAX);
        scan.structure.evaluation_day = Day(2_932_896);
    }
    lake.write_day(MONDAY, &[far]).unwrap();
    let batch = read(&lake.path(Topic::Scans, MONDAY));
    let date = |name: &str| batch.column_by_name(name).unwrap().as_primitive::<Date32Type>();
    assert!(date("structure_expiry").is_null(0));
    assert_eq!(date("structure_evaluation_day").value(0), 2_932_896);
}

#[test]
fn given_a_dead_letter_when_read_back_then_its_value_is_the_original_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let lake = Lake::open(dir.path()).unwrap();
    lake.write_day(MONDAY, &[made_up::dead(MONDAY)]).unwrap();
    let batch = read(&lake.path(Topic::DeadLetters, MONDAY));
    let value = batch.column_by_name("value").unwrap();
    assert_eq!(value.as_binary::<i32>().value(0), [0, 255, 1]);
}

#[test]
fn given_the_same_events_when_written_twice_then_the_digests_are_equal() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (one, two) = (Lake::open(one.path()).unwrap(), Lake::open(two.path()).unwrap());
    fill(&one);
    fill(&two);
    fill(&two);
    assert_eq!(one.digest().unwrap(), two.digest().unwrap());

    two.write_day(MONDAY, &[scanned(MONDAY, "AAPL", 1.0)]).unwrap();
    let (one, two) = (one.digest().unwrap(), two.digest().unwrap());
    let differing: Vec<&String> = one.keys().filter(|topic| one[*topic] != two[*topic]).collect();
    assert_eq!(differing, ["scans"]);
}

#[test]
fn given_what_a_crash_left_when_written_to_then_it_is_gone_and_the_data_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let lake = Lake::open(dir.path()).unwrap();
    fill(&lake);
    let leftover = dir.path().join(".new/file");
    fs::write(&leftover, "half a fi").unwrap();
    let lake = Lake::open(dir.path()).unwrap();
    // A reader may open the lake beside its writer, whose temporary file this would be.
    assert!(leftover.exists());
    fill(&lake);
    assert_eq!(lake.files().unwrap().len(), 22);
    assert!(!leftover.exists());
}

#[test]
fn given_no_events_a_marker_or_a_stray_event_when_written_then_no_file_comes() {
    let dir = tempfile::tempdir().unwrap();
    let lake = Lake::open(dir.path()).unwrap();
    lake.write_day(MONDAY, &[]).unwrap();
    let marker = Event::marker(Topic::Scans, MONDAY, DayClosed::default()).unwrap();
    lake.write_day(MONDAY, &[marker]).unwrap();
    let stray = [scanned(MONDAY, "AAPL", 1.0)];
    let file = lake.path(Topic::Bars, MONDAY);
    let error = lake.write_file(&file, Topic::Bars, &stray).unwrap_err();
    assert!(matches!(error, StoreError::WrongTopic { .. }), "{error}");
    assert!(lake.files().unwrap().is_empty());
}

#[test]
fn given_histories_when_read_back_then_they_are_lists_of_bars_and_closes() {
    let dir = tempfile::tempdir().unwrap();
    let lake = Lake::open(dir.path()).unwrap();
    let bar = |n: i32| Bar { bar_day: MONDAY + -n, close: f64::from(n), ..Bar::default() };
    let history = TickerHistory { bars: vec![bar(2), bar(1)].into() };
    let close = IndexClose { index_day: MONDAY + -1, close: 13.5 };
    let index = IndexHistory { partition: 1, closes: vec![close] };
    let events = [
        Event::new(MONDAY, "AAPL", &["AAPL"], Bars::HistoryLoaded(history)),
        Event::new(MONDAY, "", &["1"], Bars::IndexLoaded(index)),
        Event::marker(Topic::Bars, MONDAY, DayClosed::default()).unwrap(),
    ];
    lake.write_day(MONDAY, &events).unwrap();
    lake.close_months(MONDAY + 31).unwrap();

    let batch = read(&lake.month_path(Topic::Bars, MONDAY));
    let missing = batch.column_by_name("missing").unwrap().as_list::<i32>();
    assert!(missing.is_null(0) && missing.is_valid(2) && missing.value(2).is_empty());
    for (name, row, length, last) in [("bars", 0, 2, 1.0), ("closes", 1, 1, 13.5)] {
        let lists = batch.column_by_name(name).unwrap().as_list::<i32>();
        assert!(lists.is_null(1 - row), "{name}");
        let closes = lists.value(row).as_struct().column_by_name("close").unwrap().clone();
        let closes = closes.as_primitive::<Float64Type>();
        assert_eq!((closes.len(), closes.value(length - 1)), (length, last), "{name}");
    }
}

#[test]
fn given_a_damaged_file_or_a_path_that_cannot_be_written_then_the_error_names_both() {
    let dir = tempfile::tempdir().unwrap();
    let lake = Lake::open(dir.path()).unwrap();
    fill(&lake);
    let path = lake.path(Topic::Scans, MONDAY);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let said = lake.rows().unwrap_err().to_string();
    assert!(said.contains(&path.display().to_string()) && said.contains("rebuild"), "{said}");

    let file = dir.path().join("a-file");
    fs::write(&file, "").unwrap();
    let said = Lake::open(file.join("lake")).unwrap_err().to_string();
    assert!(said.contains("a-file/lake") && said.contains("permissions"), "{said}");

    // Root may write anywhere, so this part only tests other users.
    let topic = dir.path().join("topic=bars");
    fs::set_permissions(&topic, fs::Permissions::from_mode(0o500)).unwrap();
    if fs::create_dir(topic.join("probe")).is_err() {
        let refused = lake.write_day(MONDAY + 9, &all_of(MONDAY));
        assert!(matches!(refused, Err(StoreError::Unwritable { .. })));
    }
    fs::set_permissions(&topic, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn given_a_full_disk_when_written_then_it_is_said_and_nothing_half_written_stays() {
    // Needs a small file system of its own: BUTTERQUANT_FULL_DISK=/mnt/1m
    let Some(dir) = std::env::var_os("BUTTERQUANT_FULL_DISK") else { return };
    let lake = Lake::open(Path::new(&dir)).unwrap();
    let mut day = MONDAY;
    let refused = loop {
        match lake.write_day(day, &all_of(day)) {
            Ok(()) => day = day + 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, StoreError::Full { .. }), "{refused}");
    lake.rows().unwrap(); // every file that is there is whole
}
