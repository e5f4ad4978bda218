//! `config show`: shows every key with its value and where it comes from.

use crate::exit::Found;
use crate::printer;
use anyhow::Result;
use report::tables;
use run::config::{Config, KEYS};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Shown {
    value: String,
    from: String,
    meaning: &'static str,
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
            let meaning = meaning(&key);
            (key, Shown { value: origin.value, from: origin.from, meaning })
        })
        .collect();
    printer::show(config.output()?, &shown, |shown| {
        let rows = shown.iter().map(|(key, one)| {
            vec![key.clone(), one.value.clone(), one.from.clone(), one.meaning.to_owned()]
        });
        printer::line(tables::table(&["key", "value", "from", "meaning"], rows));
        printer::line(
            "Keys are read from butterquant.toml in the data folder, from the environment as BUTTERQUANT_KEY, and from flags; later ones win.",
        );
    })?;
    Ok(Found::Nothing)
}
