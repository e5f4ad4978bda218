//! Which provider runs each step of a model: read from the profile of a session that ran, because
//! what was asked for, and what is compiled in, need not be what runs.

use schemas::contract::FEATURES;
use serde::Serialize;
use serde_json::Value;
use std::path::Path;

/// One step of a model as it ran.
#[derive(Serialize, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Step {
    /// Its name; the engine may have joined several steps of the file into one.
    pub node: String,
    /// What it does.
    pub operator: String,
    /// What ran it, as ONNX Runtime calls it, or `candle`.
    pub provider: String,
}

/// Rows that are run for a profile.
pub(crate) const ROWS: [[f32; FEATURES]; 2] = [[0.25; FEATURES]; 2];

/// The steps in a profile that ONNX Runtime wrote, in the order in which they first ran.
pub(crate) fn steps(profile: &Path) -> Result<Vec<Step>, String> {
    let text = std::fs::read_to_string(profile)
        .map_err(|error| format!("its profile {} cannot be read: {error}", profile.display()))?;
    let entries: Vec<Value> = serde_json::from_str(&text)
        .map_err(|error| format!("its profile {} is no JSON: {error}", profile.display()))?;
    let mut steps: Vec<Step> = Vec::new();
    for entry in entries.iter().filter(|entry| entry["cat"] == "Node") {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let provider = text(&entry["args"]["provider"]);
        let step = Step {
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
