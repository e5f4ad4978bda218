//! Runs scorers over the mixture.

use super::record::PARTITIONS;
use consumers::scorer::{Loader, Scorer};
use eventlog::{Log, TopicPartition};
use schemas::Topic;
use schemas::role::{Machine, Role};
use shell::checkpoint::MemoryCheckpoints;
use shell::instance::{Env, Policy};
use shell::record_codec;
use shell::runner::{Plan, run};
use shell::status_board::StatusBoard;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use success::Engine;

/// The environment of scorers on `log`; their states are in memory.
pub fn env(log: Arc<dyn Log>) -> (Env, MemoryCheckpoints) {
    let (states, loader) = (MemoryCheckpoints::default(), Arc::new(Loader::new(Engine::candle())));
    let machines = move |role| -> Option<Box<dyn Machine>> {
        assert_eq!(role, Role::Scorer);
        Some(Box::new(Scorer::new(Arc::clone(&loader))))
    };
    let env = Env {
        log,
        states: Arc::new(states.clone()),
        partitions: PARTITIONS,
        machines: Arc::new(machines),
        board: Arc::new(StatusBoard::default()),
        policy: Policy::default(),
    };
    (env, states)
}

/// Runs two scorers until they have read everything.
pub fn score(env: &Env) {
    let stop = Arc::new(AtomicBool::new(false));
    let deadline = Instant::now() + Duration::from_secs(300);
    let mut in_time = true;
    let mut watch = |_| {
        in_time = Instant::now() < deadline;
        if !in_time || lag(&*env.log) == 0 {
            stop.store(true, Ordering::Relaxed);
        }
    };
    let plan = Plan { roles: vec![(Role::Scorer, 2)], until: None, name: None };
    run(env, &plan, None, &stop, &mut watch).unwrap();
    assert!(in_time, "after five minutes {} records are still unread", lag(&*env.log));
}

/// Offsets of `features` that the scorers have not committed.
pub fn lag(log: &dyn Log) -> u64 {
    let places: Vec<TopicPartition> =
        (0..PARTITIONS).map(|partition| record_codec::place(Topic::Features, partition)).collect();
    let committed = log.committed(Role::Scorer.name(), &places).unwrap();
    let behind = places.iter().zip(committed).map(|(place, committed)| {
        log.watermarks(place).unwrap().high.saturating_sub(committed.unwrap_or(0))
    });
    behind.sum()
}
