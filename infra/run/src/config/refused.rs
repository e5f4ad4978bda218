//! Values that cannot be meant: each with its key, where it was set, and what it must be. All of a configuration are
//! named at once.

use super::addresses::{brokers_fault, endpoint_fault, http_fault, paper_fault, registry_fault};
use super::choices::{AlertShape, Choice, LogHome, Output, Provider, Severity};
use super::layered::Config;
use super::names::{NAME_RULE, check_run_name};
use super::ranges::RANGES;
use super::typed::tracks_of;
use anyhow::{Result, bail};
use schemas::TradingCalendar;
use schemas::events::Track;
use serde::Serialize;
use std::fmt;
use std::time::Duration;
use telemetry::LogFormat;

/// The longest safe wait for the external broker: a longer one may cost the role its place in the
/// group.
const SAFE_WAIT: Duration = Duration::from_millis(1_000);

/// A value that is refused.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct RefusedValue {
    /// Its key.
    pub key: String,
    /// The value.
    pub value: String,
    /// Where it was set.
    pub from: String,
    /// What it must be.
    pub must: String,
    /// Why; may be empty.
    pub why: String,
}

impl fmt::Display for RefusedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {:?} ({}) must be {}", self.key, self.value, self.from, self.must)?;
        let why = if self.why.is_empty() { String::new() } else { format!(": {}", self.why) };
        let remedy = if self.from == "default" { "set another" } else { "change it there" };
        write!(f, "{why}; {remedy}")
    }
}

/// All values of a configuration that are refused; at least one.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct RefusedValues(pub Vec<RefusedValue>);

impl fmt::Display for RefusedValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&all.join("\n"))
    }
}

impl std::error::Error for RefusedValues {}

impl Config {
    /// Checks that every value fits its key.
    ///
    /// # Errors
    /// [`RefusedValues`] names all that cannot be meant.
    pub fn check(&self) -> Result<()> {
        let refused = self.refused();
        if !refused.is_empty() {
            return Err(RefusedValues(refused).into());
        }
        self.closing()?;
        for (key, origin) in &self.values {
            if let Some(why) = key.strip_prefix("kafka.").and_then(eventlog::kafka::reserved) {
                bail!("{key} ({}) must not be set: {why}; remove it there", origin.from);
            }
        }
        web::listen_address("listen", self.listen(), self.token().as_deref())?;
        self.registry_client()?;
        if let Some((_, wait)) = self.broker()?
            && wait > SAFE_WAIT
        {
            tracing::warn!(
                "broker_wait_ms = {}: above {} the broker role may lose its place in the group while it waits",
                wait.as_millis(),
                SAFE_WAIT.as_millis()
            );
        }
        self.settings().map(|_| ())
    }

    /// The values that cannot be meant.
    fn refused(&self) -> Vec<RefusedValue> {
        let mut found = Found { config: self, refused: Vec::new() };
        found.choices();
        found.places();
        found.numbers();
        found.refused
    }
}

struct Found<'a> {
    config: &'a Config,
    refused: Vec<RefusedValue>,
}

impl<'a> Found<'a> {
    fn text(&self, key: &str) -> &'a str {
        self.config.text(key)
    }

    /// Refuses the value of `key` unless it `holds`.
    fn check(&mut self, key: &str, holds: bool, must: &str, why: &str) {
        if holds {
            return;
        }
        let from = self.config.values.get(key).map_or("default", |origin| origin.from.as_str());
        // A registry's address may hold a password.
        let shown = self.config.shown().remove(key);
        let value = shown.map_or_else(String::new, |origin| origin.value);
        let [key, from, must, why] = [key, from, must, why].map(str::to_owned);
        self.refused.push(RefusedValue { key, value, from, must, why });
    }

    fn choice<T: Choice>(&mut self, key: &str) {
        let must = format!("one of {}", T::names().join(", "));
        self.check(key, T::parse(self.text(key)).is_some(), &must, "");
    }

    fn choices(&mut self) {
        self.choice::<Output>("output");
        self.choice::<LogHome>("log");
        self.choice::<LogFormat>("log_format");
        self.choice::<AlertShape>("alerts.shape");
        self.choice::<Severity>("alerts.minimum");
        self.choice::<Provider>("provider");
        for key in ["analysis_cache", "settings.retraining"] {
            let either = self.text(key).parse::<bool>().is_ok();
            self.check(key, either, "true or false", "");
        }
        let tracks = Track::ALL.map(Track::name).join(", ");
        let known = tracks_of(self.text("settings.tracks")).is_some();
        self.check("settings.tracks", known, &format!("one or more of {tracks}, or empty"), "");
        let calendars = TradingCalendar::ALL.map(TradingCalendar::name).join(", ");
        let is_one = self.text("settings.calendar").parse::<TradingCalendar>().is_ok();
        self.check("settings.calendar", is_one, &format!("one of {calendars}"), "");
    }

    fn places(&mut self) {
        self.check("data_dir", !self.text("data_dir").is_empty(), "a folder", "it is empty");
        let is_name = check_run_name(self.config.run()).is_ok();
        self.check("run", is_name, NAME_RULE, "it is the name of a folder");
        let source = self.text("source");
        let fault = producers::source::check_spec(source).err().filter(|_| !source.is_empty());
        let market = "a market: csv:FOLDER, parquet:FOLDER or sim:SEED,stocks=100,days=1000";
        self.check("source", fault.is_none(), market, &fault.unwrap_or_default());
        let listens = web::parse_address("listen", self.text("listen")).is_ok();
        self.check("listen", listens, "an address to listen on, such as 127.0.0.1:8080", "");
        type FaultOf = fn(&str) -> Option<&'static str>;
        let places: [(&str, &str, FaultOf); 6] = [
            ("schema_registry", "an address such as http://host:8081", registry_fault),
            ("brokers", "addresses of Kafka's brokers, HOST:PORT,HOST:PORT", brokers_fault),
            ("broker", "paper or paper:HOST:PORT", paper_fault),
            ("endpoint", "an address such as http://host:8080, or empty", endpoint_fault),
            ("otlp_endpoint", "an address such as http://host:4318, or empty", http_fault),
            ("alerts.webhook", "an address such as https://host/hook, or empty", http_fault),
        ];
        for (key, must, fault_of) in places {
            let fault = fault_of(self.text(key));
            self.check(key, fault.is_none(), must, fault.unwrap_or_default());
        }
    }

    fn numbers(&mut self) {
        let until = self.config.missing_until();
        self.check("source_missing_until", until.is_ok(), "a time of day, such as 06:00", "");
        for range in RANGES {
            let holds = range.holds(self.text(range.key));
            self.check(range.key, holds, &range.to_string(), range.why);
        }
        let dollars = |key| self.text(key).parse::<f64>().unwrap_or(f64::NAN);
        let (capital, risk) = (dollars("settings.capital"), dollars("settings.risk_per_trade"));
        // What is outside its own range has been named.
        let holds = capital < 1.0 || risk.is_nan() || capital.is_nan() || risk <= capital;
        let must = format!("at most settings.capital, {capital}");
        self.check("settings.risk_per_trade", holds, &must, "a track cannot risk more than it has");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_key_value_place_and_range() {
        assert!(Config::defaults().refused().is_empty());
        for (key, value, says) in [
            ("run", "../../x", "run = \"../../x\" (program) must be 1 to 100 letters"),
            (
                "settings.rate",
                "5",
                "must be a number from -0.05 to 0.25: a rate is written as a share",
            ),
            ("settings.risk_per_trade", "2e5", "must be at most settings.capital, 100000"),
            ("settings.risk_per_trade", "1e12", "must be at most settings.capital, 100000"),
            ("partitions", "100000", "must be a whole number from 1 to 1000"),
            ("provider", "tpu", "must be one of auto, cuda"),
            ("log_format", "xml", "must be one of human, json"),
            ("otlp_endpoint", "collector:4318", "http://"),
            ("alerts.webhook", "hooks/hunter2", "http://"),
            ("alerts.minimum", "loud", "must be one of warn, critical"),
            ("source", "sim:x", "the seed \"x\" is not a whole number"),
            ("source", "prices", "must be a market"),
            ("broker", "paper:here:99999", "a port is a whole number from 1 to 65535"),
            ("brokers", "a:1,b:0", "a port is a whole number from 1 to 65535"),
            ("endpoint", "host:80", "http://"),
            ("settings.calendar", "LSE", "one of NYSE, none"),
            ("settings.tracks", "ButterAI,Butter", "one or more of ButterAI, ButterBaseline"),
            ("settings.retraining", "maybe", "true or false"),
            ("schema_registry", "http://me:hunter2@h:99999", "a port is a whole number"),
            ("data_dir", "", "a folder"),
        ] {
            let refused = Config::defaults().with(key, value).refused();
            let said = RefusedValues(refused).to_string();
            assert!(said.starts_with(key) && said.contains(says), "{said}");
            assert!(said.ends_with("; change it there") && !said.contains("hunter2"), "{said}");
        }
        let both = Config::defaults().with("run", "").with("settings.capital", "0").refused();
        assert_eq!(both.len(), 2, "{both:?}");
    }
}
