//! `rankings`, `positions` and `journal`: what the log amounts to.

use crate::cells::{list, number, share, text};
use crate::cli::{JournalArgs, RankingsArgs};
use crate::exit::Found;
use crate::printer::{line, show};
use anyhow::Result;
use api::answers::{Question, ViewsAt};
use report::summary_text::RANKED;
use report::tables::table;
use run::config::Config;
use serde_json::Value;

/// Asks the views of the run, wherever they are.
pub(super) fn ask(config: &Config, question: Question) -> Result<Value> {
    ViewsAt::of(&config.this_run()?)?.ask(question)
}

/// A day's candidates.
pub(super) fn rankings(config: &Config, args: &RankingsArgs) -> Result<Found> {
    let mut found = ask(config, Question::Rankings(args.day))?;
    if let Some(rankings) = found["rankings"].as_array_mut() {
        rankings.truncate(args.top);
    }
    show(config.output()?, &found, |found| match found["date"].as_str() {
        Some(date) => {
            line(format!(
                "Rankings of {date}, {} of {}",
                list(&found["rankings"]).len(),
                text(&found["count"])
            ));
            line(table(&RANKED, list(&found["rankings"]).iter().map(ranked)));
            for refused in list(&found["refused"]) {
                line(format!(
                    "{}: refused, {} ({})",
                    text(&refused["ticker"]),
                    text(&refused["reason"]),
                    text(&refused["code"])
                ));
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
            line(format!(
                "nothing was ranked on {day}; there are {} ranked days from {} to {}",
                days.len(),
                text(first),
                text(last)
            ));
        }
        _ => line(
            "nothing is ranked yet: no day was scanned to its end; scan one with `butterquant scan`, or see `butterquant lag`",
        ),
    }
}

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
pub(super) fn positions(config: &Config) -> Result<Found> {
    let found = ask(config, Question::Positions)?;
    show(config.output()?, &found, |found| {
        let (held, pending) = (list(&found["positions"]), list(&found["pending"]));
        if held.is_empty() && pending.is_empty() {
            return line(
                "no position is held and no order is pending; `butterquant rankings` shows what was over the thresholds",
            );
        }
        line(format!("Positions held at the close of {}", text(&found["through"])));
        let rows = held.iter().map(|one| {
            let mut row = what(one);
            row.extend([
                text(&one["entry_day"]),
                number(&one["entry_price"], 2),
                number(&one["capital_at_risk"], 2),
                text(&one["structure"]["evaluation_day"]),
            ]);
            row
        });
        line(table(
            &[
                "track",
                "ticker",
                "strategy",
                "strikes",
                "contracts>",
                "since",
                "paid>",
                "at risk $>",
                "held until",
            ],
            rows,
        ));
        if !pending.is_empty() {
            line("\nOrders that have not ended");
            let rows = pending.iter().map(|one| {
                let mut row = what(one);
                row.extend([
                    text(&one["action"]).to_lowercase(),
                    text(&one["state"]),
                    text(&one["decided_on"]),
                    text(&one["reason"]),
                ]);
                row
            });
            line(table(
                &[
                    "track",
                    "ticker",
                    "strategy",
                    "strikes",
                    "contracts>",
                    "action",
                    "state",
                    "decided on",
                    "why",
                ],
                rows,
            ));
        }
    })?;
    Ok(Found::Nothing)
}

/// Closed trades.
pub(super) fn journal(config: &Config, args: &JournalArgs) -> Result<Found> {
    let found = ask(config, Question::Journal(Some(args.last)))?;
    show(config.output()?, &found, |found| {
        let trades = list(&found["trades"]);
        if trades.is_empty() {
            return line("no trade is closed yet; `butterquant positions` shows what is held");
        }
        line(format!("Closed trades, the last {} of {}", trades.len(), text(&found["count"])));
        let rows = trades.iter().map(|one| {
            let mut row = what(one);
            row.extend([
                text(&one["entry_day"]),
                text(&one["exit_day"]),
                number(&one["entry_price"], 2),
                number(&one["exit_price"], 2),
            ]);
            row.extend([number(&one["pnl"], 2), share(&one["roi"]), text(&one["reason"])]);
            row
        });
        let header = [
            "track",
            "ticker",
            "strategy",
            "strikes",
            "contracts>",
            "from",
            "to",
            "paid>",
            "received>",
            "gain $>",
            "ROI>",
            "why",
        ];
        line(table(&header, rows));
    })?;
    Ok(Found::Nothing)
}

/// Whose, of what, how many.
fn what(one: &Value) -> Vec<String> {
    let structure = &one["structure"];
    vec![
        text(&one["track"]),
        text(&one["ticker"]),
        text(&structure["strategy"]),
        strikes(&structure["strikes"]),
        text(&one["quantity"]),
    ]
}

fn strikes(of: &Value) -> String {
    format!("{}/{}/{}", text(&of["lower"]), text(&of["centre"]), text(&of["upper"]))
}
