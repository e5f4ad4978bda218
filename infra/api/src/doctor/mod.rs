//! The examination of a run: each check is said, and what is wrong is a [`Finding`] with its remedy.
//!
//! A check is a function that adds to an [`Examination`]; it never ends the examination, so that one
//! damaged store hides nothing else.

mod checkpoints;
mod clock;
mod derived;
mod examination;
mod freshness;
mod holes;
mod models;
mod repair;
mod schema_versions;
mod stores;
mod surroundings;

pub use examination::{Check, Depth, Examination, Finding};
pub use freshness::{closed_by_topic, trading_days};
pub use repair::repair;

use run::config::Scoring;
use run::data_dir::{self, RunDir};

/// Examines `run` and what it needs of this machine, and adds that to `of`; `scoring` says which engine
/// it asks for.
pub fn examine(run: &RunDir, scoring: &Scoring, depth: Depth, mut of: Examination) -> Examination {
    surroundings::check(run, scoring, &mut of);
    schema_versions::check_all(&mut of);
    if let Err(error) = data_dir::check_not_gone(run) {
        clock::check(None, &mut of);
        of.failed("log", run.log().display(), &error);
        return of;
    }
    if run.is_here() && !run.log().exists() {
        clock::check(None, &mut of);
        of.fine(
            "run",
            run.path.display(),
            "nothing is there yet; `butterquant demo` or `butterquant scan` begins it",
        );
        return of;
    }
    let log = stores::check_log(run, depth, &mut of);
    clock::check(log.as_deref(), &mut of);
    if depth == Depth::Full {
        checkpoints::check(run, log.as_ref(), &mut of);
    }
    let Some(log) = log else { return of };
    freshness::check(&*log, &mut of);
    drop(log);
    if depth == Depth::Quick {
        of.leave_out("saved state, model files, lake and views");
        holes::check_settings(run, &mut of);
    } else {
        models::check(run, &mut of);
        holes::check(run, &mut of);
        derived::check(run, &mut of);
    }
    of
}
