//! A hand-over: the process that holds a role is killed, or paused until it has lost the role, while
//! a standby process of that role waits. Both are asked which of them holds it.

use crate::actors::Actor;
use schemas::role::Role;
use std::time::{Duration, Instant};

/// Time between two checks of which process holds the role.
const LOOK: Duration = Duration::from_millis(100);

/// A hand-over in progress.
pub(crate) struct HandOver {
    /// The role that is handed over.
    pub role: Role,
    /// Whether its holder is killed; otherwise it is paused.
    pub killed: bool,
    /// Whether the first of the two was struck; none before the strike.
    first_struck: Option<bool>,
    looked: Instant,
}

impl HandOver {
    /// About to begin.
    pub(crate) fn new(role: Role, killed: bool) -> HandOver {
        HandOver { role, killed, first_struck: None, looked: Instant::now() }
    }

    /// Advances it; true once the other process holds the role and the struck one is back.
    pub(crate) fn step(&mut self, first: &mut Actor, second: &mut Actor) -> std::io::Result<bool> {
        if self.looked.elapsed() < LOOK {
            return Ok(false);
        }
        self.looked = Instant::now();
        let Some(first_struck) = self.first_struck else {
            if first.is_ready() && second.is_ready() {
                self.strike(first, second);
            }
            return Ok(false);
        };
        let (struck, other) = if first_struck { (first, second) } else { (second, first) };
        if !other.holds(self.role) {
            return Ok(false);
        }
        match self.killed {
            true => struck.start()?,
            false => struck.resume(),
        }
        Ok(true)
    }

    /// Strikes the holder, if exactly one of the two claims the role.
    fn strike(&mut self, first: &mut Actor, second: &mut Actor) {
        let held = (first.holds(self.role), second.holds(self.role));
        if held.0 == held.1 {
            return;
        }
        let holder = if held.0 { first } else { second };
        match self.killed {
            true => holder.kill(),
            false => holder.pause(),
        }
        self.first_struck = Some(held.0);
    }
}
