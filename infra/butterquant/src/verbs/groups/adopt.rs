//! `groups adopt`: sets the committed offsets of groups to what their roles have decided, by their own events on the
//! log and the state that they have saved.

use crate::exit::Found;
use crate::owned_run::owned_run;
use crate::printer;
use anyhow::{Result, bail};
use report::tables;
use run::config::Config;
use schemas::role::Role;
use serde::Serialize;
use shell::instance::{Env, Instance};
use shell::offsets::{GroupOffsets, of_group};
use std::time::{Duration, Instant};

/// Arguments of `groups adopt`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Groups, by their roles: scanner, scorer, labeler, executor, broker, retrainer, materializer [default: all]
    pub groups: Vec<Role>,
}

/// How long a group may be another's: Kafka takes some seconds to forget a member that has ended.
const PATIENCE: Duration = Duration::from_secs(60);

/// After this the wait is said.
const SOON: Duration = Duration::from_secs(3);

/// A group and the offsets that were set.
#[derive(Serialize)]
struct Adopted {
    group: &'static str,
    set: Vec<Set>,
}

#[derive(Serialize)]
struct Set {
    place: String,
    before: Option<u64>,
    after: Option<u64>,
}

/// Adopts them.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let context = owned_run(config)?;
    let wanted = |role: &Role| args.groups.is_empty() || args.groups.contains(role);
    let roles = Role::ALL.into_iter().filter(|role| !role.inputs().is_empty());
    let bar = printer::steps(config)?.counter("adopting");
    let mut adopted = Vec::new();
    for role in roles.filter(wanted) {
        bar.next(role.name());
        adopted.push(adopt(&context.env, role)?);
    }
    bar.done("");
    printer::show(config.output()?, &adopted, |adopted| {
        let rows = adopted.iter().map(|one| {
            let example = one.set.first().map(|set| {
                let offset = |at: Option<u64>| at.map_or("none".to_owned(), |at| at.to_string());
                format!("{}: {} → {}", set.place, offset(set.before), offset(set.after))
            });
            vec![one.group.to_owned(), one.set.len().to_string(), tables::or_dash(example, |it| it)]
        });
        printer::line(tables::table(&["group", "offsets set>", "the first"], rows));
    })?;
    Ok(Found::Nothing)
}

fn adopt(env: &Env, role: Role) -> Result<Adopted> {
    let before = of_group(&*env.log, role, env.partitions)?;
    let mut instance = Instance::join(env, role, "adopting")?;
    let began = Instant::now();
    let mut said = false;
    loop {
        match instance.adopt() {
            Ok(true) => break,
            Ok(false) => {}
            Err(error) if error.passing() => tracing::debug!("{error}"),
            Err(error) => return Err(error.into()),
        }
        if began.elapsed() > SOON && !said {
            said = true;
            eprintln!(
                "group {role} still has another member: waiting up to {} s for Kafka to forget one that has ended",
                PATIENCE.as_secs()
            );
        }
        if began.elapsed() > PATIENCE {
            bail!(
                "group {role} does not give its partitions to this process within {} s: stop every process that runs the role, then try again",
                PATIENCE.as_secs()
            );
        }
    }
    instance.finish()?;
    let after = of_group(&*env.log, role, env.partitions)?;
    Ok(Adopted { group: role.name(), set: changed(before, after) })
}

fn changed(before: GroupOffsets, after: GroupOffsets) -> Vec<Set> {
    let both = before.into_iter().zip(after);
    let moved = both.filter(|((_, before), (_, after))| before != after);
    moved.map(|((tp, before), (_, after))| Set { place: tp.to_string(), before, after }).collect()
}
