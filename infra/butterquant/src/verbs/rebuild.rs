//! `rebuild`: rebuilds state, views, lake and model files from the log. Exit code 1 when anything
//! differs from before.

use crate::exit::Found;
use crate::printer;
use anyhow::{Result, bail};
use report::tables;
use run::config::Config;
use run::data_dir;
use run::rebuild::{Compared, RebuildReport, rebuild};
use shell::holes;

/// Arguments of `rebuild`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Rebuild views, lake, model files and the state of every role
    #[arg(long)]
    pub all: bool,
}

/// Builds state, views, lake and model files beside those in use, compares them, and takes them over.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    if !args.all {
        bail!("add --all: it rebuilds views, lake, model files and the state of every role");
    }
    let run = config.this_run()?;
    if run.is_here() && !run.log().exists() {
        return Err(data_dir::no_run(&run));
    }
    let opened = data_dir::own(&run)?;
    // What the log no longer holds could not be made again.
    let partitions = data_dir::partitions(&*opened.log)?;
    holes::refuse(&holes::thorough(&*opened.log, partitions)?)?;
    let bar = printer::steps(config)?.counter("rebuilding");
    let report = rebuild(&config.run_spec()?, &run, &opened, &mut |unit| bar.next(unit))?;
    bar.done("");
    printer::show(config.output()?, &report, print)?;
    Ok(if report.same { Found::Nothing } else { Found::Something })
}

fn print(report: &RebuildReport) {
    let compared = report.states.iter().filter(|one| one.same.is_some()).count();
    let same = report.states.iter().filter(|one| one.same == Some(true)).count();
    printer::line(format!(
        "{} units rebuilt; {same} of {compared} that had a state saved at the same offsets are the same",
        report.states.len()
    ));
    for one in report.states.iter().filter(|one| one.same == Some(false)) {
        printer::line(format!("{}: DIFFERS", one.unit));
    }
    let parts =
        [("views".to_owned(), &report.views), ("model files".to_owned(), &report.model_files)];
    let lake = report.lake.iter().map(|(topic, one)| (format!("lake {topic}"), one));
    let parts: Vec<(String, &Compared)> = parts.into_iter().chain(lake).collect();
    let rows = parts.iter().map(|(name, one)| {
        let digest = one.after.as_ref();
        let digest = digest.map_or_else(|| "none".to_owned(), |all| all.chars().take(16).collect());
        vec![name.clone(), verdict(one).to_owned(), digest]
    });
    printer::line(tables::table(&["rebuilt", "digest before and after", "digest"], rows));
    for (name, one) in &parts {
        if let Some(note) = &one.note {
            printer::line(format!("{name}: {note}"));
        }
    }
}

fn verdict(of: &Compared) -> &'static str {
    match (of.same, &of.before, &of.note) {
        (Some(true), ..) => "same",
        (None, ..) => "not compared",
        (Some(false), None, None) => "DIFFERS: there was none",
        (Some(false), None, Some(_)) => "DIFFERS: it was damaged",
        (Some(false), Some(_), _) => "DIFFERS",
    }
}
