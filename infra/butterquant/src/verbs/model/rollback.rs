//! `model rollback`: makes an earlier version champion again, effective at once.

use crate::exit::Found;
use crate::models_on_log::{ModelsOnLog, ensure_allowed};
use crate::operator::{Given, publish};
use anyhow::{Context, Result};
use run::config::Config;
use schemas::events::{Controls, RolledBack};

/// Arguments of `model rollback`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Version to go back to [default: the previous champion]
    pub version: Option<i64>,
    #[command(flatten)]
    pub given: Given,
}

/// Publishes the rollback.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let version = {
        let models = ModelsOnLog::read(config)?;
        let version = match args.version {
            Some(version) => version,
            None => previous_champion(config, &models)?,
        };
        ensure_allowed(config, &models, version)?;
        version
    };
    let back = RolledBack { version, reason: args.given.why("by an operator") };
    publish(
        config,
        Controls::RolledBack(back),
        &args.given,
        &format!("model {version} is in force again, effective at once"),
    )
}

fn previous_champion(config: &Config, models: &ModelsOnLog) -> Result<i64> {
    let earlier = models.champions.len().checked_sub(2).map(|at| models.champions[at]);
    earlier.with_context(|| {
        let now = models.champion().map_or("none is champion".to_owned(), |version| {
            format!("model {version} is the first champion")
        });
        format!(
            "there is no champion before this one ({now}); name a version, `{}` lists them",
            config.command_line("model list", config.run())
        )
    })
}
