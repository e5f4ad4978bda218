//! `schemas register`: registers the schemas with a schema registry.

use crate::exit::Found;
use crate::printer;
use anyhow::{Result, anyhow};
use report::tables;
use run::config::Config;
use run::registration::{self, Done, Report};

/// Arguments of `schemas register`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Only report which schemas are there and which are missing
    #[arg(long)]
    pub dry_run: bool,
}

/// Registers the schemas; exit 1 when one is missing afterwards.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let client = config
        .registry_client()?
        .ok_or_else(|| anyhow!("no schema registry is named; add --schema-registry URL"))?;
    let prefix = config.this_run()?.topic_prefix();
    let report = registration::register(&client, &prefix, args.dry_run)?;
    printer::show(config.output()?, &report, print)?;
    let lacks = report.versions.iter().any(|one| matches!(one.done, Done::Refused | Done::Missing));
    Ok(if lacks { Found::Something } else { Found::Nothing })
}

fn print(report: &Report) {
    let state = |done| match done {
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
            state(one.done).to_owned(),
        ]
    });
    printer::line(tables::table(&["id>", "subject", "version>", &report.registry], rows));
    report.versions.iter().filter_map(|one| one.problem.as_ref()).for_each(printer::line);
    report.remedies.iter().for_each(printer::line);
}
