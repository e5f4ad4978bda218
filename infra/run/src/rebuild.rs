//! Rebuilding everything that is derived from a run's log: saved state, views, lake and model files. All of it is built
//! beside what is in use, compared with it, and takes its place at the end.

mod before;

use crate::config::RunSpec;
use crate::context::RunContext;
use crate::data_dir::{self, Beside, OpenLog, RunDir};
use crate::projections::{UNMARKED, read_all};
use anyhow::{Result, ensure};
use before::{Before, Found};
use schemas::{Day, Topic};
use serde::Serialize;
use shell::checkpoint::CheckpointStore;
use shell::replay::Rebuilt;
use std::collections::{BTreeMap, BTreeSet};
use store::Views;

/// What was rebuilt, compared with what was there.
#[derive(Debug, Serialize)]
pub struct RebuildReport {
    /// The saved state of every unit.
    pub states: Vec<Rebuilt>,
    /// The views.
    pub views: Compared,
    /// The lake, by topic.
    pub lake: BTreeMap<String, Compared>,
    /// The model files.
    pub model_files: Compared,
    /// Whether nothing differs.
    pub same: bool,
}

/// A part, before and after.
#[derive(Debug, Serialize)]
pub struct Compared {
    /// Its digest before; none where there was nothing that could be read.
    pub before: Option<String>,
    /// Its digest now; none where there is nothing.
    pub after: Option<String>,
    /// Whether both are the same; none where they cannot be, as `note` says.
    pub same: Option<bool>,
    /// What is to be known of the comparison.
    pub note: Option<String>,
}

impl Compared {
    fn of(before: &Found, after: Option<String>) -> Compared {
        let same = Some(before.digest == after);
        Compared { before: before.digest.clone(), same, after, note: before.problem.clone() }
    }

    /// Of a part that was not there.
    fn made(after: Option<String>) -> Compared {
        let note = Some("there was none before".to_owned());
        Compared { before: None, after, same: None, note }
    }

    /// Of a part that was being written for the first time when the run was ended: the log says of no day that it is
    /// there.
    fn begun(before: &Found, after: Option<String>) -> Compared {
        let note = "not compared: the run was ended before it closed its first day".to_owned();
        Compared { before: before.digest.clone(), after, same: None, note: Some(note) }
    }

    /// Of a part that had a day which the run has not closed, so that the log does not ask for it yet.
    fn ahead(before: &Found, after: Option<String>, day: Day) -> Compared {
        let note = format!(
            "not compared: it had begun {day}, which the run has not closed; the run writes that day again"
        );
        Compared { before: before.digest.clone(), after, same: None, note: Some(note) }
    }
}

/// Rebuilds `run` from its log, which this process owns; `say` is given the name of each part as it begins.
///
/// # Errors
/// The log cannot be read, the run's folder cannot be written, or another process holds its state. What is in use is
/// untouched then.
pub fn rebuild(
    spec: &RunSpec,
    run: &RunDir,
    opened: &OpenLog,
    say: &mut dyn FnMut(&str),
) -> Result<RebuildReport> {
    let beside = Beside::begin(run)?;
    let partitions = data_dir::partitions(&*opened.log)?;
    let before = Before::of(run, &*opened.log, partitions)?;
    let (report, digest) = {
        let context = RunContext::new(spec, beside.new_run(), opened)?;
        let saved = before.states();
        let saved = saved.as_ref().map(|saved| saved as &dyn CheckpointStore);
        let states = shell::replay::rebuild(&context.env, saved, say)?;
        let projections = &context.materialized;
        projections.write_unmarked()?;
        let models = read_all(&*opened.log, Topic::Models, partitions)?;
        projections.write_models(&models)?;
        context.db.flush()?;
        let report = compare(&before, &context, states)?;
        (report, context.materialized.views.digest()?)
    };
    // Opened again, the new state shows that it can be read, and that nobody holds it.
    let again = Views::open(&kv::Db::open(beside.new_run().state())?)?.digest()?;
    ensure!(
        again == digest,
        "{} cannot be read back as it was written; check the disk. What was there is untouched",
        beside.new_run().state().display()
    );
    beside.take_over()?;
    drop(before); // holds the old state until here, so that no role begins on it
    Ok(report)
}

fn compare(before: &Before, context: &RunContext, states: Vec<Rebuilt>) -> Result<RebuildReport> {
    let projections = &context.materialized;
    let through = projections.views.through()?;
    let views_now = Some(projections.views.digest()?);
    let nothing_closed = before.closed.is_none();
    let views = match before.through.filter(|day| Some(*day) > through) {
        Some(day) => Compared::ahead(&before.views, views_now, day),
        None if before.views.is_nothing() => Compared::made(views_now),
        // Without a day they say only which log they are of.
        None if nothing_closed
            && before.views.problem.is_none()
            && (before.through < through || through.is_none()) =>
        {
            Compared::begun(&before.views, views_now)
        }
        None => Compared::of(&before.views, views_now),
    };
    let mut lake_now = projections.lake.digest()?;
    let topics = lake_now.keys().chain(before.lake.keys()).cloned();
    let topics: BTreeSet<String> = topics.collect();
    let mut lake = BTreeMap::new();
    let lake_begun = nothing_closed && before.lake_through < through;
    let ahead = before.through.max(before.lake_day).filter(|day| Some(*day) > through);
    for topic in topics {
        let found = before.lake.get(&topic).cloned().unwrap_or_default();
        let now = lake_now.remove(&topic);
        let marked = !UNMARKED.iter().any(|one| one.dataset() == topic);
        let compared = match ahead.filter(|_| marked && found.digest != now) {
            Some(day) => Compared::ahead(&found, now, day),
            // A run that was ended before its first day closed had written nothing yet.
            None if before.through.is_none() && found.is_nothing() => Compared::made(now),
            None if marked && lake_begun && found.problem.is_none() && found.digest != now => {
                Compared::begun(&found, now)
            }
            None => Compared::of(&found, now),
        };
        lake.insert(topic, compared);
    }
    let model_files = Compared::of(&before.model_files, projections.model_files_digest()?);
    let same =
        [&views, &model_files].into_iter().chain(lake.values()).all(|of| of.same != Some(false))
            && states.iter().all(|one| one.same != Some(false));
    Ok(RebuildReport { states, views, lake, model_files, same })
}
