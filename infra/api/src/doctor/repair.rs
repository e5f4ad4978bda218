//! Repairs what can be repaired without loss, and says what was done.

use super::Examination;
use run::data_dir::{self, Repaired, RunDir, repair_log, repair_state};

/// Repairs the log and the state folder of `run`; what was done is noted in `of`.
pub fn repair(run: &RunDir, of: &mut Examination) {
    if !run.is_here() || !run.log().exists() || data_dir::living_owner(&run.log()).is_some() {
        // On Kafka the brokers repair their own; a living process has its folders open.
        return;
    }
    match repair_log(run) {
        Ok(Repaired::WithoutSnapshots { kept, writes }) => of.fine(
            "repair",
            run.log().display(),
            format!(
                "recovered without its snapshots; the {writes} writes and the sums over all records are those recorded, and the folder as it was is kept in {}",
                kept.display()
            ),
        ),
        Ok(Repaired::Sound | Repaired::SetAside { .. }) => {}
        Err(error) => {
            let text = format!("{error:#}");
            let detail = text.split_once("; ").map_or(&*text, |(detail, _)| detail);
            let tried = format!("{detail}; without its snapshots it does not come back whole either");
            of.found("log", run.log().display(), tried, "`butterquant restore FILE --run NAME` brings a backup back as another run; the folder is left as it is");
        }
    }
    if !run.state().exists() {
        return;
    }
    if let Ok(Repaired::SetAside { kept, reason }) = repair_state(run) {
        of.found(
            "saved state",
            run.state().display(),
            format!("it was moved to {}, because {reason}", kept.display()),
            "`butterquant rebuild --all` makes it again from the log",
        );
    }
}
