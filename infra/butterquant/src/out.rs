//! Standard output: sentences and tables for people, one JSON document for programs. A reader
//! that went away (`| head`) ends the program quietly.

use crate::cli::Output;
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;
use std::io::{ErrorKind, Write};

/// Writes a line.
pub fn line(text: impl AsRef<str>) {
    let mut out = std::io::stdout().lock();
    let written = writeln!(out, "{}", text.as_ref());
    if written.is_err_and(|error| error.kind() == ErrorKind::BrokenPipe) {
        std::process::exit(0);
    }
}

/// Writes `value` as JSON, or what `human` says.
pub fn show<T: Serialize>(output: Output, value: &T, human: impl FnOnce(&T)) -> anyhow::Result<()> {
    match output {
        Output::Json => line(serde_json::to_string_pretty(value)?),
        Output::Human => human(value),
    }
    Ok(())
}

/// As [`show`], with the keys of the JSON ascending, as the HTTP side serves them.
pub fn show_view<T: Serialize>(
    output: Output,
    value: &T,
    human: impl FnOnce(&T),
) -> anyhow::Result<()> {
    match output {
        Output::Json => show(output, &serde_json::to_value(value)?, |_| {}),
        Output::Human => show(output, value, human),
    }
}

/// A table; columns whose name ends in `>` are aligned right.
pub fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY);
    table.set_header(header.iter().map(|name| name.trim_end_matches('>')));
    for row in rows {
        table.add_row(row);
    }
    for (index, name) in header.iter().enumerate() {
        if let (true, Some(column)) = (name.ends_with('>'), table.column_mut(index)) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}

/// A fraction as per cent.
pub fn percent(fraction: f64) -> String {
    format!("{:.1} %", fraction * 100.0)
}

/// A value or a dash.
pub fn or_dash<T>(value: Option<T>, text: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "–".to_owned(), text)
}
