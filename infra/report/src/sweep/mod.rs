//! A sweep: the same backtest with other settings, cell by cell, and what picking the best of the cells is worth.

mod best;
mod scored_days;
mod swept;

pub use swept::{Answer, BestCell, CellRun, CellTrack, Sweep, SweptCell};

use anyhow::{Result, ensure};
use best::best_of;
use run::run_reader::RunReader;
use run::trials::{Trial, sharpeless};
use schemas::events::Track;

/// The sweep of `cells`. `trials` gives what was tried on prices, `read` opens a run.
///
/// # Errors
/// A run or the trials cannot be read, or the cells have other prices than each other: the files changed meanwhile.
pub fn sweep(
    cells: Vec<SweptCell>,
    trials: &dyn Fn(&str) -> Result<Vec<Trial>>,
    read: &dyn Fn(&str) -> Result<RunReader>,
) -> Result<Sweep> {
    let mut data = cells.iter().filter(|cell| cell.run.is_some()).map(|cell| &cell.data);
    let data_sha256 = data.next().cloned().unwrap_or_default();
    ensure!(
        data.all(|other| *other == data_sha256),
        "the market's files changed during the sweep, so its cells cannot be compared; run it again"
    );
    let tried = trials(&data_sha256)?;
    let mut tracks = Vec::new();
    for track in Track::ALL {
        tracks.push(best_of(&cells, track, &tried, read)?);
    }
    let without_result = sharpeless(&tried);
    Ok(Sweep { data_sha256, trials: tried.len(), without_result, cells, tracks })
}
