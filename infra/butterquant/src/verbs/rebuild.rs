//! `rebuild`: rebuilds state, views, lake and model files from the log. Exit code 1 when anything
//! differs from before.

use crate::exit::Found;
use crate::owned_run::owned_run;
use crate::printer;
use anyhow::{Context, Result, bail};
use report::tables;
use run::config::Config;
use serde::Serialize;
use shell::holes;
use shell::replay::{Rebuilt, rebuild as rebuild_states};
use std::collections::BTreeMap;

/// Arguments of `rebuild`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Rebuild views, lake, model files and the state of every role
    #[arg(long)]
    pub all: bool,
}

#[derive(Serialize)]
struct RebuildReport {
    states: Vec<Rebuilt>,
    views: Compared,
    lake: BTreeMap<String, Compared>,
    model_files: Compared,
    same: bool,
}

#[derive(Serialize)]
struct Compared {
    before: Option<String>,
    after: Option<String>,
    same: bool,
}

impl Compared {
    fn of(before: Option<String>, after: Option<String>) -> Compared {
        Compared { same: before == after, before, after }
    }
}

/// Deletes state, views, lake and model files, rebuilds them, and compares their digests.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    if !args.all {
        bail!("add --all: it rebuilds views, lake, model files and the state of every role");
    }
    let state = config.this_run()?.state();
    if state.exists() {
        store::Views::clear_other_format(&kv::Db::open(&state)?)?;
    }
    let context = owned_run(config)?;
    // Before anything is removed: it could not be made again.
    holes::refuse(&holes::thorough(&*context.env.log, context.env.partitions)?)?;
    let projections = &context.materialized;
    let (views_before, mut lake_before) = (projections.views.digest()?, projections.lake.digest()?);
    let files_before = projections.model_files_digest()?;
    projections.views.remove_all()?;
    projections.lake.remove_all()?;
    let models = context.run.models();
    if models.exists() {
        std::fs::remove_dir_all(&models)
            .with_context(|| format!("{} cannot be removed", models.display()))?;
    }
    let bar = printer::steps(config)?.counter("rebuilding");
    let states = rebuild_states(&context.env, &mut |unit| bar.next(unit))?;
    bar.done("");
    projections.write_unmarked()?;
    projections.write_models(&run::projections::read_all(
        &*context.env.log,
        schemas::Topic::Models,
        context.env.partitions,
    )?)?;
    let views = Compared::of(Some(views_before), Some(projections.views.digest()?));
    let mut lake: BTreeMap<String, Compared> = BTreeMap::new();
    for (topic, after) in projections.lake.digest()? {
        lake.insert(topic.clone(), Compared::of(lake_before.remove(&topic), Some(after)));
    }
    for (topic, before) in lake_before {
        lake.insert(topic, Compared::of(Some(before), None));
    }
    let model_files = Compared::of(files_before, projections.model_files_digest()?);
    let same = views.same
        && model_files.same
        && lake.values().all(|one| one.same)
        && states.iter().all(|one| one.same != Some(false));
    let report = RebuildReport { states, views, lake, model_files, same };
    printer::show(config.output()?, &report, print)?;
    Ok(if same { Found::Nothing } else { Found::Something })
}

fn print(report: &RebuildReport) {
    let verdict = |same: bool| if same { "same" } else { "DIFFERS" }.to_owned();
    let compared = report.states.iter().filter(|one| one.same.is_some()).count();
    let same = report.states.iter().filter(|one| one.same == Some(true)).count();
    printer::line(format!(
        "{} units rebuilt; {same} of {compared} that had a state saved at the same offsets are the same",
        report.states.len()
    ));
    for one in report.states.iter().filter(|one| one.same == Some(false)) {
        printer::line(format!("{}: DIFFERS", one.unit));
    }
    let row =
        |what: String, one: &Compared| vec![what, verdict(one.same), short(one.after.as_ref())];
    let mut rows = vec![
        row("views".to_owned(), &report.views),
        row("model files".to_owned(), &report.model_files),
    ];
    rows.extend(report.lake.iter().map(|(topic, one)| row(format!("lake {topic}"), one)));
    printer::line(tables::table(&["rebuilt", "digest before and after", "digest"], rows));
}

fn short(digest: Option<&String>) -> String {
    digest.map_or_else(|| "none".to_owned(), |digest| digest.chars().take(16).collect())
}
