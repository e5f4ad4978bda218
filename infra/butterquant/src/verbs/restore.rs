//! `restore`: reads a backup into a run that does not exist yet, and makes its views, lake, model files and
//! saved state from the log.

use crate::exit::Found;
use crate::printer;
use anyhow::{Context, Result, bail};
use eventlog::archive;
use run::config::Config;
use run::data_dir;
use run::rebuild::rebuild;
use serde_json::json;
use std::fs;
use std::path::PathBuf;

/// Arguments of `restore`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// File that `backup` wrote
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

pub(crate) const ABOUT: &str = "\
The topics have the digests they had, and the groups their offsets, so a restored run goes on where the
backup was made; `topics list` shows the digests.

Example: butterquant restore live-2018-06-29.backup --run live-again";

/// Restores the log beside the runs, gives it its place, and rebuilds the rest.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let run = config.this_run()?;
    if !run.is_here() {
        bail!("a backup is restored into the data folder only; leave out --log and the endpoint");
    }
    if run.path.exists() {
        bail!(
            "run {} exists: a backup becomes a run of its own; name another with --run, or remove this one with `butterquant runs remove {}`",
            run.id,
            run.id
        );
    }
    let steps = printer::steps(config)?;
    let beside = run.data_dir.join(format!("restoring-{}", run.id));
    let cleared = || if beside.exists() { fs::remove_dir_all(&beside) } else { Ok(()) };
    let cannot = || format!("{} cannot be written", beside.display());
    cleared().with_context(cannot)?;
    fs::create_dir_all(&beside).with_context(cannot)?;
    let restored = steps.during("log", || archive::restore(&args.file, &beside.join("log")));
    let archived = match restored {
        Ok(archived) => archived,
        Err(error) => {
            cleared().with_context(cannot)?;
            return Err(error.into());
        }
    };
    fs::create_dir_all(run.data_dir.join("runs")).with_context(cannot)?;
    fs::rename(&beside, &run.path).with_context(cannot)?;
    let bar = steps.counter("rebuilding");
    let opened = data_dir::own(&run)?;
    let rebuilt = rebuild(&config.run_spec()?, &run, &opened, &mut |unit| bar.next(unit))?;
    bar.done("");
    let units = rebuilt.states.len();
    let value = json!({
        "run": run.id, "records": archived.records, "offsets": archived.offsets, "units": units,
    });
    printer::show(config.output()?, &value, |_| {
        printer::line(format!(
            "run {}: {} records and {} committed offsets; {units} units, views, lake and model files were rebuilt from them",
            run.id, archived.records, archived.offsets
        ));
    })?;
    Ok(Found::Nothing)
}
