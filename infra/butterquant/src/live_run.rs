//! Shared by `up` and `run`: the market of a live run, its opening, and serving it to other processes.

use crate::confirmed_moves::moves_on;
use crate::market::{self, Reads};
use anyhow::{Context, Result};
use producers::source::Market;
use run::config::Config;
use run::context::RunContext;
use run::data_dir::OpenLog;
use run::resume_run::controls_on;
use run::run_request::{LIVE_KIND, RunRequest};
use schemas::Day;
use web::Serving;

/// The market to read: the one given, the one configured, or the one with which the run was opened.
pub(crate) fn market_of(
    config: &Config,
    asked: Option<&String>,
    opened: &OpenLog,
    reads: Reads,
) -> Result<(String, Box<dyn Market>)> {
    let recorded = || -> Result<Option<String>> {
        Ok(controls_on(&*opened.log)?.opened.map(|run| run.source))
    };
    let source = match asked.cloned().or_else(|| config.source()) {
        Some(source) => producers::source::absolute(&source),
        None => recorded()?.context(market::NOT_NAMED)?,
    };
    let market = market::open_beside(config, &source, None, reads, &|| moves_on(&*opened.log))?;
    Ok((source, market))
}

/// How a live run is opened.
pub(crate) fn live(
    config: &Config,
    source: String,
    market: &dyn Market,
    from: Option<Day>,
    history: usize,
) -> Result<RunRequest> {
    let last = market.days().last().copied();
    let scan_from = from.or(last).context("the market has no days")?;
    let request = market::request(config, market, LIVE_KIND, &source, scan_from)?;
    Ok(RunRequest { history, ..request })
}

/// Serves the log and the views that this process owns, and announces the address to other processes.
pub(crate) fn serve(config: &Config, opened: &OpenLog, context: &RunContext) -> Result<Serving> {
    let views = context.materialized.views.clone();
    let serving = server::start(
        config.listen(),
        config.token(),
        opened.log.clone(),
        context.env.board.clone(),
        views,
    )?;
    if let Some(embedded) = &opened.embedded {
        embedded.announce(&serving.endpoint)?;
    }
    context.db.announce(&serving.endpoint)?;
    Ok(serving)
}
