//! `model list` and `model show`: the versions on the log and what the gate said of each.

use crate::account::SURVIVORS;
use crate::answers::Question;
use crate::cells::{list as items, number, share, text};
use crate::config::Config;
use crate::out::{line, show, table};
use crate::verbs::{Found, views::ask};
use anyhow::{Result, anyhow};
use schemas::contract::CLASS_NAMES;
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
    let held_out = &card["manifest"]["held_out_metrics"];
    if held_out["calibration_curve"].is_array() {
        line(calibration_heading(held_out));
        let named = CLASS_NAMES.iter().flat_map(|name| [format!("{name} said>"), "came>".into()]);
        let header: Vec<String> = ["bin>".to_owned()].into_iter().chain(named).collect();
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        line(table(&header, calibration_rows(&held_out["calibration_curve"])));
        line(SURVIVORS);
    }
    if card["manifest"].is_object() {
        line("\nManifest");
        line(serde_json::to_string_pretty(&card["manifest"]).unwrap_or_default());
    }
}

fn calibration_heading(held_out: &Value) -> String {
    let model = &held_out["model"];
    let ends = &model["calibration_interval"];
    let interval = match items(ends) {
        [low, high] => {
            format!(" (95 % interval by scan day {} to {})", number(low, 4), number(high, 4))
        }
        _ => String::new(),
    };
    format!(
        "\nCalibration on {} rows of {} held-out scan days, in bins of equal count by ascending \
         probability of the class; error {}{interval}, {} on average were its probabilities right",
        text(&held_out["rows"]),
        text(&held_out["days"]),
        number(&model["calibration_error"], 4),
        number(&model["calibration_by_chance"], 4)
    )
}

/// A line a bin: of each class the mean probability said and how often it came.
fn calibration_rows(curve: &Value) -> Vec<Vec<String>> {
    let bins = items(curve).iter().map(|class| items(class).len()).max().unwrap_or(0);
    let line_of = |bin: usize| {
        let cells = items(curve).iter().flat_map(|class| {
            let found = &class[bin];
            [share(&found["mean_probability"]), share(&found["frequency"])]
        });
        [(bin + 1).to_string()].into_iter().chain(cells).collect()
    };
    (0..bins).map(line_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_has_a_line_a_bin_and_says_beside_each_class_what_came() {
        let bin = |said: f64, came: f64| serde_json::json!({ "mean_probability": said, "frequency": came, "rows": 3 });
        let curve = serde_json::json!([
            [bin(0.25, 0.3), bin(0.5, 0.45)],
            [bin(0.01, 0.0), bin(0.02, 0.05)],
            [bin(0.1, 0.1), bin(0.125, 0.2)],
            [bin(0.3, 0.35)],
        ]);
        let lines = calibration_rows(&curve).into_iter().map(|line| line.join(" | "));
        assert_eq!(
            lines.collect::<Vec<_>>(),
            [
                "1 | 25.0 % | 30.0 % | 1.0 % | 0.0 % | 10.0 % | 10.0 % | 30.0 % | 35.0 %",
                "2 | 50.0 % | 45.0 % | 2.0 % | 5.0 % | 12.5 % | 20.0 % | – | –",
            ]
        );
        let held_out = serde_json::json!({
            "rows": 1200, "days": 60,
            "model": {
                "calibration_error": 0.02, "calibration_interval": [0.01, 0.03],
                "calibration_by_chance": 0.015,
            },
        });
        let said = calibration_heading(&held_out);
        assert!(said.contains("1200 rows of 60 held-out scan days"), "{said}");
        assert!(said.contains("error 0.0200 (95 % interval by scan day 0.0100 to 0.0300), 0.0150"));
    }
}
