//! What `up` and `run` share: the market of a live run, what it is opened with, and serving it.

use crate::market;
use anyhow::{Context, Result};
use producers::source::Market;
use run::config::Config;
use run::context::RunContext;
use run::data_dir::OpenLog;
use run::open_run::RunRequest;
use schemas::Day;
use web::Serving;

/// The market to read: as asked, as configured, or as the run was begun with.
pub(crate) fn market_of(
    config: &Config,
    asked: Option<&String>,
    opened: &OpenLog,
) -> Result<(String, Box<dyn Market>)> {
    let begun_with = || -> Result<Option<String>> {
        let there =
            opened.log.topics()?.iter().any(|topic| topic.name == schemas::Topic::Controls.name());
        Ok(if there { shell::open::opened(&*opened.log)?.map(|run| run.source) } else { None })
    };
    let source = match asked.cloned().or_else(|| config.source()) {
        Some(source) => source,
        None => begun_with()?
            .context("which market? name it with --source csv:DIR or --source sim:SEED")?,
    };
    let market = market::open(config, &source, None)?;
    Ok((source, market))
}

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
        settings: config.settings()?,
        engine: config.scoring()?.engine()?,
    })
}

/// Lets other processes reach what this one owns.
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
