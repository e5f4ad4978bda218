//! An event through the whole loop: a tiny simulated market through all roles, in a temporary folder that is gone
//! afterwards. At its end there must be a prediction, an order and a fill.

use crate::bench::pipeline::bench_run::sample_model;
use crate::bounded_run::carry_out;
use crate::version::VERSION;
use anyhow::{Context, Result, ensure};
use api::doctor::Examination;
use run::config::{Config, RunSpec};
use run::data_dir::{LogAccess, PATIENCE, RunDir};
use run::projections::read_all;
use run::run_request::{GivenModel, RunRequest};
use schemas::events::{Fills, Orders, Predictions, Settings};
use schemas::{Body, Topic, TradingCalendar};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use telemetry::Steps;

const WHAT: &str = "whole loop";
const PLACE: &str = "a run in a temporary folder";
const MARKET: &str = "sim:5,stocks=4,days=290";
/// Days before the market's last that are scanned.
const SCANNED: usize = 12;
const PARTITIONS: u32 = 2;

/// Plays it.
pub(super) fn check(config: &Config, of: &mut Examination) {
    let begun = Instant::now();
    match tempfile::tempdir().map_err(Into::into).and_then(|folder| play(config, folder.path())) {
        Ok(said) => {
            let seconds = begun.elapsed().as_secs_f64();
            of.fine(WHAT, PLACE, format!("{said}, in {seconds:.1} s"));
        }
        Err(error) => of.found(
            WHAT,
            PLACE,
            format!("{error:#}"),
            "what is found above may be the cause; else `butterquant demo` shows where it ends",
        ),
    }
}

fn play(config: &Config, folder: &Path) -> Result<String> {
    let run = RunDir {
        id: "doctor".to_owned(),
        path: folder.join("runs/doctor"),
        data_dir: folder.to_owned(),
        access: LogAccess::Folder,
        token: None,
        patience: PATIENCE,
    };
    let scoring = config.scoring()?;
    let engine = scoring.engine()?;
    let market = producers::source::open(MARKET, None, TradingCalendar::default())?;
    let days = market.days();
    let from = days.len().checked_sub(SCANNED).context("the market is too short")?;
    let wanted = RunRequest {
        kind: "demo",
        source: MARKET.to_owned(),
        scan_from: days[from],
        last_day: days.last().copied(),
        tickers: Vec::new(),
        history: 0,
        given: Some(GivenModel { trained: sample_model()?.0, run: "doctor".to_owned() }),
        keeper: Default::default(),
        settings: Settings::default(),
        confirmed: Vec::new(),
        engine,
        config_sha256: config.sha256(),
        code_version: VERSION,
    };
    let spec = RunSpec { partitions: PARTITIONS, scoring, analysis_cache: false, broker: None };
    let never = || Ok(Arc::default());
    let (context, _) = carry_out(&spec, &run, market, &wanted, &Steps::new(false), &never)?;
    let log = &*context.env.log;
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for topic in [Topic::Bars, Topic::Scans, Topic::Predictions, Topic::Orders, Topic::Fills] {
        for event in read_all(log, topic, PARTITIONS)? {
            let what = match event.body {
                Body::Bars(_) if event.body.marker().is_none() => "bars",
                Body::Scans(_) if event.body.marker().is_none() => "scans",
                Body::Predictions(Predictions::CandidateScored(_)) => "predictions",
                Body::Orders(Orders::OrderIntended(_)) => "orders",
                Body::Fills(Fills::OrderExecuted(_)) => "fills",
                _ => continue,
            };
            *seen.entry(what).or_default() += 1;
        }
    }
    for what in ["bars", "scans", "predictions", "orders", "fills"] {
        ensure!(seen.contains_key(what), "no {what} came of it, though the others did: {seen:?}");
    }
    let all = |what: &str| format!("{} {what}", seen[what]);
    let said = ["bars", "scans", "predictions", "orders", "fills"].map(all).join(", ");
    Ok(format!("{said} through every role"))
}
