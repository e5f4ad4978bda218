//! Loaded models, shared by a process's scorers: each is loaded once, by its bytes.

use schemas::contract::FEATURES;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use success::{Engine, Model, ModelScore, ScoreError};

type Loaded = Result<Arc<Model>, String>;

/// Measures a call of the engine: called before it, and what it returns with the number of rows after it. The clock is
/// the caller's; scores do not depend on it.
pub type CallTimer = Arc<dyn Fn() -> Box<dyn FnOnce(usize)> + Send + Sync>;

/// Loads models and keeps them.
pub struct Loader {
    engine: Engine,
    loaded: Mutex<BTreeMap<String, Loaded>>,
    timer: Option<CallTimer>,
}

impl Loader {
    /// A loader for `engine`.
    pub fn new(engine: Engine) -> Loader {
        Loader { engine, loaded: Mutex::default(), timer: None }
    }

    /// The same, but each call of the engine is measured.
    pub fn timed_by(self, timer: CallTimer) -> Loader {
        Loader { timer: Some(timer), ..self }
    }

    /// The scores of `rows` by a model that was loaded here.
    pub(crate) fn score(
        &self,
        model: &Model,
        rows: &[[f64; FEATURES]],
    ) -> Result<Vec<ModelScore>, ScoreError> {
        let done = self.timer.as_ref().map(|timer| timer());
        let scores = model.score(rows);
        if let Some(done) = done {
            done(rows.len());
        }
        scores
    }

    /// The engine's provider: `onnxruntime-cpu`, …
    pub fn provider(&self) -> &str {
        self.engine.provider()
    }

    /// The model of `onnx`, whose hash is `sha256`, or why the engine cannot use it.
    pub(crate) fn load(&self, version: i64, sha256: &str, onnx: &[u8]) -> Loaded {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = loaded.get(sha256) {
            return known.clone();
        }
        let model = self
            .engine
            .load(onnx)
            .map(Arc::new)
            .map_err(|error| format!("model v{version}: {error}"));
        loaded.insert(sha256.to_owned(), model.clone());
        model
    }
}
