//! The models that were trained, what the gate said of each, and who is in force: a fold of
//! `models`, and of the rollbacks on `controls` where these are handed over too.

use schemas::events::{Alias, Controls, DayClosed, ModelRef, ModelTrained, Models as Said};
use schemas::{Body, Day, Event};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Reasons given on a day against a version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Refusal {
    /// The day.
    pub day: Day,
    /// Each reason and what would settle it.
    pub reasons: Vec<String>,
}

/// A version of the model and what became of it. The model's bytes stay on the log.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ModelCard {
    /// 1, 2, 3 …
    pub version: i64,
    /// SHA-256 of its ONNX bytes; none before it is trained.
    pub sha256: Option<String>,
    /// The day its training was triggered.
    pub triggered_on: Option<Day>,
    /// By which rule.
    pub rule: Option<String>,
    /// The figures that fired it.
    pub evidence: Option<String>,
    /// The day its training was over.
    pub trained_on: Option<Day>,
    /// Whether the gate let it pass.
    pub passed: Option<bool>,
    /// The gate's figures, in sentences.
    pub verdict: Vec<String>,
    /// Metrics, parents and provenance, as JSON.
    pub manifest: Option<String>,
    /// What was said against it, by day.
    pub refusals: Vec<Refusal>,
}

/// A version took an alias.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AliasChange {
    /// The day it was said: a promotion takes effect from the next, a rollback at once.
    pub day: Day,
    /// Which alias.
    pub alias: Alias,
    /// The version.
    pub version: i64,
    /// SHA-256 of its ONNX bytes, where it is known.
    pub sha256: Option<String>,
    /// Whether an operator put an earlier version back.
    pub rollback: bool,
    /// Why.
    pub reason: String,
}

/// The models of a run.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Models {
    /// By version.
    pub cards: BTreeMap<i64, ModelCard>,
    /// In the order they were said.
    pub changes: Vec<AliasChange>,
    /// The champion the last marker of `models` names.
    pub champion: Option<ModelRef>,
    /// The challenger it names.
    pub challenger: Option<ModelRef>,
}

impl Models {
    /// Takes in a day; whether anything changed.
    pub(super) fn apply(&mut self, day: Day, events: &[Event]) -> bool {
        let mut changed = false;
        for event in events {
            changed |= match &event.body {
                Body::Models(said) => self.learn(day, said),
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

    fn learn(&mut self, day: Day, said: &Said) -> bool {
        match said {
            Said::RetrainTriggered(trigger) => {
                let card = self.card(trigger.version);
                card.triggered_on = Some(day);
                // One training answers every rule that is due, each with an event of its own.
                join(&mut card.rule, " + ", &trigger.rule);
                join(&mut card.evidence, "; ", &trigger.evidence);
            }
            Said::ModelTrained(trained) => self.trained(day, trained),
            Said::ModelRefused(refused) => {
                // A version that was never trained, named by an operator, gets no card.
                let Some(card) = self.cards.get_mut(&refused.version) else { return false };
                card.refusals.push(Refusal { day, reasons: refused.reasons.clone() });
            }
            Said::ModelPromoted(promoted) => self.changes.push(AliasChange {
                day,
                alias: promoted.alias,
                version: promoted.version,
                sha256: Some(promoted.sha256.clone()),
                rollback: promoted.reason.starts_with("rolled back"),
                reason: promoted.reason.clone(),
            }),
            Said::DayClosed(marker) => return self.stand(marker),
            Said::Unknown => return false,
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

    fn stand(&mut self, marker: &DayClosed) -> bool {
        let same = self.champion == marker.champion && self.challenger == marker.challenger;
        self.champion.clone_from(&marker.champion);
        self.challenger.clone_from(&marker.challenger);
        !same
    }
}

fn join(said: &mut Option<String>, between: &str, more: &str) {
    *said = Some(match said.take() {
        Some(before) => before + between + more,
        None => more.to_owned(),
    });
}
