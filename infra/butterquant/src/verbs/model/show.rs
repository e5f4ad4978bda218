//! `model show`: shows one version with its metrics and the gate's verdict.

use crate::exit::Found;
use crate::printer::{line, show_view};
use anyhow::{Result, anyhow};
use api::answers::{ModelRow, ModelsQuery, ask};
use report::summary_text::SURVIVORS;
use report::tables::{or_dash, percent, table};
use run::config::Config;
use schemas::Day;
use schemas::contract::{CLASS_NAMES, CLASSES};
use schemas::events::Alias;
use serde::Serialize;
use store::views::AliasChange;
use success::{Assessment, Bin};

/// Arguments of `model show`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Version to show
    pub version: i64,
}

/// A version and its changes of alias.
#[derive(Serialize)]
struct OneModel {
    #[serde(flatten)]
    model: ModelRow,
    changes: Vec<AliasChange>,
}

/// Shows the version.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let version = args.version;
    let mut found = ask(&config.this_run()?, &ModelsQuery)?;
    let Some(at) = found.models.iter().position(|model| model.version == version) else {
        let known: Vec<String> =
            found.models.iter().map(|model| model.version.to_string()).collect();
        let known = if known.is_empty() {
            "it has none yet".to_owned()
        } else {
            format!("it has {}", known.join(", "))
        };
        return Err(anyhow!("run {} has no model {version}; {known}", config.run()));
    };
    found.changes.retain(|change| change.version == version);
    let one = OneModel { model: found.models.swap_remove(at), changes: found.changes };
    show_view(config.output()?, &one, show_model)?;
    Ok(Found::Nothing)
}

fn show_model(one: &OneModel) {
    let model = &one.model;
    line(format!(
        "model {}: {}; sha256 {}",
        model.version,
        model.status.name(),
        text(model.sha256.as_deref())
    ));
    line(format!(
        "triggered on {} by the rule {}: {}",
        day(model.triggered_on),
        text(model.rule.as_deref()),
        text(model.evidence.as_deref())
    ));
    line(format!(
        "trained on {}; passed the gate: {}",
        day(model.trained_on),
        or_dash(model.passed, |passed| passed.to_string())
    ));
    for sentence in &model.verdict {
        line(format!("  {sentence}"));
    }
    for refusal in &model.refusals {
        line(format!("refused on {}: {}", refusal.day, refusal.reasons.join("; ")));
    }
    for change in &one.changes {
        let how = if change.rollback { "restored as" } else { "became" };
        let alias = match change.alias {
            Alias::Champion => "champion",
            Alias::Challenger => "challenger",
        };
        line(format!("{how} {alias} on {}: {}", change.day, change.reason));
    }
    if let Some(held_out) = model.held_out() {
        line(calibration_heading(&held_out));
        let named =
            CLASS_NAMES.iter().flat_map(|name| [format!("{name} predicted>"), "observed>".into()]);
        let header: Vec<String> = ["bin>".to_owned()].into_iter().chain(named).collect();
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        line(table(&header, calibration_rows(&held_out.calibration_curve)));
        line(SURVIVORS);
    }
    if let Some(manifest) = model.manifest.as_ref().filter(|manifest| manifest.is_object()) {
        line("\nManifest");
        line(serde_json::to_string_pretty(manifest).unwrap_or_default());
    }
}

fn text(of: Option<&str>) -> String {
    or_dash(of, str::to_owned)
}

fn day(of: Option<Day>) -> String {
    or_dash(of, |day| day.to_string())
}

fn calibration_heading(held_out: &Assessment) -> String {
    let model = &held_out.model;
    let interval = model.calibration_interval.map_or_else(String::new, |[low, high]| {
        format!(" (95 % interval by scan day {low:.4} to {high:.4})")
    });
    format!(
        "\nCalibration on {} rows of {} held-out scan days, in bins of equal count by ascending \
         probability of the class; error {:.4}{interval}; {:.4} would be expected of correct probabilities",
        held_out.rows, held_out.days, model.calibration_error, model.calibration_by_chance
    )
}

/// One line per bin: the mean probability and the frequency of each class.
fn calibration_rows(curve: &[Vec<Bin>; CLASSES]) -> Vec<Vec<String>> {
    let bins = curve.iter().map(Vec::len).max().unwrap_or(0);
    let line_of = |bin: usize| {
        let cells = curve.iter().flat_map(|class| {
            let bin = class.get(bin);
            [bin.map(|bin| bin.mean_probability), bin.map(|bin| bin.frequency)]
        });
        let cells = cells.map(|share| or_dash(share, percent));
        [(bin + 1).to_string()].into_iter().chain(cells).collect()
    };
    (0..bins).map(line_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use success::{Estimate, Figures, GainOver};

    #[test]
    fn a_curve_has_a_line_per_bin_with_prediction_and_frequency_of_each_class() {
        let bin = |mean_probability, frequency| Bin { mean_probability, frequency, rows: 3 };
        let curve = [
            vec![bin(0.25, 0.3), bin(0.5, 0.45)],
            vec![bin(0.01, 0.0), bin(0.02, 0.05)],
            vec![bin(0.1, 0.1), bin(0.125, 0.2)],
            vec![bin(0.3, 0.35)],
        ];
        let lines = calibration_rows(&curve).into_iter().map(|line| line.join(" | "));
        assert_eq!(
            lines.collect::<Vec<_>>(),
            [
                "1 | 25.0 % | 30.0 % | 1.0 % | 0.0 % | 10.0 % | 10.0 % | 30.0 % | 35.0 %",
                "2 | 50.0 % | 45.0 % | 2.0 % | 5.0 % | 12.5 % | 20.0 % | – | –",
            ]
        );
        let none = Estimate { value: 0.0, standard_error: None, low: None, high: None };
        let figures = Figures {
            log_loss: none,
            behind_model: GainOver {
                value: 0.0,
                standard_error: None,
                low: None,
                high: None,
                p_value: None,
            },
            brier: none,
            accuracy: none,
            balanced_accuracy: none,
            calibration_error: 0.02,
            calibration_interval: Some([0.01, 0.03]),
            calibration_by_chance: 0.015,
            top_decile_roi: none,
            top_decile_rows: 0,
        };
        let heading = calibration_heading(&Assessment {
            days: 60,
            rows: 1200,
            longest_holding: 21,
            all_roi: none,
            model: figures.clone(),
            class_prior: figures.clone(),
            technical_score: None,
            logistic: figures.clone(),
            network: figures,
            calibration_curve: curve,
        });
        assert!(heading.contains("1200 rows of 60 held-out scan days"), "{heading}");
        assert!(
            heading.contains("error 0.0200 (95 % interval by scan day 0.0100 to 0.0300); 0.0150")
        );
    }
}
