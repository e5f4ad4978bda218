//! The acceptance test of a model on this process's engine, before the gate lets it pass: its bytes
//! load, the engine reproduces candle's results on the model's own test vectors, and a row is fast
//! enough.

use consumers::retrainer::{AcceptanceReport, AcceptanceTest};
use schemas::contract::FEATURES;
use std::time::{Duration, Instant};
use success::{AGREEMENT, Engine, Model, TestVector, disagreement, test_vectors};

/// The median time allowed for a single row: far above what any engine needs, so that a busy
/// machine decides nothing; the candidates of a day then take a tenth of a second.
const BUDGET: Duration = Duration::from_millis(1);
/// Rows that are timed.
const ROWS: usize = 101;
/// How to get another challenger.
const AGAIN: &str = "then ask for a training with `butterquant train`";

/// Tests models on an engine.
pub struct EngineAcceptance {
    engine: Engine,
    budget: Duration,
}

impl EngineAcceptance {
    /// Tests models on `engine`.
    pub fn new(engine: Engine) -> EngineAcceptance {
        EngineAcceptance { engine, budget: BUDGET }
    }

    /// What is wrong with the model, given the test vectors that candle computed.
    fn problems(&self, onnx: &[u8], vectors: &[TestVector]) -> Result<Vec<String>, String> {
        let (engine, budget) = (self.engine.provider(), self.budget);
        let model = self.engine.load(onnx).map_err(|error| error.to_string())?;
        let worst = disagreement(&model, vectors).map_err(|error| error.to_string())?;
        let mut problems = Vec::new();
        if worst > AGREEMENT {
            problems.push(format!(
                "on {engine} a probability of its test vectors is {worst:e} from candle's, {AGREEMENT:e} is allowed: score with --provider candle or another ONNX Runtime, {AGAIN}"
            ));
        }
        if let Some(vector) = vectors.first() {
            let took = latency(&model, &vector.features.map(f64::from))?;
            if took > budget {
                problems.push(format!(
                    "on {engine} a row takes {took:?} in the median, {budget:?} is allowed: give the retrainer a faster or less busy machine (`butterquant model bench` measures it), {AGAIN}"
                ));
            }
        }
        Ok(problems)
    }
}

impl AcceptanceTest for EngineAcceptance {
    fn run(&self, onnx: &[u8]) -> AcceptanceReport {
        let engine = self.engine.provider();
        let vectors = test_vectors(onnx).map_err(|error| error.to_string());
        let found = vectors.and_then(|vectors| {
            let problems = self.problems(onnx, &vectors)?;
            Ok((vectors.len(), problems))
        });
        match found {
            Err(problem) => AcceptanceReport {
                summary: format!("it did not load on {engine}"),
                problems: vec![format!("it cannot be used on {engine}: {problem}")],
            },
            Ok((vectors, problems)) if problems.is_empty() => AcceptanceReport {
                summary: format!(
                    "{engine} gives what candle gave on {vectors} test vectors within {AGREEMENT:e}, and a row in less than {:?}",
                    self.budget
                ),
                problems,
            },
            Ok((vectors, problems)) => AcceptanceReport {
                summary: format!("tried on {engine} with {vectors} test vectors"),
                problems,
            },
        }
    }
}

fn latency(model: &Model, row: &[f64; FEATURES]) -> Result<Duration, String> {
    let mut took = Vec::with_capacity(ROWS);
    for _ in 0..ROWS {
        let start = Instant::now();
        model.score(std::slice::from_ref(row)).map_err(|error| error.to_string())?;
        took.push(start.elapsed());
    }
    took.sort_unstable();
    Ok(took[ROWS / 2])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::OnceLock;
    use success::{LabelledRow, ProviderChoice, TrainSettings, train};

    /// A model of rows without any signal.
    fn onnx() -> &'static [u8] {
        static ONNX: OnceLock<Vec<u8>> = OnceLock::new();
        let row = |n: i32| {
            let value = |f: usize| f64::from((n * 31 + 7 * f as i32) % 97) / 97.0;
            let features = std::array::from_fn(value);
            let class = (n % 4) as u8;
            let (scan_day, roi) = (n / 20, f64::from(n % 4) - 1.0);
            LabelledRow {
                features,
                class,
                roi,
                scan_day,
                evaluation_day: scan_day + 1,
                weight: 1.0,
                score: None,
            }
        };
        ONNX.get_or_init(|| {
            let rows: Vec<LabelledRow> = (0..1_000).map(row).collect();
            let quick = TrainSettings { epochs: 1, ..TrainSettings::default() };
            let trained =
                train(&rows, &schemas::contract::CONTRACT, &quick, &mut |_, _| {}).unwrap();
            trained.onnx
        })
    }

    /// candle, and ONNX Runtime if this machine has it.
    fn engines() -> [Engine; 2] {
        [Engine::candle(), Engine::discover(ProviderChoice::Cpu, None, &[]).unwrap()]
    }

    #[test]
    fn a_model_is_tried_on_its_own_test_vectors_and_what_is_none_is_refused() {
        for engine in engines() {
            // This test is not about speed, and the machine may be busy.
            let acceptance = EngineAcceptance { engine, budget: Duration::from_secs(1) };
            let name = acceptance.engine.provider();
            let found = acceptance.run(onnx());
            assert_eq!(found.problems, Vec::<String>::new());
            let expected =
                format!("{name} gives what candle gave on 16 test vectors within 1e-5, and");
            assert!(found.summary.starts_with(&expected), "{found:?}");
            let found = acceptance.run(&onnx()[..1_000]);
            assert_eq!(found.summary, format!("it did not load on {name}"));
            let [problem] = &found.problems[..] else { panic!("{found:?}") };
            assert!(problem.starts_with(&format!("it cannot be used on {name}: ")), "{problem}");
        }
    }

    #[test]
    fn an_engine_that_gives_other_probabilities_than_candle_gave_is_refused() {
        let mut vectors = test_vectors(onnx()).unwrap();
        vectors[7].probabilities[2] += 1e-3;
        for engine in engines() {
            let acceptance = EngineAcceptance { engine, budget: Duration::from_secs(1) };
            let name = acceptance.engine.provider();
            let problems = acceptance.problems(onnx(), &vectors).unwrap();
            let [problem] = &problems[..] else { panic!("{problems:?}") };
            let begins = format!("on {name} a probability of its test vectors is ");
            assert!(problem.starts_with(&begins), "{problem}");
            assert!(problem.contains("from candle's, 1e-5 is allowed: score with"), "{problem}");
        }
    }

    #[test]
    fn an_engine_that_takes_longer_than_allowed_is_refused() {
        for engine in engines() {
            let acceptance = EngineAcceptance { engine, budget: Duration::ZERO };
            let name = acceptance.engine.provider();
            let found = acceptance.run(onnx());
            assert_eq!(found.summary, format!("tried on {name} with 16 test vectors"));
            let [problem] = &found.problems[..] else { panic!("{found:?}") };
            assert!(problem.starts_with(&format!("on {name} a row takes ")), "{problem}");
            assert!(problem.contains("0ns is allowed: give the retrainer a faster"), "{problem}");
        }
        assert_eq!(EngineAcceptance::new(Engine::candle()).budget, Duration::from_millis(1));
    }
}
