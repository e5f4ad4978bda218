//! Shared by `up` and `run`: the market of a live run, its opening, and serving it to other processes.

use crate::confirmed_moves::moves_on;
use crate::market::{self, Reads};
use anyhow::{Context, Result};
use producers::source::Market;
use run::config::Config;
use run::context::RunContext;
use run::data_dir::OpenLog;
use run::open_run::RunRequest;
use schemas::Day;
use schemas::role::Role;
use web::Serving;

/// The market to read: the one given, the one configured, or the one with which the run was opened.
pub(crate) fn market_of(
    config: &Config,
    asked: Option<&String>,
    opened: &OpenLog,
    reads: Reads,
) -> Result<(String, Box<dyn Market>)> {
    let recorded = || -> Result<Option<String>> {
        let there =
            opened.log.topics()?.iter().any(|topic| topic.name == schemas::Topic::Controls.name());
        Ok(if there { shell::open::opened(&*opened.log)?.map(|run| run.source) } else { None })
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
    Ok(RunRequest {
        kind: "live",
        source,
        scan_from: from.or(last).context("the market has no days")?,
        history,
        settings: market::settings(config, market)?,
        confirmed: Vec::new(),
        engine: config.scoring()?.engine()?,
    })
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

/// Serves the status of roles beside the process that owns the log, and announces the address: `lag` asks there.
pub(crate) fn serve_beside(
    config: &Config,
    opened: &OpenLog,
    context: &RunContext,
    roles: &[Role],
) -> Result<Serving> {
    let (log, board) = (opened.log.clone(), context.env.board.clone());
    let views = roles.contains(&Role::Materializer).then(|| context.materialized.views.clone());
    let serving = server::start_beside(config.token(), log, board, views)?;
    context.db.announce(&serving.endpoint)?;
    Ok(serving)
}
