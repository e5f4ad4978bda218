//! `model list`: lists the versions on the log with their status.

use crate::exit::Found;
use crate::printer::{line, show_view};
use anyhow::Result;
use api::answers::{ModelsQuery, ModelsView, ask};
use report::tables::{or_dash, table};
use run::config::Config;
use schemas::Day;

/// Lists every version.
pub(crate) fn run(config: &Config) -> Result<Found> {
    let found = ask(&config.this_run()?, &ModelsQuery)?;
    show_view(config.output()?, &found, |found| print(config, found))?;
    Ok(Found::Nothing)
}

fn print(config: &Config, found: &ModelsView) {
    if found.models.is_empty() {
        return line(format!(
            "no model yet: the first is trained once enough candidates have matured; for a new run, `{}` trains one from history; `{}` requests one",
            config.command_line("up --history N", config.run()),
            config.command_line("train", config.run())
        ));
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
            "status",
            "rule",
            "triggered",
            "trained",
            "passed the gate",
            "validation log loss>",
            "sha256",
        ],
        rows,
    ));
    line(format!(
        "Details of a version: `{}`.",
        config.command_line("model show VERSION", config.run())
    ));
}

fn text(of: Option<&str>) -> String {
    or_dash(of, str::to_owned)
}

fn day(of: Option<Day>) -> String {
    or_dash(of, |day| day.to_string())
}
