//! Alerts by a command: a shell starts it with the alert as JSON on its standard input and in its environment.

use super::channel::{Carrier, NotDelivered};
use super::notice::Notice;
use run::config::AlertShape;
use rustix::process::{Pid, Signal, kill_process_group};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The longest that the command may run.
const PATIENCE: Duration = Duration::from_secs(30);

/// A command.
pub(super) struct AlertCommand {
    line: String,
    patience: Duration,
}

impl AlertCommand {
    pub(super) fn new(line: &str) -> AlertCommand {
        AlertCommand { line: line.to_owned(), patience: PATIENCE }
    }

    /// Its end; with all it started it is killed where that takes too long.
    fn end_of(&self, child: &mut Child) -> std::io::Result<Option<ExitStatus>> {
        let begun = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(Some(status));
            }
            if begun.elapsed() > self.patience {
                if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
                    let _ = kill_process_group(group, Signal::KILL); // it may have ended in between
                }
                child.wait()?;
                return Ok(None);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Carrier for AlertCommand {
    fn name(&self) -> &'static str {
        "command"
    }

    fn carry(&self, notice: &Notice) -> Result<(), NotDelivered> {
        let failed = |why: String| NotDelivered { why, again: true };
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(&self.line).envs(notice.variables()).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let started = command.spawn().map_err(|error| failed(format!("no shell starts: {error}")));
        let mut child = started?;
        if let Some(mut input) = child.stdin.take() {
            // A notice fits into a pipe; a command that does not read it has its variables.
            let _ = writeln!(input, "{}", notice.body(AlertShape::Json));
        }
        match self.end_of(&mut child) {
            Ok(Some(status)) if status.success() => Ok(()),
            Ok(Some(status)) => Err(failed(format!("it ended with {status}"))),
            Ok(None) => {
                let seconds = self.patience.as_secs();
                Err(NotDelivered {
                    why: format!("it ran longer than {seconds} s and was ended"),
                    again: false,
                })
            }
            Err(error) => Err(failed(format!("its end is not known: {error}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::notice::AlertStatus;
    use super::*;
    use api::conditions::Condition;
    use run::config::Severity;
    use serde_json::Value;

    fn notice() -> Notice {
        let condition = Condition {
            key: "dead-letters".to_owned(),
            severity: Severity::Warn,
            summary: "2 dead letters; \"quoted\" $HOME".to_owned(),
            detail: String::new(),
            remedy: String::new(),
        };
        Notice::new(AlertStatus::Raised, condition, "live", (0, 0))
    }

    #[test]
    fn it_reads_json_and_variables() {
        let folder = tempfile::tempdir().unwrap();
        let (read, env) = (folder.path().join("read"), folder.path().join("env"));
        let line =
            format!("cat > {}; printf %s \"$ALERT_SUMMARY\" > {}", read.display(), env.display());
        AlertCommand::new(&line).carry(&notice()).unwrap();
        let json: Value = serde_json::from_slice(&std::fs::read(read).unwrap()).unwrap();
        assert_eq!((&json["key"], &json["status"]), (&"dead-letters".into(), &"raised".into()));
        assert_eq!(std::fs::read_to_string(env).unwrap(), notice().condition.summary);
    }

    #[test]
    fn one_that_fails_or_hangs_is_named_and_ended_with_all_it_started() {
        let failed = AlertCommand::new("exit 3").carry(&notice()).unwrap_err();
        assert!(failed.again && failed.why.contains('3'), "{failed:?}");
        let folder = tempfile::tempdir().unwrap();
        let pid = folder.path().join("pid");
        let line = format!("sleep 60 & echo $! > {}; wait", pid.display());
        let patience = Duration::from_millis(300);
        let begun = Instant::now();
        let hung = AlertCommand { line, patience }.carry(&notice()).unwrap_err();
        assert!(!hung.again && begun.elapsed() < Duration::from_secs(20), "{hung:?}");
        let pid = std::fs::read_to_string(pid).unwrap();
        let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
        assert!(state.is_err() || state.unwrap().contains(") Z "), "the child goes on");
    }
}
