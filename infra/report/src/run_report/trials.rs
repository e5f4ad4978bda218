//! How many configurations have been tried on the same prices, and what that makes of the run's Sharpe ratios.

use super::track_book::TrackBook;
use crate::summary::{LONGEST_HOLDING, Summary};
use anyhow::Result;
use run::trials::{Trial, counted, sharpeless};
use serde::Serialize;
use statistics::{SharpeError, daily_returns, sharpe_inference};

/// Trials, and the Sharpe ratios of both tracks after so many.
#[derive(Clone, Debug, Serialize)]
pub struct Trials {
    /// Distinct configurations.
    pub count: usize,
    /// The same in a sentence.
    pub text: String,
    /// Figures of each track.
    pub deflated_sharpe: Vec<TrialSharpe>,
}

/// A track's Sharpe ratio after so many trials.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TrialSharpe {
    /// The track.
    pub track: &'static str,
    /// Annualised.
    pub sharpe: Option<f64>,
    /// The chance that the true one is above 0, as if nothing else had been tried.
    pub probabilistic: Option<f64>,
    /// The chance that it is above the best that so many worthless trials would have.
    pub deflated: Option<f64>,
    /// That best, annualised.
    pub expected_maximum: Option<f64>,
    /// Why a figure is missing.
    pub refused: Option<String>,
}

/// Adds what came of the run itself, where that is not on record: the file of trials may be younger than the run.
pub(super) fn complete(tried: &mut [Trial], of: &Summary) {
    let own = |trial: &&mut Trial| trial.run == of.run && trial.sharpe_daily.is_empty();
    if let (None, Some(own)) = (of.unfinished_until, tried.iter_mut().find(own)) {
        let known = of.tracks.iter();
        own.sharpe_daily = known
            .filter_map(|track| Some((track.track.to_owned(), track.sharpe_daily()?)))
            .collect();
    }
}

/// None where nothing was counted: of a live run, whose prices go on.
pub(super) fn trials(books: &[TrackBook], tried: &[Trial], seed: u64) -> Result<Option<Trials>> {
    if tried.is_empty() {
        return Ok(None);
    }
    let mut deflated_sharpe = Vec::with_capacity(books.len());
    for book in books {
        let name = book.track.name();
        let returns = daily_returns(&book.changes, book.capital)?;
        let sharpes: Vec<Option<f64>> =
            tried.iter().map(|trial| trial.sharpe_daily.get(name).copied()).collect();
        let of = TrialSharpe { track: name, ..TrialSharpe::default() };
        deflated_sharpe.push(deflated(&returns, &sharpes, of, seed));
    }
    let (count, without) = (tried.len(), sharpeless(tried));
    let text = format!("{}; failures and removed runs count", counted(count, without));
    Ok(Some(Trials { count, text, deflated_sharpe }))
}

fn deflated(returns: &[f64], sharpes: &[Option<f64>], of: TrialSharpe, seed: u64) -> TrialSharpe {
    let refused = |of: TrialSharpe, error: SharpeError| TrialSharpe {
        refused: Some(error.to_string()),
        ..of
    };
    let found = match sharpe_inference(returns, LONGEST_HOLDING, seed) {
        Ok(found) => found,
        Err(error) => return refused(of, error),
    };
    let of = TrialSharpe {
        sharpe: Some(found.sharpe_annual),
        probabilistic: Some(found.probabilistic),
        ..of
    };
    match found.deflated(sharpes) {
        Ok(after) => TrialSharpe {
            deflated: Some(after.deflated),
            expected_maximum: Some(after.expected_maximum_annual),
            ..of
        },
        Err(error) => refused(of, error),
    }
}
