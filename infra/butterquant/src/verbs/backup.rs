//! `backup`: writes the log of an embedded run into one file, while the run goes on.

use crate::exit::Found;
use crate::printer;
use anyhow::Result;
use eventlog::archive;
use run::config::Config;
use run::data_dir;
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `backup`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// File to write; it appears once it is whole
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

pub(crate) const ABOUT: &str = "\
The file holds every record of every topic and the committed offsets of every group, as of one moment: of
a run that is being worked on too, through the process that owns it. Views, lake, model files and saved
state are not in it; `restore` makes them again.

Format: the line `butterquant log 1`, then a Snappy stream of length-prefixed postcard items (head, records,
offsets, end) with checksums; a file that was cut or changed is refused. On Kafka the brokers keep copies
of their own, and there is nothing to back up.

Examples:
  butterquant backup live-2018-06-29.backup
  butterquant restore live-2018-06-29.backup --run live-again";

/// Writes the file.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let run = config.this_run()?;
    let opened = data_dir::reach(&run)?;
    let bar = printer::steps(config)?.counter("topics");
    let archived = archive::write(&*opened.log, &args.file, &mut |topic| bar.next(topic))?;
    bar.done("");
    let bytes = std::fs::metadata(&args.file).map_or(0, |file| file.len());
    let value = json!({
        "run": run.id, "file": args.file, "bytes": bytes,
        "records": archived.records, "offsets": archived.offsets,
    });
    printer::show(config.output()?, &value, |_| {
        printer::line(format!(
            "{}: {} records and {} committed offsets of run {}, {:.1} MB; `{}` reads it back",
            args.file.display(),
            archived.records,
            archived.offsets,
            run.id,
            bytes as f64 / 1e6,
            config.command_line(&format!("restore {}", args.file.display()), "NAME")
        ));
    })?;
    Ok(Found::Nothing)
}
