//! The parquet lake is readable by pandas, DuckDB and polars, and what they write is readable here.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../../schemas/tests/fixtures/mod.rs"]
mod fixtures;

use schemas::events::{Sample, Samples};
use schemas::{Day, Event, Topic};
use store::Lake;
use store::rows::{FoundRow, read_rows};

const DAY: Day = Day(17_707); // 2018-06-25

#[test]
fn pandas_duckdb_and_polars_read_every_topic_of_a_lake() {
    let dir = tempfile::tempdir().unwrap();
    let lake = Lake::open(dir.path()).unwrap();
    // A month that is over, and one that is not.
    let mut events = Vec::new();
    for later in [0, 31] {
        let day = DAY + later;
        let of_day: Vec<Event> =
            fixtures::one_of_each().into_iter().map(|event| Event { day, ..event }).collect();
        lake.write_day(day, &of_day).unwrap();
        lake.close_months(day).unwrap();
        events.extend(of_day);
    }
    let packages = ["duckdb", "pandas", "polars", "pyarrow"];
    let Some(said) = tests::python::run("read_lake.py", &packages, dir.path()) else { return };
    for topic in Topic::ALL {
        let rows = events.iter().filter(|event| event.topic() == topic).count();
        assert!(said.contains(&format!("{topic}: {rows} rows")), "{topic} of {rows} rows:\n{said}");
    }
}

#[test]
fn rows_that_pandas_arrow_and_duckdb_write_are_read_whatever_their_types() {
    let dir = tempfile::tempdir().unwrap();
    let lake = Lake::open(dir.path().join("lake")).unwrap();
    let row = |at: i32| Sample {
        as_of: Day(17_000 + at),
        evaluation_day: Day(-3),
        contract_version: 1,
        values: vec![0.5, -2.0, f64::from(at)],
        roi: -0.25,
        class: 3,
        weight: 0.5,
        ..Sample::default()
    };
    let rows: Vec<Event> = (0..3)
        .map(|at| Event::new(Day(17_030), "A", &[&at.to_string()], Samples::SampleDrawn(row(at))))
        .collect();
    lake.write_file(&dir.path().join("own.parquet"), Topic::Samples, &rows).unwrap();
    let packages = ["duckdb", "pandas", "pyarrow"];
    let Some(_) = tests::python::run("write_rows.py", &packages, dir.path()) else { return };

    let read = |name: &str| read_rows(&dir.path().join(name));
    let found = |name: &str| -> Vec<FoundRow> {
        let rows = read(name).unwrap_or_else(|error| panic!("{name}: {error}")).rows;
        rows.into_iter().map(|row| FoundRow { place: Default::default(), ..row }).collect()
    };
    let own = found("own.parquet");
    assert_eq!((own.len(), own[2].as_of, own[2].roi), (3, Some(Day(17_002)), Some(-0.25)));
    for name in ["pandas", "wide", "narrow", "unsigned", "duckdb"] {
        assert_eq!(found(&format!("{name}.parquet")), own, "{name}");
    }
    let unfit = found("unfit.parquet");
    let told = unfit.iter().map(|row| (row.roi, row.as_of, row.class, row.contract_version));
    let nothing = (None, None, None, None);
    let first = (Some(-0.25), Some(Day(17_000)), Some(3), Some(1));
    assert_eq!(told.collect::<Vec<_>>(), [first, nothing, nothing]);
    assert_eq!(unfit[2].ticker, "A");
    let refused = read("flags.parquet").unwrap_err().to_string();
    assert!(refused.contains("column roi") && refused.contains("Boolean"), "{refused}");
}
