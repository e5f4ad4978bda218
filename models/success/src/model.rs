//! A loaded model: it checks input and output, and turns probabilities into a score. The engine
//! that multiplies the matrices is hidden here.

use crate::candle_scorer::CandleScorer;
use crate::hex::hex;
use crate::judged::likeliest;
use crate::layers::Layers;
use crate::manifest::Manifest;
use crate::onnx::{self, MAX_ONNX_BYTES};
use crate::ort_scorer::OrtScorer;
use schemas::contract::{CLASSES, FEATURES, FeatureContract, MAX_LOSS};
use sha2::{Digest, Sha256};

/// A model's answer for one candidate.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ModelScore {
    /// Probability of each class; they add to 1.
    pub probabilities: [f32; CLASSES],
    /// Expected return on the capital at risk, as a fraction.
    pub expected_roi: f64,
    /// The likeliest class; the lower number on a tie.
    pub class: u8,
}

/// Why bytes are not a usable model.
#[derive(thiserror::Error, Debug, Clone, PartialEq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what each field is")]
pub enum ModelError {
    #[error(
        "the model is {bytes} bytes long, at most {MAX_ONNX_BYTES} are allowed: take it from the `models` topic again"
    )]
    TooLarge { bytes: usize },
    #[error(
        "the model cannot be used: {problem}; take it from the `models` topic again, or train a new one"
    )]
    Damaged { problem: String },
    #[error(
        "the model's manifest cannot be used: {problem}; train a new model with this version of ButterQuant"
    )]
    Manifest { problem: String },
    #[error(
        "the model was trained on feature contract {model} and is asked with contract {asked}: \
         train a new model on the contract in force"
    )]
    Contract { model: u32, asked: u32 },
    #[error(
        "feature {position} of the model is {model} and of contract {version} is {asked}: train \
         a new model on the contract in force"
    )]
    FeatureName { position: usize, version: u32, model: String, asked: String },
    #[error(
        "{engine} refused a sound model: {problem}; score with --provider candle, and report it"
    )]
    Engine { engine: String, problem: String },
}

/// Why rows could not be scored.
#[derive(thiserror::Error, Debug, Clone, PartialEq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what each field is")]
pub enum ScoreError {
    #[error("row {row}: feature {feature} is {value}; refuse this candidate and score the others")]
    NotFinite { row: usize, feature: String, value: f64 },
    #[error(
        "row {row}: the model answered {probabilities:?}, which are not probabilities; roll back to the previous model"
    )]
    NoProbabilities { row: usize, probabilities: [f32; CLASSES] },
    #[error("the engine failed: {problem}; load the model again, or score with --provider candle")]
    Engine { problem: String },
}

/// The engine that multiplies the matrices.
pub(crate) enum Scorer {
    Candle(CandleScorer),
    Ort(OrtScorer),
}

/// A model ready to score, from any thread.
pub struct Model {
    scorer: Scorer,
    manifest: Manifest,
    sha256: String,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model").field("sha256", &self.sha256).finish_non_exhaustive()
    }
}

impl Model {
    /// Checks all bytes before any engine sees them, then lets `start` create the scorer.
    pub(crate) fn load(
        bytes: &[u8],
        start: impl FnOnce(&Layers, &[u8]) -> Result<Scorer, ModelError>,
    ) -> Result<Model, ModelError> {
        let (layers, manifest) = opened(bytes)?;
        let scorer = start(&layers, bytes)?;
        Ok(Model { scorer, manifest, sha256: hex(&Sha256::digest(bytes)) })
    }

    /// The manifest of a model's bytes, after a full check without an engine: seal, shape, weights,
    /// manifest and contract. The same answer on every machine.
    ///
    /// # Errors
    /// They are not a model that may be asked with features of `contract`.
    pub fn check(bytes: &[u8], contract: &FeatureContract<'_>) -> Result<Manifest, ModelError> {
        let (_, manifest) = opened(bytes)?;
        fits(&manifest, contract)?;
        Ok(manifest)
    }

    /// The model's description of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// SHA-256 of the ONNX bytes, hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Whether the model may be asked with features of this contract.
    pub fn check_contract(&self, contract: &FeatureContract<'_>) -> Result<(), ModelError> {
        fits(&self.manifest, contract)
    }

    /// Scores rows of 23 features in the order of the contract.
    ///
    /// A row's score has the same bits whichever rows are scored with it. A feature that is
    /// not finite, also in `f32`, is an error that names row and feature; nothing is scored.
    pub fn score(&self, rows: &[[f64; FEATURES]]) -> Result<Vec<ModelScore>, ScoreError> {
        let mut narrow = Vec::with_capacity(rows.len());
        for (position, row) in rows.iter().enumerate() {
            let values = row.map(|value| value as f32);
            if let Some(feature) = values.iter().position(|value| !value.is_finite()) {
                return Err(ScoreError::NotFinite {
                    row: position,
                    feature: self.manifest.feature_names[feature].clone(),
                    value: row[feature],
                });
            }
            narrow.push(values);
        }
        let answers = match &self.scorer {
            Scorer::Candle(scorer) => scorer.probabilities(&narrow).map_err(|e| e.to_string()),
            Scorer::Ort(scorer) => scorer.probabilities(&narrow),
        }
        .map_err(|problem| ScoreError::Engine { problem })?;
        if answers.len() != rows.len() {
            let problem = format!("it answered {} of {} rows", answers.len(), rows.len());
            return Err(ScoreError::Engine { problem });
        }
        answers
            .into_iter()
            .zip(rows)
            .enumerate()
            .map(|(row, (probabilities, features))| {
                let inside = probabilities.iter().all(|p| (0.0..=1.0).contains(p));
                if !inside || (probabilities.iter().sum::<f32>() - 1.0).abs() > 1e-3 {
                    return Err(ScoreError::NoProbabilities { row, probabilities });
                }
                Ok(ModelScore {
                    probabilities,
                    expected_roi: self.manifest.expected_roi(&probabilities, features[MAX_LOSS]),
                    class: likeliest(&probabilities.map(f64::from)),
                })
            })
            .collect()
    }
}

/// The weights and the manifest in a model's bytes.
pub(crate) fn opened(bytes: &[u8]) -> Result<(Layers, Manifest), ModelError> {
    if bytes.len() > MAX_ONNX_BYTES {
        return Err(ModelError::TooLarge { bytes: bytes.len() });
    }
    let (layers, metadata) =
        onnx::decode(bytes).map_err(|problem| ModelError::Damaged { problem })?;
    let found = metadata.iter().find(|(key, _)| key == "manifest");
    let (_, json) =
        found.ok_or_else(|| ModelError::Manifest { problem: "it is missing".into() })?;
    let manifest: Manifest = serde_json::from_str(json)
        .map_err(|error| ModelError::Manifest { problem: error.to_string() })?;
    manifest.check().map_err(|problem| ModelError::Manifest { problem })?;
    Ok((layers, manifest))
}

fn fits(manifest: &Manifest, contract: &FeatureContract<'_>) -> Result<(), ModelError> {
    let model = manifest.contract_version;
    if model != contract.version {
        return Err(ModelError::Contract { model, asked: contract.version });
    }
    for (position, (model, asked)) in manifest.feature_names.iter().zip(contract.names).enumerate()
    {
        if model != asked {
            return Err(ModelError::FeatureName {
                position,
                version: contract.version,
                model: model.clone(),
                asked: (*asked).to_owned(),
            });
        }
    }
    Ok(())
}
