//! `bench learning` walks models forward over a market: what it counts adds up, and what it computes is what it says.

use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;
use tests::cli::run;

/// Stocks and days enough for a few trainings and a champion, few enough to be quick.
const MARKET: &str = "--source sim:4,stocks=6,days=700";

fn folder() -> TempDir {
    tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"))
}

fn learning(data: &Path, words: &str) -> Value {
    run(data, &format!("bench learning -o json {MARKET} {words}")).json()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}"))
}

fn compared<'a>(of: &'a Value, on: &str, one: &str, over: &str) -> &'a Value {
    let same = |found: &&Value| found["on"] == on && found["of"] == one && found["over"] == over;
    list(of).iter().find(same).unwrap_or_else(|| panic!("no {one} over {over} on {on}: {of}"))
}

#[test]
fn the_days_add_up_and_every_gain_is_the_difference_of_its_log_losses() {
    let data = folder();
    let found = learning(data.path(), "");
    let market = &found["markets"][0];
    let every = |one: &str, over| compared(&market["comparisons"], "every judged day", one, over);
    let with =
        |one: &str, over| compared(&market["comparisons"], "days with a champion", one, over);
    for one in list(&market["comparisons"]) {
        let difference = number(&one["other_log_loss"]) - number(&one["log_loss"]);
        assert!((number(&one["gain"]) - difference).abs() < 1e-9, "{one}");
        assert!(number(&one["log_loss"]) > 0.2 && number(&one["log_loss"]) < 5.0, "{one}");
        assert!((0.0..=1.0).contains(&number(&one["p_value"])), "{one}");
        assert_eq!(number(&one["above"]) > 0.0, number(&one["p_value"]) < 0.05, "{one}");
        let days = if one["on"] == "every judged day" { "judged_days" } else { "champion_days" };
        assert_eq!(one["days"], market[days], "{one}");
    }
    let itself = every("class prior", "class prior");
    assert_eq!(
        (&itself["gain"], &itself["standard_error"]),
        (&Value::from(0.0), &Value::from(0.0))
    );
    assert_eq!(
        with("champion", "class prior")["other_log_loss"],
        with("ridge", "class prior")["other_log_loss"]
    );
    assert!(number(&market["networks"]) < number(&market["trainings"]), "{market}");

    let promotions = list(&market["promotions"]);
    assert!(!promotions.is_empty(), "this market has a champion");
    let days: f64 = promotions.iter().map(|one| number(&one["days"])).sum();
    assert_eq!(days, number(&market["champion_days"]));
    let by_days = |of: &str| {
        let sum = promotions.iter().map(|one| number(&one["days"]) * number(&one[of])).sum::<f64>();
        sum / days
    };
    let after =
        compared(&market["comparisons"], "days after a promotion", "champion", "what was in force");
    assert!((by_days("log_loss") - number(&after["log_loss"])).abs() < 1e-9);
    assert!((by_days("before") - number(&after["other_log_loss"])).abs() < 1e-9);
    assert!(number(&market["trainings"]) > promotions.len() as f64);
    let refused = market["refused"].as_object().map_or(0, serde_json::Map::len);
    assert!(refused > 0 && market["refused"]["other"].is_null(), "{}", market["refused"]);
    assert!(market["drawing"].is_null(), "no training had more than 10,000 rows");
}

#[test]
fn a_period_judges_its_days_alone_with_the_same_models() {
    let data = folder();
    let (all, part) =
        (learning(data.path(), ""), learning(data.path(), "--from 2017-03-01 --to 2017-05-31"));
    let (all, part) = (&all["markets"][0], &part["markets"][0]);
    let days = number(&part["judged_days"]);
    assert!((60.0..=66.0).contains(&days), "trading days of three months: {days}");
    assert!(number(&part["trainings"]) < number(&all["trainings"]), "none after the last day");
    assert_eq!(
        part["promotions"][0]["day"], all["promotions"][0]["day"],
        "trained before the first"
    );
    let words = "--from 2016-12-01 --to 2017-02-28 -o json";
    let begun = run(data.path(), &format!("bench learning {MARKET} {words}")).json();
    let begun = &begun["markets"][0];
    assert!(number(&begun["judged_days"]) + days < number(&all["judged_days"]));
}

#[test]
fn several_seeds_are_pooled_by_their_means() {
    let data = folder();
    let found = learning(data.path(), "--seeds 4,9");
    let markets = list(&found["markets"]);
    assert_eq!(markets[0]["source"], "sim:4,stocks=6,days=700");
    assert_eq!(markets[1]["source"], "sim:9,stocks=6,days=700");
    let gain =
        |of: &Value| number(&compared(of, "every judged day", "ridge", "class prior")["gain"]);
    let mean = (gain(&markets[0]["comparisons"]) + gain(&markets[1]["comparisons"])) / 2.0;
    assert!((gain(&found["pooled"]) - mean).abs() < 1e-12);
    // Whatever was shipped is one of the two; here always the regression.
    assert_eq!(markets[1]["networks"], 0);
    let refit =
        compared(&markets[1]["comparisons"], "every judged day", "refit every time", "ridge");
    assert_eq!(refit["gain"], 0.0);
    let alone = learning(data.path(), "");
    assert_eq!(alone["markets"][0], markets[0], "beside another or alone, the same");
    assert_eq!(list(&alone["pooled"]).len(), 0);
}

#[test]
fn what_cannot_be_walked_is_refused_with_what_to_do() {
    let data = folder();
    let refused = |words: &str, said: &[&str]| {
        run(data.path(), &format!("bench learning {words}")).refused(said);
    };
    refused("", &["--source"]);
    refused("--source csv:nowhere --seeds 1,2", &["simulated markets", "sim:SEED"]);
    refused("--source sim:1,stocks=2,days=400", &["comes after a training", "longer market"]);
    refused(&format!("{MARKET} --from 2017-02-01 --to 2017-01-01"), &["exchange them"]);
    refused(&format!("{MARKET} --picture gains.pdf"), &[".png or .svg"]);
    let picture = data.path().join("gains.svg");
    let human =
        run(data.path(), &format!("bench learning {MARKET} --picture {}", picture.display()));
    human.well();
    let drawn = std::fs::read_to_string(&picture).unwrap_or_else(|error| panic!("{error}"));
    for line in ["champion", "network", "ridge", "technical score"] {
        assert!(drawn.contains(line), "{line}");
    }
    for said in ["days with a champion", "promoted on", "refused:", "gains.svg"] {
        assert!(human.out.contains(said), "{said}: {}", human.out);
    }
}

/// On real prices, where `BUTTERQUANT_PRICES` names a folder of them: 75,000 rows of 100 stocks and four years are
/// walked in a minute or two. A trial on such prices had found 0.001 nats.
#[test]
fn drawing_ten_thousand_rows_costs_next_to_nothing_on_real_prices() {
    let Some(prices) = std::env::var_os("BUTTERQUANT_PRICES") else { return };
    let data = folder();
    let words = format!("bench learning -o json --source csv:{}", prices.display());
    let found = run(data.path(), &words).json();
    let drawing = &found["markets"][0]["drawing"];
    assert!(number(&drawing["windows"]) >= 10.0, "{drawing}");
    assert!(number(&drawing["cost"]).abs() < 0.004, "{drawing}");
}
