//! The examination of a run: each check is said, and what is wrong is a [`Finding`] with its remedy.
//!
//! A check is a function that adds to an [`Examination`]; it never ends the examination, so that one
//! damaged store hides nothing else.

mod checkpoints;
mod derived;
mod examination;
mod holes;
mod models;
mod repair;
mod stores;
mod surroundings;

pub use examination::{Check, Examination, Finding};
pub use repair::repair;

use run::config::Scoring;
use run::data_dir::{self, RunDir};

/// Examines `run` and what it needs of this machine, and adds that to `of`; `scoring` says which engine
/// it asks for.
pub fn examine(run: &RunDir, scoring: &Scoring, mut of: Examination) -> Examination {
    surroundings::check(run, scoring, &mut of);
    if let Err(error) = data_dir::check_not_gone(run) {
        of.failed("log", run.log().display(), &error);
        return of;
    }
    if run.is_here() && !run.log().exists() {
        of.fine(
            "run",
            run.path.display(),
            "nothing is there yet; `butterquant demo` or `butterquant scan` begins it",
        );
        return of;
    }
    let log = stores::check_log(run, &mut of);
    checkpoints::check(run, log.as_ref(), &mut of);
    if log.is_some() {
        drop(log);
        models::check(run, &mut of);
        holes::check(run, &mut of);
        derived::check(run, &mut of);
    }
    of
}
