//! The model files: each has the bytes that the log has.

use super::Examination;
use anyhow::Result;
use run::data_dir::{self, RunDir};
use run::derived_files::check_model_files;
use run::standing::RunStanding;

const WHAT: &str = "model files";
const REMEDY: &str = "`butterquant rebuild --all` makes them again from the log";

/// Looks at the model files of `run`, whose log can be read.
pub(super) fn check(run: &RunDir, of: &mut Examination) {
    let folder = run.models();
    let before = of.findings.len();
    match faults(run) {
        Err(error) => of.failed(WHAT, folder.display(), &error),
        Ok(faults) => {
            faults.into_iter().for_each(|(path, fault)| of.found(WHAT, path, fault, REMEDY));
        }
    }
    if of.findings.len() == before {
        of.fine(WHAT, folder.display(), "as the log has them");
    }
}

fn faults(run: &RunDir) -> Result<Vec<(String, String)>> {
    let log = data_dir::reach(run)?.log;
    let partitions = data_dir::partitions(&*log)?;
    let closed = RunStanding::of(&*log)?.and_then(|of| of.closed);
    let faults = check_model_files(&*log, partitions, &run.models(), closed)?;
    Ok(faults.iter().map(|one| (one.path.display().to_string(), one.to_string())).collect())
}
