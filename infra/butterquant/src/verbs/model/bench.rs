//! `model bench`: measures how long scoring takes with every available provider, which provider ran each
//! node, and how long one event takes from its features to the decision.

use crate::arg_ranges::between;
use crate::bench::machine::Machine;
use crate::bench::pipeline::bench_run::sample_model;
use crate::bench::scoring::{Provider, budget_us, measured};
use crate::exit::Found;
use crate::models_on_log::ModelsOnLog;
use crate::printer;
use anyhow::{Context, Result};
use report::tables;
use run::config::Config;
use schemas::id::sha256_hex;
use serde::Serialize;
use shell::unit::TOGETHER;
use success::{Distance, Engine, Model, ModelKind, ProviderChoice};

/// Arguments of `model bench`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Version or ONNX file to measure [default: the run's champion, or a model made for the purpose]
    pub what: Option<String>,
    /// Most microseconds that one event may take at the 99th percentile [default: 50, on a GPU 1000]
    #[arg(long, value_name = "µS", value_parser = between(0.0, 1e9))]
    pub budget_us: Option<f64>,
    /// Share of the usual rounds to measure
    #[arg(long, default_value_t = 1.0, hide = true, value_parser = between(0.000_1, 1.0))]
    pub share: f64,
}

#[derive(Serialize)]
struct Absent {
    provider: &'static str,
    why: String,
}

#[derive(Serialize)]
struct Measured {
    what: String,
    sha256: String,
    kind: ModelKind,
    widths: Vec<usize>,
}

#[derive(Serialize)]
struct ScoringReport {
    model: Measured,
    machine: Machine,
    providers: Vec<Provider>,
    absent: Vec<Absent>,
    /// The provider that `--provider` chooses, to which the budget applies.
    in_use: String,
    budget_us: f64,
    within_budget: bool,
}

/// Measures scoring; exit 1 when one event takes longer than the budget.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let (what, onnx) = subject(config, args.what.as_deref())?;
    let manifest = Model::check(&onnx, &schemas::contract::CONTRACT)?;
    // The chosen engine comes first, because a process loads only one library.
    let chosen = config.scoring()?.engine()?;
    let (mut providers, mut absent) = (Vec::new(), Vec::new());
    let folder = std::env::temp_dir();
    let bar = printer::steps(config)?.counter("measuring");
    for (name, found) in [
        (
            "onnxruntime-cuda",
            config.scoring()?.on(ProviderChoice::Cuda).engine().map_err(|e| e.to_string()),
        ),
        ("onnxruntime-cpu", cpu(config)),
        ("candle-cpu", Ok(Engine::candle())),
    ] {
        bar.next(name);
        match found {
            Ok(engine) => providers.push(measured(&engine, &onnx, args.share, &folder)?),
            Err(why) => absent.push(Absent { provider: name, why }),
        }
    }
    bar.clear();
    let budget_us = args.budget_us.unwrap_or_else(|| budget_us(&chosen));
    let within = |of: &Provider| of.event.decision.p99_us <= budget_us;
    let within_budget =
        providers.iter().find(|of| of.provider == chosen.provider()).is_some_and(within);
    let report = ScoringReport {
        model: Measured {
            what,
            sha256: sha256_hex(&onnx),
            kind: manifest.kind,
            widths: Distance::between(&onnx, &onnx)?.widths,
        },
        machine: Machine::here(),
        providers,
        absent,
        in_use: chosen.provider().to_owned(),
        within_budget,
        budget_us,
    };
    printer::show(config.output()?, &report, print)?;
    Ok(if report.within_budget { Found::Nothing } else { Found::Something })
}

/// ONNX Runtime on the CPU, or why it is not available.
fn cpu(config: &Config) -> Result<Engine, String> {
    let engine = config.scoring().and_then(|scoring| scoring.on(ProviderChoice::Cpu).engine());
    let found = engine.map_err(|error| error.to_string())?;
    if found.provider() == "onnxruntime-cpu" { Ok(found) } else { Err(found.explain().to_owned()) }
}

/// The name and bytes of the model to measure.
fn subject(config: &Config, what: Option<&str>) -> Result<(String, Vec<u8>)> {
    let run = config.this_run()?;
    let version = match what {
        Some(what) => match what.parse::<i64>() {
            Ok(version) => Some(version),
            Err(_) => {
                let onnx = std::fs::read(what).with_context(|| {
                    format!("{what} is not a version and cannot be read as a file")
                })?;
                return Ok((what.to_owned(), onnx));
            }
        },
        None if !run.path.exists() => None,
        None => ModelsOnLog::read(config)?.champion(),
    };
    match version {
        Some(version) => {
            let models = ModelsOnLog::read(config)?;
            let onnx = models.version(version)?.onnx.clone();
            Ok((format!("model {version} of run {}", run.id), onnx))
        }
        None => Ok(("a model made for this measurement".to_owned(), sample_model()?.0.onnx)),
    }
}

fn print(report: &ScoringReport) {
    printer::line(report.machine.to_string());
    printer::line(format!(
        "{}: a {:?} of widths {:?}, sha256 {}",
        report.model.what, report.model.kind, report.model.widths, report.model.sha256
    ));
    let header = ["provider", "rows>", "median µs>", "99th percentile µs>", "rows/s>"];
    let rows = report.providers.iter().flat_map(|of| {
        of.batches.iter().map(|batch| {
            vec![
                of.provider.clone(),
                batch.rows.to_string(),
                format!("{:.1}", batch.median_us),
                format!("{:.1}", batch.p99_us),
                format!("{:.0}", batch.rows_per_second),
            ]
        })
    });
    printer::line(tables::table(&header, rows));
    for of in &report.providers {
        let mut ran: Vec<(String, Vec<&str>)> = Vec::new();
        for step in &of.nodes {
            match ran.iter_mut().find(|(provider, _)| *provider == step.provider) {
                Some((_, steps)) => steps.push(&step.operator),
                None => ran.push((step.provider.clone(), vec![&step.operator])),
            }
        }
        for (provider, steps) in ran {
            printer::line(format!("{}: {provider} ran {}", of.provider, steps.join(", ")));
        }
    }
    for of in &report.absent {
        printer::line(format!("{}: not available; {}", of.provider, of.why));
    }
    let header = [
        "one event>",
        "decision µs>",
        "99th percentile µs>",
        "Avro to Avro µs>",
        "99th percentile µs>",
    ];
    let rows = report.providers.iter().map(|of| {
        let [decision, wire] = [&of.event.decision, &of.event.wire];
        let shown = [decision.median_us, decision.p99_us, wire.median_us, wire.p99_us];
        let name = if of.provider == report.in_use { "in use" } else { "" };
        std::iter::once(format!("{} {name}", of.provider).trim_end().to_owned())
            .chain(shown.map(|us| format!("{us:.1}")))
            .collect()
    });
    printer::line(tables::table(&header, rows));
    print_batch_delay(report);
    if !report.within_budget {
        printer::line(slow(report));
    }
}

/// Prints the delay that scoring several events in one call adds for the first of them.
fn print_batch_delay(report: &ScoringReport) {
    let in_use = report.providers.iter().find(|of| of.provider == report.in_use);
    let batch = in_use.and_then(|of| of.batches.iter().find(|batch| batch.rows == TOGETHER));
    let Some(batch) = batch else { return };
    printer::line(format!(
        "A scorer scores all waiting events in one call, {} at most, which delays the first of them by \
         {:.0} µs (99th percentile {:.0})",
        batch.rows, batch.median_us, batch.p99_us
    ));
}

/// The advice when scoring is slow.
fn slow(report: &ScoringReport) -> String {
    let remedy = match report.in_use.as_str() {
        "candle-cpu" => "candle is scoring: `butterquant setup onnxruntime` downloads ONNX Runtime",
        "onnxruntime-cuda" => {
            "look for other work on the GPU; a CPU is faster for models this small (see above): \
             --provider cpu"
        }
        _ => {
            "look for other work on this machine (load above) and compare the providers above with \
             --provider"
        }
    };
    let event = report.providers.iter().find(|of| of.provider == report.in_use);
    let p99 = event.map_or(f64::NAN, |of| of.event.decision.p99_us);
    format!(
        "slow: one event takes {p99:.1} µs at the 99th percentile with {}, and the budget is {} µs; {remedy}",
        report.in_use, report.budget_us
    )
}
