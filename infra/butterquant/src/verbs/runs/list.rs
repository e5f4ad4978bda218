//! `runs list`: lists the runs in the data folder. A damaged run, or a folder that is not a run, is
//! listed with its problem and hides no other run.

use crate::exit::Found;
use crate::printer;
use anyhow::{Context, Result, bail};
use api::answers::{TallyQuery, ViewsAt};
use api::halt::Trading;
use api::run_status::has_closed_days;
use eventlog::Log;
use report::tables;
use run::config::Config;
use run::config::LogHome;
use run::data_dir::{self, RunDir};
use schemas::Topic;
use schemas::events::RunOpened;
use serde::Serialize;
use std::path::Path;

#[derive(Serialize, Default)]
struct Listed {
    id: String,
    kind: Option<String>,
    source: Option<String>,
    first_day: Option<String>,
    scan_from: Option<String>,
    last_closed_day: Option<String>,
    bytes: u64,
    #[serde(flatten)]
    trading: Option<Trading>,
    owner_pid: Option<u32>,
    endpoint: Option<String>,
    problem: Option<String>,
}

/// Lists the runs.
pub(crate) fn run(config: &Config) -> Result<Found> {
    let listed: Vec<Listed> = config.runs()?.iter().map(|run| look(config, run)).collect();
    printer::show(config.output()?, &listed, |listed| {
        if listed.is_empty() {
            return printer::line(format!(
                "there are no runs in {}; `{}` makes one, `{}` begins the live one",
                config.data_dir().display(),
                config.command_line("demo", config.run()),
                config.command_line("scan --source csv:DIR", config.run())
            ));
        }
        let rows = listed.iter().map(|one| {
            let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
            let owner = tables::or_dash(one.owner_pid, |pid| pid.to_string());
            vec![
                one.id.clone(),
                text(&one.kind),
                text(&one.source),
                text(&one.first_day),
                text(&one.scan_from),
                text(&one.last_closed_day),
                tables::or_dash(one.trading.as_ref(), Trading::in_short),
                size(one.bytes),
                owner,
            ]
        });
        let header = [
            "run",
            "kind",
            "source",
            "first day",
            "scans from",
            "last closed",
            "trading",
            "size>",
            "process>",
        ];
        printer::line(tables::table(&header, rows));
        for one in listed {
            let halts = one.trading.iter().filter(|of| !of.what_if).flat_map(Trading::sentences);
            halts.for_each(|halt| printer::line(format!("{}: {halt}", one.id)));
            if let Some(problem) = &one.problem {
                printer::line(format!("{}: {problem}", one.id));
            }
        }
    })?;
    Ok(Found::Nothing)
}

fn look(config: &Config, run: &RunDir) -> Listed {
    let mut listed = Listed { id: run.id.clone(), bytes: bytes(&run.path), ..Listed::default() };
    if let Err(error) = fill(config, run, &mut listed) {
        listed.owner_pid = data_dir::living_owner(&run.log()).map(|owner| owner.pid);
        listed.problem = Some(format!("{error:#}"));
    }
    listed
}

fn fill(config: &Config, run: &RunDir, listed: &mut Listed) -> Result<()> {
    if !run.path.is_dir() {
        bail!("not a run: it is not a folder; move it away");
    }
    let empty = std::fs::read_dir(run.log()).map_or(true, |mut entries| entries.next().is_none());
    if empty && config.log()? == LogHome::Embedded {
        bail!("not a run: it has no log; move it away or remove it");
    }
    let reached = data_dir::reach(run)?;
    if reached.owner.is_some() {
        listed.owner_pid = data_dir::living_owner(&run.log()).map(|owner| owner.pid);
        listed.endpoint.clone_from(&reached.owner);
    }
    let opened = opening(config, &*reached.log, run)?;
    listed.trading = Some(Trading::of(&*reached.log)?);
    listed.kind = Some(opened.kind);
    listed.source = Some(opened.source);
    listed.first_day = Some(opened.first_day.to_string());
    listed.scan_from = Some(opened.scan_from.to_string());
    drop(reached); // the views are compared with the log, which one reader holds at a time
    if run.state().exists() || (run.is_here() && has_closed_days(run)?) {
        let tally = ViewsAt::of(run)?.ask(&TallyQuery)?;
        listed.last_closed_day = tally.through.map(|day| day.to_string());
    }
    Ok(())
}

fn opening(config: &Config, log: &dyn Log, run: &RunDir) -> Result<RunOpened> {
    let has_topics = log.topics()?.iter().any(|topic| topic.name == Topic::Controls.name());
    let opened = if has_topics { shell::open::opened(log)? } else { None };
    opened.with_context(|| {
        format!(
            "it was never opened; `{}` opens it, with its history if any was generated, and `{}` deletes it",
            config.command_line("up", &run.id),
            config.command_line(&format!("runs remove {}", run.id), config.run())
        )
    })
}

/// The size of everything in a folder that can be read.
fn bytes(path: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(path) else {
        return path.symlink_metadata().map_or(0, |file| file.len());
    };
    let entries = entries.filter_map(Result::ok);
    entries
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => bytes(&entry.path()),
            Ok(_) => entry.metadata().map_or(0, |file| file.len()),
            Err(_) => 0,
        })
        .sum()
}

fn size(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
