//! A run ready to be worked on: its log, its state folder, its views and lake, and what makes
//! the roles' machines.

use crate::config::RunSpec;
use crate::data_dir::{self, OpenLog, RunDir};
use crate::model_acceptance::EngineAcceptance;
use crate::projections::RunProjections;
use anyhow::{Context, Result};
use consumers::broker::Broker;
use consumers::executor::Executor;
use consumers::labeler::Labeler;
use consumers::materializer::Materializer;
use consumers::retrainer::Retrainer;
use consumers::scorer::{Loader, Scorer};
use eventlog::Log;
use producers::scanner::Scanner;
use schemas::Topic;
use schemas::id::sha256_hex;
use schemas::role::{Machine, Role};
use shell::ShellError;
use shell::checkpoint::KvCheckpoints;
use shell::instance::{Env, Machines, Policy};
use std::path::Path;
use std::sync::Arc;
use store::{Lake, Views};
use success::Engine;
use venues::paper::client::{ExternalBroker, PaperVenue};

/// A run and everything that works on it.
pub struct RunContext {
    /// What instances share.
    pub env: Env,
    /// Views, lake, artifacts.
    pub materialized: Arc<RunProjections>,
    /// What computes scores.
    pub engine: Engine,
    /// Where the run lives.
    pub run: RunDir,
    /// Saved states and views.
    pub db: kv::Db,
}

impl RunContext {
    /// Over an opened log of `partitions`.
    pub fn new(spec: &RunSpec, run: &RunDir, opened: &OpenLog) -> Result<RunContext> {
        RunContext::with_state(spec, run, opened, &run.state())
    }

    /// The same with the state folder elsewhere: for roles beside the process that owns the run.
    pub fn with_state(
        spec: &RunSpec,
        run: &RunDir,
        opened: &OpenLog,
        state: &Path,
    ) -> Result<RunContext> {
        let partitions = spec.partitions;
        std::fs::create_dir_all(state).with_context(|| {
            format!("{} cannot be made; choose another folder with --data-dir", state.display())
        })?;
        let db = data_dir::patiently(state, || Ok(kv::Db::open(state)?))?;
        let views = Views::open(&db)?;
        let lake = Lake::open(run.lake())?;
        let materialized = Arc::new(RunProjections::new(
            Arc::clone(&opened.log),
            partitions,
            views,
            lake,
            run.models(),
        ));
        let engine = spec.scoring.engine()?;
        let env = Env {
            log: Arc::clone(&opened.log),
            states: Arc::new(KvCheckpoints(db.tree("units")?)),
            partitions,
            machines: machines(
                engine.clone(),
                Arc::clone(&materialized),
                outside(spec, run, &*opened.log)?,
            ),
            board: Arc::default(),
            policy: Policy::default(),
        };
        Ok(RunContext { env, materialized, engine, run: run.clone(), db })
    }
}

/// The broker outside, of a live run that has one: what is tried on the past trades with nobody.
fn outside(spec: &RunSpec, run: &RunDir, log: &dyn Log) -> Result<Option<ExternalBroker>> {
    let Some((address, wait)) = &spec.broker else { return Ok(None) };
    match shell::open::opened(log)? {
        Some(opened) if opened.kind == "live" => {}
        Some(_) => return Ok(None),
        // It may become a live one: a role that made up its fills until then would go on so.
        None => return Err(ShellError::NotOpened.into()),
    }
    // Order ids begin at 1 in every run: the client's name tells this run from all others.
    let topic = log.topic_identity(Topic::Controls.name())?.unwrap_or_default();
    let identity = sha256_hex(format!("{}/{topic}", log.identity()?).as_bytes());
    let client = format!("{}-{}", run.id, &identity[..12]);
    Ok(Some(ExternalBroker { address: address.clone(), client, wait: *wait }))
}

fn machines(
    engine: Engine,
    materialized: Arc<RunProjections>,
    outside: Option<ExternalBroker>,
) -> Machines {
    let trial = Arc::new(EngineAcceptance::new(engine.clone()));
    let loader = Arc::new(Loader::new(engine));
    Arc::new(move |role: Role| -> Option<Box<dyn Machine>> {
        Some(match role {
            Role::Source => return None,
            Role::Scanner => Box::new(Scanner::default()),
            Role::Scorer => Box::new(Scorer::new(Arc::clone(&loader))),
            Role::Labeler => Box::new(Labeler::default()),
            Role::Executor => Box::new(Executor::default()),
            Role::Broker => Box::new(outside.as_ref().map_or_else(Broker::default, |outside| {
                Broker::with_venue(Arc::new(PaperVenue::new(outside)))
            })),
            Role::Retrainer => Box::new(Retrainer::with_acceptance_test(trial.clone())),
            Role::Materializer => Box::new(Materializer::new(materialized.clone())),
        })
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::Config;
    use eventlog::MemoryLog;
    use schemas::events::RunOpened;
    use shell::open;

    #[test]
    fn a_run_that_is_not_opened_yet_is_not_taken_for_one_without_a_broker() {
        let config = Config::defaults().with("broker", "paper:127.0.0.1:1");
        let (run, spec) = (config.run_dir("live").unwrap(), config.run_spec().unwrap());
        let log = MemoryLog::new("memory").unwrap();
        open::ensure_topics(&log, 1).unwrap();
        let error = outside(&spec, &run, &log).unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(ShellError::NotOpened)), "{error}");
        let opened = RunOpened { kind: "live".to_owned(), ..RunOpened::default() };
        open::open(&log, 1, &opened, Vec::new(), None).unwrap();
        assert!(outside(&spec, &run, &log).unwrap().is_some());
    }
}
