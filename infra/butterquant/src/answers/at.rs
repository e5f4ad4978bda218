//! Where the views of a run can be read: in this process, or over HTTP from the one that owns it.

use super::query::ViewQuery;
use crate::config::Config;
use crate::home::{self, RunDir};
use crate::standing::fetch;
use anyhow::{Context, Result, bail};
use store::Views;

/// The views of a run: here, or those of the process that owns it.
pub enum ViewsAt {
    /// In this process.
    Here(Views),
    /// At an HTTP address, with its token.
    There(String, Option<String>),
}

impl ViewsAt {
    /// Of `run`, wherever they are.
    pub fn of(config: &Config, run: &RunDir) -> Result<ViewsAt> {
        if !run.path.exists() {
            return Err(home::no_run(config, run));
        }
        if !run.state().exists() {
            bail!(
                "run {} has no views: none of its roles ever ran; start them with `butterquant up --run {}`",
                run.id,
                run.id
            );
        }
        home::of_state(
            run,
            |endpoint| {
                fetch(&endpoint, "/health", None)?;
                Ok(ViewsAt::There(endpoint, config.token()))
            },
            |db| Ok(ViewsAt::Here(Views::open(db)?)),
        )
    }

    /// Their answer to `query`.
    pub fn ask<Q: ViewQuery>(&self, query: &Q) -> Result<Q::Answer> {
        match self {
            ViewsAt::Here(views) => query.answer(views),
            ViewsAt::There(endpoint, token) => {
                let path = query.path();
                serde_json::from_value(fetch(endpoint, &path, token.as_deref())?).with_context(
                    || {
                        format!(
                            "{endpoint}{path} cannot be read; run the same version on both sides"
                        )
                    },
                )
            }
        }
    }
}

/// The answer of the configured run's views, wherever they are.
pub fn ask<Q: ViewQuery>(config: &Config, query: &Q) -> Result<Q::Answer> {
    ViewsAt::of(config, &RunDir::of(config, config.run())?)?.ask(query)
}
