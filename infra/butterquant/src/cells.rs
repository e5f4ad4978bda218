//! Cells of tables that are made from JSON: what the views answered.

use report::tables::percent;
use serde_json::Value;

/// Its items; none where it is no list.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// As people read it; a dash for nothing.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => number.as_f64().unwrap_or_default().to_string(),
        other => other.to_string(),
    }
}

/// With so many digits behind the point.
pub(crate) fn number(value: &Value, digits: usize) -> String {
    value.as_f64().map_or_else(|| "–".to_owned(), |number| format!("{number:.digits$}"))
}

/// A fraction as per cent.
pub(crate) fn share(value: &Value) -> String {
    value.as_f64().map_or_else(|| "–".to_owned(), percent)
}
