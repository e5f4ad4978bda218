//! The options by which a run over the past differs from the configured one: tracks, model, costs, settings, seed. Verbs
//! that make such runs share them.

use crate::models_on_log::ModelsOnLog;
use crate::read_run::about;
use anyhow::{Context, Result, bail, ensure};
use run::config::Config;
use run::run_request::GivenModel;
use schemas::Day;

/// The settings that `--costs` multiplies.
const COSTS: [&str; 3] = ["min_half_spread", "half_spread_rate", "commission"];

/// What a run does otherwise than the configuration says.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Run differently")]
pub(crate) struct RunOptions {
    /// Tracks that open positions, separated by commas: ButterAI, ButterBaseline
    #[arg(long, value_name = "TRACK,…")]
    pub tracks: Option<String>,
    /// Score every day with this model, of the live run or of RUN, and train none; it must have been trained before --from
    #[arg(long, value_name = "[RUN:]vN", group = "learning")]
    pub model: Option<String>,
    /// Train as the days pass, each model on what was known by then [default]
    #[arg(long, group = "learning")]
    pub walk_forward: bool,
    /// Train nothing after the first day: the model of the first day stays
    #[arg(long, group = "learning")]
    pub no_training: bool,
    /// Multiply spreads and commissions
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub costs: Option<f64>,
    /// Another value of a setting, such as max_open=20; `butterquant config show` lists them; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Seed of history and trainings
    #[arg(long)]
    pub seed: Option<u64>,
}

impl RunOptions {
    /// The settings that the options give, by key without `settings.`.
    ///
    /// # Errors
    /// A pair is none, or a setting is given twice.
    pub(crate) fn settings(&self) -> Result<Vec<(String, String)>> {
        let mut given: Vec<(String, String)> = Vec::new();
        for pair in &self.set {
            let (key, value) = pair.split_once('=').with_context(|| {
                format!("--set {pair}: write KEY=VALUE, such as --set max_open=20")
            })?;
            let key = key.trim();
            let key = key.strip_prefix("settings.").unwrap_or(key).to_owned();
            given.push((key, value.trim().to_owned()));
        }
        let mut put = |key: &str, value: String| given.push((key.to_owned(), value));
        if let Some(tracks) = &self.tracks {
            put("tracks", tracks.clone());
        }
        if self.walk_forward {
            put("retraining", true.to_string());
        }
        if self.no_training || self.model.is_some() {
            put("retraining", false.to_string());
        }
        if let Some(seed) = self.seed {
            put("seed", seed.to_string());
        }
        for (at, (key, _)) in given.iter().enumerate() {
            let twice = given[..at].iter().any(|(other, _)| other == key);
            ensure!(!twice, "settings.{key} is given twice on the command line; leave one out");
        }
        Ok(given)
    }

    /// `config` with what the options change.
    ///
    /// # Errors
    /// A key is no setting or given twice, or a value is outside its range.
    pub(crate) fn settle(&self, config: &Config) -> Result<Config> {
        let config = config.with_settings(&self.settings()?)?;
        match self.costs {
            Some(times) => config.with_settings(&costs(&config, times)?),
            None => Ok(config),
        }
    }

    /// What `--model` names, with its run.
    pub(crate) fn named_model(&self, config: &Config) -> Option<String> {
        let named = self.model.as_ref()?;
        Some(if named.contains(':') { named.clone() } else { format!("{}:{named}", config.run()) })
    }

    /// The model that `--model` names.
    ///
    /// # Errors
    /// There is no such model, or it knows something of the days from `from` on.
    pub(crate) fn given(&self, config: &Config, from: Day) -> Result<Option<GivenModel>> {
        let Some(named) = self.named_model(config) else { return Ok(None) };
        let (run, version) = named.rsplit_once(':').unwrap_or(("", &named));
        let number = version.strip_prefix('v').unwrap_or(version).parse::<i64>();
        let number = number.ok().with_context(|| {
            format!("--model {named}: write vN or RUN:vN, such as --model v3; `butterquant model list` has the versions")
        })?;
        let of_run = config.clone().with("run", run);
        let models = ModelsOnLog::read(&of_run).map_err(|error| about(&of_run, run, &error));
        let models = models
            .with_context(|| format!("--model {named}: the models of run {run} cannot be read"))?;
        let trained = models.version(number)?.clone();
        let day = models.versions.iter().find(|(_, model)| model.version == number);
        let day = day.map(|(day, _)| *day).unwrap_or_default();
        if day >= from {
            bail!(
                "--model {named} was trained at the close of {day} from what was known by then, so it knows something of the days from {from} on; begin after {day}, or choose an earlier model"
            );
        }
        ensure!(
            trained.passed,
            "--model {named} did not pass its gate, so no run scores with it; `butterquant model show {number} --run {run}` has the reasons"
        );
        Ok(Some(GivenModel { trained, run: run.to_owned() }))
    }
}

/// The settings of costs, `times` as high.
fn costs(config: &Config, times: f64) -> Result<Vec<(String, String)>> {
    ensure!(
        times.is_finite() && (0.0..=100.0).contains(&times),
        "--costs {times}: write a number from 0 to 100, such as 2 for twice the costs"
    );
    let pricing = config.settings()?.pricing;
    let now = [pricing.min_half_spread, pricing.half_spread_rate, pricing.commission];
    let times =
        COSTS.into_iter().zip(now).map(|(key, now)| (key.to_owned(), (now * times).to_string()));
    Ok(times.collect())
}
