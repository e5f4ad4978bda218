//! `bench learning`: walks models forward over a market, beside the predictors that a simpler rule would ask.

mod tables;

use crate::arg_ranges::{date, file_to_write};
use crate::bench::learning::{Comparison, MarketReport, Period, Pooled, pooled, walk};
use crate::bench::machine::Machine;
use crate::bench::training::rows::every_row;
use crate::exit::Found;
use crate::market::{self, Reads};
use crate::printer;
use anyhow::{Context, Result, bail, ensure};
use report::charts::{self, Gains, MarketGains};
use run::config::{Config, Output};
use schemas::Day;
use schemas::events::Settings;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use success::LabelledRow;

/// Arguments of `bench learning`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Market: csv:DIR or sim:SEED [default: the configured one]
    #[arg(long)]
    pub source: Option<String>,
    /// Seeds of several simulated markets, which are like --source but for the seed
    #[arg(long, value_delimiter = ',', value_name = "SEED,SEED")]
    pub seeds: Vec<u64>,
    /// First scan day to judge; trainings begin when they would have anyway [default: the first after a training]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub from: Option<Day>,
    /// Last scan day to judge [default: the last whose outcomes are all known]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub to: Option<Day>,
    /// Draw the gains over the class prior, summed as days pass, into this file, .png or .svg
    #[arg(long, value_name = "FILE", value_parser = file_to_write)]
    pub picture: Option<PathBuf>,
}

#[derive(Serialize)]
struct LearningReport {
    machine: Machine,
    settings: Trained,
    markets: Vec<MarketReport>,
    /// Comparisons over all markets; empty for one.
    pooled: Vec<Pooled>,
}

/// The settings of the trainings.
#[derive(Serialize)]
struct Trained {
    retrain_outcomes: i64,
    min_training_rows: i64,
    training_epochs: i64,
    shadow_days: i64,
    seed: i64,
}

/// A market's rows, and the settings that go with its calendar.
struct Drawn {
    source: String,
    rows: Vec<LabelledRow>,
    settings: Settings,
}

pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let period =
        Period { from: args.from.unwrap_or(Day(i32::MIN)), to: args.to.unwrap_or(Day(i32::MAX)) };
    ensure!(period.from <= period.to, "--to is before --from; exchange them");
    if let Some(file) = &args.picture {
        charts::ending(file)?; // before anything is computed
    }
    let sources = sources(&market::named(config, args.source.as_ref())?, &args.seeds)?;
    let drawn = sources.into_iter().map(|source| drawn(config, source));
    let drawn: Vec<Drawn> = drawn.collect::<Result<_>>()?;
    let markets = walked(config, drawn, period)?;
    markets.iter().try_for_each(judged)?;
    let picture = args.picture.as_deref();
    picture.map(|file| draw(file, &markets)).transpose()?;
    let comparisons: Vec<Vec<Comparison>> =
        markets.iter().map(|market| market.comparisons.clone()).collect();
    let of = config.settings()?;
    let settings = Trained {
        retrain_outcomes: of.retrain_outcomes,
        min_training_rows: of.min_training_rows,
        training_epochs: of.training_epochs,
        shadow_days: of.shadow_days,
        seed: of.seed,
    };
    let machine = Machine::here();
    let report = LearningReport { machine, settings, pooled: pooled(&comparisons), markets };
    printer::show(config.output()?, &report, print)?;
    if let (Some(file), Output::Human) = (picture, config.output()?) {
        printer::line(format!("picture: {}", file.display()));
    }
    Ok(Found::Nothing)
}

/// An error where no day was judged.
fn judged(market: &MarketReport) -> Result<()> {
    ensure!(
        market.judged_days > 0,
        "no scan day of {} comes after a training: of its {} scan days with rows, {} to {}, about 100 pass \
         before the first; give a longer market or other days",
        market.source,
        market.scan_days,
        market.first_day,
        market.last_day
    );
    Ok(())
}

fn draw(file: &Path, markets: &[MarketReport]) -> Result<()> {
    let panel = |market: &MarketReport| MarketGains {
        title: format!("{}, {} days", market.source, market.judged_days),
        lines: market.daily_gains.clone(),
    };
    let heading = [
        "What the predictors gain over the class prior".to_owned(),
        "daily gains in log loss, summed: a line that rises is better than the prior".to_owned(),
    ];
    charts::draw(file, &Gains { heading, markets: markets.iter().map(panel).collect() })
}

/// The markets: the one named, or one for each seed.
fn sources(named: &str, seeds: &[u64]) -> Result<Vec<String>> {
    if seeds.is_empty() {
        return Ok(vec![named.to_owned()]);
    }
    let Some(plan) = named.strip_prefix("sim:") else {
        bail!("--seeds are those of simulated markets, not of {named}: give --source sim:SEED")
    };
    let others = plan.split_once(',').map(|(_, others)| format!(",{others}")).unwrap_or_default();
    Ok(seeds.iter().map(|seed| format!("sim:{seed}{others}")).collect())
}

/// Every row of a market, each with the weight of a run's own rows.
fn drawn(config: &Config, source: String) -> Result<Drawn> {
    let mut market = market::open(config, &source, None, Reads::ALL)?;
    let settings = market::settings(config, &*market)?;
    let bar = printer::steps(config)?.bar("rows", 1);
    let mut rows = every_row(config, &mut *market, &mut |done, of| bar.at(done, of))?;
    bar.clear();
    rows.iter_mut().for_each(|row| row.weight = 1.0);
    rows.sort_by_key(|row| row.scan_day);
    Ok(Drawn { source, rows, settings })
}

/// The walks, a thread for each market, as many at a time as there are cores.
fn walked(config: &Config, drawn: Vec<Drawn>, period: Period) -> Result<Vec<MarketReport>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let bar = printer::steps(config)?.bar("scan days", 1);
    let of = drawn.iter().map(|one| days(&one.rows)).sum();
    let (mut before, mut reports) = (0, Vec::new());
    for some in drawn.chunks(cores) {
        let (send, receive) = mpsc::sync_channel(cores);
        let walked = std::thread::scope(|scope| {
            let walks: Vec<_> = some
                .iter()
                .map(|one| {
                    let send = send.clone();
                    scope.spawn(move || {
                        let walked = walk(&one.rows, &one.settings, period, &mut |_, _| {
                            let _ = send.send(());
                        })?;
                        let seed = one.settings.seed as u64;
                        Ok(MarketReport::of(one.source.clone(), &one.rows, &walked, seed))
                    })
                })
                .collect();
            drop(send);
            for () in receive {
                before += 1;
                bar.at(before, of);
            }
            let joined = walks.into_iter().map(|walk| walk.join());
            joined.map(|done| done.ok().context("a walk ended early")?).collect::<Result<Vec<_>>>()
        })?;
        reports.extend(walked);
    }
    bar.clear();
    Ok(reports)
}

fn days(rows: &[LabelledRow]) -> u64 {
    let mut days: Vec<i32> = rows.iter().map(|row| row.scan_day).collect();
    days.dedup();
    days.len() as u64
}

fn print(report: &LearningReport) {
    printer::line(report.machine.to_string());
    for market in &report.markets {
        printer::line("");
        tables::market(market).iter().for_each(printer::line);
    }
    if !report.pooled.is_empty() {
        printer::line("");
        printer::line(format!("over {} markets:", report.markets.len()));
        printer::line(tables::pooled(&report.pooled));
    }
}
