//! `model list`: the versions on the log and what became of each.

use crate::exit::Found;
use crate::printer::{line, show_view};
use anyhow::Result;
use api::answers::{ModelsQuery, ModelsView, ask};
use report::tables::{or_dash, table};
use run::config::Config;
use schemas::Day;

/// Every version.
pub(crate) fn run(config: &Config) -> Result<Found> {
    show_view(config.output()?, &ask(&config.this_run()?, &ModelsQuery)?, list_models)?;
    Ok(Found::Nothing)
}

fn list_models(found: &ModelsView) {
    if found.models.is_empty() {
        return line(
            "no model yet: the first is trained once enough candidates have matured; `butterquant up --history N` trains one from history, `butterquant train` requests one",
        );
    }
    let rows = found.models.iter().map(|model| {
        vec![
            model.version.to_string(),
            model.status.name().to_owned(),
            text(model.rule.as_deref()),
            day(model.triggered_on),
            day(model.trained_on),
            or_dash(model.passed, |passed| if passed { "yes" } else { "no" }.to_owned()),
            or_dash(model.validation(), |figures| format!("{:.4}", figures.log_loss)),
            text(model.sha256.as_deref()).chars().take(16).collect(),
        ]
    });
    line(table(
        &[
            "version>",
            "standing",
            "rule",
            "triggered",
            "trained",
            "passed the gate",
            "validation log loss>",
            "sha256",
        ],
        rows,
    ));
    line("Details of a version: `butterquant model show VERSION`.");
}

fn text(of: Option<&str>) -> String {
    or_dash(of, str::to_owned)
}

fn day(of: Option<Day>) -> String {
    or_dash(of, |day| day.to_string())
}
