//! Scorers in processes of their own, each limited to a rate: whether their throughput adds up, and whether
//! every event is predicted exactly once through every rebalance.

use super::bench_run::{BenchRun, Follower, number};
use crate::child_process;
use crate::live_run;
use anyhow::{Context, Result, bail};
use schemas::Topic;
use serde::Serialize;
use std::fs::{File, read_to_string};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The longest wait for a rebalance.
const SETTLED: Duration = Duration::from_secs(45);
/// The window in which the rate is checked, and the share of it that counts as settled.
const SETTLED_RATE: (Duration, f64) = (Duration::from_secs(1), 0.9);
const PATIENCE: Duration = Duration::from_secs(60);

/// The limits of each scorer and phase.
pub(crate) struct Pace {
    /// Events a second.
    pub rate: u32,
    /// Seconds over which a phase is measured after its rebalance.
    pub seconds: u32,
}

/// A number of scorers at once.
#[derive(Serialize)]
pub(crate) struct Phase {
    /// Processes.
    pub scorers: u32,
    /// Events per second that each may process.
    pub rate_each: u32,
    /// Throughput of all together.
    pub events_per_second: f64,
    /// That throughput over the sum of their rates.
    pub share: f64,
    /// Seconds from the beginning of the phase until all partitions were being read again.
    pub settled_after_seconds: f64,
}

/// Scaling out.
#[derive(Serialize)]
pub(crate) struct Scale {
    /// In order, with processes joining and leaving in between.
    pub phases: Vec<Phase>,
    /// Features published.
    pub events: usize,
    /// Predicted more than once.
    pub twice: usize,
    /// Never predicted.
    pub missing: usize,
}

/// A scorer process and the file of its standard error.
struct ScorerProcess {
    child: Child,
    errors: PathBuf,
}

/// Scorer processes, stopped when this is dropped.
struct Scorers(Vec<ScorerProcess>);

impl Scorers {
    /// Stops all but the first `keep`.
    fn stop(&mut self, keep: usize) {
        for ScorerProcess { mut child, .. } in self.0.drain(keep.min(self.0.len())..) {
            // Like Ctrl-C: the batch in progress is finished.
            let _ = Command::new("kill").arg(child.id().to_string()).status();
            let _ = child.wait();
        }
    }

    /// Fails if a process has ended.
    fn ensure_running(&mut self) -> Result<()> {
        for ScorerProcess { child, errors } in &mut self.0 {
            if let Some(status) = child.try_wait()? {
                let log = read_to_string(errors).unwrap_or_default();
                let last = log.lines().last().unwrap_or("it logged nothing");
                bail!("a scorer process ended with {status}: {last}");
            }
        }
        Ok(())
    }
}

impl Drop for Scorers {
    fn drop(&mut self) {
        self.stop(0);
    }
}

/// Predictions per candidate.
struct PredictionCounts {
    follower: Follower,
    seen: Vec<u32>,
    total: usize,
}

impl PredictionCounts {
    fn poll(&mut self) -> Result<()> {
        for record in self.follower.poll()?.iter().flat_map(|part| &part.records) {
            if let Some(number) = record.key.as_deref().and_then(number) {
                self.seen[number] += 1;
                self.total += 1;
            }
        }
        Ok(())
    }

    /// How many arrive in `time`, and the seconds that really passed.
    fn during(&mut self, processes: &mut Scorers, time: Duration) -> Result<(usize, f64)> {
        let (before, begun) = (self.total, Instant::now());
        while begun.elapsed() < time {
            processes.ensure_running()?;
            self.poll()?;
        }
        Ok((self.total - before, begun.elapsed().as_secs_f64()))
    }

    /// Waits until they arrive at about `rate` per second; returns the seconds that took.
    fn settle(&mut self, processes: &mut Scorers, rate: f64) -> Result<f64> {
        let begun = Instant::now();
        while begun.elapsed() < SETTLED {
            let (arrived, seconds) = self.during(processes, SETTLED_RATE.0)?;
            if arrived as f64 >= SETTLED_RATE.1 * rate * seconds {
                break;
            }
        }
        Ok(begun.elapsed().as_secs_f64())
    }
}

/// Runs phases of `scorers` processes each, then one scorer without a limit for the rest.
pub(crate) fn scale(bench: &BenchRun, scorers: &[u32], pace: &Pace) -> Result<Scale> {
    bench.open()?;
    let &Pace { rate, seconds } = pace;
    let window = Duration::from_secs(seconds.into());
    let most = (SETTLED + SETTLED_RATE.0 + window).as_secs() as usize * rate as usize;
    let events = scorers.iter().map(|count| *count as usize * most).sum::<usize>();
    bench.features(0, events)?;
    let context = bench.context()?;
    let serving = live_run::serve(&bench.config, &bench.opened, &context)?;
    let mut counts = PredictionCounts {
        follower: bench.follow(Topic::Predictions)?,
        seen: vec![0; events],
        total: 0,
    };
    let (mut processes, mut phases) = (Scorers(Vec::new()), Vec::new());
    for &count in scorers {
        processes.stop(count as usize);
        while processes.0.len() < count as usize {
            let name = format!("bench{}", processes.0.len());
            processes.0.push(start_scorer(bench, &name, Some(rate))?);
        }
        let wanted = f64::from(count) * f64::from(rate);
        let settled_after_seconds = counts.settle(&mut processes, wanted)?;
        let (arrived, seconds) = counts.during(&mut processes, window)?;
        let events_per_second = arrived as f64 / seconds;
        phases.push(Phase {
            scorers: count,
            rate_each: rate,
            events_per_second,
            share: events_per_second / wanted,
            settled_after_seconds,
        });
    }
    processes.0.push(start_scorer(bench, "rest", None)?);
    processes.0.reverse();
    processes.stop(1);
    let mut last = (counts.total, Instant::now());
    // Predictions that have not arrived once no more arrive are missing.
    while counts.seen.contains(&0) && last.1.elapsed() < PATIENCE {
        processes.ensure_running()?;
        counts.poll()?;
        if counts.total > last.0 {
            last = (counts.total, Instant::now());
        }
    }
    counts.during(&mut processes, Duration::from_secs(1))?; // duplicates would arrive now
    drop(serving);
    let twice = counts.seen.iter().filter(|seen| **seen > 1).count();
    let missing = counts.seen.iter().filter(|seen| **seen == 0).count();
    Ok(Scale { phases, events, twice, missing })
}

/// Starts another process of this program that scores for the run.
fn start_scorer(bench: &BenchRun, name: &str, rate: Option<u32>) -> Result<ScorerProcess> {
    let mut command = child_process::like_this(&bench.config)?;
    command.args(["run", "scorer", "--name", name, "--run", &bench.run.id]);
    if let Some(rate) = rate {
        command.args(["--rate", &rate.to_string()]);
    }
    let errors = bench.run.path.join(format!("{name}.err"));
    std::fs::create_dir_all(&bench.run.path)?;
    command.stdout(Stdio::null()).stderr(File::create(&errors)?);
    let child = command.spawn().context("a scorer process cannot be started")?;
    Ok(ScorerProcess { child, errors })
}
