//! `scan`: ranks candidates from real prices as of a day. On the live run it closes the day; an
//! earlier day or other tickers make a what-if run of its own, which cannot trade.

use crate::exit::Found;
use crate::market;
use crate::printer;
use anyhow::{Context, Result};
use producers::source::Market;
use report::summary_text;
use run::config::Config;
use run::config::Output;
use run::context::RunContext;
use run::data_dir::{self, RunDir};
use run::open_run::{RunRequest, open_or_resume};
use run::run_loop;
use run::whole_file::write_file;
use schemas::id::sha256_hex;
use schemas::{Day, Topic};
use std::path::PathBuf;
use store::views::{Rankings, RankingsFile};

/// Arguments of `scan`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Market: csv:DIR or sim:SEED [default: the configured one]
    #[arg(long)]
    pub source: Option<String>,
    /// Day to scan [default: the market's last day]
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<Day>,
    /// Candidates to show
    #[arg(long, default_value_t = 100)]
    pub top: usize,
    /// Scan only these tickers, separated by commas
    #[arg(long, value_delimiter = ',')]
    pub tickers: Option<Vec<String>>,
    /// File for the rankings [default: rankings_combined.json in the run's folder]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Scans, ranks and writes the rankings.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let source = market::named(config, args.source.as_ref())?;
    let market = market::open(config, &source, args.tickers.as_deref())?;
    let day = day_to_scan(&*market, args.as_of)?;
    let (run, wanted) = which_run(config, args, source, day)?;
    let rankings = ranked(config, &run, market, &wanted, day)?;
    let file = args.out.clone().unwrap_or_else(|| run.rankings());
    let json = RankingsFile::from(&rankings).to_json()?;
    write_file(&file, json.as_bytes())?;
    match config.output()? {
        Output::Json => printer::line(json),
        Output::Human => print(&rankings, args.top, &run, &file.display().to_string()),
    }
    Ok(Found::Nothing)
}

fn day_to_scan(market: &dyn Market, as_of: Option<Day>) -> Result<Day> {
    let days = market.days();
    let last = *days.last().context("the market has no days")?;
    let wanted = as_of.unwrap_or(last);
    days.iter()
        .copied()
        .rfind(|day| *day <= wanted)
        .with_context(|| format!("the market begins on {}, after {wanted}", days[0]))
}

/// The live run if `day` is its next or its last one; a what-if run otherwise.
fn which_run(
    config: &Config,
    args: &Args,
    source: String,
    day: Day,
) -> Result<(RunDir, RunRequest)> {
    let run = config.this_run()?;
    let mut wanted = RunRequest {
        kind: "live",
        source,
        scan_from: day,
        history: 0,
        settings: config.settings()?,
        engine: config.scoring()?.engine()?,
    };
    if args.tickers.is_none() && fits(config, &run, &wanted.source, day)? {
        return Ok((run, wanted));
    }
    let tickers = args.tickers.clone().unwrap_or_default().join(",");
    let settings = format!("{:?}", wanted.settings);
    let about = sha256_hex(format!("{}|{tickers}|{day}|{settings}", wanted.source).as_bytes());
    let run = config.run_dir(&format!("what-if-{day}-{}", &about[..8]))?;
    wanted.kind = shell::open::WHAT_IF;
    Ok((run, wanted))
}

/// Whether `day` is the last closed day of the run or lies ahead of it.
fn fits(config: &Config, run: &RunDir, source: &str, day: Day) -> Result<bool> {
    if run.is_here() && !run.log().exists() {
        return Ok(true);
    }
    let opened = data_dir::reach(run)?;
    if !opened.log.topics()?.iter().any(|topic| topic.name == Topic::Controls.name()) {
        return Ok(true);
    }
    let Some(begun) = shell::open::opened(&*opened.log)? else { return Ok(true) };
    let closed =
        shell::source::last_closed(&*opened.log, config.partitions()?, begun.previous_day)?;
    Ok(begun.source == source && day >= closed && day >= begun.scan_from)
}

fn ranked(
    config: &Config,
    run: &RunDir,
    mut market: Box<dyn Market>,
    wanted: &RunRequest,
    day: Day,
) -> Result<Rankings> {
    let steps = printer::steps(config)?;
    let opened = data_dir::own(run)?;
    let partitions = config.partitions()?;
    let begun = open_or_resume(&*opened.log, partitions, &mut *market, wanted, &steps)?;
    let context = RunContext::new(&config.run_spec()?, run, &opened)?;
    let views = &context.materialized.views;
    if views.through()?.is_none_or(|through| through < day) {
        let (stop, opened) = (run_loop::on_signal()?, &begun.opened);
        run_loop::run_all_roles(&context, market, opened, Some(day), &stop, &steps, &mut |_| {})?;
    }
    views.rankings(day)?.with_context(|| {
        format!("the scan of {day} was stopped; run the same command again to continue it")
    })
}

fn print(rankings: &Rankings, top: usize, run: &RunDir, file: &str) {
    printer::line(format!("Candidates of {} in run {}", rankings.day, run.id));
    let shown = &rankings.ranked[..rankings.ranked.len().min(top)];
    printer::line(summary_text::rankings(shown));
    for refused in &rankings.refused {
        printer::line(format!(
            "{}: refused, {} ({})",
            refused.ticker, refused.reason, refused.code
        ));
    }
    printer::line(format!(
        "{} ranked, {} refused; written to {file}",
        rankings.ranked.len(),
        rankings.refused.len()
    ));
}
