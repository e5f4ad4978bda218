//! `setup`: fetches ONNX Runtime, with the user's consent, and proves that what was fetched works:
//! that very library, whatever the configuration names. Exit code 1 where no GPU runs though CUDA
//! was asked for.

use crate::consent::ask;
use crate::exit::Found;
use crate::printer;
use anyhow::{Context, Result};
use run::config::Config;
use serde::Serialize;
use std::path::PathBuf;
use success::{Engine, EngineError, ProviderChoice};

/// Fetching libraries.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// What to fetch
    #[arg(value_enum, default_value = "onnxruntime")]
    pub what: SetupWhat,
    /// The library with CUDA
    #[arg(long)]
    pub cuda: bool,
    /// Fetch without asking
    #[arg(short, long)]
    pub yes: bool,
}

/// What can be fetched.
#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SetupWhat {
    /// The library that scores fastest.
    Onnxruntime,
}

/// Fetches it into the data folder.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let SetupWhat::Onnxruntime = args.what;
    let folder = config.data_dir().join("onnxruntime");
    let (package, size) = if args.cuda {
        ("onnxruntime-gpu", "about 300 MB")
    } else {
        ("onnxruntime", "about 20 MB")
    };
    if !args.yes
        && !ask(&format!(
            "Download {package} ({size}) from PyPI with pip into {}?",
            folder.display()
        ))?
    {
        printer::line("nothing was fetched; candle goes on scoring with the same weights");
        return Ok(Found::Nothing);
    }
    std::fs::create_dir_all(&folder).with_context(|| {
        format!("{} cannot be made; choose another folder with --data-dir", folder.display())
    })?;
    let library = success::fetch_onnxruntime(&folder, args.cuda, &mut |step| eprintln!("{step}"))?;
    let engine = Engine::discover(ProviderChoice::Auto, Some(&library), &[])
        .context("it was fetched but cannot be used")?;
    let fetched = Fetched {
        works: !args.cuda || engine.provider() == "onnxruntime-cuda",
        provider: engine.provider().to_owned(),
        reason: engine.explain().to_owned(),
        used_instead: named_elsewhere(config),
        library,
    };
    printer::show(config.output()?, &fetched, print)?;
    Ok(if fetched.works { Found::Nothing } else { Found::Something })
}

#[derive(Serialize)]
struct Fetched {
    library: PathBuf,
    /// What a trial model ran on with it, and why there.
    provider: String,
    reason: String,
    /// Whether it does what it was fetched for.
    works: bool,
    /// The library that is named elsewhere and goes before it.
    used_instead: Option<PathBuf>,
}

/// The library that scoring would load, where it is not the one this process has just loaded.
fn named_elsewhere(config: &Config) -> Option<PathBuf> {
    match config.scoring().ok()?.on(ProviderChoice::Auto).engine().err()?.downcast().ok()? {
        EngineError::OtherLibraryLoaded { asked: path, .. }
        | EngineError::NoLibraryThere { path, .. } => Some(path),
        _ => None,
    }
}

fn print(fetched: &Fetched) {
    printer::line(format!("{}: {}", fetched.provider, fetched.reason));
    if !fetched.works {
        printer::line(
            "CUDA was asked for and no GPU runs: the library needs an NVIDIA driver, CUDA and cuDNN 9 \
             on the library path (LD_LIBRARY_PATH); until then --provider auto scores on the CPU",
        );
    }
    if let Some(path) = &fetched.used_instead {
        printer::line(format!(
            "scoring goes on with {}, which BUTTERQUANT_ONNXRUNTIME, ORT_DYLIB_PATH or the \
             configuration names: leave that out to score with what was fetched",
            path.display()
        ));
    }
}
