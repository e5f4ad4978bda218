//! `quality`: what the champions predicted beside what came, over time and by regime, and the
//! drift of the features. Exit code 1 when a feature drifts.

use super::{Found, views::ask};
use crate::account::SURVIVORS;
use crate::answers::Question;
use crate::cells::{list, number, share, text};
use crate::cli::{Output, QualityArgs};
use crate::config::Config;
use crate::out::{line, percent, show, table};
use crate::picture;
use crate::picture::quality::{Month, QualityOverTime};
use anyhow::{Result, bail};
use consumers::retrainer::MIN_ACCURACY;
use schemas::Day;
use serde_json::Value;

/// Shows it.
pub fn quality(config: &Config, args: &QualityArgs) -> Result<Found> {
    if let Some(file) = &args.picture {
        picture::ending(file)?; // before anything is read
    }
    let found = ask(config, Question::Quality)?;
    if let Some(file) = &args.picture {
        let drawn = over_time(config.run(), &found);
        if drawn.months.is_empty() {
            bail!(
                "{}: there is nothing to draw, as no scan day has matured yet; candidates mature three to six weeks after their scan",
                file.display()
            );
        }
        picture::draw(file, &drawn)?;
    }
    show(config.output()?, &found, print)?;
    if let (Some(file), Output::Human) = (&args.picture, config.output()?) {
        line(format!("picture: {}", file.display()));
    }
    let drifts = list(&found["drift"]).iter().any(|one| one["drifted"] == true);
    Ok(if drifts { Found::Something } else { Found::Nothing })
}

fn print(found: &Value) {
    line(format!(
        "Predictions of the champions at the close of {}: {} scan days have matured, {} have not",
        text(&found["through"]),
        text(&found["matured_days"]),
        text(&found["open_days"])
    ));
    let periods: Vec<&Value> = std::iter::once(&found["recent"])
        .filter(|recent| recent.is_object())
        .chain(list(&found["regimes"]))
        .chain(list(&found["months"]))
        .collect();
    if periods.is_empty() {
        line("no scan day with predictions has matured yet: that takes three to six weeks");
    } else {
        line(table(
            &[
                "scan days",
                "from",
                "to",
                "days>",
                "rows>",
                "accuracy>",
                "± error>",
                "log loss>",
                "calibration error>",
                "Loss said>",
                "Loss came>",
            ],
            periods.into_iter().map(period),
        ));
        line(SURVIVORS);
    }
    drift(found);
}

fn period(of: &Value) -> Vec<String> {
    let name = match of["name"].as_str() {
        Some("recent") => "the last 60".to_owned(),
        Some("low") => "index below 15".to_owned(),
        Some("normal") => "index 15 to 25".to_owned(),
        Some("high") => "index from 25".to_owned(),
        _ => text(&of["name"]),
    };
    vec![
        name,
        text(&of["first"]),
        text(&of["last"]),
        text(&of["days"]),
        text(&of["rows"]),
        share(&of["accuracy"]),
        share(&of["accuracy_error"]),
        number(&of["log_loss"], 4),
        number(&of["calibration_error"], 4),
        share(&of["mean_probability"][0]),
        share(&of["frequency"][0]),
    ]
}

fn drift(found: &Value) {
    if let Some(why) = found["no_drift"].as_str() {
        return line(format!("\nDrift of the features: none measured, {why}"));
    }
    let mut features: Vec<&Value> = list(&found["drift"]).iter().collect();
    let ratio = |of: &Value| {
        of["distance"].as_f64().unwrap_or_default() / of["limit"].as_f64().unwrap_or(1.0).max(1e-9)
    };
    features.sort_by(|a, b| ratio(b).total_cmp(&ratio(a)));
    let drifting = features.iter().filter(|of| of["drifted"] == true).count();
    line(format!(
        "\nDrift of the last 20 scan days from the training rows of v{}: {drifting} of {} features are above their limit",
        text(&found["champion"]),
        features.len()
    ));
    const SHOWN: usize = 8;
    let rows = features.into_iter().take(drifting.max(SHOWN)).map(|of| {
        let word = if of["drifted"] == true { "drifts" } else { "" };
        let figures = [&of["distance"], &of["limit"]].map(|of| number(of, 3));
        let [distance, limit] = figures;
        vec![text(&of["feature"]), distance, limit, percent(ratio(of)), word.to_owned()]
    });
    line(table(&["feature", "distance>", "limit>", "of the limit>", ""], rows));
}

fn over_time(run: &str, found: &Value) -> QualityOverTime {
    let day = |of: &Value| of.as_str().and_then(|day| day.parse::<Day>().ok());
    let month = |of: &Value| {
        let figure = |name: &str| of[name].as_f64().unwrap_or_default();
        let (first, last) = (day(&of["first"])?, day(&of["last"])?);
        let loss = |name: &str| of[name][0].as_f64().unwrap_or_default();
        Some(Month {
            at: f64::from(first.0 + last.0) / 2.0,
            accuracy: figure("accuracy"),
            accuracy_error: figure("accuracy_error"),
            calibration_error: figure("calibration_error"),
            loss: (loss("mean_probability"), loss("frequency")),
        })
    };
    QualityOverTime {
        heading: [
            format!("Predictions of run {run}"),
            format!(
                "{} matured scan days up to {}, by month of the scan",
                text(&found["matured_days"]),
                text(&found["through"])
            ),
        ],
        months: list(&found["months"]).iter().filter_map(month).collect(),
        least_accuracy: MIN_ACCURACY,
    }
}
