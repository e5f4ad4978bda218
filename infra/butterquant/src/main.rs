//! `butterquant`: every role and every verb in one program.
//!
//! Exit codes: 0 success, 1 the verb found what it looks for (a difference, an invalid
//! configuration) or was stopped before it was done, 2 it could not run.

mod arg_ranges;
mod backtest_period;
mod bench;
mod bounded_run;
mod changes;
mod child_process;
mod cli;
mod confirmed_moves;
mod consent;
mod dead_letters;
mod decided_again;
mod exit;
mod holding_cells;
mod live_run;
mod market;
mod models_on_log;
mod operator;
mod output_word;
mod owned_run;
mod panics;
mod printer;
mod read_run;
mod run_options;
mod schema_subject;
mod verbs;
mod version;

use clap::Parser;
use exit::Found;
use std::process::ExitCode;
use telemetry::Logging;

/// Events are many small allocations, made in one thread and freed in another. The system's allocator
/// took a third of a scorer's time for them.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// jemalloc's settings, which it looks for under this name: the roles are many threads that mostly wait, so what each
/// would keep for itself is most of the memory of a scan.
#[allow(unsafe_code, reason = "a name for the linker; nothing is called")]
#[unsafe(export_name = "_rjem_malloc_conf")]
static ALLOCATOR_SETTINGS: &[u8; 64] =
    b"narenas:1,dirty_decay_ms:1000,muzzy_decay_ms:0,tcache_max:32768\0";

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let filter = std::env::var("BUTTERQUANT_LOG_LEVEL").ok();
    telemetry::start_logging(Logging {
        verbosity: cli.common.verbosity(),
        filter: filter.as_deref(),
        format: cli.common.flags().log_format(),
        files: cli.verb.keeps_running(),
    });
    panics::say_in_a_sentence(cli.common.verbosity());
    if let Err(error) = web::raise_open_files_limit() {
        tracing::debug!("the limit of open files stays as it is: {error}");
    }
    let ended = panics::as_error(|| cli.run());
    let code = match ended {
        Ok(Found::Nothing) => ExitCode::SUCCESS,
        Ok(Found::Something) => ExitCode::from(1),
        Err(error) => {
            let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
            let said = cli.common.flags().onto_quoted(&causes.join(": "));
            if cli.verb.keeps_running() {
                tracing::info!("ended: {said}");
            }
            telemetry::say_failure(&format!("butterquant: {said}"));
            ExitCode::from(2)
        }
    };
    telemetry::flush();
    code
}
