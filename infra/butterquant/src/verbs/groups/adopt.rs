//! `groups adopt`: sets the committed offsets of groups to what their roles have decided, by their own events on the
//! log and the state that they have saved.

use crate::exit::Found;
use crate::owned_run::owned_run;
use crate::printer;
use anyhow::{Result, anyhow, bail};
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
const SOON: Duration = Duration::from_secs(8);

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
    let roles = Role::ALL.into_iter().filter(|role| !role.inputs().is_empty()).filter(wanted);
    let roles: Vec<Role> = roles.collect();
    let adopted = printer::steps(config)?.during("adopting", || all(&context.env, &roles))?;
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

/// All at the same time: Kafka takes some seconds to give a new member its partitions.
fn all(env: &Env, roles: &[Role]) -> Result<Vec<Adopted>> {
    std::thread::scope(|scope| {
        let adopting: Vec<_> =
            roles.iter().map(|role| scope.spawn(move || adopt(env, *role))).collect();
        let panicked = |_| Err(anyhow!("a group was not adopted, see above; report the message"));
        adopting.into_iter().map(|of| of.join().unwrap_or_else(panicked)).collect()
    })
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
            telemetry::say!(
                "group {role}: waiting for its partitions, up to {} s; Kafka may have to forget a member that has ended",
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
