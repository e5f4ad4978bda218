//! Other processes of this program.

use anyhow::{Context, Result, ensure};
use run::config::Config;
use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
use std::process::Command;

/// Another process of this program, configured like this one whatever the layers were. The values are passed in its
/// environment, because they include secrets.
pub(crate) fn like_this(config: &Config) -> Result<Command> {
    let program = std::env::current_exe().context("the path of this program is unknown")?;
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let known = name.to_str().is_some_and(|name| name.starts_with("BUTTERQUANT_"));
        if known && name != "BUTTERQUANT_LOG_LEVEL" {
            command.env_remove(name);
        }
    }
    command.args(["--config", "/dev/null"]);
    for (key, value) in config.pairs() {
        command.env(format!("BUTTERQUANT_{}", key.replace('.', "_").to_uppercase()), value);
    }
    Ok(command)
}

/// Lets this process end as soon as `parent`, which started it, has ended in whatever way: nobody would know of its work.
/// A run may end at any moment.
///
/// # Errors
/// The parent has ended already.
pub(crate) fn ends_with(parent: i32) -> Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL)).context("prctl")?;
    let now = getppid().map(Pid::as_raw_nonzero);
    ensure!(now.is_some_and(|now| now.get() == parent), "process {parent} has ended");
    Ok(())
}
