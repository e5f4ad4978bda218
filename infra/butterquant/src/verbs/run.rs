//! `run`: runs some of the roles until stopped.

use crate::arg_ranges::{MOST_ROWS, count, date};
use crate::exit::Found;
use crate::live_run::{
    Terms, begin_log, check_start, live, market_of, recorded, serve, serve_beside,
};
use crate::market::Reads;
use ::run::config::{Config, check_name};
use ::run::context::RunContext;
use ::run::data_dir;
use ::run::open_run::open_or_resume;
use ::run::topic_settings::TopicFaults;
use ::run::{registration, run_loop};
use anyhow::{Result, bail, ensure};
use schemas::Day;
use schemas::role::Role;
use shell::runner::{Plan, run as run_plan};
use shell::source::Source;
use std::path::Path;
use telemetry::Steps;

/// Arguments of `run`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Roles: source, scanner, scorer, labeler, executor, broker, retrainer, materializer
    #[arg(required = true)]
    pub roles: Vec<schemas::role::Role>,
    /// Market for the role source: csv:DIR or sim:SEED
    #[arg(long)]
    pub source: Option<String>,
    /// First day to scan, with the role source: opens a run that is not open yet
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub from: Option<Day>,
    /// Rows of history to train a first model on, with --from [default: 0]
    #[arg(long, value_name = "ROWS", value_parser = count(0, MOST_ROWS))]
    pub history: Option<usize>,
    /// Instances of each role that works by partition
    #[arg(long, default_value_t = 1, value_parser = count::<u32>(1, 256))]
    pub instances: u32,
    /// Name of this process among those that run the same roles; each name has a state folder of its
    /// own [default: derived from the host's name and the folder's path]
    #[arg(long)]
    pub name: Option<String>,
    /// Events that an instance processes per second, at most
    #[arg(long, value_name = "EVENTS", value_parser = count::<u32>(1, 10_000_000))]
    pub rate: Option<u32>,
}

/// Runs them until stopped. If another process owns the embedded log, they reach it over HTTP and keep
/// their state in a folder of their own.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let run = config.this_run()?;
    let registry = config.registry_client()?;
    let terms = Terms { from: args.from, history: args.history };
    let has_source = args.roles.contains(&Role::Source);
    ensure!(
        has_source || (args.source.is_none() && terms == Terms::default()),
        "--source, --from and --history are for the role source; add that role, or leave them out"
    );
    args.name.as_deref().map_or(Ok(()), |name| check_name("instance", name))?;
    if has_source && run.is_here() && !run.log().exists() {
        may_open(config, terms)?;
    }
    if !has_source && run.is_here() && !run.log().exists() {
        return Err(data_dir::no_run(&run));
    }
    let opened = if run.log().exists() { data_dir::reach(&run)? } else { data_dir::own(&run)? };
    let partitions = config.partitions()?;
    let steps = Steps::new(false);
    let names: Vec<&str> = args.roles.iter().map(|role| role.name()).collect();
    begin_log(config, &run, &names.join(","))?;
    let state = match (&args.name, &opened.owner) {
        (Some(name), _) => run.path.join(format!("state-{name}")),
        (None, Some(_)) => run.path.join(format!("state-{}", names.join("-"))),
        (None, None) => run.state(),
    };
    let market = if has_source {
        match recorded(&opened)? {
            Some(before) => terms.agree_with(&run.id, &before)?,
            None => may_open(config, terms)?,
        }
        let reads = Reads::days(args.from, None).with_history(args.history.unwrap_or_default());
        let (source, mut market) = market_of(config, args.source.as_ref(), &opened, reads)?;
        let wanted = live(config, source, &*market, terms)?;
        if opened.owner.is_none() {
            check_start(config, &opened, &*market, &wanted, None)?;
        }
        let begun = open_or_resume(&*opened.log, partitions, &mut *market, &wanted, &steps)?;
        Some((market, begun.opened))
    } else {
        TopicFaults::of(&*opened.log, data_dir::partitions(&*opened.log)?)?.refuse_removing()?;
        None
    };
    registration::at_start(registry.as_ref(), &run.topic_prefix());
    let context = RunContext::with_state(&config.run_spec()?, &run, &opened, &state);
    let mut context = context.map_err(|error| match error.downcast_ref() {
        Some(kv::KvError::Locked { .. }) => {
            error.context("another process has this state folder; give each its own with --name")
        }
        _ => error,
    })?;
    if args.roles.contains(&Role::Materializer) {
        context.check_derived()?;
    }
    context.env.policy.rate = args.rate;
    let services = match opened.owner {
        None => serve(config, &opened, &context)?,
        Some(_) => serve_beside(config, &opened, &context, &args.roles)?,
    };
    let place = opened.owner.clone().unwrap_or_else(|| services.serving.endpoint.clone());
    let stop = run_loop::on_signal()?;
    telemetry::say!("run {}: {}; log at {}; Ctrl-C stops", run.id, names.join(", "), place);
    let closing = config.closing()?;
    let source = market.map(|(market, opened)| {
        Source::new(&context.env, market, opened, None).when_complete(closing)
    });
    let roles = args.roles.iter().filter(|role| **role != Role::Source);
    let roles = roles
        .map(|role| (*role, if role.by_partition() { args.instances.max(1) } else { 1 }))
        .collect();
    run_plan(
        &context.env,
        &Plan {
            roles,
            until: None,
            name: Some(args.name.clone().unwrap_or_else(|| default_name(&state))),
        },
        source,
        &stop,
        &mut |_| {},
    )?;
    tracing::info!("stopped");
    Ok(Found::Nothing)
}

/// Whether these terms open a run. Opening is said, never a side effect of starting a role: who starts the roles as
/// processes of their own would have it opened by whichever comes first.
fn may_open(config: &Config, terms: Terms) -> Result<()> {
    if terms.from.is_some() {
        return Ok(());
    }
    let (id, up) = (config.run(), config.command_line("up", config.run()));
    bail!(
        "run {id} is not open yet, and the role source does not open it by itself: open it with `{up}`, or give its first day here with --from DATE"
    )
}

/// A name that stays the same across starts and differs between hosts and between state folders.
fn default_name(state: &Path) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let folder = std::path::absolute(state).unwrap_or_else(|_| state.to_owned());
    let digest = schemas::id::sha256_hex(format!("{host}{}", folder.display()).as_bytes());
    digest[..8].to_owned()
}
