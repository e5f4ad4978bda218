//! `model explain`: what a version's log loss rests on, on the rows it was judged on.

use super::onlog::OnLog;
use crate::account::SURVIVORS;
use crate::audit::audit;
use crate::cli::{ExplainArgs, Output};
use crate::config::Config;
use crate::home::RunDir;
use crate::picture::{self, Bars};
use crate::progress::Steps;
use crate::verbs::Found;
use crate::{engine, out};
use anyhow::{Context, Result, bail};
use consumers::retrainer::Judged;
use schemas::Day;
use schemas::contract::{CLASS_NAMES, CLASSES};
use schemas::events::ModelTrained;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::PathBuf;
use store::rows::read_rows;
use success::{Importance, LabelledRow, ModelScore, importance};

/// What was found.
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
    /// Share of rows by class: what came, what the model holds likeliest.
    came: [f64; CLASSES],
    said: [f64; CLASSES],
    /// What is wrong with that, if anything.
    problem: Option<String>,
    picture: PathBuf,
}

/// The rows of the lake on which a version was judged: of its held-out days.
pub fn rows_of(run: &RunDir, model: &ModelTrained) -> Result<Vec<LabelledRow>> {
    let judged = Judged::of(&model.manifest)
        .with_context(|| format!("model {} names no held-out days", model.version))?;
    let (_, mut rows) = audit(&read_rows(&run.lake())?, None);
    rows.retain(|row| (judged.first.0..=judged.last.0).contains(&row.scan_day));
    Ok(rows)
}

/// Explains; exit 1 when the model holds the same class likeliest of every row.
pub fn explain(config: &Config, args: &ExplainArgs) -> Result<Found> {
    let models = OnLog::read(config)?;
    let model = models.version(args.version)?;
    let file = args
        .out
        .clone()
        .unwrap_or_else(|| models.run.models().join(format!("importance_v{}.png", args.version)));
    picture::ending(&file)?;
    let rows = rows_of(&models.run, model)?;
    if rows.len() < 2 {
        bail!(
            "the lake of run {} has no labelled rows of the days model {} was judged on; \
             `butterquant rebuild --all` writes the lake again from the log",
            models.run.id,
            args.version
        );
    }
    let loaded = engine::engine(config)?.load(&model.onnx)?;
    let steps = Steps::new(config.output()? == Output::Human);
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
    let said = shares(scores.iter().map(|score: &ModelScore| score.class));
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
        came: shares(rows.iter().map(|row| row.class)),
        said,
        problem: one_class(&said),
        picture: file,
    };
    draw(&explained)?;
    out::show(config.output()?, &explained, print)?;
    Ok(if explained.problem.is_none() { Found::Nothing } else { Found::Something })
}

fn shares(classes: impl Iterator<Item = u8>) -> [f64; CLASSES] {
    let mut counts = [0.0; CLASSES];
    classes.for_each(|class| counts[usize::from(class)] += 1.0);
    let all: f64 = counts.iter().sum();
    counts.map(|count| count / all)
}

/// What to do where every row gets the same class.
fn one_class(said: &[f64; CLASSES]) -> Option<String> {
    let class = said.iter().position(|share| *share == 1.0)?;
    Some(format!(
        "the model holds {} likeliest of every row: it has learnt little more than how often the \
         classes come. `butterquant data validate --lake` shows their balance; train on a longer \
         history or more tickers (`butterquant history generate`); what trades is the expected ROI, \
         not this class",
        CLASS_NAMES[class]
    ))
}

fn draw(explained: &Explained) -> Result<()> {
    if let Some(folder) = explained.picture.parent().filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    let bars = Bars {
        heading: [
            format!("What model {} rests on", explained.version),
            format!(
                "Rise of the daily log loss ({:.4}) when a feature is dealt among the {} days from \
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
    picture::draw(&explained.picture, &bars)
}

fn print(of: &Explained) {
    out::line(format!(
        "model {}: log loss {:.4} on {} rows of the {} days from {} to {} it was judged on",
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
    out::line(out::table(&header, rows));
    let row = |class: usize| {
        vec![
            CLASS_NAMES[class].to_owned(),
            out::percent(of.came[class]),
            out::percent(of.said[class]),
        ]
    };
    out::line(out::table(&["class", "came>", "held likeliest>"], (0..CLASSES).map(row)));
    of.problem.iter().for_each(out::line);
    out::line(SURVIVORS);
    out::line(format!("picture: {}", of.picture.display()));
}
