//! The program's configuration, its error messages, and two processes on one folder.

use serde_json::Value;
use std::time::Duration;
use tempfile::TempDir;
use tests::cli::{Running, command, finish, run, wait_for};

fn folder() -> TempDir {
    tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_else(|| panic!("no list: {value}"))
}

#[test]
fn what_cannot_be_printed_is_an_error_and_no_panic() {
    let data = folder();
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut results = command(data.path(), "config show");
    let said = results.stdout(full()).output().unwrap();
    let text = String::from_utf8_lossy(&said.stderr);
    assert_eq!(said.status.code(), Some(2));
    assert!(text.contains("cannot be written to standard output"), "{text}");
    let mut errors = command(data.path(), "journal --run nope");
    assert_eq!(errors.stderr(full()).output().unwrap().status.code(), Some(2));
}

#[test]
fn flags_go_before_the_environment_and_that_before_the_file() {
    let data = folder();
    let shown = |provider: Option<&str>, words: &str| {
        let mut command = command(data.path(), &format!("config show -o json {words}"));
        command.envs(provider.map(|provider| ("BUTTERQUANT_PROVIDER", provider)));
        let shown = finish(command).json();
        let of = |key: &str, part: &str| shown[key][part].as_str().unwrap().to_owned();
        (
            of("provider", "value"),
            of("provider", "from"),
            of("settings.max_open", "value"),
            of("token", "value"),
        )
    };
    assert_eq!(shown(None, "").1, "default");
    std::fs::write(
        data.path().join("butterquant.toml"),
        "provider = \"cuda\"\ntoken = \"abc\"\n[settings]\nmax_open = 9\n",
    )
    .unwrap();
    let (provider, from, max_open, token) = shown(None, "");
    assert!(provider == "cuda" && from.starts_with("file ") && max_open == "9", "{from}");
    assert_eq!(token, "(set, not shown)");
    let (provider, from, ..) = shown(Some("auto"), "");
    assert_eq!((provider.as_str(), from.as_str()), ("auto", "environment BUTTERQUANT_PROVIDER"));
    let (provider, from, ..) = shown(Some("auto"), "--provider cpu");
    assert_eq!((provider.as_str(), from.as_str()), ("cpu", "flag"));
}

#[test]
fn an_unsound_configuration_is_refused_and_check_says_so() {
    let data = folder();
    for (toml, says) in [
        ("colour = 1", "no key is called colour"),
        ("partitions = 0", "from 1 to 1000"),
        ("listen = \"0.0.0.0:80\"", "token"),
        ("broker_wait_ms = 0", "needs some time to answer"),
        ("[settings]\nmax_open = \"many\"", "settings.max_open"),
        ("[kafka]\nacks = 1", "kafka.acks (file "),
        ("[kafka]\nisolation.level = \"read_uncommitted\"", "kafka.isolation.level"),
        ("= 1", "not valid TOML"),
    ] {
        std::fs::write(data.path().join("butterquant.toml"), toml).unwrap();
        run(data.path(), "runs").refused(&[says]);
        let checked = run(data.path(), "config check -o json");
        assert_eq!(checked.code, 1, "{checked:?}");
        let said: Value = serde_json::from_str(&checked.out).unwrap();
        assert!(
            said["sound"] == false && said["problem"].as_str().unwrap().contains(says),
            "{said}"
        );
    }
    std::fs::remove_file(data.path().join("butterquant.toml")).unwrap();
    assert_eq!(run(data.path(), "config check -o json").json()["sound"], true);
    let mut unknown = command(data.path(), "runs");
    unknown.env("BUTTERQUANT_COLOUR", "1");
    finish(unknown).refused(&["BUTTERQUANT_COLOUR"]);
    let mut unsafe_there = command(data.path(), "runs");
    unsafe_there.env("BUTTERQUANT_KAFKA_ENABLE_IDEMPOTENCE", "false");
    let name = "kafka.enable.idempotence (environment BUTTERQUANT_KAFKA_ENABLE_IDEMPOTENCE)";
    finish(unsafe_there).refused(&[
        name,
        "a record sent again is written twice",
        "remove it there",
    ]);
}

#[test]
fn what_is_not_there_is_said_with_the_remedy() {
    let data = folder();
    for words in
        ["rankings", "status", "lag", "topics list", "journal --run other", "topics consume bars"]
    {
        run(data.path(), words).refused(&["there is no run", "`butterquant runs --data-dir "]);
    }
    let spaced = data.path().join("it's here");
    let quoted = format!("`butterquant runs --data-dir '{}/it'\\''s here'`", data.path().display());
    run(&spaced, "lag").refused(&[&quoted]);
    run(data.path(), "rankings --run ../x").refused(&["letters, digits"]);
    run(data.path(), "topics describe prices").refused(&["bars, scans, features"]);
    run(data.path(), "setup").refused(&["--yes", "not a terminal"]);
    let words = "paper-broker --dir none --listen 0.0.0.0:4002";
    run(data.path(), words).refused(&["--listen 0.0.0.0:4002", "this machine only"]);
    run(data.path(), "schemas serve --listen here")
        .refused(&["--listen \"here\" is not an address"]);
    let none = run(data.path(), "runs");
    assert!(none.code == 0 && none.out.contains("butterquant demo"), "{none:?}");
    assert!(std::fs::read_dir(data.path()).unwrap().next().is_none(), "reading makes nothing");
}

#[test]
fn a_configuration_file_is_created_once_and_is_valid() {
    let data = folder();
    let file = data.path().join("new/butterquant.toml");
    let folder = data.path().join("new");
    let created = run(&folder, "config init -o json").json();
    assert_eq!(created["file"], file.to_str().unwrap());
    assert_eq!(run(&folder, "config check -o json").json()["sound"], true);
    let text = std::fs::read_to_string(&file).unwrap();
    let shown = run(&folder, "config show -o json").json();
    for (key, value) in shown.as_object().unwrap() {
        let name = key.rsplit('.').next().unwrap();
        assert!(key == "data_dir" || text.contains(&format!("# {name} = ")), "{key}");
        let given = ["data_dir", "output"].contains(&key.as_str());
        assert!(given || value["from"] == "default", "{key}: {value}");
    }
    run(&folder, "config init").refused(&["exists already", "move it away"]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn a_run_is_removed_with_consent_and_never_while_a_process_has_it_open() {
    let data = folder();
    let path = data.path().join("runs/old");
    drop(kv::Db::open(path.join("log")).unwrap());
    run(data.path(), "runs remove other --yes")
        .refused(&["there is no run", "`butterquant runs --data-dir "]);
    run(data.path(), "runs remove ../old --yes").refused(&["letters, digits"]);
    run(data.path(), "runs remove old").refused(&["Delete run old", "--yes", "not a terminal"]);
    for held in ["log", "state", "state-a"] {
        let _held = kv::Db::open(path.join(held)).unwrap();
        let pid = std::process::id().to_string();
        run(data.path(), "runs remove old --yes").refused(&[&pid, "has run old open", "stop it"]);
    }
    assert!(path.exists());
    assert_eq!(run(data.path(), "runs remove old --yes -o json").json()["removed"], "old");
    assert!(!path.exists());
}

/// A verb that reads holds the folders for a moment; a run started in that moment used to fail.
#[test]
fn a_run_begins_though_somebody_reads_just_then() {
    for held in ["log", "state"] {
        let data = folder();
        let run_folder = data.path().join("runs/live");
        std::fs::create_dir_all(run_folder.join("log")).unwrap();
        let reader = kv::Db::open(run_folder.join(held)).unwrap();
        let mut up = Running::start(data.path(), "up --source sim:5,stocks=2,days=280");
        assert_eq!(up.ends_within(Duration::from_secs(1)), None, "{held}");
        drop(reader);
        wait_for("run that answers", || {
            let lag = run(data.path(), "lag -o json");
            (lag.code == 0 && lag.json()["running_at"].is_string()).then_some(())
        });
        assert_eq!(up.interrupt(), 0, "{held}");
    }
}

#[test]
fn a_second_process_reads_through_the_first() {
    let data = folder();
    let log = data.path().join("up.err");
    let up = Running::start_logged(data.path(), "up --source sim:5,stocks=8,days=280", &log);
    let rankings = wait_for("ranked day", || {
        let ran = run(data.path(), "rankings -o json");
        let found: Option<Value> = serde_json::from_str(&ran.out).ok();
        found.filter(|found| ran.code == 0 && found["date"].is_string())
    });
    let lag = wait_for("unit that has caught up", || {
        let lag = run(data.path(), "lag -o json").json();
        list(&lag["units"]).iter().all(|unit| unit["state"] == "caught_up").then_some(lag)
    });
    assert!(lag["running_at"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    let listed = run(data.path(), "runs -o json").json();
    assert_eq!((&listed[0]["owner_pid"], &listed[0]["kind"]), (&up.id().into(), &"live".into()));
    let topics = run(data.path(), "topics list -o json").json();
    assert_eq!(list(&topics).len(), 11);
    run(data.path(), "up --source sim:5,stocks=8,days=280").refused(&["in use"]);
    // A what-if beside it is a run of its own.
    let beside = folder();
    let scan = "scan --source sim:5,stocks=2,days=280 --tickers SIM001 -o json";
    let mut what_if = command(beside.path(), scan);
    what_if.env("BUTTERQUANT_ENDPOINT", lag["running_at"].as_str().unwrap());
    assert_eq!(finish(what_if).json()["rankings"][0]["ticker"], "SIM001");
    let made = run(beside.path(), "runs -o json").json();
    assert_eq!(list(&made)[0]["kind"], "what-if", "{made}");
    let _held = kv::Db::open(data.path().join("runs/live/state-a")).unwrap();
    run(data.path(), "run scorer --name a").refused(&["in use", "each its own with --name"]);
    assert_eq!(run(data.path(), "topics list -o json").json(), topics, "it was left alone");
    // Calls to another process bypass the proxy.
    let mut halt = command(data.path(), "halt --reason test -o json");
    halt.env("ALL_PROXY", "http://127.0.0.1:9");
    let halted = finish(halt).json();
    let controls = run(data.path(), "topics consume controls").lines();
    assert_eq!(controls.last().unwrap()["offset"], halted["offset"]);
    let status = run(data.path(), "status -o json").json();
    assert_eq!((&status["running_at"], &status["kind"]), (&lag["running_at"], &"live".into()));
    assert_eq!(status["halted"][0]["offset"], halted["offset"], "{status}");
    let shown = run(data.path(), "status").out;
    assert!(shown.contains("ButterBaseline halted since") && shown.contains("http://"), "{shown}");
    run(data.path(), "runs remove live --yes").refused(&[&up.id().to_string(), "stop it first"]);
    assert_eq!(up.interrupt(), 0);
    assert_eq!(run(data.path(), "rankings -o json").json(), rankings, "the same here as there");
    let log = std::fs::read_to_string(log).unwrap();
    let day = format!("{}: 8 bars, ", rankings["date"].as_str().unwrap());
    let closed = log.lines().find(|line| line.starts_with(&day)).unwrap_or_else(|| panic!("{log}"));
    for says in ["scanned", "refused", "scored", "fills", "ButterAI 0 orders, equity"] {
        assert!(closed.contains(says), "{says}: {closed}");
    }
    assert!(!log.contains('\u{1b}'), "{log}");
    let after = run(data.path(), "topics list -o json").json();
    assert_eq!(list(&after)[0]["sha256"], list(&topics)[0]["sha256"]);
    assert!(run(data.path(), "lag -o json").json()["running_at"].is_null());
}
