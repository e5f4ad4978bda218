//! Scorers in processes of their own, each held to a rate: whether they add up, and whether every
//! event is predicted once through every change of hands.

use super::stage::{Follower, Stage, number};
use crate::live_run;
use anyhow::{Context, Result, bail};
use run::config::Config;
use schemas::Topic;
use serde::Serialize;
use std::fs::{File, read_to_string};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Until partitions have changed hands, at most.
const SETTLED: Duration = Duration::from_secs(45);
/// Over which it is looked whether they have, and the share of the rate that shows it.
const LOOK: (Duration, f64) = (Duration::from_secs(1), 0.9);
const PATIENCE: Duration = Duration::from_secs(60);

/// What each scorer is held to.
pub(crate) struct Pace {
    /// Events a second.
    pub rate: u32,
    /// Seconds over which a phase is measured, once partitions have changed hands.
    pub seconds: u32,
}

/// So many scorers at once.
#[derive(Serialize)]
pub(crate) struct Phase {
    /// Processes.
    pub scorers: u32,
    /// Events a second each may take.
    pub rate_each: u32,
    /// Of all together.
    pub events_per_second: f64,
    /// Of what they may take together.
    pub share: f64,
    /// Seconds from the phase's beginning until all partitions were read again.
    pub settled_after_seconds: f64,
}

/// Scaling out.
#[derive(Serialize)]
pub(crate) struct Scale {
    /// One after another, processes joining and leaving between them.
    pub phases: Vec<Phase>,
    /// Features there were.
    pub events: usize,
    /// Predicted more than once.
    pub twice: usize,
    /// Never predicted.
    pub missing: usize,
}

/// A scorer process, and where its standard error goes.
struct Hand {
    child: Child,
    errors: PathBuf,
}

/// Child processes, which end with this.
struct Crew(Vec<Hand>);

impl Crew {
    fn dismiss(&mut self, keep: usize) {
        for Hand { mut child, .. } in self.0.drain(keep.min(self.0.len())..) {
            // A polite end: the batch in hand is finished. The same as Ctrl-C.
            let _ = Command::new("kill").arg(child.id().to_string()).status();
            let _ = child.wait();
        }
    }

    /// Nobody has left unasked.
    fn at_work(&mut self) -> Result<()> {
        for Hand { child, errors } in &mut self.0 {
            if let Some(status) = child.try_wait()? {
                let said = read_to_string(errors).unwrap_or_default();
                let last = said.lines().last().unwrap_or("without a word");
                bail!("a scorer process ended with {status}: {last}");
            }
        }
        Ok(())
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.dismiss(0);
    }
}

struct Tally {
    follower: Follower,
    seen: Vec<u32>,
    total: usize,
}

impl Tally {
    fn poll(&mut self) -> Result<()> {
        for record in self.follower.poll()?.iter().flat_map(|part| &part.records) {
            if let Some(number) = record.key.as_deref().and_then(number) {
                self.seen[number] += 1;
                self.total += 1;
            }
        }
        Ok(())
    }

    /// How many come in `time`.
    fn during(&mut self, crew: &mut Crew, time: Duration) -> Result<(usize, f64)> {
        let (before, begun) = (self.total, Instant::now());
        while begun.elapsed() < time {
            crew.at_work()?;
            self.poll()?;
        }
        Ok((self.total - before, begun.elapsed().as_secs_f64()))
    }

    /// Waits until they come at about `rate` a second; gives the seconds that took.
    fn settle(&mut self, crew: &mut Crew, rate: f64) -> Result<f64> {
        let begun = Instant::now();
        while begun.elapsed() < SETTLED {
            let (came, seconds) = self.during(crew, LOOK.0)?;
            if came as f64 >= LOOK.1 * rate * seconds {
                break;
            }
        }
        Ok(begun.elapsed().as_secs_f64())
    }
}

/// Phases of `scorers` processes each, then one without a rate that takes what is left.
pub(crate) fn scale(stage: &Stage, scorers: &[u32], pace: &Pace) -> Result<Scale> {
    stage.open()?;
    let &Pace { rate, seconds } = pace;
    let window = Duration::from_secs(seconds.into());
    let most = (SETTLED + LOOK.0 + window).as_secs() as usize * rate as usize;
    let events = scorers.iter().map(|count| *count as usize * most).sum::<usize>();
    stage.features(0, events)?;
    let context = stage.context()?;
    let serving = live_run::serve(&stage.config, &stage.opened, &context)?;
    let mut tally =
        Tally { follower: stage.follow(Topic::Predictions)?, seen: vec![0; events], total: 0 };
    let (mut crew, mut phases) = (Crew(Vec::new()), Vec::new());
    for &count in scorers {
        crew.dismiss(count as usize);
        while crew.0.len() < count as usize {
            let name = format!("bench{}", crew.0.len());
            crew.0.push(hire(stage, &name, Some(rate))?);
        }
        let wanted = f64::from(count) * f64::from(rate);
        let settled_after_seconds = tally.settle(&mut crew, wanted)?;
        let (came, seconds) = tally.during(&mut crew, window)?;
        let events_per_second = came as f64 / seconds;
        phases.push(Phase {
            scorers: count,
            rate_each: rate,
            events_per_second,
            share: events_per_second / wanted,
            settled_after_seconds,
        });
    }
    crew.0.push(hire(stage, "rest", None)?);
    crew.0.reverse();
    crew.dismiss(1);
    let mut last = (tally.total, Instant::now());
    // What has not come when nothing comes any more is missing.
    while tally.seen.contains(&0) && last.1.elapsed() < PATIENCE {
        crew.at_work()?;
        tally.poll()?;
        if tally.total > last.0 {
            last = (tally.total, Instant::now());
        }
    }
    tally.during(&mut crew, Duration::from_secs(1))?; // whatever came twice would come now
    drop(serving);
    let twice = tally.seen.iter().filter(|seen| **seen > 1).count();
    let missing = tally.seen.iter().filter(|seen| **seen == 0).count();
    Ok(Scale { phases, events, twice, missing })
}

/// Another process of this program that scores for the run.
fn hire(stage: &Stage, name: &str, rate: Option<u32>) -> Result<Hand> {
    let program = std::env::current_exe().context("this program's own path")?;
    let mut command = Command::new(program);
    command.args(["run", "scorer", "--name", name, "--run", &stage.run.id]);
    if let Some(rate) = rate {
        command.args(["--rate", &rate.to_string()]);
    }
    inherit(&mut command, &stage.config);
    let errors = stage.run.path.join(format!("{name}.err"));
    std::fs::create_dir_all(&stage.run.path)?;
    command.stdout(Stdio::null()).stderr(File::create(&errors)?);
    let child = command.spawn().context("a scorer cannot be started")?;
    Ok(Hand { child, errors })
}

/// The child is configured as this process is, whatever the layers were, and by its environment
/// alone, as secrets are in it.
fn inherit(command: &mut Command, config: &Config) {
    for (name, _) in std::env::vars_os() {
        let known = name.to_str().is_some_and(|name| name.starts_with("BUTTERQUANT_"));
        if known && name != "BUTTERQUANT_LOG_LEVEL" {
            command.env_remove(name);
        }
    }
    command.args(["--config", "/dev/null"]);
    for (key, value) in config.pairs() {
        command.env(format!("BUTTERQUANT_{}", key.replace('.', "_").to_uppercase()), value);
    }
}
