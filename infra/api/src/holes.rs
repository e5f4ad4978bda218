//! What the log of a run no longer holds: found at a glance, or by reading all of it.

use anyhow::Result;
use run::data_dir::{self, RunDir};

pub use shell::holes::{Hole, HoleKind, HolesFound, REMEDY};

/// Every hole in the log of `run`; reads all of it. A partition that cannot be read is one of them.
///
/// # Errors
/// There is no such run, it was never opened, or its log or the process that owns it does not answer.
pub fn holes(run: &RunDir) -> Result<Vec<Hole>> {
    let opened = data_dir::reach(run)?;
    let partitions = data_dir::partitions(&*opened.log)?;
    Ok(shell::holes::thorough(&*opened.log, partitions)?)
}
