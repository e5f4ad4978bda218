//! `backtest verify-causality`: the same question again and again, each time with another future after some day. What was
//! recorded up to that day must be the same, byte by byte, or a decision has looked ahead.
//!
//! 1. Nothing is shared between the runs but the files they read: each opens the market anew and works in a folder of its
//!    own, and no analysis or training is kept, because a kept one could bring the true future into a poisoned run.
//! 2. A poisoned run goes on for some days into its poisoned future, and that future must be on its log: a check that
//!    poisons nothing is an error, not a success.

use super::causality_text::{Difference, PoisonedRun, Reference, Verdict, print};
use crate::arg_ranges::{count, date};
use crate::backtest_period;
use crate::bounded_run::carry_out;
use crate::exit::Found;
use crate::printer;
use crate::run_options::RunOptions;
use anyhow::{Context, Result, bail, ensure};
use eventlog::Log;
use producers::analyses::Keeper;
use producers::source::{Market, Poison, open_poisoned, with_planted_leak};
use run::config::{Config, Output, RunSpec};
use run::data_dir::{LogAccess, PATIENCE, RunDir};
use run::run_loop;
use run::run_request::RunRequest;
use run::same_past::{compare, later_bars};
use schemas::Day;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use telemetry::Steps;
use tempfile::TempDir;

/// Trading days that a poisoned run goes on for after the last true one.
const BEYOND: usize = 3;

/// The help's text.
pub(crate) const ABOUT: &str = "\
Check on your own data that no decision of a backtest knows the future; exit 1 when one does

The period is run once as the data are. Then it is run again for each of some days, with everything after that day \
poisoned: prices, volumes and the index are multiplied by a random walk that begins on the next day, and some rows are \
gone. Such a run goes on for three days into the poisoned future, and all of its later rows are poisoned too. Every event \
of every topic up to the day must be the same as in the first run, byte by byte: bars, scans, features, scores, orders, \
fills, outcomes, models and the rows of history.

Files are poisoned as soon as the numbers of a row are read and before anything is checked, so that a check of a whole \
file which refuses or rescales a past for what comes later is found as well. Not poisoned is how a file writes dates and \
numbers, which is found from all of it, and which tickers there are: a ticker that has left the market and has no file \
is in no backtest.

The runs are made in a folder of their own below TMPDIR, which is removed at the end. Nothing kept from other runs is \
used, so it takes as long as a first backtest, and for each day as long as one up to that day.";

/// Shown below the help.
pub(crate) const EXAMPLES: &str = "\
Examples:
  butterquant backtest verify-causality --source csv:DIR --from 2016-02-01 --to 2017-02-01
  butterquant backtest verify-causality --source csv:DIR --from 2016-02-01 --to 2017-02-01 --plant-leak
  butterquant backtest verify-causality --source sim:5 --from 2018-01-02 --to 2018-03-30 --poison 2018-02-01 -o json";

/// Arguments of `backtest verify-causality`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The period, as `backtest` takes it.
    #[command(flatten)]
    pub period: backtest_period::Args,
    /// What is done otherwise than the configuration says.
    #[command(flatten)]
    pub options: RunOptions,
    /// Number of days after which the future is poisoned, spread over the period
    #[arg(long, default_value_t = 3, value_parser = count::<usize>(1, 100), conflicts_with = "poison")]
    pub days: usize,
    /// Poison the future after these days instead
    #[arg(long, value_name = "DATE,DATE", value_delimiter = ',', value_parser = date)]
    pub poison: Vec<Day>,
    /// Draw each poisoned row without regard to those before: prices of 0.3 to 3 times as much, and splits in files
    ///
    /// Without it the poisoned future is a plausible one that continues from the last true day. A wild one also shows what
    /// is found from a whole file. The reading of a small split is: whether the prices before it are in old shares is told
    /// by all splits of the file together, so later ones count, and a difference there is reported.
    #[arg(long)]
    pub wild: bool,
    /// Seed of the poison
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    pub poison_seed: u64,
    /// Self-test: let the market look ahead, which must be found
    ///
    /// Each day's close becomes the mean of its own and the next day's, in every run. The check must then fail with exit
    /// code 1 and name the first difference.
    #[arg(long, hide_short_help = true)]
    pub plant_leak: bool,
}

/// What all runs of a check share.
struct Check<'a> {
    config: &'a Config,
    args: &'a Args,
    spec: RunSpec,
    folder: TempDir,
    stop: Arc<AtomicBool>,
    steps: Steps,
}

/// Runs the period as it is and with poisoned futures, and compares.
pub(super) fn run(config: &Config, args: &Args) -> Result<Found> {
    let began = Instant::now();
    let (market, wanted) = backtest_period::asked(config, &args.period, &args.options)?;
    // No analysis of another run, nor of the run before.
    let wanted = RunRequest { keeper: Keeper::default(), ..wanted };
    let scanned: Vec<Day> = market.days().to_vec();
    let scanned: Vec<Day> = scanned
        .into_iter()
        .filter(|day| *day >= wanted.scan_from && Some(*day) <= wanted.last_day)
        .collect();
    let chosen = chosen(&scanned, args)?;
    let folder = TempDir::with_prefix("butterquant-causality-");
    let folder = folder.context("no folder can be made for the runs; set TMPDIR to another one")?;
    let check = Check {
        config,
        args,
        spec: RunSpec { analysis_cache: false, ..config.run_spec()? },
        folder,
        stop: run_loop::on_signal()?,
        steps: printer::steps(config)?,
    };
    let all = check.all(market, &wanted, &scanned, &chosen);
    if all.as_ref().is_err_and(|error| error.is::<Stopped>()) {
        telemetry::say!("{Stopped}");
        return Ok(Found::Something);
    }
    let (reference, runs) = all?;
    let same = runs.iter().all(|run| run.first_difference.is_none());
    let verdict = Verdict {
        same,
        wild: args.wild,
        poison_seed: args.poison_seed,
        planted_leak: args.plant_leak,
        reference,
        runs,
        seconds: began.elapsed().as_secs_f64(),
    };
    printer::show(config.output()?, &verdict, print)?;
    Ok(if same { Found::Nothing } else { Found::Something })
}

/// The places of the days after which the future is poisoned, ascending.
fn chosen(scanned: &[Day], args: &Args) -> Result<Vec<usize>> {
    let (Some(first), Some(last)) = (scanned.first(), scanned.last()) else {
        bail!("the market has no day of the period")
    };
    ensure!(
        scanned.len() > 1,
        "{first} is the only day; give a period of two trading days or more"
    );
    let mut chosen: Vec<usize> = Vec::new();
    for day in &args.poison {
        ensure!(
            first <= day && day < last,
            "--poison {day} is not from {first} to the day before {last}, which have a future in the period"
        );
        chosen.push(scanned.partition_point(|known| known <= day) - 1);
    }
    if args.poison.is_empty() {
        let end = scanned.len() - 1 - BEYOND.min(scanned.len() - 1);
        chosen = (1..=args.days).map(|part| end * part / args.days).collect();
    }
    chosen.sort_unstable();
    chosen.dedup();
    Ok(chosen)
}

/// It was stopped before its end.
#[derive(Debug, thiserror::Error)]
#[error("stopped; nothing is kept of the check")]
struct Stopped;

impl Check<'_> {
    /// The reference, and a poisoned run for each place among `scanned` that is chosen.
    fn all(
        &self,
        market: Box<dyn Market>,
        wanted: &RunRequest,
        scanned: &[Day],
        chosen: &[usize],
    ) -> Result<(Reference, Vec<PoisonedRun>)> {
        let (reference, log) = self.reference(market, wanted, scanned)?;
        let mut runs = Vec::new();
        for at in chosen {
            let (after, through) = (scanned[*at], scanned[(*at + BEYOND).min(scanned.len() - 1)]);
            runs.push(self.poisoned(&*log, wanted, after, through)?);
        }
        Ok((reference, runs))
    }

    /// The period as the data are.
    fn reference(
        &self,
        market: Box<dyn Market>,
        wanted: &RunRequest,
        scanned: &[Day],
    ) -> Result<(Reference, Arc<dyn Log>)> {
        let began = Instant::now();
        let (from, to) = (wanted.scan_from, *scanned.last().unwrap_or(&wanted.scan_from));
        self.say(&format!("the period as the data are, {from} to {to}"));
        let log = self.carry_out("reference", market, wanted)?;
        let seconds = began.elapsed().as_secs_f64();
        Ok((Reference { from, to, days: scanned.len(), seconds }, log))
    }

    /// The same up to `through`, with everything after `after` poisoned, beside the reference.
    fn poisoned(
        &self,
        reference: &dyn Log,
        wanted: &RunRequest,
        after: Day,
        through: Day,
    ) -> Result<PoisonedRun> {
        let began = Instant::now();
        self.say(&format!("with everything after {after} poisoned, to {through}"));
        let Args { period, wild, poison_seed: seed, .. } = self.args;
        let poison = Poison { after, seed: *seed, wild: *wild };
        let (tickers, calendar) = (period.tickers.as_deref(), wanted.settings.calendar);
        let market = self
            .steps
            .during("market", || open_poisoned(&wanted.source, tickers, calendar, poison));
        let market = market.with_context(|| {
            format!("the market can be read, but not with everything after {after} poisoned")
        })?;
        let wanted = RunRequest { last_day: Some(through), ..wanted.clone() };
        let id = format!("poisoned-{after}");
        let log = self.carry_out(&id, market, &wanted)?;
        let compared = self
            .steps
            .during("comparing", || compare(reference, &*log, self.spec.partitions, after))?;
        let (later_bars, poisoned) = later_bars(reference, &*log, self.spec.partitions, after)?;
        ensure!(
            poisoned > 0,
            "none of the {later_bars} bars after {after} is poisoned, so nothing was checked; give --poison another day"
        );
        let _ = std::fs::remove_dir_all(self.folder.path().join(&id)); // it goes with the folder at the end
        Ok(PoisonedRun {
            poisoned_after: after,
            through,
            later_bars,
            later_bars_poisoned: poisoned,
            events: compared.topics.values().sum(),
            topics: compared.topics.iter().map(|(topic, n)| (topic.dataset(), *n)).collect(),
            by_day: compared.days,
            first_difference: compared.first.as_ref().map(Difference::of),
            seconds: began.elapsed().as_secs_f64(),
        })
    }

    /// Carries out a run in a folder of its own; its log.
    fn carry_out(
        &self,
        id: &str,
        market: Box<dyn Market>,
        wanted: &RunRequest,
    ) -> Result<Arc<dyn Log>> {
        let market = if self.args.plant_leak { with_planted_leak(market) } else { market };
        let run = run_in(self.folder.path(), id);
        let last = market.days().iter().copied().rfind(|day| Some(*day) <= wanted.last_day);
        let stop = || Ok(Arc::clone(&self.stop));
        let (context, _) = carry_out(&self.spec, &run, market, wanted, &self.steps, &stop)?;
        let closed = context.env.board.closed_by_all(1);
        if closed < last {
            return Err(Stopped.into());
        }
        // A run sets it at its end, too.
        self.stop.store(false, Ordering::Relaxed);
        Ok(Arc::clone(&context.env.log))
    }

    fn say(&self, what: &str) {
        if !self.config.is_quiet() && self.config.output().is_ok_and(|of| of == Output::Human) {
            telemetry::say!("{what}");
        }
    }
}

/// A run that no other process reaches.
fn run_in(folder: &Path, id: &str) -> RunDir {
    let data_dir = folder.join(id);
    let path = data_dir.join("runs").join(id);
    RunDir {
        id: id.to_owned(),
        path,
        data_dir,
        access: LogAccess::Folder,
        token: None,
        patience: PATIENCE,
    }
}
