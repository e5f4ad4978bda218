//! Trying a model on the engine of this process, before the gate lets it pass: the bytes load,
//! the engine gives what candle gave on the model's own test vectors, and a row is fast enough.

use consumers::retrainer::{Trial, Tried};
use std::time::{Duration, Instant};
use success::{AGREEMENT, Engine, FEATURES, Model, disagreement, test_vectors};

/// Time of a row alone, in the median of a hundred: far above what any engine here takes, so that
/// a busy machine decides nothing, and a tenth of a second for the candidates of a day.
const BUDGET: Duration = Duration::from_millis(1);
const ROWS: usize = 101;

/// Tries models on an engine.
pub struct OnEngine(pub Engine);

impl Trial for OnEngine {
    fn tried(&self, onnx: &[u8]) -> Tried {
        let engine = self.0.provider();
        let mut problems = Vec::new();
        let said = match self.with(onnx, &mut problems) {
            Err(problem) => {
                problems.push(format!("it cannot be used on {engine}: {problem}"));
                format!("it did not load on {engine}")
            }
            Ok(vectors) if problems.is_empty() => format!(
                "{engine} gives what candle gave on {vectors} test vectors within {AGREEMENT:e}, and a row in less than {BUDGET:?}"
            ),
            Ok(vectors) => format!("tried on {engine} with {vectors} test vectors"),
        };
        Tried { said, problems }
    }
}

impl OnEngine {
    /// The number of test vectors.
    fn with(&self, onnx: &[u8], problems: &mut Vec<String>) -> Result<usize, String> {
        let engine = self.0.provider();
        let vectors = test_vectors(onnx).map_err(|error| error.to_string())?;
        let model = self.0.load(onnx).map_err(|error| error.to_string())?;
        let worst = disagreement(&model, &vectors).map_err(|error| error.to_string())?;
        if worst > AGREEMENT {
            problems.push(format!(
                "on {engine} a probability of its test vectors is {worst:e} from candle's, {AGREEMENT:e} is allowed: score with --provider cpu or another ONNX Runtime, then ask for a training with `butterquant train`"
            ));
        }
        let Some(row) = vectors.first().map(|vector| vector.features.map(f64::from)) else {
            return Ok(0);
        };
        let took = latency(&model, &row)?;
        if took > BUDGET {
            problems.push(format!(
                "on {engine} a row takes {took:?} in the median, {BUDGET:?} is allowed: give the retrainer a faster or less busy machine (`butterquant model bench` measures it), then ask for a training with `butterquant train`"
            ));
        }
        Ok(vectors.len())
    }
}

fn latency(model: &Model, row: &[f64; FEATURES]) -> Result<Duration, String> {
    let mut took = Vec::with_capacity(ROWS);
    for _ in 0..ROWS {
        let begun = Instant::now();
        model.score(std::slice::from_ref(row)).map_err(|error| error.to_string())?;
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    Ok(took[ROWS / 2])
}

#[cfg(test)]
mod tests {
    use super::*;
    use success::{Contract, Row, TrainSettings, train};

    #[test]
    fn a_model_is_tried_on_its_own_test_vectors_and_what_is_none_is_refused() {
        let row = |n: i32| {
            let value = |f: usize| f64::from((n * 31 + 7 * f as i32) % 97) / 97.0;
            let features = std::array::from_fn(value);
            let class = (n % 4) as u8;
            let (scan_day, roi) = (n / 20, f64::from(n % 4) - 1.0);
            Row {
                features,
                class,
                roi,
                scan_day,
                evaluation_day: scan_day + 1,
                weight: 1.0,
                score: None,
            }
        };
        let rows: Vec<Row> = (0..1_000).map(row).collect();
        let contract = Contract { version: quant::CONTRACT_VERSION, names: &quant::FEATURE_NAMES };
        let quick = TrainSettings { epochs: 1, ..TrainSettings::default() };
        let trained = train(&rows, &contract, &quick, &mut |_, _| {}).unwrap();

        let trial = OnEngine(Engine::candle());
        let found = trial.tried(&trained.onnx);
        assert_eq!(found.problems, Vec::<String>::new());
        assert!(found.said.starts_with("candle-cpu gives what candle gave on 16 test vectors"));
        let found = trial.tried(&trained.onnx[..1_000]);
        assert!(found.problems[0].starts_with("it cannot be used on candle-cpu"), "{found:?}");
    }
}
