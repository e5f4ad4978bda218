//! `model list` and `model show`: the versions on the log and what the gate said of each.

use crate::answers::Question;
use crate::cells::{list as items, number, text};
use crate::config::Config;
use crate::out::{line, show, table};
use crate::verbs::{Found, views::ask};
use anyhow::{Result, anyhow};
use serde_json::Value;

/// Every version.
pub fn list(config: &Config) -> Result<Found> {
    show(config.output()?, &ask(config, Question::Models)?, list_models)?;
    Ok(Found::Nothing)
}

/// One version.
pub fn show_one(config: &Config, version: i64) -> Result<Found> {
    let found = ask(config, Question::Models)?;
    let cards = items(&found["models"]);
    let mut card =
        cards.iter().find(|card| card["version"] == version).cloned().ok_or_else(|| {
            let known: Vec<String> = cards.iter().map(|card| text(&card["version"])).collect();
            let known = if known.is_empty() {
                "it has none yet".to_owned()
            } else {
                format!("it has {}", known.join(", "))
            };
            anyhow!("run {} has no model {version}; {known}", config.run())
        })?;
    let changes = items(&found["changes"]).iter().filter(|change| change["version"] == version);
    card["changes"] = changes.cloned().collect();
    show(config.output()?, &card, show_model)?;
    Ok(Found::Nothing)
}

fn list_models(found: &Value) {
    let models = items(&found["models"]);
    if models.is_empty() {
        return line(
            "no model yet: one is trained once enough candidates have matured; `butterquant up --history N` trains one from the past, `butterquant train` asks for one",
        );
    }
    let rows = models.iter().map(|card| {
        let passed =
            card["passed"].as_bool().map_or("–", |passed| if passed { "yes" } else { "no" });
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
    line(table(
        &[
            "version>",
            "standing",
            "rule",
            "triggered",
            "trained",
            "passed the gate",
            "validation log loss>",
            "sha256",
        ],
        rows,
    ));
    line("More of one: `butterquant model show VERSION`.");
}

fn show_model(card: &Value) {
    line(format!(
        "model {}: {}; sha256 {}",
        text(&card["version"]),
        text(&card["standing"]),
        text(&card["sha256"])
    ));
    line(format!(
        "triggered on {} by the rule {}: {}",
        text(&card["triggered_on"]),
        text(&card["rule"]),
        text(&card["evidence"])
    ));
    line(format!(
        "trained on {}; passed the gate: {}",
        text(&card["trained_on"]),
        text(&card["passed"])
    ));
    for said in items(&card["verdict"]) {
        line(format!("  {}", text(said)));
    }
    for refusal in items(&card["refusals"]) {
        let reasons: Vec<String> = items(&refusal["reasons"]).iter().map(text).collect();
        line(format!("refused on {}: {}", text(&refusal["day"]), reasons.join("; ")));
    }
    for change in items(&card["changes"]) {
        let how = if change["rollback"] == true { "put back as" } else { "became" };
        line(format!(
            "{how} {} on {}: {}",
            text(&change["alias"]).to_lowercase(),
            text(&change["day"]),
            text(&change["reason"])
        ));
    }
    if card["manifest"].is_object() {
        line("\nManifest");
        line(serde_json::to_string_pretty(&card["manifest"]).unwrap_or_default());
    }
}
