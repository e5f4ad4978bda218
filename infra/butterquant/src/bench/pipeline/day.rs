//! From a day's last prediction marker to its last order, with every role running, one day at a time as in
//! a live run.

use super::bench_run::{BenchRun, sample_model};
use crate::bench::measure::Latency;
use anyhow::{Context, Result, bail};
use schemas::events::{Models, Orders, RunOpened};
use schemas::{Body, Day, Event, Topic};
use serde::Serialize;
use shell::runner::{Plan, run};
use shell::source::Source;
use shell::{open, record_codec};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(120);

/// How long orders take after predictions.
#[derive(Serialize)]
pub(crate) struct OrderLatency {
    /// Days measured.
    pub days: usize,
    /// Orders intended on them.
    pub orders: usize,
    /// As seen by a subscriber to both topics.
    pub last_prediction_to_last_order: Latency,
}

/// When a subscriber received a topic's last marker of each day, and how many orders it received.
struct Closed {
    at: BTreeMap<Day, Instant>,
    orders: usize,
}

/// Trading days before the first one measured: as many as a scan reads.
const PAST: usize = 320;

/// Measures `days` days of a simulated market of 100 stocks.
pub(crate) fn order_latency(bench: &BenchRun, days: usize) -> Result<OrderLatency> {
    let spec = format!("sim:7,days={}", PAST + days);
    let market = producers::source::open(&spec, None, schemas::TradingCalendar::None)?;
    let calendar = market.days().to_vec();
    let mut settings = bench.config.settings()?;
    settings.calendar = market.calendar();
    settings.retrain_outcomes = i64::MAX; // trainings are not part of this measurement
    let opened = RunOpened {
        kind: "bench".to_owned(),
        source: spec,
        first_day: calendar[PAST],
        previous_day: calendar[PAST - 1],
        scan_from: calendar[PAST],
        settings,
        market_sha256: market.data_sha256(None),
        ..RunOpened::default()
    };
    let (trained, champion) = sample_model()?;
    let trained = Event::new(opened.previous_day, "", &["1"], Models::ModelTrained(trained));
    open::open(&*bench.opened.log, bench.partitions, &opened, vec![trained], Some(champion))?;

    let context = bench.context()?;
    let plan = Plan::everything(None);
    let stop = Arc::new(AtomicBool::new(false));
    let mut source = Source::new(&context.env, market, opened, None);
    let (predicted, ordered) = std::thread::scope(|scope| {
        let predictions = scope.spawn(|| follow(bench, Topic::Predictions, &stop));
        let orders = scope.spawn(|| follow(bench, Topic::Orders, &stop));
        let clock = scope.spawn(|| {
            let given = calendar[PAST..PAST + days].iter().try_for_each(|day| {
                source.step()?;
                closed_by_all(&context.env, &plan, *day)
            });
            stop.store(true, Ordering::Relaxed);
            given
        });
        run(&context.env, &plan, None, &stop, &mut |_| {})?;
        let ended = "a thread of the measurement panicked";
        clock.join().map_err(|_| anyhow::anyhow!(ended))??;
        let predictions = predictions.join().map_err(|_| anyhow::anyhow!(ended))??;
        let orders = orders.join().map_err(|_| anyhow::anyhow!(ended))??;
        anyhow::Ok((predictions, orders))
    })?;
    if ordered.orders == 0 {
        bail!(
            "no orders were placed on {days} days, so there is nothing to measure; increase --days"
        );
    }
    let measured = &calendar[PAST..PAST + days];
    let took: Vec<f64> = measured
        .iter()
        .filter_map(|day| {
            let (from, to) = (predicted.at.get(day)?, ordered.at.get(day)?);
            Some(to.saturating_duration_since(*from).as_secs_f64() * 1_000.0)
        })
        .collect();
    Ok(OrderLatency {
        days: took.len(),
        orders: ordered.orders,
        last_prediction_to_last_order: Latency::of(took).context("no day was closed")?,
    })
}

fn closed_by_all(env: &shell::instance::Env, plan: &Plan, day: Day) -> Result<()> {
    let begun = Instant::now();
    while env.board.closed_by_all(plan.units(env.partitions)) < Some(day) {
        if begun.elapsed() > PATIENCE {
            bail!("{day} was not closed by every role in two minutes");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

fn follow(bench: &BenchRun, topic: Topic, stop: &AtomicBool) -> Result<Closed> {
    let mut follower = bench.follow(topic)?;
    let mut markers: BTreeMap<Day, u32> = BTreeMap::new();
    let mut closed = Closed { at: BTreeMap::new(), orders: 0 };
    while !stop.load(Ordering::Relaxed) {
        for record in follower.poll()?.iter().flat_map(|part| &part.records) {
            let event = record_codec::event(topic, record)?;
            if event.body.marker().is_some() {
                let seen = markers.entry(event.day).or_default();
                *seen += 1;
                if *seen == bench.partitions {
                    closed.at.insert(event.day, Instant::now());
                }
            }
            closed.orders +=
                usize::from(matches!(event.body, Body::Orders(Orders::OrderIntended(_))));
        }
    }
    Ok(closed)
}
