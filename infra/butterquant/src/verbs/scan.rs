//! `scan`: real prices as of a day, ranked. On the live run it closes the day; a day before
//! that, or other tickers, is a what-if run of its own, which cannot trade.

use super::{Found, loops::report_problems};
use crate::cli::{Output, ScanArgs};
use crate::config::Config;
use crate::engine::Workshop;
use crate::home::{self, RunDir};
use crate::prepare::{Wanted, begin};
use crate::progress::Steps;
use crate::report::write_file;
use crate::{account, drive, out};
use anyhow::{Context, Result};
use producers::source::Market;
use schemas::id::sha256_hex;
use schemas::{Day, Topic};
use store::views::{Rankings, RankingsFile};

/// Scans, ranks and writes the rankings.
pub fn scan(config: &Config, args: &ScanArgs) -> Result<Found> {
    let source = args.source.clone().or_else(|| config.source());
    let source =
        source.context("which market? name it with --source csv:DIR or --source sim:SEED")?;
    let market = producers::source::open(&source, args.tickers.as_deref())?;
    report_problems(&*market);
    let day = day_to_scan(&*market, args.as_of)?;
    let (run, wanted) = which_run(config, args, source, day)?;
    let rankings = ranked(config, &run, market, &wanted, day)?;
    let file = args.out.clone().unwrap_or_else(|| run.rankings());
    let json = RankingsFile::from(&rankings).to_json()?;
    write_file(&file, json.as_bytes())?;
    match config.output()? {
        Output::Json => out::line(json),
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

/// The live run where the day is its next or its last; a what-if run otherwise.
fn which_run(
    config: &Config,
    args: &ScanArgs,
    source: String,
    day: Day,
) -> Result<(RunDir, Wanted)> {
    let run = RunDir::of(config, config.run())?;
    let mut wanted = Wanted {
        kind: "live",
        source,
        scan_from: day,
        history: 0,
        settings: config.settings()?,
        engine: crate::engine::engine(config)?,
    };
    if args.tickers.is_none() && fits(config, &run, &wanted.source, day)? {
        return Ok((run, wanted));
    }
    let tickers = args.tickers.clone().unwrap_or_default().join(",");
    let settings = format!("{:?}", wanted.settings);
    let about = sha256_hex(format!("{}|{tickers}|{day}|{settings}", wanted.source).as_bytes());
    let run = RunDir::of(config, &format!("what-if-{day}-{}", &about[..8]))?;
    wanted.kind = shell::open::WHAT_IF;
    Ok((run, wanted))
}

/// Whether `day` is the last closed day of the run or lies ahead of it.
fn fits(config: &Config, run: &RunDir, source: &str, day: Day) -> Result<bool> {
    if home::here(config, run)? && !run.log().exists() {
        return Ok(true);
    }
    let opened = home::reach(config, run)?;
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
    wanted: &Wanted,
    day: Day,
) -> Result<Rankings> {
    let steps = Steps::new(config.output()? == Output::Human);
    let opened = home::own(config, run)?;
    let partitions = config.partitions()?;
    let begun = begin(&*opened.log, partitions, &mut *market, wanted, &steps)?;
    let workshop = Workshop::new(config, run, &opened, partitions)?;
    let views = &workshop.materialized.views;
    if views.through()?.is_none_or(|through| through < day) {
        drive::everything(&workshop, market, &begun.opened, Some(day), &steps)?;
    }
    views.rankings(day)?.with_context(|| {
        format!(
            "{day} was not scanned to its end; run the same command again to go on where it stopped"
        )
    })
}

fn print(rankings: &Rankings, top: usize, run: &RunDir, file: &str) {
    out::line(format!("Candidates of {} in run {}", rankings.day, run.id));
    let shown = &rankings.ranked[..rankings.ranked.len().min(top)];
    out::line(account::rankings(shown));
    for refused in &rankings.refused {
        out::line(format!("{}: refused, {} ({})", refused.ticker, refused.reason, refused.code));
    }
    out::line(format!(
        "{} ranked, {} refused; written to {file}",
        rankings.ranked.len(),
        rankings.refused.len()
    ));
}
