//! How many configurations have been tried on the same prices, and what that makes of the run's Sharpe ratios.

use super::track_book::TrackBook;
use crate::summary::LONGEST_HOLDING;
use anyhow::Result;
use run::trials::Trial;
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
    let count = tried.len();
    let without = tried.iter().filter(|trial| trial.sharpe_daily.is_empty()).count();
    let many = if count == 1 { "configuration has" } else { "configurations have" };
    let text = format!(
        "{count} distinct {many} been tried in this data folder on these prices (the same tickers up to the same last day), {without} of them without a result; failures and removed runs count"
    );
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
