//! PyTorch on the same rows: the script beside this file, run by the Python that is given.

use super::Training;
use super::rows::Rows;
use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::process::{Command, Stdio};
use success::TrainSettings;

const SCRIPT: &str = include_str!("pytorch.py");
/// The script's exit code where PyTorch or NumPy cannot be imported.
const CANNOT_IMPORT: i32 = 3;

/// What PyTorch took.
#[derive(Serialize, Deserialize)]
pub(crate) struct PyTorch {
    /// Its version.
    pub version: String,
    /// Wall time of every training, in their order.
    pub seconds: Vec<f64>,
    /// The fastest.
    pub best_seconds: f64,
    /// After as many epochs as this program's network, on the same validation days.
    pub network_log_loss: f64,
}

/// Trains as often as this program did, for the same epochs. The other case is a sentence: why there is no
/// PyTorch here, and how to get one.
///
/// # Errors
/// The script fails.
pub(crate) fn measure(
    python: &str,
    rows: &Rows,
    settings: &TrainSettings,
    own: &Training,
) -> Result<Result<PyTorch, String>> {
    let task = serde_json::json!({
        "settings": settings,
        "epochs_run": own.epochs_run,
        "best_epoch": own.best_epoch,
        "runs": own.seconds.len(),
    });
    let mut command = Command::new(python);
    command.args(["-c", SCRIPT]).arg(task.to_string());
    // Read by the libraries when they are loaded.
    for threads in ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"] {
        command.env(threads, "1");
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Ok(Err(without(python, &format!("it cannot be run: {error}")))),
    };
    let sent = match child.stdin.take() {
        Some(mut stdin) => stdin.write_all(rows.csv()?.as_bytes()),
        None => bail!("{python} has no input"),
    };
    let ended = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&ended.stderr);
    if ended.status.code() == Some(CANNOT_IMPORT) {
        return Ok(Err(without(python, said.trim())));
    }
    ensure!(ended.status.success(), "{python} failed while training with PyTorch: {}", said.trim());
    sent.with_context(|| format!("{python} did not read the rows"))?;
    let found = serde_json::from_slice(&ended.stdout);
    Ok(Ok(found.with_context(|| format!("what {python} printed is not the script's result"))?))
}

fn without(python: &str, why: &str) -> String {
    format!(
        "not compared with PyTorch, {python}: {why}. To compare: `python3 -m venv .venv`, `.venv/bin/pip \
         install numpy torch --index-url https://download.pytorch.org/whl/cpu --extra-index-url \
         https://pypi.org/simple`, then --python .venv/bin/python"
    )
}
