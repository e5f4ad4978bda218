//! `config init`: creates a commented configuration file.

use crate::exit::Found;
use crate::printer;
use anyhow::{Context, Result, bail};
use run::config::{Config, FILE_NAME, KEYS};
use std::fmt::Write;
use std::fs::File;
use std::io::{ErrorKind, Write as _};

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
    file.write_all(commented()?.as_bytes())
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

/// The file: the keys of the top level, then those of each table.
fn commented() -> Result<String> {
    let mut text = String::from(
        "# ButterQuant. Each key is shown at its default. The environment (BUTTERQUANT_KEY) and flags\n\
         # take precedence; `butterquant config show` prints every value and where it comes from.\n",
    );
    let mut table = "";
    for (key, value, meaning) in KEYS {
        let (of, name) = key.split_once('.').unwrap_or(("", key));
        // The folder of this file is known before the file is read.
        if key == "data_dir" {
            continue;
        }
        if of != table {
            write!(text, "\n[{of}]\n")?;
            table = of;
        }
        let number = value.parse::<f64>().is_ok();
        let value = if number { value.to_owned() } else { format!("{value:?}") };
        write!(text, "\n# {meaning}\n# {name} = {value}\n")?;
    }
    text.push_str(
        "\n# Properties passed to librdkafka, for a log on Kafka\n[kafka]\n# \"security.protocol\" = \"PLAINTEXT\"\n",
    );
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_stands_there_and_holds_once_its_comment_sign_is_gone() {
        let text = commented().unwrap();
        let bare: String = text
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(rest) if rest.contains(" = ") => rest,
                _ => line,
            })
            .fold(String::new(), |text, line| text + line + "\n");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE_NAME);
        std::fs::write(&file, &bare).unwrap();
        let flags = run::config::Flags { file: Some(file), ..Default::default() };
        let config = Config::load(&flags).unwrap();
        let from_file =
            config.shown().into_values().filter(|origin| origin.from.starts_with("file"));
        assert!(from_file.count() >= KEYS.len() - 1, "{bare}");
        assert!(text.lines().all(|line| line.is_empty() || line.starts_with(['#', '['])), "{text}");
    }
}
