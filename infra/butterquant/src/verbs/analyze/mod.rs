//! `analyze`: one analysis explained to a person, as tables and one picture. It reads a market
//! and writes a picture; no run is opened and nothing goes on a log.

mod tables;

use crate::exit::Found;
use crate::market;
use crate::printer;
use anyhow::{Context, Result};
use producers::source::{self, Market};
use quant::Refusal;
use report::analysis_detail::{AnalysisDetail, analysis_detail, price_history};
use report::charts;
use run::config::Config;
use run::config::Output;
use schemas::Day;
use schemas::contract::FEATURE_NAMES;
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// One analysis.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The ticker
    pub ticker: String,
    /// The market: csv:DIR or sim:SEED
    #[arg(long)]
    pub source: Option<String>,
    /// At the close of this day, or of the last trading day before it (default: the last one)
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<Day>,
    /// Where to draw it, .png or .svg (default: analysis/TICKER-DATE.png in the data folder)
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Analyses, draws and prints; a refusal is found, not an error.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let source = market::named(config, args.source.as_ref())?;
    if let Some(file) = &args.out {
        charts::ending(file)?;
    }
    // Only to say at once which tickers there are.
    let known = source::open(&source, Some(std::slice::from_ref(&args.ticker)))?;
    market::report_problems(&*known);
    let ticker = known.universe().first().context("the market has no tickers")?.clone();
    let steps = printer::steps(config)?;
    let mut market = steps.during("market", || source::open(&source, None))?;
    let day = day_of(&*market, args.as_of)?;
    let history = price_history(&mut *market, &ticker, day)?;
    let settings = quant::PricingSettings::from(&config.settings()?.pricing);
    match analysis_detail(&history, &ticker, day, &settings)? {
        Ok(detail) => explain(config, args, &source, &detail),
        Err(refusal) => refused(config, &source, &ticker, day, &refusal),
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

fn refused(
    config: &Config,
    source: &str,
    ticker: &str,
    day: Day,
    refusal: &Refusal,
) -> Result<Found> {
    let said = json!({
        "ticker": ticker,
        "day": day,
        "source": source,
        "refused": { "code": refusal.code(), "reason": refusal.to_string() },
    });
    printer::show(config.output()?, &said, |_| {
        printer::line(format!("{ticker} at the close of {day}: refused, {refusal}"));
    })?;
    Ok(Found::Something)
}

fn explain(config: &Config, args: &Args, source: &str, detail: &AnalysisDetail) -> Result<Found> {
    let file = file_for(config, args, detail)?;
    charts::draw(&file, detail)?;
    match config.output()? {
        Output::Json => {
            let said = as_json(detail, source, &file.display().to_string());
            printer::line(serde_json::to_string_pretty(&said)?);
        }
        Output::Human => {
            tables::print(detail, source);
            printer::line(format!("Picture: {}", file.display()));
        }
    }
    Ok(Found::Nothing)
}

/// The file asked for, or one under the data folder, which is made.
fn file_for(config: &Config, args: &Args, detail: &AnalysisDetail) -> Result<PathBuf> {
    if let Some(file) = &args.out {
        return Ok(file.clone());
    }
    let folder = config.data_dir().join("analysis");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("{} cannot be made", folder.display()))?;
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
