//! Shared by `up` and `run`: the market of a live run, its opening, and serving it to other processes.
//!
//! A run is opened once, on the terms given then. Terms that an opened run does not have are refused.

use crate::confirmed_moves::moves_on;
use crate::market::{self, Reads};
use crate::version::VERSION;
use anyhow::{Context, Result, bail};
use api::conditions::Watcher;
use api::monitor::Monitor;
use producers::source::Market;
use run::config::Config;
use run::context::RunContext;
use run::data_dir::{OpenLog, RunDir};
use run::resume_run::controls_on;
use run::run_request::{LIVE_KIND, RunRequest, first_days};
use schemas::Day;
use schemas::events::RunOpened;
use schemas::role::Role;
use server::Served;
use server::alerts::Alerts;
use std::sync::Arc;
use store::Views;
use web::Serving;

/// How the run on `opened` was opened, if it was.
pub(crate) fn recorded(opened: &OpenLog) -> Result<Option<RunOpened>> {
    Ok(controls_on(&*opened.log)?.opened)
}

/// The terms of an opening that were given on the command line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Terms {
    /// The first day to scan.
    pub(crate) from: Option<Day>,
    /// Rows of history for a first model.
    pub(crate) history: Option<usize>,
}

impl Terms {
    /// Refuses terms that the run was not opened on.
    pub(crate) fn agree_with(self, id: &str, opened: &RunOpened) -> Result<()> {
        let has = opened.scan_from;
        if let Some(from) = self.from.filter(|from| *from != has) {
            bail!(
                "--from {from}: run {id} is open and scans from {has}; leave --from out to go on with it, or begin another with --run ID"
            );
        }
        // Runs from before recorded no rows.
        let rows = usize::try_from(opened.history_rows).ok().filter(|_| opened.partitions > 0);
        if let (Some(asked), Some(has)) = (self.history, rows)
            && asked != has
        {
            bail!(
                "--history {asked}: run {id} is open, with {has} rows of history; leave --history out to go on with it, or begin another with --run ID"
            );
        }
        Ok(())
    }
}

/// The market to read: the one given, the one configured, or the one with which the run was opened.
pub(crate) fn market_of(
    config: &Config,
    asked: Option<&String>,
    opened: &OpenLog,
    reads: Reads,
) -> Result<(String, Box<dyn Market>)> {
    let recorded = || Ok::<_, anyhow::Error>(recorded(opened)?.map(|run| run.source));
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
    terms: Terms,
) -> Result<RunRequest> {
    let last = market.days().last().copied();
    let scan_from = terms.from.or(last).context("the market has no days")?;
    let request = market::request(config, market, LIVE_KIND, &source, scan_from)?;
    Ok(RunRequest { history: terms.history.unwrap_or_default(), ..request })
}

/// Begins to write the log's files and to send traces, now that the run is this process's to carry on.
pub(crate) fn begin_log(config: &Config, run: &RunDir, roles: &str) -> Result<()> {
    telemetry::write_log_files(&config.log_dir());
    let process = std::process::id();
    tracing::info!(run = run.id, roles, version = VERSION, process, "the process begins");
    let attributes = vec![
        ("service.version", VERSION.to_owned()),
        ("service.instance.id", process.to_string()),
        ("butterquant.run", run.id.clone()),
        ("butterquant.roles", roles.to_owned()),
    ];
    let traced = telemetry::start_traces(config.otlp_endpoint(), attributes);
    if traced.map_err(anyhow::Error::msg)? {
        tracing::info!("traces are sent to a collector");
    }
    Ok(())
}

/// What a live process does for others beside its roles, until it is dropped.
pub(crate) struct Services {
    /// The HTTP side.
    pub(crate) serving: Serving,
    _alerts: Alerts,
}

/// Serves the log and the views that this process owns, and announces the address to other processes.
pub(crate) fn serve(config: &Config, opened: &OpenLog, context: &RunContext) -> Result<Services> {
    let served = served(opened, context, Some(context.materialized.views.clone()))?;
    let alerts = alerts(config, &served)?;
    let serving = server::start(config.listen(), config.token(), served)?;
    if let Some(embedded) = &opened.embedded {
        embedded.announce(&serving.endpoint)?;
    }
    context.db.announce(&serving.endpoint)?;
    Ok(Services { serving, _alerts: alerts })
}

/// Serves the status of roles beside the process that owns the log, and announces the address: `lag` asks there.
pub(crate) fn serve_beside(
    config: &Config,
    opened: &OpenLog,
    context: &RunContext,
    roles: &[Role],
) -> Result<Services> {
    let views = roles.contains(&Role::Materializer).then(|| context.materialized.views.clone());
    let served = served(opened, context, views)?;
    let alerts = alerts(config, &served)?;
    let serving = server::start_beside(config.token(), served)?;
    context.db.announce(&serving.endpoint)?;
    Ok(Services { serving, _alerts: alerts })
}

fn alerts(config: &Config, of: &Served) -> Result<Alerts> {
    let (monitor, data_dir) = (Arc::clone(&of.monitor), of.run.data_dir.clone());
    let mut watcher = Watcher::new(monitor, of.views.clone(), data_dir);
    server::alerts::start(&config.alerts()?, &of.run, Box::new(move || watcher.now()))
}

fn served(opened: &OpenLog, context: &RunContext, views: Option<Views>) -> Result<Served> {
    let (run, log) = (context.run.clone(), Arc::clone(&opened.log));
    let board = Arc::clone(&context.env.board);
    let (owner, own) = (opened.owner.clone(), Some(Arc::clone(&board)));
    let monitor = Monitor::start(Arc::clone(&log), run.clone(), owner, own)?;
    Ok(Served { run, log, board, views, monitor: Arc::new(monitor) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opened_run_goes_on_on_its_own_terms_alone() {
        let from = Some(Day(17_000));
        let opened = RunOpened {
            scan_from: Day(17_000),
            history_rows: 50,
            partitions: 3,
            ..RunOpened::default()
        };
        for (terms, says) in [
            (Terms::default(), None),
            (Terms { from, history: Some(50) }, None),
            (Terms { from: Some(Day(17_001)), history: None }, Some("scans from 2016-07-18")),
            (Terms { from, history: Some(0) }, Some("with 50 rows of history")),
        ] {
            let said = terms.agree_with("live", &opened).err().map(|error| error.to_string());
            assert_eq!(said.is_some(), says.is_some(), "{said:?}");
            assert!(said.unwrap_or_default().contains(says.unwrap_or_default()));
        }
        let before = RunOpened { partitions: 0, history_rows: 0, ..opened };
        assert!(Terms { from, history: Some(9) }.agree_with("live", &before).is_ok());
    }
}
