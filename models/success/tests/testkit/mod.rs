//! Synthetic rows for the tests: a planted rule, or the same rows with shuffled labels.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use schemas::contract::{Class, FEATURES};
use statistics::{SeededRng, Stream};
use std::path::PathBuf;
use success::{Engine, LabelledRow, ProviderChoice, TrainSettings};

/// Seeded numbers.
pub struct TestRng(SeededRng);

impl TestRng {
    /// The numbers of `seed`.
    pub fn new(seed: u64) -> TestRng {
        TestRng(SeededRng::new(seed, Stream::Null))
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        self.0.unit()
    }

    /// About normal: the sum of 12 uniforms less 6.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

/// Rows of 50 a day. The rule: ROI follows an interaction and a slope; without `planted` the
/// same ROI are dealt to other rows.
pub fn rows(count: usize, planted: bool, seed: u64) -> Vec<LabelledRow> {
    let mut rng = TestRng::new(seed);
    let mut rows: Vec<LabelledRow> = (0..count)
        .map(|number| {
            let mut features: [f64; FEATURES] = std::array::from_fn(|_| rng.normal());
            features[15] = 0.05 + 0.9 * rng.unit();
            let signal = 0.5 * features[0] * features[7] + 0.4 * features[3];
            let roi = (-0.08 + 0.3 * signal + 0.15 * rng.normal()).max(-1.0);
            let day = (number / 50) as i32;
            let weight = 0.5 + rng.unit();
            let class = Class::of_roi(roi) as u8;
            LabelledRow {
                features,
                class,
                roi,
                scan_day: day,
                evaluation_day: day + 3,
                weight,
                score: None,
            }
        })
        .collect();
    if !planted {
        for last in (1..rows.len()).rev() {
            let other = (rng.unit() * (last + 1) as f64) as usize;
            let (roi, class) = (rows[last].roi, rows[last].class);
            (rows[last].roi, rows[last].class) = (rows[other].roi, rows[other].class);
            (rows[other].roi, rows[other].class) = (roi, class);
        }
    }
    rows
}

/// Settings that train in a moment.
pub fn quick() -> TrainSettings {
    TrainSettings { epochs: 4, minimum_rows: 100, ..TrainSettings::default() }
}

/// Settings under which the network wins on the planted rule.
pub fn deep() -> TrainSettings {
    TrainSettings { epochs: 25, minimum_rows: 100, ..TrainSettings::default() }
}

/// Where a library may lie, besides the variables that name one.
pub fn folders() -> Vec<PathBuf> {
    vec![std::env::temp_dir().join("ortlib")]
}

/// ONNX Runtime where this machine has one, else nothing and a printed reason; in CI (env `CI`)
/// it must be there.
pub fn onnx_runtime() -> Option<Engine> {
    let engine = Engine::discover(ProviderChoice::Cpu, None, &folders()).expect("an engine");
    if engine.provider() == "onnxruntime-cpu" {
        return Some(engine);
    }
    let explanation = engine.explain();
    assert!(std::env::var_os("CI").is_none(), "ONNX Runtime is not tested: {explanation}");
    println!("skipped: {explanation}");
    None
}

/// ONNX Runtime on a GPU, where there is one, else nothing and a printed reason: CI has none.
pub fn gpu() -> Option<Engine> {
    match Engine::discover(ProviderChoice::Cuda, None, &folders()) {
        Ok(engine) => Some(engine),
        Err(error) => {
            println!("skipped: {error}");
            None
        }
    }
}
