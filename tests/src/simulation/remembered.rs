//! A scan takes milliseconds and is a pure function of the scanner's saved bytes and the day, so a
//! thousand seeds share its results, keyed by a hash of everything they depend on. The undisturbed
//! run is verified without this cache.

use super::faults::held;
use producers::scanner::Scanner;
use schemas::role::{BadState, Cause, Context, Decision, Machine};
use schemas::{Day, Event, id::sha256_hex};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Decisions by the hash of their inputs.
pub type Memory = Arc<Mutex<BTreeMap<String, Vec<Event>>>>;

/// A scanner that looks its decisions up first.
pub struct RememberedScanner {
    scanner: Scanner,
    memory: Memory,
    scan_from: Day,
}

impl RememberedScanner {
    /// Over `memory`; days before `scan_from` are not cached.
    pub fn new(memory: &Memory, scan_from: Day) -> RememberedScanner {
        RememberedScanner { scanner: Scanner::default(), memory: Arc::clone(memory), scan_from }
    }
}

impl Machine for RememberedScanner {
    fn evolve(&mut self, event: &Event) {
        self.scanner.evolve(event);
    }

    fn decide(&self, cause: Cause<'_>, context: &Context<'_>) -> Decision {
        let Cause::DayClosed { day, .. } = cause else {
            return self.scanner.decide(cause, context);
        };
        if day < self.scan_from {
            return self.scanner.decide(cause, context);
        }
        let mut asked = self.scanner.save();
        asked.extend(
            format!("{day} {:?} {:?}", context.controls.settings, context.controls.opened).bytes(),
        );
        let asked = sha256_hex(&asked);
        if let Some(known) = held(&self.memory).get(&asked) {
            return known.clone().into();
        }
        let decision = self.scanner.decide(cause, context);
        held(&self.memory).insert(asked, decision.events.clone());
        decision
    }

    fn close_day(&mut self, day: Day) {
        self.scanner.close_day(day);
    }

    fn save(&self) -> Vec<u8> {
        self.scanner.save()
    }

    fn restore(&mut self, saved: &[u8]) -> Result<(), BadState> {
        self.scanner.restore(saved)
    }
}
