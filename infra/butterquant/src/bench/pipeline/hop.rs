//! Features to predictions, at full speed from a backlog and at a fixed rate.

use super::bench_run::{BenchRun, DAY, SampleEvents, number};
use crate::bench::machine::cpu_seconds;
use crate::bench::measure::Latency;
use anyhow::{Context, Result, bail};
use eventlog::TopicSpec;
use eventlog::kafka::copy::copy_plainly;
use schemas::role::Role;
use schemas::{Event, Topic};
use serde::Serialize;
use shell::runner::{Plan, run};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

/// Without a prediction for this long, the measurement fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// Full speed, from a backlog.
#[derive(Serialize)]
pub(crate) struct Hop {
    /// Predictions counted.
    pub events: usize,
    /// Time from the first batch of them to the last one.
    pub seconds: f64,
    /// The ratio of both.
    pub events_per_second: f64,
    /// Processor time of this process meanwhile, including the subscriber's and the clients' threads.
    pub cpu_seconds: f64,
    /// Predictions per second of processor time.
    pub events_per_cpu_second: f64,
    /// Events per second that plain librdkafka copies, for the same features on the same broker.
    pub plain_events_per_second: Option<f64>,
    /// `events_per_second` over that.
    pub share_of_plain: Option<f64>,
}

/// Latency at a fixed rate.
#[derive(Serialize)]
pub(crate) struct Steady {
    /// Candidates a second.
    pub rate: u32,
    /// Seconds at that rate that do not count.
    pub warm_up_seconds: u32,
    /// From the moment a scan was due until its prediction was read.
    pub due_to_prediction: Latency,
    /// From the moment its publish was acknowledged.
    pub published_to_prediction: Latency,
}

/// Runs one scorer on the events of `bench` while `watch` observes it.
fn scoring<T>(bench: &BenchRun, watch: impl FnOnce() -> Result<T> + Send) -> Result<T>
where
    T: Send,
{
    let context = bench.context()?;
    let stop = Arc::new(AtomicBool::new(false));
    let plan = Plan { roles: vec![(Role::Scorer, 1)], until: None, name: None };
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let seen = watch();
            stop.store(true, Ordering::Relaxed);
            seen
        });
        run(&context.env, &plan, None, &stop, &mut |_| {})?;
        watcher.join().map_err(|_| anyhow::anyhow!("the subscriber panicked"))?
    })
}

/// Measures one scorer on a backlog of `events`.
pub(crate) fn full_speed(bench: &BenchRun, events: usize) -> Result<Hop> {
    bench.open()?;
    bench.features(0, events)?;
    let plain = plain(bench, events)?;
    let mut follower = bench.follow(Topic::Predictions)?;
    let (seconds, cpu, counted) = scoring(bench, || {
        let (mut seen, mut first, mut begun) = (0, 0, None);
        let mut last = Instant::now();
        while seen < events {
            let now: usize = follower.poll()?.iter().map(|part| part.records.len()).sum();
            seen += now;
            if now > 0 {
                last = Instant::now();
                if begun.is_none() {
                    (first, begun) = (now, Some((last, cpu_seconds())));
                }
            }
            if last.elapsed() > PATIENCE {
                bail!("{seen} of {events} predictions arrived, then none for a minute");
            }
        }
        let (begun, cpu) = begun.context("no predictions arrived")?;
        if first == events {
            bail!("all {events} predictions arrived at once; increase --events");
        }
        Ok((begun.elapsed().as_secs_f64(), cpu_seconds() - cpu, events - first))
    })?;
    let speed = counted as f64 / seconds;
    Ok(Hop {
        events: counted,
        seconds,
        events_per_second: speed,
        cpu_seconds: cpu,
        events_per_cpu_second: counted as f64 / cpu,
        plain_events_per_second: plain,
        share_of_plain: plain.map(|plain| speed / plain),
    })
}

fn plain(bench: &BenchRun, events: usize) -> Result<Option<f64>> {
    let Some(settings) = bench.run.on_kafka() else { return Ok(None) };
    const COPY: &str = "butterquant.bench-copy";
    bench.opened.log.ensure_topics(&[TopicSpec::new(COPY, bench.partitions)])?;
    let copied = copy_plainly(&settings, Topic::Features.name(), COPY, events as u64)?;
    Ok(Some(copied.records as f64 / copied.seconds))
}

/// When candidates were due, and when their publish was acknowledged.
struct Sent {
    begun: Instant,
    rate: u32,
    published: Vec<Instant>,
}

impl Sent {
    fn due(&self, number: usize) -> Instant {
        self.begun + Duration::from_secs_f64(number as f64 / f64::from(self.rate))
    }
}

/// Most seconds of warming up: clients connect, pages and code are loaded, and a broker that has just
/// started compiles its code as it runs.
const WARM_UP: u32 = 30;

/// Measures scans and features at `rate` for `seconds`, after a warm-up. Like the scanner, it publishes
/// both in one transaction, with everything that has become due since the last one.
pub(crate) fn steady(bench: &BenchRun, rate: u32, seconds: u32) -> Result<Steady> {
    bench.open()?;
    let warm_up_seconds = seconds.clamp(1, WARM_UP);
    let of = |seconds: u32| rate as usize * seconds as usize;
    let (backlog, warm_up) = (rate as usize, of(warm_up_seconds));
    let count = warm_up + of(seconds);
    bench.features(count, count + backlog)?;
    let mut follower = bench.follow(Topic::Predictions)?;
    let (sent, read) = scoring(bench, || {
        let mut read: Vec<Option<Instant>> = vec![None; count];
        let (mut warm, mut seen) = (0, 0);
        let feed = std::thread::scope(|scope| {
            let (mut feeder, mut fed) = (None, None);
            let mut last = Instant::now();
            while seen < count {
                let fetched = follower.poll()?;
                let now = Instant::now();
                for record in fetched.iter().flat_map(|part| &part.records) {
                    last = now;
                    match record.key.as_deref().and_then(number) {
                        Some(number) if number < count => {
                            seen += usize::from(read[number].replace(now).is_none());
                        }
                        _ => warm += 1,
                    }
                }
                if warm == backlog && feeder.is_none() && fed.is_none() {
                    feeder = Some(scope.spawn(|| feed(bench, rate, count)));
                }
                if let Some(done) = feeder.take_if(|feeder| feeder.is_finished()) {
                    fed = Some(joined(done)?);
                }
                if last.elapsed() > PATIENCE {
                    bail!("{seen} of {count} predictions arrived, then none for a minute");
                }
            }
            match fed {
                Some(fed) => Ok(fed),
                None => joined(feeder.context("no predictions arrived")?),
            }
        })?;
        Ok((feed, read))
    })?;
    let timed = warm_up..count;
    let since = |start: &dyn Fn(usize) -> Instant| {
        let took = timed.clone().filter_map(|n| {
            Some(read[n]?.saturating_duration_since(start(n)).as_secs_f64() * 1_000.0)
        });
        Latency::of(took.collect()).context("no predictions were timed")
    };
    Ok(Steady {
        rate,
        warm_up_seconds,
        due_to_prediction: since(&|n| sent.due(n))?,
        published_to_prediction: since(&|n| sent.published[n])?,
    })
}

fn joined(feeder: ScopedJoinHandle<'_, Result<Sent>>) -> Result<Sent> {
    feeder.join().map_err(|_| anyhow::anyhow!("the feeder panicked"))?
}

fn feed(bench: &BenchRun, rate: u32, count: usize) -> Result<Sent> {
    let mut producer = bench.opened.log.producer("bench")?;
    let (mut scans, mut features) = (SampleEvents::new(1), SampleEvents::new(2));
    let mut sent = Sent { begun: Instant::now(), rate, published: Vec::with_capacity(count) };
    while sent.published.len() < count {
        let next = sent.published.len();
        let due = (sent.begun.elapsed().as_secs_f64() * f64::from(rate)) as usize;
        if due < next {
            std::thread::sleep(sent.due(next).saturating_duration_since(Instant::now()));
            continue;
        }
        let until = (due + 1).min(count);
        let both = |number| [scans.scan(number), features.features(number)];
        let events: Vec<Event> = (next..until).flat_map(both).collect();
        debug_assert!(events.iter().all(|event| event.day == DAY));
        bench.publish(&mut *producer, &events, "scanner")?;
        sent.published.resize(until, Instant::now());
    }
    Ok(sent)
}
