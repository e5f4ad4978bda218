//! The chaos test: real processes, killed, paused and cut off at random moments, and checks of the
//! log afterwards. `--help` shows its options.
//!
//! `kill -9` loses what a process still held, not what it had handed to the system. So the test finds
//! an owner of the embedded log that acknowledges before it writes: the log's folder is checked after
//! each death, before roles publish again what was lost. It does not find one that writes without
//! syncing; that takes a power cut.
#![allow(clippy::print_stdout, clippy::print_stderr)] // a program that prints a report

mod actors;
mod base;
mod book;
mod checks;
mod compare;
mod coverage;
mod disk;
mod grounds;
mod handover;
mod plan;
mod planted;
mod proxy;
mod round;
mod settle;
mod storm;
mod witness;

use base::Base;
use coverage::Tally;
use grounds::Grounds;
use plan::{FOUND, Home, Plan};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tests::cluster::Cluster;

const HELP: &str = "\
Kills, pauses and cuts off the processes of a run, and checks what they leave behind.

  cargo test --release --workspace --test chaos -- [OPTIONS]

  --rounds N     rounds to play (a full set: 25; 2 on Kafka)
  --minutes N    as many rounds as begin within so many minutes, instead
  --seed N       seed of the first round; the next has the next one (1)
  --log HOME     embedded, kafka (one broker) or kafka3 (three) (embedded)
  --jobs N       rounds at a time (2; one with Kafka)
  --keep DIR     keep there what the processes of failed rounds said
  --help         this

A round is drawn from its seed: which roles share a process, which faults strike when. The moments
are real, so a seed that failed may need a few tries. In a full set every role and every kind of
fault must have struck, and seeds that found something once are played as well. Exit codes: 0 fine,
1 a round failed or something never struck, 2 it could not be played.";

struct Asked {
    rounds: Option<u64>,
    seed: u64,
    log: Home,
    jobs: Option<usize>,
    minutes: Option<u64>,
    keep: Option<std::path::PathBuf>,
}

/// Parses the arguments; none where `cargo test` asks for other tests.
fn asked() -> Result<Option<Asked>, String> {
    let mut asked =
        Asked { rounds: None, seed: 1, log: Home::Embedded, jobs: None, minutes: None, keep: None };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let (word, inline) = match word.split_once('=') {
            Some((word, value)) => (word.to_owned(), Some(value.to_owned())),
            None => (word, None),
        };
        let mut value = || {
            let next = inline.clone().or_else(|| words.next());
            next.ok_or_else(|| format!("{word} needs a value"))
        };
        let number =
            |text: String| text.parse::<u64>().map_err(|_| format!("{text} is not a number"));
        match word.as_str() {
            "--rounds" => asked.rounds = Some(number(value()?)?),
            "--seed" => asked.seed = number(value()?)?,
            "--jobs" => asked.jobs = Some(number(value()?)?.max(1) as usize),
            "--minutes" => asked.minutes = Some(number(value()?)?),
            "--keep" => asked.keep = Some(value()?.into()),
            "--log" => {
                asked.log = match value()?.as_str() {
                    "embedded" => Home::Embedded,
                    "kafka" => Home::Kafka(1),
                    "kafka3" => Home::Kafka(3),
                    other => return Err(format!("no log is called {other}")),
                };
            }
            "--help" | "-h" => {
                println!("{HELP}");
                return Ok(None);
            }
            // Arguments that `cargo test` passes to every test program.
            "--list" | "--ignored" => return Ok(None),
            "--skip" | "--test-threads" | "--format" | "--color" => drop(value()?),
            "--nocapture" | "--no-capture" | "--quiet" | "-q" | "--exact" | "--show-output"
            | "--include-ignored" => {}
            filter if !filter.starts_with('-') => {
                if !"chaos".contains(filter) {
                    return Ok(None);
                }
            }
            other => return Err(format!("unknown argument {other}; --help lists them")),
        }
    }
    Ok(Some(asked))
}

fn main() -> ExitCode {
    let asked = match asked() {
        Ok(Some(asked)) => asked,
        Ok(None) => return ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("chaos: {problem}");
            return ExitCode::from(2);
        }
    };
    let cluster = match asked.log {
        Home::Embedded => None,
        Home::Kafka(nodes) => match Cluster::start_own(nodes as u32) {
            Some(cluster) => Some(cluster),
            None => return ExitCode::SUCCESS, // it has printed why
        },
    };
    let begun = Instant::now();
    match Base::make().and_then(|base| Grounds::new(base, asked.log, cluster)) {
        Ok(grounds) => {
            println!(
                "the undisturbed run: {} records in the days with faults, written in {:.1} s",
                grounds.base.written,
                begun.elapsed().as_secs_f64()
            );
            let unnoticed = planted::unnoticed(&grounds.base);
            if !unnoticed.is_empty() {
                println!("FAILED: planted bugs: {}", unnoticed.join("; "));
                return ExitCode::from(1);
            }
            play(&asked, &grounds)
        }
        Err(problem) => {
            eprintln!("chaos: the undisturbed run: {problem}");
            ExitCode::from(2)
        }
    }
}

/// The seeds to run: a range, and in a full set also those that once found a bug.
fn seeds(asked: &Asked) -> impl Iterator<Item = u64> {
    let rounds = match (asked.rounds, asked.minutes) {
        (Some(rounds), _) => rounds,
        (None, Some(_)) => u64::MAX - asked.seed,
        (None, None) => coverage::full(asked.log),
    };
    let range = asked.seed..asked.seed + rounds;
    let again = asked.log == Home::Embedded && rounds >= coverage::full(asked.log);
    let found = FOUND.iter().map(|(seed, _)| *seed).filter(move |_| again);
    let outside = range.clone();
    range.chain(found.filter(move |seed| !outside.contains(seed)))
}

fn play(asked: &Asked, grounds: &Grounds) -> ExitCode {
    let begun = Instant::now();
    let end = asked.minutes.map(|minutes| begun + Duration::from_secs(60 * minutes));
    let jobs = asked.jobs.unwrap_or(if asked.log == Home::Embedded { 2 } else { 1 });
    let seeds = Mutex::new(seeds(asked));
    let next = || {
        let seed = seeds.lock().unwrap_or_else(PoisonError::into_inner).next();
        seed.filter(|_| end.is_none_or(|end| Instant::now() < end))
    };
    let tally = Mutex::new(Tally::default());
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some(seed) = next() {
                    one(asked, grounds, seed, &tally);
                }
            });
        }
    });
    let tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!(
        "{} rounds in {:.0} s: {} failed {:?}; processes started {}; struck {:?}",
        tally.played,
        begun.elapsed().as_secs_f64(),
        tally.failed.len(),
        tally.failed,
        tally.lives,
        tally.struck,
    );
    if tally.no_mount > 0 {
        println!("{} rounds without a full disk: mounting is not permitted here", tally.no_mount);
    }
    let missing = tally.missing(asked.log);
    let full = tally.played >= coverage::full(asked.log);
    if !missing.is_empty() {
        let weight = if full { "FAILED: " } else { "" };
        println!("{weight}never struck: {}", missing.join(", "));
    }
    ExitCode::from(u8::from(!tally.failed.is_empty() || full && !missing.is_empty()))
}

fn one(asked: &Asked, grounds: &Grounds, seed: u64, tally: &Mutex<Tally>) {
    let begun = Instant::now();
    let full = plan::wants_full_disk(seed, asked.log);
    let plan = Plan::of(seed, asked.log, full);
    let ended = round::play(grounds, &plan, asked.keep.as_deref());
    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
    tally.add(&plan, &ended, asked.log);
    let found = FOUND.iter().find(|(known, _)| *known == seed && asked.log == Home::Embedded);
    let found = found.map_or(String::new(), |(_, what)| format!(" (it found: {what})"));
    let kinds: Vec<&str> = ended.struck.iter().map(|fault| fault.kind()).collect();
    println!(
        "seed {seed}: {} in {:.1} s {:.1?}; {} processes; {}{found}",
        if ended.complaints.is_empty() { "well" } else { "FAILED" },
        begun.elapsed().as_secs_f64(),
        ended.seconds,
        ended.lives,
        kinds.join(", ")
    );
    if !ended.complaints.is_empty() {
        println!("{plan}");
        ended.complaints.iter().for_each(|complaint| println!("  - {complaint}"));
        let home = match asked.log {
            Home::Embedded => "embedded",
            Home::Kafka(1) => "kafka",
            Home::Kafka(_) => "kafka3",
        };
        println!(
            "  again: cargo test --release --workspace --test chaos -- --rounds 1 --seed {seed} --log {home}"
        );
    }
}
