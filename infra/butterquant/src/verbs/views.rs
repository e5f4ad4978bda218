//! `rankings`, `positions`, `journal` and `model`: what the log amounts to.

use super::Found;
use crate::answers::{Question, ViewsAt};
use crate::cli::{JournalArgs, ModelVerb, RankingsArgs};
use crate::config::Config;
use crate::home::RunDir;
use crate::out::{line, percent, show, table};
use anyhow::{Result, anyhow};
use serde_json::Value;

fn ask(config: &Config, question: Question) -> Result<Value> {
    ViewsAt::of(config, &RunDir::of(config, config.run())?)?.ask(question)
}

/// A day's candidates.
pub fn rankings(config: &Config, args: &RankingsArgs) -> Result<Found> {
    let mut found = ask(config, Question::Rankings(args.day))?;
    if let Some(rankings) = found["rankings"].as_array_mut() {
        rankings.truncate(args.top);
    }
    show(config.output()?, &found, |found| match found["date"].as_str() {
        Some(date) => {
            line(format!("Rankings of {date}, {} of {}", list(&found["rankings"]).len(), text(&found["count"])));
            line(table(&RANKED, list(&found["rankings"]).iter().map(ranked)));
            for refused in list(&found["refused"]) {
                line(format!("{}: refused, {} ({})", text(&refused["ticker"]), text(&refused["reason"]), text(&refused["code"])));
            }
        }
        None => no_rankings(args, found),
    })?;
    Ok(Found::Nothing)
}

fn no_rankings(args: &RankingsArgs, found: &Value) {
    let days = list(&found["ranked_days"]);
    match (args.day, days.first().zip(days.last())) {
        (Some(day), Some((first, last))) => {
            line(format!("nothing was ranked on {day}; there are {} ranked days from {} to {}", days.len(), text(first), text(last)));
        }
        _ => line("nothing is ranked yet: no day was scanned to its end; scan one with `butterquant scan`, or see `butterquant lag`"),
    }
}

const RANKED: [&str; 12] = [
    "#>", "ticker", "score>", "strategy", "advice", "confidence>", "success>", "exp. ROI>", "strikes", "expiry", "debit>", "max gain>",
];

fn ranked(one: &Value) -> Vec<String> {
    vec![
        text(&one["rank"]),
        text(&one["ticker"]),
        number(&one["score"], 1),
        text(&one["strategy"]),
        text(&one["recommendation"]),
        share(&one["confidence"]),
        share(&one["success_probability"]),
        share(&one["expected_roi"]),
        strikes(&one["strikes"]),
        text(&one["expiry"]),
        number(&one["debit"], 2),
        number(&one["max_profit"], 2),
    ]
}

/// Positions and pending orders.
pub fn positions(config: &Config) -> Result<Found> {
    let found = ask(config, Question::Positions)?;
    show(config.output()?, &found, |found| {
        let (held, pending) = (list(&found["positions"]), list(&found["pending"]));
        if held.is_empty() && pending.is_empty() {
            return line("no position is held and no order is pending; `butterquant rankings` shows what was over the thresholds");
        }
        line(format!("Positions held at the close of {}", text(&found["through"])));
        let rows = held.iter().map(|one| {
            let mut row = what(one);
            row.extend([text(&one["entry_day"]), number(&one["entry_price"], 2), number(&one["capital_at_risk"], 2), text(&one["structure"]["evaluation_day"])]);
            row
        });
        line(table(&["track", "ticker", "strategy", "strikes", "contracts>", "since", "paid>", "at risk $>", "held until"], rows));
        if !pending.is_empty() {
            line("\nOrders that have not ended");
            let rows = pending.iter().map(|one| {
                let mut row = what(one);
                row.extend([text(&one["action"]).to_lowercase(), text(&one["state"]), text(&one["decided_on"]), text(&one["reason"])]);
                row
            });
            line(table(&["track", "ticker", "strategy", "strikes", "contracts>", "action", "state", "decided on", "why"], rows));
        }
    })?;
    Ok(Found::Nothing)
}

/// Closed trades.
pub fn journal(config: &Config, args: &JournalArgs) -> Result<Found> {
    let found = ask(config, Question::Journal(Some(args.last)))?;
    show(config.output()?, &found, |found| {
        let trades = list(&found["trades"]);
        if trades.is_empty() {
            return line("no trade is closed yet; `butterquant positions` shows what is held");
        }
        line(format!("Closed trades, the last {} of {}", trades.len(), text(&found["count"])));
        let rows = trades.iter().map(|one| {
            let mut row = what(one);
            row.extend([text(&one["entry_day"]), text(&one["exit_day"]), number(&one["entry_price"], 2), number(&one["exit_price"], 2)]);
            row.extend([number(&one["pnl"], 2), share(&one["roi"]), text(&one["reason"])]);
            row
        });
        let header = ["track", "ticker", "strategy", "strikes", "contracts>", "from", "to", "paid>", "received>", "gain $>", "ROI>", "why"];
        line(table(&header, rows));
    })?;
    Ok(Found::Nothing)
}

/// Model versions.
pub fn model(config: &Config, verb: &ModelVerb) -> Result<Found> {
    let found = ask(config, Question::Models)?;
    match verb {
        ModelVerb::List => show(config.output()?, &found, list_models)?,
        ModelVerb::Show { version } => {
            let mut card = list(&found["models"]).iter().find(|card| card["version"] == *version).cloned().ok_or_else(|| {
                let known: Vec<String> = list(&found["models"]).iter().map(|card| text(&card["version"])).collect();
                let known = if known.is_empty() { "it has none yet".to_owned() } else { format!("it has {}", known.join(", ")) };
                anyhow!("run {} has no model {version}; {known}", config.run())
            })?;
            let changes = list(&found["changes"]).iter().filter(|change| change["version"] == *version);
            card["changes"] = changes.cloned().collect();
            show(config.output()?, &card, show_model)?;
        }
    }
    Ok(Found::Nothing)
}

fn list_models(found: &Value) {
    let models = list(&found["models"]);
    if models.is_empty() {
        return line("no model yet: one is trained once enough candidates have matured; `butterquant up --history N` trains one from the past, `butterquant train` asks for one");
    }
    let rows = models.iter().map(|card| {
        let passed = card["passed"].as_bool().map_or("–", |passed| if passed { "yes" } else { "no" });
        let metrics = &card["manifest"]["model"]["metrics"];
        vec![
            text(&card["version"]),
            text(&card["standing"]),
            text(&card["rule"]),
            text(&card["triggered_on"]),
            text(&card["trained_on"]),
            passed.to_owned(),
            number(&metrics["log_loss"], 4),
            text(&card["sha256"]).chars().take(16).collect(),
        ]
    });
    line(table(&["version>", "standing", "rule", "triggered", "trained", "passed the gate", "log loss>", "sha256"], rows));
    line("More of one: `butterquant model show VERSION`.");
}

fn show_model(card: &Value) {
    line(format!("model {}: {}; sha256 {}", text(&card["version"]), text(&card["standing"]), text(&card["sha256"])));
    line(format!("triggered on {} by the rule {}: {}", text(&card["triggered_on"]), text(&card["rule"]), text(&card["evidence"])));
    line(format!("trained on {}; passed the gate: {}", text(&card["trained_on"]), text(&card["passed"])));
    for said in list(&card["verdict"]) {
        line(format!("  {}", text(said)));
    }
    for refusal in list(&card["refusals"]) {
        let reasons: Vec<String> = list(&refusal["reasons"]).iter().map(text).collect();
        line(format!("refused on {}: {}", text(&refusal["day"]), reasons.join("; ")));
    }
    for change in list(&card["changes"]) {
        let how = if change["rollback"] == true { "put back as" } else { "became" };
        line(format!("{how} {} on {}: {}", text(&change["alias"]).to_lowercase(), text(&change["day"]), text(&change["reason"])));
    }
    if card["manifest"].is_object() {
        line("\nManifest");
        line(serde_json::to_string_pretty(&card["manifest"]).unwrap_or_default());
    }
}

/// Whose, of what, how many.
fn what(one: &Value) -> Vec<String> {
    let structure = &one["structure"];
    vec![text(&one["track"]), text(&one["ticker"]), text(&structure["strategy"]), strikes(&structure["strikes"]), text(&one["quantity"])]
}

fn strikes(of: &Value) -> String {
    format!("{}/{}/{}", text(&of["lower"]), text(&of["centre"]), text(&of["upper"]))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => number.as_f64().unwrap_or_default().to_string(),
        other => other.to_string(),
    }
}

fn number(value: &Value, digits: usize) -> String {
    value.as_f64().map_or_else(|| "–".to_owned(), |number| format!("{number:.digits$}"))
}

fn share(value: &Value) -> String {
    value.as_f64().map_or_else(|| "–".to_owned(), percent)
}
