//! How long a training with its assessments takes, and how long PyTorch takes for the same network.

pub(crate) mod pytorch;
pub(crate) mod rows;

use crate::bench::machine::cpu_seconds;
use anyhow::Result;
use rows::Rows;
use schemas::contract::CONTRACT;
use serde::Serialize;
use std::time::Instant;
use success::{Manifest, TrainSettings, train_and_assess};

/// The fastest of several trainings on the same rows.
#[derive(Serialize)]
pub(crate) struct Training {
    /// Wall time of every training, in their order.
    pub seconds: Vec<f64>,
    /// The fastest.
    pub best_seconds: f64,
    /// CPU time of all of them, per training; on one thread not above the wall time.
    pub cpu_seconds: f64,
    pub parts: Parts,
    pub epochs_run: u32,
    pub best_epoch: u32,
    pub network_log_loss: f64,
    pub logistic_log_loss: f64,
}

/// The parts of the fastest, in seconds, as its progress tells them apart.
#[derive(Serialize, Clone, Copy)]
pub(crate) struct Parts {
    /// Rows checked and sorted, the regressions of five ridge penalties.
    pub until_network: f64,
    /// Epochs of the network, each judged on the validation days.
    pub choosing_epochs: f64,
    /// Regression and network on all rows, the assessments, the model's bytes.
    pub on_all_rows: f64,
}

/// Trains `runs` times.
///
/// # Errors
/// The rows cannot be trained on.
pub(crate) fn measure(
    rows: &Rows,
    settings: &TrainSettings,
    runs: u32,
    done: &mut dyn FnMut(u64),
) -> Result<Training> {
    let cpu = cpu_seconds();
    let (mut seconds, mut best) = (Vec::new(), None::<(f64, Parts, Manifest)>);
    for run in 0..runs {
        let (whole, parts, manifest) = once(rows, settings)?;
        seconds.push(whole);
        if best.as_ref().is_none_or(|(least, ..)| whole < *least) {
            best = Some((whole, parts, manifest));
        }
        done(u64::from(run) + 1);
    }
    let cpu_seconds = (cpu_seconds() - cpu) / f64::from(runs);
    let (best_seconds, parts, manifest) = best.ok_or_else(|| anyhow::anyhow!("no run was made"))?;
    Ok(Training {
        seconds,
        best_seconds,
        cpu_seconds,
        parts,
        epochs_run: manifest.epochs_run,
        best_epoch: manifest.best_epoch,
        network_log_loss: manifest.network_log_loss,
        logistic_log_loss: manifest.logistic_log_loss,
    })
}

fn once(rows: &Rows, settings: &TrainSettings) -> Result<(f64, Parts, Manifest)> {
    let start = Instant::now();
    // Called after every epoch of the choosing, and once more when it is over.
    let mut calls = Vec::new();
    let mut progress = |_, _| calls.push(start.elapsed().as_secs_f64());
    let (trained, _) =
        train_and_assess(&rows.known, &rows.held_out, &CONTRACT, settings, &mut progress)?;
    let whole = start.elapsed().as_secs_f64();
    let (first, last) = (calls.first().copied(), calls.last().copied());
    let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
    // The first call comes after one epoch; it took as long as the others.
    let epochs = calls.len().saturating_sub(1).max(1) as f64;
    let epoch = (last - first) / (epochs - 1.0).max(1.0);
    let until_network = (first - epoch).max(0.0);
    let parts =
        Parts { until_network, choosing_epochs: last - until_network, on_all_rows: whole - last };
    Ok((whole, parts, trained.manifest))
}
