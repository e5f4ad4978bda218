//! `config show`: shows every key with its value and where it comes from.

use crate::exit::Found;
use crate::printer;
use anyhow::Result;
use report::tables;
use run::config::{Config, KEYS, Range};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Shown {
    value: String,
    from: String,
    meaning: &'static str,
    /// The values that the key may have, if it holds a number.
    range: Option<String>,
}

/// Prints the keys.
pub(crate) fn run(config: &Config) -> Result<Found> {
    let meaning = |key: &str| {
        KEYS.iter()
            .find(|(known, _, _)| *known == key)
            .map_or("passed to librdkafka", |(_, _, meaning)| meaning)
    };
    let shown: BTreeMap<String, Shown> = config
        .shown()
        .into_iter()
        .map(|(key, origin)| {
            let (meaning, range) = (meaning(&key), Range::of(&key).map(ToString::to_string));
            (key, Shown { value: origin.value, from: origin.from, meaning, range })
        })
        .collect();
    printer::show(config.output()?, &shown, |shown| {
        let rows = shown.iter().map(|(key, one)| {
            let range = one.range.as_ref().map(|range| format!("; {range}")).unwrap_or_default();
            let meaning = format!("{}{range}", one.meaning);
            vec![key.clone(), one.value.clone(), one.from.clone(), meaning]
        });
        printer::line(tables::table(&["key", "value", "from", "meaning"], rows));
        printer::line(
            "Keys are read from butterquant.toml in the data folder, from the environment as BUTTERQUANT_KEY, and from flags; later ones win.",
        );
    })?;
    Ok(Found::Nothing)
}
