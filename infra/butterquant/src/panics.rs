//! A panic is a defect of this program: it is said in one sentence, and the process ends as one that could
//! not run. With -vv its backtrace is shown as well.

use anyhow::{Result, anyhow};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use telemetry::Verbosity;

/// Replaces the report of the language, which is for those who write programs.
pub(crate) fn say_in_a_sentence(verbosity: Verbosity) {
    let in_full = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if verbosity == Verbosity::Debug {
            in_full(info);
        } else if !info.location().is_some_and(|at| kv::is_own_panic(at.file())) {
            telemetry::say!("butterquant: {}", sentence(info));
        }
    }));
}

fn sentence(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text =
        text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no reason given");
    let text = text.lines().next().unwrap_or_default();
    let at = info.location().map(|at| format!(" at {}:{}", at.file(), at.line()));
    format!("a defect of this program: {text}{}", at.unwrap_or_default())
}

/// Calls `work`; a panic in it is an error.
pub(crate) fn as_error<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(anyhow!(
            "it gave up, see above; please report that line. Nothing that was acknowledged is lost; `butterquant doctor` examines the run"
        ))
    })
}
