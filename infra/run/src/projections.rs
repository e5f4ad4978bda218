//! What a run's days are written to: views, lake and model files. All of it can be deleted and
//! rebuilt from the log.

use crate::day_figures::DayFigures;
use crate::standing;
use anyhow::{Context, Result, bail};
use consumers::materializer::{ClosedDay, Projections};
use eventlog::Log;
use schemas::events::{DeadLetters, ModelTrained, Models, Settings};
use schemas::role::EffectError;
use schemas::{Body, Day, Event, Topic};
use serde_json::{Map, Value};
use shell::event_reader::each_event;
use shell::record_codec;
use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use store::{Lake, StoreError, Views};
use success::{Artifacts, Trained};

/// Topics without day markers: read to their end whenever a day closes.
pub const UNMARKED: [Topic; 3] = [Topic::Controls, Topic::Samples, Topic::DeadLetters];

/// Bytes of a dead letter's value that the lake keeps: thousands of large ones would not fit into
/// memory. The log holds them whole.
const DEAD_LETTER_BYTES: usize = 1 << 10;

/// Days whose figures are kept until they are printed.
const KEPT_DAYS: usize = 512;

/// The views, lake and model files of a run.
pub struct RunProjections {
    log: Arc<dyn Log>,
    partitions: u32,
    /// The views.
    pub views: Views,
    /// The lake.
    pub lake: Lake,
    artifacts: PathBuf,
    /// Whether views and lake are known to be of the log.
    claimed: Mutex<bool>,
    /// The end offsets up to which the unmarked topics were last written.
    written: Mutex<BTreeMap<(Topic, u32), u64>>,
    /// The latest days written and not yet taken by [`RunProjections::take_days`].
    days: Mutex<VecDeque<DayFigures>>,
}

impl RunProjections {
    /// Writes to a run's views, lake and model folder.
    pub fn new(
        log: Arc<dyn Log>,
        partitions: u32,
        views: Views,
        lake: Lake,
        artifacts: PathBuf,
    ) -> RunProjections {
        RunProjections {
            log,
            partitions,
            views,
            lake,
            artifacts,
            claimed: Mutex::default(),
            written: Mutex::default(),
            days: Mutex::default(),
        }
    }

    fn write(&self, closed: &[ClosedDay]) -> Result<()> {
        let (Some(first), Some(last)) = (closed.first(), closed.last()) else { return Ok(()) };
        self.claim()?;
        let days: Vec<(Day, Cow<'_, [Event]>, &Settings)> = closed.iter().flat_map(parts).collect();
        let of_lake: Vec<(Day, &[Event])> = days.iter().map(|(day, of, _)| (*day, &**of)).collect();
        // The files of a model are forced to disk, which is waited for.
        let (models, lake) = rayon::join(
            || closed.iter().try_for_each(|day| self.write_models(day.events())),
            || self.lake.write_days(&of_lake),
        );
        // The views come after the files: where the disk is full those are written again, and the state would have to
        // be opened anew.
        lake?;
        models?;
        for (day, events, settings) in &days {
            self.views.apply_day(*day, events, settings)?;
        }
        self.write_unmarked()?;
        self.lake.finish_day(last.day)?;
        for (day, events, _) in days.iter().filter(|(day, ..)| *day >= first.day) {
            self.keep_figures(DayFigures::of(*day, events));
        }
        Ok(())
    }

    /// Before the first day of this process: what is written to is of this log.
    fn claim(&self) -> Result<()> {
        let mut claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        if !*claimed && let Some(log) = standing::identity(&*self.log)? {
            self.views.claim(&log)?;
            self.lake.claim(&log)?;
            *claimed = true;
        }
        Ok(())
    }

    fn keep_figures(&self, figures: DayFigures) {
        let mut days = self.days.lock().unwrap_or_else(PoisonError::into_inner);
        if days.len() == KEPT_DAYS {
            days.pop_front();
        }
        days.push_back(figures);
    }

    /// The figures of the days written since the last call.
    pub fn take_days(&self) -> Vec<DayFigures> {
        self.days.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
    }

    /// Writes the unmarked topics that have grown. Such a topic is written whole again, so that its
    /// files do not depend on when that happens.
    pub fn write_unmarked(&self) -> Result<()> {
        for topic in UNMARKED {
            let mut ends = BTreeMap::new();
            for partition in 0..topic.partitions(self.partitions) {
                ends.insert(
                    (topic, partition),
                    self.log.watermarks(&record_codec::place(topic, partition))?.high,
                );
            }
            let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
            if ends.iter().all(|(key, end)| written.get(key).copied().unwrap_or(0) == *end) {
                continue;
            }
            write_topic(&*self.log, self.partitions, &self.lake, topic)?;
            written.extend(ends);
        }
        Ok(())
    }

    /// The digest of the model folder; `None` if no model was written.
    pub fn model_files_digest(&self) -> Result<Option<String>> {
        if !self.artifacts.exists() {
            return Ok(None);
        }
        Ok(Artifacts::open(&self.artifacts)?.digest()?)
    }

    /// Writes the files of each usable model among `events`.
    pub fn write_models(&self, events: &[Event]) -> Result<()> {
        write_model_files(&self.artifacts, events)
    }
}

/// Writes the files of each usable model among `events` into the model folder.
pub fn write_model_files(folder: &Path, events: &[Event]) -> Result<()> {
    for event in events {
        let Body::Models(Models::ModelTrained(model)) = &event.body else { continue };
        let Some((version, date, trained, json)) = usable(model, event.day) else { continue };
        Artifacts::open(folder)?.write(version, &date, &trained, &json)?;
    }
    Ok(())
}

impl Projections for RunProjections {
    fn write_days(&self, days: &[ClosedDay]) -> Result<(), EffectError> {
        self.write(days).map_err(|error| EffectError {
            what: format!("{error:#}"),
            away: too_many_open(&error),
            stuck: state_failed(&error),
        })
    }
}

/// A day with its events. With the first come those that opened the run, which belong to the day before.
fn parts(closed: &ClosedDay) -> Vec<(Day, Cow<'_, [Event]>, &Settings)> {
    let ClosedDay { day, settings, .. } = closed;
    let (opening, today): (Vec<&Event>, Vec<&Event>) =
        closed.events().iter().partition(|event| event.day < *day);
    let Some(first) = opening.first().map(|event| event.day) else {
        return vec![(*day, closed.events().into(), settings)];
    };
    let owned = |events: Vec<&Event>| events.into_iter().cloned().collect::<Vec<_>>().into();
    vec![(first, owned(opening), settings), (*day, owned(today), settings)]
}

/// Whether the state is what failed. It takes no more writes then until it is opened again, as after a full disk.
fn state_failed(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| matches!(cause.downcast_ref(), Some(StoreError::Kv(_))))
}

/// Whether the process or the system has as many files open as it may, which is waited for: the caller who has them
/// open may be anyone.
fn too_many_open(error: &anyhow::Error) -> bool {
    /// `EMFILE` and `ENFILE`.
    const TOO_MANY: [i32; 2] = [24, 23];
    let codes = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>()?.raw_os_error());
    codes.into_iter().any(|code| TOO_MANY.contains(&code))
}

/// Writes the lake's files of a topic without day markers from the log.
pub fn write_topic(log: &dyn Log, partitions: u32, lake: &Lake, topic: Topic) -> Result<()> {
    let mut events = Vec::new();
    each_event(log, topic, partitions, &mut |mut event| {
        if let Body::DeadLetters(DeadLetters::EventRejected(letter)) = &mut event.body {
            letter.abridge(DEAD_LETTER_BYTES);
        }
        events.push(event);
        Ok(())
    })?;
    Ok(lake.write_whole(topic, events)?)
}

/// A model from the log as the model folder keeps it, and what its JSON holds beside the manifest.
pub fn artifact(model: &ModelTrained) -> Result<(Trained, Map<String, Value>)> {
    if schemas::id::sha256_hex(&model.onnx) != model.sha256 {
        bail!("the bytes of model {} do not match its sha256", model.version);
    }
    let mut json: Map<String, Value> = serde_json::from_str(&model.manifest)
        .with_context(|| format!("the manifest of model {} is not valid JSON", model.version))?;
    let manifest =
        serde_json::from_value(json.remove("model").unwrap_or_default()).with_context(|| {
            format!("the manifest of model {} was not written by this program", model.version)
        })?;
    let (onnx, sha256) = (model.onnx.clone(), model.sha256.clone());
    Ok((Trained { onnx, sha256, manifest }, json))
}

/// A model as its files have it: version, date, model and what the JSON holds besides. None for one that is not
/// usable: no scorer uses it either, and it stays on the log, where `model verify` finds it.
fn usable(model: &ModelTrained, day: Day) -> Option<(u32, String, Trained, Map<String, Value>)> {
    let (Ok((trained, json)), Ok(version)) = (artifact(model), u32::try_from(model.version)) else {
        tracing::warn!(
            version = model.version,
            "the model on the log is not usable: no file of it"
        );
        return None;
    };
    Some((version, day.to_string().replace('-', ""), trained, json))
}

/// The files of a model on the log by their paths in the model folder; none of one that is not usable.
pub fn model_files(model: &ModelTrained, day: Day) -> Option<[(String, Vec<u8>); 4]> {
    let (version, date, trained, json) = usable(model, day)?;
    Artifacts::contents(version, &date, &trained, &json).ok()
}

/// Every event of a topic that a role would take in, partition by partition.
pub fn read_all(log: &dyn Log, topic: Topic, partitions: u32) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    each_event(log, topic, partitions, &mut |event| {
        events.push(event);
        Ok(())
    })?;
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_too_many_open_files_are_waited_for() {
        for (code, waited_for) in [(24, true), (23, true), (13, false), (28, false)] {
            let (path, cause) = (PathBuf::from("lake"), io::Error::from_raw_os_error(code));
            let error = anyhow::Error::from(StoreError::Unwritable { path, cause });
            assert_eq!(too_many_open(&error.context("the day")), waited_for, "{code}");
        }
    }

    #[test]
    fn a_state_that_failed_is_opened_anew_and_a_lake_is_written_again() {
        let path = PathBuf::from("somewhere");
        let state = StoreError::Kv(kv::KvError::Full { path: path.clone() });
        assert!(state_failed(&anyhow::Error::from(state).context("the day")));
        assert!(!state_failed(&anyhow::Error::from(StoreError::Full { path })));
    }
}
