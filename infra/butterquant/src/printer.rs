//! Standard output: sentences and tables for people, one JSON document for programs. The program ends
//! quietly when its reader goes away (`| head`), and with exit code 2 where it cannot be written, as on a full disk.

use api::log_faults::LogFaults;
use report::summary::Summary;
use report::summary_text;
use run::config::{Config, Output};
use serde::Serialize;
use std::io::{ErrorKind, Write};
use telemetry::Steps;

/// Writes a line.
pub(crate) fn line(text: impl AsRef<str>) {
    let mut out = std::io::stdout().lock();
    let written = writeln!(out, "{}", text.as_ref());
    if let Err(error) = written {
        if error.kind() == ErrorKind::BrokenPipe {
            std::process::exit(0);
        }
        telemetry::say!("butterquant: the results cannot be written to standard output: {error}");
        std::process::exit(2);
    }
}

/// Writes `value` as JSON, or calls `human` to print it.
pub(crate) fn show<T: Serialize>(
    output: Output,
    value: &T,
    human: impl FnOnce(&T),
) -> anyhow::Result<()> {
    match output {
        Output::Json => line(serde_json::to_string_pretty(value)?),
        Output::Human => human(value),
    }
    Ok(())
}

/// As [`show`], with the keys of the JSON ascending, as the HTTP side serves them.
pub(crate) fn show_view<T: Serialize>(
    output: Output,
    value: &T,
    human: impl FnOnce(&T),
) -> anyhow::Result<()> {
    match output {
        Output::Json => show(output, &serde_json::to_value(value)?, |_| {}),
        Output::Human => show(output, value, human),
    }
}

/// Progress bars: none with --quiet or where the output is JSON.
pub(crate) fn steps(config: &Config) -> anyhow::Result<Steps> {
    Ok(Steps::new(!config.is_quiet() && config.output()? == Output::Human))
}

/// Writes the summary of a run.
pub(crate) fn summary(config: &Config, summary: &Summary) -> anyhow::Result<()> {
    let again = |verb: &str| config.command_line(verb, &summary.run);
    show(config.output()?, summary, |summary| line(summary_text::text(summary, &again)))
}

/// What is wrong with a log, and what to do about it.
pub(crate) fn faults(config: &Config, faults: &LogFaults) {
    faults.sentences().iter().for_each(|said| line(config.in_message(said, config.run())));
}
