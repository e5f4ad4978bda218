//! Labelled rows read back from files that the program writes, and the errors of files without rows.

#![allow(clippy::unwrap_used, clippy::panic)]

use schemas::events::{
    FeatureVector, Features, Outcome, OutcomeMissing, Outcomes, Sample, Samples,
};
use schemas::{Day, Event, EventId, Topic};
use std::fs;
use std::path::Path;
use store::rows::{FoundRow, read_rows};
use store::{Lake, StoreError};

const DAY: Day = Day(17_000);

fn sample(ticker: &str, as_of: Day) -> Event {
    let row = Sample {
        as_of,
        evaluation_day: as_of + 20,
        contract_version: 1,
        values: (0..23).map(f64::from).collect(),
        roi: 0.2,
        class: 3,
        weight: 0.5,
        stratum: "low".to_owned(),
        score: None,
    };
    Event::new(DAY, ticker, &[ticker, &as_of.to_string()], Samples::SampleDrawn(row))
}

fn candidate(ticker: &str) -> EventId {
    EventId::of(&[ticker], 0)
}

fn features(ticker: &str, day: Day) -> Event {
    let vector = FeatureVector {
        candidate: candidate(ticker),
        contract_version: 1,
        values: vec![0.5; 23],
        score: None,
    };
    Event::new(day, ticker, &[ticker], Features::FeaturesExtracted(vector))
}

fn matured(ticker: &str, day: Day, roi: f64) -> Event {
    let outcome = Outcome {
        candidate: candidate(ticker),
        evaluation_day: day + -1,
        roi,
        ..Outcome::default()
    };
    Event::new(day, ticker, &[ticker], Outcomes::CandidateMatured(outcome))
}

#[test]
fn a_file_of_rows_gives_them_back_and_a_folder_all_of_its_files() {
    let dir = tempfile::tempdir().unwrap();
    let lake = Lake::open(dir.path().join("lake")).unwrap();
    let files = dir.path().join("files");
    let rows: Vec<Event> = (0..3).map(|n| sample("A", DAY + n)).collect();
    lake.write_file(&files.join("one.parquet"), Topic::Samples, &rows).unwrap();
    lake.write_file(&files.join("deep/two.parquet"), Topic::Samples, &rows[..1]).unwrap();

    let found = read_rows(&files.join("one.parquet")).unwrap();
    assert_eq!((found.rows.len(), found.files, found.open), (3, 1, vec![]));
    let FoundRow { place, ticker, values, roi, class, weight, .. } = &found.rows[2];
    assert!(place.0.ends_with("one.parquet") && place.1 == 3, "{place:?}");
    assert_eq!((ticker.as_str(), values.len(), values[22]), ("A", 23, Some(22.0)));
    assert_eq!((*roi, *class, *weight), (Some(0.2), Some(3), Some(0.5)));
    assert_eq!(found.rows[2].as_of, Some(DAY + 2));
    assert_eq!(found.rows[2].evaluation_day, Some(DAY + 22));
    assert_eq!(read_rows(&files).unwrap().rows.len(), 4);
}

#[test]
fn a_lake_joins_features_with_outcomes_and_has_the_samples_too() {
    let dir = tempfile::tempdir().unwrap();
    let lake = Lake::open(dir.path()).unwrap();
    lake.write_day(DAY, &[sample("S", DAY)]).unwrap();
    let scanned = ["A", "B", "C", "D"].map(|ticker| features(ticker, DAY));
    lake.write_day(DAY, &scanned).unwrap();
    let missing = OutcomeMissing { candidate: candidate("B"), ..OutcomeMissing::default() };
    let said = [
        matured("A", DAY + 21, -0.3),
        Event::new(DAY + 21, "B", &["B"], Outcomes::OutcomeMissing(missing)),
    ];
    lake.write_day(DAY + 21, &said).unwrap();
    lake.write_day(DAY + 30, &[matured("D", DAY + 30, 0.1)]).unwrap();

    let found = read_rows(dir.path()).unwrap();
    // C still waits for its outcome; B will never have one.
    assert_eq!((found.files, found.open), (4, vec![DAY]));
    let told: Vec<_> = found
        .rows
        .iter()
        .map(|row| (row.ticker.as_str(), row.as_of, row.evaluation_day, row.roi, row.weight))
        .collect();
    let row = |ticker, evaluated: Day, roi, weight| {
        (ticker, Some(DAY), Some(evaluated), Some(roi), Some(weight))
    };
    assert_eq!(
        told,
        [row("S", DAY + 20, 0.2, 0.5), row("A", DAY + 20, -0.3, 1.0), row("D", DAY + 29, 0.1, 1.0)]
    );
}

#[test]
fn what_a_number_cannot_be_comes_back_as_missing() {
    let dir = tempfile::tempdir().unwrap();
    let lake = Lake::open(dir.path()).unwrap();
    let mut bad = sample("A", DAY);
    if let schemas::Body::Samples(Samples::SampleDrawn(row)) = &mut bad.body {
        row.values[4] = f64::NAN;
        row.values.truncate(20);
    }
    let file = dir.path().join("bad.parquet");
    lake.write_file(&file, Topic::Samples, &[bad]).unwrap();
    let values = read_rows(&file).unwrap().rows[0].values.clone();
    assert_eq!((values.len(), values[4], values[3]), (20, None, Some(3.0)));
}

#[test]
fn files_without_rows_say_what_is_wrong_and_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let lake = Lake::open(dir.path()).unwrap();
    let said = |path: &Path| read_rows(path).unwrap_err();
    let whole = dir.path().join("whole.parquet");
    lake.write_file(&whole, Topic::Samples, &[sample("A", DAY)]).unwrap();
    let bytes = fs::read(&whole).unwrap();
    let cut = dir.path().join("cut.parquet");
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    assert!(matches!(said(&cut), StoreError::DamagedRows { .. }), "{}", said(&cut));
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 4..bytes.len() / 2].iter_mut().for_each(|byte| *byte ^= 0x55);
    let damaged = dir.path().join("damaged.parquet");
    fs::write(&damaged, flipped).unwrap();
    assert!(matches!(said(&damaged), StoreError::DamagedRows { .. }), "{}", said(&damaged));
    let text = dir.path().join("text.parquet");
    fs::write(&text, "ticker,roi\nA,0.1\n").unwrap();
    assert!(said(&text).to_string().contains("history generate"), "{}", said(&text));

    let other = dir.path().join("features.parquet");
    lake.write_file(&other, Topic::Features, &[features("A", DAY)]).unwrap();
    let error = said(&other).to_string();
    assert!(error.contains("as_of: there is no such column"), "{error}");
    let empty = dir.path().join("empty");
    fs::create_dir(&empty).unwrap();
    assert!(said(&empty).to_string().contains("holds no rows"), "{}", said(&empty));
    assert!(matches!(said(&dir.path().join("none")), StoreError::Unreadable { .. }));
}
