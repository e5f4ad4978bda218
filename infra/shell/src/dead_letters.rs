//! Dead letters: a bad event stops no role, and one role keeps it with its bytes.

use crate::inspect::Bad;
use crate::{
    cursor::Stage, decisions::DecisionSource, error::ShellError, record_codec, unit::Unit,
};
use eventlog::{Headers, Nulls, Record};
use schemas::events::{DeadLetter, DeadLetters, LetterHeader};
use schemas::role::Role;
use schemas::{Event, Topic};

/// The header of a redriven record: the id of the dead letter that held its bytes.
pub const REDRIVEN: &str = "butterquant.redriven";
/// Bytes of a value that a dead letter keeps, at most, so that all of it stays below the 4 MiB limit
/// of `dead-letters`.
pub const LARGEST_VALUE: usize = 3 << 20;
/// Bytes of a key, and of all headers together, that a dead letter keeps.
const LARGEST_HEAD: usize = 256 << 10;
/// Characters of a dead letter's message, which may quote the record.
const LONGEST_MESSAGE: usize = 500;

impl Unit {
    /// One role keeps the dead letters of a topic, so that a bad event has exactly one. Its group
    /// commits offsets there, so that none is lost or written twice. No group reads `controls`,
    /// `samples` and `dead-letters`; bad records there change nothing, and `topics list` counts
    /// them.
    fn keeps_dead_letters_of(&self, topic: Topic) -> bool {
        let keeper = match topic {
            Topic::Bars => Role::Scanner,
            Topic::Scans => Role::Labeler,
            Topic::Features => Role::Scorer,
            Topic::Predictions | Topic::Fills => Role::Executor,
            Topic::Orders => Role::Broker,
            Topic::Outcomes => Role::Retrainer,
            Topic::Models => Role::Materializer,
            Topic::Controls | Topic::Samples | Topic::DeadLetters => return false,
        };
        self.identity.role == keeper
    }

    pub(crate) fn dead_letter(
        &mut self,
        record: &Record,
        bad: Bad,
        source: &DecisionSource<'_>,
    ) -> Result<(), ShellError> {
        let Stage { topic, partition, .. } = self.stages[self.cursor.stage];
        if !self.keeps_dead_letters_of(topic) || !source.is_live() {
            return Ok(());
        }
        let letter = letter(self.identity.role, topic, partition, record, bad);
        self.notes.rejected(&letter);
        let about = [topic.name(), &partition.to_string(), &record.offset.to_string()];
        let day = self.cursor.current.unwrap_or(self.cursor.closed);
        let letter = Event::new(day, "", &about, DeadLetters::EventRejected(letter));
        self.pending.push(record_codec::record(
            &letter,
            self.identity.total,
            self.identity.role.name(),
        )?);
        Ok(())
    }
}

/// The dead letter of a bad record: whole, as far as it fits.
fn letter(role: Role, topic: Topic, partition: u32, record: &Record, bad: Bad) -> DeadLetter {
    let (mut nulls, kept) = Nulls::of(&record.headers);
    nulls.empty_key = record.key.as_ref().is_some_and(Vec::is_empty);
    let key = record.key.as_deref().unwrap_or_default();
    let redriven = kept.clone().find(|(name, _)| *name == REDRIVEN);
    let redriven: Option<i64> =
        redriven.and_then(|(_, id)| std::str::from_utf8(id).ok()?.parse().ok());
    let head = kept.clone().map(|(name, value)| name.len() + value.len()).sum::<usize>();
    let mut message: String = bad.message.chars().take(LONGEST_MESSAGE).collect();
    let mut cut = |fits: bool, what: String| {
        if !fits {
            message.push_str(&format!("; {what}"));
        }
    };
    let (long_key, bytes) = (key.len(), record.value.len());
    cut(
        long_key <= LARGEST_HEAD,
        format!("only the first {LARGEST_HEAD} of the {long_key} bytes of its key are kept"),
    );
    cut(head <= LARGEST_HEAD, format!("its {head} bytes of headers are not kept"));
    cut(
        bytes <= LARGEST_VALUE,
        format!("only the first {LARGEST_VALUE} of its {bytes} bytes are kept"),
    );
    if let Some(first) = redriven {
        message.push_str(&format!("; it was redriven from dead letter {first}"));
    }
    let mut headers: Headers = kept.filter(|_| head <= LARGEST_HEAD).collect();
    nulls.headers.retain(|at| *at < headers.len());
    nulls.mark(&mut headers);
    let mut letter = DeadLetter {
        role: role.name().to_owned(),
        topic: topic.name().to_owned(),
        partition: i64::from(partition),
        offset: record.offset as i64,
        key: key[..key.len().min(LARGEST_HEAD)].to_vec(),
        value: record.value.clone(),
        stage: bad.stage.to_owned(),
        message,
        event: bad.event,
        headers: headers
            .iter()
            .map(|(name, value)| LetterHeader { name: name.to_owned(), value: value.to_vec() })
            .collect(),
        timestamp_ms: record.timestamp_ms,
        redriven,
        length: None,
        sha256: None,
    };
    letter.shorten(LARGEST_VALUE);
    letter
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::id::sha256_hex;
    use std::collections::BTreeSet;

    fn of(record: &Record) -> DeadLetter {
        let bad = Bad { stage: "decode", message: "x".repeat(9_000), event: None };
        letter(Role::Scorer, Topic::Features, 2, record, bad)
    }

    fn record(value: usize, headers: usize) -> Record {
        let headers = Headers::from([("h", vec![7; headers])]);
        Record { offset: 9, timestamp_ms: 5, key: Some(vec![1, 2]), value: vec![3; value], headers }
    }

    #[test]
    fn a_letter_keeps_everything_that_fits() {
        let letter = of(&record(LARGEST_VALUE, 10));
        assert_eq!(
            (letter.value.len(), letter.length, &letter.sha256),
            (LARGEST_VALUE, None, &None)
        );
        assert_eq!((letter.key, letter.headers[0].value.len()), (vec![1, 2], 10));
        assert_eq!((letter.timestamp_ms, letter.message.len()), (5, LONGEST_MESSAGE));
    }

    /// Kafka tells null from empty, and a redrive must put back what was there.
    #[test]
    fn a_letter_tells_what_was_null() {
        let mut tombstone = record(0, 0);
        tombstone.key = Some(Vec::new());
        let headers = BTreeSet::from([0]);
        Nulls { value: true, headers, empty_key: false }.mark(&mut tombstone.headers);
        let kept = of(&tombstone).headers;
        let kept: Headers = kept.into_iter().map(|header| (header.name, header.value)).collect();
        let nulls = Nulls { value: true, headers: BTreeSet::from([0]), empty_key: true };
        let (found, kept) = Nulls::of(&kept);
        assert_eq!((found, kept.collect::<Headers>()), (nulls, Headers::from([("h", "")])));

        let mut long = record(0, LARGEST_HEAD + 1);
        Nulls { value: true, ..Nulls::default() }.mark(&mut long.headers);
        let kept = of(&long).headers;
        assert_eq!((kept.len(), kept[0].value.as_slice()), (1, &b"value"[..]));
    }

    #[test]
    fn what_does_not_fit_is_cut_and_said() {
        let letter = of(&record(LARGEST_VALUE + 1, LARGEST_HEAD + 1));
        assert_eq!((letter.value.len(), letter.bytes()), (LARGEST_VALUE, LARGEST_VALUE as u64 + 1));
        assert_eq!(letter.sha256.as_deref(), Some(&*sha256_hex(&vec![3; LARGEST_VALUE + 1])));
        assert!(letter.headers.is_empty());
        for said in ["its 262146 bytes of headers are not kept", "only the first 3145728 of its"] {
            assert!(letter.message.contains(said), "{}", letter.message);
        }
        let event = Event::new(schemas::Day(1), "", &["x"], DeadLetters::EventRejected(letter));
        let written = record_codec::record(&event, 12, "scorer").unwrap();
        let head: usize =
            written.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        assert!(written.value.len() + head < 4 << 20);
        assert_eq!(schemas::codec::decode(Topic::DeadLetters, &written.value).unwrap(), event);
    }

    #[test]
    fn a_letter_names_the_one_it_was_put_back_from() {
        let mut again = record(3, 3);
        again.headers.push(REDRIVEN, b"41");
        let letter = of(&again);
        assert_eq!(letter.redriven, Some(41));
        assert!(letter.message.ends_with("redriven from dead letter 41"), "{}", letter.message);
    }
}
