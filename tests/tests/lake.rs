//! The parquet lake is readable by pandas and DuckDB.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../../schemas/tests/fixtures/mod.rs"]
mod fixtures;

use schemas::{Event, Topic};
use store::Lake;

#[test]
fn pandas_and_duckdb_read_every_topic_of_a_lake() {
    let dir = tempfile::tempdir().unwrap();
    let lake = Lake::open(dir.path()).unwrap();
    let events = fixtures::one_of_each();
    for topic in Topic::ALL {
        let of_topic = |day: Option<schemas::Day>| -> Vec<Event> {
            let chosen =
                |event: &&Event| event.topic() == topic && day.is_none_or(|day| event.day == day);
            events.iter().filter(chosen).cloned().collect()
        };
        let mut days: Vec<_> = of_topic(None).iter().map(|event| event.day).collect();
        days.dedup();
        for day in days {
            lake.write_day(topic, day, &of_topic(Some(day))).unwrap();
        }
    }
    let packages = ["duckdb", "pandas", "pyarrow"];
    let Some(said) = tests::python::run("read_lake.py", &packages, dir.path()) else { return };
    for topic in Topic::ALL {
        let rows = events.iter().filter(|event| event.topic() == topic).count();
        assert!(said.contains(&format!("{topic}: {rows} rows")), "{topic} of {rows} rows:\n{said}");
    }
}
