//! `butterquant`: every role and every verb in one program.
//!
//! Exit codes: 0 fine, 1 found something (a difference, an unsound configuration), 2 could not
//! run.

mod account;
mod answers;
mod audit;
mod cli;
mod config;
mod digest;
mod drive;
mod engine;
mod home;
mod metrics;
mod out;
mod paper;
mod picture;
mod plain;
mod prepare;
mod progress;
mod registry;
mod report;
mod scales;
mod secrets;
mod serve;
mod sink;
mod standing;
mod study;
mod trial;
mod verbs;

use clap::Parser;
use std::process::ExitCode;

/// Events are many small allocations, made in one thread and freed in another, which the system's
/// allocator spends a third of a scorer's time on.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let level = std::env::var("BUTTERQUANT_LOG_LEVEL").unwrap_or_else(|_| "warn".to_owned());
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(level))
        .with_writer(std::io::stderr)
        .init();
    match verbs::run(cli) {
        Ok(verbs::Found::Nothing) => ExitCode::SUCCESS,
        Ok(verbs::Found::Something) => ExitCode::from(1),
        Err(error) => {
            let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
            eprintln!("butterquant: {}", causes.join(": "));
            ExitCode::from(2)
        }
    }
}
