//! What a run needs of this machine: a data folder that can be written, space, open files, an engine.

use super::Examination;
use run::config::Scoring;
use run::data_dir::RunDir;
use std::path::Path;

/// A day of 1,000 stocks takes a tenth of it.
const LEAST_FREE: u64 = 256 << 20;
/// The log, the state, the lake and their readers, and some connections.
const LEAST_OPEN_FILES: u64 = 256;

/// Looks at the data folder, the open-files limit and the scoring engine.
pub(super) fn check(run: &RunDir, scoring: &Scoring, of: &mut Examination) {
    check_folder(&run.data_dir, of);
    check_open_files(of);
    match scoring.engine() {
        Ok(engine) => of.fine("scoring engine", engine.provider(), engine.explain()),
        Err(error) => of.failed("scoring engine", "the configured provider", &error),
    }
}

fn check_folder(folder: &Path, of: &mut Examination) {
    if !folder.exists() {
        return of.fine("data folder", folder.display(), "not there yet; the first run creates it");
    }
    if rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_err() {
        of.found(
            "data folder",
            folder.display(),
            "it cannot be written: runs in it can be read, and nothing can be added",
            "check its owner and permissions, or name another with --data-dir",
        );
    }
    match rustix::fs::statvfs(folder) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let said = format!("{} MB free", free >> 20);
            if free < LEAST_FREE {
                let least = LEAST_FREE >> 20;
                of.found(
                    "free space",
                    folder.display(),
                    format!("{said}, {least} MB are wanted"),
                    "free some; `butterquant runs remove` removes runs",
                );
            } else {
                of.fine("free space", folder.display(), said);
            }
        }
        Err(error) => of.found("free space", folder.display(), error, "check the disk"),
    }
}

fn check_open_files(of: &mut Examination) {
    // Only Linux tells it here; elsewhere there is nothing to say.
    let Ok(limits) = std::fs::read_to_string("/proc/self/limits") else { return };
    let line = limits.lines().find(|line| line.starts_with("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().nth(3)).unwrap_or("unlimited");
    match soft.parse::<u64>() {
        Ok(limit) if limit < LEAST_OPEN_FILES => of.found(
            "open files",
            "this shell",
            format!("the limit is {limit}, {LEAST_OPEN_FILES} are wanted"),
            "raise it with `ulimit -n 1024` before the start",
        ),
        _ => of.fine("open files", "this shell", format!("the limit is {soft}")),
    }
}
