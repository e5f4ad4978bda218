//! `doctor`: examines a run and what it needs of this machine. Exit code 1 when anything is wrong.

mod champion;
mod outside;
mod scratch;

use crate::exit::Found;
use crate::printer;
use anyhow::Result;
use api::doctor::{Depth, Examination, examine, repair};
use report::tables;
use run::config::{Config, Output};
use run::data_dir::{LIVE, no_run};

/// Arguments of `doctor`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// First repair what can be repaired without loss: a log is opened without its snapshots, on a copy,
    /// which takes its place if all that was acknowledged is in it; a damaged state folder is moved
    /// aside, for `rebuild --all` to make again
    #[arg(long)]
    pub repair: bool,
    /// Only what is looked at within ten seconds; what is left out is named
    #[arg(long)]
    pub quick: bool,
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  butterquant doctor --run live
  butterquant doctor --quick
  butterquant doctor --run live --repair
  butterquant doctor -o json | jq '.findings[] | .where, .remedy'

Looked at: configuration, data folder and disk, open files, clock, ONNX Runtime and provider, schemas, the log and every
record of it, saved state, model files, holes, topic settings, groups, lake and views, freshness of every topic, market,
broker, schema registry, the model against its test vectors, latency against its budget, and a tiny market through all
roles in a temporary folder.

With -o json: run, findings[] (what, where, detail, remedy), fine[] (what, where, detail) and left_out[].
Exit codes: 0 all is well, 1 something was found, 2 the examination could not run.";

/// Examines and prints.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let run = config.this_run()?;
    // A health check of a run that is misspelt would always be well.
    if run.is_here() && !run.path.exists() && run.id != LIVE {
        return Err(no_run(&run));
    }
    let mut of = Examination::of(&run.id);
    if args.repair {
        repair(&run, &mut of);
    }
    let depth = if args.quick { Depth::Quick } else { Depth::Full };
    let mut of = examine(&run, &config.scoring()?, depth, of);
    of.fine("configuration", "as given", "it is valid");
    outside::check(config, &run, &mut of);
    champion::check(config, &mut of);
    match depth {
        Depth::Full => scratch::check(config, &mut of),
        Depth::Quick => of.leave_out("a market through all roles"),
    }
    for finding in &mut of.findings {
        finding.detail = config.in_message(&finding.detail, &run.id);
        finding.remedy = config.in_message(&finding.remedy, &run.id);
    }
    show(config.output()?, &of)
}

/// Reports a configuration that cannot be loaded; without it nothing else can be examined.
pub(crate) fn report_invalid(output: Option<Output>, problem: &anyhow::Error) -> Result<Found> {
    let mut of = Examination::default();
    of.found(
        "configuration",
        "as given",
        format!("{problem:#}"),
        "correct it; `butterquant config check` says whether it is valid",
    );
    show(output.unwrap_or(Output::Human), &of)
}

fn show(output: Output, of: &Examination) -> Result<Found> {
    printer::show(output, of, print)?;
    Ok(if of.has_findings() { Found::Something } else { Found::Nothing })
}

fn print(of: &Examination) {
    const WIDTH: u16 = 120;
    let found = of.findings.iter().map(|one| {
        let (what, place) = (one.what.clone(), one.place.clone());
        vec!["FOUND".to_owned(), what, place, format!("{}; {}", one.detail, one.remedy)]
    });
    let fine = of.fine.iter().map(|one| {
        vec!["fine".to_owned(), one.what.clone(), one.place.clone(), one.detail.clone()]
    });
    let rows: Vec<Vec<String>> = found.chain(fine).collect();
    printer::line(tables::wrapped(&["", "what", "where", "detail"], rows, WIDTH));
    if !of.left_out.is_empty() {
        printer::line(format!("left out by --quick: {}", of.left_out.join(", ")));
    }
    match of.findings.len() {
        0 => printer::line("nothing is wrong"),
        1 => printer::line("1 thing is wrong"),
        more => printer::line(format!("{more} things are wrong")),
    }
}
