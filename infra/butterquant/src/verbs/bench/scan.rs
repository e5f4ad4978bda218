//! `bench scan`: measures how long the analysis takes on this machine.

use crate::arg_ranges::at_least_one;
use crate::bench::machine::Machine;
use crate::bench::measure::{Latency, Memory, Scans, Work};
use crate::exit::Found;
use crate::market::{self, Reads};
use crate::printer;
use anyhow::{Context, Result, ensure};
use producers::source::{Market, MarketNews, day_events};
use quant::PriceHistory;
use report::tables;
use run::config::Config;
use serde::Serialize;

/// Arguments of `bench scan`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Market: csv:DIR or sim:SEED [default: a simulated one with that many stocks]
    #[arg(long)]
    pub source: Option<String>,
    /// How many of the market's tickers to analyse, the first ones
    #[arg(long, default_value_t = 100, value_parser = at_least_one(1_000))]
    pub tickers: usize,
    /// How many of the market's days to analyse each on, the last ones
    #[arg(long, default_value_t = 5, value_parser = at_least_one(8))]
    pub days: usize,
    /// Threads for the scans of all tickers
    #[arg(long, default_value_t = 2, value_parser = at_least_one(64))]
    pub threads: usize,
}

#[derive(Serialize)]
struct ScanReport {
    source: String,
    tickers: usize,
    days: usize,
    settings: quant::PricingSettings,
    machine: Machine,
    /// Analyses before the measurements.
    warm_up: usize,
    refused: usize,
    latency: Latency,
    scans: Scans,
    memory: Vec<Memory>,
}

pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let asked = args.source.clone();
    let source = asked.unwrap_or_else(|| format!("sim:7,stocks={}", args.tickers));
    let mut market = market::open(config, &source, None, Reads::ALL)?;
    let tickers: Vec<String> = market.universe().iter().take(args.tickers).cloned().collect();
    let known = market.days();
    let days = known[known.len().saturating_sub(args.days)..].to_vec();
    ensure!(
        !days.is_empty() && !tickers.is_empty(),
        "{source} has no tickers or no days to analyse"
    );
    let book = read(&mut *market)?;
    let settings = quant::PricingSettings::from(&config.settings()?.pricing);
    let calendar = market.calendar();
    let work = Work { book: &book, tickers: &tickers, days: &days, calendar, settings };

    let bar = printer::steps(config)?.bar("measuring", 4);
    let warm_up = work.warm_up();
    bar.at(1, 4);
    let (latency, refused) = work.latency().with_context(|| {
        format!("every analysis of {source} was refused; `butterquant analyze TICKER --source {source}` shows why")
    })?;
    bar.at(2, 4);
    let scans = work.scans(args.threads);
    bar.at(3, 4);
    let memory = work.memory(&[10, 1_000]);
    bar.clear();
    let report = ScanReport {
        tickers: tickers.len(),
        days: days.len(),
        settings,
        machine: Machine::here(),
        warm_up,
        refused,
        latency,
        scans,
        memory,
        source,
    };
    printer::show(config.output()?, &report, print)?;
    Ok(Found::Nothing)
}

fn read(market: &mut dyn Market) -> Result<PriceHistory> {
    let (mut book, mut after) = (PriceHistory::default(), None);
    while let Some(market_day) = market.next_day(after)? {
        let previous = after.unwrap_or(market_day.day);
        day_events(&market_day, &MarketNews::default(), previous, false, 1)
            .iter()
            .for_each(|event| book.apply(event));
        after = Some(market_day.day);
    }
    Ok(book)
}

fn print(report: &ScanReport) {
    printer::line(report.machine.to_string());
    printer::line(format!(
        "{}: {} tickers on the last {} days; not counted: {} analyses to warm up, {} refused",
        report.source, report.tickers, report.days, report.warm_up, report.refused
    ));
    let settings = &report.settings;
    printer::line(format!(
        "pricing: rate {}, dividend {}, strike step {}, half spread {} but at least ${}, commission ${}",
        settings.rate,
        settings.dividend,
        settings.strike_step.map_or_else(|| "by price".to_owned(), |step| format!("${step}")),
        settings.half_spread_rate,
        settings.min_half_spread,
        settings.commission_per_share
    ));
    printer::line("");
    printer::line(tables::table(&["measurement", "measured>", "how"], rows(report)));
}

fn rows(report: &ScanReport) -> Vec<Vec<String>> {
    let (latency, scans) = (&report.latency, &report.scans);
    let one = format!("one full analysis, one thread, {} of them", latency.count);
    let row = |what: &str, measured: String, how: String| vec![what.to_owned(), measured, how];
    let ms = |value: f64| format!("{value:.3} ms");
    let mut rows = vec![
        row("shortest", ms(latency.min_ms), one),
        row("median", ms(latency.median_ms), String::new()),
        row("99th percentile", ms(latency.p99_ms), String::new()),
        row("longest", ms(latency.max_ms), String::new()),
    ];
    let wall = format!(
        "{} tickers on {} threads, wall time, median of {} scans (longest {})",
        report.tickers,
        scans.threads,
        scans.wall_ms.len(),
        ms(scans.max_ms)
    );
    rows.push(row("one scan", ms(scans.median_ms), wall));
    for memory in &report.memory {
        let peak =
            tables::or_dash(memory.peak_kib, |kib| format!("{:.1} MiB", kib as f64 / 1024.0));
        let since = if memory.reset { "peak during" } else { "peak of the process until after" };
        let how = format!(
            "{since} {} analyses; {} windows held throughout",
            memory.analyses, memory.windows_held
        );
        rows.push(row("memory", peak, how));
    }
    rows
}
