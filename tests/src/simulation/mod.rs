//! The seeded simulation: the real roles in the real shell on an in-memory log, with everything
//! around them that can go wrong going wrong.
//!
//! A warm-up is run once; each seed goes on from a copy of it for a few days in a storm, and
//! then the checks compare what came out with the undisturbed run.
#![allow(clippy::unwrap_used, clippy::expect_used)] // it is test code, though no test itself

pub mod chance;
pub mod checks;
pub mod faults;
pub mod faulty;
pub mod market;
pub mod opening;
pub mod operator;
pub mod outside;
pub mod part;
pub mod planted;
pub mod remembered;
pub mod run;
pub mod sink;
pub mod snapshot;
pub mod theatre;
pub mod world;

use checks::{Ended, Reference, halts_hold, replays};
use planted::Planted;
use std::sync::Arc;
use theatre::Theatre;
use world::World;

/// The world and its undisturbed run.
pub struct Simulation {
    /// What all seeds share.
    pub world: Arc<World>,
    /// What all seeds are compared with.
    pub reference: Reference,
}

impl Default for Simulation {
    fn default() -> Simulation {
        let world = Arc::new(World::new());
        let reference = Reference::of(&world);
        Simulation { world, reference }
    }
}

impl Simulation {
    /// Whether the operator speaks in this seed.
    pub fn has_controls(seed: u64) -> bool {
        seed % 4 == 3
    }

    /// Plays one seed and checks it. Where nobody spoke, the log must be the undisturbed run's
    /// record by record, so that its replays are known once that run's are; one in sixteen is
    /// replayed all the same.
    ///
    /// # Errors
    /// What broke or came out otherwise.
    pub fn seed(&self, seed: u64, planted: Planted) -> Result<Ended, String> {
        let controls = Simulation::has_controls(seed);
        let ended = Theatre::play(&self.world, seed, controls, planted)?;
        if controls {
            halts_hold(&self.world, &ended)?;
        } else {
            self.reference.check(&self.world, &ended)?;
        }
        if controls || seed.is_multiple_of(16) {
            replays(&self.world, &ended, false)?;
        }
        Ok(ended)
    }
}
