//! `schemas register`: registers the schemas with a registry elsewhere.

use crate::exit::Found;
use crate::printer;
use anyhow::{Result, anyhow};
use report::tables;
use run::config::Config;
use run::registration::{self, Done, Report};

/// Registering.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Only say what is there and what is missing
    #[arg(long)]
    pub dry_run: bool,
}

/// Registers; exit 1 when one is not there afterwards.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let client = config
        .registry_client()?
        .ok_or_else(|| anyhow!("which registry? name it with --schema-registry URL"))?;
    let prefix = config.this_run()?.topic_prefix();
    let report = registration::register(&client, &prefix, args.dry_run)?;
    printer::show(config.output()?, &report, print)?;
    let lacks = report.versions.iter().any(|one| matches!(one.done, Done::Refused | Done::Missing));
    Ok(if lacks { Found::Something } else { Found::Nothing })
}

fn print(report: &Report) {
    let word = |done| match done {
        Done::There => "is there",
        Done::Registered => "registered",
        Done::Missing => "missing",
        Done::Refused => "NOT there",
    };
    let rows = report.versions.iter().map(|one| {
        vec![
            one.id.to_string(),
            one.subject.clone(),
            one.version.to_string(),
            word(one.done).to_owned(),
        ]
    });
    printer::line(tables::table(&["id>", "subject", "version>", &report.registry], rows));
    report.versions.iter().filter_map(|one| one.problem.as_ref()).for_each(printer::line);
    report.remedies.iter().for_each(printer::line);
}
