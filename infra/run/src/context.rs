//! Everything the roles of a run need: its log, its state folder, its views and lake, and the
//! factory of their machines.

use crate::config::RunSpec;
use crate::data_dir::{self, OpenLog, RunDir};
use crate::kept_analyses::{keeper_in, training_keeper_in};
use crate::model_acceptance::EngineAcceptance;
use crate::projections::RunProjections;
use crate::standing;
use anyhow::{Context, Result};
use consumers::broker::Broker;
use consumers::executor::Executor;
use consumers::labeler::Labeler;
use consumers::materializer::Materializer;
use consumers::retrainer::{Retrainer, TrainingKeeper};
use consumers::scorer::{CallTimer, Loader, Scorer};
use eventlog::Log;
use producers::analyses::Keeper;
use producers::scanner::Scanner;
use schemas::Topic;
use schemas::id::sha256_hex;
use schemas::role::{Machine, Role};
use shell::ShellError;
use shell::checkpoint::KvCheckpoints;
use shell::instance::{Env, Machines, Policy};
use shell::status_board::StatusBoard;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use store::{Lake, Views};
use success::Engine;
use venues::paper::client::{ExternalBroker, PaperVenue};

/// A run and everything its roles need.
pub struct RunContext {
    /// What the instances of all roles share.
    pub env: Env,
    /// Views, lake and model files.
    pub materialized: Arc<RunProjections>,
    /// The engine that computes scores.
    pub engine: Engine,
    /// The run's folder.
    pub run: RunDir,
    /// The store of saved states and views.
    pub db: kv::Db,
}

impl RunContext {
    /// The context of a run over its open log.
    pub fn new(spec: &RunSpec, run: &RunDir, opened: &OpenLog) -> Result<RunContext> {
        RunContext::with_state(spec, run, opened, &run.state())
    }

    /// As [`RunContext::new`], with another state folder: for roles beside the process that owns
    /// the run.
    pub fn with_state(
        spec: &RunSpec,
        run: &RunDir,
        opened: &OpenLog,
        state: &Path,
    ) -> Result<RunContext> {
        std::fs::create_dir_all(state).with_context(|| {
            format!("{} cannot be created; choose another folder with --data-dir", state.display())
        })?;
        let db = data_dir::open_state(state)?;
        RunContext::over(spec, run, opened, db, true)
    }

    /// The context of a run that is only read; a folder that cannot be written is read from a copy.
    ///
    /// # Errors
    /// The state folder or the engine cannot be opened.
    pub fn to_read(spec: &RunSpec, run: &RunDir, opened: &OpenLog) -> Result<RunContext> {
        RunContext::over(spec, run, opened, data_dir::read_state(&run.state())?, false)
    }

    fn over(
        spec: &RunSpec,
        run: &RunDir,
        opened: &OpenLog,
        db: kv::Db,
        writes: bool,
    ) -> Result<RunContext> {
        let topics = opened.log.topics()?;
        let partitions = match topics.iter().any(|topic| topic.name == Topic::Bars.name()) {
            true => data_dir::partitions(&*opened.log)?,
            false => spec.partitions,
        };
        let views = Views::open(&db)?;
        let lake = Lake::open(run.lake())?;
        let states = Arc::new(KvCheckpoints::of(db.plain_tree("units")?));
        let materialized = Arc::new(RunProjections::new(
            Arc::clone(&opened.log),
            partitions,
            views,
            lake,
            run.models(),
        ));
        let engine = spec.scoring.engine()?;
        let (data, kept) = (&run.data_dir, spec.analysis_cache);
        let keepers = (keeper_in(data, kept, writes), training_keeper_in(data, kept, writes));
        let board: Arc<StatusBoard> = Arc::default();
        let timer = board.instruments().scoring_timer(engine.provider());
        let env = Env {
            log: Arc::clone(&opened.log),
            states,
            partitions,
            machines: machines(
                engine.clone(),
                timer,
                keepers,
                Arc::clone(&materialized),
                external_broker(spec, run, &*opened.log)?,
            ),
            board,
            policy: Policy { lost_after: lost_after(run), ..Policy::default() },
        };
        Ok(RunContext { env, materialized, engine, run: run.clone(), db })
    }

    /// The run's machines, but with scores by `engine`.
    pub fn machines_scoring_with(&self, engine: Engine) -> Machines {
        let (loader, others) = (Arc::new(Loader::new(engine)), Arc::clone(&self.env.machines));
        Arc::new(move |role: Role| -> Option<Box<dyn Machine>> {
            match role {
                Role::Scorer => Some(Box::new(Scorer::new(Arc::clone(&loader)))),
                other => others(other),
            }
        })
    }
}

impl RunContext {
    /// Fails where views or lake are of another log or not whole, so that the materializer cannot go on with them.
    ///
    /// # Errors
    /// As [`standing::RunStanding::of_views`] and [`standing::RunStanding::of_lake`].
    pub fn check_derived(&self) -> Result<()> {
        let RunProjections { views, lake, .. } = &*self.materialized;
        lake.check_layout()?;
        standing::check_to_go_on(&*self.env.log, &*self.env.states, views, lake)
    }
}

/// The embedded log answers only from what it has read in full, so there is nothing to ask for again.
fn lost_after(run: &RunDir) -> Duration {
    match run.on_kafka() {
        Some(_) => Policy::default().lost_after,
        None => Duration::ZERO,
    }
}

/// The external broker of a live run, if configured; backtests have none.
fn external_broker(spec: &RunSpec, run: &RunDir, log: &dyn Log) -> Result<Option<ExternalBroker>> {
    let Some((address, wait)) = &spec.broker else { return Ok(None) };
    match shell::open::opened(log)? {
        Some(opened) if opened.kind == "live" => {}
        Some(_) => return Ok(None),
        // It may yet be opened as a live run, and a role that computed fills by itself until then
        // would go on doing so.
        None => return Err(ShellError::NotOpened.into()),
    }
    // Order ids begin at 1 in every run, so each run needs a client id of its own.
    let topic = log.topic_identity(Topic::Controls.name())?.unwrap_or_default();
    let identity = sha256_hex(format!("{}/{topic}", log.identity()?).as_bytes());
    let client = format!("{}-{}", run.id, &identity[..12]);
    Ok(Some(ExternalBroker { address: address.clone(), client, wait: *wait }))
}

fn machines(
    engine: Engine,
    timer: CallTimer,
    (analyses, trainings): (Keeper, TrainingKeeper),
    materialized: Arc<RunProjections>,
    external: Option<ExternalBroker>,
) -> Machines {
    let acceptance = Arc::new(EngineAcceptance::new(engine.clone()));
    let loader = Arc::new(Loader::new(engine).timed_by(timer));
    Arc::new(move |role: Role| -> Option<Box<dyn Machine>> {
        Some(match role {
            Role::Source => return None,
            Role::Scanner => Box::new(Scanner::with_kept(analyses.clone())),
            Role::Scorer => Box::new(Scorer::new(Arc::clone(&loader))),
            Role::Labeler => Box::new(Labeler::default()),
            Role::Executor => Box::new(Executor::default()),
            Role::Broker => Box::new(external.as_ref().map_or_else(Broker::default, |external| {
                Broker::with_venue(Arc::new(PaperVenue::new(external)))
            })),
            Role::Retrainer => {
                let retrainer = Retrainer::with_acceptance_test(acceptance.clone());
                Box::new(retrainer.with_kept(trainings.clone()))
            }
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
    fn only_kafka_is_asked_for_lost_offsets_again() {
        let run = |log| Config::defaults().with("log", log).run_dir("live").unwrap();
        assert_eq!(lost_after(&run("embedded")), Duration::ZERO);
        assert!(lost_after(&run("kafka")) > Duration::ZERO);
    }

    /// Somebody has added partitions to topics of a run; keys would move if they were used.
    #[test]
    fn a_run_keeps_the_partitions_that_it_was_opened_with() {
        let log = MemoryLog::new("memory").unwrap();
        open::ensure_topics(&log, 5).unwrap();
        assert_eq!(data_dir::partitions(&log).unwrap(), 5, "not opened yet");
        let opened = RunOpened { partitions: 3, ..RunOpened::default() };
        open::open(&log, 3, &opened, Vec::new(), None).unwrap();
        assert_eq!(data_dir::partitions(&log).unwrap(), 3);
    }

    #[test]
    fn a_run_that_is_not_opened_yet_is_not_taken_for_one_without_a_broker() {
        let config = Config::defaults().with("broker", "paper:127.0.0.1:1");
        let (run, spec) = (config.run_dir("live").unwrap(), config.run_spec().unwrap());
        let log = MemoryLog::new("memory").unwrap();
        open::ensure_topics(&log, 1).unwrap();
        let error = external_broker(&spec, &run, &log).unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(ShellError::NotOpened)), "{error}");
        let opened = RunOpened { kind: "live".to_owned(), ..RunOpened::default() };
        open::open(&log, 1, &opened, Vec::new(), None).unwrap();
        assert!(external_broker(&spec, &run, &log).unwrap().is_some());
    }
}
