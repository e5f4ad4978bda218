//! `report`: one file about a run, whose numbers are those of the other verbs, and which is whole or absent.

#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use tempfile::TempDir;
use tests::cli::{Ran, run};
use tests::python;

/// One test at a time reads the demo: a run is read by one process.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A finished demo with closed trades, made once.
fn demo() -> &'static Path {
    static MADE: OnceLock<TempDir> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let data = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let ran = run(data.path(), "demo --days 24 --stocks 25 --history 1500 -q");
        assert!(ran.code <= 1, "{}", ran.err);
        data
    });
    made.path()
}

fn report(words: &str) -> Ran {
    run(demo(), &format!("report demo -q {words}"))
}

/// The data of a report, written to a file of its own.
fn data(words: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    report(&format!("{words} -o {}", file.display())).well();
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

fn rows(of: &Value) -> &[Value] {
    of.as_array().unwrap_or_else(|| panic!("{of} is no list"))
}

fn near(found: &Value, expected: &Value) {
    if expected.is_null() {
        return assert!(found.is_null(), "{found} is not known to the other verb");
    }
    let (a, b) = (found.as_f64().unwrap(), expected.as_f64().unwrap());
    assert!((a - b).abs() <= 1e-6 * b.abs().max(1.0), "{a} is not {b}");
}

/// The page in the run's folder and the data in it.
fn page() -> (PathBuf, String, Value) {
    let file = demo().join("runs/demo/report.html");
    let page = fs::read_to_string(&file).unwrap();
    let (_, rest) = page.split_once(r#"<script type="application/json" id="data">"#).unwrap();
    let (text, _) = rest.split_once("</script>").unwrap();
    assert!(!text.contains('<'), "data cannot become markup");
    let data = serde_json::from_str(text).unwrap();
    (file, page, data)
}

#[test]
fn the_page_holds_the_data_and_says_where_it_is() {
    let _alone = alone();
    let said = report("-o json").json();
    let (file, page, mut inside) = page();
    assert_eq!(said["file"], file.display().to_string());
    assert_eq!(said["bytes"].as_u64(), Some(page.len() as u64));
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
    for place in ["/*DATA*/", "/*SCRIPT*/", "/*STYLE*/", "<script src", "<link rel=\"stylesheet"] {
        assert!(!page.contains(place), "{place}");
    }
    let mut alone = data("");
    let whys = alone.as_object_mut().unwrap().remove("why").unwrap();
    let columns = rows(&alone["trades"]["columns"]);
    let at = columns.iter().position(|column| column["key"] == "candidate").unwrap();
    let traded = rows(&alone["trades"]["rows"]);
    let explained = |row: &Value| whys[row[at].as_str().unwrap()]["steps"].is_array();
    assert!(!traded.is_empty() && traded.iter().all(explained), "{whys}");
    assert_eq!(inside["why"], serde_json::json!({}), "the page has it packed");
    inside.as_object_mut().unwrap().remove("why");
    for of in [&mut inside, &mut alone] {
        of["made_at"].take();
    }
    assert!(inside == alone, "the page and the JSON file differ");
    in_a_browser(&file);
}

/// The page tried in a browser, where there is one.
fn in_a_browser(file: &Path) {
    let script = "report_page.py";
    let browser = std::env::var_os("CHROMIUM").unwrap_or_else(|| "chromium".into());
    let works = Command::new(&browser).arg("--version").output();
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(script).exists();
    if !here || !works.is_ok_and(|ran| ran.status.success()) {
        let problem = format!("{script} cannot run without Chromium; name it in CHROMIUM");
        assert!(std::env::var_os("CI").is_none(), "{problem}");
        return python::say(&format!("skipped: {problem}"));
    }
    python::run(script, &["json"], file);
}

#[test]
fn its_numbers_are_those_of_the_other_verbs() {
    let _alone = alone();
    let data = data("--period Start=2025-10-01..2025-10-10");
    let summary = run(demo(), "summary --run demo -o json").json();
    let journal = run(demo(), "journal --run demo --last 10000 -o json").json();
    assert_eq!((&data["version"], &data["run"]["id"]), (&Value::from(1), &Value::from("demo")));
    let days = rows(&data["days"]).len();
    assert_eq!(data["columns"][0]["tracks"][0]["values"]["days"], days);
    for (at, track) in rows(&summary["tracks"]).iter().enumerate() {
        let found = &data["columns"][0]["tracks"][at];
        assert_eq!(found["track"], track["track"]);
        for (key, figure) in [
            ("total_return", "total_return"),
            ("sharpe", "sharpe"),
            ("sortino", "sortino"),
            ("max_drawdown", "max_drawdown"),
        ] {
            near(&found["values"][key], &track["performance"][figure]);
        }
        assert_eq!(found["values"]["closed_trades"], track["closed_trades"]);
        for (row, scale) in rows(&track["at_volatility"]).iter().enumerate() {
            near(&data["sensitivity"]["tracks"][at]["profit"][row][0], &scale["profit"]);
        }
        let curve = &data["tracks"][at];
        for series in ["equity", "drawdown", "exposure"] {
            assert_eq!(rows(&curve[series]).len(), days, "{series}");
        }
        let months = rows(&curve["monthly"]).iter().map(|year| year["total"].as_f64().unwrap());
        near(&Value::from(months.sum::<f64>()), &track["performance"]["total_return"]);
    }
    let columns = rows(&data["trades"]["columns"]);
    let trades = rows(&data["trades"]["rows"]);
    assert_eq!(journal["count"].as_u64(), Some(trades.len() as u64));
    assert!(!trades.is_empty(), "a report without trades shows nothing of them");
    let at = |row: &Value, key: &str| {
        let place = columns.iter().position(|column| column["key"] == key).unwrap();
        row[place].clone()
    };
    let first = rows(&journal["trades"]).last().unwrap();
    assert_eq!(at(&trades[0], "candidate"), first["candidate"]);
    near(&at(&trades[0], "roi"), &first["roi"]);
    for group in rows(&data["groups"]) {
        let of = |track: &Value| -> u64 {
            rows(&track["rows"]).iter().map(|row| row["trades"].as_u64().unwrap()).sum()
        };
        let all: u64 = rows(&group["tracks"]).iter().map(of).sum();
        assert_eq!(all, trades.len() as u64, "{}", group["name"]);
    }
    assert_eq!(data["periods"][0]["named_by"], "user");
    assert!(data["calibration"].is_null() != data["calibration_refused"].is_null());
    assert!(data["comparison"].is_null() && data["comparison_refused"].is_string(), "too few days");
    for figure in rows(&data["figures"]).iter().chain(columns) {
        assert!(!figure["definition"].as_str().unwrap().is_empty(), "{figure}");
    }
}

#[test]
fn a_column_without_a_run_holds_no_number_and_decisions_made_again_are_equal() {
    let _alone = alone();
    let columns = data("")["columns"].clone();
    for (at, said) in [(1, "there is no run live"), (2, "butterquant report demo --replay")] {
        assert_eq!(rows(&columns[at]["tracks"]).len(), 0);
        assert!(columns[at]["note"].as_str().unwrap().contains(said), "{}", columns[at]);
        assert!(columns[at]["equal"].is_null() && columns[at]["run"].is_null());
    }
    let again = data("--replay")["columns"][2].clone();
    assert_eq!((&again["equal"], &again["tracks"]), (&Value::from(true), &columns[0]["tracks"]));
    assert!(again["note"].as_str().unwrap().ends_with("decisions made again, all equal"));
}

#[test]
fn the_record_of_both_tracks_is_a_picture() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("record.png");
    report(&format!("-o {}", file.display())).well();
    let picture = fs::read(&file).unwrap();
    assert!(picture.starts_with(b"\x89PNG") && picture.len() > 20_000, "{} bytes", picture.len());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn what_cannot_be_reported_is_refused_and_the_file_of_before_stays() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    fs::write(&file, "of before").unwrap();
    let to = |words: &str| report(&format!("{words} -o {}", file.display()));
    to("--period Brexit=2016-06-20..2016-07-15").refused(&["Brexit", "not within the run's days"]);
    to("--live demo").refused(&["the run itself"]);
    to("--live nowhere").refused(&["--live nowhere cannot be read"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "of before");
    report("-o report.txt").refused(&[".html, .png or .json"]);
    report("--period Brexit").refused(&["NAME=FROM..TO"]);
    report("-o nowhere/x.html").refused(&["there is no folder"]);
    run(demo(), "report nowhere").refused(&["nowhere"]);
    run(demo(), "summary --run demo -o x.html").refused(&["`butterquant report", "human or json"]);
}
