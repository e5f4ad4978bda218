//! `scan`: ranks candidates from real prices as of a day. On the live run it closes the day; an
//! earlier day or other tickers make a what-if run of its own, which cannot trade.

use crate::arg_ranges::{MOST_LINES, at_least_one, date, file_to_write};
use crate::changes;
use crate::confirmed_moves;
use crate::exit::Found;
use crate::market::{self, Reads};
use crate::printer;
use anyhow::{Context, Result, anyhow, ensure};
use producers::source::{Market, MarketDay};
use report::summary_text;
use run::config::Config;
use run::config::Output;
use run::context::RunContext;
use run::data_dir::{self, RunDir};
use run::open_run::open_or_resume;
use run::question::identity;
use run::resume_run::{controls_on, is_of};
use run::run_loop::{self, SourceDays};
use run::run_request::{LIVE_KIND, RunRequest};
use run::whole_file::write_file;
use schemas::Day;
use std::path::PathBuf;
use store::views::RankingsFile;

/// The code of refusals for the lack of the index.
const NO_VIX: &str = "NO_VIX";

/// Arguments of `scan`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Market: csv:DIR or sim:SEED [default: the configured one]
    #[arg(long)]
    pub source: Option<String>,
    /// Day to scan [default: the market's last day]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub as_of: Option<Day>,
    /// Candidates to show
    #[arg(long, default_value_t = 100, value_parser = at_least_one(MOST_LINES))]
    pub top: usize,
    /// Scan only these tickers, separated by commas
    #[arg(long, value_delimiter = ',')]
    pub tickers: Option<Vec<String>>,
    /// Scan the data as it is now, as a what-if run, though the live run has scanned the day before
    #[arg(long)]
    pub anew: bool,
    /// File for the rankings [default: rankings_combined.json in the run's folder]
    #[arg(long, value_name = "FILE", value_parser = file_to_write)]
    pub out: Option<PathBuf>,
}

/// Scans, ranks and writes the rankings.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let source = market::named(config, args.source.as_ref())?;
    let mut market =
        market::open(config, &source, args.tickers.as_deref(), Reads::day(args.as_of))?;
    let day = day_to_scan(&mut *market, args.as_of)?;
    let today = market::day(&mut *market, day)?;
    let (run, wanted) = which_run(config, args, &source, &*market, day)?;
    let ranked = ranked(config, &run, market, &wanted, &today);
    let mut rankings =
        ranked.map_err(|error| anyhow!(config.in_message(&format!("{error:#}"), &run.id)))?;
    say_why_no_index(&mut rankings, &today);
    let file = args.out.clone().unwrap_or_else(|| run.rankings());
    let json = rankings.to_json()?;
    write_file(&file, json.as_bytes())?;
    match config.output()? {
        Output::Json => printer::line(json),
        Output::Human => print(&rankings, args.top, &run, &file.display().to_string()),
    }
    let first = rankings.refused.first();
    ensure!(
        !rankings.rankings.is_empty(),
        "no ticker could be scanned on {day}: all {} were refused{}; the reasons are in {}",
        rankings.refused.len(),
        first.map_or(String::new(), |one| format!(", {} because {}", one.ticker, one.reason)),
        file.display()
    );
    Ok(Found::Nothing)
}

/// Gives refusals for the lack of the index the source's own reason.
fn say_why_no_index(rankings: &mut RankingsFile, today: &MarketDay) {
    let Some(why) = &today.no_vix else { return };
    for refused in rankings.refused.iter_mut().filter(|one| one.code == NO_VIX) {
        refused.reason.push_str(&format!(": {why}"));
    }
}

fn day_to_scan(market: &mut dyn Market, as_of: Option<Day>) -> Result<Day> {
    let wanted = match as_of {
        Some(day) => day,
        None => last_day(market)?,
    };
    let days = market.days();
    let day = days
        .iter()
        .copied()
        .rfind(|day| *day <= wanted)
        .with_context(|| format!("the market begins on {}, after {wanted}", days[0]))?;
    if as_of.is_some_and(|wanted| wanted != day) {
        telemetry::say!(
            "the market has no bar of {wanted}; {day}, its last day before, is scanned"
        );
    }
    Ok(day)
}

/// The market's last day that is one: a few rows with a wrong date make none. Those days are named.
fn last_day(market: &mut dyn Market) -> Result<Day> {
    let days = market.days().to_vec();
    let last = *days.last().context("the market has no days")?;
    if market.is_made_up() {
        return Ok(last);
    }
    for day in days.iter().rev().take(5).copied() {
        let given = market::day(market, day)?;
        let (bars, all) = (given.bars.len(), market.universe().len());
        if given.vix.is_some() || 2 * bars >= all {
            return Ok(day);
        }
        let shown: Vec<&str> = given.bars.iter().take(3).map(|(ticker, _)| &**ticker).collect();
        telemetry::say!(
            "{day} is not scanned: only {bars} of {all} stocks ({}) have a row, and the index has none; delete the row if its date is wrong, or give --as-of {day}",
            shown.join(", ")
        );
    }
    Ok(last)
}

/// The live run if `day` is its next or its last one; a what-if run otherwise.
fn which_run(
    config: &Config,
    args: &Args,
    source: &str,
    market: &dyn Market,
    day: Day,
) -> Result<(RunDir, RunRequest)> {
    let run = config.this_run()?;
    let live = market::request(config, market, LIVE_KIND, source, day)?;
    if args.tickers.is_none() && !args.anew && fits(config, &run, &live, market, args.as_of)? {
        return Ok((run, live));
    }
    let wanted = RunRequest {
        kind: shell::open::WHAT_IF,
        last_day: Some(day),
        tickers: args.tickers.clone().unwrap_or_default(),
        confirmed: confirmed_moves::of_live_run(config)?,
        ..live
    };
    // Of other data it is another run.
    let question = identity(&wanted.asked(market)?, &wanted.confirmed);
    Ok((config.run_dir(&format!("what-if-{day}-{}", &question[..8]))?, wanted))
}

/// Whether the day that is asked for is the last closed day of the run, made with the same settings, or lies ahead of it.
fn fits(
    config: &Config,
    run: &RunDir,
    wanted: &RunRequest,
    market: &dyn Market,
    as_of: Option<Day>,
) -> Result<bool> {
    let (day, source) = (wanted.scan_from, &wanted.source);
    if run.is_here() && !run.log().exists() {
        return Ok(true);
    }
    let log = data_dir::reach(run)?.log;
    let controls = controls_on(&*log)?;
    let Some(begun) = &controls.opened else { return Ok(true) };
    let closed = shell::source::last_closed(&*log, config.partitions()?, begun.previous_day)?;
    let own = is_of(begun, source);
    if own && day < closed && as_of.is_none_or(|wanted| wanted >= closed) {
        telemetry::say!(
            "the market no longer has a bar of {closed}, which the run has published; the scan of {closed} stands"
        );
    }
    if !own {
        telemetry::say!(
            "the run reads {}, so this scan of {source} is a what-if run, which cannot trade; to go on with the run give its source, to begin another give --run ID or --data-dir DIR",
            begun.source
        );
    }
    let same = controls.settings == wanted.settings;
    if own && day == closed && !same {
        telemetry::say!(
            "run {} has scanned {closed} with other settings, so this scan is a what-if run, which cannot trade",
            run.id
        );
    }
    let fits = own && day >= begun.scan_from && (day > closed || day == closed && same);
    if fits {
        say_what_is_behind(config, run, wanted, market, closed);
    }
    Ok(fits)
}

/// Says that a run which is days behind closes them first.
fn say_what_is_behind(
    config: &Config,
    run: &RunDir,
    wanted: &RunRequest,
    market: &dyn Market,
    closed: Day,
) {
    let (day, source) = (wanted.scan_from, &wanted.source);
    let days = market.days().iter().filter(|one| **one > closed && **one < day).count();
    if days == 0 {
        return;
    }
    let alone = format!("scan --source {source} --as-of {day} --anew");
    telemetry::say!(
        "run {} has closed {closed}: the {days} trading days up to {day} are scanned and traded first; `{}` scans {day} alone, as a what-if run",
        run.id,
        config.command_line(&alone, &run.id)
    );
}

fn ranked(
    config: &Config,
    run: &RunDir,
    mut market: Box<dyn Market>,
    wanted: &RunRequest,
    today: &MarketDay,
) -> Result<RankingsFile> {
    let day = today.day;
    let steps = printer::steps(config)?;
    let opened = data_dir::own(run)?;
    let partitions = config.partitions()?;
    let begun = open_or_resume(&*opened.log, partitions, &mut *market, wanted, &steps)?;
    let context = RunContext::new(&config.run_spec()?, run, &opened)?;
    let views = &context.materialized.views;
    if views.through()?.is_none_or(|through| through < day) {
        let (stop, opened) = (run_loop::on_signal()?, &begun.opened);
        let source = SourceDays { market, until: Some(day), closing: None };
        run_loop::run_all_roles(&context, source, opened, &stop, &steps, &mut |_| {})?;
    } else {
        context.check_derived()?;
        changes::say_of_scan(&context, &mut *market, today)?;
    }
    let rankings = views.rankings(day)?.with_context(|| {
        format!("the scan of {day} was stopped; run the same command again to continue it")
    })?;
    let corrected_since = views.corrected_since(day)?;
    Ok(RankingsFile { corrected_since, ..RankingsFile::from(&rankings) })
}

fn print(rankings: &RankingsFile, top: usize, run: &RunDir, file: &str) {
    printer::line(format!("Candidates of {} in run {}", rankings.date, run.id));
    let shown = &rankings.rankings[..rankings.rankings.len().min(top)];
    printer::line(summary_text::rankings(shown));
    let beside = summary_text::beside_rankings(rankings);
    if !beside.is_empty() {
        printer::line(beside);
    }
    printer::line(format!(
        "{} ranked, {} refused; written to {file}",
        rankings.rankings.len(),
        rankings.refused.len()
    ));
}
