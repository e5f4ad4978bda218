//! Whether a model works on the engine that will score with it. The answer depends on the machine
//! and its clock, so the test runs in the training's effect, is recorded with its result and is
//! never repeated.

/// What an acceptance test found. Its words are the same in every run of the same model on the
/// same engine, unless something is wrong.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AcceptanceReport {
    /// In a sentence.
    pub summary: String,
    /// Why the model may not be promoted, each with its remedy.
    pub problems: Vec<String>,
}

/// Tests models before the gate judges them.
pub trait AcceptanceTest: Send + Sync {
    /// Tests the model with these ONNX bytes.
    fn run(&self, onnx: &[u8]) -> AcceptanceReport;
}

/// Accepts every model: for candle, which trains, judges and scores it.
pub struct NoAcceptanceTest;

impl AcceptanceTest for NoAcceptanceTest {
    fn run(&self, _: &[u8]) -> AcceptanceReport {
        let summary = "not tested on another engine".to_owned();
        AcceptanceReport { summary, problems: Vec::new() }
    }
}
