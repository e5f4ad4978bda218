//! The configuration: a TOML file, below the environment (`BUTTERQUANT_…`), below flags. Every
//! value remembers where it came from; a key nobody knows is refused.

mod layers;
mod typed;

use crate::cli::Common;
use crate::secrets;
use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A value and its origin, as `config show` prints them.
#[derive(Debug, Clone, Serialize)]
pub struct Origin {
    /// The value; secrets are not shown.
    pub value: String,
    /// `default`, `file …`, `environment …` or `flag`.
    pub from: String,
}

/// Every key, its default and what it means. `kafka.<property>` is passed to librdkafka; a key
/// that holds a secret may have `_file` or `.file` behind it and name a file (see `secrets`).
pub const KEYS: [(&str, &str, &str); 32] = [
    ("data_dir", "data", "folder of everything kept"),
    ("output", "human", "human or json"),
    ("run", "live", "which run"),
    ("log", "embedded", "embedded or kafka"),
    ("brokers", "127.0.0.1:9092", "Kafka's addresses"),
    ("partitions", "12", "partitions of a data topic, when a run is opened"),
    (
        "replication",
        "",
        "copies of a new topic's partitions on Kafka; empty is what its brokers say",
    ),
    ("provider", "auto", "auto, cuda or cpu"),
    ("onnxruntime", "", "path of libonnxruntime.so"),
    ("source", "", "the market, csv:DIR or sim:SEED"),
    ("broker", "paper", "where live orders go: paper, or paper:HOST:PORT for `paper-broker`"),
    ("broker_wait_ms", "700", "how long a broker outside has for an answer; 1000 at most is safe"),
    ("listen", "127.0.0.1:0", "address of the HTTP side of `up` and `run`"),
    ("endpoint", "", "reach the run's embedded log at this address, such as http://host:8080"),
    ("token", "", "what callers of the HTTP side must show; needed to listen beyond this machine"),
    ("schema_registry", "", "address of a registry that gets the schemas when a run starts"),
    ("schema_registry_auth", "", "user:password for it"),
    ("settings.capital", "100000", "each track's capital, dollars"),
    ("settings.risk_per_trade", "1000", "capital at risk of a position, dollars"),
    ("settings.max_new_per_day", "5", "new positions of a track a day"),
    ("settings.max_open", "50", "positions of a track"),
    ("settings.expected_roi_over", "0.15", "ButterAI trades above this"),
    ("settings.score_over", "60", "ButterBaseline trades above this"),
    ("settings.take_profit", "0.7", "share of the maximum profit"),
    ("settings.retrain_outcomes", "1000", "more new outcomes than this start a training"),
    ("settings.min_training_rows", "1000", "rows a training needs"),
    ("settings.training_epochs", "50", "passes over the rows, at most"),
    ("settings.shadow_days", "5", "days a challenger is watched"),
    ("settings.seed", "7", "seed of training"),
    ("settings.rate", "0", "interest rate a year, continuous"),
    ("settings.dividend", "0", "dividend yield a year, continuous"),
    ("settings.strike_step", "", "strike step in dollars; empty goes by price"),
];

/// A broker outside that is waited for longer may cost its role the place in the group.
const SAFE_WAIT: Duration = Duration::from_millis(1_000);

/// Values by key, each with its origin.
#[derive(Clone)]
pub struct Config {
    values: BTreeMap<String, Origin>,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.shown()).finish()
    }
}

impl Config {
    /// Reads the layers.
    pub fn load(common: &Common) -> Result<Config> {
        let mut values = BTreeMap::new();
        let mut set = |key: &str, value: String, from: &str| -> Result<()> {
            let (key, origin) = match secrets::in_file(key) {
                Some(of) => {
                    let from = format!("file {value}, named by {from}");
                    (of, Origin { value: secrets::read(key, Path::new(&value))?, from })
                }
                None => (key, Origin { value, from: from.to_owned() }),
            };
            values.insert(key.to_owned(), origin);
            Ok(())
        };
        for (key, value, _) in KEYS {
            set(key, value.to_owned(), "default")?;
        }
        let data_dir = common
            .data_dir
            .clone()
            .or_else(|| std::env::var_os("BUTTERQUANT_DATA_DIR").map(PathBuf::from));
        let beside = data_dir.unwrap_or_else(|| "data".into()).join("butterquant.toml");
        let file = common.config.clone().or_else(|| beside.exists().then_some(beside));
        if let Some(file) = file {
            for (key, value) in layers::read_file(&file)? {
                set(&key, value, &format!("file {}", file.display()))?;
            }
        }
        for (name, key, value) in layers::variables()? {
            set(&key, value, &format!("environment {name}"))?;
        }
        let flag = |value: Option<String>| value;
        let flags = [
            ("data_dir", flag(common.data_dir.as_ref().map(|dir| dir.display().to_string()))),
            ("output", common.output.map(name_of)),
            ("run", common.run.clone()),
            ("log", common.log.map(name_of)),
            ("brokers", common.brokers.clone()),
            ("provider", common.provider.map(name_of)),
            ("schema_registry", common.schema_registry.clone()),
        ];
        for (key, value) in flags {
            if let Some(value) = value {
                set(key, value, "flag")?;
            }
        }
        let config = Config { values };
        config.check()?;
        Ok(config)
    }

    /// Every value and its origin; what may be secret is not shown.
    pub fn shown(&self) -> BTreeMap<String, Origin> {
        let mut shown = self.values.clone();
        for (key, origin) in &mut shown {
            if secrets::secret(key) && !origin.value.is_empty() {
                origin.value = "(set, not shown)".to_owned();
            }
            // A registry's address may hold a user and password.
            if key == "schema_registry" && origin.value.contains('@') {
                let address = crate::registry::register::address(&origin.value);
                origin.value = address.map(|(address, _)| address).unwrap_or_default();
            }
        }
        shown
    }

    /// Every key at its default, whatever the environment says.
    #[cfg(test)]
    pub fn defaults() -> Config {
        let origin = |value: &str| Origin { value: value.to_owned(), from: "default".to_owned() };
        let values = KEYS.iter().map(|(key, value, _)| ((*key).to_owned(), origin(value)));
        Config { values: values.collect() }
    }

    /// The same with another value for a key: for what the program starts on its own account.
    pub fn with(mut self, key: &str, value: &str) -> Config {
        let origin = Origin { value: value.to_owned(), from: "program".to_owned() };
        self.values.insert(key.to_owned(), origin);
        self
    }

    fn text(&self, key: &str) -> &str {
        self.values.get(key).map_or("", |origin| origin.value.as_str())
    }

    fn parse<T: std::str::FromStr>(&self, key: &str) -> Result<T>
    where
        T::Err: std::error::Error + Send + Sync + 'static,
    {
        let from = self.values.get(key).map_or("default", |origin| origin.from.as_str());
        self.text(key)
            .parse()
            .with_context(|| format!("{key} = {:?} ({from}) does not fit", self.text(key)))
    }

    fn choice<T: ValueEnum>(&self, key: &str) -> Result<T> {
        let text = self.text(key);
        T::from_str(text, true).map_err(|_| {
            let known: Vec<String> =
                T::value_variants().iter().map(|known: &T| name_of(known.clone())).collect();
            anyhow::anyhow!("{key} = {text:?} is none of {}", known.join(", "))
        })
    }

    /// Whether every value fits its key.
    pub fn check(&self) -> Result<()> {
        self.output()?;
        self.log()?;
        self.provider()?;
        if self.replication()? == Some(0) {
            bail!("replication = 0: a partition has at least one copy");
        }
        if self.partitions()? == 0 {
            bail!("partitions = 0: a topic has at least one");
        }
        for (key, origin) in &self.values {
            if let Some(why) = key.strip_prefix("kafka.").and_then(eventlog::kafka::reserved) {
                bail!("{key} ({}) is not to be set: {why}; take it out there", origin.from);
            }
        }
        crate::serve::address("listen", self.listen(), self.token().as_deref())?;
        crate::registry::register::configured(self)?;
        if let Some((_, wait)) = self.broker()?
            && wait > SAFE_WAIT
        {
            tracing::warn!(
                "broker_wait_ms = {}: with more than {} the broker role may lose its place while it waits",
                wait.as_millis(),
                SAFE_WAIT.as_millis()
            );
        }
        self.settings().map(|_| ())
    }
}

fn name_of<T: ValueEnum>(value: T) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
