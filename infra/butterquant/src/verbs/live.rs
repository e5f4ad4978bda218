//! The verbs that keep running: `up` (every role) and `run` (some of them).

use super::{Found, loops::report_problems};
use crate::cli::{Output, RunArgs, UpArgs};
use crate::config::Config;
use crate::engine::Workshop;
use crate::home::{self, Opened, RunDir};
use crate::prepare::{Wanted, begin};
use crate::progress::Steps;
use crate::registry::register;
use crate::report::summary;
use crate::serve::{self, Serving};
use crate::{account, drive, out};
use anyhow::{Context, Result};
use producers::source::Market;
use schemas::Day;
use schemas::role::Role;
use shell::runner::{Plan, run as run_plan};
use shell::source::Source;
use std::path::Path;
use std::time::Instant;

/// The market to read: as asked, as configured, or as the run was begun with.
fn market_of(
    config: &Config,
    asked: Option<&String>,
    opened: &Opened,
) -> Result<(String, Box<dyn Market>)> {
    let begun_with = || -> Result<Option<String>> {
        let there =
            opened.log.topics()?.iter().any(|topic| topic.name == schemas::Topic::Controls.name());
        Ok(if there { shell::open::opened(&*opened.log)?.map(|run| run.source) } else { None })
    };
    let source = match asked.cloned().or_else(|| config.source()) {
        Some(source) => source,
        None => begun_with()?
            .context("which market? name it with --source csv:DIR or --source sim:SEED")?,
    };
    let market = producers::source::open(&source, None)?;
    report_problems(&*market);
    Ok((source, market))
}

fn live(
    config: &Config,
    source: String,
    market: &dyn Market,
    from: Option<Day>,
    history: usize,
) -> Result<Wanted> {
    let last = market.days().last().copied();
    Ok(Wanted {
        kind: "live",
        source,
        scan_from: from.or(last).context("the market has no days")?,
        history,
        settings: config.settings()?,
        engine: crate::engine::engine(config)?,
    })
}

/// Lets other processes reach what this one owns.
pub(super) fn serve(config: &Config, opened: &Opened, workshop: &Workshop) -> Result<Serving> {
    let views = workshop.materialized.views.clone();
    let serving = serve::start(
        config.listen(),
        config.token(),
        opened.log.clone(),
        workshop.env.board.clone(),
        views,
    )?;
    if let Some(embedded) = &opened.embedded {
        embedded.announce(&serving.endpoint)?;
    }
    workshop.db.announce(&serving.endpoint)?;
    Ok(serving)
}

/// Every role, until stopped.
pub fn up(config: &Config, args: &UpArgs) -> Result<Found> {
    let started = Instant::now();
    let run = RunDir::of(config, config.run())?;
    register::at_start(config, &run)?;
    let opened = home::own(config, &run)?;
    let (source, mut market) = market_of(config, args.source.as_ref(), &opened)?;
    let wanted = live(config, source, &*market, args.from, args.history)?;
    let steps = Steps::new(config.output()? == Output::Human);
    let partitions = config.partitions()?;
    let begun = begin(&*opened.log, partitions, &mut *market, &wanted, &steps)?;
    let workshop = Workshop::new(config, &run, &opened, partitions)?;
    let serving = serve(config, &opened, &workshop)?;
    eprintln!("run {}: {}; HTTP on {}; Ctrl-C stops", run.id, market.describe(), serving.endpoint);
    eprintln!("scored by {}: {}", workshop.engine.provider(), workshop.engine.explain());
    drive::everything(&workshop, market, &begun.opened, args.until, &steps)?;
    let summary = summary(&workshop, &begun, started.elapsed().as_secs_f64())?;
    out::show(config.output()?, &summary, account::print)?;
    Ok(Found::Nothing)
}

/// Some roles, until stopped. Beside a process that owns the embedded log they reach it over
/// HTTP, with a state folder of their own.
pub fn some(config: &Config, args: &RunArgs) -> Result<Found> {
    let run = RunDir::of(config, config.run())?;
    register::at_start(config, &run)?;
    let opened =
        if run.log().exists() { home::reach(config, &run)? } else { home::own(config, &run)? };
    let partitions = config.partitions()?;
    let steps = Steps::new(false);
    let names: Vec<&str> = args.roles.iter().map(|role| role.name()).collect();
    let state = match (&args.name, &opened.owner) {
        (Some(name), _) => run.path.join(format!("state-{name}")),
        (None, Some(_)) => run.path.join(format!("state-{}", names.join("-"))),
        (None, None) => run.state(),
    };
    let market = if args.roles.contains(&Role::Source) {
        let (source, mut market) = market_of(config, args.source.as_ref(), &opened)?;
        let wanted = live(config, source, &*market, None, 0)?;
        let begun = begin(&*opened.log, partitions, &mut *market, &wanted, &steps)?;
        Some((market, begun.opened))
    } else {
        None
    };
    let workshop = Workshop::with_state(config, &run, &opened, partitions, &state);
    let mut workshop = workshop.map_err(|error| match error.downcast_ref() {
        Some(kv::KvError::Locked { .. }) => {
            error.context("another process has this state folder; give each its own with --name")
        }
        _ => error,
    })?;
    workshop.env.policy.rate = args.rate;
    let serving =
        if opened.owner.is_none() { Some(serve(config, &opened, &workshop)?) } else { None };
    let place = serving.as_ref().map(|serving| serving.endpoint.clone()).or(opened.owner.clone());
    eprintln!(
        "run {}: {}; log at {}; Ctrl-C stops",
        run.id,
        names.join(", "),
        place.unwrap_or_default()
    );
    let source = market.map(|(market, opened)| Source::new(&workshop.env, market, opened, None));
    let roles = args.roles.iter().filter(|role| **role != Role::Source);
    let roles = roles
        .map(|role| (*role, if role.by_partition() { args.instances.max(1) } else { 1 }))
        .collect();
    run_plan(
        &workshop.env,
        &Plan {
            roles,
            until: None,
            name: Some(args.name.clone().unwrap_or_else(|| called(&state))),
        },
        source,
        &drive::on_signal()?,
        &mut |_| {},
    )?;
    Ok(Found::Nothing)
}

/// The same name at every start, and another one for every host and state folder.
fn called(state: &Path) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let folder = std::path::absolute(state).unwrap_or_else(|_| state.to_owned());
    let digest = schemas::id::sha256_hex(format!("{host}{}", folder.display()).as_bytes());
    digest[..8].to_owned()
}
