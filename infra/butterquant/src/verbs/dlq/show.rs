//! `dlq show`: shows one dead letter in full.

use super::hex_dump;
use crate::arg_ranges::file_to_write;
use crate::exit::Found;
use crate::printer;
use anyhow::{Context, Result, bail};
use api::dead_letters::{ShownLetter, letter};
use report::tables;
use run::config::Config;
use run::data_dir;
use std::path::PathBuf;

/// Arguments of `dlq show`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Id of the dead letter
    pub id: u64,
    /// Write its original bytes to this file
    #[arg(long, value_name = "FILE", value_parser = file_to_write)]
    pub raw: Option<PathBuf>,
}

/// The most lines of bytes.
const LINES: usize = 32;

/// Shows it, and writes its bytes to a file if requested.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let run = config.this_run()?;
    let opened = data_dir::reach(&run)?;
    let Some(letter) = letter(&*opened.log, &run.id, args.id)? else {
        bail!(
            "dead letter {}: no such letter; `{}` lists them",
            args.id,
            config.command_line("dlq list", &run.id)
        );
    };
    if let Some(path) = &args.raw {
        if !letter.whole {
            bail!(
                "dead letter {}: only {} of its {} bytes were kept",
                args.id,
                letter.value.len(),
                letter.bytes
            );
        }
        std::fs::write(path, &letter.value)
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    printer::show(config.output()?, &letter, print)?;
    Ok(Found::Nothing)
}

fn print(shown: &ShownLetter) {
    let head = format!(
        "dead letter {}, {}, {}: {}",
        shown.id,
        shown.state.name(),
        shown.day,
        shown.reason
    );
    printer::line(head);
    printer::line(&shown.message);
    if let Some(settled) = &shown.settled {
        printer::line(format!("{} by {}: {}", shown.state.name(), settled.by, settled.why));
    }
    let or_null = |text: &Option<String>| {
        // What a record holds must not steer the terminal.
        let plain = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
        text.as_ref().map_or("null".to_owned(), |text| text.chars().map(plain).collect())
    };
    let headers =
        shown.headers.iter().map(|one| (format!("header {}", one.name), or_null(&one.value)));
    let rows = [
        ("position", format!("{}/{} offset {}", shown.topic, shown.partition, shown.offset)),
        ("found by", shown.role.clone()),
        ("key", or_null(&shown.key)),
        ("event", tables::or_dash(shown.event, |id| id.to_string())),
        ("redriven from", tables::or_dash(shown.redriven_from, |id| id.to_string())),
        ("bytes", shown.bytes.to_string()),
        ("sha256", shown.sha256.clone()),
    ];
    let rows = rows.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(headers);
    printer::line(tables::table(&["", ""], rows.map(|(name, value)| vec![name, value])));
    if shown.value_hex.is_none() {
        printer::line("the value is null");
    }
    hex_dump::lines(&shown.value).take(LINES).for_each(printer::line);
    let left = shown.bytes.saturating_sub((hex_dump::ACROSS * LINES) as u64);
    if left > 0 {
        printer::line(format!("… and {left} more bytes; --raw FILE writes them all"));
    }
    match (&shown.decoded, &shown.undecodable) {
        (Some(event), _) => printer::line(serde_json::to_string_pretty(event).unwrap_or_default()),
        (None, Some(why)) => printer::line(format!("not an event: {why}")),
        (None, None) => {}
    }
}
