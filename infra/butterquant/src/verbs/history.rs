//! `history`: draws labelled rows from a market's past and keeps them as parquet, for a look at
//! what a first model would be trained on.

use super::{Found, loops::report_problems};
use crate::cli::{HistoryArgs, Output};
use crate::config::Config;
use crate::out;
use crate::progress::Steps;
use anyhow::{Context, Result};
use producers::history::{HistoryPlan, draw};
use schemas::Topic;
use serde_json::json;
use store::Lake;

/// Draws them.
pub fn history(config: &Config, args: &HistoryArgs) -> Result<Found> {
    let source = args
        .source
        .clone()
        .or_else(|| config.source())
        .context("which market? name it with --source csv:DIR or sim:SEED")?;
    let mut market = producers::source::open(&source, None)?;
    report_problems(&*market);
    let last = *market.days().last().context("the market has no days")?;
    let before = args.before.unwrap_or(last);
    let low = args.rows * 2 / 7;
    let normal = args.rows * 3 / 7;
    let plan = HistoryPlan {
        low,
        normal,
        high: args.rows - low - normal,
        seed: args.seed,
        pricing: config.settings()?.pricing,
        ..HistoryPlan::new(before, before)
    };
    let bar = Steps::new(config.output()? == Output::Human).bar("history", args.rows as u64);
    let drawn = draw(&mut *market, &plan, &mut |done, of| bar.at(done as u64, of as u64))?;
    bar.done("");
    let lake = Lake::open(config.data_dir().join("history"))?;
    lake.write_day(Topic::Samples, before, &drawn.samples)?;
    let file = (!drawn.samples.is_empty()).then(|| lake.path(Topic::Samples, before));
    let report = &drawn.report;
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
        "source": source,
        "before": before.to_string(),
        "rows": drawn.samples.len(),
        "span": report.span.map(|(first, last)| [first.to_string(), last.to_string()]),
        "strata": strata.collect::<Vec<_>>(),
        "refused": report.refused,
        "file": file,
    });
    out::show(config.output()?, &shown, |_| {
        report.strata.iter().for_each(|one| out::line(one.to_string()));
        for (code, count) in &report.refused {
            out::line(format!("{count} rows tried and refused: {code}"));
        }
        let span = report
            .span
            .map_or_else(String::new, |(first, last)| format!(", of days from {first} to {last}"));
        out::line(format!("{} rows{span}", drawn.samples.len()));
        if let Some(file) = &file {
            out::line(format!("written to {}", file.display()));
        }
    })?;
    Ok(Found::Nothing)
}
