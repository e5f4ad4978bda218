//! Dead letters counted and listed.

use super::state::{DeadLetterState, dataset};
use anyhow::Result;
use eventlog::Log;
use schemas::Topic;
use serde::Serialize;
use shell::redrive::{DeadLetterEntry, DeadLetterTally, FateCounts, Letter, entries};
use std::collections::VecDeque;

/// Which dead letters are listed.
#[derive(Debug, Clone, Default)]
pub struct LettersWanted {
    /// Only those with this reason.
    pub reason: Option<String>,
    /// Only those of this topic.
    pub topic: Option<Topic>,
    /// Only those in this state.
    pub state: Option<DeadLetterState>,
    /// How many, the latest ones.
    pub limit: usize,
}

/// Dead letters by topic and reason.
#[derive(Serialize)]
pub struct LetterCount {
    /// The topic's short name.
    pub topic: String,
    /// The stage that failed.
    pub reason: String,
    /// How many there are.
    pub letters: u64,
    /// And what became of them.
    #[serde(flatten)]
    pub count: FateCounts,
}

/// A dead letter in a line.
#[derive(Serialize)]
#[allow(missing_docs)] // as in `ShownLetter`
pub struct LetterLine {
    pub id: u64,
    pub state: DeadLetterState,
    pub day: String,
    pub reason: String,
    pub topic: String,
    pub partition: i64,
    pub offset: i64,
    pub bytes: u64,
    pub redriven_from: Option<i64>,
    pub message: String,
}

/// The dead letters of a run.
#[derive(Serialize)]
pub struct ListedLetters {
    /// The run.
    pub run: String,
    /// Of all dead letters, wanted or not.
    pub counts: Vec<LetterCount>,
    /// How many are wanted.
    pub matching: u64,
    /// The latest of those.
    pub letters: Vec<LetterLine>,
}

/// The dead letters of `run` on `log`.
///
/// # Errors
/// The log's.
pub fn list(log: &dyn Log, run: &str, wanted: &LettersWanted) -> Result<ListedLetters> {
    let tally = DeadLetterTally::of(log)?;
    let counts = tally.counts.iter().map(|((topic, reason), count)| LetterCount {
        topic: dataset(topic).to_owned(),
        reason: reason.clone(),
        letters: count.open + count.redriven + count.dropped,
        count: *count,
    });
    let (mut matching, mut latest) = (0, VecDeque::new());
    entries(log, 0, &mut |entry| {
        if let DeadLetterEntry::Letter(letter) = entry {
            let line = line(letter, &tally);
            if is_wanted(&line, wanted) {
                matching += 1;
                latest.push_back(line);
                if latest.len() > wanted.limit {
                    latest.pop_front();
                }
            }
        }
        Ok(true)
    })?;
    let run = run.to_owned();
    Ok(ListedLetters { run, counts: counts.collect(), matching, letters: latest.into() })
}

fn line(letter: Letter, tally: &DeadLetterTally) -> LetterLine {
    let Letter { id, day, said: content } = letter;
    LetterLine {
        id,
        state: DeadLetterState::of(tally.settled.get(&id).map(|settled| settled.fate)),
        day: day.to_string(),
        bytes: content.bytes(),
        topic: dataset(&content.topic).to_owned(),
        reason: content.stage,
        partition: content.partition,
        offset: content.offset,
        redriven_from: content.redriven,
        message: content.message,
    }
}

fn is_wanted(line: &LetterLine, args: &LettersWanted) -> bool {
    args.reason.as_ref().is_none_or(|reason| *reason == line.reason)
        && args.topic.is_none_or(|topic| topic.dataset() == line.topic)
        && args.state.is_none_or(|state| state == line.state)
}
