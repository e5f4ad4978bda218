//! The verbs that keep running: `up` (every role) and `run` (some of them).

use super::{Found, loops::report_problems};
use crate::cli::{RunArgs, UpArgs};
use crate::printer;
use anyhow::{Context, Result};
use producers::source::Market;
use report::summary::summary;
use run::config::Config;
use run::config::Output;
use run::context::RunContext;
use run::data_dir::{self, Opened};
use run::open_run::{Wanted, begin};
use run::registration;
use run::run_loop;
use schemas::Day;
use schemas::role::Role;
use shell::runner::{Plan, run as run_plan};
use shell::source::Source;
use std::path::Path;
use std::time::Instant;
use telemetry::Steps;
use web::Serving;

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
        engine: config.scoring()?.engine()?,
    })
}

/// Lets other processes reach what this one owns.
pub(super) fn serve(config: &Config, opened: &Opened, context: &RunContext) -> Result<Serving> {
    let views = context.materialized.views.clone();
    let serving = server::start(
        config.listen(),
        config.token(),
        opened.log.clone(),
        context.env.board.clone(),
        views,
    )?;
    if let Some(embedded) = &opened.embedded {
        embedded.announce(&serving.endpoint)?;
    }
    context.db.announce(&serving.endpoint)?;
    Ok(serving)
}

/// Every role, until stopped.
pub(super) fn up(config: &Config, args: &UpArgs) -> Result<Found> {
    let started = Instant::now();
    let run = config.this_run()?;
    registration::at_start(config.registry_client()?.as_ref(), &run.topic_prefix());
    let opened = data_dir::own(&run)?;
    let (source, mut market) = market_of(config, args.source.as_ref(), &opened)?;
    let wanted = live(config, source, &*market, args.from, args.history)?;
    let steps = Steps::new(config.output()? == Output::Human);
    let partitions = config.partitions()?;
    let begun = begin(&*opened.log, partitions, &mut *market, &wanted, &steps)?;
    let context = RunContext::new(&config.run_spec()?, &run, &opened)?;
    let serving = serve(config, &opened, &context)?;
    eprintln!("run {}: {}; HTTP on {}; Ctrl-C stops", run.id, market.describe(), serving.endpoint);
    eprintln!("scored by {}: {}", context.engine.provider(), context.engine.explain());
    run_loop::everything(&context, market, &begun.opened, args.until, &steps)?;
    let summary = summary(&context, &begun, started.elapsed().as_secs_f64())?;
    printer::summary(config, &summary)?;
    Ok(Found::Nothing)
}

/// Some roles, until stopped. Beside a process that owns the embedded log they reach it over
/// HTTP, with a state folder of their own.
pub(super) fn some(config: &Config, args: &RunArgs) -> Result<Found> {
    let run = config.this_run()?;
    registration::at_start(config.registry_client()?.as_ref(), &run.topic_prefix());
    let opened = if run.log().exists() { data_dir::reach(&run)? } else { data_dir::own(&run)? };
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
    let context = RunContext::with_state(&config.run_spec()?, &run, &opened, &state);
    let mut context = context.map_err(|error| match error.downcast_ref() {
        Some(kv::KvError::Locked { .. }) => {
            error.context("another process has this state folder; give each its own with --name")
        }
        _ => error,
    })?;
    context.env.policy.rate = args.rate;
    let serving =
        if opened.owner.is_none() { Some(serve(config, &opened, &context)?) } else { None };
    let place = serving.as_ref().map(|serving| serving.endpoint.clone()).or(opened.owner.clone());
    eprintln!(
        "run {}: {}; log at {}; Ctrl-C stops",
        run.id,
        names.join(", "),
        place.unwrap_or_default()
    );
    let source = market.map(|(market, opened)| Source::new(&context.env, market, opened, None));
    let roles = args.roles.iter().filter(|role| **role != Role::Source);
    let roles = roles
        .map(|role| (*role, if role.by_partition() { args.instances.max(1) } else { 1 }))
        .collect();
    run_plan(
        &context.env,
        &Plan {
            roles,
            until: None,
            name: Some(args.name.clone().unwrap_or_else(|| called(&state))),
        },
        source,
        &run_loop::on_signal()?,
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
