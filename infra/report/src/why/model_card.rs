//! The models that scored: when, on what and by which rule each was trained, and whether the log has its bytes.

use super::place::{At, Place};
use schemas::events::{ModelTrained, Models};
use schemas::{Day, Event};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use success::{DriftReference, Manifest, drift_reference};

/// A version as the log has it.
pub(super) struct Trained {
    pub(super) model: ModelTrained,
    /// Read from the bytes when it is first asked for.
    reference: OnceLock<Option<DriftReference>>,
}

/// The versions on the log and the rules that started their trainings.
#[derive(Default)]
pub(super) struct ModelCards {
    versions: Vec<At<Trained>>,
    rules: BTreeMap<i64, Vec<(String, String)>>,
}

/// A model that scored a candidate.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ModelCard {
    /// 1, 2, 3 …
    pub version: i64,
    /// SHA-256 of its ONNX bytes, as the prediction names it.
    pub sha256: String,
    /// Whether the log has its bytes, and they have that hash.
    pub bytes_on_log: bool,
    /// The rules that started its training; `history` for one from before the first day, `given` for one of
    /// another run.
    pub rule: String,
    /// The figures that fired them.
    pub evidence: Option<String>,
    /// Rows that it was trained on.
    pub rows: Option<u64>,
    /// The latest evaluation day among these rows.
    pub knows_until: Option<Day>,
}

impl ModelCards {
    pub(super) fn take(&mut self, place: Place, event: &Event, of: &Models) {
        match of {
            Models::RetrainTriggered(trigger) => {
                let said = (trigger.rule.clone(), trigger.evidence.clone());
                self.rules.entry(trigger.version).or_default().push(said);
            }
            Models::ModelTrained(model) => {
                let trained = Trained { model: model.clone(), reference: OnceLock::new() };
                self.versions.push(At::new(place, event, trained));
            }
            _ => {}
        }
    }

    pub(super) fn append(&mut self, other: &mut ModelCards) {
        self.versions.append(&mut other.versions);
        self.rules.append(&mut other.rules);
    }

    /// Every version, in the order of the log.
    pub(super) fn versions(&self) -> &[At<Trained>] {
        &self.versions
    }

    /// The version with these bytes.
    pub(super) fn find(&self, version: i64, sha256: &str) -> Option<&At<Trained>> {
        let same = |of: &&At<Trained>| of.what.is(version, sha256);
        self.versions.iter().find(same)
    }

    /// The card of a version that a prediction names, with the place of its training where the log has it.
    pub(super) fn card(&self, version: i64, sha256: &str) -> (ModelCard, Option<At<()>>) {
        let found = self.find(version, sha256);
        let manifest = found.and_then(|of| of.what.manifest());
        let rules = self.rules.get(&version);
        let joined = |said: fn(&(String, String)) -> &str, between: &str| {
            rules.map(|rules| rules.iter().map(said).collect::<Vec<_>>().join(between))
        };
        let card = ModelCard {
            version,
            sha256: sha256.to_owned(),
            bytes_on_log: found.is_some_and(|of| of.what.is_whole()),
            rule: joined(|of| &of.0, " + ").unwrap_or_else(|| "given".to_owned()),
            evidence: joined(|of| &of.1, "; "),
            rows: manifest.as_ref().map(|manifest| manifest.rows),
            knows_until: manifest.map(|manifest| Day(manifest.last_evaluation_day)),
        };
        (card, found.map(|of| of.with(())))
    }
}

impl Trained {
    fn is(&self, version: i64, sha256: &str) -> bool {
        self.model.version == version && self.model.sha256 == sha256
    }

    fn is_whole(&self) -> bool {
        schemas::id::sha256_hex(&self.model.onnx) == self.model.sha256
    }

    fn manifest(&self) -> Option<Manifest> {
        let mut json: serde_json::Value = serde_json::from_str(&self.model.manifest).ok()?;
        serde_json::from_value(json.get_mut("model")?.take()).ok()
    }

    /// The distribution of its training rows; none where they had too few days, or its bytes are damaged.
    pub(super) fn reference(&self) -> Option<&DriftReference> {
        self.reference.get_or_init(|| drift_reference(&self.model.onnx).ok().flatten()).as_ref()
    }
}
