//! `report`: writes all of a run into one file, which needs no network and no program to be read but a browser. Exit code 1
//! where records of its log are gone or a decision made again differs.

use crate::decided_again::decide_again;
use crate::exit::Found;
use crate::printer;
use crate::read_run::about;
use crate::version::VERSION;
use anyhow::{Context, Result, bail};
use report::charts::{RecordLine, TrackRecord};
use report::run_report::{Asked, Live, NamedPeriod, Replayed, Report, report};
use report::{charts, html};
use run::config::Config;
use run::data_dir::{LIVE, RunDir};
use run::resume_run::controls_of;
use run::run_reader::RunReader;
use run::trials::{Trial, Trials};
use run::whole_file::write_file;
use serde::Serialize;
use shell::operator_word::OperatorWord;
use std::path::{Path, PathBuf};

/// Arguments of `report`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Run to report on [default: that of --run]
    #[arg(value_name = "RUN")]
    pub of: Option<String>,
    /// Run that traded live or on paper, to put beside it [default: the run `live`, if there is one]
    #[arg(long, value_name = "RUN")]
    pub live: Option<String>,
    /// Make every decision again and say whether all are equal, as `replay --verify` does
    #[arg(long)]
    pub replay: bool,
    /// Show both tracks in a period of yours, such as Brexit=2016-06-20..2016-07-15; may be repeated
    #[arg(long, value_name = "NAME=FROM..TO")]
    pub period: Vec<NamedPeriod>,
}

pub(crate) const EXAMPLES: &str = "\
The file is a page (.html), the record of both tracks as a picture (.png), or the data of the page (.json).
Without -o FILE it is report.html in the run's folder.

Examples:
  butterquant report backtest-2016-02-01-2019-02-22-c38bab17
  butterquant report BACKTEST --replay --period \"Brexit=2016-06-20..2016-07-15\"
  butterquant report BACKTEST --live live -o ~/compared.html
  butterquant report --run demo -o record.png";

/// A file that can be written.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Kind {
    Page,
    Picture,
    Data,
}

/// What was written.
#[derive(Serialize)]
struct Written {
    run: String,
    file: PathBuf,
    bytes: u64,
    warnings: Vec<String>,
    /// What deciding again gave.
    replay: Option<String>,
}

/// Writes the report and prints where it is.
pub(crate) fn run(config: &Config, args: &Args, file: Option<&Path>) -> Result<Found> {
    let id = args.of.as_deref().unwrap_or(config.run());
    let config = config.clone().with("run", id);
    // What is said of this run names it, as it may be another one than that of --run.
    write_report(&config, args, file).map_err(|error| about(&config, id, &error))
}

fn write_report(config: &Config, args: &Args, file: Option<&Path>) -> Result<Found> {
    let (id, run) = (config.run(), config.this_run()?);
    let file = file.map_or_else(|| run.path.join("report.html"), Path::to_path_buf);
    let kind = kind(&file)?; // before anything is read
    let live = live(config, args)?;
    // Before the run is opened below: both read its state.
    let replayed = if args.replay {
        Replayed::Made(decide_again(config, &[])?.verified)
    } else {
        // Without the flags of this call: the file may be read on another machine.
        Replayed::NotMade(format!("butterquant report {id} --replay"))
    };
    let replay = match &replayed {
        Replayed::Made(found) => Some(format!(
            "{} decisions made again, {} differ from the recorded ones",
            found.decisions,
            found.differences.len()
        )),
        Replayed::NotMade(_) => None,
    };
    let differs = matches!(&replayed, Replayed::Made(found) if !found.differences.is_empty());
    let asked = Asked {
        made_at: OperatorWord::now(VERSION).wall_time.unwrap_or_default(),
        program: format!("butterquant {VERSION}"),
        live,
        replayed,
        periods: args.period.clone(),
        tried: tried(config, &run)?,
    };
    let reader = RunReader::open(&run)?;
    let found = printer::steps(config)?.during("report", || report(&reader, asked))?;
    write(kind, &file, &found)?;
    let bytes = std::fs::metadata(&file).map(|of| of.len()).unwrap_or_default();
    let gone = found.is_of_a_log_with_holes;
    let written = Written { run: id.to_owned(), file, bytes, warnings: found.warnings, replay };
    printer::show(config.output()?, &written, |written| {
        written.warnings.iter().for_each(printer::line);
        written.replay.iter().for_each(|said| printer::line(format!("replay: {said}")));
        printer::line(format!("report: {}", written.file.display()));
    })?;
    Ok(if gone || differs { Found::Something } else { Found::Nothing })
}

/// What was tried on the prices of `run`. Asked before the run is opened, because counting opens runs too.
fn tried(config: &Config, run: &RunDir) -> Result<Vec<Trial>> {
    let data = controls_of(run)?.opened.map(|opened| opened.market_sha256).unwrap_or_default();
    Trials::of(&config.data_dir()).on(&data, &config.runs()?)
}

fn kind(file: &Path) -> Result<Kind> {
    let ending = file.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    Ok(match ending.as_deref() {
        Some("html") => Kind::Page,
        Some("png") => Kind::Picture,
        Some("json") => Kind::Data,
        _ => bail!("{}: the name of a report must end in .html, .png or .json", file.display()),
    })
}

/// The run that traded, opened; one that is not asked for by name is left out where it cannot be read, and that is said.
fn live(config: &Config, args: &Args) -> Result<Live> {
    let id = args.live.as_deref().unwrap_or(LIVE);
    if id == config.run() {
        if args.live.is_some() {
            bail!("--live {id}: that is the run itself; name another, or leave it out");
        }
        return Ok(Live::Absent("the run itself goes on with its market".to_owned()));
    }
    let run = config.run_dir(id)?;
    let named = args.live.is_some();
    if !named && !run.path.exists() {
        return Ok(Live::Absent(format!("there is no run {id} in the data folder")));
    }
    match RunReader::open(&run) {
        Ok(reader) => Ok(Live::Run(Box::new(reader))),
        Err(error) if named => {
            Err(about(config, id, &error).context(format!("--live {id} cannot be read")))
        }
        // Without the flags of this call, as it goes into the file.
        Err(error) => Ok(Live::Absent(format!("run {id} cannot be read: {error:#}"))),
    }
}

/// Writes it whole: a reader of the file never sees a part, nor one of before beside one of now.
fn write(kind: Kind, file: &Path, found: &Report) -> Result<()> {
    match kind {
        Kind::Page => write_file(file, html::page(found)?.as_bytes()),
        Kind::Data => write_file(file, serde_json::to_string_pretty(found)?.as_bytes()),
        Kind::Picture => {
            if found.curves.days.len() < 2 {
                bail!("{}: nothing to draw before the second day is closed", file.display());
            }
            let temporary = file.with_extension("new.png");
            charts::draw(&temporary, &record(found))?;
            std::fs::rename(&temporary, file)
                .with_context(|| format!("{} cannot be written; check the folder", file.display()))
        }
    }
}

fn record(found: &Report) -> TrackRecord<'_> {
    let tracks = found.curves.tracks.iter().map(|track| RecordLine {
        name: track.name,
        equity: &track.equity,
        drawdown: &track.drawdown,
    });
    let warned = if found.warnings.is_empty() { "" } else { " · see the warnings of its page" };
    TrackRecord {
        heading: [found.title.clone(), format!("{}{warned}", found.subtitle)],
        days: &found.curves.days,
        tracks: tracks.collect(),
    }
}
