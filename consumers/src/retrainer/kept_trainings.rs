//! Trainings that were made before, by the content of what they were made from: rows, settings, code, kind of
//! processor. A second backtest over the same prices then trains nothing. What is kept is the same, bit for bit; a
//! keeper that has nothing, or lost it, costs time alone.

use schemas::Day;
use schemas::contract::CONTRACT;
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::Arc;
use success::{
    Assessment, LabelledRow, TrainError, TrainSettings, Trained, rows_sha256, train_and_assess,
};

/// The first half of a SHA-256.
pub type TrainingKey = [u8; 16];

/// Keeps the bytes of trainings by day and key. It gives back exactly what was kept, or nothing, and never fails.
pub trait KeptTrainings: Send + Sync {
    /// What is kept under `key` of a day.
    fn find_training(&self, day: Day, key: &TrainingKey) -> Option<Vec<u8>>;

    /// Keeps this, if it can.
    fn keep_training(&self, day: Day, key: TrainingKey, made: Vec<u8>);
}

/// Where trainings are kept, if anywhere.
#[derive(Clone, Default)]
pub struct TrainingKeeper(Option<Arc<dyn KeptTrainings>>);

impl fmt::Debug for TrainingKeeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "a keeper" } else { "no keeper" })
    }
}

/// A training's result.
type Made = (Trained, Option<Assessment>);

impl TrainingKeeper {
    /// In `kept`.
    pub fn of(kept: impl KeptTrainings + 'static) -> TrainingKeeper {
        TrainingKeeper(Some(Arc::new(kept)))
    }

    /// As [`train_and_assess`], at the end of `day`.
    ///
    /// # Errors
    /// Those of the training.
    pub(super) fn train(
        &self,
        day: Day,
        rows: &[LabelledRow],
        held_out: &[LabelledRow],
        settings: &TrainSettings,
        progress: &mut dyn FnMut(u32, u32),
    ) -> Result<Made, TrainError> {
        let mut make = || train_and_assess(rows, held_out, &CONTRACT, settings, progress);
        let Some(kept) = &self.0 else { return make() };
        let key = key(rows, held_out, settings)?;
        if let Some(known) = kept.find_training(day, &key).and_then(|bytes| unpacked(&bytes)) {
            return Ok(known);
        }
        let made = make()?;
        if let Ok(bytes) = postcard::to_stdvec(&(&made.0.onnx, &made.1)) {
            kept.keep_training(day, key, bytes);
        }
        Ok(made)
    }
}

/// The manifest is inside the model's bytes.
fn unpacked(bytes: &[u8]) -> Option<Made> {
    let (onnx, assessment): (Vec<u8>, Option<Assessment>) = postcard::from_bytes(bytes).ok()?;
    Some((Trained::of(onnx).ok()?, assessment))
}

fn key(
    rows: &[LabelledRow],
    held_out: &[LabelledRow],
    settings: &TrainSettings,
) -> Result<TrainingKey, TrainError> {
    let mut hash = Sha256::new();
    hash.update(env!("TRAINING_CODE"));
    hash.update(quant::processor());
    hash.update(serde_json::to_string(settings)?);
    for part in [rows, held_out] {
        hash.update(rows_sha256(part, &CONTRACT));
    }
    let mut key = TrainingKey::default();
    key.copy_from_slice(&hash.finalize()[..16]);
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::learning::rows;
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    /// Trainings in memory.
    #[derive(Default)]
    struct InMemory(Mutex<BTreeMap<(Day, TrainingKey), Vec<u8>>>);

    impl KeptTrainings for Arc<InMemory> {
        fn find_training(&self, day: Day, key: &TrainingKey) -> Option<Vec<u8>> {
            self.0.lock().unwrap().get(&(day, *key)).cloned()
        }

        fn keep_training(&self, day: Day, key: TrainingKey, made: Vec<u8>) {
            self.0.lock().unwrap().insert((day, key), made);
        }
    }

    #[test]
    fn what_was_kept_is_what_would_be_made_and_a_changed_last_bit_is_made_anew() {
        let kept = Arc::new(InMemory::default());
        let keeper = TrainingKeeper::of(Arc::clone(&kept));
        let settings = TrainSettings { epochs: 2, minimum_rows: 100, ..TrainSettings::default() };
        let all = rows(60, 20);
        let (fitted, held_out) = all.split_at(800);
        let train = |keeper: &TrainingKeeper, fitted: &[LabelledRow], held_out: &[LabelledRow]| {
            keeper.train(Day(9), fitted, held_out, &settings, &mut |_, _| {}).unwrap()
        };
        let count = || kept.0.lock().unwrap().len();
        let plain = train(&TrainingKeeper::default(), fitted, held_out);
        assert_eq!((train(&keeper, fitted, held_out), count()), (plain.clone(), 1));
        assert_eq!((train(&keeper, fitted, held_out), count()), (plain.clone(), 1), "found");

        let changed = |rows: &[LabelledRow]| {
            let mut rows = rows.to_vec();
            rows[7].features[3] = f64::from_bits(rows[7].features[3].to_bits() ^ 1);
            rows
        };
        train(&keeper, &changed(fitted), held_out);
        train(&keeper, fitted, &changed(held_out));
        assert_eq!(count(), 3);

        // What is no training is made again.
        kept.0.lock().unwrap().values_mut().for_each(|bytes| bytes.truncate(900));
        assert_eq!(train(&keeper, fitted, held_out), plain);
    }
}
