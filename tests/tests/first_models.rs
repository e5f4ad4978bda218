//! The gate lets a first model in force where there is something to learn, and not where there is nothing: on
//! simulated markets with the demo's stocks, days and rows of history.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test says what it expects")]

use consumers::retrainer::{NoAcceptanceTest, train_from_history};
use producers::analyses::Keeper;
use producers::history::{HistoryPlan, draw};
use producers::source::Market;
use producers::source::simulated::{SimulatedMarket, SimulationPlan};
use schemas::events::{Models, Settings};
use schemas::{Body, Event};
use std::ops::RangeInclusive;

/// Not those by which the number of rows was chosen.
const SEEDS: RangeInclusive<u64> = 11..=16;
/// As `butterquant demo` has them.
const PAST: usize = 2_800;
const STOCKS: usize = 100;
const ROWS: usize = 14_000;

/// What the training before the first day came to.
fn made(seed: u64, structure: bool) -> Vec<Event> {
    let plan = SimulationPlan { seed, stocks: STOCKS, days: PAST + 1, structure };
    let mut market = SimulatedMarket::open(plan, None).unwrap();
    let (day, scan_from) = (market.days()[PAST - 1], market.days()[PAST]);
    let plan = HistoryPlan { seed, ..HistoryPlan::new(scan_from, day).of_rows(ROWS) };
    let samples = draw(&mut market, &plan, &Keeper::default(), &mut |_, _| {}).unwrap().samples;
    let settings = Settings { seed: seed as i64, ..Settings::default() };
    let ends = vec![samples.len() as i64];
    let none = &NoAcceptanceTest;
    train_from_history(day, scan_from, &samples, ends, &settings, none, &mut |_, _| {}).events
}

/// How many of the seeds have a first model in force.
fn passed(structure: bool) -> usize {
    SEEDS
        .filter(|&seed| {
            let events = made(seed, structure);
            for event in &events {
                if let Body::Models(Models::ModelTrained(model)) = &event.body {
                    println!("seed {seed}, structure {structure}: {}", model.verdict.join("; "));
                }
            }
            let body = &events.last().unwrap().body;
            matches!(body, Body::Models(Models::ModelPromoted(_)))
        })
        .count()
}

#[test]
fn where_there_is_structure_the_gate_lets_the_first_model_through() {
    let passed = passed(true);
    assert!(passed >= 5, "{passed} of {}", SEEDS.count());
}

#[test]
fn where_there_is_none_it_does_not() {
    let passed = passed(false);
    assert!(passed <= 1, "{passed} of {}", SEEDS.count());
}
