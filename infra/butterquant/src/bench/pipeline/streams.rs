//! Kafka Streams doing the same hop with the same model on the same broker, by means of the application
//! in the source tree (`tests/streams`).

use super::bench_run;
use super::hop::{Hop, Steady};
use anyhow::{Context, Result, bail, ensure};
use run::config::Config;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};

/// The events a second of this program over those of the fastest Streams application.
pub(crate) const STREAMS_SPEED: &str = "times as many events/s";
/// The shortest 99th percentile of a Streams application over this program's.
pub(crate) const STREAMS_LATENCY: &str = "times shorter p99";

/// The workload of the application, the same as this program's.
pub(crate) struct Workload {
    /// Events of the backlog.
    pub events: usize,
    /// Events a second of the steady part.
    pub rate: u32,
    /// Seconds of the steady part.
    pub seconds: u32,
}

/// The application with one set of settings.
#[derive(Serialize, Deserialize)]
pub(crate) struct Application {
    pub name: String,
    pub settings: Value,
    /// On a backlog.
    pub events_per_s: f64,
    pub events_per_cpu_s: f64,
    /// At the fixed rate, from when a features record could be read until its prediction could.
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
}

/// The application with each set of settings, and this program compared with the best of them.
#[derive(Serialize)]
pub(crate) struct Streams {
    pub applications: Vec<Application>,
    /// Compared with the one with the most events per second.
    pub times_events_per_second: f64,
    /// Compared with the one with the shortest 99th percentile.
    pub times_shorter_p99: f64,
}

/// Has `script` measure it, and compares `hop` and `steady` with the results.
pub(crate) fn streams(
    config: &Config,
    script: &Path,
    workload: &Workload,
    hop: &Hop,
    steady: Option<&Steady>,
) -> Result<Streams> {
    ensure!(
        config.kafka().is_empty(),
        "Kafka Streams is measured on a plain listener; leave [kafka] empty for this measurement"
    );
    let steady = steady
        .context("--streams also compares at the fixed rate; keep --rate and --seconds above 0")?;
    let model = std::env::temp_dir().join(format!("butterquant-bench-{}.onnx", std::process::id()));
    std::fs::write(&model, bench_run::sample_model()?.0.onnx)
        .with_context(|| format!("{} cannot be written", model.display()))?;
    let mut command = Command::new(script);
    command.args(["--brokers", config.brokers(), "-o", "json"]).arg("--model").arg(&model);
    for (word, number) in [
        ("--events", workload.events),
        ("--rate", workload.rate as usize),
        ("--seconds", workload.seconds as usize),
    ] {
        command.args([word, &number.to_string()]);
    }
    let ended = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    std::fs::remove_file(&model)?;
    let ended = ended.with_context(|| format!("{} cannot be run", script.display()))?;
    if !ended.status.success() {
        bail!("{} ended with {}; its output is above", script.display(), ended.status);
    }
    let applications: Vec<Application> = serde_json::from_slice(&ended.stdout)
        .with_context(|| format!("the output of {} is not its report", script.display()))?;
    let best = |of: fn(&Application) -> f64, better: fn(f64, f64) -> f64| {
        applications.iter().map(of).reduce(better).context("it reported no measurements")
    };
    Ok(Streams {
        times_events_per_second: hop.events_per_second / best(|one| one.events_per_s, f64::max)?,
        times_shorter_p99: best(|one| one.p99_ms, f64::min)?
            / steady.published_to_prediction.p99_ms,
        applications,
    })
}

impl Streams {
    /// Rows of what was measured, the figure, and how.
    pub(crate) fn rows(&self) -> Vec<(&'static str, String, String)> {
        let mut rows = Vec::new();
        for one in &self.applications {
            let speed = format!("{:.0} events/s", one.events_per_s);
            rows.push((
                "Kafka Streams",
                speed,
                format!("{}; {:.0} events/CPU-s", one.name, one.events_per_cpu_s),
            ));
            let times = format!("{:.1} / {:.1} ms", one.p50_ms, one.p99_ms);
            rows.push(("", times, "at the fixed rate, from when a record can be read".to_owned()));
        }
        let times = |times: f64| format!("{times:.2}");
        let how = "this program's over the best of Kafka Streams'".to_owned();
        rows.push((STREAMS_SPEED, times(self.times_events_per_second), how));
        let how =
            "from when a record can be read, compared with the best of Kafka Streams'".to_owned();
        rows.push((STREAMS_LATENCY, times(self.times_shorter_p99), how));
        rows
    }
}
