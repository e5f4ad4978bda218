//! `bench scan`: how long the analysis takes on this machine, measured here and now; and
//! `bench pipeline`, the hops of the loop. They report what they did, what that took and with what;
//! the hops are held against limits too.

mod machine;
mod measure;
mod pipeline;

pub use machine::Machine;
pub use pipeline::{Draw, made_up_model};

use super::{Found, loops::report_problems};
use crate::cli::{BenchScanArgs, BenchVerb};
use crate::config::Config;
use crate::out;
use anyhow::{Context, Result, ensure};
use measure::{Latency, Memory, Scans, Work};
use producers::source::{self, Market, day_events};
use quant::PriceHistory;
use serde::Serialize;

#[derive(Serialize)]
struct Report {
    source: String,
    tickers: usize,
    days: usize,
    settings: quant::PricingSettings,
    machine: Machine,
    /// Analyses made before anything was measured.
    warm_up: usize,
    refused: usize,
    latency: Latency,
    scans: Scans,
    memory: Vec<Memory>,
}

/// Carries out a `bench` verb.
pub fn bench(config: &Config, verb: &BenchVerb) -> Result<Found> {
    match verb {
        BenchVerb::Scan(args) => scan(config, args),
        BenchVerb::Pipeline(args) => pipeline::pipeline(config, args),
    }
}

fn scan(config: &Config, args: &BenchScanArgs) -> Result<Found> {
    let asked = args.source.clone();
    let source = asked.unwrap_or_else(|| format!("sim:7,stocks={}", args.tickers));
    let mut market = source::open(&source, None)?;
    report_problems(&*market);
    let tickers: Vec<String> = market.universe().iter().take(args.tickers).cloned().collect();
    let known = market.days();
    let days = known[known.len().saturating_sub(args.days)..].to_vec();
    ensure!(!days.is_empty() && !tickers.is_empty(), "{source} has nothing to analyse");
    let book = read(&mut *market)?;
    let settings = quant::PricingSettings::from(&config.settings()?.pricing);
    let work = Work { book: &book, tickers: &tickers, days: &days, settings };

    let warm_up = work.warm_up();
    let (latency, refused) = work.latency().with_context(|| {
        format!("not one analysis of {source} succeeded; `butterquant analyze` says why")
    })?;
    let report = Report {
        tickers: tickers.len(),
        days: days.len(),
        settings,
        machine: Machine::here(),
        warm_up,
        refused,
        latency,
        scans: work.scans(args.threads),
        memory: work.memory(&[10, 1_000]),
        source,
    };
    out::show(config.output()?, &report, print)?;
    Ok(Found::Nothing)
}

fn read(market: &mut dyn Market) -> Result<PriceHistory> {
    let (mut book, mut after) = (PriceHistory::default(), None);
    while let Some(market_day) = market.next_day(after)? {
        let previous = after.unwrap_or(market_day.day);
        day_events(&market_day, previous, false, 1).iter().for_each(|event| book.apply(event));
        after = Some(market_day.day);
    }
    Ok(book)
}

fn print(report: &Report) {
    out::line(report.machine.to_string());
    out::line(format!(
        "{}: {} tickers on the last {} days; {} analyses to warm up, not counted; {} refused, not counted",
        report.source, report.tickers, report.days, report.warm_up, report.refused
    ));
    let settings = &report.settings;
    out::line(format!(
        "pricing: rate {}, dividend {}, strike step {}, half spread {} but at least ${}, commission ${}",
        settings.rate,
        settings.dividend,
        settings.strike_step.map_or_else(|| "by price".to_owned(), |step| format!("${step}")),
        settings.half_spread_rate,
        settings.min_half_spread,
        settings.commission_per_share
    ));
    out::line("");
    out::line(out::table(&["what", "measured>", "how"], rows(report)));
}

fn rows(report: &Report) -> Vec<Vec<String>> {
    let (latency, scans) = (&report.latency, &report.scans);
    let one = format!("one full analysis, one thread, {} of them", latency.count);
    let row = |what: &str, measured: String, how: String| vec![what.to_owned(), measured, how];
    let ms = |value: f64| format!("{value:.3} ms");
    let mut rows = vec![
        row("least", ms(latency.min_ms), one),
        row("median", ms(latency.median_ms), String::new()),
        row("99th percentile", ms(latency.p99_ms), String::new()),
        row("most", ms(latency.max_ms), String::new()),
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
        let peak = out::or_dash(memory.peak_kib, |kib| format!("{:.1} MiB", kib as f64 / 1024.0));
        let since = if memory.reset { "peak during" } else { "peak of the process until after" };
        let how = format!(
            "{since} {} analyses; {} windows held throughout",
            memory.analyses, memory.windows_held
        );
        rows.push(row("memory", peak, how));
    }
    rows
}
