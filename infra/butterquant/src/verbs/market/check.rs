//! `market check`: everything that is wrong with a market's data, as a table and a picture.

use super::worst;
use crate::arg_ranges::file_to_write;
use crate::confirmed_moves::{moves_of, without_confirmed};
use crate::exit::Found;
use crate::{market, printer};
use anyhow::{Context, Result};
use producers::source::{self, DataProblem, Finding, Market, findings};
use report::{charts, tables};
use run::config::Config;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Characters in a line of the table.
const WIDTH: u16 = 140;

/// Arguments of `market check`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Market: csv:DIR, parquet:DIR or sim:SEED [default: the configured one]
    pub source: Option<String>,
    /// Picture of the worst five, .png or .svg [default: market-check.png in the data folder]
    #[arg(long, value_name = "FILE", value_parser = file_to_write, conflicts_with = "no_picture")]
    pub out: Option<PathBuf>,
    /// Draw no picture
    #[arg(long)]
    pub no_picture: bool,
}

/// All that was found.
#[derive(Serialize)]
struct Checked {
    source: String,
    /// The market in a sentence.
    market: String,
    /// What was wrong with files and rows.
    problems: Vec<DataProblem>,
    /// What the series show.
    findings: Vec<Finding>,
    picture: Option<PathBuf>,
}

/// Reads, checks, draws and prints.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    if let Some(file) = &args.out {
        charts::ending(file)?;
    }
    let named = args.source.clone().or_else(|| config.source());
    let source = source::absolute(
        &named.context("no market is named; add one, as in `butterquant market check csv:DIR`")?,
    );
    let mut market = market::opened(config, &source, None)?;
    let last = market.days().last().copied();
    let found = last.map_or(Ok(Vec::new()), |last| findings(&mut *market, last, usize::MAX))?;
    let mut checked = Checked {
        source,
        market: market.describe(),
        problems: market.problems().to_vec(),
        findings: without_confirmed(found, &|| moves_of(config))?,
        picture: None,
    };
    if !args.no_picture {
        checked.picture = draw(config, args, &checked, &mut *market)?;
    }
    printer::show(config.output()?, &checked, print)?;
    let nothing =
        checked.problems.is_empty() && checked.findings.iter().all(|one| one.kind.is_note());
    Ok(if nothing { Found::Nothing } else { Found::Something })
}

/// Draws the worst findings, if any has a day; returns the file.
fn draw(
    config: &Config,
    args: &Args,
    checked: &Checked,
    market: &mut dyn Market,
) -> Result<Option<PathBuf>> {
    let Some(picture) = worst::picture(market, &checked.findings)? else { return Ok(None) };
    let file = match &args.out {
        Some(file) => file.clone(),
        None => {
            let folder = config.data_dir();
            std::fs::create_dir_all(&folder)
                .with_context(|| format!("{} cannot be created", folder.display()))?;
            folder.join("market-check.png")
        }
    };
    charts::draw(&file, &picture)?;
    Ok(Some(file))
}

fn print(checked: &Checked) {
    let Checked { source, market, problems, findings, picture } = checked;
    let total = problems.len() + findings.len();
    if total == 0 {
        printer::line(format!("nothing found; {market}"));
        return;
    }
    let of_files = problems.iter().map(|problem| in_files(problem, source));
    let header = ["what", "where", "when", "finding", "remedy"];
    let rows = findings.iter().map(in_series).chain(of_files);
    printer::line(tables::wrapped(&header, rows, WIDTH));
    let tickers: BTreeSet<&str> = findings.iter().map(|one| one.ticker.as_str()).collect();
    let series = match findings.len() {
        0 => String::new(),
        found => format!("{found} in the prices of {}", count(tickers.len(), "ticker")),
    };
    let files = match problems.len() {
        0 => String::new(),
        found => format!("{found} in files and rows"),
    };
    let both = [series, files].into_iter().filter(|part| !part.is_empty());
    printer::line(format!(
        "{}: {}; {market}",
        count(total, "finding"),
        both.collect::<Vec<_>>().join(", ")
    ));
    if let Some(picture) = picture {
        printer::line(format!("Picture: {}", picture.display()));
    }
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

fn in_series(one: &Finding) -> Vec<String> {
    vec![
        one.kind.to_string(),
        one.ticker.clone(),
        one.day.map_or_else(|| "all days".to_owned(), |day| day.to_string()),
        one.what.clone(),
        one.remedy.clone(),
    ]
}

/// The place without the market's folder, which the summary names.
fn in_files(problem: &DataProblem, source: &str) -> Vec<String> {
    let folder = source.split_once(':').map_or(source, |(_, folder)| folder);
    let place = problem.file.replace(&format!("{folder}/"), "");
    let place = place.replace(&format!("{folder}: "), "").replace(&format!(" of {folder}"), "");
    vec![
        if problem.line.is_some() { "row" } else { "file" }.to_owned(),
        place,
        tables::or_dash(problem.line, |line| format!("line {line}")),
        problem.what.clone(),
        problem.remedy.clone(),
    ]
}
