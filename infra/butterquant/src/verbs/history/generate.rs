//! `history generate`: draws labelled rows from a market's past onto the run's `samples` and into a
//! parquet file. The run may be new, stopped or running; if it is running, the process that owns the log
//! writes the rows.

use crate::arg_ranges::{MOST_ROWS, count, date, file_anywhere};
use crate::exit::Found;
use crate::market::{self, Reads};
use crate::printer;
use anyhow::{Context, Result, bail};
use eventlog::Log;
use producers::history::{History, HistoryPlan, draw};
use producers::source::Market;
use report::summary_text::SURVIVORS;
use run::config::Config;
use run::data_dir::{self, OpenLog, RunDir};
use run::kept_analyses::keeper;
use run::projections;
use run::resume_run::controls_on;
use run::run_request::first_days;
use schemas::id::sha256_hex;
use schemas::{Day, Topic};
use serde_json::json;
use shell::open::{self, Put};
use std::path::{Path, PathBuf};
use store::Lake;

/// Arguments of `history generate`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Market: csv:DIR or sim:SEED [default: the configured one]
    #[arg(long)]
    pub source: Option<String>,
    /// Rows from days with the volatility index below 15
    #[arg(long, default_value_t = 2_000, value_name = "ROWS", value_parser = count(0, MOST_ROWS))]
    pub low: usize,
    /// Rows from days with the index from 15 to below 25
    #[arg(long, default_value_t = 3_000, value_name = "ROWS", value_parser = count(0, MOST_ROWS))]
    pub normal: usize,
    /// Rows from days with the index at 25 or above
    #[arg(long, default_value_t = 2_000, value_name = "ROWS", value_parser = count(0, MOST_ROWS))]
    pub high: usize,
    /// Draw only from days before this one [default: the run's first scan day, or the market's last
    /// day if the run is not open yet]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub before: Option<Day>,
    /// Seed that decides which rows are drawn
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Threads to draw with; the rows do not depend on them [default: one per core]
    #[arg(long, value_parser = count::<u16>(1, 1_024))]
    pub threads: Option<u16>,
    /// Parquet file to write [default: history.parquet in the run's folder]
    #[arg(long, value_name = "FILE", value_parser = file_anywhere)]
    pub out: Option<PathBuf>,
}

/// Draws the rows.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let source = market::named(config, args.source.as_ref())?;
    let mut market = market::open(config, &source, None, Reads::ALL)?;
    let run = config.this_run()?;
    let opened = if run.log().exists() { data_dir::reach(&run)? } else { data_dir::own(&run)? };
    let plan = plan(config, args, &*opened.log, &*market)?;
    let drawn = draw_with_progress(config, &mut *market, &plan)?;
    // Without rows nothing is created.
    Lake::open(run.lake())?.check_layout()?;
    open::ensure_topics(&*opened.log, config.partitions()?)?;
    let partitions = data_dir::partitions(&*opened.log)?;
    let put = open::publish_samples(&*opened.log, partitions, &drawn.samples)?;
    let file = args.out.clone().unwrap_or_else(|| run.path.join("history.parquet"));
    let sha256 = write(&run, &opened, partitions, &file, &drawn)?;
    report(config, &Drawn { source, run, plan, drawn, put, file, sha256 })
}

/// Which rows to draw: only those known before the run's own begin.
fn plan(config: &Config, args: &Args, log: &dyn Log, market: &dyn Market) -> Result<HistoryPlan> {
    let last = *market.days().last().context("the market has no days")?;
    let (before, day) = match controls_on(log)?.opened {
        Some(opened) => {
            let from = opened.scan_from;
            if let Some(before) = args.before.filter(|before| *before > from) {
                bail!(
                    "--before {before} reaches into this run, which scans from {from}: from then on its own outcomes are its rows; draw history before {from}, or into another run with --run ID"
                );
            }
            (args.before.unwrap_or(from), opened.previous_day)
        }
        None => {
            let before = args.before.map_or(last, |before| before.min(last));
            (before, first_days(market, before)?.1)
        }
    };
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    Ok(HistoryPlan {
        low: args.low,
        normal: args.normal,
        high: args.high,
        seed: args.seed,
        pricing: config.settings()?.pricing,
        threads: args.threads.map_or_else(cores, usize::from),
        ..HistoryPlan::new(before, day)
    })
}

fn draw_with_progress(
    config: &Config,
    market: &mut dyn Market,
    plan: &HistoryPlan,
) -> Result<History> {
    let wanted = plan.low + plan.normal + plan.high;
    let bar = printer::steps(config)?.bar("history", wanted as u64);
    let progress = &mut |done, of| bar.at(done as u64, of as u64);
    let drawn = draw(market, plan, &keeper(config)?, progress)?;
    bar.done("");
    Ok(drawn)
}

/// Writes the rows to `file` and returns its hash. If no other process does, it also writes `samples` to
/// the lake, as the materializer would.
fn write(
    run: &RunDir,
    opened: &OpenLog,
    partitions: u32,
    file: &Path,
    drawn: &History,
) -> Result<String> {
    let lake = Lake::open(run.lake())?;
    lake.write_file(file, Topic::Samples, &drawn.samples)?;
    if opened.embedded.is_some() {
        projections::write_topic(&*opened.log, partitions, &lake, Topic::Samples)?;
    }
    let bytes = std::fs::read(file).with_context(|| format!("{}", file.display()))?;
    Ok(sha256_hex(&bytes))
}

struct Drawn {
    source: String,
    run: RunDir,
    plan: HistoryPlan,
    drawn: History,
    put: Put,
    file: PathBuf,
    sha256: String,
}

fn report(config: &Config, done: &Drawn) -> Result<Found> {
    let (report, rows) = (&done.drawn.report, done.drawn.samples.len());
    let already = rows - done.put.added;
    let days = |(first, last): (Day, Day)| [first.to_string(), last.to_string()];
    let strata = report.strata.iter().map(|one| {
        json!({
            "stratum": one.stratum.name(),
            "wanted": one.wanted,
            "drawn": one.drawn,
            "eligible_days": one.eligible_days,
            "eligible_rows": one.eligible_rows,
            "weight": one.weight,
        })
    });
    let shown = json!({
        "run": done.run.id,
        "source": done.source,
        "seed": done.plan.seed,
        "before": done.plan.before.to_string(),
        "rows": rows,
        "published": done.put.added,
        "already_there": already,
        "on_samples": done.put.events.len(),
        "span": report.span.map(days),
        "strata": strata.collect::<Vec<_>>(),
        "refused": report.refused,
        "file": done.file,
        "sha256": done.sha256,
    });
    printer::show(config.output()?, &shown, |_| {
        report.strata.iter().for_each(|one| printer::line(one.to_string()));
        for (code, count) in &report.refused {
            printer::line(format!("{count} rows refused: {code}"));
        }
        let span = report
            .span
            .map_or_else(String::new, |(first, last)| format!(" of days from {first} to {last}"));
        printer::line(format!(
            "{rows} rows{span}: {} added to samples of run {}, {already} were there already; it now holds {}",
            done.put.added,
            done.run.id,
            done.put.events.len()
        ));
        printer::line(format!(
            "written to {} (sha256 {})",
            done.file.display(),
            &done.sha256[..16]
        ));
        printer::line(SURVIVORS);
    })?;
    Ok(Found::Nothing)
}
