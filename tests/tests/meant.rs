//! Settings and arguments that nobody can mean are refused, each with its range; a run is opened by one deliberate
//! act, on the terms given then.

use serde_json::Value;
use tempfile::TempDir;
use tests::cli::{Running, command, finish, run, wait_for};

const MARKET: &str = "--source sim:5,stocks=2,days=280";

fn folder() -> TempDir {
    tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_configuration_names_all_that_cannot_be_meant() {
    let data = folder();
    let file = data.path().join("butterquant.toml");
    for (toml, key, must) in [
        ("run = \"../../x\"", "run", "1 to 100 letters"),
        ("partitions = 100000", "partitions", "from 1 to 1000"),
        ("replication = 0", "replication", "from 1 to 100, or empty"),
        ("listen = \"127.0.0.1:99999\"", "listen", "an address"),
        ("broker = \"paper:here:99999\"", "broker", "paper:HOST:PORT"),
        ("source = \"sim:x\"", "source", "a market"),
        ("log = \"kfka\"", "log", "one of embedded, kafka"),
        ("source_quiet_s = -1", "source_quiet_s", "from 0 to 86400"),
        ("source_missing_until = \"26:00\"", "source_missing_until", "a time of day"),
        ("[settings]\ncapital = 0", "settings.capital", "from 1 to"),
        (
            "[settings]\nrisk_per_trade = 1e12",
            "settings.risk_per_trade",
            "at most settings.capital",
        ),
        ("[settings]\nmax_open = -1", "settings.max_open", "from 0 to 10000"),
        ("[settings]\nmax_new_per_day = -5", "settings.max_new_per_day", "from 0 to 10000"),
        ("[settings]\nrate = 5", "settings.rate", "from -0.05 to 0.25"),
        ("[settings]\ndividend = nan", "settings.dividend", "from 0 to 0.25"),
        ("[settings]\nscore_over = inf", "settings.score_over", "from 0 to 100"),
        ("[settings]\ntake_profit = 0", "settings.take_profit", "above 0, up to 1"),
        ("[settings]\ntraining_epochs = 0", "settings.training_epochs", "from 1 to 10000"),
        ("[settings]\nstrike_step = 0", "settings.strike_step", "above 0, up to 1000"),
    ] {
        std::fs::write(&file, toml).unwrap();
        let checked = run(data.path(), "config check -o json");
        assert_eq!(checked.code, 1, "{checked:?}");
        let said: Value = serde_json::from_str(&checked.out).unwrap();
        let refused = &said["refused"][0];
        assert_eq!(refused["key"], key, "{said}");
        assert!(refused["must"].as_str().unwrap().contains(must), "{said}");
        assert!(refused["from"].as_str().unwrap().starts_with("file "), "{said}");
        run(data.path(), &format!("up {MARKET}")).refused(&[key, must, "change it there"]);
    }
    std::fs::write(&file, "partitions = 0\n[settings]\nrate = 5\nseed = -1\n").unwrap();
    run(data.path(), "runs").refused(&["partitions", "settings.rate", "settings.seed"]);
    std::fs::remove_file(&file).unwrap();
    let mut by_environment = command(data.path(), "runs");
    by_environment.env("BUTTERQUANT_SETTINGS_CAPITAL", "NaN");
    finish(by_environment)
        .refused(&["settings.capital = \"NaN\" (environment BUTTERQUANT_SETTINGS_CAPITAL)"]);
    assert!(!data.path().join("runs").exists(), "a refused start leaves nothing behind");
}

#[test]
fn ranges_are_shown_where_keys_are() {
    let data = folder();
    let shown = run(data.path(), "config show -o json").json();
    assert_eq!(shown["partitions"]["range"], "a whole number from 1 to 1000");
    assert_eq!(shown["run"]["range"], Value::Null);
    let help = run(data.path(), "config --help").out;
    assert!(help.contains("settings.take_profit: a number above 0, up to 1"), "{help}");
    run(data.path(), "config init").out.clear();
    let file = std::fs::read_to_string(data.path().join("butterquant.toml")).unwrap();
    assert!(file.contains("share of the maximum profit: a number above 0, up to 1"), "{file}");
}

#[test]
fn arguments_that_cannot_be_meant_are_refused() {
    let data = folder();
    for (words, says) in [
        ("demo --days 0", "from 1 to 3600"),
        ("demo --days 5000", "from 1 to 3600"),
        ("demo --stocks 0", "from 1 to 500"),
        ("demo --history 1e12", "from 0 to 1000000"),
        ("demo --history 1000000000000", "from 0 to 1000000"),
        ("demo --seed 18446744073709551615", "must be a whole number from 0"),
        ("up --history=-1", "from 0 to 1000000"),
        ("up --history 1000000000000", "from 0 to 1000000"),
        ("train --source sim:5 --rows 0", "from 1 to 1000000"),
        ("history generate --source sim:5 --low 1000000000000", "from 0 to 1000000"),
        ("run scorer --instances 100000", "from 1 to 256"),
        ("run scorer --rate 0", "from 1 to"),
        ("rankings --top 0", "from 1 to"),
        ("journal --last 0", "from 1 to"),
        ("dlq list -n 0", "from 1 to"),
        ("topics consume bars -n 0", "from 1 to"),
        ("model bench --budget-us NaN", "from 0 to"),
        ("bench pipeline --scorers 100000", "from 0 to 64"),
        ("scan --source sim:5 --as-of 9999-01-01", "from 1900-01-01 to 2099-12-31"),
        ("up --source sim:5 --until 9999-12-31", "from 1900-01-01 to 2099-12-31"),
        ("backtest --source sim:5 --from 0018-01-01 --to 2018-01-01", "from 1900-01-01"),
        ("backtest --source sim:5 --from 2018-06-29 --to 2018-01-01", "exchange them"),
        ("up --source sim:5 --from 2018-06-29 --until 2018-01-01", "exchange them"),
        ("topics consume bars --from 2018-06-29 --until 2018-01-01", "exchange them"),
        ("scan --source sim:5,stocks=100000", "from 1 to 500"),
        ("scan --source sim:5,days=100000", "from 1 to 6500"),
        ("scan --source sim:-1", "not a whole number"),
        ("scan --source sim:5 --out /no/such/folder/x.json", "there is no folder"),
        ("scan --source sim:5 --out /", "is a folder"),
    ] {
        run(data.path(), words).refused(&[says]);
    }
    assert!(std::fs::read_dir(data.path()).unwrap().next().is_none(), "nothing was made");
}

#[test]
fn a_run_is_opened_by_one_deliberate_act() {
    let data = folder();
    let path = data.path();
    let source = format!("run source {MARKET}");
    run(path, &source).refused(&[
        "live is not open yet",
        "`butterquant up --data-dir ",
        "--from DATE",
    ]);
    assert!(!path.join("runs").exists(), "a refused start leaves nothing behind");
    run(path, "run scorer --from 2015-06-01").refused(&["for the role source"]);
    run(path, &format!("run scorer {MARKET}")).refused(&["for the role source"]);

    let opening = Running::start(path, &format!("{source} --from 2015-11-23 --history 0"));
    wait_for("bars", || {
        let listed = run(path, "topics list -o json");
        let listed: Value = serde_json::from_str(&listed.out).ok()?;
        let bars = listed.as_array()?.iter().find(|topic| topic["topic"] == "bars")?;
        (bars["events"].as_u64()? > 0).then_some(())
    });
    assert_eq!(opening.interrupt(), 0);
    // What the run has is said, whoever asks for something else.
    for verb in [format!("up {MARKET}"), source] {
        let other = run(path, &format!("{verb} --from 2015-11-24"));
        other.refused(&["scans from 2015-11-23", "begin another with --run ID"]);
        run(path, &format!("{verb} --history 500")).refused(&["with 0 rows of history"]);
    }
    let same = format!("up {MARKET} --from 2015-11-23 --history 0 --until 2015-11-24");
    run(path, &same).well();
}
