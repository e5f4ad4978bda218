//! A run for measuring: topics of its own, a model just trained on random rows, and one long day of
//! random features. Only the values are random; the events are carried like any others.

use anyhow::{Context, Result};
use eventlog::{Batch, Fetched, Producer, TopicPartition};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use run::config::Config;
use run::context::RunContext;
use run::data_dir::{self, OpenLog, RunDir};
use schemas::contract::{CONTRACT, FEATURES};
use schemas::events::{
    FeatureVector, Features, ModelRef, ModelTrained, Models, RunOpened, Scan, Scans,
};
use schemas::{Day, Event, Topic};
use shell::{open, record_codec};
use std::time::Duration;
use success::{LabelledRow, TrainSettings, train};

/// The day of every sample event.
pub(crate) const DAY: Day = Day(20_000);
/// Rows on which the sample model is trained.
const ROWS: usize = 1_500;

/// A run for measuring, removed when this is dropped.
pub(crate) struct BenchRun {
    pub config: Config,
    pub run: RunDir,
    pub opened: OpenLog,
    pub partitions: u32,
}

impl BenchRun {
    /// Creates the run's topics.
    pub(crate) fn new(config: &Config, part: &str) -> Result<BenchRun> {
        // It is for its own processes only: it asks no other run's address, listens on a free port, and
        // registers no schemas.
        let config = config.clone().with("endpoint", "").with("listen", "127.0.0.1:0");
        let config = config.with("schema_registry", "");
        let run = config.run_dir(&format!("bench-{}-{part}", std::process::id()))?;
        let opened = data_dir::own(&run)?;
        let partitions = config.partitions()?;
        open::ensure_topics(&*opened.log, partitions)?;
        Ok(BenchRun { config, run, opened, partitions })
    }

    /// Opens the run with a champion from the first day on.
    pub(crate) fn open(&self) -> Result<()> {
        let settings = self.config.settings()?;
        let run = RunOpened {
            kind: "bench".to_owned(),
            source: "made up".to_owned(),
            first_day: DAY,
            previous_day: DAY + -1,
            scan_from: DAY,
            settings,
            market_sha256: String::new(),
            ..RunOpened::default()
        };
        let (model, champion) = sample_model()?;
        let model = Event::new(run.previous_day, "", &["1"], Models::ModelTrained(model));
        Ok(open::open(&*self.opened.log, self.partitions, &run, vec![model], Some(champion))?)
    }

    /// The run's context.
    pub(crate) fn context(&self) -> Result<RunContext> {
        RunContext::new(&self.config.run_spec()?, &self.run, &self.opened)
    }

    /// Publishes `events` as one transaction.
    pub(crate) fn publish(
        &self,
        producer: &mut dyn Producer,
        events: &[Event],
        role: &str,
    ) -> Result<()> {
        let mut batch = Batch::default();
        for event in events {
            batch.records.push(record_codec::record(event, self.partitions, role)?);
        }
        producer.publish(batch, None)?;
        Ok(())
    }

    /// Publishes the features of the candidates `from..to` in large transactions.
    pub(crate) fn features(&self, from: usize, to: usize) -> Result<()> {
        let mut producer = self.opened.log.producer("bench")?;
        let mut draw = SampleEvents::new(from as u64);
        let mut next = from;
        while next < to {
            let until = (next + 2_000).min(to);
            let events: Vec<Event> = (next..until).map(|number| draw.features(number)).collect();
            self.publish(&mut *producer, &events, "scanner")?;
            next = until;
        }
        Ok(())
    }

    /// A subscriber to a topic from its beginning.
    pub(crate) fn follow(&self, topic: Topic) -> Result<Follower> {
        let count = topic.partitions(self.partitions);
        let due = (0..count).map(|partition| (record_codec::place(topic, partition), 0)).collect();
        Ok(Follower { reader: self.opened.log.reader()?, due })
    }
}

impl Drop for BenchRun {
    fn drop(&mut self) {
        if let Err(error) = data_dir::remove_topics(&self.run) {
            tracing::warn!(run = self.run.id, "the topics were not removed: {error}");
        }
        if self.run.path.exists()
            && let Err(error) = std::fs::remove_dir_all(&self.run.path)
        {
            tracing::warn!(run = self.run.id, "its folder was not removed: {error}");
        }
    }
}

/// Subscribes to a topic, continuing where it stopped.
pub(crate) struct Follower {
    reader: Box<dyn eventlog::Reader>,
    due: Vec<(TopicPartition, u64)>,
}

impl Follower {
    /// The new records, after a short wait for some.
    pub(crate) fn poll(&mut self) -> Result<Vec<Fetched>> {
        let fetched = self.reader.poll(&self.due, 10_000, Duration::from_millis(20))?;
        for part in &fetched {
            if let Some((_, next)) = self.due.iter_mut().find(|(place, _)| *place == part.tp) {
                *next = part.position;
            }
        }
        Ok(fetched)
    }
}

/// Draws random events of plausible candidates.
pub(crate) struct SampleEvents(ChaCha8Rng);

impl SampleEvents {
    pub(crate) fn new(seed: u64) -> SampleEvents {
        SampleEvents(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number between 0 and 1.
    fn share(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Features within the ranges of the contract.
    pub(crate) fn values(&mut self) -> [f64; FEATURES] {
        std::array::from_fn(|n| {
            let (low, high) = (*quant::FEATURE_RANGES[n].start(), *quant::FEATURE_RANGES[n].end());
            let (low, high) = (low.max(-10.0), high.min(10.0));
            low + self.share() * (high - low)
        })
    }

    /// The scan of candidate `number`.
    pub(crate) fn scan(&mut self, number: usize) -> Event {
        let ticker = ticker(number);
        let scan = Scan { spot: 100.0, score: 100.0 * self.share(), ..Scan::default() };
        Event::new(DAY, &ticker, &[&ticker], Scans::CandidateScanned(scan))
    }

    /// The features of candidate `number`.
    pub(crate) fn features(&mut self, number: usize) -> Event {
        let ticker = ticker(number);
        let scan = Scans::CandidateScanned(Scan::default());
        let candidate = Event::new(DAY, &ticker, &[&ticker], scan).id;
        let vector = FeatureVector {
            candidate,
            contract_version: schemas::contract::CONTRACT_VERSION as i32,
            values: self.values().to_vec(),
            score: None,
        };
        Event::new(DAY, &ticker, &[&ticker], Features::FeaturesExtracted(vector))
            .about_candidate(candidate)
    }
}

/// The ticker of candidate `number`.
fn ticker(number: usize) -> String {
    format!("B{number:07}")
}

/// The number of the candidate whose record has this key.
pub(crate) fn number(key: &[u8]) -> Option<usize> {
    std::str::from_utf8(key).ok()?.strip_prefix('B')?.parse().ok()
}

/// A model trained on random rows, and the reference to it.
pub(crate) fn sample_model() -> Result<(ModelTrained, ModelRef)> {
    let mut draw = SampleEvents::new(7);
    let rows: Vec<LabelledRow> = (0..ROWS)
        .map(|n| {
            let roi = draw.share() - 0.5;
            let scan_day = (n / 10) as i32;
            LabelledRow {
                features: draw.values(),
                class: schemas::contract::Class::of_roi(roi) as u8,
                roi,
                scan_day,
                evaluation_day: scan_day + 10,
                weight: 1.0,
                score: None,
            }
        })
        .collect();
    let how = TrainSettings { epochs: 3, ..TrainSettings::default() };
    let trained = train(&rows, &CONTRACT, &how, &mut |_, _| {})
        .context("the sample model cannot be trained")?;
    let champion = ModelRef { version: 1, sha256: trained.sha256.clone() };
    let manifest = serde_json::json!({ "model": trained.manifest }).to_string();
    let model = ModelTrained {
        version: 1,
        sha256: trained.sha256,
        onnx: trained.onnx,
        manifest,
        verdict: vec!["made for measuring; not judged".to_owned()],
        passed: true,
    };
    Ok((model, champion))
}
