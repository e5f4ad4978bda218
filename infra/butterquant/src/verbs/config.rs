//! `config show` and `config check`.

use super::Found;
use crate::cli::{Cli, ConfigVerb};
use crate::printer;
use anyhow::Result;
use report::tables;
use run::config::Output;
use run::config::{Config, KEYS};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Shown {
    value: String,
    from: String,
    meaning: &'static str,
}

/// Carries out one of them.
pub(super) fn config(config: &Config, verb: &ConfigVerb) -> Result<Found> {
    match verb {
        ConfigVerb::Show => show(config)?,
        ConfigVerb::Check => {
            printer::show(config.output()?, &json!({ "sound": true, "problem": null }), |_| {
                printer::line("the configuration is sound");
            })?
        }
    }
    Ok(Found::Nothing)
}

/// What `config check` says when the configuration cannot be loaded.
pub(super) fn unsound(cli: &Cli, problem: &anyhow::Error) -> Result<Found> {
    let problem = format!("{problem:#}");
    let output = cli.common.output.unwrap_or(Output::Human);
    printer::show(output, &json!({ "sound": false, "problem": problem }), |_| {
        printer::line(format!("the configuration is not sound: {problem}"));
    })?;
    Ok(Found::Something)
}

fn show(config: &Config) -> Result<()> {
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
            "A key stands in butterquant.toml in the data folder, in the environment as BUTTERQUANT_KEY, or is a flag; the last wins.",
        );
    })
}
