//! `schemas`: the topics' schemas, listed, checked, served and registered.

use super::Found;
use crate::cli::{CheckSchemaArgs, RegisterArgs, SchemasVerb, ServeSchemasArgs};
use crate::{printer, record_json};
use anyhow::{Context, Result, anyhow};
use report::tables;
use run::config::Config;
use run::registration::{self, Done, Report};
use run::run_loop;
use schemas::codec::{SchemaVersion, schema_versions};
use schemas::{Topic, compatibility, registry};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Carries out one of them.
pub(super) fn schemas(config: &Config, verb: &SchemasVerb) -> Result<Found> {
    match verb {
        SchemasVerb::List => list(config),
        SchemasVerb::Show { schema } => show(config, schema),
        SchemasVerb::Check(args) => check(config, args),
        SchemasVerb::Serve(args) => serve(config, args),
        SchemasVerb::Register(args) => register(config, args),
    }
}

#[derive(Serialize)]
struct Listed {
    topic: &'static str,
    subject: String,
    version: u32,
    id: u32,
    kinds: Vec<String>,
}

fn list(config: &Config) -> Result<Found> {
    let one = |version: &SchemaVersion| {
        let schema: Value = serde_json::from_str(version.text)?;
        Ok(Listed {
            topic: version.topic.dataset(),
            subject: registry::subject(version.topic, ""),
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
            "One of them: `butterquant schemas show ID`. For registry clients: `butterquant schemas serve`.",
        );
    })?;
    Ok(Found::Nothing)
}

/// The topic that a subject or a topic's name means.
fn topic_of(name: &str) -> Result<Topic> {
    registry::topic_of(name).or_else(|| name.parse().ok()).with_context(|| {
        format!("no subject or topic {name:?}; `butterquant schemas list` lists them")
    })
}

fn show(config: &Config, asked: &str) -> Result<Found> {
    let version = match asked.parse::<u32>() {
        Ok(id) => registry::by_id(id)
            .with_context(|| format!("no schema {id}; `butterquant schemas list` lists them"))?,
        Err(_) => registry::versions(topic_of(asked)?).next_back().context("it has no schema")?,
    };
    let shown = json!({
        "subject": registry::subject(version.topic, ""),
        "version": version.version,
        "id": version.id,
        "avsc": serde_json::from_str::<Value>(version.text)?,
    });
    printer::show(config.output()?, &shown, |_| printer::line(version.text.trim_end()))?;
    Ok(Found::Nothing)
}

fn check(config: &Config, args: &CheckSchemaArgs) -> Result<Found> {
    let topic = topic_of(&args.subject)?;
    let file = args.file.display();
    let text =
        std::fs::read_to_string(&args.file).with_context(|| format!("{file} cannot be read"))?;
    let problems = compatibility::check_all(topic, &text).with_context(|| file.to_string())?;
    let known = registry::find(topic, &text)?.map(|known| known.version);
    let said = json!({ "compatible": problems.is_empty(), "version": known, "problems": problems });
    printer::show(config.output()?, &said, |_| {
        problems.iter().for_each(printer::line);
        printer::line(match (problems.len(), known) {
            (0, Some(version)) => format!("{file} is version {version} of {topic}"),
            (0, None) => format!("{file} may be the next version of {topic}"),
            _ => format!("{file} cannot be a version of {topic}"),
        });
    })?;
    Ok(if problems.is_empty() { Found::Nothing } else { Found::Something })
}

fn serve(config: &Config, args: &ServeSchemasArgs) -> Result<Found> {
    let serving = server::start_schemas(&args.listen, config.token())?;
    eprintln!("schemas on {}; Ctrl-C stops", serving.endpoint);
    let stop = run_loop::on_signal()?;
    while !stop.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(Found::Nothing)
}

fn register(config: &Config, args: &RegisterArgs) -> Result<Found> {
    let client = config
        .registry_client()?
        .ok_or_else(|| anyhow!("which registry? name it with --schema-registry URL"))?;
    let prefix = config.this_run()?.topic_prefix();
    let report = registration::register(&client, &prefix, args.dry_run)?;
    printer::show(config.output()?, &report, told)?;
    let lacks = report.versions.iter().any(|one| matches!(one.done, Done::Refused | Done::Missing));
    Ok(if lacks { Found::Something } else { Found::Nothing })
}

fn told(report: &Report) {
    let word = |done| match done {
        Done::There => "is there",
        Done::Registered => "registered",
        Done::Missing => "missing",
        Done::Refused => "NOT there",
    };
    let rows = report.versions.iter().map(|one| {
        vec![
            one.id.to_string(),
            one.subject.clone(),
            one.version.to_string(),
            word(one.done).to_owned(),
        ]
    });
    printer::line(tables::table(&["id>", "subject", "version>", &report.registry], rows));
    report.versions.iter().filter_map(|one| one.problem.as_ref()).for_each(printer::line);
    report.remedies.iter().for_each(printer::line);
}
