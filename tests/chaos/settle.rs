//! Who ends in a storm and may, and how a round comes to rest: all that was written is read, and
//! everyone stops well when asked.

use crate::actors::Actor;
use crate::base::PARTITIONS;
use crate::checks;
use crate::storm::Round;
use crate::witness::Connect;
use eventlog::Log;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long offsets may take to reach the ends once all is written: a materializer that began
/// without state reads everything first.
const SETTLED: Duration = Duration::from_secs(120);
/// How long a process may take to stop when asked: it finishes the publish in hand, and a log that
/// is away just then may take three of its timeouts to say that nothing comes of it.
pub const FAREWELL: Duration = Duration::from_secs(60);

/// What a process says that could not reach the log when it began.
const NO_LOG: [&str; 4] = [
    "no answer",
    "no Kafka broker answers",
    "check that the cluster runs and can be reached",
    "is in use by",
];

impl Round<'_> {
    /// Every process there was.
    pub fn everyone(&self) -> impl Iterator<Item = &Actor> {
        self.actors.iter().chain(&self.seconds)
    }

    /// Waits until the owner of the embedded log serves it.
    pub fn wait_for_owner(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + FAREWELL;
        while !self.actors[0].is_ready() {
            if Instant::now() > deadline || self.actors[0].ended().is_some() {
                return Err(format!("the owner did not start: {}", self.actors[0].last_words()));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Nobody ends by itself, but who could not begin while the log was away, and who has no space
    /// left to write; they are started again.
    pub fn look_after(&mut self) -> Result<(), String> {
        let full = self.full;
        for actor in self.actors.iter_mut().chain(&mut self.seconds) {
            let Some(status) = actor.ended() else { continue };
            let said = actor.said();
            let no_log = !actor.is_ready() && NO_LOG.iter().any(|words| said.contains(words));
            let no_space =
                full && (said.contains("no space is left") || said.contains("is damaged"));
            if !no_log && !no_space {
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

    /// All is written: offsets come to the ends, and everyone stops well.
    pub fn settle(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + SETTLED;
        let connect: Connect = self.stage.connect();
        loop {
            let lag = connect().and_then(|log: Arc<dyn Log>| checks::lag(&*log, PARTITIONS));
            match lag {
                Ok(lag) if lag.is_empty() => break,
                lag if Instant::now() > deadline => {
                    return Err(format!("all is written, and not all read: {lag:?}"));
                }
                _ => std::thread::sleep(Duration::from_millis(50)),
            }
            self.look_after()?;
        }
        // The owner of the log goes last.
        for actor in self.seconds.iter_mut().chain(self.actors.iter_mut().rev()) {
            actor.interrupt(FAREWELL)?;
        }
        Ok(())
    }

    /// What nobody goes on with, and what everyone said last.
    pub fn stuck(&self) -> String {
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
