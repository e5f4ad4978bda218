//! The committed offsets of a unit, held against the log and against what the unit has written and saved.

use crate::closed_days::closed_days;
use crate::env::Env;
use crate::error::ShellError;
use crate::unit_identity::{unit_name, unit_of};
use crate::{last_record, record_codec, unit::Unit};
use eventlog::{Log, LogError, Record, TopicPartition};
use schemas::Topic;
use schemas::role::Role;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Pause between two questions for offsets that seem to be lost.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// How long offsets are asked for again that contradict a unit's past: one span for all units of an instance.
pub(crate) struct Doubts {
    until: Option<Instant>,
    /// An operator has said to take the places from the own outputs.
    pub(crate) adopting: bool,
}

impl Doubts {
    /// None yet.
    pub(crate) fn new(adopting: bool) -> Doubts {
        Doubts { until: None, adopting }
    }
}

/// Fails where a role's group has offsets beyond the end of a partition, or none though the role has closed days. To be
/// asked before any role of the run begins, so that a start that one of them refuses writes nothing. Like
/// [`Env::committed`] it asks again for a while.
///
/// # Errors
/// [`ShellError::BeyondEnd`], [`ShellError::PlaceLost`], and those of the log.
pub fn check_places(env: &Env) -> Result<(), ShellError> {
    let until = Instant::now() + env.policy.lost_after;
    let mut ends = Ends::new();
    loop {
        let mut wrong = |role| wrong_place(env, role, &mut ends).transpose();
        let wrong = Role::ALL.into_iter().find_map(&mut wrong);
        match wrong.transpose()? {
            None => return Ok(()),
            Some(wrong) if Instant::now() >= until => return Err(wrong),
            Some(_) => std::thread::sleep(ASK_AGAIN),
        }
    }
}

/// Partition by partition, the committed offset of a group; none where it has committed none.
pub type GroupOffsets = Vec<(TopicPartition, Option<u64>)>;

/// The partitions that the group of `role` commits, and where it stands there.
///
/// # Errors
/// Those of the log.
pub fn of_group(log: &dyn Log, role: Role, partitions: u32) -> Result<GroupOffsets, LogError> {
    let grouped = |topic: &Topic| !(role.by_partition() && topic.single());
    let topics = role.inputs().iter().map(|input| input.topic).filter(grouped);
    let places: Vec<TopicPartition> = topics
        .flat_map(|topic| {
            (0..topic.partitions(partitions)).map(move |one| record_codec::place(topic, one))
        })
        .collect();
    let committed = log.committed(role.name(), &places)?;
    Ok(places.into_iter().zip(committed).collect())
}

/// Fails where a group has committed an offset that no record has had: how far its role has decided is then not known.
///
/// # Errors
/// [`ShellError::BeyondEnd`], and those of the log.
pub fn check_ends(log: &dyn Log, partitions: u32) -> Result<(), ShellError> {
    let mut ends = Ends::new();
    for role in Role::ALL {
        let beyond = beyond_end(log, role, &of_group(log, role, partitions)?, &mut ends)?;
        beyond.map_or(Ok(()), Err)?;
    }
    Ok(())
}

/// The ends of partitions as written, each asked for once.
type Ends = BTreeMap<TopicPartition, u64>;

fn beyond_end(
    log: &dyn Log,
    group: Role,
    committed: &GroupOffsets,
    ends: &mut Ends,
) -> Result<Option<ShellError>, LogError> {
    for (place, offset) in committed {
        let Some(offset @ 1..) = *offset else { continue };
        let end = match ends.get(place) {
            Some(end) if *end >= offset => *end,
            _ => log.written_end(place)?,
        };
        ends.insert(place.clone(), end);
        if offset > end {
            let place = place.to_string();
            return Ok(Some(ShellError::BeyondEnd { group, place, offset, end }));
        }
    }
    Ok(None)
}

fn wrong_place(env: &Env, role: Role, ends: &mut Ends) -> Result<Option<ShellError>, ShellError> {
    let log = &*env.log;
    let committed = of_group(log, role, env.partitions)?;
    if let Some(beyond) = beyond_end(log, role, &committed, ends)? {
        return Ok(Some(beyond));
    }
    let gone = committed.iter().filter(|(_, offset)| offset.is_none());
    let mut gone = gone.map(|(place, _)| unit_of(role, place.partition)).peekable();
    if gone.peek().is_none() {
        return Ok(None);
    }
    let closed = closed_days(log, env.partitions, [role])?;
    let identity = env.identity()?;
    for unit in gone.filter(|unit| closed.contains_key(&(role, *unit))) {
        let unit = unit_name(role, unit);
        if !env.states.was_deleted(&unit, &identity)? {
            return Ok(Some(ShellError::PlaceLost { unit, group: role }));
        }
    }
    Ok(None)
}

impl Env {
    /// The committed offsets of a unit, by stage. Those that contradict its past are asked for again: a broker
    /// that is started again after `kill -9` on a busy machine answers for some seconds from offsets that it has
    /// loaded in part, without an error (Kafka 4.2 to 4.4: the end of a load that was given up ends the next one).
    ///
    /// # Errors
    /// The offsets are gone though the unit has closed days, or lie beyond the end of the log, and nobody has said
    /// that the places are to be taken from its own outputs.
    pub(crate) fn committed(
        &self,
        unit: &Unit,
        doubts: &mut Doubts,
    ) -> Result<Vec<Option<u64>>, ShellError> {
        loop {
            let committed = self.asked(unit)?;
            let doubt = match doubts.adopting {
                true => None,
                false => self.contradiction(unit, &committed)?,
            };
            let behind = !doubts.adopting && unit.ahead_of(&committed).is_some();
            if doubt.is_none() && !behind {
                return Ok(committed);
            }
            let until = *doubts.until.get_or_insert(Instant::now() + self.policy.lost_after);
            if Instant::now() >= until {
                return doubt.map_or(Ok(committed), Err);
            }
            tracing::debug!(unit = unit.identity.name, "asking for the committed offsets again");
            std::thread::sleep(ASK_AGAIN);
        }
    }

    /// The committed offsets as the log has them; none of a stage that the group does not commit.
    pub(crate) fn asked(&self, unit: &Unit) -> Result<Vec<Option<u64>>, ShellError> {
        let places: Vec<TopicPartition> =
            (0..unit.stages.len()).map(|stage| unit.place(stage).clone()).collect();
        let mut committed = self.log.committed(unit.identity.role.name(), &places)?;
        for (stage, offset) in committed.iter_mut().enumerate() {
            if !unit.grouped(stage) {
                *offset = None;
            }
        }
        Ok(committed)
    }

    /// The committed offsets as far as the log holds records: limits for reading.
    pub(crate) fn reached(&self, unit: &Unit) -> Result<Vec<u64>, ShellError> {
        let committed = self.asked(unit)?;
        let limit = |(stage, offset): (usize, Option<u64>)| match offset {
            None | Some(0) => Ok(0),
            Some(offset) => Ok(offset.min(self.log.watermarks(unit.place(stage))?.high)),
        };
        committed.into_iter().enumerate().map(limit).collect()
    }

    /// What is wrong with these offsets, if anything is.
    fn contradiction(
        &self,
        unit: &Unit,
        committed: &[Option<u64>],
    ) -> Result<Option<ShellError>, ShellError> {
        let name = || unit.identity.name.clone();
        let grouped = (0..committed.len()).filter(|stage| unit.grouped(*stage));
        let mut missing = grouped.clone().filter(|stage| committed[*stage].is_none()).peekable();
        // A role that writes no topic decides nothing: it goes on where its saved state is, and commits that.
        if missing.peek().is_some()
            && !unit.identity.outputs.is_empty()
            && (missing.any(|stage| unit.cursor.positions[stage] > 0)
                || self.has_closed_days(unit)?)
            && !self.states.was_deleted(&unit.identity.name, &self.identity()?)?
        {
            let group = unit.identity.role;
            return Ok(Some(ShellError::PlaceLost { unit: name(), group }));
        }
        for stage in grouped {
            let (place, Some(offset @ 1..)) = (unit.place(stage), committed[stage]) else {
                continue;
            };
            let end = self.log.written_end(place)?;
            if offset > end {
                let (group, place) = (unit.identity.role, place.to_string());
                return Ok(Some(ShellError::BeyondEnd { group, place, offset, end }));
            }
        }
        Ok(None)
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
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::faulty_log::FaultyMemoryLog;
    use crate::instance::Policy;
    use crate::{checkpoint::MemoryCheckpoints, open};
    use consumers::labeler::Labeler;
    use eventlog::{Batch, Consumed, MemoryLog};
    use schemas::events::DayClosed;
    use schemas::{Day, Event, EventId};
    use std::sync::Arc;

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
        let asked = |env: &Env, unit: &Unit| env.committed(unit, &mut Doubts::new(false));
        assert_eq!(asked(&env, &unit).unwrap()[stage], Some(1));
        unit.cursor.positions[stage] = 2;
        let env = Env { policy: Policy { lost_after: Duration::ZERO, ..env.policy }, ..env };
        let behind = asked(&env, &unit).unwrap();
        assert_eq!((behind[stage], unit.ahead_of(&behind)), (Some(1), Some((stage, 1))));
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
        assert!(
            env.committed(&unit, &mut Doubts::new(false)).unwrap().iter().all(Option::is_none),
            "it has not begun"
        );
        marked(1, None);
        assert!(env.committed(&unit, &mut Doubts::new(false)).is_ok(), "an operator closed a day");
        check_places(&env).unwrap();
        marked(2, Some(EventId::default()));
        // Asked before any role begins, so that the source of such a run publishes nothing either.
        let refused = check_places(&env).unwrap_err();
        assert!(matches!(refused, ShellError::PlaceLost { group: Role::Labeler, .. }), "{refused}");
        let lost = env.committed(&unit, &mut Doubts::new(false)).unwrap_err();
        assert!(
            matches!(&lost, ShellError::PlaceLost { unit, .. } if unit == "labeler-0"),
            "{lost}"
        );
    }
}
