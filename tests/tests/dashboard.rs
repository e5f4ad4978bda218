//! The operators' page of a running `up`, tried in a browser; and `dashboard` beside it.
#![allow(clippy::unwrap_used, clippy::print_stderr)] // a test

use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tests::cli::{Running, get, get_body, post, run, wait_for};
use tests::python;

/// A market small enough to be read in seconds, with trades closed and a model trained.
const UP: &str = "up --source sim:5,stocks=8,days=330 --from 2016-01-15 --history 300";

/// The address that the program at work in `data` has announced in its output.
fn announced(file: &Path) -> String {
    wait_for("the program's address", || {
        let said = std::fs::read_to_string(file).ok()?;
        let at = said.find("http://")?;
        said[at..].split([';', '\n', ' ']).next().map(str::to_owned)
    })
}

fn browser_works() -> bool {
    let browser = std::env::var_os("CHROMIUM").unwrap_or_else(|| "chromium".into());
    let works = Command::new(&browser).arg("--version").output();
    let works = works.is_ok_and(|ran| ran.status.success());
    let problem = "the page cannot be tried without Chromium; name it in CHROMIUM";
    assert!(works || std::env::var_os("CI").is_none(), "{problem}");
    if !works {
        python::say(&format!("skipped: {problem}"));
    }
    works
}

/// Waits until the run has read everything that its market has.
fn at_rest(address: &str, token: Option<&str>) {
    let host = address.trim_start_matches("http://");
    wait_for("a run that has read everything", || {
        let of: serde_json::Value =
            serde_json::from_str(&get_body(host, "/api/snapshot", token)).ok()?;
        let groups = of["sample"]["groups"].as_array()?;
        let rests = groups.iter().all(|group| group["lag_events"] == 0);
        (rests && of["sample"]["freshness"]["behind_days"] == 0).then_some(())
    });
}

#[test]
fn the_page_works_in_a_browser_and_the_program_ends_with_it_open() {
    if !browser_works() {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let said = data.path().join("said");
    let token = "page-secret";
    std::fs::write(data.path().join("butterquant.toml"), format!("token = \"{token}\"")).unwrap();
    let mut up = Running::start_logged(data.path(), UP, &said);
    let address = announced(&said);
    at_rest(&address, Some(token));
    let open = data.path().join("open");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/dashboard_page.py");
    let mut page = Command::new(python::interpreter());
    page.arg(script).args([&address, "--token", token, "--keep-open"]).arg(&open);
    let mut page = page.spawn().unwrap();
    // Everything has been tried and the page stays open: the program ends in time all the same.
    let tried = wait_for("the page that has been tried", || match page.try_wait().unwrap() {
        Some(status) => Some(Err(status)),
        None => open.exists().then_some(Ok(())),
    });
    assert!(tried.is_ok(), "see what is wrong above: {tried:?}");
    up.ctrl_c();
    assert_eq!(up.ends_within(Duration::from_secs(20)), Some(0), "with a page open");
    assert!(page.wait().unwrap().success(), "the page says that the server has gone");
}

#[test]
fn dashboard_serves_the_same_beside_the_owner_and_only_reads() {
    let data = tempfile::tempdir().unwrap();
    let (said, beside) = (data.path().join("said"), data.path().join("beside"));
    let up = Running::start_logged(data.path(), UP, &said);
    let owner = announced(&said);
    at_rest(&owner, None);
    let page = Running::start_logged(data.path(), "dashboard --at 127.0.0.1:0", &beside);
    let address = announced(&beside);
    at_rest(&address, None);
    let of =
        |address: &str, path: &str| get_body(address.trim_start_matches("http://"), path, None);
    for table in ["journal.csv", "models.json", "positions.csv", "equity.json"] {
        let path = format!("/tables/{table}");
        assert_eq!(of(&address, &path), of(&owner, &path), "{table}");
    }
    // Lags as the command line has them.
    let lag = run(data.path(), "lag -o json").json();
    let rows: serde_json::Value =
        serde_json::from_str(&of(&address, "/tables/partitions.json")).unwrap();
    for (row, known) in rows.as_array().unwrap().iter().zip(lag["partitions"].as_array().unwrap()) {
        for (key, name) in [("committed", "committed"), ("end", "end"), ("lag_offsets", "lag")] {
            assert_eq!(row[key], known[name], "{row} {known}");
        }
    }
    let (code, text) = post(address.trim_start_matches("http://"), "/api/halt", None, "{}");
    assert!(code == 403 && text.contains("only reads"), "{text}");
    // A file does not show how old it is: there is none while the owner hangs, and one again once it goes on.
    let signal =
        |name: &str| Command::new("kill").args([name, &up.id().to_string()]).status().unwrap();
    assert!(signal("-STOP").success());
    let host = address.trim_start_matches("http://");
    wait_for("a table that is refused", || {
        let (code, text) = get(host, "/tables/groups.csv", None);
        (code == 503 && text.contains("cannot be sampled")).then_some(())
    });
    assert!(signal("-CONT").success());
    wait_for("the table", || (get(host, "/tables/groups.csv", None).0 == 200).then_some(()));
    assert_eq!(page.interrupt(), 0);
    assert_eq!(up.interrupt(), 0);
}
