//! The model versions on the log: their bytes, the order in which they were champion, and the present
//! champion.

use anyhow::{Context, Result, bail};
use consumers::retrainer::HeldOutDays;
use report::data_quality::check_rows;
use run::config::Config;
use run::data_dir::{self, OpenLog, RunDir};
use run::projections::read_all;
use run::standing::RunStanding;
use schemas::contract::CONTRACT;
use schemas::controls::ControlState;
use schemas::events::{Alias, ModelTrained, Models};
use schemas::{Body, Day, Event, Topic};
use shell::controls::ControlBook;
use store::Lake;
use store::rows::read_rows;
use success::LabelledRow;
use success::Model;

/// A run's models.
pub(crate) struct ModelsOnLog {
    /// The run.
    pub run: RunDir,
    /// Its log.
    pub opened: OpenLog,
    /// Partitions of a data topic.
    pub partitions: u32,
    /// Every version with the day of its event, in the order of the log.
    pub versions: Vec<(Day, ModelTrained)>,
    /// Champions in the order in which they took over; a rollback goes back in it.
    pub champions: Vec<i64>,
    /// The version being watched as a shadow.
    pub challenger: Option<i64>,
}

impl ModelsOnLog {
    /// Reads `models` and `controls` of the configured run.
    pub(crate) fn read(config: &Config) -> Result<ModelsOnLog> {
        let run = config.this_run()?;
        let opened = data_dir::reach(&run)?;
        let partitions = data_dir::partitions(&*opened.log)?;
        let events = read_all(&*opened.log, Topic::Models, partitions)?;
        let mut controls = ControlBook::new(&*opened.log)?;
        controls.refresh(&*opened.log)?;
        let (champions, challenger) = aliases(&events, controls.latest());
        let versions = events.into_iter().filter_map(|event| match event.body {
            Body::Models(Models::ModelTrained(model)) => Some((event.day, model)),
            _ => None,
        });
        Ok(ModelsOnLog {
            run,
            opened,
            partitions,
            versions: versions.collect(),
            champions,
            challenger,
        })
    }

    /// The present champion.
    pub(crate) fn champion(&self) -> Option<i64> {
        self.champions.last().copied()
    }

    /// A version by its number.
    ///
    /// # Errors
    /// The log has no such version.
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

    /// Checks that a version may become champion.
    ///
    /// # Errors
    /// It did not pass its gate, or its bytes cannot be used.
    fn ensure_usable(&self, config: &Config, version: i64) -> Result<()> {
        let command = |verb: &str| config.command_line(&format!("{verb} {version}"), &self.run.id);
        let model = self.version(version)?;
        if !model.passed {
            bail!(
                "model {version} did not pass its gate; `{}` shows the reasons and their remedies",
                command("model show")
            );
        }
        if schemas::id::sha256_hex(&model.onnx) != model.sha256 {
            bail!(
                "the bytes of model {version} do not match its sha256; `{}` shows details",
                command("model verify")
            );
        }
        Model::check(&model.onnx, &CONTRACT)
            .with_context(|| format!("model {version} cannot be used"))?;
        Ok(())
    }
}

/// The champions so far and the challenger. A champion named only by a marker counts, and so does a
/// rollback on `controls` that no marker has answered yet, because scorers apply it at once.
fn aliases(events: &[Event], controls: &ControlState) -> (Vec<i64>, Option<i64>) {
    let (mut stack, mut challenger, mut named_at) = (Vec::new(), None, -1);
    for event in events {
        match &event.body {
            Body::Models(Models::ModelPromoted(promoted)) if promoted.alias == Alias::Champion => {
                if promoted.reason.starts_with("rolled back") {
                    go_back(&mut stack, promoted.version);
                } else if stack.last() != Some(&promoted.version) {
                    stack.push(promoted.version);
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

/// The lake's rows of the held-out days on which a version was judged; none if it names no such days.
pub(crate) fn held_out_rows(
    models: &ModelsOnLog,
    model: &ModelTrained,
) -> Result<Option<Vec<LabelledRow>>> {
    let Some(judged) = HeldOutDays::of(&model.manifest) else { return Ok(None) };
    let run = &models.run;
    if !run.lake().exists() {
        bail!(
            "{} is gone; `butterquant rebuild --all` makes it from the log",
            run.lake().display()
        );
    }
    let lake = Lake::open(run.lake())?;
    lake.check_layout()?;
    if let Some(standing) = RunStanding::of(&*models.opened.log)? {
        standing.of_lake(&lake)?;
    }
    let (_, mut rows) = check_rows(&read_rows(&run.lake())?, None);
    rows.retain(|row| (judged.first.0..=judged.last.0).contains(&row.scan_day));
    Ok(Some(rows))
}

/// Refuses a version that cannot become champion, or is champion already.
pub(crate) fn ensure_allowed(config: &Config, models: &ModelsOnLog, version: i64) -> Result<()> {
    models.ensure_usable(config, version)?;
    if models.champion() == Some(version) {
        bail!("model {version} is in force already; nothing was changed");
    }
    Ok(())
}
