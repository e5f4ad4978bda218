//! `quality`: compares the champions' predictions with their outcomes, over time and by regime, and
//! checks the features for drift. Exit code 1 when a feature drifts.

use crate::arg_ranges::file_to_write;
use crate::exit::Found;
use crate::printer::{line, show_view};
use anyhow::{Result, bail};
use api::answers::quality::FeatureDrift;
use api::answers::{QualityFigures, QualityQuery, ask};
use consumers::retrainer::MIN_ACCURACY;
use report::charts;
use report::charts::quality::QualityOverTime;
use report::summary_text::SURVIVORS;
use report::tables::{or_dash, percent, table};
use run::config::{Config, Output};
use std::path::PathBuf;
use store::figures::Period;

/// Arguments of `quality`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Draw accuracy and calibration over time into this file, .png or .svg
    #[arg(long, value_name = "FILE", value_parser = file_to_write)]
    pub picture: Option<PathBuf>,
}

/// Prints both, and draws the picture.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    if let Some(file) = &args.picture {
        charts::ending(file)?; // before anything is read
    }
    let found = ask(&config.this_run()?, &QualityQuery)?;
    if let Some(file) = &args.picture {
        let drawn = over_time(config.run(), &found);
        if drawn.months.is_empty() {
            bail!(
                "{}: nothing to draw: no scan day has matured yet; candidates mature three to six weeks after their scan",
                file.display()
            );
        }
        charts::draw(file, &drawn)?;
    }
    show_view(config.output()?, &found, print)?;
    if let (Some(file), Output::Human) = (&args.picture, config.output()?) {
        line(format!("picture: {}", file.display()));
    }
    let drifts = found.drift.iter().any(|one| one.drifted);
    Ok(if drifts { Found::Something } else { Found::Nothing })
}

fn print(found: &QualityFigures) {
    let report = &found.report;
    line(format!(
        "Predictions of the champions at the close of {}: {} scan days have matured, {} have not",
        through(found),
        report.matured_days,
        report.open_days
    ));
    let periods: Vec<&Period> =
        report.recent.iter().chain(&report.regimes).chain(&report.months).collect();
    if periods.is_empty() {
        line("no scan day with predictions has matured yet; that takes three to six weeks");
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
                "Loss predicted>",
                "Loss observed>",
            ],
            periods.into_iter().map(row),
        ));
        line(SURVIVORS);
    }
    drift(found);
}

fn through(found: &QualityFigures) -> String {
    or_dash(found.through, |day| day.to_string())
}

fn row(of: &Period) -> Vec<String> {
    let name = match of.name.as_str() {
        "recent" => "the last 60",
        "low" => "index below 15",
        "normal" => "index 15 to 25",
        "high" => "index from 25",
        month => month,
    };
    let figures = &of.quality;
    vec![
        name.to_owned(),
        of.first.to_string(),
        of.last.to_string(),
        figures.days.to_string(),
        figures.rows.to_string(),
        percent(figures.accuracy),
        or_dash(figures.accuracy_error, percent),
        format!("{:.4}", figures.log_loss),
        format!("{:.4}", figures.calibration_error),
        percent(figures.mean_probability[0]),
        percent(figures.frequency[0]),
    ]
}

fn drift(found: &QualityFigures) {
    const SHOWN: usize = 8;
    if let Some(why) = &found.no_drift {
        return line(format!("\nDrift of the features: none measured, {why}"));
    }
    let mut features: Vec<&FeatureDrift> = found.drift.iter().collect();
    features.sort_by(|a, b| b.ratio().total_cmp(&a.ratio()));
    let drifting = features.iter().filter(|one| one.drifted).count();
    line(format!(
        "\nDrift of the last 20 scan days from the training rows of v{}: {drifting} of {} features are above their limit",
        or_dash(found.champion, |version| version.to_string()),
        features.len()
    ));
    let rows = features.into_iter().take(drifting.max(SHOWN)).map(|one| {
        vec![
            one.of.feature.clone(),
            format!("{:.3}", one.of.distance),
            format!("{:.3}", one.of.limit),
            percent(one.ratio()),
            if one.drifted { "drifts" } else { "" }.to_owned(),
        ]
    });
    line(table(&["feature", "distance>", "limit>", "of the limit>", ""], rows));
}

fn over_time<'a>(run: &str, found: &'a QualityFigures) -> QualityOverTime<'a> {
    QualityOverTime {
        heading: [
            format!("Predictions of run {run}"),
            format!(
                "{} matured scan days up to {}, by month of the scan",
                found.report.matured_days,
                through(found)
            ),
        ],
        months: &found.report.months,
        least_accuracy: MIN_ACCURACY,
    }
}
