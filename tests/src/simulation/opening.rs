//! How a simulated run begins: its settings, a champion, and a challenger that is promoted on the
//! second simulated day.

use super::dimensions::MATURING;
use super::rng::SimRng;
use schemas::contract::CONTRACT;
use schemas::events::{Alias, ModelPromoted, ModelRef, ModelTrained, Models, Settings};
use schemas::{Day, Event, Money, TradingCalendar};
use success::{LabelledRow, TrainSettings};

/// Thresholds so low that both tracks trade, limits so low that they also refuse; trainings are
/// triggered often and refused at once, because no sixty days have matured.
pub(super) fn settings() -> Settings {
    Settings {
        expected_roi_over: -0.5,
        score_over: 20.0,
        max_new_per_day: 1,
        max_open: 3,
        take_profit: 0.05,
        risk_per_trade: Money(2_000_000_000),
        retrain_outcomes: 1,
        min_training_rows: 0,
        shadow_days: MATURING as i64 + 2,
        calendar: TradingCalendar::None,
        ..Settings::default()
    }
}

/// The opening's models, and which of them is the champion.
pub fn models(day: Day) -> (Vec<Event>, ModelRef) {
    let mut events = Vec::new();
    let mut champion = ModelRef::default();
    for (version, alias, name) in
        [(1, Alias::Champion, "champion"), (2, Alias::Challenger, "challenger")]
    {
        let trained = trained(version as u64);
        let about = version.to_string();
        let model = ModelRef { version, sha256: trained.sha256.clone() };
        let made = ModelTrained {
            version,
            sha256: trained.sha256,
            onnx: trained.onnx,
            passed: true,
            ..ModelTrained::default()
        };
        events.push(Event::new(day, "", &[&about], Models::ModelTrained(made)));
        let promoted =
            ModelPromoted { version, sha256: model.sha256.clone(), alias, reason: String::new() };
        events.push(Event::new(day, "", &[&about, name], Models::ModelPromoted(promoted)));
        if alias == Alias::Champion {
            champion = model;
        }
    }
    (events, champion)
}

fn trained(seed: u64) -> success::Trained {
    let mut rng = SimRng::new(seed);
    let row = |n: usize, rng: &mut SimRng| {
        let mut features = [0.0; 23];
        features.fill_with(|| rng.between(-1.0, 1.0));
        features[schemas::contract::MAX_LOSS] = rng.between(0.1, 0.9);
        let roi = features[0] * 0.4 + rng.between(-0.3, 0.3);
        let scan_day = (n / 4) as i32;
        let class = schemas::contract::Class::of_roi(roi) as u8;
        let evaluation_day = scan_day + 1;
        LabelledRow { features, class, roi, scan_day, evaluation_day, weight: 1.0, score: None }
    };
    let rows: Vec<LabelledRow> = (0..600).map(|n| row(n, &mut rng)).collect();
    let how = TrainSettings {
        seed,
        epochs: 2,
        hidden: vec![8],
        minimum_rows: 100,
        ..TrainSettings::default()
    };
    success::train(&rows, &CONTRACT, &how, &mut |_, _| {}).unwrap()
}
