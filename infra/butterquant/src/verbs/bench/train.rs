//! `bench train`: measures how long a training with its assessments takes, beside PyTorch.

use crate::arg_ranges::{at_least_one, count};
use crate::bench::machine::Machine;
use crate::bench::training::pytorch::{self, PyTorch};
use crate::bench::training::rows::Rows;
use crate::bench::training::{self, Training};
use crate::exit::Found;
use crate::market::{self, Reads};
use crate::printer;
use anyhow::Result;
use report::tables;
use run::config::Config;
use serde::Serialize;
use success::TrainSettings;

/// Seconds that a training of 10,000 rows may take.
const MOST_SECONDS: f64 = 1.0;
/// Times of PyTorch's seconds that it may take.
const MOST_RATIO: f64 = 1.0;
/// Stocks of the simulated market.
const STOCKS: usize = 100;
/// Days of it before the first row is known, and those held out with their embargo.
const OTHER_DAYS: usize = 375;

/// Arguments of `bench train`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Market: csv:DIR or sim:SEED [default: a simulated one of 100 stocks, long enough for the rows]
    #[arg(long)]
    pub source: Option<String>,
    /// Rows to train on; those of 60 later days are held out
    #[arg(long, default_value_t = 10_000, value_parser = count::<usize>(1_000, 100_000))]
    pub rows: usize,
    /// Trainings; the fastest counts
    #[arg(long, default_value_t = 3, value_parser = at_least_one(1_000))]
    pub runs: usize,
    /// A Python with PyTorch to compare with [default: BUTTERQUANT_PYTHON, else python3]
    #[arg(long, value_name = "PATH")]
    pub python: Option<String>,
}

#[derive(Serialize)]
struct TrainReport {
    source: String,
    rows: usize,
    held_out: usize,
    settings: TrainSettings,
    machine: Machine,
    training: Training,
    /// None where it cannot be imported.
    pytorch: Option<PyTorch>,
    /// Why there is no PyTorch.
    without_pytorch: Option<String>,
    /// Seconds of this program over those of PyTorch.
    ratio: Option<f64>,
    limits: Vec<Limit>,
}

#[derive(Serialize)]
struct Limit {
    what: &'static str,
    measured: f64,
    at_most: f64,
    met: bool,
}

pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let days = OTHER_DAYS + args.rows.div_ceil(STOCKS);
    // Of the seeds 1 to 9, the one that took the most epochs, 72, when they were compared over 480 days.
    let simulated = || format!("sim:8,stocks={STOCKS},days={days}");
    let source = args.source.clone().unwrap_or_else(simulated);
    let mut market = market::open(config, &source, None, Reads::ALL)?;
    let steps = printer::steps(config)?;
    let bar = steps.bar("rows", args.rows as u64);
    let rows = Rows::draw(config, &mut *market, args.rows, &mut |done, of| bar.at(done, of))?;
    bar.clear();

    let settings = TrainSettings::default();
    let bar = steps.bar("training", args.runs as u64);
    let training = training::measure(&rows, &settings, args.runs as u32, &mut |done| {
        bar.at(done, args.runs as u64);
    })?;
    bar.clear();
    let python = args.python.clone().or_else(|| std::env::var("BUTTERQUANT_PYTHON").ok());
    let python = python.unwrap_or_else(|| "python3".to_owned());
    let pytorch =
        steps.during("PyTorch", || pytorch::measure(&python, &rows, &settings, &training))?;
    let (pytorch, without_pytorch) = match pytorch {
        Ok(pytorch) => (Some(pytorch), None),
        Err(why) => (None, Some(why)),
    };
    let ratio = pytorch.as_ref().map(|other| training.best_seconds / other.best_seconds);
    let limit = |what, measured: f64, at_most: f64| Limit {
        what,
        measured,
        at_most,
        met: measured <= at_most,
    };
    // Beyond what a run trains on, the limit grows with the rows.
    let most = MOST_SECONDS * (args.rows as f64 / 10_000.0).max(1.0);
    let mut limits = vec![limit("seconds", training.best_seconds, most)];
    limits.extend(ratio.map(|ratio| limit("ratio to PyTorch", ratio, MOST_RATIO)));
    let met = limits.iter().all(|limit| limit.met);
    let report = TrainReport {
        source,
        rows: rows.known.len(),
        held_out: rows.held_out.len(),
        settings,
        machine: Machine::here(),
        training,
        pytorch,
        without_pytorch,
        ratio,
        limits,
    };
    printer::show(config.output()?, &report, print)?;
    Ok(if met { Found::Nothing } else { Found::Something })
}

fn print(report: &TrainReport) {
    printer::line(report.machine.to_string());
    printer::line(format!(
        "{}: {} rows to train on, {} held out; the fastest of {}, one thread",
        report.source,
        report.rows,
        report.held_out,
        report.training.seconds.len()
    ));
    printer::line("");
    printer::line(tables::table(&["measurement", "measured>", "limit>", "how"], rows(report)));
    if let Some(why) = &report.without_pytorch {
        printer::line(why);
    }
    for missed in report.limits.iter().filter(|limit| !limit.met) {
        printer::line(format!(
            "missed: {}; check the load of the machine first, which is {} now",
            missed.what,
            Machine::here().load
        ));
    }
}

fn rows(report: &TrainReport) -> Vec<Vec<String>> {
    let (training, parts) = (&report.training, &report.training.parts);
    let most = |what: &str| {
        let limit = report.limits.iter().find(|limit| limit.what == what);
        limit.map_or(String::new(), |limit| format!("≤ {:.1}", limit.at_most))
    };
    let row = |what: &str, measured: String, limit: String, how: String| {
        vec![what.to_owned(), measured, limit, how]
    };
    let part = |what: &str, seconds: f64, how: &str| {
        row(what, format!("{seconds:.3} s"), String::new(), how.to_owned())
    };
    let epochs = format!("{} epochs, the best is {}", training.epochs_run, training.best_epoch);
    let whole = format!("with assessments; {:.3} CPU-seconds each", training.cpu_seconds);
    let mut rows = vec![
        row("a training", format!("{:.3} s", training.best_seconds), most("seconds"), whole),
        part(
            "  until the network",
            parts.until_network,
            "rows checked and sorted, five regressions",
        ),
        part("  choosing the epochs", parts.choosing_epochs, &epochs),
        part("  on all rows", parts.on_all_rows, "regression, network, assessments, bytes"),
    ];
    let loss = training.network_log_loss;
    rows.push(row(
        "network's log loss",
        format!("{loss:.4}"),
        String::new(),
        "validation days".into(),
    ));
    if let (Some(other), Some(ratio)) = (&report.pytorch, report.ratio) {
        let how = format!(
            "{}, the network alone, as many epochs; log loss {:.4}",
            other.version, other.network_log_loss
        );
        rows.push(row("PyTorch", format!("{:.3} s", other.best_seconds), String::new(), how));
        let how = "seconds of this program over PyTorch's".to_owned();
        rows.push(row("ratio to PyTorch", format!("{ratio:.2}"), most("ratio to PyTorch"), how));
    }
    rows
}
