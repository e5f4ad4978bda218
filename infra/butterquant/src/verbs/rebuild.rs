//! `rebuild`: makes state, views, lake and model files again from the log. Exit code 1 when anything
//! comes out differently.

use crate::exit::Found;
use crate::owned_run::owned_run;
use crate::printer;
use anyhow::{Context, Result, bail};
use report::tables;
use run::config::Config;
use serde::Serialize;
use shell::replay::{Rebuilt, rebuild as rebuild_states};
use std::collections::BTreeMap;

/// A rebuild.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Views, lake and the state of every role
    #[arg(long)]
    pub all: bool,
}

#[derive(Serialize)]
struct Account {
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

/// Throws state, views, lake and model files away and makes them again.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    if !args.all {
        bail!("say what to rebuild: --all is views, lake, model files and the state of every role");
    }
    let context = owned_run(config)?;
    let made = &context.materialized;
    let (views_before, mut lake_before) = (made.views.digest()?, made.lake.digest()?);
    let files_before = made.model_files_digest()?;
    made.views.remove_all()?;
    made.lake.remove_all()?;
    let models = context.run.models();
    if models.exists() {
        std::fs::remove_dir_all(&models)
            .with_context(|| format!("{} cannot be removed", models.display()))?;
    }
    let bar = printer::steps(config)?.counter("rebuilding");
    let states = rebuild_states(&context.env, &mut |unit| bar.next(unit))?;
    bar.done("");
    made.write_unmarked()?;
    made.write_models(&run::projections::read_all(
        &*context.env.log,
        schemas::Topic::Models,
        context.env.partitions,
    )?)?;
    let views = Compared::of(Some(views_before), Some(made.views.digest()?));
    let mut lake: BTreeMap<String, Compared> = BTreeMap::new();
    for (topic, after) in made.lake.digest()? {
        lake.insert(topic.clone(), Compared::of(lake_before.remove(&topic), Some(after)));
    }
    for (topic, before) in lake_before {
        lake.insert(topic, Compared::of(Some(before), None));
    }
    let model_files = Compared::of(files_before, made.model_files_digest()?);
    let same = views.same
        && model_files.same
        && lake.values().all(|one| one.same)
        && states.iter().all(|one| one.same != Some(false));
    let account = Account { states, views, lake, model_files, same };
    printer::show(config.output()?, &account, print)?;
    Ok(if same { Found::Nothing } else { Found::Something })
}

fn print(account: &Account) {
    let word = |same: bool| if same { "same" } else { "DIFFERS" }.to_owned();
    let compared = account.states.iter().filter(|one| one.same.is_some()).count();
    let same = account.states.iter().filter(|one| one.same == Some(true)).count();
    printer::line(format!(
        "{} units made again; {same} of {compared} with a saved state at the same offsets are the same",
        account.states.len()
    ));
    for one in account.states.iter().filter(|one| one.same == Some(false)) {
        printer::line(format!("{}: DIFFERS", one.unit));
    }
    let row = |what: String, one: &Compared| vec![what, word(one.same), short(one.after.as_ref())];
    let mut rows = vec![
        row("views".to_owned(), &account.views),
        row("model files".to_owned(), &account.model_files),
    ];
    rows.extend(account.lake.iter().map(|(topic, one)| row(format!("lake {topic}"), one)));
    printer::line(tables::table(&["made again", "digest before and after", "digest"], rows));
}

fn short(digest: Option<&String>) -> String {
    digest.map_or_else(|| "none".to_owned(), |digest| digest.chars().take(16).collect())
}
