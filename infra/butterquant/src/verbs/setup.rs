//! `setup`: downloads ONNX Runtime, with the user's consent, and checks that this very library works,
//! whatever library the configuration names. Exit code 1 if CUDA was requested and no GPU works.

use crate::consent::confirm;
use crate::exit::Found;
use crate::printer;
use anyhow::{Context, Result};
use run::config::Config;
use serde::Serialize;
use std::path::PathBuf;
use success::{Engine, EngineError, ProviderChoice};

/// Arguments of `setup`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Library to download
    #[arg(value_enum, default_value = "onnxruntime")]
    pub what: SetupWhat,
    /// Download the build for CUDA
    #[arg(long)]
    pub cuda: bool,
    /// Download without asking
    #[arg(short, long)]
    pub yes: bool,
}

/// A library that can be downloaded.
#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SetupWhat {
    /// ONNX Runtime, which scores fastest.
    Onnxruntime,
}

/// Downloads it into the data folder.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let SetupWhat::Onnxruntime = args.what;
    let folder = config.data_dir().join("onnxruntime");
    let (package, size) = if args.cuda {
        ("onnxruntime-gpu", "about 300 MB")
    } else {
        ("onnxruntime", "about 20 MB")
    };
    if !args.yes
        && !confirm(&format!(
            "Download {package} ({size}) from PyPI with pip into {}?",
            folder.display()
        ))?
    {
        printer::line("nothing was downloaded; candle keeps scoring, with the same weights");
        return Ok(Found::Nothing);
    }
    std::fs::create_dir_all(&folder).with_context(|| {
        format!("{} cannot be created; choose another folder with --data-dir", folder.display())
    })?;
    let library =
        success::fetch_onnxruntime(&folder, args.cuda, &mut |step| telemetry::say!("{step}"))?;
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
    /// The provider that ran a trial model with it, and the reason for that choice.
    provider: String,
    reason: String,
    /// Whether it works as requested.
    works: bool,
    /// A library named elsewhere, which takes precedence.
    used_instead: Option<PathBuf>,
}

/// The library that scoring would load, if it is not the one this process has just loaded.
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
            "CUDA was requested, but no GPU runs: the library needs an NVIDIA driver, CUDA and cuDNN 9 \
             on the library path (LD_LIBRARY_PATH); until then --provider auto scores on the CPU",
        );
    }
    if let Some(path) = &fetched.used_instead {
        printer::line(format!(
            "scoring still uses {}, which BUTTERQUANT_ONNXRUNTIME, ORT_DYLIB_PATH or the \
             configuration names; remove that setting to score with the downloaded library",
            path.display()
        ));
    }
}
