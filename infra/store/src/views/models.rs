//! The models that were trained, the gate's verdict on each, and the versions in force: a fold of
//! `models`, and of the rollbacks on `controls` if those are given too.

use schemas::events::{Alias, Controls, DayClosed, ModelRef, ModelTrained, Models};
use schemas::{Body, Day, Event};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A day's reasons against a version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ModelRefusal {
    /// The day.
    pub day: Day,
    /// Each reason and its remedy.
    pub reasons: Vec<String>,
}

/// A version of the model and its history. The model's bytes stay on the log.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ModelCard {
    /// 1, 2, 3 …
    pub version: i64,
    /// SHA-256 of its ONNX bytes; none before it is trained.
    pub sha256: Option<String>,
    /// The day its training was triggered.
    pub triggered_on: Option<Day>,
    /// The rule that triggered it.
    pub rule: Option<String>,
    /// The figures that fired it.
    pub evidence: Option<String>,
    /// The day its training ended.
    pub trained_on: Option<Day>,
    /// Whether it passed the gate.
    pub passed: Option<bool>,
    /// The gate's figures, in sentences.
    pub verdict: Vec<String>,
    /// Metrics, parents and provenance, as JSON.
    pub manifest: Option<String>,
    /// The reasons against it, by day.
    pub refusals: Vec<ModelRefusal>,
}

/// A version received an alias.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AliasChange {
    /// The day of the event: a promotion takes effect on the next, a rollback at once.
    pub day: Day,
    /// Which alias.
    pub alias: Alias,
    /// The version.
    pub version: i64,
    /// SHA-256 of its ONNX bytes, where it is known.
    pub sha256: Option<String>,
    /// Whether an operator rolled back to an earlier version.
    pub rollback: bool,
    /// Why.
    pub reason: String,
}

/// The models of a run.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ModelHistory {
    /// By version.
    pub cards: BTreeMap<i64, ModelCard>,
    /// In the order of the log.
    pub changes: Vec<AliasChange>,
    /// The champion the last marker of `models` names.
    pub champion: Option<ModelRef>,
    /// The challenger it names.
    pub challenger: Option<ModelRef>,
}

impl ModelHistory {
    /// Applies a day; returns whether anything changed.
    pub(super) fn apply(&mut self, day: Day, events: &[Event]) -> bool {
        let mut changed = false;
        for event in events {
            changed |= match &event.body {
                Body::Models(event) => self.learn(day, event),
                Body::Controls(Controls::RolledBack(back)) => {
                    let sha256 = self.cards.get(&back.version).and_then(|c| c.sha256.clone());
                    self.changes.push(AliasChange {
                        day,
                        alias: Alias::Champion,
                        version: back.version,
                        sha256,
                        rollback: true,
                        reason: back.reason.clone(),
                    });
                    true
                }
                _ => false,
            };
        }
        changed
    }

    fn learn(&mut self, day: Day, event: &Models) -> bool {
        match event {
            Models::RetrainTriggered(trigger) => {
                let card = self.card(trigger.version);
                card.triggered_on = Some(day);
                // One training serves every rule that is due, each with an event of its own.
                join(&mut card.rule, " + ", &trigger.rule);
                join(&mut card.evidence, "; ", &trigger.evidence);
            }
            Models::ModelTrained(trained) => self.trained(day, trained),
            Models::ModelRefused(refused) => {
                // A version that an operator named but that was never trained gets no card.
                let Some(card) = self.cards.get_mut(&refused.version) else { return false };
                card.refusals.push(ModelRefusal { day, reasons: refused.reasons.clone() });
            }
            Models::ModelPromoted(promoted) => self.changes.push(AliasChange {
                day,
                alias: promoted.alias,
                version: promoted.version,
                sha256: Some(promoted.sha256.clone()),
                rollback: promoted.reason.starts_with("rolled back"),
                reason: promoted.reason.clone(),
            }),
            Models::DayClosed(marker) => return self.set_in_force(marker),
            Models::TrainingDeferred(_) | Models::Unknown => return false,
        }
        true
    }

    fn card(&mut self, version: i64) -> &mut ModelCard {
        self.cards.entry(version).or_insert_with(|| ModelCard { version, ..ModelCard::default() })
    }

    fn trained(&mut self, day: Day, trained: &ModelTrained) {
        let card = self.card(trained.version);
        card.sha256 = Some(trained.sha256.clone());
        card.trained_on = Some(day);
        card.passed = Some(trained.passed);
        card.verdict = trained.verdict.clone();
        card.manifest = Some(trained.manifest.clone());
    }

    fn set_in_force(&mut self, marker: &DayClosed) -> bool {
        let same = self.champion == marker.champion && self.challenger == marker.challenger;
        self.champion.clone_from(&marker.champion);
        self.challenger.clone_from(&marker.challenger);
        !same
    }
}

fn join(joined: &mut Option<String>, between: &str, more: &str) {
    *joined = Some(match joined.take() {
        Some(before) => before + between + more,
        None => more.to_owned(),
    });
}
