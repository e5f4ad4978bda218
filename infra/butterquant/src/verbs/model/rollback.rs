//! `model rollback`: puts an earlier version back in force, at once.

use crate::exit::Found;
use crate::models_on_log::{OnLog, allowed};
use crate::operator::publish;
use anyhow::{Context, Result};
use run::config::Config;
use schemas::events::{Controls, RolledBack};

/// A rollback.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The version (default: the champion before the one in force)
    pub version: Option<i64>,
    /// Why, for the record
    #[arg(long, default_value = "by an operator")]
    pub reason: String,
}

/// At once.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let version = {
        let models = OnLog::read(config)?;
        let version = match args.version {
            Some(version) => version,
            None => before(&models)?,
        };
        allowed(&models, version)?;
        version
    };
    let back = RolledBack { version, reason: args.reason.clone() };
    publish(
        config,
        Controls::RolledBack(back),
        &format!("model {version} is in force again, at once: said"),
    )
}

fn before(models: &OnLog) -> Result<i64> {
    let earlier = models.champions.len().checked_sub(2).map(|at| models.champions[at]);
    earlier.with_context(|| {
        let now = models.champion().map_or("none is in force".to_owned(), |version| {
            format!("model {version} is the first that was in force")
        });
        format!(
            "there is no champion before this one ({now}); name a version: `butterquant model list`"
        )
    })
}
