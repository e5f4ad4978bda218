//! The figures of tracks as a table: a row for each figure, a column for each track or run.

use crate::run_report::{FIGURES, Values};
use crate::tables::{percent, table};
use serde_json::Value;

/// A value as its figure's format writes it; a dash for none.
fn written(format: &str, value: Option<&Value>) -> String {
    let number = value.and_then(Value::as_f64);
    match (format, value, number) {
        ("text", Some(Value::String(text)), _) => text.clone(),
        ("percent", _, Some(number)) => percent(number),
        ("dollars", _, Some(number)) => format!("{number:.2}"),
        ("number", _, Some(number)) => format!("{number:.2}"),
        ("count" | "days", _, Some(number)) => format!("{number:.0}"),
        _ => "–".to_owned(),
    }
}

/// A table of all figures of `columns`, each with its name.
pub(crate) fn figure_table(columns: &[(String, &Values)]) -> String {
    let header: Vec<String> = [String::new()]
        .into_iter()
        .chain(columns.iter().map(|(name, _)| format!("{name}>")))
        .collect();
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let rows = FIGURES.iter().map(|figure| {
        let values = columns.iter().map(|(_, of)| written(figure.format, of.get(figure.key)));
        [figure.name.to_owned()].into_iter().chain(values).collect()
    });
    table(&header, rows)
}
