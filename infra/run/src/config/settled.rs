//! The configuration settled into what each room needs, so that no room below reads a key.

use super::choices::{LogHome, Provider};
use super::layered::Config;
use super::names::check_run_name;
use crate::data_dir::{KafkaAccess, LogAccess, PATIENCE, RunDir};
use crate::registration::Client;
use anyhow::Result;
use std::path::PathBuf;
use std::time::Duration;
use success::{Engine, ProviderChoice};

/// The settings that a run is carried out with.
#[derive(Clone, Debug)]
pub struct RunSpec {
    /// Partitions of a data topic.
    pub partitions: u32,
    /// The engine that computes scores.
    pub scoring: Scoring,
    /// Whether analyses are kept in the data folder.
    pub analysis_cache: bool,
    /// The external broker's address, and how long it may take to answer.
    pub broker: Option<(String, Duration)>,
}

/// Which engine computes scores, and where its library is looked for.
#[derive(Clone, Debug)]
pub struct Scoring {
    provider: ProviderChoice,
    library: Option<PathBuf>,
    search: [PathBuf; 1],
}

impl Scoring {
    /// The same engine on another provider.
    pub fn on(&self, provider: ProviderChoice) -> Scoring {
        Scoring { provider, ..self.clone() }
    }

    /// Loads the engine.
    ///
    /// # Errors
    /// CUDA is requested but does not work, or the named library cannot be loaded.
    pub fn engine(&self) -> Result<Engine> {
        Ok(Engine::discover(self.provider, self.library.as_deref(), &self.search)?)
    }

    /// The engine that a prediction names as its provider, if it is here.
    pub fn that_scored(&self, provider: &str) -> Option<Engine> {
        let engine = self.on(ProviderChoice::named(provider)?).engine().ok()?;
        (engine.provider() == provider).then_some(engine)
    }
}

impl Config {
    /// The settings that a run is carried out with.
    ///
    /// # Errors
    /// A value does not fit its key.
    pub fn run_spec(&self) -> Result<RunSpec> {
        Ok(RunSpec {
            partitions: self.partitions()?,
            scoring: self.scoring()?,
            analysis_cache: self.analysis_cache()?,
            broker: self.broker()?.map(|(address, wait)| (address.to_owned(), wait)),
        })
    }

    /// The engine that computes scores.
    ///
    /// # Errors
    /// The provider is unknown.
    pub fn scoring(&self) -> Result<Scoring> {
        let provider = match self.provider()? {
            Provider::Auto => ProviderChoice::Auto,
            Provider::Cuda => ProviderChoice::Cuda,
            Provider::Cpu => ProviderChoice::Cpu,
            Provider::Candle => ProviderChoice::Candle,
        };
        let search = [self.data_dir().join("onnxruntime")];
        Ok(Scoring { provider, library: self.onnxruntime(), search })
    }

    /// The configured run.
    ///
    /// # Errors
    /// As [`Config::run_dir`].
    pub fn this_run(&self) -> Result<RunDir> {
        self.run_dir(self.run())
    }

    /// The run called `id`, and how its log is reached. A configured endpoint serves the
    /// configured run; any other run, such as a what-if beside it, is in the data folder.
    ///
    /// # Errors
    /// The id is no name, or a value does not fit its key.
    pub fn run_dir(&self, id: &str) -> Result<RunDir> {
        check_run_name(id)?;
        let access = match (self.log()?, self.endpoint()) {
            (LogHome::Kafka, _) => LogAccess::Kafka(KafkaAccess {
                brokers: self.brokers().to_owned(),
                properties: self.kafka(),
                replication: self.replication()?,
            }),
            (LogHome::Embedded, Some(endpoint)) if id == self.run() => {
                LogAccess::Endpoint(endpoint.to_owned())
            }
            (LogHome::Embedded, _) => LogAccess::Folder,
        };
        let data_dir = self.data_dir();
        let path = data_dir.join("runs").join(id);
        Ok(RunDir {
            id: id.to_owned(),
            path,
            data_dir,
            access,
            token: self.token(),
            patience: PATIENCE,
        })
    }

    /// The runs in the data folder, by id.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn runs(&self) -> Result<Vec<RunDir>> {
        let mut runs = Vec::new();
        for id in crate::data_dir::run_ids(&self.data_dir())? {
            runs.extend(self.run_dir(&id));
        }
        Ok(runs)
    }

    /// The schema registry to register with, if one is configured.
    ///
    /// # Errors
    /// Its address is not valid.
    pub fn registry_client(&self) -> Result<Option<Client>> {
        let Some(url) = self.schema_registry() else { return Ok(None) };
        Client::new(url, self.schema_registry_auth()).map(Some)
    }
}
