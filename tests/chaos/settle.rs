//! Which processes may end during the faults, and how a round comes to rest: everything written is
//! read, and every process stops cleanly when asked.

use crate::actors::Actor;
use crate::base::PARTITIONS;
use crate::checks;
use crate::storm::Round;
use crate::witness::Connect;
use eventlog::Log;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Time for offsets to reach the ends once everything is written: a materializer that starts without
/// state reads everything first.
const SETTLED: Duration = Duration::from_secs(120);
/// Time for a process to stop when asked: it finishes the publish in hand, and a log that is away
/// just then may take three of its timeouts to fail it.
pub(crate) const FAREWELL: Duration = Duration::from_secs(60);

/// Messages of a process that could not reach the log at its start.
const NO_LOG: [&str; 4] = [
    "no answer",
    "no Kafka broker answers",
    "check that the cluster runs and can be reached",
    "is in use by",
];

/// Whether it may have ended by itself: it started while the log was away, or has no space left.
pub(crate) fn excused(actor: &Actor, full: bool) -> bool {
    let said = actor.said();
    let no_log = !actor.is_ready() && NO_LOG.iter().any(|words| said.contains(words));
    no_log || full && (said.contains("no space is left") || said.contains("is damaged"))
}

impl Round<'_> {
    /// All processes.
    pub(crate) fn everyone(&self) -> impl Iterator<Item = &Actor> {
        self.actors.iter().chain(&self.seconds)
    }

    /// Waits until the owner of the embedded log serves it.
    pub(crate) fn wait_for_owner(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + FAREWELL;
        while !self.actors[0].is_ready() {
            if Instant::now() > deadline || self.actors[0].ended().is_some() {
                return Err(format!("the owner did not start: {}", self.actors[0].last_words()));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// No process may end by itself, except those that [`excused`] names; they are restarted.
    pub(crate) fn look_after(&mut self) -> Result<(), String> {
        let full = self.full;
        for actor in self.actors.iter_mut().chain(&mut self.seconds) {
            let Some(status) = actor.ended() else { continue };
            if !excused(actor, full) {
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

    /// Once everything is written: waits until offsets reach the ends, then stops every process.
    pub(crate) fn settle(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + SETTLED;
        let connect: Connect = self.stage.connect();
        loop {
            let lag = connect().and_then(|log: Arc<dyn Log>| checks::lag(&*log, PARTITIONS));
            match lag {
                Ok(lag) if lag.is_empty() => break,
                lag if Instant::now() > deadline => {
                    return Err(format!(
                        "everything is written, but not everything is read: {lag:?}"
                    ));
                }
                _ => std::thread::sleep(Duration::from_millis(50)),
            }
            self.look_after()?;
        }
        // The owner of the log stops last.
        for actor in self.seconds.iter_mut().chain(self.actors.iter_mut().rev()) {
            actor.interrupt(FAREWELL, |_| false)?;
        }
        Ok(())
    }

    /// The unread partitions and the last words of every process.
    pub(crate) fn stuck(&self) -> String {
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
