//! `models`: every version of the model, and the versions in force.

use super::query::ViewQuery;
use anyhow::Result;
use schemas::Day;
use schemas::events::ModelRef;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Views;
use store::views::{AliasChange, ModelCard, ModelHistory, ModelRefusal};
use success::{Assessment, Metrics};

/// Asks for every version of the model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ModelsQuery;

/// The models of a run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ModelsView {
    /// The last day the views contain.
    pub through: Option<Day>,
    /// The champion in force.
    pub champion: Option<ModelRef>,
    /// The challenger watched.
    pub challenger: Option<ModelRef>,
    /// By version.
    pub models: Vec<ModelRow>,
    /// Changes of the aliases, in log order.
    pub changes: Vec<AliasChange>,
}

/// The status of a version.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelStatus {
    /// In force.
    Champion,
    /// Watched.
    Challenger,
    /// Its training was triggered and has not ended.
    #[serde(rename = "in training")]
    InTraining,
    /// The gate or an operator refused it.
    Refused,
    /// It was in force or watched earlier.
    Past,
}

impl ModelStatus {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            ModelStatus::Champion => "champion",
            ModelStatus::Challenger => "challenger",
            ModelStatus::InTraining => "in training",
            ModelStatus::Refused => "refused",
            ModelStatus::Past => "past",
        }
    }

    fn of(card: &ModelCard, models: &ModelHistory) -> ModelStatus {
        let holds = |alias: &Option<ModelRef>| {
            alias.as_ref().is_some_and(|model| model.version == card.version)
        };
        if holds(&models.champion) {
            ModelStatus::Champion
        } else if holds(&models.challenger) {
            ModelStatus::Challenger
        } else if !card.refusals.is_empty() {
            ModelStatus::Refused
        } else if card.sha256.is_none() {
            ModelStatus::InTraining
        } else {
            ModelStatus::Past
        }
    }
}

/// A version of the model.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ModelRow {
    /// 1, 2, 3 …
    pub version: i64,
    /// Its status.
    #[serde(rename = "standing")]
    pub status: ModelStatus,
    /// SHA-256 of its ONNX bytes; none before it is trained.
    pub sha256: Option<String>,
    /// The rule that triggered its training.
    pub rule: Option<String>,
    /// The figures that fired the rule.
    pub evidence: Option<String>,
    /// The day of the trigger.
    pub triggered_on: Option<Day>,
    /// The day its training ended.
    pub trained_on: Option<Day>,
    /// Whether it passed the gate.
    pub passed: Option<bool>,
    /// The gate's figures, in sentences.
    pub verdict: Vec<String>,
    /// The reasons against it, by day.
    pub refusals: Vec<ModelRefusal>,
    /// Metrics, parents and provenance; none if the manifest is not JSON, which `model verify`
    /// reports while everything else is still shown.
    pub manifest: Option<Value>,
}

impl ModelRow {
    fn of(card: &ModelCard, models: &ModelHistory) -> ModelRow {
        ModelRow {
            version: card.version,
            status: ModelStatus::of(card, models),
            sha256: card.sha256.clone(),
            rule: card.rule.clone(),
            evidence: card.evidence.clone(),
            triggered_on: card.triggered_on,
            trained_on: card.trained_on,
            passed: card.passed,
            verdict: card.verdict.clone(),
            refusals: card.refusals.clone(),
            manifest: card.manifest.as_deref().and_then(|text| serde_json::from_str(text).ok()),
        }
    }

    /// Its figures on the validation part of its training rows.
    pub fn validation(&self) -> Option<Metrics> {
        Metrics::deserialize(self.manifest.as_ref()?.pointer("/model/metrics")?).ok()
    }

    /// Its figures on the held-out days of the gate.
    pub fn held_out(&self) -> Option<Assessment> {
        Assessment::deserialize(self.manifest.as_ref()?.get("held_out_metrics")?).ok()
    }
}

impl ViewQuery for ModelsQuery {
    type Answer = ModelsView;

    fn path(&self) -> String {
        "/views/models".to_owned()
    }

    fn answer(&self, views: &Views) -> Result<ModelsView> {
        let models = views.models()?;
        Ok(ModelsView {
            through: views.through()?,
            models: models.cards.values().map(|card| ModelRow::of(card, &models)).collect(),
            champion: models.champion,
            challenger: models.challenger,
            changes: models.changes,
        })
    }
}
