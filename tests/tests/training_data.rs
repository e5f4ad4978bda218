//! The verbs of training data: `history generate` and `data validate`.

#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;
use tests::cli::{Running, run, wait_for};

/// Stocks and days enough for some rows.
const MARKET: &str = "--source sim:7,stocks=12,days=450";
const WANTED: &str = "--low 60 --normal 60 --high 60";

fn folder() -> TempDir {
    tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"))
}

fn generate(data: &Path, more: &str) -> Value {
    run(data, &format!("history generate {MARKET} {WANTED} {more} -o json")).json()
}

/// The digest of a topic.
fn samples(data: &Path) -> (u64, String) {
    let topics = run(data, "topics list -o json").json();
    let found = topics.as_array().unwrap().iter().find(|one| one["topic"] == "samples").unwrap();
    (found["events"].as_u64().unwrap(), found["sha256"].as_str().unwrap().to_owned())
}

fn check<'a>(said: &'a Value, name: &str) -> &'a Value {
    let checks = said["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("{name}: {said}"))
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_adds_nothing_twice() {
    let (data, other) = (folder(), folder());
    let first = generate(data.path(), "--threads 1");
    let all = first["rows"].as_u64().unwrap();
    let strata = first["strata"].as_array().unwrap();
    assert_eq!(strata.iter().filter_map(|one| one["drawn"].as_u64()).sum::<u64>(), all);
    assert!(all > 60 && first["published"] == all, "{first}");
    assert!(Path::new(first["file"].as_str().unwrap()).exists(), "{first}");
    let (rows, digest) = samples(data.path());
    assert_eq!(rows, all);

    // Again, with another number of threads and into another file: the same bytes, nothing new.
    let file = data.path().join("again.parquet");
    let again = generate(data.path(), &format!("--threads 3 --out {}", file.display()));
    assert_eq!(
        (again["published"].as_u64(), again["already_there"].as_u64()),
        (Some(0), Some(all))
    );
    assert_eq!(again["sha256"], first["sha256"]);
    assert_eq!(
        schemas::id::sha256_hex(&std::fs::read(&file).unwrap()),
        first["sha256"].as_str().unwrap()
    );
    assert_eq!(samples(data.path()), (all, digest.clone()));

    // The same in another folder; another seed gives other rows, some of which were there.
    assert_eq!(generate(other.path(), "")["sha256"], first["sha256"]);
    assert_eq!(samples(other.path()), (all, digest));
    let more = generate(other.path(), "--seed 8");
    assert_ne!(more["sha256"], first["sha256"]);
    let (added, there) =
        (more["published"].as_u64().unwrap(), more["already_there"].as_u64().unwrap());
    assert!(added > 0 && there > 0 && samples(other.path()).0 == all + added, "{more}");
}

#[test]
fn a_run_opens_with_the_rows_drawn_for_it_and_takes_more_while_it_runs() {
    let data = folder();
    let drawn = generate(data.path(), "");
    let all = drawn["rows"].as_u64().unwrap();
    let told = run(data.path(), "runs");
    assert!(told.code == 0 && told.out.contains("`butterquant up --data-dir "), "{told:?}");

    let up = Running::start(data.path(), &format!("up {MARKET}"));
    wait_for("opened run that answers", || {
        let models = run(data.path(), "topics consume models -n 1 -o json");
        (models.code == 0 && models.out.contains("RETRAIN_TRIGGERED")).then_some(())
    });
    let more = generate(data.path(), "--seed 8");
    assert_eq!(more["before"], drawn["before"], "{more}");
    assert!(more["published"].as_u64().unwrap() > 0, "{more}");
    assert_eq!(samples(data.path()).0, all + more["published"].as_u64().unwrap());
    let late = run(data.path(), &format!("history generate {MARKET} --before 2030-01-01"));
    late.refused(&["reaches into this run", "its own outcomes"]);
    assert_eq!(up.interrupt(), 0);

    // The first training used the rows drawn before the run was opened.
    let first = run(data.path(), "topics consume models -n 1 -o json").lines();
    let evidence = first[0]["data"]["evidence"].as_str().unwrap().to_owned();
    assert!(evidence.starts_with(&format!("{all} rows of history")), "{evidence}");
}

#[test]
fn a_run_does_not_open_over_rows_of_the_days_it_would_scan() {
    let data = folder();
    let drawn = generate(data.path(), "");
    let last = drawn["span"][1].as_str().unwrap();
    let up =
        |more: &str| run(data.path(), &format!("up {MARKET} --from {last} --until {last} {more}"));
    let all = drawn["rows"].as_u64().unwrap();
    let twice = format!("of {all} rows on samples are of days from {last} on, the last of {last}");
    let remedy = format!("`butterquant history generate --run ID --before {last} --data-dir ");
    up("").refused(&[&twice, "count them twice", "scan from a later day", &remedy]);
    // The run is not open, and more history does not open it.
    assert!(run(data.path(), "runs").out.contains("it was never opened; `butterquant up"));
    up("--history 50").refused(&[&twice]);
    assert_eq!(samples(data.path()).0, all);

    let before = generate(data.path(), &format!("--run other --before {last}"));
    assert!(before["span"][1].as_str() < Some(last), "{before}");
    let opened = up("--run other");
    opened.well();
}

#[test]
fn rows_are_checked_shown_and_drawn() {
    let data = folder();
    let drawn = generate(data.path(), "");
    let (file, all) = (drawn["file"].as_str().unwrap(), drawn["rows"].as_u64().unwrap());
    let ran = run(data.path(), &format!("data validate {file}"));
    assert!(ran.out.contains(&format!("{all} rows, {all} of them sound")), "{ran:?}");
    for words in
        ["gamma_theta_ratio", "good  labels", "fewer than 1000 rows to train on", "Picture:"]
    {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
    let png = std::fs::read(Path::new(file).with_extension("png")).unwrap();
    assert_eq!(&png[1..4], b"PNG");

    let svg = data.path().join("one.svg");
    let words = format!("data validate --lake --picture {} -o json", svg.display());
    let said = run(data.path(), &words);
    let said: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        (said["rows"].as_u64(), said["features"].as_array().unwrap().len()),
        (Some(all), 23)
    );
    let picture = std::fs::read_to_string(&svg).unwrap();
    for words in ["trend_slope", "vix_level", "Classes, share of the rows"] {
        assert!(picture.contains(words), "{words} is missing");
    }
    // Given a test period, the rows that reach into it are found.
    let mid = said["span"].as_array().unwrap()[1].as_str().unwrap();
    let ran =
        run(data.path(), &format!("data validate {file} --no-picture --test-from {mid} -o json"));
    let said: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, &said["found"]), (1, &Value::from(true)));
    assert_eq!(check(&said, "test")["grade"], "found");
}

#[test]
fn rows_in_which_nothing_is_found_end_with_code_0() {
    let data = folder();
    let market = "--source sim:2,stocks=30,days=1500 --low 300 --normal 500 --high 300";
    let drawn = run(data.path(), &format!("history generate {market} -o json")).json();
    let file = drawn["file"].as_str().unwrap();
    let said = run(data.path(), &format!("data validate {file} --no-picture -o json")).json();
    assert_eq!((&said["found"], &said["rows"]), (&Value::from(false), &drawn["rows"]));
    let checks = said["checks"].as_array().unwrap();
    assert!(checks.len() == 11 && checks.iter().all(|check| check["grade"] != "found"), "{said}");
    for name in ["numbers", "duplicates", "maturity", "classes", "leakage", "drift"] {
        assert_eq!(check(&said, name)["grade"], "good", "{said}");
    }
    let ran = run(data.path(), &format!("data validate {file}"));
    assert!(ran.code == 0 && !ran.out.contains("FOUND"), "{ran:?}");
}

#[test]
fn the_same_rows_twice_are_found_and_files_without_rows_cannot_be_looked_at() {
    let data = folder();
    let twice = data.path().join("twice");
    let mut all = 0;
    for name in ["a.parquet", "b.parquet"] {
        let drawn = generate(data.path(), &format!("--out {}", twice.join(name).display()));
        all = drawn["rows"].as_u64().unwrap();
    }
    let ran = run(data.path(), &format!("data validate {} --no-picture -o json", twice.display()));
    let said: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, said["rows"].as_u64()), (1, Some(2 * all)));
    let found = check(&said, "duplicates");
    assert!(
        found["said"].as_str().unwrap().starts_with(&format!("{all} rows are duplicates")),
        "{found}"
    );
    assert!(found["examples"][0].as_str().unwrap().contains("b.parquet row 1"), "{found}");

    let cut = data.path().join("cut.parquet");
    let whole = std::fs::read(twice.join("a.parquet")).unwrap();
    std::fs::write(&cut, &whole[..whole.len() - 9]).unwrap();
    let validate = |what: &str| run(data.path(), &format!("data validate {what}"));
    validate(&cut.display().to_string()).refused(&["cut.parquet", "history generate"]);
    let empty = folder();
    validate(&empty.path().display().to_string()).refused(&["holds no rows"]);
    validate("/no/such/file").refused(&["/no/such/file"]);
    validate("").refused(&["--lake"]);
    validate("--lake --run nope").refused(&["no run \"nope\""]);
    validate(&format!("{} --picture one.pdf", twice.display())).refused(&[".png or .svg"]);
}
