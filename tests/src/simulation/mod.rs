//! The seeded simulation: the real roles in the real shell on an in-memory log, while everything
//! around them fails.
//!
//! A warm-up runs once; each seed goes on from a copy of it for a few days of faults, and then the
//! checks compare the result with the undisturbed run.
#![allow(clippy::unwrap_used, clippy::expect_used)] // test code outside a test module

pub mod checks;
pub mod dimensions;
pub mod faults;
pub mod faulty;
pub mod market;
pub mod opening;
pub mod operator;
pub mod outside;
pub mod part;
pub mod planted;
pub mod remembered;
pub mod rng;
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
    /// Shared by all seeds.
    pub world: Arc<World>,
    /// The run that every seed is compared with.
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
    /// Whether an operator intervenes in this seed.
    pub fn has_controls(seed: u64) -> bool {
        seed % 4 == 3
    }

    /// Runs one seed and checks it. Without an operator the log must be that of the undisturbed run,
    /// record by record, so that a replay would repeat that run's; one in sixteen is replayed all the
    /// same.
    ///
    /// # Errors
    /// What broke or differs.
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
