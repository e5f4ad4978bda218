//! The machine under this process: the disk that holds the run, the clock, and how fresh the parts of this page are.

use super::samples::{Samples, labels};
use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use telemetry::metrics::Declared;

const FREE: Declared = Declared::gauge(
    "butterquant_disk_free_bytes",
    &[],
    "Bytes that this process may still write on the disk of the data folder.",
);
const SIZE: Declared =
    Declared::gauge("butterquant_disk_size_bytes", &[], "Size of the disk of the data folder.");
const CLOCK: Declared = Declared::gauge(
    "butterquant_clock_timestamp_seconds",
    &[],
    "This machine's clock at the scrape, Unix seconds; its distance from Prometheus' own clock shows which of the two is off.",
);
const STEP: Declared = Declared::gauge(
    "butterquant_clock_step_seconds",
    &[],
    "By how much the wall clock has been set forward (below 0: back) since the process started, against the clock that cannot be set.",
);
const STARTED: Declared = Declared::gauge(
    "butterquant_start_timestamp_seconds",
    &[],
    "Wall time at which this process began to serve, Unix seconds.",
);
const READ: Declared = Declared::gauge(
    "butterquant_part_read_timestamp_seconds",
    &["part"],
    "Wall time at which a part of this page was last read, Unix seconds; what cannot be read any more is left out.",
);
const ANSWERS: Declared = Declared::gauge(
    "butterquant_log_answers",
    &[],
    "Whether the log has answered the last questions of this page; 0 during an outage.",
);

/// Every metric of this file.
pub(super) const ALL: &[&Declared] = &[&FREE, &SIZE, &CLOCK, &STEP, &STARTED, &READ, &ANSWERS];

/// When this process began, by both clocks.
#[derive(Clone, Copy)]
pub(super) struct Began {
    wall: f64,
    at: Instant,
}

impl Began {
    pub(super) fn now() -> Began {
        Began { wall: unix_seconds(), at: Instant::now() }
    }
}

/// The wall time, Unix seconds.
pub(super) fn unix_seconds() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// Disk and clocks.
pub(super) fn samples(folder: &Path, began: Began) -> Samples {
    let wall = unix_seconds();
    let step = wall - began.wall - began.at.elapsed().as_secs_f64();
    let one = |value| vec![(Vec::new(), value)];
    let mut samples: Samples =
        vec![(&CLOCK, one(wall)), (&STEP, one(step)), (&STARTED, one(began.wall))];
    if let Ok(disk) = rustix::fs::statvfs(folder) {
        let bytes = |blocks: u64| blocks as f64 * disk.f_frsize as f64;
        samples.push((&FREE, one(bytes(disk.f_bavail))));
        samples.push((&SIZE, one(bytes(disk.f_blocks))));
    }
    samples
}

/// When each part was read, and whether the log answers.
pub(super) fn of_parts(read: &[(&str, f64)], answers: bool) -> Samples {
    let read = read.iter().map(|(part, at)| (labels([part]), *at)).collect();
    vec![(&READ, read), (&ANSWERS, vec![(Vec::new(), f64::from(u8::from(answers)))])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_is_seen() {
        let began = Began { wall: unix_seconds() - 3_600.0, at: Instant::now() };
        let samples = samples(Path::new("/"), began);
        let step = samples.iter().find(|(of, _)| of.name == STEP.name).unwrap().1[0].1;
        assert!((step - 3_600.0).abs() < 60.0, "{step}");
        let disk = |of: &Declared| samples.iter().find(|(one, _)| one.name == of.name).unwrap();
        assert!(disk(&FREE).1[0].1 <= disk(&SIZE).1[0].1);
    }
}
