//! A change of hands: who holds a role dies, or sleeps until it has lost it, while another process
//! of that role stands by. Which of the two holds it is asked of them.

use crate::actors::Actor;
use schemas::role::Role;
use std::time::{Duration, Instant};

/// Between two looks at who holds the role.
const LOOK: Duration = Duration::from_millis(100);

/// One change of hands, under way.
pub struct HandOver {
    /// What changes hands.
    pub role: Role,
    /// Whether its holder is killed; otherwise it is paused.
    pub killed: bool,
    /// Whether the first of the two was struck, once one was.
    first_struck: Option<bool>,
    looked: Instant,
}

impl HandOver {
    /// About to begin.
    pub fn new(role: Role, killed: bool) -> HandOver {
        HandOver { role, killed, first_struck: None, looked: Instant::now() }
    }

    /// Goes on with it; true once the other process holds the role and the one that was struck has
    /// come back.
    pub fn step(&mut self, first: &mut Actor, second: &mut Actor) -> std::io::Result<bool> {
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

    /// Strikes the holder, where just one of the two says that it is.
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
