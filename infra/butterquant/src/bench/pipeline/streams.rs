//! Kafka Streams doing the same hop with the same model on the same broker, by the application that
//! comes with the sources (`tests/streams`).

use super::hop::{Hop, Steady};
use super::report::{STREAMS_LATENCY, STREAMS_SPEED};
use super::stage;
use anyhow::{Context, Result, bail, ensure};
use run::config::Config;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};

/// What the application is asked to do, as this program was.
pub(crate) struct Asked {
    /// Events of the backlog.
    pub events: usize,
    /// Events a second of the steady part.
    pub rate: u32,
    /// Seconds of the steady part.
    pub seconds: u32,
}

/// One way to set it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Application {
    pub name: String,
    pub settings: Value,
    /// From a backlog.
    pub events_per_s: f64,
    pub events_per_cpu_s: f64,
    /// At the fixed rate, from when a features record could be read to when its prediction was.
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
}

/// All ways, and this program beside the best of them.
#[derive(Serialize)]
pub(crate) struct Streams {
    pub applications: Vec<Application>,
    /// Of the one with the most events a second.
    pub times_events_per_second: f64,
    /// Of the one with the shortest 99th percentile.
    pub times_shorter_p99: f64,
}

/// Has `script` measure it, and holds `hop` and `steady` against what comes.
pub(crate) fn streams(
    config: &Config,
    script: &Path,
    asked: &Asked,
    hop: &Hop,
    steady: Option<&Steady>,
) -> Result<Streams> {
    ensure!(
        config.kafka().is_empty(),
        "Kafka Streams is compared on a plain listener; leave [kafka] empty for this measurement"
    );
    let steady = steady
        .context("--streams compares at the fixed rate too; leave --rate and --seconds above 0")?;
    let model = std::env::temp_dir().join(format!("butterquant-bench-{}.onnx", std::process::id()));
    std::fs::write(&model, stage::model()?.0.onnx)
        .with_context(|| format!("{} cannot be written", model.display()))?;
    let mut command = Command::new(script);
    command.args(["--brokers", config.brokers(), "-o", "json"]).arg("--model").arg(&model);
    for (word, number) in [
        ("--events", asked.events),
        ("--rate", asked.rate as usize),
        ("--seconds", asked.seconds as usize),
    ] {
        command.args([word, &number.to_string()]);
    }
    let ended = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    std::fs::remove_file(&model)?;
    let ended = ended.with_context(|| format!("{} cannot be run", script.display()))?;
    if !ended.status.success() {
        bail!("{} ended with {}; what it said is above", script.display(), ended.status);
    }
    let applications: Vec<Application> = serde_json::from_slice(&ended.stdout)
        .with_context(|| format!("what {} gave is not its report", script.display()))?;
    let best = |of: fn(&Application) -> f64, better: fn(f64, f64) -> f64| {
        applications.iter().map(of).reduce(better).context("it measured nothing")
    };
    Ok(Streams {
        times_events_per_second: hop.events_per_second / best(|one| one.events_per_s, f64::max)?,
        times_shorter_p99: best(|one| one.p99_ms, f64::min)?
            / steady.published_to_prediction.p99_ms,
        applications,
    })
}

impl Streams {
    /// What, measured, how.
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
            rows.push(("", times, "at the fixed rate, from a record that can be read".to_owned()));
        }
        let times = |times: f64| format!("{times:.2}");
        let how = "this program's, over the best of Kafka Streams'".to_owned();
        rows.push((STREAMS_SPEED, times(self.times_events_per_second), how));
        let how = "from a record that can be read, beside the best of Kafka Streams'".to_owned();
        rows.push((STREAMS_LATENCY, times(self.times_shorter_p99), how));
        rows
    }
}
