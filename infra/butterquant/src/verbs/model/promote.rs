//! `model promote`: puts a version in force from the next day on.

use crate::exit::Found;
use crate::models_on_log::{OnLog, allowed};
use crate::operator::publish;
use anyhow::Result;
use run::config::Config;
use schemas::events::{Controls, PromotionRequested};

/// A promotion.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The version
    pub version: i64,
    /// Why, for the record
    #[arg(long, default_value = "by an operator")]
    pub reason: String,
}

/// From the next day on.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let version = args.version;
    let challenger = {
        let models = OnLog::read(config)?;
        allowed(&models, version)?;
        models.challenger.filter(|challenger| *challenger != version)
    };
    let falls = challenger.map_or(String::new(), |challenger| {
        format!(" (model {challenger}, which is watched as a shadow, falls)")
    });
    let asked = PromotionRequested { version, reason: args.reason.clone() };
    publish(
        config,
        Controls::PromotionRequested(asked),
        &format!("model {version} is champion from the next day on{falls}: asked for"),
    )
}
