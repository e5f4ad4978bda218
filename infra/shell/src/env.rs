//! What all instances of a process share.

use crate::checkpoint::CheckpointStore;
use crate::status_board::StatusBoard;
use crate::{error::ShellError, last_record, record_codec, recorded::Recorded, unit::Unit};
use eventlog::{Log, Record, TopicPartition};
use schemas::role::{Machine, Role};
use schemas::{Day, Topic};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Creates a role's machine; `None` for the source, which has none.
pub type Machines = Arc<dyn Fn(Role) -> Option<Box<dyn Machine>> + Send + Sync>;

/// Pause between two questions for offsets that seem to be lost.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// How the loop paces itself; none of it changes what is decided.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Records of one poll, and of one transaction, at most (or 4 MiB of values). A round takes in
    /// the records at hand and waits for no more. With a backlog the first decision of a round waits
    /// until the whole round is published: about a quarter of a second for 10,000 features, as a
    /// scorer on the embedded log took 38,800 per second of processor time (`butterquant bench
    /// pipeline`, ONNX Runtime, two cores of an AMD EPYC).
    pub max_records: usize,
    /// How long a poll waits for the first record.
    pub wait: Duration,
    /// Publishes between two saves, at most; five times as many for a role by partition.
    pub save_every: u32,
    /// Empty polls before consumed offsets are committed without outputs.
    pub idle_commit: u32,
    /// Events an instance takes in per second, at most; `None` is unlimited.
    pub rate: Option<u32>,
    /// How long the committed offsets of a log may contradict a unit's past before they count as lost.
    pub lost_after: Duration,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            max_records: 10_000,
            wait: Duration::from_millis(50),
            save_every: 200,
            idle_commit: 10,
            rate: None,
            lost_after: Duration::from_secs(20),
        }
    }
}

/// What all instances of a process share.
#[derive(Clone)]
pub struct Env {
    /// The log.
    pub log: Arc<dyn Log>,
    /// Where state is saved.
    pub states: Arc<dyn CheckpointStore>,
    /// Partitions of a data topic.
    pub partitions: u32,
    /// Creates machines.
    pub machines: Machines,
    /// The status of units.
    pub board: Arc<StatusBoard>,
    /// Pace.
    pub policy: Policy,
}

/// The identity of a run's log that checkpoints carry: the log's and that of its topic `controls`.
pub fn identity_of(log: &dyn Log) -> Result<String, ShellError> {
    let controls = Topic::Controls.name();
    // The topic exists; a broker that has just started may not know it yet.
    let topic = log.topic_identity(controls)?.ok_or_else(|| record_codec::not_known(controls))?;
    Ok(format!("{}/{topic}", log.identity()?))
}

impl Env {
    /// The identity that checkpoints carry.
    pub fn identity(&self) -> Result<String, ShellError> {
        identity_of(&*self.log)
    }

    /// The topics whose partitions the members of a role's group share. Where one instance is active,
    /// it holds the single partition of `controls`.
    pub(crate) fn group_topics(role: Role) -> Vec<String> {
        if !role.by_partition() {
            return vec![Topic::Controls.name().to_owned()];
        }
        let shared = role.inputs().iter().filter(|input| !input.topic.single());
        shared.map(|input| input.topic.name().to_owned()).collect()
    }

    /// A new machine of `role`.
    pub(crate) fn machine(&self, role: Role) -> Result<Box<dyn Machine>, ShellError> {
        (self.machines)(role).ok_or(ShellError::NoMachine { role })
    }

    /// A unit at the start of the run, with the run's opening taken in.
    pub(crate) fn fresh_unit(
        &self,
        role: Role,
        partitions: &[u32],
        previous: Day,
    ) -> Result<Unit, ShellError> {
        let machine = self.machine(role)?;
        let mut unit = Unit::new(role, partitions, self.partitions, machine, previous);
        // A role without outputs shows others' events, among them the opening's models.
        let opening = if unit.identity.outputs.is_empty() {
            vec![(Topic::Models, 0, 0)]
        } else {
            outputs_from(&unit)
        };
        unit.take_opening(&mut Recorded::new(&*self.log, &opening)?)?;
        Ok(unit)
    }

    /// The committed offsets of a unit, by stage. Those that contradict its past are asked for again: a broker
    /// that is started again after `kill -9` on a busy machine answers for some seconds from offsets that it has
    /// loaded in part, without an error (Kafka 4.2 to 4.4: the end of a load that was given up ends the next one).
    ///
    /// # Errors
    /// The offsets are gone though the unit has closed days, so that starting at 0 would decide all of them
    /// again; or its saved state is ahead of them.
    pub(crate) fn committed(&self, unit: &Unit) -> Result<Vec<Option<u64>>, ShellError> {
        let places: Vec<TopicPartition> =
            (0..unit.stages.len()).map(|stage| unit.place(stage).clone()).collect();
        let deadline = Instant::now() + self.policy.lost_after;
        loop {
            let mut committed = self.log.committed(unit.identity.role.name(), &places)?;
            for (stage, offset) in committed.iter_mut().enumerate() {
                if !unit.grouped(stage) {
                    *offset = None;
                }
            }
            let Some(doubt) = self.contradiction(unit, &committed)? else { return Ok(committed) };
            if Instant::now() >= deadline {
                return Err(doubt);
            }
            tracing::debug!(%doubt, "asking for the committed offsets again");
            std::thread::sleep(ASK_AGAIN);
        }
    }

    /// What is wrong with these offsets, if anything is.
    fn contradiction(
        &self,
        unit: &Unit,
        committed: &[Option<u64>],
    ) -> Result<Option<ShellError>, ShellError> {
        let mut grouped = (0..committed.len()).filter(|stage| unit.grouped(*stage));
        let missing = grouped.clone().any(|stage| committed[stage].is_none());
        if missing && self.has_closed_days(unit)? {
            return Ok(Some(ShellError::PlaceLost { unit: unit.identity.name.clone() }));
        }
        let ahead =
            grouped.any(|stage| unit.cursor.positions[stage] > committed[stage].unwrap_or(0));
        Ok(ahead.then(|| unit.mismatch("is ahead of the offsets committed on the log")))
    }

    /// Whether the log holds markers of the unit itself. Those of the run's opening and of an operator
    /// have no cause.
    fn has_closed_days(&self, unit: &Unit) -> Result<bool, ShellError> {
        let Some(&(topic, partition)) = unit.identity.outputs.first() else { return Ok(false) };
        let own = |record: &Record| {
            let event = record_codec::event(topic, record).ok()?;
            (event.body.marker().is_some() && event.causation.is_some()).then_some(())
        };
        Ok(last_record::find_last(&*self.log, &record_codec::place(topic, partition), own)?
            .is_some())
    }

    /// The partitions of each unit of a role that holds `partitions`.
    pub(crate) fn shares(role: Role, partitions: impl Iterator<Item = u32>) -> Vec<Vec<u32>> {
        if role.by_partition() {
            partitions.map(|one| vec![one]).collect()
        } else {
            vec![partitions.collect()]
        }
    }
}

pub(crate) fn outputs_from(unit: &Unit) -> Vec<(Topic, u32, u64)> {
    let starts = unit.own_from.iter();
    unit.identity
        .outputs
        .iter()
        .zip(starts)
        .map(|(&(topic, partition), &from)| (topic, partition, from))
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::faulty_log::FaultyMemoryLog;
    use crate::{checkpoint::MemoryCheckpoints, open};
    use consumers::labeler::Labeler;
    use eventlog::{Batch, Consumed, MemoryLog};
    use schemas::events::DayClosed;
    use schemas::{Event, EventId};

    fn labelers_on(log: impl Log + 'static, lost_after: Duration) -> Env {
        open::ensure_topics(&log, 1).unwrap();
        Env {
            log: Arc::new(log),
            states: Arc::new(MemoryCheckpoints::default()),
            partitions: 1,
            machines: Arc::new(|_| Some(Box::new(Labeler::default()))),
            board: Arc::default(),
            policy: Policy { lost_after, ..Policy::default() },
        }
    }

    #[test]
    fn offsets_that_contradict_a_saved_state_are_asked_for_again() {
        let env = labelers_on(FaultyMemoryLog::forgetful(), Duration::from_secs(60));
        let mut unit = env.fresh_unit(Role::Labeler, &[0], Day(0)).unwrap();
        let stage = (0..unit.stages.len()).find(|stage| unit.grouped(*stage)).unwrap();
        unit.cursor.positions[stage] = 1;
        let mut member =
            env.log.member("labeler", "one", &Env::group_topics(Role::Labeler)).unwrap();
        while member.poll().unwrap().partitions.is_empty() {}
        let (tp, record) =
            (unit.place(stage).clone(), Event::marker(Topic::Bars, Day(1), DayClosed::default()));
        let records = vec![record_codec::record(&record.unwrap(), 1, "source").unwrap()];
        let mut producer = env.log.producer("labeler").unwrap();
        producer.publish(Batch { records, ..Batch::default() }, None).unwrap();
        let consumed = vec![Consumed { tp, from: 0, next: 1 }];
        producer.publish(Batch { consumed, ..Batch::default() }, Some(&*member)).unwrap();
        assert_eq!(env.committed(&unit).unwrap()[stage], Some(1));
        unit.cursor.positions[stage] = 2;
        let env = Env { policy: Policy { lost_after: Duration::ZERO, ..env.policy }, ..env };
        let ahead = env.committed(&unit).unwrap_err();
        assert!(matches!(&ahead, ShellError::StateMismatch { .. }), "{ahead}");
    }

    /// Kafka lets the offsets of a group expire after a week without commits.
    #[test]
    fn a_unit_that_closed_days_and_whose_offsets_are_gone_does_not_begin_anew() {
        let env = labelers_on(MemoryLog::new("memory").unwrap(), Duration::ZERO);
        let unit = env.fresh_unit(Role::Labeler, &[0], Day(0)).unwrap();
        let mut producer = env.log.producer("labeler").unwrap();
        let mut marked = |day, causation| {
            let marker = Event::marker(Topic::Outcomes, Day(day), DayClosed::default()).unwrap();
            let marker = Event { causation, ..marker };
            let records = vec![record_codec::record(&marker, 1, "labeler").unwrap()];
            producer.publish(Batch { records, ..Batch::default() }, None).unwrap();
        };
        assert!(env.committed(&unit).unwrap().iter().all(Option::is_none), "it has not begun");
        marked(1, None);
        assert!(env.committed(&unit).is_ok(), "an operator closed a day");
        marked(2, Some(EventId::default()));
        let lost = env.committed(&unit).unwrap_err();
        assert!(matches!(&lost, ShellError::PlaceLost { unit } if unit == "labeler-0"), "{lost}");
    }
}
