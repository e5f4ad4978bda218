//! Shared by `up` and `run`: the market of a live run, its opening, and serving it to other processes.

use crate::confirmed_moves::moves_on;
use crate::market::{self, Reads};
use anyhow::{Context, Result, bail};
use producers::source::Market;
use run::config::Config;
use run::context::RunContext;
use run::data_dir::OpenLog;
use run::resume_run::controls_on;
use run::run_request::{LIVE_KIND, RunRequest, first_days};
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
        Ok(controls_on(&*opened.log)?.opened.map(|run| run.source))
    };
    let source = match asked.cloned().or_else(|| config.source()) {
        Some(source) => producers::source::absolute(&source),
        None => recorded()?.context(market::NOT_NAMED)?,
    };
    let market = market::open_beside(config, &source, None, reads, &|| moves_on(&*opened.log))?;
    Ok((source, market))
}

/// Refuses what would be refused once the run is open: a refused start leaves no topics behind. A run must not end
/// before it starts, and its address must be free.
pub(crate) fn check_start(
    config: &Config,
    opened: &OpenLog,
    market: &dyn Market,
    wanted: &RunRequest,
    until: Option<Day>,
) -> Result<()> {
    web::can_listen("listen", config.listen(), config.token().as_deref())?;
    let Some(until) = until.filter(|until| *until < wanted.scan_from) else { return Ok(()) };
    if opened.log.topics()?.iter().all(|topic| topic.name != schemas::Topic::Controls.name()) {
        let (first, _) = first_days(market, wanted.scan_from)?;
        bail!("the run would start on {first}, after {until}; choose a later day");
    }
    Ok(())
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
        &context.run.topic_prefix(),
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
