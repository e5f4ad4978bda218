//! The provider that runs each step of a model, read from the profile of a session that ran: the
//! provider asked for, or compiled in, need not be the one that runs.

use schemas::contract::FEATURES;
use serde::Serialize;
use serde_json::Value;
use std::path::Path;

/// One step of a model as it ran.
#[derive(Serialize, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct PlacedStep {
    /// Its name; the engine may have fused several steps of the file into one.
    pub node: String,
    /// Its operation.
    pub operator: String,
    /// The provider that ran it, by ONNX Runtime's name, or `candle`.
    pub provider: String,
}

/// Rows to run for a profile.
pub(crate) const ROWS: [[f32; FEATURES]; 2] = [[0.25; FEATURES]; 2];

/// The steps in a profile that ONNX Runtime wrote, in the order of their first run.
pub(crate) fn steps(profile: &Path) -> Result<Vec<PlacedStep>, String> {
    let text = std::fs::read_to_string(profile)
        .map_err(|error| format!("its profile {} cannot be read: {error}", profile.display()))?;
    let entries: Vec<Value> = serde_json::from_str(&text)
        .map_err(|error| format!("its profile {} is not valid JSON: {error}", profile.display()))?;
    let mut steps: Vec<PlacedStep> = Vec::new();
    for entry in entries.iter().filter(|entry| entry["cat"] == "Node") {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let provider = text(&entry["args"]["provider"]);
        let step = PlacedStep {
            node: text(&entry["name"]).trim_end_matches("_kernel_time").to_owned(),
            operator: text(&entry["args"]["op_name"]),
            provider,
        };
        if !step.provider.is_empty() && !steps.contains(&step) {
            steps.push(step);
        }
    }
    if steps.is_empty() {
        return Err("its profile names no step".into());
    }
    Ok(steps)
}
