//! `alerts test`: sends a test alert, once. Exit code 1 when it does not arrive everywhere.

use crate::exit::Found;
use crate::printer;
use anyhow::{Result, ensure};
use api::conditions::Condition;
use api::monitor::now_ms;
use run::config::{Config, Severity};
use serde::Serialize;
use server::alerts::{AlertStatus, Notice, carriers};

/// How a test went.
#[derive(Serialize)]
struct Tried {
    channel: &'static str,
    arrived: bool,
    /// Why it did not arrive.
    problem: Option<String>,
}

/// Sends it.
pub(crate) fn run(config: &Config) -> Result<Found> {
    let (settings, run) = (config.alerts()?, config.this_run()?);
    ensure!(
        settings.is_sent(),
        "alerts go to nobody: set alerts.webhook or alerts.command, in butterquant.toml under [alerts] or as BUTTERQUANT_ALERTS_WEBHOOK"
    );
    let condition = Condition {
        key: "test".to_owned(),
        severity: Severity::Warn,
        summary: "a test: alerts of this run arrive here".to_owned(),
        detail: "nothing has happened; somebody ran `butterquant alerts test`".to_owned(),
        remedy: "nothing is to be done".to_owned(),
    };
    let now = now_ms();
    let notice = Notice::new(AlertStatus::Test, condition, &run.id, (now, now));
    let tried = carriers(&settings).into_iter().map(|carrier| {
        let problem = carrier.carry(&notice).err().map(|failed| failed.why);
        Tried { channel: carrier.name(), arrived: problem.is_none(), problem }
    });
    let tried: Vec<Tried> = tried.collect();
    printer::show(config.output()?, &tried, |tried| {
        for Tried { channel, problem, .. } in tried {
            let how = problem
                .as_ref()
                .map_or_else(|| "arrived".to_owned(), |why| format!("did not arrive: {why}"));
            printer::line(format!("{channel}: {how}"));
        }
    })?;
    Ok(if tried.iter().all(|one| one.arrived) { Found::Nothing } else { Found::Something })
}
