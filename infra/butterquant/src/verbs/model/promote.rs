//! `model promote`: makes a version champion from the next day on.

use crate::exit::Found;
use crate::models_on_log::{ModelsOnLog, ensure_allowed};
use crate::operator::{Given, publish};
use anyhow::Result;
use run::config::Config;
use schemas::events::{Controls, PromotionRequested};

/// Arguments of `model promote`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Version to promote
    pub version: i64,
    #[command(flatten)]
    pub given: Given,
}

/// Requests the promotion.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let version = args.version;
    let challenger = {
        let models = ModelsOnLog::read(config)?;
        ensure_allowed(config, &models, version)?;
        models.challenger.filter(|challenger| *challenger != version)
    };
    let dropped = challenger.map_or(String::new(), |challenger| {
        format!("; model {challenger}, which is being watched, is dropped")
    });
    let asked = PromotionRequested { version, reason: args.given.why("by an operator") };
    publish(
        config,
        Controls::PromotionRequested(asked),
        &args.given,
        &format!("requested: model {version} becomes champion from the next day on{dropped}"),
    )
}
