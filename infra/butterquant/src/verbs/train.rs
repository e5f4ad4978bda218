//! `train`: trains a model on a market's past into files, or requests a training from the run's
//! retrainer.

use crate::arg_ranges::{MOST_ROWS, at_least_one};
use crate::exit::Found;
use crate::market::{self, Reads};
use crate::operator::{Given, publish};
use crate::printer;
use anyhow::{Context, Result};
use consumers::retrainer::train_from_history;
use producers::history::{HistoryPlan, draw};
use run::config::Config;
use run::kept_analyses::keeper;
use run::model_acceptance::EngineAcceptance;
use run::projections::artifact;
use schemas::Body;
use schemas::events::{Controls, Models, TrainingRequested};
use success::Artifacts;

/// Arguments of `train`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Train on the past of this market, csv:DIR or sim:SEED, and write the model files into the data
    /// folder; without it, request a training from the run's retrainer
    #[arg(long)]
    pub source: Option<String>,
    /// Rows of history to draw, with --source
    #[arg(long, default_value_t = 7_000, value_parser = at_least_one(MOST_ROWS))]
    pub rows: usize,
    #[command(flatten)]
    pub given: Given,
}

/// Trains from `--source` into files, or requests a training from the run's retrainer.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let Some(source) = &args.source else {
        let asked = TrainingRequested { reason: args.given.why("asked for by an operator") };
        return publish(
            config,
            Controls::TrainingRequested(asked),
            &args.given,
            "training requested (it begins when the next day closes, or once no challenger is being watched)",
        );
    };
    let mut market = market::open(config, source, None, Reads::ALL)?;
    let steps = printer::steps(config)?;
    let day = *market.days().last().context("the market has no days")?;
    let settings = config.settings()?;
    let plan = HistoryPlan {
        low: args.rows * 2 / 7,
        normal: args.rows * 3 / 7,
        high: args.rows - args.rows * 2 / 7 - args.rows * 3 / 7,
        seed: settings.seed as u64,
        pricing: settings.pricing,
        ..HistoryPlan::new(day, day)
    };
    let bar = steps.bar("history", args.rows as u64);
    let progress = &mut |done, of| bar.at(done as u64, of as u64);
    let drawn = draw(&mut *market, &plan, &keeper(config)?, progress)?;
    bar.done("");
    let trial = EngineAcceptance::new(config.scoring()?.engine()?);
    let bar = steps.bar("training", settings.training_epochs.max(1) as u64);
    let made = train_from_history(
        day,
        day,
        &drawn.samples,
        Vec::new(),
        &settings,
        &trial,
        &mut |done, of| bar.at(done.into(), of.into()),
    );
    bar.done("");
    let folder = config.data_dir().join("models");
    let verdicts = run::open_run::verdicts(&made.events);
    let mut manifest = serde_json::Value::Null;
    for event in &made.events {
        let Body::Models(Models::ModelTrained(model)) = &event.body else { continue };
        manifest = serde_json::from_str(&model.manifest)?;
        let (trained, parents) = artifact(model)?;
        Artifacts::open(&folder)?.write(
            u32::try_from(model.version)?,
            &day.to_string().replace('-', ""),
            &trained,
            &parents,
        )?;
    }
    let shown = serde_json::json!({ "manifest": manifest, "said": verdicts, "folder": folder });
    printer::show(config.output()?, &shown, |_| {
        verdicts.iter().for_each(printer::line);
        printer::line(format!("written to {}", folder.display()));
    })?;
    Ok(Found::Nothing)
}
