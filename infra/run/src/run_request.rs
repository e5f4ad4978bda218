//! The run that is asked for, and the event that opens it.

use anyhow::{Context, Result, bail};
use producers::analyses::Keeper;
use producers::source::Market;
use schemas::Day;
use schemas::events::{ModelTrained, MoveConfirmed, RunOpened, Settings};
use success::Engine;

/// The kind of a run that goes on with its market.
pub const LIVE_KIND: &str = "live";

/// The run that is asked for.
#[derive(Clone, Debug)]
pub struct RunRequest {
    /// `live`, `backtest`, `demo`, `what-if`.
    pub kind: &'static str,
    /// The market, as the user wrote it.
    pub source: String,
    /// First day to scan.
    pub scan_from: Day,
    /// The last day; `None` where the run goes on with its market.
    pub last_day: Option<Day>,
    /// The tickers to scan; empty for all of the market.
    pub tickers: Vec<String>,
    /// Rows of history to draw for a first model, in addition to those already on `samples`.
    pub history: usize,
    /// The model of another run that scores this one, instead of one trained on history.
    pub given: Option<GivenModel>,
    /// Where the analyses of history are kept.
    pub keeper: Keeper,
    /// The settings in force from the start.
    pub settings: Settings,
    /// Moves of prices that a person has confirmed, known from the start.
    pub confirmed: Vec<MoveConfirmed>,
    /// The engine that computes scores; the first model must pass on it.
    pub engine: Engine,
    /// SHA-256 of the configuration that decides what the run computes.
    pub config_sha256: String,
    /// The version of this program.
    pub code_version: &'static str,
}

/// A model that a run is given.
#[derive(Clone, Debug)]
pub struct GivenModel {
    /// As its training recorded it.
    pub trained: ModelTrained,
    /// The run that trained it.
    pub run: String,
}

impl RunRequest {
    /// The event that opens such a run of `market`; its model and partitions are known only then.
    ///
    /// # Errors
    /// The market ends before the first day.
    pub fn asked(&self, market: &dyn Market) -> Result<RunOpened> {
        let (first_day, previous_day) = first_days(market, self.scan_from)?;
        let mut tickers: Vec<String> =
            self.tickers.iter().map(|ticker| ticker.trim().to_uppercase()).collect();
        tickers.sort();
        tickers.dedup();
        Ok(RunOpened {
            kind: self.kind.to_owned(),
            source: self.source.clone(),
            first_day,
            previous_day,
            scan_from: self.scan_from,
            settings: self.settings.clone(),
            market_sha256: market.data_sha256(self.last_day),
            last_day: self.last_day,
            tickers,
            history_rows: self.history as i64,
            config_sha256: self.config_sha256.clone(),
            code_version: self.code_version.to_owned(),
            given_model: self
                .given
                .as_ref()
                .map(|of| of.trained.sha256.clone())
                .unwrap_or_default(),
            ..RunOpened::default()
        })
    }
}

/// The first day of a run that scans from `scan_from`, and the day before it.
pub fn first_days(market: &dyn Market, scan_from: Day) -> Result<(Day, Day)> {
    let days = market.days();
    let at = days.partition_point(|day| *day < scan_from);
    if at == days.len() {
        let last = days.last().context("the market has no days")?;
        bail!("the market ends on {last}, before {scan_from}; choose an earlier day");
    }
    let previous = at.checked_sub(1).map_or(days[at] + -1, |before| days[before]);
    Ok((days[at], previous))
}
