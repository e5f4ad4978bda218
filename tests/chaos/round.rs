//! One round: the processes, the faults, and the checks of what remains.

use crate::actors::Actor;
use crate::base::PARTITIONS;
use crate::book::Book;
use crate::checks;
use crate::disk::Disk;
use crate::grounds::Grounds;
use crate::plan::{Fault, Plan};
use crate::storm::Round;
use std::path::Path;
use std::time::Instant;

/// How a round ended.
pub(crate) struct Ended {
    /// Violations, each a sentence.
    pub complaints: Vec<String>,
    /// The faults that struck.
    pub struck: Vec<Fault>,
    /// Processes started.
    pub lives: u64,
    /// Seconds until everything was written, read and stopped, and checked.
    pub seconds: [f64; 3],
    /// Whether the disk could not be filled because mounting is not permitted.
    pub no_mount: bool,
}

/// Runs the round of `plan`; if it fails, its processes' standard error is kept in `keep`.
pub(crate) fn play(grounds: &Grounds, plan: &Plan, keep: Option<&Path>) -> Ended {
    let mut ended = Ended {
        complaints: Vec::new(),
        struck: Vec::new(),
        lives: 0,
        seconds: [0.0; 3],
        no_mount: false,
    };
    if let Err(problem) = within(grounds, plan, keep, &mut ended) {
        ended.complaints.push(problem);
    }
    ended
}

fn within(
    grounds: &Grounds,
    plan: &Plan,
    keep: Option<&Path>,
    ended: &mut Ended,
) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let data = folder.path().join("data");
    let disk = if plan.fills_disk() { Disk::mount(&data, 384) } else { None };
    ended.no_mount = plan.fills_disk() && disk.is_none();
    let stage = grounds.stage(plan, &data)?;
    let ends = stage.ends.clone();
    let mut round = Round::new(grounds, plan, stage, disk, folder.path());
    let begun = Instant::now();
    let mut result = round.storm(folder.path());
    ended.seconds[0] = begun.elapsed().as_secs_f64();
    if result.is_ok() {
        result = round.settle();
    }
    ended.seconds[1] = begun.elapsed().as_secs_f64();
    ended.struck.clone_from(&round.struck);
    ended.lives = round.everyone().map(|actor| u64::from(actor.lives)).sum();
    if let (Err(_), Some(keep)) = (&result, keep) {
        keep_words(round.everyone(), &keep.join(plan.seed.to_string()));
    }
    if result.is_err() {
        round.clear_up()?;
    }
    result?;
    let Round { stage, witness, mut actors, seconds, disk, .. } = round;
    actors.extend(seconds);
    actors.iter_mut().for_each(Actor::kill);
    let sight = witness.finish();
    let second = |fault: &Fault| matches!(fault, Fault::Second { .. });
    let seconds = ended.struck.iter().any(second);
    ended.complaints.extend(stage.states_unlike(&grounds.base.states, seconds));
    let log = stage.open()?;
    let book = Book::read(&*log, PARTITIONS).map_err(|error| error.to_string())?;
    drop(log);
    ended.complaints.extend(checks::complaints(&book, &grounds.base.reference, &sight, &ends));
    ended.complaints.extend(grounds.verdicts(&stage));
    drop(disk);
    ended.seconds[2] = begun.elapsed().as_secs_f64();
    if let (false, Some(keep)) = (ended.complaints.is_empty(), keep) {
        keep_words(actors.iter(), &keep.join(plan.seed.to_string()));
    }
    Ok(())
}

fn keep_words<'a>(actors: impl Iterator<Item = &'a Actor>, folder: &Path) {
    let kept = std::fs::create_dir_all(folder);
    for actor in actors {
        let file = folder.join(format!("{}.err", actor.name()));
        if kept.is_err() || actor.keep_words(&file).is_err() {
            eprintln!("{} could not be kept", file.display());
        }
    }
}
