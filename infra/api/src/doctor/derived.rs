//! What is made from the log: the lake, held against its manifest and the log, and the views.

use super::Examination;
use crate::answers::{TallyQuery, ViewsAt};
use run::data_dir::RunDir;
use run::derived_files::check_lake;

const REMEDY: &str = "`butterquant rebuild --all` makes it again from the log";

/// Looks at the lake and the views of `run`.
pub(super) fn check(run: &RunDir, of: &mut Examination) {
    let lake = run.lake();
    match check_lake(run) {
        Err(error) => of.failed("lake", lake.display(), &error),
        Ok(found) if found.is_whole() => {
            let files = found.files.files;
            of.fine("lake", lake.display(), format!("{files} files, each as it was written"));
        }
        Ok(found) => {
            for fault in &found.files.faults {
                of.found("lake", fault.path.display(), fault, REMEDY);
            }
            if let Some(problem) = &found.problem {
                of.found("lake", lake.display(), problem, REMEDY);
            }
        }
    }
    // Whether they can be read is looked at with the saved state; here it is whether they hold all that is closed.
    if let Err(error) = ViewsAt::of(run).and_then(|views| views.ask(&TallyQuery)) {
        of.failed("views", run.state().display(), &error);
    }
}
