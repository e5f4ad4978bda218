//! The model in use: that the engine scores with it as its training did, and within the budget of one event.

use crate::bench::pipeline::bench_run::sample_model;
use crate::bench::scoring::{budget_us, one_event};
use crate::models_on_log::ModelsOnLog;
use anyhow::Result;
use api::doctor::Examination;
use api::model_scores::scores_agree;
use run::config::Config;
use schemas::contract::CONTRACT;
use success::{Engine, Model};

/// A twentieth of what `model bench` measures.
const SHARE: f64 = 0.05;
/// Measurements, at most: one within the budget shows that it can be kept, and a busy machine says nothing.
const ATTEMPTS: usize = 8;

/// Looks at the champion of the configured run, or, where it has none, at a model made for the purpose.
pub(super) fn check(config: &Config, of: &mut Examination) {
    let engine = match config.scoring().and_then(|scoring| scoring.engine()) {
        Ok(engine) => engine,
        // Found with the surroundings already.
        Err(_) => return,
    };
    let (place, onnx) = match subject(config) {
        Ok(subject) => subject,
        Err(error) => return of.failed("model", "the log", &error),
    };
    match Model::check(&onnx, &CONTRACT)
        .map_err(Into::into)
        .and_then(|_| scores_agree(&onnx, &engine))
    {
        Ok(said) => of.fine("model", &place, said),
        Err(error) => {
            let remedy = "`butterquant model verify` says more; `butterquant model rollback` goes back to the one before";
            return of.found("model", &place, format!("{error:#}"), remedy);
        }
    }
    latency(&engine, &onnx, &place, of);
}

/// Looks at the time that one event takes.
fn latency(engine: &Engine, onnx: &[u8], place: &str, of: &mut Examination) {
    const WHAT: &str = "latency";
    let budget = budget_us(engine);
    let mut best = f64::INFINITY;
    for _ in 0..ATTEMPTS {
        match one_event(engine, onnx, SHARE) {
            Ok(measured) => best = best.min(measured.decision.p99_us),
            Err(error) => return of.failed(WHAT, place, &error),
        }
        if best <= budget {
            break;
        }
    }
    let said = format!("{best:.1} µs an event at the 99th percentile, {budget:.0} are allowed");
    match best <= budget {
        true => of.fine(WHAT, engine.provider(), said),
        false => of.found(
            WHAT,
            engine.provider(),
            said,
            "see what else the machine does; `butterquant model bench` measures every provider",
        ),
    }
}

/// The model to look at, and its name.
fn subject(config: &Config) -> Result<(String, Vec<u8>)> {
    let run = config.this_run()?;
    let here = !run.is_here() || run.log().exists();
    let champion = match here {
        true => {
            let models = ModelsOnLog::read(config)?;
            models
                .champion()
                .map(|version| Ok::<_, anyhow::Error>(models.version(version)?.clone()))
        }
        false => None,
    };
    match champion.transpose()? {
        Some(model) => Ok((format!("model {} of run {}", model.version, run.id), model.onnx)),
        None => Ok(("a model made for this".to_owned(), sample_model()?.0.onnx)),
    }
}
