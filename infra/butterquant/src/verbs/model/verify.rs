//! `model verify`: checks that versions match the log, can be used, score alike in every engine, and are
//! stored correctly in the artifact folder.

use crate::exit::Found;
use crate::models_on_log::ModelsOnLog;
use crate::printer;
use anyhow::{Context, Result};
use api::model_scores::scores_agree;
use run::config::Config;
use run::data_dir::RunDir;
use run::projections::{artifact, model_files};
use schemas::Day;
use schemas::contract::CONTRACT;
use schemas::events::ModelTrained;
use schemas::id::sha256_hex;
use serde::Serialize;
use std::path::{Path, PathBuf};
use store::manifest::Wrong;
use success::{Artifacts, Engine, Manifest, Model};

/// Arguments of `model verify`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Version or ONNX file to verify [default: every version on the log]
    pub what: Option<String>,
}

/// One check.
#[derive(Serialize)]
struct Check {
    check: &'static str,
    ok: bool,
    #[serde(rename = "said")]
    detail: String,
}

#[derive(Serialize)]
struct Verified {
    what: String,
    sha256: String,
    checks: Vec<Check>,
}

impl Verified {
    fn add(&mut self, check: &'static str, result: Result<String>) {
        let (ok, detail) = match result {
            Ok(detail) => (true, detail),
            Err(problem) => (false, format!("{problem:#}")),
        };
        self.checks.push(Check { check, ok, detail });
    }
}

/// Verifies every version, one of them, or a file.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let what = args.what.as_deref();
    let engines = engines(config)?;
    let verified = match what {
        Some(what) if what.parse::<i64>().is_err() => {
            vec![file(config, Path::new(what), &engines)?]
        }
        version => {
            let models = ModelsOnLog::read(config)?;
            let one = version.map(|what| what.parse::<i64>()).transpose()?;
            if let Some(one) = one {
                models.version(one)?;
            }
            let wanted = models.versions.iter().filter(|(_, m)| one.is_none_or(|v| v == m.version));
            wanted.map(|(day, model)| on_log(config, &models.run, *day, model, &engines)).collect()
        }
    };
    printer::show(config.output()?, &verified, |verified| print(config, verified))?;
    let sound = verified.iter().flat_map(|of| &of.checks).all(|check| check.ok);
    Ok(if sound { Found::Nothing } else { Found::Something })
}

/// candle, and ONNX Runtime if available.
fn engines(config: &Config) -> Result<Vec<Engine>> {
    let chosen = config.scoring()?.engine()?;
    let candle = Engine::candle();
    let other = chosen.provider() != candle.provider();
    Ok(std::iter::once(candle).chain(other.then_some(chosen)).collect())
}

fn on_log(
    config: &Config,
    run: &RunDir,
    day: Day,
    model: &ModelTrained,
    engines: &[Engine],
) -> Verified {
    let mut of = bytes(&model.onnx, engines, format!("model {} of {day}", model.version));
    let same = of.sha256 == model.sha256;
    of.add(
        "hash",
        same.then(|| "the bytes on the log match its sha256".to_owned())
            .with_context(|| format!("the log names sha256 {}", model.sha256)),
    );
    of.add("folder", folder(config, run, day, model));
    of
}

/// Checks the version's files in the artifact folder.
fn folder(config: &Config, run: &RunDir, day: Day, model: &ModelTrained) -> Result<String> {
    let rebuild = config.command_line("rebuild --all", &run.id);
    let remedy = format!("`{rebuild}` rebuilds the folder from the log");
    artifact(model)?;
    if !run.models().exists() {
        anyhow::bail!("{} is missing: {remedy}", run.models().display());
    }
    let files = model_files(model, day).context("no file can be made of its bytes")?;
    for (name, bytes) in &files {
        let path = run.models().join(name);
        let found = std::fs::read(&path)
            .with_context(|| format!("{} cannot be read: {remedy}", path.display()))?;
        if let Some(wrong) = Wrong::between(bytes, &found) {
            anyhow::bail!("{} {wrong}: {remedy}", path.display());
        }
    }
    let onnx = Artifacts::open(run.models())?.path(u32::try_from(model.version)?);
    Ok(format!("{} and its archive copy match the log", onnx.display()))
}

fn file(config: &Config, path: &Path, engines: &[Engine]) -> Result<Verified> {
    let onnx = std::fs::read(path).with_context(|| {
        format!("{} is not a version and cannot be read as a file", path.display())
    })?;
    let mut of = bytes(&onnx, engines, path.display().to_string());
    let run = config.this_run()?;
    if run.path.exists() {
        let models = ModelsOnLog::read(config)?;
        let own = models.versions.iter().find(|(_, model)| model.sha256 == of.sha256);
        let version = own
            .map(|(_, model)| format!("it is version {} of run {}", model.version, run.id))
            .with_context(|| format!("run {} has no version with these bytes on its log", run.id));
        of.add("log", version);
    }
    of.add("sheet", sheet(&path.with_extension("json"), &of.sha256));
    Ok(of)
}

/// Checks the hash named by the JSON file beside it.
fn sheet(path: &PathBuf, sha256: &str) -> Result<String> {
    if !path.exists() {
        return Ok(format!("there is no {} to compare with", path.display()));
    }
    let sheet: serde_json::Value = serde_json::from_slice(&std::fs::read(path)?)
        .with_context(|| format!("{} is not valid JSON", path.display()))?;
    let named = sheet["sha256"].as_str().unwrap_or_default();
    anyhow::ensure!(named == sha256, "{} names sha256 {named}", path.display());
    Ok(format!("{} names the same sha256", path.display()))
}

/// The checks that need only the bytes.
fn bytes(onnx: &[u8], engines: &[Engine], what: String) -> Verified {
    let mut of = Verified { what, sha256: sha256_hex(onnx), checks: Vec::new() };
    let manifest = Model::check(onnx, &CONTRACT);
    let sound = manifest.is_ok();
    of.add("bytes", manifest.map(|manifest| described(&manifest)).map_err(Into::into));
    if sound {
        for engine in engines {
            of.add("scores", scores_agree(onnx, engine));
        }
    }
    of
}

fn described(manifest: &Manifest) -> String {
    format!(
        "the seal holds; {} features of contract {}, 4 classes, a {:?} model of {} rows",
        manifest.feature_names.len(),
        manifest.contract_version,
        manifest.kind,
        manifest.rows
    )
    .to_lowercase()
}

fn print(config: &Config, verified: &[Verified]) {
    if verified.is_empty() {
        printer::line(format!(
            "there is no model on the log yet; `{}` requests one",
            config.command_line("train", config.run())
        ));
    }
    for of in verified {
        printer::line(format!("{}, sha256 {}", of.what, of.sha256));
        for check in &of.checks {
            let verdict = if check.ok { "ok" } else { "WRONG" };
            printer::line(format!("  {:<7} {verdict:<6} {}", check.check, check.detail));
        }
    }
}
