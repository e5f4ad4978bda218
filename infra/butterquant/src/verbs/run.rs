//! `run`: runs some of the roles until stopped.

use crate::exit::Found;
use crate::live_run::{live, market_of, serve};
use crate::market::Reads;
use ::run::config::Config;
use ::run::context::RunContext;
use ::run::data_dir;
use ::run::open_run::open_or_resume;
use ::run::{registration, run_loop};
use anyhow::Result;
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
    /// Instances of each role that works by partition
    #[arg(long, default_value_t = 1)]
    pub instances: u32,
    /// Name of this process among those that run the same roles; each name has a state folder of its
    /// own [default: derived from the host's name and the folder's path]
    #[arg(long)]
    pub name: Option<String>,
    /// Events that an instance processes per second, at most
    #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: Option<u32>,
}

/// Runs them until stopped. If another process owns the embedded log, they reach it over HTTP and keep
/// their state in a folder of their own.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
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
        let (source, mut market) =
            market_of(config, args.source.as_ref(), &opened, Reads::day(None))?;
        let wanted = live(config, source, &*market, None, 0)?;
        let begun = open_or_resume(&*opened.log, partitions, &mut *market, &wanted, &steps)?;
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
    if args.roles.contains(&Role::Materializer) {
        context.check_derived()?;
    }
    context.env.policy.rate = args.rate;
    let serving =
        if opened.owner.is_none() { Some(serve(config, &opened, &context)?) } else { None };
    let place = serving.as_ref().map(|serving| serving.endpoint.clone()).or(opened.owner.clone());
    let stop = run_loop::on_signal()?;
    eprintln!(
        "run {}: {}; log at {}; Ctrl-C stops",
        run.id,
        names.join(", "),
        place.unwrap_or_default()
    );
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
    Ok(Found::Nothing)
}

/// A name that stays the same across starts and differs between hosts and between state folders.
fn default_name(state: &Path) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let folder = std::path::absolute(state).unwrap_or_else(|_| state.to_owned());
    let digest = schemas::id::sha256_hex(format!("{host}{}", folder.display()).as_bytes());
    digest[..8].to_owned()
}
