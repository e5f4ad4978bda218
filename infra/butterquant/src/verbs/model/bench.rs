//! `model bench`: how long scoring takes with every provider there is, what really ran each node,
//! and what one event costs from its features to the decision.

use crate::bench::machine::Machine;
use crate::bench::pipeline::stage::model as made_up_model;
use crate::bench::scoring::{Provider, measured};
use crate::exit::Found;
use crate::models_on_log::OnLog;
use crate::printer;
use anyhow::{Context, Result};
use report::tables;
use run::config::Config;
use schemas::id::sha256_hex;
use serde::Serialize;
use shell::unit::TOGETHER;
use success::{Distance, Engine, Model, ModelKind, ProviderChoice};

/// A measurement of scoring.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// A version or an ONNX file (default: the champion of the run, or a model made up for this)
    pub what: Option<String>,
    /// What one event may take at the 99th percentile, microseconds (default: 50, on a GPU 1000)
    #[arg(long, value_name = "µS")]
    pub budget_us: Option<f64>,
    /// Share of the usual rounds to measure
    #[arg(long, default_value_t = 1.0, hide = true)]
    pub share: f64,
}

/// What one event may take on a CPU, and on a GPU, to which its features have to travel first.
const BUDGET_US: f64 = 50.0;
const GPU_BUDGET_US: f64 = 1_000.0;

#[derive(Serialize)]
struct Absent {
    provider: &'static str,
    why: String,
}

#[derive(Serialize)]
struct Subject {
    what: String,
    sha256: String,
    kind: ModelKind,
    widths: Vec<usize>,
}

#[derive(Serialize)]
struct Report {
    model: Subject,
    machine: Machine,
    providers: Vec<Provider>,
    absent: Vec<Absent>,
    /// The one that `--provider` chooses, to which the budget applies.
    in_use: String,
    budget_us: f64,
    within_budget: bool,
}

/// Measures; exit 1 when one event is over the budget.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let (what, onnx) = subject(config, args.what.as_deref())?;
    let manifest = Model::check(&onnx, &schemas::contract::CONTRACT)?;
    // The one that is asked for comes first: a process loads one library.
    let chosen = config.scoring()?.engine()?;
    let (mut providers, mut absent) = (Vec::new(), Vec::new());
    let folder = std::env::temp_dir();
    for (name, found) in [
        (
            "onnxruntime-cuda",
            config.scoring()?.on(ProviderChoice::Cuda).engine().map_err(|e| e.to_string()),
        ),
        ("onnxruntime-cpu", cpu(config)),
        ("candle-cpu", Ok(Engine::candle())),
    ] {
        match found {
            Ok(engine) => providers.push(measured(&engine, &onnx, args.share, &folder)?),
            Err(why) => absent.push(Absent { provider: name, why }),
        }
    }
    let gpu = chosen.provider() == "onnxruntime-cuda";
    let budget_us = args.budget_us.unwrap_or(if gpu { GPU_BUDGET_US } else { BUDGET_US });
    let within = |of: &Provider| of.event.decision.p99_us <= budget_us;
    let within_budget =
        providers.iter().find(|of| of.provider == chosen.provider()).is_some_and(within);
    let report = Report {
        model: Subject {
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

/// ONNX Runtime on the CPU, or why not.
fn cpu(config: &Config) -> Result<Engine, String> {
    let engine = config.scoring().and_then(|scoring| scoring.on(ProviderChoice::Cpu).engine());
    let found = engine.map_err(|error| error.to_string())?;
    if found.provider() == "onnxruntime-cpu" { Ok(found) } else { Err(found.explain().to_owned()) }
}

/// The bytes measured.
fn subject(config: &Config, what: Option<&str>) -> Result<(String, Vec<u8>)> {
    let run = config.this_run()?;
    let version = match what {
        Some(what) => match what.parse::<i64>() {
            Ok(version) => Some(version),
            Err(_) => {
                let onnx = std::fs::read(what).with_context(|| {
                    format!("{what} is no version and cannot be read as a file")
                })?;
                return Ok((what.to_owned(), onnx));
            }
        },
        None if !run.path.exists() => None,
        None => OnLog::read(config)?.champion(),
    };
    match version {
        Some(version) => {
            let models = OnLog::read(config)?;
            let onnx = models.version(version)?.onnx.clone();
            Ok((format!("model {version} of run {}", run.id), onnx))
        }
        None => Ok(("a model made up for this".to_owned(), made_up_model()?.0.onnx)),
    }
}

fn print(report: &Report) {
    let machine = &report.machine;
    printer::line(format!(
        "{}, {} cores for this process, load {} when measured; {} build for {}",
        machine.cpu, machine.cores, machine.load, machine.profile, machine.target
    ));
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
        printer::line(format!("{}: not here; {}", of.provider, of.why));
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
    together(report);
    if !report.within_budget {
        printer::line(slow(report));
    }
}

/// What scoring the events at hand together costs the first of them.
fn together(report: &Report) {
    let in_use = report.providers.iter().find(|of| of.provider == report.in_use);
    let lot = in_use.and_then(|of| of.batches.iter().find(|batch| batch.rows == TOGETHER));
    let Some(lot) = lot else { return };
    printer::line(format!(
        "A scorer scores the events at hand in one call, {} at most, and waits for no more: the first \
         of so many waits {:.0} µs for that (99th percentile {:.0})",
        lot.rows, lot.median_us, lot.p99_us
    ));
}

/// What to do about slow scoring.
fn slow(report: &Report) -> String {
    let remedy = match report.in_use.as_str() {
        "candle-cpu" => "candle scores here: `butterquant setup onnxruntime` fetches ONNX Runtime",
        "onnxruntime-cuda" => {
            "look for other work on the GPU; a CPU is faster for models as small as these, see above: \
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
        "slow: one event takes {p99:.1} µs at the 99th percentile by {}, the budget is {} µs; {remedy}",
        report.in_use, report.budget_us
    )
}
