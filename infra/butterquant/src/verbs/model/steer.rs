//! `model promote` and `model rollback`: an operator's word on `controls`, checked before it is
//! said.

use super::onlog::OnLog;
use crate::cli::{PromoteArgs, RollbackArgs};
use crate::verbs::{Found, control::say};
use anyhow::{Context, Result, bail};
use run::config::Config;
use schemas::events::{Controls, PromotionRequested, RolledBack};

/// From the next day on.
pub(super) fn promote(config: &Config, args: &PromoteArgs) -> Result<Found> {
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
    say(
        config,
        Controls::PromotionRequested(asked),
        &format!("model {version} is champion from the next day on{falls}: asked for"),
    )
}

/// At once.
pub(super) fn rollback(config: &Config, args: &RollbackArgs) -> Result<Found> {
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
    say(
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

fn allowed(models: &OnLog, version: i64) -> Result<()> {
    models.sound(version)?;
    if models.champion() == Some(version) {
        bail!("model {version} is in force already; nothing was said");
    }
    Ok(())
}
