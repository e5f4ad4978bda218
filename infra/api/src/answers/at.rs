//! Where the views of a run can be read: in this process, or over HTTP from the one that owns it.

use super::query::ViewQuery;
use run::data_dir::{self, RunDir};

use anyhow::{Context, Result, bail};
use store::Views;
use web::fetch;

/// The views of a run: here, or those of the process that owns it.
pub enum ViewsAt {
    /// In this process.
    Here(Views),
    /// At an HTTP address, with its token.
    There(String, Option<String>),
}

impl ViewsAt {
    /// Of `run`, wherever they are.
    pub fn of(run: &RunDir) -> Result<ViewsAt> {
        if !run.path.exists() {
            return Err(data_dir::no_run(run));
        }
        if !run.state().exists() {
            bail!(
                "run {} has no views: none of its roles ever ran; start them with `butterquant up --run {}`",
                run.id,
                run.id
            );
        }
        data_dir::of_state(
            run,
            |endpoint| {
                fetch(&endpoint, "/health", None)?;
                Ok(ViewsAt::There(endpoint, run.token.clone()))
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

/// The answer of the views of `run`, wherever they are.
///
/// # Errors
/// The run has no views, or the process that owns it does not answer.
pub fn ask<Q: ViewQuery>(run: &RunDir, query: &Q) -> Result<Q::Answer> {
    ViewsAt::of(run)?.ask(query)
}
