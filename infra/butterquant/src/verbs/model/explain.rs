//! `model explain`: shows how much a version's log loss depends on each feature, on the rows on which it
//! was judged.

use crate::arg_ranges::{count, file_to_write};
use crate::exit::Found;
use crate::models_on_log::{ModelsOnLog, held_out_rows};
use crate::printer;
use anyhow::{Context, Result, bail};
use report::charts::{self, Bars};
use report::summary_text::SURVIVORS;
use report::tables;
use run::config::Config;
use schemas::Day;
use schemas::contract::{CLASS_NAMES, CLASSES};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::PathBuf;
use success::{Importance, ModelScore, importance};

/// Arguments of `model explain`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Version to explain
    pub version: i64,
    /// Picture to draw, .png or .svg [default: models/importance_vN.png in the run's folder]
    #[arg(long, value_name = "FILE", value_parser = file_to_write)]
    pub out: Option<PathBuf>,
    /// How often each feature is shuffled among the days
    #[arg(long, default_value_t = 8, value_parser = count::<u32>(1, 1_000))]
    pub repeats: u32,
    /// Seed of the shuffling
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
}

/// The explanation.
#[derive(Serialize)]
struct Explained {
    version: i64,
    sha256: String,
    rows: usize,
    days: usize,
    first_day: Day,
    last_day: Day,
    /// Mean of the daily mean log losses.
    log_loss: f64,
    repeats: u32,
    importance: Vec<Importance>,
    /// Share of rows by class: observed, and predicted as the most likely one.
    #[serde(rename = "came")]
    observed: [f64; CLASSES],
    #[serde(rename = "said")]
    predicted: [f64; CLASSES],
    /// The problem with that, if any.
    problem: Option<String>,
    picture: PathBuf,
}

/// Explains the version; exit 1 when it predicts the same class for every row.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let models = ModelsOnLog::read(config)?;
    let model = models.version(args.version)?;
    let file = args
        .out
        .clone()
        .unwrap_or_else(|| models.run.models().join(format!("importance_v{}.png", args.version)));
    charts::ending(&file)?;
    let rows = held_out_rows(&models, model)?
        .with_context(|| format!("model {} names no held-out days", model.version))?;
    if rows.len() < 2 {
        bail!(
            "the lake of run {} has no labelled rows of the days on which model {} was judged; \
             `{}` rebuilds the lake from the log",
            models.run.id,
            args.version,
            config.command_line("rebuild --all", &models.run.id)
        );
    }
    let loaded = config.scoring()?.engine()?.load(&model.onnx)?;
    let steps = printer::steps(config)?;
    let bar = steps.bar("features", schemas::contract::FEATURES as u64);
    let (log_loss, found) =
        importance(&loaded, &rows, args.repeats, args.seed, &mut |done, of| {
            bar.at(done as u64, of as u64);
        })?;
    bar.done("");
    let features: Vec<_> = rows.iter().map(|row| row.features).collect();
    let scores = loaded.score(&features)?;
    let days: BTreeSet<i32> = rows.iter().map(|row| row.scan_day).collect();
    let ends = days.first().zip(days.last()).context("no days")?;
    let predicted = shares(scores.iter().map(|score: &ModelScore| score.class));
    let explained = Explained {
        version: args.version,
        sha256: model.sha256.clone(),
        rows: rows.len(),
        days: days.len(),
        first_day: Day(*ends.0),
        last_day: Day(*ends.1),
        log_loss,
        repeats: args.repeats,
        importance: found,
        observed: shares(rows.iter().map(|row| row.class)),
        predicted,
        problem: one_class(config, &predicted),
        picture: file,
    };
    draw(&explained)?;
    printer::show(config.output()?, &explained, print)?;
    Ok(if explained.problem.is_none() { Found::Nothing } else { Found::Something })
}

fn shares(classes: impl Iterator<Item = u8>) -> [f64; CLASSES] {
    let mut counts = [0.0; CLASSES];
    classes.for_each(|class| counts[usize::from(class)] += 1.0);
    let all: f64 = counts.iter().sum();
    counts.map(|count| count / all)
}

/// The problem and the advice when the model predicts the same class for every row.
fn one_class(config: &Config, predicted: &[f64; CLASSES]) -> Option<String> {
    let class = predicted.iter().position(|share| *share == 1.0)?;
    Some(format!(
        "the model predicts {} for every row: it has learnt little more than how frequent the classes \
         are. `{}` shows their balance; train on a longer history or more tickers \
         (`{}`); trades depend on the expected ROI, not on this class",
        CLASS_NAMES[class],
        config.command_line("data validate --lake", config.run()),
        config.command_line("history generate", config.run())
    ))
}

fn draw(explained: &Explained) -> Result<()> {
    if let Some(folder) = explained.picture.parent().filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be created", folder.display()))?;
    }
    let bars = Bars {
        heading: [
            format!("Features that model {} relies on", explained.version),
            format!(
                "Rise of the daily log loss ({:.4}) when a feature is shuffled among the {} days from \
                 {} to {}; whiskers: ± 1.645 standard errors by days",
                explained.log_loss, explained.days, explained.first_day, explained.last_day
            ),
        ],
        bars: explained
            .importance
            .iter()
            .map(|of| (of.feature.clone(), of.rise, 1.645 * of.error))
            .collect(),
    };
    charts::draw(&explained.picture, &bars)
}

fn print(of: &Explained) {
    printer::line(format!(
        "model {}: log loss {:.4} on {} rows of the {} days from {} to {}, on which it was judged",
        of.version, of.log_loss, of.rows, of.days, of.first_day, of.last_day
    ));
    let rows = of.importance.iter().map(|one| {
        let sure = if one.rise > 1.645 * one.error { "yes" } else { "no" };
        vec![
            one.feature.clone(),
            format!("{:+.5}", one.rise),
            format!("{:.5}", one.error),
            sure.into(),
        ]
    });
    let header = ["feature", "rise of the log loss>", "standard error by days>", "above 0"];
    printer::line(tables::table(&header, rows));
    let row = |class: usize| {
        vec![
            CLASS_NAMES[class].to_owned(),
            tables::percent(of.observed[class]),
            tables::percent(of.predicted[class]),
        ]
    };
    printer::line(tables::table(&["class", "observed>", "predicted>"], (0..CLASSES).map(row)));
    of.problem.iter().for_each(printer::line);
    printer::line(SURVIVORS);
    printer::line(format!("picture: {}", of.picture.display()));
}
