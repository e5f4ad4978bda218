//! The seeded scheduler: which instance steps next, which is killed, replaced, stalled or left with
//! an old assignment, and which commands the operator writes meanwhile.

use super::checks::Ended;
use super::faults::{Actor, Fault, Others, Weather, held};
use super::faulty::{FaultyLog, FaultyStates};
use super::operator;
use super::outside::Outside;
use super::part::{Body, CAST, Part, Running, UNITS};
use super::planted::Planted;
use super::sink::RecordingSink;
use super::world::World;
use eventlog::MemoryLog;
use schemas::role::Role;
use shell::ShellError;
use shell::checkpoint::MemoryCheckpoints;
use shell::instance::{Instance, Policy, Progress};
use shell::status_board::StatusBoard;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

const MOST_STEPS: u32 = 40_000;
const MOST_CALM_ROUNDS: u32 = 2_000;

/// One seed's run.
pub struct Theatre {
    world: Arc<World>,
    log: MemoryLog,
    states: MemoryCheckpoints,
    sink: Arc<RecordingSink>,
    weather: Arc<Weather>,
    board: Arc<StatusBoard>,
    planted: Planted,
    outside: Option<Outside>,
    cast: Mutex<Vec<Part>>,
    depth: AtomicU32,
    failure: Mutex<Option<String>>,
    myself: Weak<Theatre>,
}

impl Theatre {
    /// Runs `seed` to its end: faults until every unit has closed the last day, then calm until
    /// nothing moves.
    ///
    /// # Errors
    /// What broke, as a sentence.
    pub fn play(
        world: &Arc<World>,
        seed: u64,
        controls: bool,
        planted: Planted,
    ) -> Result<Ended, String> {
        let weather = Weather::new(seed);
        let (log, states) = match weather.strikes(Fault::OffsetsReset) {
            true => world.base.fork_with(&mut |_, consumed| {
                Some(consumed.next * u64::from(weather.within(0, 8)) / 8)
            }),
            false => world.base.fork(),
        };
        let theatre = Arc::new_cyclic(|myself| Theatre {
            world: Arc::clone(world),
            log,
            states,
            sink: Arc::default(),
            weather,
            board: Arc::default(),
            planted,
            outside: Outside::of_seed(seed),
            cast: Mutex::default(),
            depth: AtomicU32::new(0),
            failure: Mutex::default(),
            myself: myself.clone(),
        });
        for (role, count) in CAST {
            for number in 0..count {
                let part = theatre.enter(role, &number.to_string());
                held(&theatre.cast).push(part);
            }
        }
        theatre.storm(controls);
        theatre.calm()?;
        if let Some(violation) = theatre.outside.as_ref().and_then(Outside::violation) {
            return Err(violation);
        }
        Ok(Ended {
            log: theatre.log.clone(),
            states: theatre.states.all(),
            sink: theatre.sink.days(),
            closed: theatre.board.closed_by_all(UNITS),
            struck: theatre.weather.struck(),
        })
    }

    fn enter(&self, role: Role, name: &str) -> Part {
        let actor = Actor::new(&self.log, &self.weather, self.myself.clone() as Weak<dyn Others>);
        let log = Arc::new(FaultyLog(Arc::clone(&actor)));
        let states = FaultyStates(self.states.clone(), Arc::clone(&actor));
        let mut machines = self.planted.machines(self.world.machines(&self.sink));
        if let Some(outside) = &self.outside {
            machines = outside.machines(machines, &actor, self.planted);
        }
        let mut env = self.world.env(log, self.planted.states(states), machines);
        env.board = Arc::clone(&self.board);
        let draw = |low, high| self.weather.within(low, high);
        env.policy = Policy {
            max_records: if draw(0, 3) == 0 { 2_000 } else { draw(1, 7) as usize },
            wait: Duration::ZERO,
            save_every: draw(1, 5),
            idle_commit: draw(1, 4),
            rate: None,
            lost_after: Duration::ZERO,
        };
        let running = match role {
            Role::Source => {
                Ok(Running::Source(Box::new(self.world.source(&env, self.world.last_day))))
            }
            role => {
                Instance::join(&env, role, name).map(|instance| Running::Role(Box::new(instance)))
            }
        };
        let body = match running {
            Ok(running) => Body::Waiting(running),
            Err(error) => {
                self.fail(format!("{role} {name} cannot join: {error}"));
                Body::Gone
            }
        };
        Part { role, name: name.to_owned(), actor, body }
    }

    fn fail(&self, what: String) {
        held(&self.failure).get_or_insert(what);
    }

    fn storm(&self, controls: bool) {
        for step in 0..MOST_STEPS {
            if controls
                && self.weather.strikes(Fault::ControlSaid)
                && let Err(error) = operator::speak(&self.world, &self.log, &self.weather)
            {
                self.fail(format!("the operator cannot write: {error}"));
            }
            self.act();
            let over = || self.board.closed_by_all(UNITS) >= Some(self.world.last_day);
            if held(&self.failure).is_some() || step % 64 == 0 && over() {
                return;
            }
        }
    }

    /// One step of one instance, or a fault instead.
    fn act(&self) {
        let Some((at, mut running)) = self.call() else { return };
        let result = running.step();
        let mut cast = held(&self.cast);
        let part = &mut cast[at];
        let stays = self.outlives(part, result.err());
        part.body = if stays { Body::Waiting(running) } else { Body::Gone };
    }

    fn call(&self) -> Option<(usize, Running)> {
        let mut cast = held(&self.cast);
        let at = self.weather.within(0, cast.len() as u32 - 1) as usize;
        let part = &mut cast[at];
        match &part.body {
            Body::OnStage | Body::Waiting(_) if self.replaces(part) => {
                let heir = self.enter(part.role, &part.name.clone());
                cast.push(heir);
                return None;
            }
            Body::OnStage => return None,
            Body::Gone if part.actor.is_replaced() => return None,
            Body::Gone => {
                if self.weather.strikes(Fault::Restarted) {
                    cast[at] = self.enter(cast[at].role, &cast[at].name.clone());
                }
                return None;
            }
            Body::Waiting(_) => {}
        }
        if part.actor.is_replaced() && part.actor.deaf_for() == 0
            || self.weather.strikes(Fault::Killed)
        {
            part.body = Body::Gone;
            return None;
        }
        if self.weather.strikes(Fault::EvictedAndDeaf) {
            part.actor.evict();
            part.actor.deafen(self.weather.within(3, 60));
        }
        match std::mem::replace(&mut part.body, Body::OnStage) {
            Body::Waiting(running) => Some((at, running)),
            _ => None,
        }
    }

    /// Whether another process starts under the part's name while it still runs.
    fn replaces(&self, part: &Part) -> bool {
        let replaces = !part.actor.is_replaced() && self.weather.strikes(Fault::TakenOver);
        if replaces {
            part.actor.replace();
            part.actor.deafen(self.weather.within(3, 60));
        }
        replaces
    }

    /// Whether an instance goes on after a step with this error.
    fn outlives(&self, part: &Part, error: Option<ShellError>) -> bool {
        let Some(error) = error else { return true };
        if part.actor.is_dead() {
            return false;
        }
        // Long work that could not read the log publishes nothing and is started again.
        let passing = error.passing()
            || matches!(error, ShellError::Effect { .. }) && !self.weather.is_calm();
        if !passing {
            self.fail(format!("{} {}: {error}", part.role, part.name));
        }
        passing
    }

    /// Ends the faults: every instance runs again until nothing moves. Then all restart from their saved
    /// states, which a stalled save may have left behind the log.
    fn calm(&self) -> Result<(), String> {
        self.weather.calm_down();
        let mut parts = std::mem::take(&mut *held(&self.cast));
        parts.retain(|part| !part.actor.is_replaced());
        for part in &mut parts {
            part.actor.deafen(0);
            if matches!(part.body, Body::Gone) {
                *part = self.enter(part.role, &part.name);
            }
        }
        self.settle(&mut parts)?;
        for part in &mut parts {
            part.body = Body::Gone;
            *part = self.enter(part.role, &part.name);
        }
        self.settle(&mut parts)?;
        parts.into_iter().try_for_each(Part::finish)
    }

    fn settle(&self, parts: &mut [Part]) -> Result<(), String> {
        let (mut quiet, mut rounds, mut last) = (0, 0, String::new());
        while quiet < 6 {
            rounds += 1;
            let mut moved = false;
            for part in parts.iter_mut() {
                let Body::Waiting(running) = &mut part.body else { continue };
                let result = running.step();
                if !matches!(result, Ok(Progress::Idle)) {
                    moved = true;
                    last = format!("{} {}: {result:?}", part.role, part.name);
                }
                self.outlives(part, result.err());
            }
            quiet = if moved { 0 } else { quiet + 1 };
            if let Some(failure) = held(&self.failure).take() {
                return Err(failure);
            }
            if rounds == MOST_CALM_ROUNDS {
                return Err(format!(
                    "still busy after {MOST_CALM_ROUNDS} rounds: {last}; {:?}",
                    self.board.all()
                ));
            }
        }
        Ok(())
    }
}

impl Others for Theatre {
    fn go_on(&self, steps: u32) {
        if self.depth.fetch_add(1, Relaxed) < 2 {
            (0..steps).for_each(|_| self.act());
        }
        self.depth.fetch_sub(1, Relaxed);
    }
}
