//! What an operator says: `halt`, `resume`, `close-day`, and asking for a training. It goes onto
//! `controls`, through the process that owns the run where there is one.

use super::Found;
use crate::cli::{CloseDayArgs, HaltArgs, TrackName, TrainArgs};
use crate::printer;
use anyhow::{Context, Result, bail};
use consumers::retrainer::train_from_history;
use producers::history::{HistoryPlan, draw};
use run::config::Config;
use run::data_dir::{self, RunDir};
use run::model_acceptance::OnEngine;
use run::projections::{artifact, read_all};
use schemas::events::{
    Controls, DayClosed, DayForced, Halted, Models, Resumed, Track, TrainingRequested,
};
use schemas::{Body, Event, Topic};
use shell::open;
use success::Artifacts;
use telemetry::Steps;

fn track(name: Option<TrackName>) -> Option<Track> {
    name.map(|name| match name {
        TrackName::ButterAI => Track::ButterAI,
        TrackName::ButterBaseline => Track::ButterBaseline,
    })
}

/// Says it, and where it was said.
pub(super) fn say(config: &Config, word: Controls, done: &str) -> Result<Found> {
    let run = config.this_run()?;
    let opened = data_dir::reach(&run)?;
    let offset = open::say(&*opened.log, word)?;
    told(config, &run, offset, done)
}

fn told(config: &Config, run: &RunDir, offset: u64, done: &str) -> Result<Found> {
    printer::show(
        config.output()?,
        &serde_json::json!({ "run": run.id, "offset": offset }),
        |_| {
            printer::line(format!("{done} in run {}, at controls offset {offset}", run.id));
        },
    )?;
    Ok(Found::Nothing)
}

/// Stops opening positions.
pub(super) fn halt(config: &Config, args: &HaltArgs) -> Result<Found> {
    let halted = Halted { track: track(args.track), reason: args.reason.clone() };
    say(config, Controls::Halted(halted), "halted: no position is opened; closing orders are sent")
}

/// Opens positions again.
pub(super) fn resume(config: &Config, args: &HaltArgs) -> Result<Found> {
    let resumed = Resumed { track: track(args.track), reason: args.reason.clone() };
    say(config, Controls::Resumed(resumed), "resumed")
}

/// Writes the missing marker of a stuck day, with its usual id, and says why on `controls`.
pub(super) fn close_day(config: &Config, args: &CloseDayArgs) -> Result<Found> {
    let run = config.this_run()?;
    let opened = data_dir::reach(&run)?;
    let (log, partitions) = (&*opened.log, config.partitions()?);
    let CloseDayArgs { topic, partition, day, reason } = args;
    if !topic.marked() || *partition >= topic.partitions(partitions) {
        bail!("{topic} has no day markers in partition {partition}");
    }
    let markers = |topic: Topic| -> Result<Vec<(i64, DayClosed)>> {
        let events =
            read_all(log, topic, partitions)?.into_iter().filter(|event| event.day == *day);
        Ok(events
            .filter_map(|event| {
                Some((event.control_offset.unwrap_or(-1), event.body.marker()?.clone()))
            })
            .collect())
    };
    let own = markers(*topic)?;
    if own.iter().any(|(_, marker)| marker.partition == i64::from(*partition)) {
        bail!("{topic}/{partition} has its marker of {day} already");
    }
    let pattern = own.into_iter().chain(markers(Topic::Bars)?).next();
    let (control_offset, pattern) = pattern.with_context(|| {
        format!("no partition has a marker of {day}: nothing of that day was published")
    })?;
    let marker = DayClosed {
        partition: i64::from(*partition),
        previous_day: pattern.previous_day,
        vix: pattern.vix.filter(|_| *topic == Topic::Bars),
        champion: pattern.champion.clone().filter(|_| *topic == Topic::Models),
        ..DayClosed::default()
    };
    let mut marker = Event::marker(*topic, *day, marker).context("the topic has no markers")?;
    marker.control_offset = Some(control_offset);
    let forced = DayForced {
        topic: topic.name().to_owned(),
        partition: i64::from(*partition),
        closed_day: *day,
        reason: reason.clone(),
    };
    let offset = open::say_with(log, Controls::DayForced(forced), Some((&marker, partitions)))?;
    let done = format!("{day} is closed on {topic}/{partition}; what still comes of it is late");
    told(config, &run, offset, &done)
}

/// Trains: of a market's past into files, or by asking the run's retrainer.
pub(super) fn train(config: &Config, args: &TrainArgs) -> Result<Found> {
    let Some(source) = &args.source else {
        let asked = TrainingRequested { reason: args.reason.clone() };
        return say(
            config,
            Controls::TrainingRequested(asked),
            "a training is asked for; it is done when the next day closes",
        );
    };
    let mut market = producers::source::open(source, None)?;
    let steps = Steps::new(true);
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
    let drawn = draw(&mut *market, &plan, &mut |done, of| bar.at(done as u64, of as u64))?;
    bar.done("");
    let trial = OnEngine::new(config.scoring()?.engine()?);
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
    let said = run::open_run::verdicts(&made.events);
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
    let shown = serde_json::json!({ "manifest": manifest, "said": said, "folder": folder });
    printer::show(config.output()?, &shown, |_| {
        said.iter().for_each(printer::line);
        printer::line(format!("written to {}", folder.display()));
    })?;
    Ok(Found::Nothing)
}
