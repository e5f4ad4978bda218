//! The report of a run as data: everything that the page shows, in one document. The page, the JSON file and the picture
//! are made from it, so they cannot say different things. Every number carries its definition.
//!
//! Fractions are fractions, money is dollars, `null` is not known. Dates are texts, but days since 1970-01-01 in the long
//! arrays, which would be twice as large otherwise.

mod assumptions;
mod calibration;
mod candidate_facts;
mod columns;
mod costs;
mod curves;
mod figures;
mod groups;
mod head;
mod periods;
mod rounding;
#[cfg(test)]
mod testkit;
mod thirds;
pub(crate) mod track_book;
mod tracks_compared;
mod trades;
mod trials;
mod why;

pub use assumptions::Sentence;
pub use columns::{Column, Live, Replayed, TrackValues};
pub use curves::{Curves, IndexSeries, MonthlyRow, TrackCurve};
pub(crate) use figures::values;
pub use figures::{FIGURES, Figure, Values};
pub use head::{Fact, Parameter, RunFacts};
pub use periods::{NamedPeriod, Period};
pub use tracks_compared::TracksCompared;
pub(crate) use tracks_compared::compared_with_errors;

use crate::round_trips::round_trips;
use crate::summary::summary;
use crate::summary_text::warnings;
use crate::volatility_sensitivity::{COSTS, SensitivityGrid, VOLATILITIES, grid};
use crate::why::{PageModel, PageWhy};
use anyhow::Result;
use candidate_facts::CandidateFacts;
use run::run_reader::RunReader;
use run::trials::Trial;
use schemas::contract::FEATURE_NAMES;
use schemas::events::Track;
use serde::Serialize;
use std::collections::BTreeMap;

/// The version of the document.
pub const VERSION: u32 = 1;

/// What is asked of a report beside the run itself.
pub struct Asked {
    /// When it is made, RFC 3339.
    pub made_at: String,
    /// The program and its version.
    pub program: String,
    /// The run that traded live or on paper.
    pub live: Live,
    /// What deciding everything again found.
    pub replayed: Replayed,
    /// Periods that the user has named.
    pub periods: Vec<NamedPeriod>,
    /// What was tried on the same prices in the run's data folder.
    pub tried: Vec<Trial>,
}

/// Profit and mean return of the closed trades by volatility and costs.
#[derive(Clone, Debug, Serialize)]
pub struct Sensitivity {
    /// Factors on volatility: the rows.
    pub volatility: [f64; 3],
    /// Factors on costs: the columns.
    pub costs: [f64; 3],
    /// Both tracks.
    pub tracks: Vec<SensitivityGrid>,
}

/// The report of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// [`VERSION`].
    pub version: u32,
    /// Kind and market.
    pub title: String,
    /// Period, days, tickers.
    pub subtitle: String,
    /// When it was made, RFC 3339.
    pub made_at: String,
    /// By which program.
    pub program: String,
    /// The run.
    pub run: RunFacts,
    /// What a reader must know first.
    pub warnings: Vec<String>,
    /// The run's settings.
    pub parameters: Vec<Parameter>,
    /// Hashes of what it was made from.
    pub provenance: Vec<Fact>,
    /// Questions asked of the data.
    pub trials: Option<trials::Trials>,
    /// What the figures mean.
    pub figures: &'static [Figure],
    /// The figures of backtest, live run and replay.
    pub columns: Vec<Column>,
    /// The days and both tracks on them.
    #[serde(flatten)]
    pub curves: Curves,
    /// ButterAI − ButterBaseline.
    pub comparison: Option<tracks_compared::TracksCompared>,
    /// Why they are not compared.
    pub comparison_refused: Option<String>,
    /// At other volatilities and costs.
    pub sensitivity: Sensitivity,
    /// Closed trades by what they have in common.
    pub groups: Vec<groups::Group>,
    /// What was said and what came.
    pub calibration: Option<calibration::Calibration>,
    /// Why that is not shown.
    pub calibration_refused: Option<String>,
    /// Periods that the user has named.
    pub periods: Vec<Period>,
    /// Closed trades.
    pub trades: trades::TradeTable,
    /// The model's inputs, in order.
    pub feature_names: [&'static str; FEATURE_NAMES.len()],
    /// Models trained.
    pub models: Vec<PageModel>,
    /// How each trade came about, by candidate.
    pub why: BTreeMap<String, PageWhy>,
    /// What was assumed.
    pub assumptions: Vec<Sentence>,
    /// Costs assumed and got.
    pub costs: Vec<costs::Cost>,
    /// What the figures do not show.
    pub not_to_conclude: Vec<String>,
    /// Whether records of the run are gone, which is among the warnings.
    #[serde(skip)]
    pub is_of_a_log_with_holes: bool,
}

/// The report of `reader`'s run.
///
/// # Errors
/// The log or the views cannot be read, or a period lies outside of the run's days.
pub fn report(reader: &RunReader, mut asked: Asked) -> Result<Report> {
    let summary = summary(reader)?;
    trials::complete(&mut asked.tried, &summary);
    let books = track_book::track_books(reader)?;
    let periods = periods::periods(&asked.periods, &books)?;
    let trips = round_trips(reader)?;
    let facts = CandidateFacts::of(reader, &books)?;
    let reasons = why::reasons(reader, &facts.candidates())?;
    let vix = candidate_facts::index_closes(reader)?;
    let curves = curves::curves(&books, &vix);
    let labels = trades::Labels { facts: &facts, trips: &trips, thirds: thirds::thirds(&curves) };
    let (calibration, calibration_refused) =
        calibration::calibration(reader, &summary.opened.settings)?;
    Ok(Report {
        version: VERSION,
        title: head::title(&summary),
        subtitle: head::subtitle(reader, &curves)?,
        made_at: asked.made_at,
        program: asked.program,
        run: head::run_facts(&summary),
        warnings: warnings(&summary),
        parameters: head::parameters(&summary.opened),
        provenance: head::provenance(reader, &summary)?,
        trials: trials::trials(&books, &asked.tried, summary.opened.settings.seed as u64)?,
        figures: figures::FIGURES,
        columns: columns::columns(&summary, &books, &asked.live, &asked.replayed)?,
        comparison: summary.comparison.as_ref().map(tracks_compared::compared_with_errors),
        comparison_refused: summary.comparison_refused.clone(),
        sensitivity: Sensitivity {
            volatility: VOLATILITIES,
            costs: COSTS,
            tracks: Track::ALL.map(|track| grid(&trips, track)).into(),
        },
        groups: groups::groups(&books, &labels),
        calibration,
        calibration_refused,
        periods,
        trades: trades::table(&books, &labels),
        feature_names: FEATURE_NAMES,
        models: reasons.models,
        why: reasons.why,
        assumptions: assumptions::assumptions(&summary),
        costs: costs::costs(&books, &facts),
        not_to_conclude: assumptions::not_to_conclude(&summary),
        is_of_a_log_with_holes: !summary.gone.is_empty(),
        curves,
    })
}
