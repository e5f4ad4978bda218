//! Tests of the whole: the simulation, end-to-end runs, golden values and fixtures.

pub mod cli;
pub mod python;
pub mod simulation;
