//! What all instances of a process share.

use crate::checkpoint::CheckpointStore;
use crate::status_board::StatusBoard;
use crate::twice::Twice;
use crate::{error::ShellError, record_codec, recorded::Recorded, unit::Unit};
use eventlog::Log;
use schemas::role::{Machine, Role};
use schemas::{Day, Topic};
use std::sync::Arc;
use std::time::Duration;

/// Creates a role's machine; `None` for the source, which has none.
pub type Machines = Arc<dyn Fn(Role) -> Option<Box<dyn Machine>> + Send + Sync>;

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

/// Whether a step did anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// It took in records.
    Worked,
    /// Nothing was due.
    Idle,
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
        unit.take_opening(&mut Recorded::new(&*self.log, role, &opening)?)?;
        Ok(unit)
    }

    /// A unit with outputs at the start of the run, and these from there on: they are read once, for its opening too.
    pub(crate) fn fresh_unit_with_outputs(
        &self,
        role: Role,
        partitions: &[u32],
        previous: Day,
    ) -> Result<(Unit, Recorded), ShellError> {
        let machine = self.machine(role)?;
        let mut unit = Unit::new(role, partitions, self.partitions, machine, previous);
        let recorded = Recorded::new(&*self.log, role, &outputs_from(&unit))?;
        let mut recorded = recorded.looking_for(Twice::new(role, self.partitions));
        unit.take_opening(&mut recorded)?;
        Ok((unit, recorded))
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
