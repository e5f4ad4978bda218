//! `analyze`: explains one analysis in tables and a picture. It reads a market and writes a picture;
//! it opens no run and writes to no log.

mod tables;

use crate::arg_ranges::{date, file_to_write};
use crate::exit::Found;
use crate::market;
use crate::printer;
use anyhow::{Context, Result};
use producers::scanner::no_bar;
use producers::source::{self, Market};
use quant::{PriceHistory, Refusal, suspected_splits};
use report::analysis_detail::{AnalysisDetail, analysis_detail, price_history};
use report::charts;
use run::config::Config;
use run::config::Output;
use schemas::Day;
use schemas::contract::FEATURE_NAMES;
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// Arguments of `analyze`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Ticker to analyse
    pub ticker: String,
    /// Market: csv:DIR or sim:SEED [default: the configured one]
    #[arg(long)]
    pub source: Option<String>,
    /// Analyse at the close of this day, or of the last trading day before it [default: the last one]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub as_of: Option<Day>,
    /// Picture to draw, .png or .svg [default: analysis/TICKER-DATE.png in the data folder]
    #[arg(long, value_name = "FILE", value_parser = file_to_write)]
    pub out: Option<PathBuf>,
}

/// Analyses, draws and prints; a refusal is a finding, not an error.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let source = market::named(config, args.source.as_ref())?;
    if let Some(file) = &args.out {
        charts::ending(file)?;
    }
    // One ticker first: an unknown one is refused before the whole market is read.
    let known =
        source::open(&source, Some(std::slice::from_ref(&args.ticker)), config.calendar()?)?;
    market::report_problems(&*known, &source);
    let ticker = known.universe().first().context("the market has no tickers")?.clone();
    let (steps, calendar) = (printer::steps(config)?, config.calendar()?);
    let mut market = steps.during("market", || source::open(&source, None, calendar))?;
    let day = day_of(&*market, args.as_of)?;
    let history = price_history(&mut *market, &ticker, day)?;
    warn_of_splits(&history, &ticker, day);
    let settings = quant::PricingSettings::from(&config.settings()?.pricing);
    match analysis_detail(&history, &ticker, day, market.calendar(), &settings)? {
        Ok(detail) => explain(config, args, &source, &detail),
        Err(Refusal::NoBar) => {
            let why = why_missing(&mut *market, &ticker, day)?;
            let reason = no_bar(day, why.as_deref());
            refused(config, &source, &ticker, day, (Refusal::NoBar.code(), &reason))
        }
        Err(refusal) => {
            let why = match refusal {
                Refusal::NoVix(_) => why_no_index(&mut *market, day)?,
                _ => None,
            };
            let why = why.map_or(String::new(), |why| format!(": {why}"));
            let found = (refusal.code(), format!("{refusal}{why}"));
            refused(config, &source, &ticker, day, (found.0, &found.1))
        }
    }
}

/// An analysis is explained as it is; only a run can be told what such a move was.
fn warn_of_splits(history: &PriceHistory, ticker: &str, day: Day) {
    let seen = history.window(ticker).and_then(|window| window.analysed(day)).unwrap_or_default();
    for suspected in suspected_splits(seen) {
        telemetry::say!(
            "{ticker}: {suspected}; a scan refuses the ticker until `butterquant market confirm` says \
             what it was"
        );
    }
}

/// The market's last day, or the last on or before the one asked for.
fn day_of(market: &dyn Market, as_of: Option<Day>) -> Result<Day> {
    let days = market.days();
    let (first, last) = days.first().zip(days.last()).context("the market has no days")?;
    let wanted = as_of.unwrap_or(*last);
    let known = days.partition_point(|day| *day <= wanted);
    let at = known
        .checked_sub(1)
        .with_context(|| format!("the market begins on {first}, after {wanted}"))?;
    Ok(days[at])
}

/// The market's own reason why the ticker has no bar on `day`.
fn why_missing(market: &mut dyn Market, ticker: &str, day: Day) -> Result<Option<String>> {
    let given = market.next_day(Some(day + -1))?.filter(|given| given.day == day);
    let missing = given.into_iter().flat_map(|given| given.missing);
    Ok(missing.into_iter().find(|(of, _)| of == ticker).map(|(_, why)| why))
}

/// The market's own reason why the index has no close on `day`.
fn why_no_index(market: &mut dyn Market, day: Day) -> Result<Option<String>> {
    let given = market.next_day(Some(day + -1))?.filter(|given| given.day == day);
    Ok(given.and_then(|given| given.no_vix))
}

fn refused(
    config: &Config,
    source: &str,
    ticker: &str,
    day: Day,
    (code, reason): (&str, &str),
) -> Result<Found> {
    let refused = json!({
        "ticker": ticker,
        "day": day,
        "source": source,
        "refused": { "code": code, "reason": reason },
    });
    printer::show(config.output()?, &refused, |_| {
        printer::line(format!("{ticker} at the close of {day}: refused, {reason}"));
    })?;
    Ok(Found::Something)
}

fn explain(config: &Config, args: &Args, source: &str, detail: &AnalysisDetail) -> Result<Found> {
    let file = file_for(config, args, detail)?;
    charts::draw(&file, detail)?;
    match config.output()? {
        Output::Json => {
            let document = as_json(detail, source, &file.display().to_string());
            printer::line(serde_json::to_string_pretty(&document)?);
        }
        Output::Human => {
            tables::print(detail, source);
            printer::line(format!("Picture: {}", file.display()));
        }
    }
    Ok(Found::Nothing)
}

/// The given file, or one in the data folder, whose folder is created.
fn file_for(config: &Config, args: &Args, detail: &AnalysisDetail) -> Result<PathBuf> {
    if let Some(file) = &args.out {
        return Ok(file.clone());
    }
    let folder = config.data_dir().join("analysis");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("{} cannot be created", folder.display()))?;
    Ok(folder.join(format!("{}-{}.png", detail.ticker, detail.analysis.day)))
}

fn as_json(detail: &AnalysisDetail, source: &str, file: &str) -> Value {
    let of = &detail.analysis;
    let features: Map<String, Value> = FEATURE_NAMES
        .iter()
        .zip(&of.features)
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect();
    let forecast: Vec<Value> = detail
        .forecast
        .iter()
        .map(|at| json!({ "days": at.days, "price": at.price, "low": at.low, "high": at.high }))
        .collect();
    json!({
        "ticker": detail.ticker,
        "day": of.day,
        "source": source,
        "features": features,
        "expected_value": detail.analysis.expected_value(),
        "forecast": forecast,
        "analysis": of,
        "picture": file,
    })
}
