//! Loaded models, shared by a process's scorers: each is loaded once, by its bytes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use success::{Engine, Model};

type Loaded = Result<Arc<Model>, String>;

/// Loads models and keeps them.
pub struct Loader {
    engine: Engine,
    loaded: Mutex<BTreeMap<String, Loaded>>,
}

impl Loader {
    /// A loader for `engine`.
    pub fn new(engine: Engine) -> Loader {
        Loader { engine, loaded: Mutex::default() }
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
