//! The artifact folder: each model file is what its JSON says.

use super::Examination;
use run::data_dir::RunDir;
use success::Artifacts;

const WHAT: &str = "model files";

/// Looks at the model files of `run`.
pub(super) fn check(run: &RunDir, of: &mut Examination) {
    let folder = run.models();
    if !folder.exists() {
        return of.fine(WHAT, folder.display(), "there are none");
    }
    let remedy = "`butterquant rebuild --all` makes them again from the log";
    let listed = match Artifacts::open(&folder).and_then(|files| Ok((files.list()?, files))) {
        Ok(listed) => listed,
        Err(error) => return of.found(WHAT, folder.display(), error, remedy),
    };
    let (models, files) = listed;
    let before = of.findings.len();
    for model in &models {
        if let Err(error) = files.load(model.version) {
            of.found(WHAT, model.path.display(), error, remedy);
        }
    }
    if of.findings.len() == before {
        of.fine(
            WHAT,
            folder.display(),
            format!("{} versions, each as its JSON says", models.len()),
        );
    }
}
