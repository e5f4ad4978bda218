//! The value of each key, parsed into its type.

use super::choices::{LogHome, Output, Provider};
use super::layered::Config;
use anyhow::{Context, Result};
use schemas::events::{Pricing, Settings, Track};
use schemas::{Money, TradingCalendar};
use shell::source::Closing;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use telemetry::LogFormat;

impl Config {
    /// Every key and its value, secrets included: for a process that this one starts.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(key, origin)| (key.as_str(), origin.value.as_str()))
    }

    /// The folder that holds everything.
    pub fn data_dir(&self) -> PathBuf {
        self.text("data_dir").into()
    }
    /// How results are written.
    pub fn output(&self) -> Result<Output> {
        self.choice("output")
    }
    /// The id of the run.
    pub fn run(&self) -> &str {
        self.text("run")
    }
    /// Where the log lives.
    pub fn log(&self) -> Result<LogHome> {
        self.choice("log")
    }
    /// Kafka's addresses.
    pub fn brokers(&self) -> &str {
        self.text("brokers")
    }
    /// Partitions of a data topic.
    pub fn partitions(&self) -> Result<u32> {
        self.parse("partitions")
    }
    /// Copies of each partition of a new topic; `None` leaves the number to the brokers.
    pub fn replication(&self) -> Result<Option<u32>> {
        if self.text("replication").is_empty() {
            Ok(None)
        } else {
            self.parse("replication").map(Some)
        }
    }
    /// The provider that computes scores.
    pub fn provider(&self) -> Result<Provider> {
        self.choice("provider")
    }
    /// The ONNX Runtime library, if one is named.
    pub fn onnxruntime(&self) -> Option<PathBuf> {
        Some(self.text("onnxruntime")).filter(|path| !path.is_empty()).map(PathBuf::from)
    }
    /// Whether analyses are kept in the data folder.
    pub fn analysis_cache(&self) -> Result<bool> {
        self.parse("analysis_cache")
    }
    /// The market, if one is named.
    pub fn source(&self) -> Option<String> {
        Some(self.text("source").to_owned()).filter(|source| !source.is_empty())
    }
    /// The external broker's address and how long it may take to answer; `None` where fills are a
    /// function of the log.
    pub fn broker(&self) -> Result<Option<(&str, Duration)>> {
        let wait: u64 = self.parse("broker_wait_ms")?;
        let broker = self.text("broker");
        if broker == "paper" {
            return Ok(None);
        }
        let address = broker.strip_prefix("paper:").filter(|address| address.contains(':'));
        let address = address
            .with_context(|| format!("broker = {broker:?} is neither paper nor paper:HOST:PORT"))?;
        Ok(Some((address, Duration::from_millis(wait))))
    }
    /// The address that the HTTP side listens on.
    pub fn listen(&self) -> &str {
        self.text("listen")
    }
    /// The address of the process that owns the run's embedded log, if the data folder does not hold
    /// it: the process may be on another machine.
    pub fn endpoint(&self) -> Option<&str> {
        Some(self.text("endpoint")).filter(|endpoint| !endpoint.is_empty())
    }
    /// The token that callers of the HTTP side must show, if any.
    pub fn token(&self) -> Option<String> {
        Some(self.text("token").to_owned()).filter(|token| !token.is_empty())
    }
    /// The schema registry to register with, if any; its address may hold a password.
    pub fn schema_registry(&self) -> Option<&str> {
        Some(self.text("schema_registry")).filter(|url| !url.is_empty())
    }
    /// `user:password` for the schema registry.
    pub fn schema_registry_auth(&self) -> Option<&str> {
        Some(self.text("schema_registry_auth")).filter(|auth| !auth.is_empty())
    }
    /// Properties for librdkafka.
    pub fn kafka(&self) -> BTreeMap<String, String> {
        let extra = self
            .values
            .iter()
            .filter_map(|(key, origin)| Some((key.strip_prefix("kafka.")?, origin)));
        extra.map(|(key, origin)| (key.to_owned(), origin.value.clone())).collect()
    }

    /// How a line of the log is written.
    pub fn log_format(&self) -> Result<LogFormat> {
        self.choice("log_format")
    }
    /// The folder of the log's files.
    pub fn log_dir(&self) -> PathBuf {
        match self.text("log_dir") {
            "" => self.data_dir().join("logs"),
            folder => folder.into(),
        }
    }
    /// The address of an OpenTelemetry collector, if one is configured.
    pub fn otlp_endpoint(&self) -> Option<&str> {
        Some(self.text("otlp_endpoint")).filter(|endpoint| !endpoint.is_empty())
    }

    /// When a running source publishes a day.
    pub fn closing(&self) -> Result<Closing> {
        let seconds: f64 = self.parse("source_quiet_s")?;
        let quiet = Duration::try_from_secs_f64(seconds)
            .with_context(|| format!("source_quiet_s = {seconds}: write seconds, 0 or more"))?;
        Ok(Closing { quiet, missing_until: self.missing_until()? })
    }
    /// The minute of the next day until which a ticker that lacks a bar is waited for.
    pub(super) fn missing_until(&self) -> Result<u32> {
        let text = self.text("source_missing_until");
        let minute = text.split_once(':').and_then(|(hour, minute)| {
            let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
            (hour < 24 && minute < 60).then_some(hour * 60 + minute)
        });
        minute.with_context(|| {
            format!("source_missing_until = {text:?}: write a time of day, such as 06:00")
        })
    }

    /// SHA-256 of the values that decide what a run computes, hexadecimal.
    pub fn sha256(&self) -> String {
        let decides =
            |key: &str| key.starts_with("settings.") || ["partitions", "provider"].contains(&key);
        let lines = self.pairs().filter(|(key, _)| decides(key));
        let text: String = lines.map(|(key, value)| format!("{key} = {value}\n")).collect();
        schemas::id::sha256_hex(text.as_bytes())
    }

    /// The calendar of the exchange whose prices files hold.
    pub fn calendar(&self) -> Result<TradingCalendar> {
        self.parse("settings.calendar")
    }

    /// The settings that decisions are made with, once they are on `controls`.
    pub fn settings(&self) -> Result<Settings> {
        let money = |key: &str| -> Result<Money> {
            Money::from_dollars(self.parse::<f64>(key)?)
                .with_context(|| format!("{key} is not an amount of money"))
        };
        let mut settings = Settings {
            capital: money("settings.capital")?,
            risk_per_trade: money("settings.risk_per_trade")?,
            max_new_per_day: self.parse("settings.max_new_per_day")?,
            max_open: self.parse("settings.max_open")?,
            expected_roi_over: self.parse("settings.expected_roi_over")?,
            score_over: self.parse("settings.score_over")?,
            take_profit: self.parse("settings.take_profit")?,
            retrain_outcomes: self.parse("settings.retrain_outcomes")?,
            min_training_rows: self.parse("settings.min_training_rows")?,
            training_epochs: self.parse("settings.training_epochs")?,
            shadow_days: self.parse("settings.shadow_days")?,
            seed: self.parse("settings.seed")?,
            calendar: self.calendar()?,
            tracks: tracks_of(self.text("settings.tracks")).context("settings.tracks")?,
            risk_share: self.unless_empty("settings.risk_percent")?.map(|percent| percent / 100.0),
            retraining: self.parse("settings.retraining")?,
            ..Settings::default()
        };
        settings.pricing = Pricing {
            rate: self.parse("settings.rate")?,
            dividend: self.parse("settings.dividend")?,
            strike_step: self.unless_empty("settings.strike_step")?,
            min_half_spread: self.parse("settings.min_half_spread")?,
            half_spread_rate: self.parse("settings.half_spread_rate")?,
            commission: self.parse("settings.commission")?,
        };
        Ok(settings)
    }

    fn unless_empty(&self, key: &str) -> Result<Option<f64>> {
        if self.text(key).is_empty() { Ok(None) } else { self.parse(key).map(Some) }
    }
}

/// The tracks that `text` names, separated by commas, each once and in their own order; none for both of them, as no name
/// means both; `None` where one is unknown.
pub(super) fn tracks_of(text: &str) -> Option<Vec<Track>> {
    let names: Vec<&str> = text.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let is = |track: &Track, name: &str| track.name().eq_ignore_ascii_case(name);
    let known = names.iter().all(|name| Track::ALL.iter().any(|track| is(track, name)));
    let named = |track: &Track| names.iter().any(|name| is(track, name));
    let named: Vec<Track> = Track::ALL.into_iter().filter(named).collect();
    known.then(|| if named.len() == Track::ALL.len() { Vec::new() } else { named })
}
