//! `config show` and `config check`.

use super::Found;
use crate::cli::{Cli, ConfigVerb, Output};
use crate::config::{Config, KEYS};
use crate::out;
use anyhow::Result;
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
pub fn config(config: &Config, verb: &ConfigVerb) -> Result<Found> {
    match verb {
        ConfigVerb::Show => show(config)?,
        ConfigVerb::Check => {
            out::show(config.output()?, &json!({ "sound": true, "problem": null }), |_| {
                out::line("the configuration is sound");
            })?
        }
    }
    Ok(Found::Nothing)
}

/// What `config check` says when the configuration cannot be loaded.
pub fn unsound(cli: &Cli, problem: &anyhow::Error) -> Result<Found> {
    let problem = format!("{problem:#}");
    let output = cli.common.output.unwrap_or(Output::Human);
    out::show(output, &json!({ "sound": false, "problem": problem }), |_| {
        out::line(format!("the configuration is not sound: {problem}"));
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
    out::show(config.output()?, &shown, |shown| {
        let rows = shown.iter().map(|(key, one)| {
            vec![key.clone(), one.value.clone(), one.from.clone(), one.meaning.to_owned()]
        });
        out::line(out::table(&["key", "value", "from", "meaning"], rows));
        out::line(
            "A key stands in butterquant.toml in the data folder, in the environment as BUTTERQUANT_KEY, or is a flag; the last wins.",
        );
    })
}
