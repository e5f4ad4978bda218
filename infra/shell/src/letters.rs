//! Dead letters: a bad event stops nobody, and one role keeps it with its bytes.

use crate::{cursor::Stage, error::ShellError, unit::Unit, voice::Voice, wire};
use eventlog::Record;
use schemas::events::{DeadLetter, DeadLetters};
use schemas::role::Role;
use schemas::{Event, EventId, Topic};

impl Unit {
    /// One role keeps the dead letters of a topic, so that a bad event has one; it is one whose
    /// offsets there are committed, so that none is lost or written twice.
    fn guards(&self, topic: Topic) -> bool {
        let guardian = match topic {
            Topic::Bars => Role::Scanner,
            Topic::Scans => Role::Labeler,
            Topic::Features => Role::Scorer,
            Topic::Predictions | Topic::Fills => Role::Executor,
            Topic::Orders => Role::Broker,
            Topic::Outcomes => Role::Retrainer,
            Topic::Models | Topic::Controls | Topic::Samples | Topic::DeadLetters => {
                Role::Materializer
            }
        };
        self.role == guardian
    }

    pub(crate) fn dead_letter(
        &mut self,
        record: &Record,
        stage: &str,
        message: &str,
        event: Option<EventId>,
        voice: &Voice<'_>,
    ) -> Result<(), ShellError> {
        let Stage { topic, partition, .. } = self.stages[self.cursor.stage];
        if !self.guards(topic) || !voice.is_live() {
            return Ok(());
        }
        let letter = DeadLetter {
            role: self.role.name().to_owned(),
            topic: topic.name().to_owned(),
            partition: i64::from(partition),
            offset: record.offset as i64,
            key: record.key.clone().unwrap_or_default(),
            value: record.value.clone(),
            stage: stage.to_owned(),
            message: message.to_owned(),
            event,
        };
        let about = [topic.name(), &partition.to_string(), &record.offset.to_string()];
        let day = self.cursor.current.unwrap_or(self.cursor.closed);
        let letter = Event::new(day, "", &about, DeadLetters::EventRejected(letter));
        self.pending.push(wire::record(&letter, self.total, self.role.name())?);
        Ok(())
    }
}
