//! A run on one screen: its days, halts, the model in force, the tracks' holdings, and what its units
//! wait for.

use crate::answers::{ModelsQuery, PositionsQuery, ViewsAt};
use crate::halt::Trading;
use crate::lag::{LagReport, UnitState, lag};
use crate::log_faults::LogFaults;
use crate::processes::Process;
use anyhow::Result;
use run::data_dir::{self, RunDir};
use run::standing::RunStanding;
use schemas::Day;
use schemas::events::Track;
use schemas::role::Role;
use serde::Serialize;
use shell::controls::ControlBook;
use shell::status_board::SourceWait;
use std::collections::{BTreeMap, BTreeSet};

/// The status of a run.
#[derive(Clone, Debug, Serialize)]
pub struct RunStatus {
    /// Its id.
    pub run: String,
    /// `live`, `backtest`, `demo`, `what-if`; none before the run is opened.
    pub kind: Option<String>,
    /// The market.
    pub source: Option<String>,
    /// Address of the process that owns its log, or of the first that runs it; none where no process has one.
    pub running_at: Option<String>,
    /// The processes on this machine that have it open.
    pub processes: Vec<Process>,
    /// Groups with members in processes that cannot be asked.
    pub unasked: BTreeSet<String>,
    /// The first day scanned.
    pub scan_from: Option<Day>,
    /// The newest day that the source has published completely.
    pub newest_day: Option<Day>,
    /// The day that the source does not publish yet, and why.
    pub source_waits: Option<SourceWait>,
    /// The last day that the views contain; none without views.
    pub through: Option<Day>,
    /// Why there are no views, where the log says that there should be.
    pub views_missing: Option<String>,
    /// Whether it opens positions, and who halted it.
    #[serde(flatten)]
    pub trading: Trading,
    /// The version in force.
    pub champion: Option<i64>,
    /// The version watched as a challenger.
    pub challenger: Option<i64>,
    /// The holdings of each track.
    pub tracks: Vec<TrackStatus>,
    /// What units wait for or have yet to read, with the number of units.
    pub waiting: BTreeMap<String, usize>,
    /// Open dead letters, by reason.
    pub dead_letters: BTreeMap<String, u64>,
    /// What is wrong with the log and with what its groups have committed.
    #[serde(flatten)]
    pub faults: LogFaults,
}

/// The holdings of a track.
#[derive(Clone, Debug, Serialize)]
pub struct TrackStatus {
    /// Its name.
    pub track: String,
    /// Positions held.
    pub positions: usize,
    /// Orders still working.
    pub pending: usize,
    /// Capital at risk in the positions held, dollars.
    pub at_risk: f64,
}

/// The status of `run`.
///
/// # Errors
/// There is no such run, or its log or the process that owns it does not answer.
pub fn run_status(run: &RunDir) -> Result<RunStatus> {
    let lag = lag(run)?;
    let controls = {
        let opened = data_dir::reach(run)?;
        let mut book = ControlBook::new(&*opened.log)?;
        book.refresh(&*opened.log)?;
        book.latest().clone()
    };
    let mut status = RunStatus {
        run: run.id.clone(),
        kind: controls.opened.as_ref().map(|opened| opened.kind.clone()),
        source: controls.opened.as_ref().map(|opened| opened.source.clone()),
        running_at: lag.running_at.clone(),
        processes: lag.processes.clone(),
        unasked: lag.unasked.clone(),
        scan_from: controls.opened.as_ref().map(|opened| opened.scan_from),
        newest_day: lag.newest_day,
        source_waits: lag.source.clone(),
        through: None,
        views_missing: None,
        trading: lag.trading.clone(),
        champion: None,
        challenger: None,
        tracks: Vec::new(),
        waiting: waiting(&lag),
        dead_letters: lag.dead_letters.clone(),
        faults: lag.faults.clone(),
    };
    let materialized = Role::Materializer.name();
    let made_here = lag.processes.iter().any(|of| of.roles.contains(materialized));
    match ViewsAt::of(run) {
        Ok(views) => add_views(&views, &mut status)?,
        Err(error) if run.state().exists() || made_here => return Err(error),
        // On Kafka the materializer may work on another machine, in a data folder of its own.
        Err(error) if run.is_here() && has_closed_days(run)? => {
            status.views_missing = Some(format!("{error:#}"));
        }
        Err(_) => {}
    }
    Ok(status)
}

/// Whether the materializer has closed a day of `run`.
///
/// # Errors
/// The log's.
pub fn has_closed_days(run: &RunDir) -> Result<bool> {
    let standing = RunStanding::of(&*data_dir::reach(run)?.log)?;
    Ok(standing.is_some_and(|of| of.closed.is_some()))
}

fn add_views(views: &ViewsAt, status: &mut RunStatus) -> Result<()> {
    let models = views.ask(&ModelsQuery)?;
    status.champion = models.champion.map(|model| model.version);
    status.challenger = models.challenger.map(|model| model.version);
    let held = views.ask(&PositionsQuery)?;
    status.through = held.through;
    for track in Track::ALL {
        let own = held.positions.iter().filter(|position| position.track == track);
        status.tracks.push(TrackStatus {
            track: track.name().to_owned(),
            positions: own.clone().count(),
            pending: held.pending.iter().filter(|order| order.track == track).count(),
            // A sum of nothing is -0.0.
            at_risk: own.map(|position| position.capital_at_risk.dollars()).sum::<f64>() + 0.0,
        });
    }
    Ok(())
}

fn waiting(lag: &LagReport) -> BTreeMap<String, usize> {
    let mut waiting = BTreeMap::new();
    let unknown = lag.partitions.iter().filter(|of| of.state == UnitState::Unknown);
    let unknown: BTreeSet<_> = unknown.map(|of| (&of.unit, of.offset.group, &of.verdict)).collect();
    for (_, group, verdict) in unknown {
        *waiting.entry(format!("{group} {verdict}")).or_default() += 1;
    }
    for unit in lag.units.iter().filter(|unit| unit.state != UnitState::CaughtUp) {
        *waiting.entry(format!("{} {}", unit.progress.role, unit.verdict)).or_default() += 1;
    }
    waiting
}
