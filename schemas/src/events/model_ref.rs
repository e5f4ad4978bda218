//! The name of a model.

use serde::{Deserialize, Serialize};

/// A version of the model.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ModelRef {
    /// 1, 2, 3 …
    pub version: i64,
    /// SHA-256 of its ONNX bytes.
    pub sha256: String,
}
