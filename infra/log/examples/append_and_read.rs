//! How fast the embedded log appends and reads, on this machine:
//! `cargo run --release -p eventlog --example append_and_read [directory]`.

use std::time::{Duration, Instant};

use eventlog::{Batch, EmbeddedLog, Log, NewRecord, Result, TopicPartition, TopicSpec};

const RECORDS: usize = 300_000;
const PARTITIONS: u32 = 12;

fn main() -> Result<()> {
    let directory = std::env::args().nth(1).unwrap_or_else(|| {
        let name = format!("butterquant-bench-{}", std::process::id());
        std::env::temp_dir().join(name).display().to_string()
    });
    let log = EmbeddedLog::open(&directory)?;
    log.ensure_topics(&[TopicSpec::new("bench", PARTITIONS)])?;
    for size in [1, 10, 100, 500, 5_000] {
        append(&log, size, RECORDS.min(size * 1_000))?;
    }
    together(&log, 4)?;
    drop(log);
    let begun = Instant::now();
    let log = EmbeddedLog::open(&directory)?;
    say(&format!("opened in {:?}, {} MB", begun.elapsed(), log.size_on_disk()? >> 20));
    read(&log, "first")?;
    read(&log, "again")
}

fn batch(size: usize, at: usize) -> Batch {
    let record = |i| NewRecord {
        to: TopicPartition::new("bench", (i % PARTITIONS as usize) as u32),
        timestamp_ms: i as i64,
        key: Some(b"AAPL".to_vec()),
        value: vec![(i % 251) as u8; 120],
        headers: eventlog::Headers::from([("ce_id", [7; 32])]),
    };
    Batch { records: (at..at + size).map(record).collect(), ..Batch::default() }
}

fn append(log: &EmbeddedLog, size: usize, records: usize) -> Result<()> {
    let mut producer = log.producer("bench")?;
    let begun = Instant::now();
    let mut slowest = Duration::ZERO;
    for i in 0..records / size {
        let at = Instant::now();
        producer.publish(batch(size, i * size), None)?;
        slowest = slowest.max(at.elapsed());
    }
    let (took, batches) = (begun.elapsed(), (records / size) as u32);
    let rate = records as f64 / took.as_secs_f64();
    say(&format!(
        "append in batches of {size}: {rate:.0} records/s, {:?} a batch, slowest {slowest:?}",
        took / batches
    ));
    Ok(())
}

fn together(log: &EmbeddedLog, threads: usize) -> Result<()> {
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let run = |n: usize| {
            let mut producer = log.producer(&format!("bench-{n}"))?;
            (0..1_000).try_for_each(|i| producer.publish(batch(10, i * 10), None).map(|_| ()))
        };
        let handles: Vec<_> = (0..threads).map(|n| scope.spawn(move || run(n))).collect();
        handles.into_iter().try_for_each(|h| h.join().unwrap_or(Ok(())))
    })?;
    let rate = (threads * 10_000) as f64 / begun.elapsed().as_secs_f64();
    say(&format!("{threads} threads, batches of 10: {rate:.0} records/s"));
    Ok(())
}

fn read(log: &EmbeddedLog, which: &str) -> Result<()> {
    let mut reader = log.reader()?;
    let mut due: Vec<_> = (0..PARTITIONS).map(|p| (TopicPartition::new("bench", p), 0)).collect();
    let (begun, mut count) = (Instant::now(), 0);
    loop {
        let fetched = reader.poll(&due, 5_000, Duration::ZERO)?;
        if fetched.is_empty() {
            break;
        }
        for f in fetched {
            count += f.records.len();
            due[f.tp.partition as usize].1 = f.position;
        }
    }
    let rate = count as f64 / begun.elapsed().as_secs_f64();
    say(&format!("read {which}: {count} records, {rate:.0} records/s"));
    Ok(())
}

#[allow(clippy::print_stdout)]
fn say(line: &str) {
    println!("{line}");
}
