//! A model run by ONNX Runtime, whose library is loaded at run time.
//!
//! On the CPU a session has one thread: on one thread the scores were bit-equal at batch 1
//! to 4,096. Each session verifies that when it starts; if it does not hold, rows run in blocks
//! of one fixed height, the last one padded. On a GPU they always do, because it chooses its kernels
//! by height: on an H100 one row had five different results at heights 1 to 8,192. Memory patterns
//! stay on: heights are few, and a single row takes a sixth less time.

use crate::library::check_whole;
use crate::onnx::{INPUT, OUTPUT};
use crate::placement::{self, PlacedStep};
use ort::environment::Environment;
use ort::ep::CUDA;
use ort::logging::LogLevel;
use ort::session::builder::GraphOptimizationLevel;
use ort::session::{HasSelectedOutputs, OutputSelector, RunOptions, Session};
use ort::value::{Tensor, TensorRef};
use schemas::contract::{CLASSES, FEATURES};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

const BLOCK: usize = 64;
/// On an H100 a run took the same time at 64 to 512 rows (119 µs a network, 49 to 54 µs a logistic
/// model). The scorer takes at most 256 events together, so one run suffices.
const GPU_BLOCK: usize = 512;

/// The library of this process: ONNX Runtime allows one for its lifetime.
static LOADED: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);

/// Where a session computes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    Cpu,
    Cuda,
}

/// An open session.
pub(crate) struct OrtScorer {
    session: Mutex<(Session, Option<Single>)>,
    /// Height of the blocks; none if all rows may run at once.
    block: Option<usize>,
}

/// Buffers for a run of one row, created once: creating them for every run costs as much as the
/// network.
struct Single {
    input: Tensor<f32>,
    options: RunOptions<HasSelectedOutputs>,
}

impl Single {
    fn new() -> ort::Result<Single> {
        let output = Tensor::from_array(([1, CLASSES], vec![0.0f32; CLASSES]))?;
        let outputs = OutputSelector::default().preallocate(OUTPUT, output);
        Ok(Single {
            input: Tensor::from_array(([1, FEATURES], vec![0.0f32; FEATURES]))?,
            options: RunOptions::new()?.with_outputs(outputs),
        })
    }
}

/// The path of the library this process has loaded, if any.
pub(crate) fn loaded() -> Option<PathBuf> {
    let slot = LOADED.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    slot.as_ref().map(|(path, _)| path.clone())
}

/// Loads a library for the whole process, or says why it cannot be used. A panic inside `ort` (no
/// usable interface) is caught: a probe never ends the program.
pub(crate) fn load_library(path: &Path) -> Result<(), String> {
    let mut slot = LOADED.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if slot.is_some() {
        return Ok(());
    }
    check_whole(path)?;
    let attempt = || -> Result<Environment, String> {
        let builder = ort::init_from(path).map_err(explain)?;
        let environment =
            builder.with_telemetry(false).build().map_err(|error| error.to_string())?;
        environment.set_log_level(LogLevel::Fatal);
        Ok(environment)
    };
    let environment = std::panic::catch_unwind(attempt)
        .unwrap_or_else(|_| Err("it lacks the interface that ort needs".into()))?;
    *slot = Some((path.to_owned(), environment));
    Ok(())
}

/// The system loader's message is the useful part; `ort` shows only that it failed.
fn explain(error: ort::LoadDynamicError) -> String {
    match &error {
        ort::LoadDynamicError::Dlopen { error, .. } => {
            std::error::Error::source(error).map_or_else(|| error.to_string(), |s| s.to_string())
        }
        _ => error.to_string(),
    }
}

impl OrtScorer {
    /// Opens a session. On `Cuda` every step must run on the GPU, else it is an error: without
    /// that check ONNX Runtime silently falls back to the CPU.
    pub(crate) fn new(onnx: &[u8], place: Place) -> Result<OrtScorer, String> {
        let session = open(onnx, place, None)?;
        let single = (place == Place::Cpu).then(Single::new).transpose();
        let single = single.map_err(|error| error.to_string())?;
        let block = if place == Place::Cuda { GPU_BLOCK } else { BLOCK };
        let mut scorer = OrtScorer { session: Mutex::new((session, single)), block: Some(block) };
        if place == Place::Cpu && scorer.is_even()? {
            scorer.block = None;
        }
        Ok(scorer)
    }

    /// Whether synthetic rows score the same bits alone and together.
    fn is_even(&self) -> Result<bool, String> {
        let rows: Vec<[f32; FEATURES]> = (0..67)
            .map(|r| std::array::from_fn(|f| ((r * 31 + f * 17) % 101) as f32 / 50.0 - 1.0))
            .collect();
        let bits = |scores: Vec<[f32; CLASSES]>| scores.as_flattened().to_vec();
        let together = bits(self.run(&rows)?);
        for height in [1, 2, 3, 5, 16, 33] {
            let mut apart = Vec::new();
            for part in rows.chunks(height) {
                apart.extend(bits(self.run(part)?));
            }
            if apart.iter().map(|p| p.to_bits()).ne(together.iter().map(|p| p.to_bits())) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Class probabilities, one array per row.
    pub(crate) fn probabilities(
        &self,
        rows: &[[f32; FEATURES]],
    ) -> Result<Vec<[f32; CLASSES]>, String> {
        let Some(height) = self.block else { return self.run(rows) };
        let mut scores = Vec::with_capacity(rows.len());
        for part in rows.chunks(height) {
            let mut block = part.to_vec();
            block.resize(height, [0.0; FEATURES]);
            scores.extend(self.run(&block)?.into_iter().take(part.len()));
        }
        Ok(scores)
    }

    fn run(&self, rows: &[[f32; FEATURES]]) -> Result<Vec<[f32; CLASSES]>, String> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let text = |error: ort::Error| error.to_string();
        // A panic elsewhere cannot leave a session half-changed, so a poisoned lock is usable.
        let mut held = self.session.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let (session, single) = &mut *held;
        let outputs = match (rows, single) {
            ([row], Some(single)) => {
                single.input.extract_tensor_mut().1.copy_from_slice(row);
                let input = ort::inputs![single.input.view()];
                session.run_with_options(input, &single.options).map_err(text)?
            }
            _ => {
                let shape = [rows.len(), FEATURES];
                let input = TensorRef::from_array_view((shape, rows.as_flattened()));
                session.run(ort::inputs![INPUT => input.map_err(text)?]).map_err(text)?
            }
        };
        let output = outputs.get(OUTPUT).ok_or("the session has no output of that name")?;
        let (_, values) = output.try_extract_tensor::<f32>().map_err(text)?;
        Ok(values.as_chunks::<CLASSES>().0.to_vec())
    }
}

/// The provider of each step of a model: a separate session runs two rows and writes its profile.
pub(crate) fn profiled(
    onnx: &[u8],
    place: Place,
    folder: &Path,
) -> Result<Vec<PlacedStep>, String> {
    let prefix = folder.join(format!("profile-{}", std::process::id()));
    let session = open(onnx, place, Some(&prefix))?;
    let scorer = OrtScorer { session: Mutex::new((session, None)), block: None };
    scorer.run(&placement::ROWS)?;
    let held = scorer.session.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    let mut session = held.0;
    let written = session.end_profiling().map_err(|error| error.to_string())?;
    let steps = placement::steps(Path::new(&written));
    // A file left behind only costs disk space.
    let _ = std::fs::remove_file(&written);
    steps
}

fn open(onnx: &[u8], place: Place, profile: Option<&Path>) -> Result<Session, String> {
    let environment = {
        let slot = LOADED.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let loaded = slot.as_ref().map(|(_, environment)| environment.clone());
        loaded.ok_or("no library is loaded")?
    };
    let build = || -> ort::Result<Session> {
        let mut builder = Session::builder(&environment)?
            .with_intra_threads(1)?
            .with_inter_threads(1)?
            .with_intra_op_spinning(false)?
            .with_optimization_level(GraphOptimizationLevel::All)?;
        if let Some(profile) = profile {
            builder = builder.with_profiling(profile)?;
        }
        if place == Place::Cuda {
            let cuda = CUDA::default().with_tf32(false).build().error_on_failure();
            builder = builder.with_execution_providers([cuda])?.with_disable_cpu_fallback()?;
        }
        builder.commit_from_memory(onnx)
    };
    build().map_err(|error| error.to_string())
}
