//! The head of the report: what run it is of, what it was asked, and the hashes by which anybody can tell whether another
//! run was made from the same.

use super::curves::Curves;
use super::rounding::rounded;
use crate::summary::Summary;
use crate::tables::or_dash;
use anyhow::Result;
use run::config::KEYS;
use run::question;
use run::resume_run::controls_on;
use run::run_reader::RunReader;
use schemas::Day;
use schemas::events::{MoveConfirmed, RunOpened, Settings};
use schemas::id::sha256_hex;
use serde::Serialize;
use serde_json::Value;

/// The run.
#[derive(Clone, Debug, Serialize)]
pub struct RunFacts {
    /// Its id.
    pub id: String,
    /// backtest, demo, live, what-if.
    pub kind: String,
    /// The market, by its folder's name.
    pub source: String,
    /// The first day scanned.
    pub scan_from: Day,
    /// The last day that the report contains.
    pub through: Option<Day>,
    /// Whether it has got to the day that it was asked for; a live run has none.
    pub finished: bool,
}

/// A parameter of the run.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Parameter {
    /// Its name; that of the configuration's key where there is one.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Whether it is not the default.
    pub changed: bool,
    /// What it means.
    pub definition: String,
}

/// A named value.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Fact {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
    /// What it is.
    pub definition: String,
}

/// Kind and market: `Backtest of csv:sp100`.
pub(super) fn title(summary: &Summary) -> String {
    let kind = &summary.opened.kind;
    let first = kind.chars().next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let rest: String = kind.chars().skip(1).collect();
    format!("{first}{rest} of {}", market(&summary.opened.source))
}

/// A market without the folders above its own, which concern nobody else.
pub(super) fn market(source: &str) -> String {
    match source.split_once(':') {
        Some((kind, path)) if path.contains('/') => {
            format!("{kind}:{}", path.trim_end_matches('/').rsplit('/').next().unwrap_or(path))
        }
        _ => source.to_owned(),
    }
}

/// Period, trading days, tickers.
pub(super) fn subtitle(reader: &RunReader, curves: &Curves) -> Result<String> {
    let day = |day: Option<&i32>| or_dash(day, |day| Day(*day).to_string());
    let (first, last) = (day(curves.days.first()), day(curves.days.last()));
    let tickers = match reader.views.last_ranked_day()? {
        Some(ranked) => reader.views.rankings(ranked)?.map(|of| of.ranked.len() + of.refused.len()),
        None => None,
    };
    let tickers = tickers.map(|count| format!(" · {count} tickers")).unwrap_or_default();
    Ok(format!("{first} to {last} · {} trading days{tickers}", curves.days.len()))
}

/// The run.
pub(super) fn run_facts(summary: &Summary) -> RunFacts {
    RunFacts {
        id: summary.run.clone(),
        kind: summary.opened.kind.clone(),
        source: market(&summary.opened.source),
        scan_from: summary.opened.scan_from,
        through: summary.through,
        finished: summary.unfinished_until.is_none(),
    }
}

/// What the run was asked, and the settings it was opened with.
pub(super) fn parameters(opened: &RunOpened) -> Vec<Parameter> {
    let asked = |name: &str, value: String, definition: &str| Parameter {
        name: name.to_owned(),
        value,
        changed: false,
        definition: definition.to_owned(),
    };
    let tickers =
        if opened.tickers.is_empty() { "all".to_owned() } else { opened.tickers.join(", ") };
    let mut all = vec![
        asked("from", opened.scan_from.to_string(), "first day scanned"),
        asked(
            "to",
            opened.last_day.map_or_else(|| "goes on".to_owned(), |day| day.to_string()),
            "last day asked for",
        ),
        asked("tickers", tickers, "stocks scanned, of those that the market has"),
        asked(
            "history",
            opened.history_rows.to_string(),
            "rows drawn from before the first day, to train the first model on",
        ),
    ];
    for (key, default, definition) in KEYS {
        let Some(name) = key.strip_prefix("settings.") else { continue };
        let Some(value) = setting(&opened.settings, name) else { continue };
        let number = |text: &str| text.parse::<f64>().ok();
        let same =
            value == default || (number(&value).is_some() && number(&value) == number(default));
        all.push(Parameter {
            name: name.to_owned(),
            value,
            changed: !same,
            definition: definition.to_owned(),
        });
    }
    all
}

/// Settings that are money, in millionths of a dollar.
const MONEY: [&str; 2] = ["capital", "risk_per_trade"];

/// The value of a setting as the configuration writes it.
fn setting(settings: &Settings, name: &str) -> Option<String> {
    match name {
        "risk_percent" => {
            let percent = settings.risk_share.map(|share| rounded(100.0 * share, 9).to_string());
            return Some(percent.unwrap_or_default());
        }
        "tracks" => {
            let names: Vec<&str> = settings.tracks.iter().map(|track| track.name()).collect();
            return Some(names.join(","));
        }
        _ => {}
    }
    let all = serde_json::to_value(settings).ok()?;
    let value = all.get(name).or_else(|| all.get("pricing")?.get(name))?;
    Some(match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(micros) if MONEY.contains(&name) => (micros.as_f64()? / 1e6).to_string(),
        Value::Number(number) => number.as_f64()?.to_string(),
        other => other.to_string(),
    })
}

/// Hashes of the log and of what the run was made from.
pub(super) fn provenance(reader: &RunReader, summary: &Summary) -> Result<Vec<Fact>> {
    let opened = &summary.opened;
    let fact = |name: &str, value: &str, definition: &str| Fact {
        name: name.to_owned(),
        value: if value.is_empty() { "not recorded".to_owned() } else { value.to_owned() },
        definition: definition.to_owned(),
    };
    let topics = summary.topics.iter();
    let lines: String = topics.map(|(name, of)| format!("{name} {}\n", of.sha256)).collect();
    let confirmed = controls_on(&*reader.log)?.confirmed.into_iter();
    let confirmed: Vec<MoveConfirmed> = confirmed
        .map(|((ticker, move_day), split_ratio)| MoveConfirmed { ticker, move_day, split_ratio })
        .collect();
    let first_model = if opened.model_sha256.is_empty() && !opened.config_sha256.is_empty() {
        "none"
    } else {
        opened.model_sha256.as_str()
    };
    let cards = reader.views.models()?.cards.into_values();
    let models = cards.filter_map(|card| Some(format!("v{} {}\n", card.version, card.sha256?)));
    let models: Vec<String> = models.collect();
    let of_models = match models.len() {
        0 => "none".to_owned(),
        _ => sha256_hex(models.concat().as_bytes()),
    };
    Ok(vec![
        fact(
            "log digest",
            &sha256_hex(lines.as_bytes()),
            "SHA-256 over the digests of all topics, which `butterquant summary` lists: a line `name digest` for each, by name. Two runs with this digest made the same decisions from the same events.",
        ),
        fact(
            "question",
            &question::identity(opened, &confirmed),
            "SHA-256 of what the run was asked: kind, days, tickers, settings, history, data. Its first digits are in the id of a backtest.",
        ),
        fact("data", &opened.market_sha256, "SHA-256 of the market's prices up to the last day"),
        fact(
            "configuration",
            &opened.config_sha256,
            "SHA-256 of the configuration that decides what the run computes",
        ),
        fact("code", &opened.code_version, "Version and commit of the program that opened the run"),
        fact(
            "first model",
            first_model,
            "SHA-256 of the ONNX bytes of the champion at the opening",
        ),
        fact(
            &format!("models ({})", models.len()),
            &of_models,
            "SHA-256 over the models that were trained: a line `version hash` for each, with the SHA-256 of its ONNX bytes",
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::Money;
    use schemas::events::Track;

    #[test]
    fn settings_are_written_as_the_configuration_has_them_and_what_is_not_the_default_is_marked() {
        let mut opened = RunOpened { settings: Settings::default(), ..RunOpened::default() };
        let changed = |opened: &RunOpened| -> Vec<(String, String)> {
            let changed = parameters(opened).into_iter().filter(|of| of.changed);
            changed.map(|of| (of.name, of.value)).collect()
        };
        assert!(changed(&opened).is_empty());
        let keys = KEYS.iter().filter(|(key, ..)| key.starts_with("settings.")).count();
        assert_eq!(parameters(&opened).len(), 4 + keys, "every key is among the settings");
        opened.settings.capital = Money(250_000_500_000);
        opened.settings.pricing.rate = 0.01;
        opened.settings.pricing.strike_step = Some(2.5);
        opened.settings.risk_share = Some(0.07);
        opened.settings.tracks = vec![Track::ButterAI];
        opened.settings.retraining = false;
        let expected = [
            ("capital", "250000.5"),
            ("rate", "0.01"),
            ("strike_step", "2.5"),
            ("risk_percent", "7"),
            ("tracks", "ButterAI"),
            ("retraining", "false"),
        ];
        let expected: Vec<_> = expected.map(|(a, b)| (a.to_owned(), b.to_owned())).into();
        assert_eq!(changed(&opened), expected);
    }

    #[test]
    fn a_market_is_called_by_its_folder() {
        let all = ["csv:/home/me/sp100/", "csv:sp100", "sim:7,stocks=8", "odd"].map(market);
        assert_eq!(all, ["csv:sp100", "csv:sp100", "sim:7,stocks=8", "odd"]);
    }
}
