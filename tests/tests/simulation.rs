//! A thousand seeds of the real roles in the real shell. To run one alone:
//! `BUTTERQUANT_SIM_SEED=123 cargo test --release -p tests --test simulation -- --nocapture`.
//! `BUTTERQUANT_SIM_SEEDS` sets their number.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;
use tests::simulation::Simulation;
use tests::simulation::checks::{Ended, events, replays};
use tests::simulation::faults::Fault;
use tests::simulation::planted::Planted;
use tests::simulation::snapshot::contents;

static SIMULATION: LazyLock<Simulation> = LazyLock::new(Simulation::default);

fn number(name: &str) -> Option<u64> {
    std::env::var(name)
        .ok()
        .map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is not a number")))
}

/// Runs seeds on two threads until one fails; returns faults by kind, or the seed and its failure.
fn play(seeds: u64, planted: Planted) -> Result<BTreeMap<Fault, u64>, (u64, String)> {
    let next = AtomicU64::new(0);
    let work = || {
        let mut struck: BTreeMap<Fault, u64> = BTreeMap::new();
        loop {
            let seed = next.fetch_add(1, Relaxed);
            if seed >= seeds {
                return Ok(struck);
            }
            match SIMULATION.seed(seed, planted) {
                Ok(Ended { struck: more, .. }) => {
                    more.into_iter()
                        .for_each(|(fault, times)| *struck.entry(fault).or_default() += times);
                }
                Err(what) => {
                    next.store(seeds, Relaxed);
                    return Err((seed, what));
                }
            }
        }
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(work);
        let mut struck = work()?;
        other
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?
            .into_iter()
            .for_each(|(fault, times)| *struck.entry(fault).or_default() += times);
        Ok(struck)
    })
}

#[test]
fn whatever_happens_every_sequence_state_and_replay_comes_out_the_same() {
    let seeds =
        number("BUTTERQUANT_SIM_SEEDS").unwrap_or(if cfg!(debug_assertions) { 20 } else { 1_000 });
    let begun = Instant::now();
    let _ = &*SIMULATION;
    println!("warm-up and undisturbed run: {:.1?}", begun.elapsed());
    if let Some(seed) = number("BUTTERQUANT_SIM_SEED") {
        let ended = SIMULATION.seed(seed, Planted::Nothing);
        println!(
            "seed {seed}: {:?}",
            ended.map(|ended| ended.struck).unwrap_or_else(|what| panic!("{what}"))
        );
        return;
    }
    let begun = Instant::now();
    match play(seeds, Planted::Nothing) {
        Ok(struck) => println!("{seeds} seeds in {:.1?}; faults: {struck:?}", begun.elapsed()),
        Err((seed, what)) => panic!(
            "seed {seed}: {what}\nrun it alone: BUTTERQUANT_SIM_SEED={seed} cargo test --release -p tests --test simulation -- --nocapture"
        ),
    }
}

#[test]
fn the_undisturbed_run_has_something_of_everything_and_replays_without_help() {
    let (world, log) = (&SIMULATION.world, undisturbed());
    let mut kinds: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for (topic, _, event) in events(world, &log.log) {
        *kinds.entry((topic.dataset(), event.body.kind())).or_default() += 1;
    }

    for kind in [
        ("bars", "CORPORATE_ACTION"),
        ("bars", "TICKER_MISSING"),
        ("scans", "CANDIDATE_SCANNED"),
        ("predictions", "CANDIDATE_SCORED"),
        ("orders", "ORDER_INTENDED"),
        ("orders", "ORDER_REFUSED"),
        ("fills", "ORDER_EXECUTED"),
        ("outcomes", "CANDIDATE_MATURED"),
        ("models", "RETRAIN_TRIGGERED"),
        ("models", "MODEL_PROMOTED"),
        ("models", "MODEL_REFUSED"),
    ] {
        assert!(kinds.contains_key(&kind), "no {kind:?} among {kinds:?}");
    }
    replays(world, &log, true).unwrap();
}

/// The undisturbed run again, as a finished run.
fn undisturbed() -> Ended {
    let world = &SIMULATION.world;
    let (log, states) = world.base.fork();
    let sink = std::sync::Arc::default();
    world.run_quietly(&log, &states, &sink, world.last_day);
    let (states, sink) = (states.all(), sink.days());
    Ended { log, states, sink, closed: Some(world.last_day), struck: BTreeMap::new() }
}

#[test]
fn a_seed_run_again_is_the_same_run() {
    for seed in [3, 5] {
        let runs = [(); 2].map(|()| SIMULATION.seed(seed, Planted::Nothing).unwrap());
        let [first, second] = runs.map(|ended| {
            let contents = contents(&ended.log, &SIMULATION.world.base.ends);
            (contents, ended.states, ended.struck)
        });
        assert_eq!(first, second, "seed {seed}");
    }
}

#[test]
fn planted_bugs_are_found() {
    for planted in [Planted::CountedSteps, Planted::TornSave, Planted::SavedAhead, Planted::Unasked]
    {
        let (seed, what) =
            play(100, planted).err().unwrap_or_else(|| panic!("{planted:?} was not found"));
        println!("{planted:?}: seed {seed}: {}", what.chars().take(200).collect::<String>());
    }
}
