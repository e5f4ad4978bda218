//! The one loop of every role: read what is due, apply it, publish outputs and consumed offsets in
//! one transaction, then save the state. No other file publishes what a role decides.
//!
//! Invariants:
//! 1. State is saved only after everything in it is carried out, published and committed.
//! 2. A failed or uncertain publish, and every new assignment, drops the units; they come back from
//!    their last save and re-apply the log to the committed offset, publishing nothing.
//! 3. State of another log, or unreadable, is an error that names the remedy. Offsets that are behind
//!    what a unit has written are put right from there, and said (`decided.rs`).

mod adopt;

use crate::controls::ControlBook;
use crate::decided::KeptLetters;
use crate::last_record::Ends;
use crate::offsets::Doubts;
use crate::recovered::{Stale, Start};
use crate::{
    decision_notes, decisions::DecisionSource, error::ShellError, measured, record_codec,
    unit::Unit,
};
use eventlog::{Batch, Member, Producer, Reader, TopicPartition};
use schemas::role::Role;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

pub use crate::env::{Env, Machines, Policy, Progress, identity_of};

/// Bytes of values that fill a transaction.
const MOST_BYTES: usize = 4 << 20;

/// How long closed days may be put off while more input comes.
const PUT_OFF: Duration = Duration::from_secs(2);

/// One running instance of a role.
pub struct Instance {
    env: Env,
    role: Role,
    /// Its number on the status board.
    owner: u64,
    transactional_id: String,
    member: Box<dyn Member>,
    pub(crate) generation: Option<u64>,
    pub(crate) units: Vec<Unit>,
    reader: Box<dyn Reader>,
    controls: ControlBook,
    ends: Ends,
    letters: KeptLetters,
    producer: Option<Box<dyn Producer>>,
    /// An operator has said to take the places from the own outputs.
    adopting: bool,
    idle: u32,
    /// Publishes since the last save, and days put off.
    unsaved: u32,
    /// Publishes so far, and the time of the last.
    publishes: u64,
    published: Instant,
    /// Whether anything has been applied since the last save.
    moved: bool,
    /// With a rate limit: events applied so far, and when the next may begin.
    paced: (u64, Instant),
}

impl Instance {
    /// Joins the role's group as `name`.
    pub fn join(env: &Env, role: Role, name: &str) -> Result<Instance, ShellError> {
        let transactional_id =
            if role.by_partition() { format!("{role}-{name}") } else { role.name().to_owned() };
        Ok(Instance {
            member: env.log.member(role.name(), name, &Env::group_topics(role))?,
            reader: env.log.reader()?,
            controls: ControlBook::new(&*env.log)?,
            ends: Ends::default(),
            owner: env.board.owner(),
            env: env.clone(),
            role,
            transactional_id,
            generation: None,
            units: Vec::new(),
            letters: KeptLetters::default(),
            producer: None,
            adopting: false,
            idle: 0,
            unsaved: 0,
            publishes: 0,
            published: Instant::now(),
            moved: false,
            paced: (0, Instant::now()),
        })
    }

    /// One round. After an error the next round starts from the last save.
    pub fn step(&mut self) -> Result<Progress, ShellError> {
        let result = self.round();
        if result.is_err() {
            self.forget();
        }
        result
    }

    fn round(&mut self) -> Result<Progress, ShellError> {
        self.follow_group()?;
        if self.units.is_empty() {
            std::thread::sleep(self.env.policy.wait);
            return Ok(Progress::Idle);
        }
        if !self.units.iter().any(Unit::has_read) && !self.read()? {
            if self.puts_off() {
                self.publish()?;
                self.show();
                return Ok(Progress::Worked);
            }
            self.rest()?;
            return Ok(Progress::Idle);
        }
        (self.idle, self.moved) = (0, true);
        self.controls.refresh(&*self.env.log)?;
        self.controls.log_new(self.role);
        let mut closed = false;
        // A single active instance publishes its decisions of a day before it begins the next.
        while (!closed || self.role.by_partition())
            && !self.full()
            && self.units.iter().any(Unit::has_read)
        {
            let most = self.most();
            for unit in self.units.iter_mut().filter(|unit| unit.has_read()) {
                let controls = &mut self.controls;
                let ends = &mut self.ends;
                let mut source = DecisionSource::Live { controls, log: &*self.env.log, ends };
                closed |= unit.step(most, &mut source)?;
            }
        }
        if closed && self.puts_off() && self.published.elapsed() < PUT_OFF {
            self.unsaved += 1;
        } else if closed || self.units.iter().any(|unit| !unit.pending.is_empty()) {
            self.publish()?;
        }
        self.keep_pace();
        self.show();
        Ok(Progress::Worked)
    }

    /// Takes up the partitions that the group gives it.
    pub(crate) fn follow_group(&mut self) -> Result<(), ShellError> {
        let assignment = self.member.poll()?;
        if self.generation != Some(assignment.generation) {
            self.forget();
            self.controls.refresh(&*self.env.log)?;
            self.load(assignment.partitions.iter().copied())?;
            self.paced = (self.applied(), Instant::now());
            self.generation = Some(assignment.generation);
        }
        Ok(())
    }

    /// Records of a round, at most; few with a rate limit, to keep the rate even.
    fn most(&self) -> usize {
        let held = self.env.policy.rate.map(|rate| (rate as usize / 20).max(1));
        held.unwrap_or(usize::MAX).min(self.env.policy.max_records)
    }

    fn applied(&self) -> u64 {
        self.units.iter().map(|unit| unit.cursor.counts.applied).sum()
    }

    /// Waits as long as the rate demands for the events since the last wait.
    fn keep_pace(&mut self) {
        let Some(rate) = self.env.policy.rate else { return };
        let applied = self.applied();
        let taken = applied.saturating_sub(self.paced.0);
        let due = self.paced.1 + Duration::from_secs_f64(taken as f64 / f64::from(rate.max(1)));
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        // Time without events is not made up for.
        self.paced = (applied, due.max(Instant::now() - Duration::from_millis(100)));
    }

    /// Whether pending records fill a transaction, or the round's share of the rate is used up.
    fn full(&self) -> bool {
        let pending = || self.units.iter().flat_map(|unit| &unit.pending);
        let taken = self.applied().saturating_sub(self.paced.0);
        let paced = self.env.policy.rate.is_some() && taken >= self.most() as u64;
        paced
            || pending().count() >= self.most()
            || pending().map(|record| record.value.len()).sum::<usize>() >= MOST_BYTES
    }

    /// Reads due records and ahead of them; false when there are none. Units that read the same
    /// partition (`models`) each get it from their own position on.
    pub(crate) fn read(&mut self) -> Result<bool, ShellError> {
        let due = self.due();
        let fetched = self.reader.poll(&due, self.env.policy.max_records, self.env.policy.wait)?;
        let found = fetched.iter().any(|part| !part.records.is_empty());
        for part in fetched {
            let from = due.iter().find(|(place, _)| *place == part.tp).map_or(0, |(_, from)| *from);
            // A full unit did not ask for it and may be at an earlier position.
            let mut readers: Vec<(&mut Unit, usize)> = self
                .units
                .iter_mut()
                .filter_map(|unit| unit.stage_of(&part.tp).map(|stage| (unit, stage)))
                .filter(|(unit, stage)| unit.next(*stage) >= from)
                .collect();
            let last = readers.pop();
            for (unit, stage) in readers {
                unit.read(stage, part.records.iter().cloned(), part.position);
            }
            if let Some((unit, stage)) = last {
                unit.read(stage, part.records.into_iter(), part.position);
            }
        }
        Ok(found)
    }

    /// The partitions that all units want, each once, due ones before those read ahead.
    fn due(&self) -> Vec<(TopicPartition, u64)> {
        let mut due: Vec<(bool, TopicPartition, u64)> = Vec::new();
        let mut places: BTreeMap<&TopicPartition, usize> = BTreeMap::new();
        for unit in &self.units {
            for (stage, place, from) in unit.wanted() {
                let now = stage == unit.cursor.stage;
                let at = *places.entry(place).or_insert(due.len());
                match due.get_mut(at) {
                    Some((first, _, least)) => {
                        (*first, *least) = (*first || now, from.min(*least));
                    }
                    None => due.push((now, place.clone(), from)),
                }
            }
        }
        due.sort_by_key(|(now, ..)| !now);
        due.into_iter().map(|(_, place, from)| (place, from)).collect()
    }

    /// When idle, commits offsets that were consumed without outputs, so that lag is true, and again whenever an
    /// idle position has moved: transaction markers of others may follow.
    fn rest(&mut self) -> Result<(), ShellError> {
        self.idle = self.idle.saturating_add(1);
        if self.idle.is_multiple_of(self.env.policy.idle_commit.max(1)) {
            self.commit_read()?;
            self.show();
        }
        Ok(())
    }

    /// Commits everything applied, with the offsets behind it that hold no event, and saves.
    pub(crate) fn commit_read(&mut self) -> Result<(), ShellError> {
        self.units.iter_mut().for_each(Unit::skip_to_read);
        if self.units.iter().any(|unit| !unit.consumed().is_empty()) {
            self.moved = true;
            self.publish()?;
        }
        self.save()
    }

    /// Whether days that have closed are put off until the next ones have too.
    fn puts_off(&self) -> bool {
        self.units.iter().any(|unit| unit.machine.puts_off())
    }

    fn publish(&mut self) -> Result<(), ShellError> {
        self.units.iter_mut().try_for_each(Unit::carry_out)?;
        let mut batch = Batch::default();
        let mut last = Vec::with_capacity(self.units.len());
        for unit in &mut self.units {
            last.push((batch.records.len(), unit.last_of_outputs()));
            batch.records.append(&mut unit.pending);
            batch.consumed.extend(unit.consumed());
        }
        let producer = match &mut self.producer {
            Some(producer) => producer,
            none => none.insert(self.env.log.producer(&self.transactional_id)?),
        };
        let (records, begun) = (batch.records.len(), Instant::now());
        let offsets = producer.publish(batch, Some(&*self.member))?;
        measured::publish(&self.env.board, self.role, &mut self.units, records, begun.elapsed());
        for (unit, (first, last)) in self.units.iter_mut().zip(last) {
            unit.published(last.into_iter().map(|(output, at)| (output, offsets[first + at])));
        }
        let notes = self.units.iter_mut().map(|unit| std::mem::take(&mut unit.notes));
        decision_notes::write(self.role, notes);
        self.unsaved += 1;
        self.publishes += 1;
        self.published = Instant::now();
        // A save stalls roles that go by event; roles that go by day lose more without one.
        let often = if self.role.by_partition() { 5 } else { 1 };
        if self.unsaved >= self.env.policy.save_every * often {
            self.save()?;
        }
        Ok(())
    }

    /// Saves every unit. To be called only when everything applied is published.
    fn save(&mut self) -> Result<(), ShellError> {
        self.units.iter_mut().try_for_each(Unit::carry_out)?;
        if !self.moved {
            return Ok(());
        }
        let identity = self.env.identity()?;
        let mut ends = BTreeMap::new();
        for &topic in self.role.outputs().iter().filter(|topic| topic.single()) {
            ends.insert(topic, self.env.log.watermarks(&record_codec::place(topic, 0))?.high);
        }
        let units = self.units.iter();
        let mut saved = units.map(|unit| (unit.identity.name.clone(), unit.save(&identity)));
        self.env.states.save(&mut saved)?;
        self.units.iter_mut().for_each(|unit| unit.note_ends(&ends));
        (self.unsaved, self.moved) = (0, false);
        Ok(())
    }

    /// Stops cleanly: commits everything applied and saves.
    pub fn finish(mut self) -> Result<(), ShellError> {
        self.commit_read()
    }

    /// Publishes so far; work that is not published may have to be repeated.
    pub fn publishes(&self) -> u64 {
        self.publishes
    }

    /// The units as they are now.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    pub(crate) fn forget(&mut self) {
        for unit in self.units.drain(..) {
            self.env.board.forget(self.role, self.owner, &unit.identity.name);
        }
        self.generation = None;
        self.producer = None;
        (self.idle, self.unsaved, self.moved) = (0, 0, false);
    }

    fn load(&mut self, partitions: impl Iterator<Item = u32>) -> Result<(), ShellError> {
        let Some(opened) = self.controls.latest().opened.clone() else {
            return Err(ShellError::NotOpened);
        };
        let identity = self.env.identity()?;
        // Partitions that somebody has added to a topic are not the run's.
        let held: Vec<u32> = if self.role.by_partition() {
            partitions.filter(|partition| *partition < self.env.partitions).collect()
        } else if partitions.into_iter().any(|partition| partition == 0) {
            (0..self.env.partitions).collect()
        } else {
            Vec::new()
        };
        if held.is_empty() {
            return Ok(());
        }
        let mut doubts = Doubts::new(self.adopting);
        let mut stale: Option<Stale> = None;
        for share in Env::shares(self.role, held.into_iter()) {
            let start = Start { previous: opened.previous_day, identity: &identity };
            let letters = &mut self.letters;
            let found = self.env.recovered(self.role, &share, &start, &mut doubts, letters)?;
            if let Some(behind) = found.behind {
                stale = Some(stale.map_or(behind.clone(), |first| first.and(&behind)));
            }
            self.moved |= found.moved;
            self.units.push(found.unit);
        }
        if let Some(stale) = stale {
            if !self.adopting {
                tracing::warn!("{stale}");
            }
            self.publish()?;
        }
        // Everything applied now is committed; saved, a long recovery need not be repeated after
        // the next rebalance.
        self.save()?;
        self.show();
        Ok(())
    }

    fn show(&self) {
        for unit in &self.units {
            self.env.board.put(self.role, self.owner, unit.status());
        }
    }
}
