//! Each condition from what is seen, and that nothing is said of a run that is well.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::halt::{Halt, Trading};
use crate::lag::LagReport;
use crate::log_faults::LogFaults;
use crate::monitor::{Freshness, GroupHealth, Outage, Snapshot, Verdict};
use run::config::Severity;
use schemas::Day;
use schemas::events::Track;
use shell::status_board::SourceWait;
use std::collections::BTreeMap;

const NOW: i64 = 1_700_000_000_000;

fn group(verdict: Verdict) -> GroupHealth {
    GroupHealth {
        group: "scorer",
        active: Some(true),
        verdict,
        reason: "its reason".to_owned(),
        partitions: 12,
        lag_offsets: 9,
        lag_events: Some(7),
        lag_seconds: None,
        lag_event_days: None,
        velocity: None,
        catch_up_s: None,
        line: Vec::new(),
    }
}

fn well() -> Snapshot {
    let lag = LagReport {
        run: "live".to_owned(),
        running_at: None,
        processes: Vec::new(),
        unasked: Default::default(),
        active_groups: None,
        newest_day: None,
        source: None,
        trading: Trading::default(),
        held_back: Vec::new(),
        units: Vec::new(),
        partitions: Vec::new(),
        dead_letters: BTreeMap::new(),
        problems: Vec::new(),
        faults: LogFaults::default(),
    };
    Snapshot {
        at_ms: NOW,
        took_ms: 1,
        run: "live".to_owned(),
        kind: None,
        source: None,
        groups: vec![group(Verdict::Ok), group(Verdict::Waits)],
        partitions: Vec::new(),
        topics: Vec::new(),
        freshness: Freshness::default(),
        lag,
    }
}

fn found(snapshot: &Snapshot, change: impl Fn(&mut Watched<'_>)) -> Vec<(String, Severity)> {
    let mut watched = Watched { snapshot: Some(snapshot), now_ms: NOW, ..Watched::default() };
    change(&mut watched);
    conditions(&watched).into_iter().map(|one| (one.key, one.severity)).collect()
}

fn one(key: &str, severity: Severity) -> Vec<(String, Severity)> {
    vec![(key.to_owned(), severity)]
}

#[test]
fn a_run_that_is_well_calls_for_nobody() {
    assert_eq!(found(&well(), |_| {}), []);
    assert_eq!(found(&well(), |watched| watched.snapshot = None), []);
}

#[test]
fn a_group_has_one_condition_whatever_its_verdict() {
    for (verdict, active, severity) in [
        (Verdict::Warn, true, Severity::Warn),
        (Verdict::Rewind, true, Severity::Warn),
        (Verdict::NeverCommitted, true, Severity::Warn),
        (Verdict::Stall, true, Severity::Critical),
        (Verdict::Stop, true, Severity::Critical),
        (Verdict::Ok, false, Severity::Critical),
    ] {
        let groups = vec![GroupHealth { active: Some(active), ..group(verdict) }];
        let snapshot = Snapshot { groups, ..well() };
        assert_eq!(found(&snapshot, |_| {}), one("group/scorer", severity), "{verdict:?}");
    }
    let snapshot = Snapshot { groups: vec![group(Verdict::Stall)], ..well() };
    let watched = Watched { snapshot: Some(&snapshot), now_ms: NOW, ..Watched::default() };
    assert_eq!(conditions(&watched)[0].detail, "its reason; 7 events unread in 12 partitions");
}

#[test]
fn halts_and_dead_letters_are_told_unless_it_is_a_what_if_run() {
    let mut snapshot = well();
    snapshot.lag.trading.halted = vec![Halt::default()];
    assert_eq!(found(&snapshot, |_| {}), one("halted/ButterAI", Severity::Warn));
    snapshot.lag.trading.what_if = true;
    assert_eq!(found(&snapshot, |_| {}), []);
    snapshot.lag.dead_letters = BTreeMap::from([("decode".to_owned(), 2)]);
    assert_eq!(found(&snapshot, |_| {}), one("dead-letters", Severity::Warn));
}

#[test]
fn a_source_that_waits_is_told_of_when_the_day_is_long_over() {
    let mut snapshot = well();
    let day = Day(i32::try_from(NOW / 86_400_000).unwrap());
    let wait = |day| SourceWait { day, missing: Vec::new(), waits_for: "A".to_owned() };
    let since = |watched: &mut Watched<'_>| watched.source_waits_since_ms = Some(NOW - 3_600_000);
    snapshot.lag.source = Some(wait(day + -2));
    assert_eq!(found(&snapshot, since), one("source-waits", Severity::Warn));
    let just_now = |watched: &mut Watched<'_>| watched.source_waits_since_ms = Some(NOW - 30_000);
    assert_eq!(found(&snapshot, just_now), []);
    snapshot.lag.source = Some(wait(day));
    assert_eq!(found(&snapshot, since), []);
}

#[test]
fn a_log_that_is_away_is_told_of_beside_what_was_seen_last() {
    let mut snapshot = well();
    snapshot.lag.trading.halted = vec![Halt::default()];
    let outage = |for_ms| Outage { since_ms: NOW - for_ms, problem: "down".to_owned() };
    let (long, short) = (outage(60_000), outage(2_000));
    let watched = Watched { snapshot: Some(&snapshot), now_ms: NOW, ..Watched::default() };
    let keys = |outage| {
        let found = conditions(&Watched { outage: Some(outage), ..watched });
        found.into_iter().map(|one| one.key).collect::<Vec<_>>()
    };
    assert_eq!(keys(&long), ["halted/ButterAI", LOG_AWAY]);
    assert_eq!(keys(&short), ["halted/ButterAI"]);
}

#[test]
fn disks_models_and_tracks() {
    let disk =
        |free: u64, size: u64| Disk { folder: "data".into(), free: free << 20, size: size << 20 };
    for (of, severity) in [
        (disk(100, 500_000), Some(Severity::Critical)),
        (disk(900, 500_000), Some(Severity::Warn)),
        (disk(900, 3_000), None),
        (disk(15_000, 500_000), Some(Severity::Warn)),
        (disk(100_000, 500_000), None),
    ] {
        let is = conditions(&Watched { disk: Some(&of), ..Watched::default() });
        assert_eq!(is.first().map(|one| one.severity), severity, "{of:?}");
    }
    let mut snapshot = well();
    snapshot.freshness.bars_day = Some(Day(20_046));
    let trained = |day: Day| found(&snapshot, |watched| watched.champion_trained = Some(day));
    assert_eq!(trained(Day(20_000)), one("model-old", Severity::Warn));
    assert_eq!(trained(Day(20_001)), []);
    let marks = |note: &str| {
        let mark = LastMark { day: Day(1), note: Some(note.to_owned()) };
        let marks = BTreeMap::from([(Track::ButterAI, mark)]);
        let watched =
            Watched { snapshot: Some(&snapshot), marks: Some(&marks), ..Watched::default() };
        conditions(&watched).len()
    };
    assert_eq!(marks("no champion yet"), 1);
    assert_eq!(marks("the track opens no positions: `settings.tracks` leaves it out"), 0);
}
