//! Rows in, a model out: both candidates are trained on the same rows, the network is shipped
//! if its validation log loss is clearly lower, and the manifest records which and by how much.
//!
//! The validation days choose kind, ridge penalty and number of epochs; then everything is trained
//! once more on every row. Without that no model would have seen the newest days, and its
//! predictions would be off by as much as class shares move in the meantime.

use crate::assess::assess;
use crate::assessment::Assessment;
use crate::candle_scorer::CandleScorer;
use crate::drift::{DriftReference, DriftRow};
use crate::fitting::{Part, share};
use crate::hex::hex;
use crate::judged::{Judged, mean_over_days, row_log_loss};
use crate::layers::Layers;
use crate::logistic::Logistic;
use crate::manifest::{CLEARLY, Manifest, ModelKind, roi_table};
use crate::metrics::measure;
use crate::model::{ModelError, opened};
use crate::network::Network;
use crate::onnx::{self, MAX_ONNX_BYTES};
use crate::prepare::{Prepared, prepare};
use crate::row::LabelledRow;
use crate::settings::{TrainError, TrainSettings, check};
use crate::vectors::{DRIFT_REFERENCE, TEST_VECTORS, vectors};
use schemas::contract::{CLASS_NAMES, CLASSES, FEATURES, FeatureContract};
use sha2::{Digest, Sha256};

/// Ridge penalties tried, strongest first; the first is nearly the class prior.
const RIDGES: [f64; 5] = [10.0, 1.0, 0.1, 0.01, 0.001];

/// A trained model, ready to travel.
#[derive(Clone, PartialEq, Debug)]
pub struct Trained {
    /// The model; at most [`MAX_ONNX_BYTES`].
    pub onnx: Vec<u8>,
    /// SHA-256 of `onnx`, hexadecimal.
    pub sha256: String,
    /// The model's description of itself; also inside `onnx`.
    pub manifest: Manifest,
}

impl Trained {
    /// A trained model, from its bytes.
    ///
    /// # Errors
    /// The bytes are not a sound model.
    pub fn of(onnx: Vec<u8>) -> Result<Trained, ModelError> {
        let (_, manifest) = opened(&onnx)?;
        Ok(Trained { sha256: hex(&Sha256::digest(&onnx)), onnx, manifest })
    }
}

/// Trains on `rows`; `progress` is called with epochs done and epochs at most.
///
/// Less than a second for 10,000 rows on one core (`butterquant bench train`). Errors name the row, feature or setting.
pub fn train(
    rows: &[LabelledRow],
    contract: &FeatureContract<'_>,
    settings: &TrainSettings,
    progress: &mut dyn FnMut(u32, u32),
) -> Result<Trained, TrainError> {
    Ok(train_and_assess(rows, &[], contract, settings, progress)?.0)
}

/// Trains on `rows` and judges model and baselines on the `held_out` rows, if there are any.
/// Errors as [`train`].
pub fn train_and_assess(
    rows: &[LabelledRow],
    held_out: &[LabelledRow],
    contract: &FeatureContract<'_>,
    settings: &TrainSettings,
    progress: &mut dyn FnMut(u32, u32),
) -> Result<(Trained, Option<Assessment>), TrainError> {
    check(settings)?;
    let prepared = prepare(rows, contract, settings.minimum_rows, settings.validation_share)?;
    let rows = &prepared.rows;
    let judge = Judge::new(&prepared);

    let early = Part::new(prepared.fit.iter().map(|&i| &rows[i]).collect(), contract)?;
    let (linear, ridge, logistic_log_loss) = best_logistic(&early, &judge)?;
    let Deep { layers: deep, log_loss: network_log_loss, best_epoch, epochs_run } =
        best_epoch(&early, &judge, settings, progress)?;
    let kind = if network_log_loss < logistic_log_loss - CLEARLY {
        ModelKind::Network
    } else {
        ModelKind::Logistic
    };
    let candidates = early.baselines(linear, deep)?;
    let judged = judge.judged(&CandleScorer::new(candidates.of(kind))?)?;

    let all = Part::new(rows.iter().collect(), contract)?;
    let linear = all.layers(Logistic::zero().fit(&all.sample(), ridge));
    let deep = all.network(settings, best_epoch)?;
    let shipped = all.baselines(linear, deep)?;
    let layers = shipped.of(kind);
    layers.check().map_err(|problem| TrainError::Unusable { problem })?;
    let (max_loss_thirds, class_roi) = roi_table(rows);
    let mut manifest = Manifest {
        contract_version: contract.version,
        feature_names: contract.names.iter().map(|name| (*name).to_owned()).collect(),
        kind,
        rows: rows.len() as u64,
        fitted_rows: prepared.fit.len() as u64,
        validation_rows: prepared.validation.len() as u64,
        days: prepared.days as u32,
        first_day: rows.first().map_or(0, |row| row.scan_day),
        last_day: rows.last().map_or(0, |row| row.scan_day),
        last_evaluation_day: rows.iter().map(|row| row.evaluation_day).max().unwrap_or(0),
        validation_first_day: prepared.validation_first_day,
        data_sha256: prepared.sha256.clone(),
        seed: settings.seed,
        settings: settings.clone(),
        epochs_run,
        best_epoch,
        network_log_loss,
        logistic_log_loss,
        ridge,
        metrics: measure(&judged, &candidates.prior),
        class_prior: shipped.prior,
        class_roi,
        max_loss_thirds,
    };
    let validation: Vec<LabelledRow> =
        prepared.validation.iter().map(|&i| rows[i].clone()).collect();
    manifest.metrics.assessment = Some(assess(&validation, kind, &candidates, &manifest)?);
    let judge = || assess(held_out, kind, &shipped, &manifest);
    let held_out = (!held_out.is_empty()).then(judge).transpose()?;
    Ok((seal(layers, rows, contract, manifest)?, held_out))
}

/// The network at its best epoch.
struct Deep {
    layers: Layers,
    log_loss: f64,
    best_epoch: u32,
    epochs_run: u32,
}

/// Trains until the validation log loss has not fallen for `patience` epochs.
fn best_epoch(
    part: &Part<'_>,
    judge: &Judge,
    settings: &TrainSettings,
    progress: &mut dyn FnMut(u32, u32),
) -> Result<Deep, TrainError> {
    let mut network = Network::new(settings)?;
    let layers = network.layers(&part.scaler)?;
    let mut best = Deep { layers, log_loss: f64::INFINITY, best_epoch: 0, epochs_run: 0 };
    for epoch in 0..settings.epochs {
        network.epoch(&part.sample(), settings, share(epoch, settings))?;
        best.epochs_run = epoch + 1;
        progress(best.epochs_run, settings.epochs);
        let layers = network.layers(&part.scaler)?;
        let log_loss = judge.log_loss(&CandleScorer::new(&layers)?)?;
        if log_loss < best.log_loss {
            best = Deep { layers, log_loss, best_epoch: best.epochs_run, ..best };
        } else if best.epochs_run - best.best_epoch >= settings.patience {
            break;
        }
    }
    progress(settings.epochs, settings.epochs);
    Ok(best)
}

pub(crate) fn best_logistic(
    part: &Part<'_>,
    judge: &Judge,
) -> Result<(Layers, f64, f64), TrainError> {
    let mut model = Logistic::zero();
    let mut best: Option<(Layers, f64, f64)> = None;
    for ridge in RIDGES {
        model = model.fit(&part.sample(), ridge);
        let layers = part.layers(model.clone());
        let loss = judge.log_loss(&CandleScorer::new(&layers)?)?;
        if best.as_ref().is_none_or(|(_, _, least)| loss < *least) {
            best = Some((layers, ridge, loss));
        }
    }
    best.ok_or(TrainError::Unusable { problem: "no ridge penalty was tried".into() })
}

/// Puts layers, manifest, test vectors and drift reference into ONNX bytes. The manifest is parsed
/// again from its JSON, so that the trainer reports exactly what a scorer will read.
fn seal(
    layers: &Layers,
    rows: &[LabelledRow],
    contract: &FeatureContract<'_>,
    manifest: Manifest,
) -> Result<Trained, TrainError> {
    let seen: Vec<DriftRow> = rows.iter().map(DriftRow::from).collect();
    let mut metadata = vec![
        ("manifest", serde_json::to_string(&manifest)?),
        ("contract_version", manifest.contract_version.to_string()),
        ("feature_names", manifest.feature_names.join(",")),
        ("class_names", CLASS_NAMES.join(",")),
        ("data_sha256", manifest.data_sha256.clone()),
        ("metrics", serde_json::to_string(&manifest.metrics)?),
        (TEST_VECTORS, serde_json::to_string(&vectors(rows, &CandleScorer::new(layers)?)?)?),
    ];
    if let Some(reference) = DriftReference::of(&seen, contract.names) {
        metadata.push((DRIFT_REFERENCE, serde_json::to_string(&reference)?));
    }
    let manifest = serde_json::from_str(&metadata[0].1)?;
    let onnx = onnx::encode(layers, &metadata);
    if onnx.len() > MAX_ONNX_BYTES {
        return Err(TrainError::TooLarge { bytes: onnx.len() });
    }
    let sha256 = hex(&Sha256::digest(&onnx));
    Ok(Trained { onnx, sha256, manifest })
}

/// The validation rows, ready to judge any candidate.
pub(crate) struct Judge {
    rows: Vec<[f32; FEATURES]>,
    blank: Vec<Judged>,
}

impl Judge {
    pub(crate) fn new(prepared: &Prepared) -> Judge {
        let rows = || prepared.validation.iter().map(|&i| &prepared.rows[i]);
        let blank = |row: &LabelledRow| Judged::of(row, [0.0; CLASSES]);
        Judge {
            rows: rows().map(|row| row.features.map(|value| value as f32)).collect(),
            blank: rows().map(blank).collect(),
        }
    }

    fn judged(&self, scorer: &CandleScorer) -> Result<Vec<Judged>, TrainError> {
        let scores = scorer.probabilities(&self.rows)?;
        let fill = |(row, p): (&Judged, [f32; CLASSES])| Judged {
            probabilities: p.map(f64::from),
            ..*row
        };
        Ok(self.blank.iter().zip(scores).map(fill).collect())
    }

    fn log_loss(&self, scorer: &CandleScorer) -> Result<f64, TrainError> {
        Ok(mean_over_days(&self.judged(scorer)?, row_log_loss))
    }
}
