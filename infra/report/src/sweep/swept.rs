//! What a sweep finds: its cells, and what the best of each track is worth.

use crate::run_report::track_book::track_books;
use anyhow::Result;
use run::run_reader::RunReader;
use schemas::events::Track;
use serde::Serialize;
use statistics::{
    DeflatedSharpe, Overfitting, PermutationTest, SharpeInference, WalkForward, daily_returns,
    performance,
};

/// What became of a cell.
#[derive(Clone, Debug)]
pub struct CellRun {
    /// The value of each key.
    pub set: Vec<(String, String)>,
    /// Its run.
    pub run: Option<String>,
    /// Why it has none.
    pub failed: Option<String>,
}

/// A cell of a sweep.
#[derive(Clone, Debug, Serialize)]
pub struct SweptCell {
    /// The value of each key.
    pub set: Vec<(String, String)>,
    /// Its run.
    pub run: Option<String>,
    /// Why it has none.
    pub failed: Option<String>,
    /// Its tracks; empty where it failed.
    pub tracks: Vec<CellTrack>,
    /// SHA-256 of the prices.
    #[serde(skip)]
    pub(super) data: String,
}

/// A track of a cell.
#[derive(Clone, Debug, Serialize)]
pub struct CellTrack {
    /// Its name.
    pub track: Track,
    /// Profit ÷ capital.
    pub total_return: f64,
    /// Annualised, from daily returns.
    pub sharpe: Option<f64>,
    /// The deepest fall of the equity ÷ its highest point before.
    pub max_drawdown: f64,
    /// Trades closed.
    pub closed_trades: usize,
    /// Return of each day on the capital.
    #[serde(skip)]
    pub(super) returns: Vec<f64>,
}

impl SweptCell {
    /// The cell whose run `reader` reads; without one it has failed.
    ///
    /// # Errors
    /// The run's views cannot be read.
    pub fn of(cell: &CellRun, reader: Option<&RunReader>) -> Result<SweptCell> {
        let mut tracks = Vec::new();
        for book in reader.map(track_books).transpose()?.unwrap_or_default() {
            let figures = performance(&book.changes, book.capital)?;
            tracks.push(CellTrack {
                track: book.track,
                total_return: figures.total_return,
                sharpe: figures.sharpe,
                max_drawdown: figures.max_drawdown,
                closed_trades: book.trades.len(),
                returns: daily_returns(&book.changes, book.capital)?,
            });
        }
        Ok(SweptCell {
            set: cell.set.clone(),
            run: cell.run.clone(),
            failed: cell.failed.clone(),
            tracks,
            data: reader.map(|reader| reader.opened.market_sha256.clone()).unwrap_or_default(),
        })
    }
}

/// A figure, or why it would mean nothing.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Answer<T> {
    /// The figure.
    Found(T),
    /// A sentence.
    Refused {
        /// Why.
        refused: String,
    },
}

impl<T> Answer<T> {
    pub(crate) fn of<E: ToString>(result: Result<T, E>) -> Answer<T> {
        match result {
            Ok(found) => Answer::Found(found),
            Err(error) => Answer::Refused { refused: error.to_string() },
        }
    }
}

/// What picking the best cell of a track is worth.
#[derive(Clone, Debug, Serialize)]
pub struct BestCell {
    /// The track.
    pub track: Track,
    /// Index of the cell with the highest Sharpe ratio; none where no cell has one.
    pub best: Option<usize>,
    /// Its Sharpe ratio as an estimate.
    pub inference: Answer<SharpeInference>,
    /// The same after all trials on these prices.
    pub deflated: Answer<DeflatedSharpe>,
    /// Whether the best in one half of the days is any good in the other.
    pub overfitting: Answer<Overfitting>,
    /// The best of the past, traded afterwards.
    pub walk_forward: Answer<WalkForward>,
    /// Its choices against shuffled scores.
    pub permutation: Answer<PermutationTest>,
}

/// A sweep.
#[derive(Clone, Debug, Serialize)]
pub struct Sweep {
    /// SHA-256 of the prices.
    pub data_sha256: String,
    /// Distinct configurations ever tried on these prices in this data folder, this sweep's included.
    pub trials: usize,
    /// Of these, those that failed or never traded.
    pub without_result: usize,
    /// The cells, the last grid's values changing first.
    pub cells: Vec<SweptCell>,
    /// Both tracks.
    pub tracks: Vec<BestCell>,
}
