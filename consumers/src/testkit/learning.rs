//! Rows with a planted rule, and one small model trained on them once a process.

use super::Lcg;
use schemas::contract::{CONTRACT, Class, FEATURES};
use schemas::events::{Alias, ModelPromoted, ModelTrained, Models, Sample, Samples};
use schemas::{Day, Event};
use std::sync::OnceLock;
use success::{LabelledRow, TrainSettings, Trained, train};

/// Rows of `days` scan days from day 0, `a_day` each, evaluated three days later. The ROI
/// follows an interaction and a slope.
pub(crate) fn rows(days: i32, a_day: i32) -> Vec<LabelledRow> {
    let mut random = Lcg(11);
    let mut unit = || (random.next() >> 11) as f64 / (1_u64 << 53) as f64;
    let mut normal = move || (0..12).map(|_| unit()).sum::<f64>() - 6.0;
    let row = |number: i32| {
        let mut features: [f64; FEATURES] = std::array::from_fn(|_| normal());
        features[15] = (0.5 + 0.15 * features[15]).clamp(0.05, 0.95);
        let signal = 0.5 * features[0] * features[7] + 0.4 * features[3];
        let roi = (-0.08 + 0.3 * signal + 0.15 * normal()).max(-1.0);
        let (scan_day, class) = (number / a_day, Class::of_roi(roi) as u8);
        let evaluation_day = scan_day + 3;
        LabelledRow {
            features,
            class,
            roi,
            scan_day,
            evaluation_day,
            weight: 1.0,
            score: Some(50.0 + 10.0 * features[3]),
        }
    };
    (0..days * a_day).map(row).collect()
}

/// The row as an event of imported history.
pub(crate) fn sample(number: usize, row: &LabelledRow) -> Event {
    let sample = Sample {
        as_of: Day(row.scan_day),
        evaluation_day: Day(row.evaluation_day),
        contract_version: schemas::contract::CONTRACT_VERSION as i32,
        values: row.features.to_vec(),
        roi: row.roi,
        class: i32::from(row.class),
        weight: row.weight,
        score: row.score,
        stratum: "low".to_owned(),
    };
    Event::new(Day(0), "A", &[&number.to_string()], Samples::SampleDrawn(sample))
}

/// A model; training it takes about a tenth of a second.
pub(crate) fn model() -> &'static Trained {
    static MODEL: OnceLock<Trained> = OnceLock::new();
    MODEL.get_or_init(|| {
        let quick = TrainSettings { epochs: 2, minimum_rows: 100, ..TrainSettings::default() };
        train(&rows(40, 20), &CONTRACT, &quick, &mut |_, _| {}).unwrap()
    })
}

/// The event that puts [`model`] on the log under `version`, with these bytes and this hash.
pub(crate) fn trained(day: Day, version: i64, onnx: Vec<u8>, sha256: &str) -> Event {
    let trained = ModelTrained {
        version,
        sha256: sha256.to_owned(),
        onnx,
        passed: true,
        ..ModelTrained::default()
    };
    Event::new(day, "", &[&version.to_string()], Models::ModelTrained(trained))
}

pub(crate) fn promoted(day: Day, version: i64, alias: Alias) -> Event {
    let sha256 = model().sha256.clone();
    let promoted = ModelPromoted { version, sha256, alias, reason: "passed the gate".to_owned() };
    let about = [version.to_string(), format!("{alias:?}")];
    Event::new(day, "", &[&about[0], &about[1]], Models::ModelPromoted(promoted))
}
