//! The chaos test: real processes, killed, paused and cut off at random moments, and what the log
//! holds when the storm is over. `--help` says how to call it.
//!
//! `kill -9` takes what a process still held, not what it had handed to the system. So an owner of
//! the embedded log that acknowledges before it writes is found: its folder is looked into after
//! each death, before roles say again what was lost. One that writes and does not sync is not found
//! here; that takes a power cut.
#![allow(clippy::print_stdout)] // it is a program with a report

mod actors;
mod base;
mod book;
mod checks;
mod disk;
mod grounds;
mod plan;
mod proxy;
mod round;
mod witness;

use base::Base;
use grounds::Grounds;
use plan::{Home, Plan};
use round::Ended;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tests::cluster::Cluster;

const HELP: &str = "\
Kills, pauses and cuts off the processes of a run, and checks what they leave behind.

  cargo test --release --workspace --test chaos -- [OPTIONS]

  --rounds N     rounds to play (25, or as many as fit --minutes)
  --seed N       seed of the first round; the next has the next one (1)
  --log HOME     embedded, kafka (one broker) or kafka3 (three) (embedded)
  --jobs N       rounds at a time (2; one with Kafka)
  --minutes N    begin no round after so many minutes (4 unless --rounds is given)
  --keep DIR     keep there what the processes of failed rounds said
  --help         this

A round is drawn from its seed: which roles share a process, which faults strike when. The moments
are real, so a seed that failed may need a few tries. Exit codes: 0 fine, 1 a round failed, 2 it could not be played.";

struct Asked {
    rounds: Option<u64>,
    seed: u64,
    log: Home,
    jobs: Option<usize>,
    minutes: Option<u64>,
    keep: Option<std::path::PathBuf>,
}

/// Reads the arguments; none where the test harness asks for other tests.
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
        let number = |text: String| text.parse::<u64>().map_err(|_| format!("{text} is no number"));
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
            // What `cargo test` hands to every test program: other tests are meant, or how to show.
            "--list" | "--ignored" => return Ok(None),
            "--skip" | "--test-threads" | "--format" | "--color" => drop(value()?),
            "--nocapture" | "--no-capture" | "--quiet" | "-q" | "--exact" | "--show-output"
            | "--include-ignored" => {}
            filter if !filter.starts_with('-') => {
                if !"chaos".contains(filter) {
                    return Ok(None);
                }
            }
            other => return Err(format!("what is {other}? --help says what there is")),
        }
    }
    Ok(Some(asked))
}

/// What is shared by the threads that play rounds.
struct Tally {
    struck: BTreeMap<&'static str, u64>,
    killed: BTreeMap<&'static str, u64>,
    lives: u64,
    skipped: u64,
    failed: Vec<u64>,
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
            None => return ExitCode::SUCCESS, // it has said why
        },
    };
    let begun = Instant::now();
    match Base::make().and_then(|base| Grounds::new(base, asked.log, cluster)) {
        Ok(grounds) => {
            println!(
                "the undisturbed run: {} records in the storm's days, made in {:.1} s",
                grounds.base.written,
                begun.elapsed().as_secs_f64()
            );
            play(&asked, &grounds)
        }
        Err(problem) => {
            eprintln!("chaos: the undisturbed run: {problem}");
            ExitCode::from(2)
        }
    }
}

fn play(asked: &Asked, grounds: &Grounds) -> ExitCode {
    let begun = Instant::now();
    let minutes = asked.minutes.or(asked.rounds.is_none().then_some(4));
    let end = minutes.map(|minutes| begun + Duration::from_secs(60 * minutes));
    let rounds = asked.rounds.unwrap_or(25);
    let jobs = asked.jobs.unwrap_or(if asked.log == Home::Embedded { 2 } else { 1 });
    let next = AtomicU64::new(0);
    let tally = Mutex::new(Tally {
        struck: BTreeMap::new(),
        killed: BTreeMap::new(),
        lives: 0,
        skipped: 0,
        failed: Vec::new(),
    });
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= rounds || end.is_some_and(|end| Instant::now() > end) {
                        return;
                    }
                    one(asked, grounds, asked.seed + number, &tally);
                }
            });
        }
    });
    let tally = tally.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let played = rounds.min(next.into_inner().saturating_sub(jobs as u64).max(1));
    println!(
        "{played} rounds in {:.0} s: {} failed; processes started {}; struck {:?}; killed {:?}",
        begun.elapsed().as_secs_f64(),
        tally.failed.len(),
        tally.lives,
        tally.struck,
        tally.killed
    );
    if tally.skipped > 0 {
        println!("{} rounds without a full disk: nothing may be mounted here", tally.skipped);
    }
    ExitCode::from(u8::from(!tally.failed.is_empty()))
}

fn one(asked: &Asked, grounds: &Grounds, seed: u64, tally: &Mutex<Tally>) {
    let begun = Instant::now();
    let full = plan::wants_full_disk(seed, asked.log);
    let plan = Plan::of(seed, asked.log, full);
    let ended = round::play(grounds, &plan, asked.keep.as_deref());
    let mut tally = tally.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let Ended { complaints, struck, lives, seconds, no_mount } = ended;
    for fault in &struck {
        *tally.struck.entry(fault.kind()).or_default() += 1;
        if let plan::Fault::Kill { actor } = fault {
            for role in &plan.cast[*actor] {
                *tally.killed.entry(role.name()).or_default() += 1;
            }
        }
    }
    tally.lives += lives;
    tally.skipped += u64::from(no_mount);
    let found = plan::FOUND.iter().find(|(known, _)| *known == seed && asked.log == Home::Embedded);
    let found = found.map_or(String::new(), |(_, what)| format!(" (it found: {what})"));
    let kinds: Vec<&str> = struck.iter().map(|fault| fault.kind()).collect();
    println!(
        "seed {seed}: {} in {:.1} s {seconds:.1?}; {lives} processes; {}{found}",
        if complaints.is_empty() { "well" } else { "FAILED" },
        begun.elapsed().as_secs_f64(),
        kinds.join(", ")
    );
    if !complaints.is_empty() {
        tally.failed.push(seed);
        println!("{plan}");
        complaints.iter().for_each(|complaint| println!("  - {complaint}"));
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
