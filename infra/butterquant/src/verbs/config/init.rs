//! `config init`: creates a commented configuration file.

use crate::exit::Found;
use crate::printer;
use anyhow::{Context, Result, bail};
use run::config::{Config, FILE_NAME, commented_file};
use std::fs::File;
use std::io::{ErrorKind, Write};

/// Creates butterquant.toml in the data folder, with every key commented out at its default.
///
/// # Errors
/// The file exists already, or cannot be written.
pub(crate) fn run(config: &Config) -> Result<Found> {
    let folder = config.data_dir();
    let path = folder.join(FILE_NAME);
    std::fs::create_dir_all(&folder).with_context(|| {
        format!("{} cannot be created; choose another folder with --data-dir", folder.display())
    })?;
    let mut file = match File::create_new(&path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{} exists already; edit it, or move it away first", path.display())
        }
        created => created.with_context(|| format!("{} cannot be created", path.display()))?,
    };
    file.write_all(commented_file().as_bytes())
        .with_context(|| format!("{} cannot be written", path.display()))?;
    let shown = serde_json::json!({ "file": path });
    printer::show(config.output()?, &shown, |_| {
        printer::line(format!(
            "created {} with every key at its default; remove the # from those you change",
            path.display()
        ));
    })?;
    Ok(Found::Nothing)
}
