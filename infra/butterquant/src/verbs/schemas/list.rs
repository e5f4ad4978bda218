//! `schemas list`: lists every version of every schema.

use crate::exit::Found;
use crate::printer;
use anyhow::Result;
use api::record_json;
use report::tables;
use run::config::Config;
use schemas::codec::{SchemaVersion, schema_versions};
use schemas::registry;
use serde::Serialize;
use serde_json::Value;

#[derive(Serialize)]
struct Listed {
    topic: &'static str,
    subject: String,
    version: u32,
    id: u32,
    kinds: Vec<String>,
}

pub(crate) fn run(config: &Config) -> Result<Found> {
    let prefix = config.this_run()?.topic_prefix();
    let one = |version: &SchemaVersion| {
        let schema: Value = serde_json::from_str(version.text)?;
        Ok(Listed {
            topic: version.topic.dataset(),
            subject: registry::subject(version.topic, &prefix),
            version: version.version,
            id: version.id,
            kinds: record_json::kinds(&schema).map(str::to_owned).collect(),
        })
    };
    let listed = schema_versions().iter().map(one).collect::<Result<Vec<Listed>>>()?;
    printer::show(config.output()?, &listed, |listed| {
        let rows = listed.iter().map(|one| {
            let kinds = one.kinds.join(", ");
            vec![one.id.to_string(), one.subject.clone(), one.version.to_string(), kinds]
        });
        printer::line(tables::table(&["id>", "subject", "version>", "kinds"], rows));
        printer::line(
            "To print one: `butterquant schemas show ID`. To serve them to registry clients: `butterquant schemas serve`.",
        );
    })?;
    Ok(Found::Nothing)
}
