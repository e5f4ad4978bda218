//! `setup`: fetches ONNX Runtime, with the user's consent, and proves that it works.

use super::Found;
use crate::cli::{SetupArgs, SetupWhat};
use crate::config::Config;
use crate::{engine, out};
use anyhow::{Context, Result, bail};
use serde_json::json;
use std::io::{IsTerminal, Write};

/// Fetches it into the data folder.
pub fn setup(config: &Config, args: &SetupArgs) -> Result<Found> {
    let SetupWhat::Onnxruntime = args.what;
    let folder = config.data_dir().join("onnxruntime");
    let (package, size) = if args.cuda {
        ("onnxruntime-gpu", "about 300 MB")
    } else {
        ("onnxruntime", "about 20 MB")
    };
    if !args.yes
        && !consents(&format!(
            "Download {package} ({size}) from PyPI with pip into {}?",
            folder.display()
        ))?
    {
        out::line("nothing was fetched; candle goes on scoring with the same weights");
        return Ok(Found::Nothing);
    }
    std::fs::create_dir_all(&folder).with_context(|| {
        format!("{} cannot be made; choose another folder with --data-dir", folder.display())
    })?;
    let library = success::fetch_onnxruntime(&folder, args.cuda, &mut |step| eprintln!("{step}"))?;
    let engine = engine::engine(config).context("it was fetched but cannot be used")?;
    let shown =
        json!({ "library": library, "provider": engine.provider(), "reason": engine.explain() });
    out::show(config.output()?, &shown, |_| {
        out::line(format!(
            "scores are computed by {} now: {}",
            engine.provider(),
            engine.explain()
        ));
    })?;
    Ok(if engine.provider().starts_with("onnxruntime") { Found::Nothing } else { Found::Something })
}

fn consents(question: &str) -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!("nobody can be asked here; add --yes to agree: {question}");
    }
    eprint!("{question} [y/N] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
