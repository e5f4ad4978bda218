//! Which tracks are halted, by whom, when and why, read from the commands on `controls` that halted them.

use anyhow::Result;
use eventlog::{Log, PartitionReader};
use schemas::events::{Controls, Track};
use schemas::{Body, Day, Event, Topic};
use serde::{Deserialize, Serialize};
use shell::controls::ControlBook;
use shell::open::WHAT_IF;
use shell::operator_word::OperatorWord;
use shell::record_codec;
use std::fmt;

/// A track that opens no positions.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Halt {
    /// The track.
    pub track: Track,
    /// The offset on `controls` that halted it.
    pub offset: i64,
    /// The newest day of the run then.
    pub day: Day,
    /// When, RFC 3339; none where it was not kept, as by a run's opening.
    pub wall_time: Option<String>,
    /// Who did it.
    pub by: Option<String>,
    /// Why; empty where no reason was given.
    pub why: String,
    /// What was said in later commands that halted it again.
    #[serde(default)]
    pub again: Vec<String>,
}

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Halt { track, offset, day, wall_time, by, why, again } = self;
        write!(f, "{} halted since {day}", track.name())?;
        if let Some(by) = by {
            write!(f, " by {by}")?;
        }
        if let Some(wall_time) = wall_time {
            write!(f, " at {wall_time}")?;
        }
        let why = if why.is_empty() { "no reason given" } else { why };
        write!(f, " (controls offset {offset}): {why}")?;
        again.iter().try_for_each(|again| write!(f, "; {again}"))
    }
}

/// Whether a run opens positions.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Trading {
    /// It is a what-if run, which cannot trade.
    pub what_if: bool,
    /// Its halted tracks.
    pub halted: Vec<Halt>,
}

impl Trading {
    /// Of the run on `log`.
    ///
    /// # Errors
    /// The log's.
    pub fn of(log: &dyn Log) -> Result<Trading> {
        let mut book = ControlBook::new(log)?;
        book.refresh(log)?;
        Trading::by(log, &book)
    }

    /// The same, where `controls` have been read.
    pub(crate) fn by(log: &dyn Log, book: &ControlBook) -> Result<Trading> {
        let controls = book.latest();
        let mut halted = Vec::new();
        for (track, offset) in &controls.halted {
            halted.push(halt(log, *track, *offset)?);
        }
        let what_if = controls.opened.as_ref().is_some_and(|opened| opened.kind == WHAT_IF);
        Ok(Trading { what_if, halted })
    }

    /// A sentence for each halt; none while both tracks trade.
    pub fn sentences(&self) -> Vec<String> {
        match self.what_if && !self.halted.is_empty() {
            true => vec!["a what-if run, which cannot trade".to_owned()],
            false => self.halted.iter().map(Halt::to_string).collect(),
        }
    }

    /// In a few words.
    pub fn in_short(&self) -> String {
        let tracks: Vec<&str> = self.halted.iter().map(|halt| halt.track.name()).collect();
        match tracks[..] {
            [] => "not halted".to_owned(),
            _ if self.what_if => "cannot trade".to_owned(),
            [one] => format!("{one} HALTED"),
            _ => "HALTED".to_owned(),
        }
    }
}

/// The halt of `track` by the command at `offset`, and what was said in later ones.
fn halt(log: &dyn Log, track: Track, offset: i64) -> Result<Halt> {
    let mut halt = Halt { track, offset, ..Halt::default() };
    let at = offset.unsigned_abs();
    let place = record_codec::place(Topic::Controls, 0);
    let end = log.watermarks(&place)?.high;
    let mut reader = PartitionReader::new(log)?;
    for record in reader.records(&place, at..end) {
        let record = record?;
        let first = record.offset == at;
        let event = record_codec::event(Topic::Controls, &record);
        // A command that cannot be read halts nothing.
        let Ok(Event { day, body: Body::Controls(Controls::Halted(word)), .. }) = event else {
            continue;
        };
        let OperatorWord { by, wall_time } = OperatorWord::of(&record);
        if first {
            halt = Halt { day, by, wall_time, why: word.reason, ..halt };
        } else if word.track.is_none_or(|of| of == track) && !word.reason.is_empty() {
            let by = by.map_or_else(String::new, |by| format!(" by {by}"));
            halt.again
                .push(format!("again{by} (controls offset {}): {}", record.offset, word.reason));
        }
    }
    Ok(halt)
}

/// The same, read on from where it was read to last: for those who ask again and again.
#[derive(Default)]
pub struct TradingWatch {
    book: Option<ControlBook>,
    latest: Trading,
    at: i64,
}

impl TradingWatch {
    /// Whether the run opens positions now.
    ///
    /// # Errors
    /// The log's; the next call begins anew.
    pub fn read_on(&mut self, log: &dyn Log) -> Result<&Trading> {
        let mut book = match self.book.take() {
            Some(book) => book,
            None => {
                self.at = -2; // before every offset and before none
                ControlBook::new(log)?
            }
        };
        book.refresh(log)?;
        if book.latest().offset != self.at {
            self.latest = Trading::by(log, &book)?;
            self.at = book.latest().offset;
        }
        self.book = Some(book);
        Ok(&self.latest)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use eventlog::MemoryLog;
    use schemas::events::{Halted, Resumed, RunOpened};
    use shell::open;

    fn opened(kind: &str) -> MemoryLog {
        let log = MemoryLog::new("memory").unwrap();
        open::ensure_topics(&log, 1).unwrap();
        let run =
            RunOpened { kind: kind.to_owned(), previous_day: Day(17_711), ..RunOpened::default() };
        open::open(&log, 1, &run, Vec::new(), None).unwrap();
        log
    }

    #[test]
    fn a_halt_is_told_as_it_was_given_and_no_longer_than_it_lasts() {
        let log = opened("live");
        let mut watch = TradingWatch::default();
        assert!(watch.read_on(&log).unwrap().halted.is_empty());
        assert_eq!(Trading::of(&log).unwrap().in_short(), "not halted");
        let ada = OperatorWord {
            by: Some("ada@desk".to_owned()),
            wall_time: Some("2026-01-02T03:04:05Z".to_owned()),
        };
        let halt =
            |track, reason: &str| Controls::Halted(Halted { track, reason: reason.to_owned() });
        let first = halt(Some(Track::ButterAI), "the feed is late");
        open::say_with(&log, first, &ada, None).unwrap();
        open::say_with(&log, halt(None, ""), &OperatorWord::default(), None).unwrap();
        let trading = Trading::of(&log).unwrap();
        assert_eq!(watch.read_on(&log).unwrap(), &trading);
        assert_eq!(trading.in_short(), "HALTED");
        assert_eq!(
            trading.sentences(),
            [
                "ButterAI halted since 2018-06-29 by ada@desk at 2026-01-02T03:04:05Z (controls offset 1): the feed is late",
                "ButterBaseline halted since 2018-06-29 (controls offset 2): no reason given",
            ]
        );
        let resumed = Resumed { track: Some(Track::ButterBaseline), reason: String::new() };
        open::say(&log, Controls::Resumed(resumed)).unwrap();
        assert_eq!(watch.read_on(&log).unwrap().in_short(), "ButterAI HALTED");
    }

    #[test]
    fn a_what_if_run_cannot_trade_and_nobody_halted_it() {
        let trading = Trading::of(&opened(WHAT_IF)).unwrap();
        assert_eq!((trading.in_short(), trading.sentences().len()), ("cannot trade".to_owned(), 1));
        assert_eq!(trading.halted.len(), 2);
        assert_eq!(trading.halted[0].by.as_deref(), Some("the run's opening"));
    }
}
