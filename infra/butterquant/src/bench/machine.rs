//! The machine and the build of a measurement; figures mean nothing without them.

use serde::Serialize;
use std::fmt::{self, Display, Formatter};

/// The machine of a measurement.
#[derive(Serialize)]
pub(crate) struct Machine {
    /// The processor, as the system names it.
    pub cpu: String,
    /// Cores this process may use.
    pub cores: usize,
    /// Memory of the machine in MiB; `None` if unknown.
    pub memory_mib: Option<u64>,
    /// Runnable processes over the last minute, of the whole system.
    pub load: String,
    /// `release`, or `debug` with debug assertions.
    pub profile: &'static str,
    /// Architecture and operating system.
    pub target: String,
    /// Version of the program.
    pub version: &'static str,
}

impl Machine {
    /// This machine, now.
    pub(crate) fn here() -> Machine {
        Machine {
            cpu: cpu().unwrap_or_else(|| "unknown processor".to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_mib: memory_mib(),
            load: load().unwrap_or_else(|| "unknown".to_owned()),
            profile: if cfg!(debug_assertions) { "debug" } else { "release" },
            target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

impl Display for Machine {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Machine { cpu, cores, memory_mib, load, profile, target, .. } = self;
        let memory = memory_mib.map_or(String::new(), |mib| format!(", {} GiB", mib >> 10));
        write!(
            f,
            "{cpu}, {cores} cores for this process{memory}, load {load} when measured; {profile} \
             build for {target}"
        )
    }
}

fn cpu() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn memory_mib() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib >> 10)
}

fn load() -> Option<String> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next().map(str::to_owned)
}

/// Resets the peak of memory to the present use; `false` if the system cannot.
pub(crate) fn reset_peak() -> bool {
    std::fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// Peak resident memory (VmHWM), KiB.
pub(crate) fn peak_kib() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Processor time of this process so far, in seconds; 0 if unknown.
pub(crate) fn cpu_seconds() -> f64 {
    cpu_seconds_of("self").unwrap_or(0.0)
}

/// The same for another process, by its id.
pub(crate) fn cpu_seconds_of(process: &str) -> Option<f64> {
    // Clock ticks, a hundredth of a second each on every Linux that Rust runs on; the name in
    // brackets may hold spaces.
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / 100.0)
}
