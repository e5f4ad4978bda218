//! One round: the processes, the storm, and the account of what they left.

use crate::actors::{Actor, Part, copy};
use crate::base::PARTITIONS;
use crate::book::Book;
use crate::checks;
use crate::disk::Disk;
use crate::grounds::{Grounds, Stage};
use crate::handover::HandOver;
use crate::plan::{Fault, Home, Plan, Strike};
use crate::proxy::Weather;
use crate::witness::{Connect, Witness};
use eventlog::{EmbeddedLog, Log};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long nothing may be written before a round counts as stuck.
const PATIENCE: Duration = Duration::from_secs(90);
/// How long offsets may take to reach the ends once all is written: a materializer that began
/// without state reads everything first.
const SETTLED: Duration = Duration::from_secs(120);
/// How long a process may take to stop when asked.
const FAREWELL: Duration = Duration::from_secs(30);

/// How long the second process of a change of hands stays when it is over.
const STAYS: Duration = Duration::from_secs(1);

/// How a round ended.
pub struct Ended {
    /// What does not hold.
    pub complaints: Vec<String>,
    /// What struck.
    pub struck: Vec<Fault>,
    /// Processes started.
    pub lives: u64,
    /// Seconds until all was written, until all was read and stopped, and until all was checked.
    pub seconds: [f64; 3],
    /// Whether the disk could not be filled for want of a mount.
    pub no_mount: bool,
}

/// What is undone later.
enum Undo {
    Resume { actor: usize, life: u32 },
    Heal { link: usize },
    Stop { second: usize, killed: bool },
    FreeDisk,
    StartBroker { node: usize },
    ResumeBroker { node: usize },
}

struct Round<'a> {
    grounds: &'a Grounds,
    plan: &'a Plan,
    stage: Stage,
    actors: Vec<Actor>,
    seconds: Vec<Actor>,
    disk: Option<Disk>,
    /// Whether the disk was full: who then could not write may end a while later.
    full: bool,
    undo: Vec<(Instant, Undo)>,
    /// Of an actor and a second process; nothing else strikes meanwhile.
    handover: Option<(HandOver, usize, usize)>,
    struck: Vec<Fault>,
    witness: Witness,
}

/// Plays the round of `plan`; what the processes of a failed one said is kept in `keep`.
pub fn play(grounds: &Grounds, plan: &Plan, keep: Option<&Path>) -> Ended {
    let mut ended = Ended {
        complaints: Vec::new(),
        struck: Vec::new(),
        lives: 0,
        seconds: [0.0; 3],
        no_mount: false,
    };
    if let Err(problem) = within(grounds, plan, keep, &mut ended) {
        ended.complaints.push(problem);
    }
    ended
}

fn within(
    grounds: &Grounds,
    plan: &Plan,
    keep: Option<&Path>,
    ended: &mut Ended,
) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let data = folder.path().join("data");
    let disk = if plan.fills_disk() { Disk::mount(&data, 384) } else { None };
    ended.no_mount = plan.fills_disk() && disk.is_none();
    let stage = grounds.stage(plan, &data)?;
    let ends = stage.ends.clone();
    let witness = Witness::start(stage.connect(), &ends, grounds.home == Home::Embedded);
    let actor = |part: Part| Actor::new(part, folder.path());
    let actors = (0..plan.cast.len()).map(|number| actor(stage.part(plan, number, None))).collect();
    let mut round = Round {
        grounds,
        plan,
        stage,
        actors,
        seconds: Vec::new(),
        disk,
        full: false,
        undo: Vec::new(),
        handover: None,
        struck: Vec::new(),
        witness,
    };
    let begun = Instant::now();
    let mut result = round.storm(folder.path());
    ended.seconds[0] = begun.elapsed().as_secs_f64();
    if result.is_ok() {
        result = round.settle();
    }
    ended.seconds[1] = begun.elapsed().as_secs_f64();
    ended.struck.clone_from(&round.struck);
    ended.lives = round.everyone().map(|actor| u64::from(actor.lives)).sum();
    if let (Err(_), Some(keep)) = (&result, keep) {
        keep_words(round.everyone(), &keep.join(plan.seed.to_string()));
    }
    result?;
    let Round { stage, witness, mut actors, seconds, disk, .. } = round;
    actors.extend(seconds);
    actors.iter_mut().for_each(Actor::kill);
    let sight = witness.finish();
    let second = |fault: &Fault| matches!(fault, Fault::Second { .. });
    let seconds = ended.struck.iter().any(second);
    ended.complaints.extend(stage.states_unlike(&grounds.base.states, seconds));
    let log = stage.open()?;
    let book = Book::read(&*log, PARTITIONS).map_err(|error| error.to_string())?;
    drop(log);
    ended.complaints.extend(checks::complaints(&book, &grounds.base.reference, &sight, &ends));
    ended.complaints.extend(grounds.verdicts(&stage));
    drop(disk);
    ended.seconds[2] = begun.elapsed().as_secs_f64();
    if let (false, Some(keep)) = (ended.complaints.is_empty(), keep) {
        keep_words(actors.iter(), &keep.join(plan.seed.to_string()));
    }
    Ok(())
}

fn keep_words<'a>(actors: impl Iterator<Item = &'a Actor>, folder: &Path) {
    let kept = std::fs::create_dir_all(folder);
    for actor in actors {
        let file = folder.join(format!("{}.err", actor.name()));
        if kept.is_err() || actor.keep_words(&file).is_err() {
            eprintln!("{} could not be kept", file.display());
        }
    }
}

impl Round<'_> {
    fn everyone(&self) -> impl Iterator<Item = &Actor> {
        self.actors.iter().chain(&self.seconds)
    }

    /// Starts everyone and lets the faults strike until all is written.
    fn storm(&mut self, folder: &Path) -> Result<(), String> {
        for number in 0..self.actors.len() {
            self.actors[number].start().map_err(|error| error.to_string())?;
            if number == 0 && self.grounds.home == Home::Embedded {
                self.wait_for_owner()?;
            }
        }
        let written = self.grounds.base.written;
        let mut moved = (0, Instant::now());
        let mut strikes: Vec<Strike> = self.plan.strikes.clone();
        let mut due: Option<Instant> = None;
        while self.witness.count() < written || !strikes.is_empty() || self.is_disturbed() {
            if self.witness.count() > moved.0 {
                moved = (self.witness.count(), Instant::now());
            }
            if moved.1.elapsed() > PATIENCE {
                return Err(self.stuck());
            }
            let come = self.witness.count() * 1_000 / written.max(1);
            if let Some(strike) = strikes.first().copied()
                && come >= u64::from(strike.at)
                && self.handover.is_none()
            {
                let delay = Duration::from_millis(strike.delay_ms);
                if Instant::now() >= *due.get_or_insert_with(|| Instant::now() + delay) {
                    due = None;
                    strikes.remove(0);
                    self.strike(strike.fault, folder)?;
                }
            }
            self.undo_what_is_due()?;
            self.hand_over()?;
            self.look_after()?;
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    fn wait_for_owner(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + FAREWELL;
        while !self.actors[0].is_ready() {
            if Instant::now() > deadline || self.actors[0].ended().is_some() {
                return Err(format!("the owner did not start: {}", self.actors[0].last_words()));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    fn strike(&mut self, fault: Fault, folder: &Path) -> Result<(), String> {
        self.struck.push(fault);
        let after = |ms: u64| Instant::now() + Duration::from_millis(ms);
        match fault {
            Fault::Kill { actor } => {
                let owner = actor == 0 && self.grounds.home == Home::Embedded && !self.full;
                let held = if owner { self.hold_others() } else { Vec::new() };
                self.actors[actor].kill();
                if owner {
                    self.look_for_lost(folder)?;
                }
                self.actors[actor].start().map_err(|error| error.to_string())?;
                held.into_iter().for_each(|other| self.actors[other].resume());
            }
            Fault::Pause { actor, ms } => {
                self.actors[actor].pause();
                let life = self.actors[actor].lives;
                self.undo.push((after(ms), Undo::Resume { actor, life }));
            }
            Fault::Cut { link, ms } => self.weather(link, Weather::Cut, after(ms)),
            Fault::Stall { link, ms } => self.weather(link, Weather::Stalled, after(ms)),
            Fault::Deaf { link, ms } => self.weather(link, Weather::Deaf, after(ms)),
            Fault::Second { actor, ms, killed } => {
                let second = self.start_second(actor, folder)?;
                self.undo.push((after(ms), Undo::Stop { second, killed }));
            }
            Fault::HandOver { actor, role, killed } => {
                let second = self.start_second(actor, folder)?;
                self.handover = Some((HandOver::new(role, killed), actor, second));
            }
            Fault::FullDisk { ms } => match &self.disk {
                Some(disk) => {
                    disk.fill().map_err(|error| error.to_string())?;
                    self.full = true;
                    self.undo.push((after(ms), Undo::FreeDisk));
                }
                None => drop(self.struck.pop()),
            },
            // One that is down already comes back when its first kill is over.
            Fault::KillBroker { node, .. } | Fault::PauseBroker { node, .. }
                if self.cluster()?.pid(node as u32 + 1).is_none() =>
            {
                self.struck.pop();
            }
            Fault::KillBroker { node, ms } => {
                self.cluster()?.kill(node as u32 + 1);
                self.undo.push((after(ms), Undo::StartBroker { node }));
            }
            Fault::PauseBroker { node, ms } => {
                self.cluster()?.pause(node as u32 + 1);
                self.undo.push((after(ms), Undo::ResumeBroker { node }));
            }
        }
        Ok(())
    }

    fn start_second(&mut self, actor: usize, folder: &Path) -> Result<usize, String> {
        let second = self.seconds.len();
        let part = self.stage.part(self.plan, actor, Some(second));
        let mut process = Actor::new(part, folder);
        process.start().map_err(|error| error.to_string())?;
        self.seconds.push(process);
        Ok(second)
    }

    /// Whether something is yet to be undone.
    fn is_disturbed(&self) -> bool {
        self.handover.is_some() || !self.undo.is_empty()
    }

    /// Goes on with a change of hands; afterwards the second process stays a while.
    fn hand_over(&mut self) -> Result<(), String> {
        let Some((handover, actor, second)) = &mut self.handover else { return Ok(()) };
        let (first, other) = (&mut self.actors[*actor], &mut self.seconds[*second]);
        if handover.step(first, other).map_err(|error| error.to_string())? {
            let stop = Undo::Stop { second: *second, killed: false };
            self.undo.push((Instant::now() + STAYS, stop));
            self.handover = None;
        }
        Ok(())
    }

    /// Before every other death of the owner the others stand still for a moment, so that what it
    /// acknowledged last is also what was shown last. Gives who is to go on again.
    fn hold_others(&mut self) -> Vec<usize> {
        if self.struck.len() % 2 == 1 {
            return Vec::new();
        }
        let others = 1..self.actors.len();
        let held: Vec<usize> = others.filter(|other| !self.actors[*other].is_paused()).collect();
        held.iter().for_each(|other| self.actors[*other].pause());
        std::thread::sleep(Duration::from_millis(150));
        held
    }

    /// The owner has just been killed: whether all is there that a reader was shown. In a copy, so
    /// that the next owner finds what this one left.
    fn look_for_lost(&mut self, folder: &Path) -> Result<(), String> {
        let left = folder.join("left");
        copy(&self.stage.log_folder(), &left).map_err(|error| error.to_string())?;
        let log = EmbeddedLog::open(&left).map_err(|error| error.to_string())?;
        let lost = checks::lost(&log, &self.witness.last()).map_err(|error| error.to_string())?;
        drop(log);
        std::fs::remove_dir_all(&left).map_err(|error| error.to_string())?;
        if lost.is_empty() { Ok(()) } else { Err(lost.join("; ")) }
    }

    fn cluster(&self) -> Result<&tests::cluster::Cluster, String> {
        self.grounds.cluster.as_ref().ok_or_else(|| "there are no brokers".to_owned())
    }

    fn weather(&mut self, link: usize, weather: Weather, until: Instant) {
        self.stage.links(self.grounds)[link].set(weather);
        self.undo.push((until, Undo::Heal { link }));
    }

    fn undo_what_is_due(&mut self) -> Result<(), String> {
        let now = Instant::now();
        let (due, later) = std::mem::take(&mut self.undo).into_iter().partition(|one| one.0 <= now);
        self.undo = later;
        let due: Vec<(Instant, Undo)> = due;
        for (_, undo) in due {
            match undo {
                // Killed and started again meanwhile, it is not paused.
                Undo::Resume { actor, life } if self.actors[actor].lives == life => {
                    self.actors[actor].resume();
                }
                Undo::Resume { .. } => {}
                Undo::Heal { link } => self.stage.links(self.grounds)[link].set(Weather::Fair),
                Undo::Stop { second, killed: true } => self.seconds[second].kill(),
                Undo::Stop { second, killed: false } => self.seconds[second].interrupt(FAREWELL)?,
                Undo::FreeDisk => self.free_disk()?,
                Undo::StartBroker { node } => self.cluster()?.restart(node as u32 + 1),
                // Killed meanwhile, it is not paused.
                Undo::ResumeBroker { node } if self.cluster()?.pid(node as u32 + 1).is_none() => {}
                Undo::ResumeBroker { node } => self.cluster()?.resume(node as u32 + 1),
            }
        }
        Ok(())
    }

    /// There is space again.
    fn free_disk(&mut self) -> Result<(), String> {
        if let Some(disk) = &self.disk {
            disk.free().map_err(|error| error.to_string())?;
        }
        self.look_after()
    }

    /// Nobody ends by itself, but who could not begin while the log was away, and who has no space
    /// left to write; they are started again.
    fn look_after(&mut self) -> Result<(), String> {
        let full = self.full;
        for actor in self.actors.iter_mut().chain(&mut self.seconds) {
            let Some(status) = actor.ended() else { continue };
            let said = actor.said();
            let no_log = !actor.is_ready() && NO_LOG.iter().any(|words| said.contains(words));
            let no_space =
                full && (said.contains("no space is left") || said.contains("is damaged"));
            if !no_log && !no_space {
                return Err(format!(
                    "{} ended with {status}: {}",
                    actor.name(),
                    actor.last_words()
                ));
            }
            std::thread::sleep(Duration::from_millis(20));
            actor.start().map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// All is written: offsets come to the ends, and everyone stops well.
    fn settle(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + SETTLED;
        let connect: Connect = self.stage.connect();
        loop {
            let lag = connect().and_then(|log: Arc<dyn Log>| checks::lag(&*log, PARTITIONS));
            match lag {
                Ok(lag) if lag.is_empty() => break,
                lag if Instant::now() > deadline => {
                    return Err(format!("all is written, and not all read: {lag:?}"));
                }
                _ => std::thread::sleep(Duration::from_millis(50)),
            }
            self.look_after()?;
        }
        // The owner of the log goes last.
        for actor in self.seconds.iter_mut().chain(self.actors.iter_mut().rev()) {
            actor.interrupt(FAREWELL)?;
        }
        Ok(())
    }

    fn stuck(&self) -> String {
        let lag = (self.stage.connect())().and_then(|log| checks::lag(&*log, PARTITIONS));
        let words: Vec<String> = self
            .everyone()
            .map(|actor| format!("{}: {}", actor.name(), actor.last_words()))
            .collect();
        format!(
            "stuck at {} of {} records; {lag:?}\n  {}",
            self.witness.count(),
            self.grounds.base.written,
            words.join("\n  ")
        )
    }
}

/// What a process says that could not reach the log when it began.
const NO_LOG: [&str; 3] = ["no answer", "no Kafka broker answers", "is in use by"];
