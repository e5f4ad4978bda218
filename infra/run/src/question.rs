//! What a run was asked to be: its kind, period, market, tickers, settings, history and seed. The same
//! question is the same run; a run that answers another one is never shown in its place.

use schemas::events::{MoveConfirmed, RunOpened, Settings};
use schemas::id::sha256_hex;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Fields of the settings that are money, in millionths of a dollar.
const MONEY: [&str; 2] = ["settings.capital", "settings.risk_per_trade"];

const DATA: &str = "data";
const LAST_DAY: &str = "the last day";
const TICKERS: &str = "tickers";
const TRACKS: &str = "settings.tracks";

/// SHA-256 of the question that `asked` and the moves `confirmed` put, hexadecimal. Where the market lies is no part
/// of it, as its data are.
pub fn identity(asked: &RunOpened, confirmed: &[MoveConfirmed]) -> String {
    let parts = json!([parts(asked), confirmed]);
    sha256_hex(parts.to_string().as_bytes())
}

/// Each part of the question that `made`, an opened run, answers otherwise than `asked` puts it; a sentence each.
pub fn differences(made: &RunOpened, asked: &RunOpened) -> Vec<String> {
    let data = "the market's data of that time are others now";
    let part = |name: &str, made: &str, asked: &str| {
        format!("{name} is {made}, and {asked} was asked for")
    };
    worded(made, asked, data, &part)
}

/// Each part of the question that was put to the run `other` otherwise than to `first`; a sentence each.
pub fn differences_of_runs(first: &RunOpened, other: &RunOpened) -> Vec<String> {
    let part = |name: &str, first: &str, other: &str| format!("{name} is {other}, not {first}");
    worded(first, other, "its market has other data", &part)
}

fn worded(
    made: &RunOpened,
    asked: &RunOpened,
    data: &str,
    part: &dyn Fn(&str, &str, &str) -> String,
) -> Vec<String> {
    if made.code_version.is_empty() {
        // Its last day, tickers and history were not recorded, so nothing can be said to be the same.
        return vec![
            "it was opened by an earlier version, which did not record what it was asked"
                .to_owned(),
        ];
    }
    let (made, asked) = (parts(made), parts(asked));
    let names = made.keys().chain(asked.keys().filter(|name| !made.contains_key(*name)));
    let mut other: Vec<&String> =
        names.filter(|name| made.get(*name) != asked.get(*name)).collect();
    if other.iter().any(|name| [TICKERS, LAST_DAY].contains(&name.as_str())) {
        // The data differ with them.
        other.retain(|name| *name != DATA);
    }
    let word = |name: &String| match name.as_str() {
        DATA => data.to_owned(),
        name => part(name, &text(name, made.get(name)), &text(name, asked.get(name))),
    };
    other.into_iter().map(word).collect()
}

/// How a run counts: two runs that differ in it have results of different kinds.
#[derive(Clone, PartialEq, Debug)]
pub struct Conventions {
    parts: Vec<(&'static str, Value)>,
}

impl Conventions {
    /// Those of an opened run.
    pub fn of(opened: &RunOpened) -> Conventions {
        let settings = &opened.settings;
        Conventions {
            parts: vec![
                ("costs and pricing", json!(settings.pricing)),
                ("capital", json!(settings.capital)),
                ("the calendar", json!(settings.calendar)),
                ("the version of the program", json!(opened.code_version)),
            ],
        }
    }

    /// The names of those that differ.
    pub fn differing(&self, other: &Conventions) -> Vec<String> {
        let both = self.parts.iter().zip(&other.parts);
        both.filter(|(a, b)| a != b).map(|((name, _), _)| (*name).to_owned()).collect()
    }
}

/// The parts of a question by name.
fn parts(opened: &RunOpened) -> BTreeMap<String, Value> {
    let all =
        |tickers: &[String]| if tickers.is_empty() { "all".into() } else { tickers.join(",") };
    let mut parts = BTreeMap::from([
        ("kind".to_owned(), json!(opened.kind)),
        ("the first day scanned".to_owned(), json!(opened.scan_from.to_string())),
        (LAST_DAY.to_owned(), json!(opened.last_day.map(|day| day.to_string()))),
        (TICKERS.to_owned(), json!(all(&opened.tickers))),
        ("history".to_owned(), json!(opened.history_rows)),
        ("the model given".to_owned(), json!(opened.given_model)),
        (DATA.to_owned(), json!(opened.market_sha256)),
    ]);
    flatten("settings", &settings(&opened.settings), &mut parts);
    parts
}

fn settings(settings: &Settings) -> Value {
    // Settings hold finite numbers only, so that they are always JSON.
    serde_json::to_value(settings).unwrap_or_default()
}

fn flatten(name: &str, value: &Value, parts: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                flatten(&format!("{name}.{field}"), value, parts);
            }
        }
        value => {
            parts.insert(name.to_owned(), value.clone());
        }
    }
}

fn text(name: &str, value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "none".to_owned(),
        Some(Value::String(text)) if text.is_empty() => "none".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(of)) if name == TRACKS && of.is_empty() => "both".to_owned(),
        Some(Value::Array(of)) if of.iter().all(Value::is_string) => {
            of.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        Some(Value::Number(micros)) if MONEY.contains(&name) => {
            format!("{}", micros.as_f64().unwrap_or_default() / 1e6)
        }
        Some(value) => value.to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use schemas::{Day, Money};

    fn asked() -> RunOpened {
        RunOpened {
            kind: "backtest".to_owned(),
            source: "csv:/a".to_owned(),
            scan_from: Day(10),
            last_day: Some(Day(20)),
            history_rows: 7_000,
            market_sha256: "ab".to_owned(),
            code_version: "0.1.0".to_owned(),
            ..RunOpened::default()
        }
    }

    #[test]
    fn every_part_of_the_question_makes_another_run() {
        let first = identity(&asked(), &[]);
        let same = RunOpened { source: "csv:/b".to_owned(), partitions: 12, ..asked() };
        assert_eq!((identity(&same, &[]), differences(&asked(), &same)), (first.clone(), vec![]));
        let settings = |change: &dyn Fn(&mut Settings)| {
            let mut other = asked();
            change(&mut other.settings);
            other
        };
        for (other, said) in [
            (RunOpened { kind: "demo".to_owned(), ..asked() }, "kind is backtest"),
            (RunOpened { scan_from: Day(11), ..asked() }, "the first day scanned is 1970-01-11"),
            (RunOpened { last_day: None, ..asked() }, "and none was asked for"),
            (
                RunOpened { tickers: vec!["KO".to_owned()], ..asked() },
                "tickers is all, and KO was asked for",
            ),
            (RunOpened { history_rows: 0, ..asked() }, "history is 7000, and 0 was asked for"),
            (RunOpened { market_sha256: "cd".to_owned(), ..asked() }, "data of that time"),
            (
                settings(&|all| all.capital = Money(50_000_000)),
                "settings.capital is 100000, and 50 was asked for",
            ),
            (settings(&|all| all.seed = 8), "settings.seed is 7, and 8 was asked for"),
            (settings(&|all| all.pricing.rate = 0.01), "settings.pricing.rate is 0.0"),
        ] {
            assert_ne!(identity(&other, &[]), first, "{said}");
            let found = differences(&asked(), &other);
            assert!(found.len() == 1 && found[0].contains(said), "{said}: {found:?}");
        }
        let confirmed = MoveConfirmed { ticker: "KO".to_owned(), ..MoveConfirmed::default() };
        assert_ne!(identity(&asked(), &[confirmed]), first);
    }

    #[test]
    fn a_run_that_did_not_record_its_question_answers_none() {
        let old = RunOpened { code_version: String::new(), ..asked() };
        assert_eq!(differences(&old, &asked()).len(), 1);
    }
}
