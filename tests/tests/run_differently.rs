//! The past run differently: other tracks, models, costs and settings are other runs, and each is a trial that is counted
//! for ever; cells of a sweep are such runs, and runs are compared like with like.

#![allow(clippy::unwrap_used, reason = "a test says what it expects")]

use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;
use tests::cli::{Running, run, wait_for};

const MARKET: &str = "--source sim:5,stocks=6,days=420";
const DAYS: &str = "--from 2016-03-21 --to 2016-05-20";

fn backtest(data: &Path, more: &str) -> Value {
    run(data, &format!("backtest {MARKET} {DAYS} {more} -o json")).json()
}

fn track<'a>(of: &'a Value, name: &str) -> &'a Value {
    of["tracks"].as_array().unwrap().iter().find(|one| one["track"] == name).unwrap()
}

fn trials(data: &Path) -> usize {
    let text = std::fs::read_to_string(data.join("trials.jsonl")).unwrap();
    text.lines().filter(|line| line.contains("\"asked\"")).count()
}

#[test]
fn tracks_costs_and_settings_change_what_is_traded_and_nothing_else() {
    let folder = TempDir::new().unwrap();
    let data = folder.path();
    let plain = backtest(data, "--history 0");
    let base = track(&plain, "ButterBaseline");
    assert!(base["closed_trades"].as_u64().unwrap() > 3, "{base}");
    assert_eq!(backtest(data, "--history 0")["run"], plain["run"]);
    assert_eq!(trials(data), 1, "a run that is shown again is no trial");

    let without = backtest(data, "--history 0 --tracks ButterAI");
    let left_out = track(&without, "ButterBaseline");
    assert_eq!(left_out["closed_trades"], 0);
    assert!(left_out["notes"].to_string().contains("settings.tracks"), "{left_out}");
    // What was switched off is not compared, nor is it said that nothing was over its threshold.
    let refused = without["comparison_refused"].as_str().unwrap();
    assert!(refused.contains("ButterBaseline opened nothing"), "{refused}");
    let both = backtest(data, "--history 0 --tracks ButterBaseline,ButterAI");
    assert_eq!(both["run"], plain["run"], "both tracks are the default");
    assert_eq!(without["topics"]["bars"], plain["topics"]["bars"]);
    assert_eq!(without["topics"]["scans"], plain["topics"]["scans"]);

    let dear = backtest(data, "--history 0 --costs 3");
    assert_eq!(dear["opened"]["settings"]["pricing"]["commission"], 0.0195);
    let roi = |of: &Value| track(of, "ButterBaseline")["at_volatility"][1]["mean_roi"].as_f64();
    assert!(roi(&dear) < roi(&plain), "{:?} {:?}", roi(&dear), roi(&plain));

    let few = backtest(data, "--history 0 --set max_open=1 --set settings.score_over=50 --seed 9");
    assert_eq!(few["opened"]["settings"]["max_open"], 1);
    assert_eq!(few["opened"]["settings"]["seed"], 9);
    let sized = backtest(data, "--history 0 --set risk_percent=5");
    assert_eq!(sized["opened"]["settings"]["risk_share"], 0.05);
    assert_eq!(trials(data), 5);

    let twice = format!("compare {0} {0}", name(&plain));
    run(data, &twice).refused(&["is named twice"]);
    let compared =
        run(data, &format!("compare {} {} {} -o json", name(&plain), name(&few), name(&dear)));
    let compared = compared.json();
    let difference = |run: usize| &compared["runs"][run]["tracks"][1]["difference"];
    assert!(difference(0).is_null());
    // Ten weeks are too few for a bootstrap of blocks of 31 days; costs are another convention.
    assert!(difference(1)["refused"].as_str().unwrap().contains("62 are needed"), "{compared}");
    let refused = difference(2)["refused"].as_str().unwrap();
    assert_eq!(refused, "the runs differ in costs and pricing");

    for (wrong, said) in [
        ("--set capitals=1", "no setting is called settings.capitals; the settings are capital,"),
        ("--set capital", "write KEY=VALUE"),
        ("--set rate=5", "settings.rate = \"5\" (flag) must be a number from -0.05 to 0.25"),
        ("--tracks Butter", "settings.tracks = \"Butter\" (flag) must be one or more of ButterAI"),
        ("--costs -1", "--costs"),
        ("--seed 9 --set seed=8", "settings.seed is given twice"),
    ] {
        run(data, &format!("backtest {MARKET} {DAYS} --history 0 {wrong}")).refused(&[said]);
    }
    assert_eq!(trials(data), 5, "what is refused before it begins is no trial");
}

fn name(of: &Value) -> &str {
    of["run"].as_str().unwrap()
}

#[test]
fn a_model_scores_another_run_unless_it_knows_its_future() {
    let folder = TempDir::new().unwrap();
    let data = folder.path();
    let demo = "demo --stocks 30 --days 3 --history 3000 --seed 5 --run taught -o json";
    let taught = run(data, demo).json();
    let scan_from = taught["opened"]["scan_from"].as_str().unwrap();
    let source = taught["opened"]["source"].as_str().unwrap();
    let days = format!(
        "--source {source} --from {scan_from} --to {}",
        taught["through"].as_str().unwrap()
    );
    let given = run(data, &format!("backtest {days} --model taught:v1 -o json")).json();
    assert_eq!(given["opened"]["settings"]["retraining"], false);
    let models = run(data, &format!("model list -o json --run {}", name(&given))).json();
    let hash = |of: &Value| of["models"][0]["sha256"].as_str().unwrap_or_default().to_owned();
    let other = run(data, "model list -o json --run taught").json();
    assert_eq!((hash(&models), hash(&models).len()), (hash(&other), 64), "{models}");
    let scored =
        run(data, &format!("model which --day {scan_from} -o json --run {}", name(&given))).json();
    let scores = scored["scored"].as_array().unwrap();
    assert!(!scores.is_empty() && scores.iter().all(|one| one["model_version"] == 1), "{scored}");
    run(data, &format!("replay --verify --run {}", name(&given))).well();

    let before = taught["opened"]["previous_day"].as_str().unwrap();
    let early = format!("backtest {} --model taught:v1", days.replace(scan_from, before));
    run(data, &early).refused(&["so it knows something of the days from", "begin after"]);
    run(data, &format!("backtest {days} --model taught:v7")).refused(&["has no model 7"]);
    run(data, &format!("backtest {days} --model best")).refused(&["write vN or RUN:vN"]);
    run(data, &format!("backtest {days} --model taught:v1 --no-training"))
        .refused(&["cannot be used with"]);
}

#[test]
fn a_sweep_is_counted_goes_on_where_it_stopped_and_refuses_figures_of_too_little() {
    let folder = TempDir::new().unwrap();
    let data = folder.path();
    let sweep = format!(
        "sweep {MARKET} {DAYS} --history 0 --grid score_over=50,60 --grid max_new_per_day=1,3 -o json"
    );
    let stopped = Running::start(data, &format!("{sweep} --jobs 1"));
    wait_for("first cell", || data.join("trials.jsonl").exists().then_some(()));
    assert_eq!(stopped.interrupt(), 1);
    assert!(trials(data) < 4, "no cell begins after Ctrl-C");
    // One that is killed takes its cell with it, and leaves no lock.
    let begun = trials(data);
    let killed = Running::start(data, &format!("{sweep} --jobs 1"));
    wait_for("another cell", || (trials(data) > begun).then_some(()));
    drop(killed);
    let first = run(data, &sweep).json();
    let cells = first["cells"].as_array().unwrap();
    assert_eq!((cells.len(), first["trials"].as_u64()), (4, Some(4)));
    assert_eq!(
        cells[1]["set"],
        serde_json::json!([["score_over", "50"], ["max_new_per_day", "3"]])
    );
    let base = &first["tracks"][1];
    let refused = base["overfitting"]["refused"].as_str().unwrap();
    assert!(refused.contains("10"), "{refused}");
    assert!(base["deflated"].is_object() && base["best"].is_u64(), "{base}");
    // ButterAI has no model: nothing of it can be judged.
    assert!(first["tracks"][0]["best"].is_null());

    // A removed run is made again, as the same trial; the others are only read.
    run(data, &format!("runs remove {} --yes", cells[2]["run"].as_str().unwrap())).well();
    let again = run(data, &sweep).json();
    assert_eq!(again["cells"], first["cells"]);
    assert_eq!(again["trials"], 4);
    // One that stays removed still counts.
    run(data, &format!("runs remove {} --yes", cells[0]["run"].as_str().unwrap())).well();
    let other = sweep.replace("score_over=50,60", "score_over=60");
    assert_eq!(run(data, &other).json()["trials"], 4);
    let text = run(data, &other.replace(" -o json", ""));
    assert!(
        text.out.contains("4 distinct configurations have been tried in this data folder"),
        "{}",
        text.out
    );

    // What a lost file of trials knew is found again from the runs.
    std::fs::remove_file(data.join("trials.jsonl")).unwrap();
    let found = run(data, &other).json();
    // The cells shown again have said what came of them; of the third run only its opening is known.
    assert_eq!((&found["trials"], &found["without_result"]), (&3.into(), &1.into()), "{found}");
    let both = sweep.replace("--history 0", "--history 0 --set score_over=70");
    run(data, &both).refused(&["score_over has a grid and a value for all cells"]);
    run(data, &sweep.replace("max_new_per_day=1,3", "max_new=1"))
        .refused(&["no setting is called settings.max_new"]);
    run(data, &sweep.replace("score_over=50,60", "score_over=50,50"))
        .refused(&["stands there twice"]);
    run(data, &sweep.replace("score_over=50,60", "score_over=50,50.0"))
        .refused(&["score_over=50.0 max_new_per_day=1 is the same as a cell before it"]);
    // Two at once make each cell once.
    let beside = other.replace("=1,3", "=2,4");
    let (one, two) = std::thread::scope(|scope| {
        let one = scope.spawn(|| run(data, &beside).json());
        (run(data, &beside).json(), one.join().unwrap())
    });
    assert_eq!(one["cells"], two["cells"]);
}
