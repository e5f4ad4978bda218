//! The measurements: rows scored together, and the scorer itself, event by event.

use crate::bench::pipeline::bench_run::SampleEvents;
use anyhow::{Context, Result};
use consumers::scorer::{Loader, Scorer};
use schemas::contract::FEATURES;
use schemas::controls::ControlState;
use schemas::events::{DayClosed, ModelRef, ModelTrained, Models};
use schemas::id::sha256_hex;
use schemas::role::{Cause, Context as Known, Machine as _};
use schemas::{Day, Event, Topic, codec};
use serde::Serialize;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;
use success::{Engine, PlacedStep};

/// Numbers of rows scored together, and of rounds.
const BATCHES: [(usize, usize); 4] = [(1, 5_000), (32, 2_000), (256, 500), (4_096, 60)];
const EVENTS: usize = 20_000;
/// The budget of one event on a CPU, and on a GPU, to which its features must be copied first.
const BUDGET_US: f64 = 50.0;
const GPU_BUDGET_US: f64 = 1_000.0;

/// Most microseconds that one event may take with `engine` at the 99th percentile.
pub(crate) fn budget_us(engine: &Engine) -> f64 {
    if engine.provider() == "onnxruntime-cuda" { GPU_BUDGET_US } else { BUDGET_US }
}

/// Summary of single measurements.
#[derive(Serialize)]
pub(crate) struct Times {
    pub count: usize,
    pub median_us: f64,
    pub p99_us: f64,
}

#[derive(Serialize)]
pub(crate) struct Batch {
    pub rows: usize,
    pub rounds: usize,
    pub median_us: f64,
    pub p99_us: f64,
    pub rows_per_second: f64,
}

#[derive(Serialize)]
pub(crate) struct Provider {
    pub provider: String,
    pub explanation: String,
    pub batches: Vec<Batch>,
    pub nodes: Vec<PlacedStep>,
    /// Events scored one at a time.
    pub event: OneEvent,
}

/// Times of one event.
#[derive(Serialize)]
pub(crate) struct OneEvent {
    /// From features in memory to the decision in memory.
    pub decision: Times,
    /// From Avro bytes in to Avro bytes out.
    pub wire: Times,
}

/// Measures one engine; its profile is written to `folder` temporarily.
pub(crate) fn measured(
    engine: &Engine,
    onnx: &[u8],
    share: f64,
    folder: &std::path::Path,
) -> Result<Provider> {
    let model = engine.load(onnx)?;
    let mut draw = SampleEvents::new(3);
    let rows: Vec<[f64; FEATURES]> = (0..4_096).map(|_| draw.values()).collect();
    let mut batches = Vec::new();
    for (size, rounds) in BATCHES {
        let rounds = ((rounds as f64 * share) as usize).max(10);
        let part = |round: usize| {
            let from = round * size % (rows.len() - size + 1);
            &rows[from..from + size]
        };
        for round in 0..rounds / 10 {
            black_box(model.score(part(round))?);
        }
        let (mut times, begun) = (Vec::with_capacity(rounds), Instant::now());
        for round in 0..rounds {
            let at = Instant::now();
            black_box(model.score(black_box(part(round)))?);
            times.push(at.elapsed().as_secs_f64() * 1e6);
        }
        let rows_per_second = (rounds * size) as f64 / begun.elapsed().as_secs_f64();
        let Times { median_us, p99_us, .. } = summary(times);
        batches.push(Batch { rows: size, rounds, median_us, p99_us, rows_per_second });
    }
    Ok(Provider {
        provider: engine.provider().to_owned(),
        explanation: engine.explain().to_owned(),
        batches,
        nodes: engine.placement(onnx, folder)?,
        event: one_event(engine, onnx, share)?,
    })
}

fn summary(mut times: Vec<f64>) -> Times {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((share * times.len() as f64).ceil() as usize).max(1) - 1];
    Times { count: times.len(), median_us: at(0.5), p99_us: at(0.99) }
}

/// Measures the scorer itself, event by event, without scoring ahead.
pub(crate) fn one_event(engine: &Engine, onnx: &[u8], share: f64) -> Result<OneEvent> {
    let day = Day(20_000);
    let mut scorer = Scorer::new(Arc::new(Loader::new(engine.clone())));
    let sha256 = sha256_hex(onnx);
    let trained = ModelTrained {
        version: 1,
        sha256: sha256.clone(),
        onnx: onnx.to_vec(),
        passed: true,
        ..ModelTrained::default()
    };
    scorer.evolve(&Event::new(day, "", &["1"], Models::ModelTrained(trained)));
    let closed =
        DayClosed { champion: Some(ModelRef { version: 1, sha256 }), ..DayClosed::default() };
    let marker = Event::marker(Topic::Models, day, closed).context("models has markers")?;
    scorer.evolve(&marker);
    let controls = ControlState::default();
    let known = Known { controls: &controls, samples_end: &[] };
    let count = ((EVENTS as f64 * share) as usize).max(100);
    let mut draw = SampleEvents::new(5);
    let events: Vec<Event> = (0..count + count / 10).map(|n| draw.features(n)).collect();
    let (mut decisions, mut wire) = (Vec::new(), Vec::new());
    for event in &events {
        let at = Instant::now();
        let decision = scorer.decide(Cause::Event(black_box(event)), &known);
        decisions.push(at.elapsed().as_secs_f64() * 1e6);
        black_box(decision);
    }
    for event in &events {
        let bytes = codec::encode(event)?;
        let at = Instant::now();
        let read = codec::decode(Topic::Features, black_box(&bytes))?;
        for prediction in scorer.decide(Cause::Event(&read), &known).events {
            black_box(codec::encode(&prediction)?);
        }
        wire.push(at.elapsed().as_secs_f64() * 1e6);
    }
    // The first tenth is the warm-up.
    let timed = |times: Vec<f64>| summary(times.into_iter().skip(count / 10).collect());
    Ok(OneEvent { decision: timed(decisions), wire: timed(wire) })
}
