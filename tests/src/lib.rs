//! Tests of the whole: the simulation, end-to-end runs, golden values and fixtures.

#![allow(clippy::print_stderr)] // shown where a test fails

pub mod cli;
pub mod cluster;
pub mod held;
pub mod http_double;
pub mod orders;
pub mod pages;
pub mod plug;
pub mod poison;
pub mod price_files;
pub mod python;
pub mod simulation;
