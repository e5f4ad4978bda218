//! The faults of a round: all processes start, faults strike as the run advances, and each is undone
//! after its time.

use crate::actors::{Actor, copy};
use crate::compare;
use crate::disk::Disk;
use crate::grounds::{Grounds, Stage};
use crate::handover::HandOver;
use crate::plan::{Fault, Home, Plan, Strike};
use crate::proxy::Weather;
use crate::settle::{FAREWELL, excused};
use crate::witness::Witness;
use eventlog::EmbeddedLog;
use std::path::Path;
use std::time::{Duration, Instant};

/// Time without a write after which a round counts as stuck.
const PATIENCE: Duration = Duration::from_secs(90);
/// Time that the standby stays after a hand-over.
const STAYS: Duration = Duration::from_secs(1);

/// A fault to be undone later.
enum Undo {
    Resume { actor: usize, life: u32 },
    Heal { link: usize },
    Stop { second: usize, killed: bool },
    FreeDisk,
    StartBroker { node: usize },
    ResumeBroker { node: usize },
}

/// A running round.
pub(crate) struct Round<'a> {
    pub grounds: &'a Grounds,
    plan: &'a Plan,
    pub stage: Stage,
    pub actors: Vec<Actor>,
    /// Second processes of an actor's roles.
    pub seconds: Vec<Actor>,
    pub disk: Option<Disk>,
    /// Whether the disk was full: a process that could not write then may end a while later.
    pub full: bool,
    undo: Vec<(Instant, Undo)>,
    /// The hand-over in progress; no other fault strikes meanwhile.
    handover: Option<(HandOver, usize, usize)>,
    pub struck: Vec<Fault>,
    pub witness: Witness,
}

impl<'a> Round<'a> {
    /// A round with no process started yet; their standard error goes to `folder`.
    pub(crate) fn new(
        grounds: &'a Grounds,
        plan: &'a Plan,
        stage: Stage,
        disk: Option<Disk>,
        folder: &Path,
    ) -> Round<'a> {
        let at_once = grounds.home == Home::Embedded;
        let witness = Witness::start(stage.connect(), &stage.ends, at_once);
        let part = |number| Actor::new(stage.part(plan, number, None), folder);
        let actors = (0..plan.cast.len()).map(part).collect();
        Round {
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
        }
    }
}

impl Round<'_> {
    /// Starts all processes and lets the faults strike until everything is written.
    pub(crate) fn storm(&mut self, folder: &Path) -> Result<(), String> {
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
            // A broker that is down already comes back when its first kill is undone.
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

    /// Whether a fault is still to be undone.
    fn is_disturbed(&self) -> bool {
        self.handover.is_some() || !self.undo.is_empty()
    }

    /// Advances a hand-over; afterwards the standby stays a while.
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

    /// Before every second death of the owner, pauses the others for a moment, so that the witness has
    /// seen the last acknowledged records. Returns the processes to resume.
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

    /// After the owner's death: checks that the log holds all that a reader was shown. It reads a copy,
    /// so that the next owner finds the log as this one left it.
    fn look_for_lost(&mut self, folder: &Path) -> Result<(), String> {
        let left = folder.join("left");
        copy(&self.stage.log_folder(), &left).map_err(|error| error.to_string())?;
        let log = EmbeddedLog::open(&left).map_err(|error| error.to_string())?;
        let lost = compare::lost(&log, &self.witness.last()).map_err(|error| error.to_string())?;
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
        due.into_iter().try_for_each(|(_, undo)| self.undo(undo))
    }

    /// Restores the network and the brokers for the next round, where this one ended early.
    pub(crate) fn clear_up(&mut self) -> Result<(), String> {
        let shared = |undo: &Undo| {
            matches!(undo, Undo::Heal { .. } | Undo::StartBroker { .. } | Undo::ResumeBroker { .. })
        };
        let all = std::mem::take(&mut self.undo).into_iter().map(|(_, undo)| undo);
        all.filter(shared).try_for_each(|undo| self.undo(undo))
    }

    fn undo(&mut self, undo: Undo) -> Result<(), String> {
        match undo {
            // If it was killed and restarted meanwhile, it is not paused.
            Undo::Resume { actor, life } if self.actors[actor].lives == life => {
                self.actors[actor].resume();
            }
            Undo::Resume { .. } => {}
            Undo::Heal { link } => self.stage.links(self.grounds)[link].set(Weather::Fair),
            Undo::Stop { second, killed: true } => self.seconds[second].kill(),
            // It may have ended just now, before anyone looked.
            Undo::Stop { second, killed: false } => {
                let full = self.full;
                self.seconds[second].interrupt(FAREWELL, |actor| excused(actor, full))?;
            }
            Undo::FreeDisk => self.free_disk()?,
            Undo::StartBroker { node } => self.cluster()?.restart(node as u32 + 1),
            // If it was killed meanwhile, it is not paused.
            Undo::ResumeBroker { node } if self.cluster()?.pid(node as u32 + 1).is_none() => {}
            Undo::ResumeBroker { node } => self.cluster()?.resume(node as u32 + 1),
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
}
