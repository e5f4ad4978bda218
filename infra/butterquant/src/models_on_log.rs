//! The versions as they stand on the log: bytes, the order in which they were champion, who is in
//! force now.

use anyhow::{Context, Result, bail};
use consumers::retrainer::HeldOutDays;
use report::data_quality::audit;
use run::config::Config;
use run::data_dir::{self, OpenLog, RunDir};
use run::projections::read_all;
use schemas::contract::CONTRACT;
use schemas::controls::ControlState;
use schemas::events::{Alias, ModelTrained, Models};
use schemas::{Body, Day, Event, Topic};
use shell::controls::ControlBook;
use store::rows::read_rows;
use success::LabelledRow;
use success::Model;

/// A run's models.
pub(crate) struct OnLog {
    /// The run.
    pub run: RunDir,
    /// Its log.
    pub opened: OpenLog,
    /// Of a data topic.
    pub partitions: u32,
    /// Every version with the day it was said, in the order of the log.
    pub versions: Vec<(Day, ModelTrained)>,
    /// Champions in the order in which they were put in force; a rollback goes back in it.
    pub champions: Vec<i64>,
    /// The version watched as a shadow.
    pub challenger: Option<i64>,
}

impl OnLog {
    /// Reads `models` and `controls` of the configured run.
    pub(crate) fn read(config: &Config) -> Result<OnLog> {
        let run = config.this_run()?;
        let opened = data_dir::reach(&run)?;
        let partitions = data_dir::partitions(&*opened.log)?;
        let events = read_all(&*opened.log, Topic::Models, partitions)?;
        let mut controls = ControlBook::new(&*opened.log)?;
        controls.refresh(&*opened.log)?;
        let (champions, challenger) = standing(&events, controls.latest());
        let versions = events.into_iter().filter_map(|event| match event.body {
            Body::Models(Models::ModelTrained(model)) => Some((event.day, model)),
            _ => None,
        });
        Ok(OnLog { run, opened, partitions, versions: versions.collect(), champions, challenger })
    }

    /// The version in force.
    pub(crate) fn champion(&self) -> Option<i64> {
        self.champions.last().copied()
    }

    /// A version.
    ///
    /// # Errors
    /// The log has none of this number.
    pub(crate) fn version(&self, version: i64) -> Result<&ModelTrained> {
        let found = self.versions.iter().find(|(_, model)| model.version == version);
        let Some((_, model)) = found else {
            let known: Vec<String> =
                self.versions.iter().map(|(_, model)| model.version.to_string()).collect();
            let known = if known.is_empty() { "it has none yet".into() } else { known.join(", ") };
            bail!("run {} has no model {version} on its log; versions: {known}", self.run.id);
        };
        Ok(model)
    }

    /// A version that may be put in force.
    ///
    /// # Errors
    /// It did not pass its gate, or its bytes cannot be used.
    pub(crate) fn sound(&self, version: i64) -> Result<&ModelTrained> {
        let model = self.version(version)?;
        if !model.passed {
            bail!(
                "model {version} did not pass its gate; `butterquant model show {version}` gives the \
                 reasons and what would settle them"
            );
        }
        if schemas::id::sha256_hex(&model.onnx) != model.sha256 {
            bail!(
                "the bytes of model {version} are not those of its sha256; `butterquant model \
                 verify {version}` says more"
            );
        }
        Model::check(&model.onnx, &CONTRACT)
            .with_context(|| format!("model {version} cannot be put in force"))?;
        Ok(model)
    }
}

/// The champions so far and the challenger. A marker's word is taken where no promotion said it,
/// a rollback on `controls` that no marker has answered counts already: scorers go by it.
fn standing(events: &[Event], controls: &ControlState) -> (Vec<i64>, Option<i64>) {
    let (mut stack, mut challenger, mut named_at) = (Vec::new(), None, -1);
    for event in events {
        match &event.body {
            Body::Models(Models::ModelPromoted(said)) if said.alias == Alias::Champion => {
                if said.reason.starts_with("rolled back") {
                    go_back(&mut stack, said.version);
                } else if stack.last() != Some(&said.version) {
                    stack.push(said.version);
                }
            }
            Body::Models(Models::DayClosed(marker)) => {
                let named = marker.champion.as_ref().map(|model| model.version);
                if let Some(version) = named
                    && stack.last() != Some(&version)
                {
                    stack.push(version);
                }
                challenger = marker.challenger.as_ref().map(|model| model.version);
                named_at = event.control_offset.unwrap_or(-1);
            }
            _ => {}
        }
    }
    if let Some(back) = controls.rollback.as_ref().filter(|back| back.offset > named_at) {
        go_back(&mut stack, back.version);
    }
    (stack, challenger)
}

fn go_back(stack: &mut Vec<i64>, version: i64) {
    match stack.iter().rposition(|known| *known == version) {
        Some(at) => stack.truncate(at + 1),
        None => stack.push(version),
    }
}

/// The rows of the lake on which a version was judged: of its held-out days.
pub(crate) fn rows_of(run: &RunDir, model: &ModelTrained) -> Result<Vec<LabelledRow>> {
    let judged = HeldOutDays::of(&model.manifest)
        .with_context(|| format!("model {} names no held-out days", model.version))?;
    let (_, mut rows) = audit(&read_rows(&run.lake())?, None);
    rows.retain(|row| (judged.first.0..=judged.last.0).contains(&row.scan_day));
    Ok(rows)
}

/// Refuses a version that cannot be put in force, or is in force already.
pub(crate) fn allowed(models: &OnLog, version: i64) -> Result<()> {
    models.sound(version)?;
    if models.champion() == Some(version) {
        bail!("model {version} is in force already; nothing was changed");
    }
    Ok(())
}
