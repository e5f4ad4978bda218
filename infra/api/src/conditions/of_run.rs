//! Conditions of a run as a whole, of its processes and of its machine.

use super::condition::Condition;
use super::watched::{Disk, Watched};
use crate::monitor::{Outage, Snapshot};
use run::config::Severity::{Critical, Warn};
use schemas::close_ms;

/// The key of the condition in which nothing else is known.
pub const LOG_AWAY: &str = "log-away";

/// A log that is away for less is seldom worth a word: a broker starts again.
const AWAY_MS: i64 = 10_000;
/// A source that waits for a day whose close is so long ago, and for so long itself, waits too long.
const CLOSED_MS: i64 = 12 * 3_600_000;
const WAITED_MS: i64 = 10 * 60_000;
/// A champion whose training is longer ago, in days of the run, is old.
const OLD_DAYS: i32 = 45;
/// With less free on the disk the roles will stop soon.
const LEAST_FREE: u64 = 256 << 20;
/// With less, or with less than this share of the disk, they may.
const LOW_FREE: u64 = 1 << 30;
const LOW_SHARE: u64 = 20;

pub(super) fn log_away(of: &Outage, now_ms: i64) -> Option<Condition> {
    let away = now_ms - of.since_ms;
    (away >= AWAY_MS).then(|| {
        let summary = "the log does not answer";
        let detail = format!("for {} s: {}", away / 1_000, of.problem);
        let remedy = "the roles wait for it and go on by themselves; look at the cluster, or at the process that owns the log";
        Condition::new(Critical, LOG_AWAY, summary, detail, remedy)
    })
}

pub(super) fn disk(of: &Disk) -> Option<Condition> {
    let severity = match of.free {
        free if free < LEAST_FREE => Critical,
        free if free < LOW_FREE.min(of.size / 4)
            || free < of.size / LOW_SHARE && free < 20 * LOW_FREE =>
        {
            Warn
        }
        _ => return None,
    };
    let detail =
        format!("{} MB of {} MB are free in {}", of.free >> 20, of.size >> 20, of.folder.display());
    let remedy =
        "make room: `butterquant runs` lists the runs, `butterquant runs remove` removes them";
    Some(Condition::new(severity, "disk", "the disk is nearly full", detail, remedy))
}

pub(super) fn add(of: &Snapshot, watched: &Watched<'_>, found: &mut Vec<Condition>) {
    let lag = &of.lag;
    found.extend(dead_letters(of));
    if !lag.trading.what_if {
        found.extend(lag.trading.halted.iter().map(|halt| {
            let track = halt.track.name();
            let (key, summary) =
                (format!("halted/{track}"), format!("{track} is halted: it opens no position"));
            Condition::new(
                Warn,
                key,
                summary,
                halt.to_string(),
                "`butterquant resume` lets it go on",
            )
        }));
    }
    found.extend(lag.processes.iter().filter(|process| process.problem.is_some()).map(|process| {
        let pid = process.pid.map_or_else(|| "unknown".to_owned(), |pid| pid.to_string());
        let remedy = "look at its log; a process that hangs is ended with `kill -9` and started again, and loses nothing";
        Condition::new(Warn, format!("process/{pid}"), "a process of the run does not answer", process.to_string(), remedy)
    }));
    found.extend(lag.held_back.iter().map(|held| {
        let key = format!("held-back/{}-{}", held.topic, held.partition);
        let remedy = "the broker ends the transaction of a writer that is gone after its timeout, a minute by default";
        Condition::new(Warn, key, "an open transaction holds readers back", held.to_string(), remedy)
    }));
    if !lag.faults.is_sound() {
        let detail = lag.faults.sentences().join("; ");
        let remedy = "`butterquant doctor` examines the run";
        found.push(Condition::new(
            Critical,
            "log-faults",
            "the log or its groups are not whole",
            detail,
            remedy,
        ));
    }
    found.extend(source_waits(of, watched));
    found.extend(old_model(of, watched));
    found.extend(blocked_tracks(of, watched));
}

fn dead_letters(of: &Snapshot) -> Option<Condition> {
    let letters = &of.lag.dead_letters;
    let total: u64 = letters.values().sum();
    (total > 0).then(|| {
        let by: Vec<String> = letters.iter().map(|(why, count)| format!("{count} {why}")).collect();
        let are = if total == 1 { "is an open dead letter" } else { "are open dead letters" };
        let remedy = "`butterquant dlq list` shows them; redrive or drop each";
        Condition::new(Warn, "dead-letters", format!("there {are}: {total}"), by.join(", "), remedy)
    })
}

fn source_waits(of: &Snapshot, watched: &Watched<'_>) -> Option<Condition> {
    let waits = of.lag.source.as_ref()?;
    let waited = watched.now_ms - watched.source_waits_since_ms?;
    let closed = watched.now_ms - close_ms(waits.day);
    (waited >= WAITED_MS && closed >= CLOSED_MS).then(|| {
        let summary = format!("the source waits too long for {}", waits.day);
        let hours = closed / 3_600_000;
        let detail = format!("{hours} h after its close: {}", waits.waits_for);
        let remedy =
            format!("give the missing prices, or `butterquant market close {}`", waits.day);
        Condition::new(Warn, "source-waits", summary, detail, remedy)
    })
}

fn old_model(of: &Snapshot, watched: &Watched<'_>) -> Option<Condition> {
    let (trained, newest) = (watched.champion_trained?, of.freshness.bars_day?);
    let age = newest - trained;
    (age > OLD_DAYS).then(|| {
        let detail = format!("trained on {trained}, {age} days before the newest bars of {newest}");
        let remedy = "`butterquant retrain status` says what the next training waits for, `butterquant train` asks for one";
        Condition::new(Warn, "model-old", "the champion is old", detail, remedy)
    })
}

fn blocked_tracks(of: &Snapshot, watched: &Watched<'_>) -> Vec<Condition> {
    let halted = |track| of.lag.trading.halted.iter().any(|halt| halt.track == track);
    let marks = watched.marks.into_iter().flatten();
    let blocked = marks.filter_map(|(track, mark)| {
        // A track that the settings leave out is meant to open nothing.
        let note = mark.note.as_ref().filter(|note| !note.contains("settings.tracks"))?;
        (!halted(*track)).then(|| {
            let (name, day) = (track.name(), mark.day);
            let summary = format!("{name} could trade nothing on {day}");
            let remedy = "`butterquant model list` shows whether there is a champion, `butterquant retrain status` when the next comes";
            Condition::new(Warn, format!("track-blocked/{name}"), summary, note.clone(), remedy)
        })
    });
    blocked.collect()
}
