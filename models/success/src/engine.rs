//! Which engine scores, and why: ONNX Runtime on a GPU, ONNX Runtime on the CPU, or candle.
//!
//! Nothing is guessed. A library counts only after a session on it has scored a row, and a
//! GPU only after every step of a model has run there; [`Engine::explain`] says what was found,
//! and how to get more.

use crate::candle_scorer::CandleScorer;
use crate::engine_error::EngineError;
use crate::layers::Layers;
use crate::library::{Candidates, candidates};
use crate::model::{Model, ModelError, Scorer, opened};
use crate::onnx;
use crate::ort_scorer::{OrtScorer, Place, load_library, loaded, profiled};
use crate::placement::PlacedStep;
use schemas::contract::FEATURES;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The provider that the operator asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ProviderChoice {
    /// A working GPU, else the CPU.
    #[default]
    Auto,
    /// A GPU, or an error.
    Cuda,
    /// The CPU.
    Cpu,
    /// candle, whether ONNX Runtime is there or not.
    Candle,
}

const ON_CUDA: &str = "onnxruntime-cuda";
const ON_CPU: &str = "onnxruntime-cpu";
const BY_CANDLE: &str = "candle-cpu";

impl ProviderChoice {
    /// The choice that leads to the provider of this name; see [`Engine::provider`].
    pub fn named(provider: &str) -> Option<ProviderChoice> {
        match provider {
            ON_CUDA => Some(ProviderChoice::Cuda),
            ON_CPU => Some(ProviderChoice::Cpu),
            BY_CANDLE => Some(ProviderChoice::Candle),
            _ => None,
        }
    }
}

/// A chosen engine; cheap to clone.
#[derive(Clone, Debug)]
pub struct Engine(Arc<Chosen>);

#[derive(Debug)]
struct Chosen {
    place: Option<Place>,
    explanation: String,
}

impl Engine {
    /// Looks for an ONNX Runtime library (`library`, then the variables
    /// `BUTTERQUANT_ONNXRUNTIME` and `ORT_DYLIB_PATH`, then the folders `search`), tries it,
    /// and chooses. If none is found, `Auto` and `Cpu` choose candle and say so; `Candle` looks for none.
    ///
    /// A process loads one library for its lifetime; later calls use the same one.
    pub fn discover(
        choice: ProviderChoice,
        library: Option<&Path>,
        search: &[PathBuf],
    ) -> Result<Engine, EngineError> {
        if choice == ProviderChoice::Candle {
            return Ok(Engine::candle());
        }
        let variable = |name: &str| {
            std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
        };
        let found = candidates(library, variable, search)?;
        match first_usable(&found)? {
            Ok(path) => on_library(choice, &path),
            Err(problem) if choice == ProviderChoice::Cuda => Err(EngineError::NoGpu { problem }),
            Err(problem) => Ok(candle_because(&problem)),
        }
    }

    /// The engine that needs nothing installed.
    pub fn candle() -> Engine {
        let explanation = "candle scores on the CPU, as it was asked to.".to_owned();
        Engine(Arc::new(Chosen { place: None, explanation }))
    }

    /// `onnxruntime-cuda`, `onnxruntime-cpu` or `candle-cpu`.
    pub fn provider(&self) -> &str {
        match self.0.place {
            Some(Place::Cuda) => ON_CUDA,
            Some(Place::Cpu) => ON_CPU,
            None => BY_CANDLE,
        }
    }

    /// Why this engine was chosen, and how to get ONNX Runtime if it is not used.
    pub fn explain(&self) -> &str {
        &self.0.explanation
    }

    /// Loads a model from its ONNX bytes. Damaged, foreign or misshapen bytes are an error.
    pub fn load(&self, onnx: &[u8]) -> Result<Model, ModelError> {
        Model::load(onnx, |layers, bytes| {
            let scorer = match self.0.place {
                Some(place) => OrtScorer::new(bytes, place).map(Scorer::Ort),
                None => CandleScorer::new(layers).map(Scorer::Candle).map_err(|e| e.to_string()),
            };
            let engine = self.provider().to_owned();
            scorer.map_err(|problem| ModelError::Engine { engine, problem })
        })
    }

    /// The provider of each step of a model, found by running it; ONNX Runtime writes its profile
    /// into `folder`, and it is removed afterwards.
    ///
    /// # Errors
    /// The bytes are not a usable model, or the engine cannot run or profile it.
    pub fn placement(&self, onnx: &[u8], folder: &Path) -> Result<Vec<PlacedStep>, ModelError> {
        let (layers, _) = opened(onnx)?;
        let Some(place) = self.0.place else {
            let step = |(operator, _, output): (&str, Vec<String>, String)| PlacedStep {
                node: format!("{}_{output}", operator.to_lowercase()),
                operator: operator.to_owned(),
                provider: "candle".to_owned(),
            };
            return Ok(onnx::steps(layers.dense.len()).into_iter().map(step).collect());
        };
        let engine = self.provider().to_owned();
        profiled(onnx, place, folder).map_err(|problem| ModelError::Engine { engine, problem })
    }
}

/// The library to use; the inner error is the reason for having none.
fn first_usable(found: &Candidates) -> Result<Result<PathBuf, String>, EngineError> {
    if let Some(loaded) = loaded() {
        let same = |path: &PathBuf| path.canonicalize().ok() == loaded.canonicalize().ok();
        return match found.paths.first() {
            Some(asked) if found.wished && !found.paths.iter().any(same) => {
                Err(EngineError::OtherLibraryLoaded { loaded, asked: asked.clone() })
            }
            _ => Ok(Ok(loaded)),
        };
    }
    let mut problems = Vec::new();
    for path in &found.paths {
        match load_library(path) {
            Ok(()) => return Ok(Ok(path.clone())),
            Err(problem) if found.wished && found.paths.len() == 1 => {
                return Err(EngineError::BrokenLibrary { path: path.clone(), problem });
            }
            Err(problem) => problems.push(format!("{}: {problem}", path.display())),
        }
    }
    match found.paths.first() {
        Some(path) if found.wished => {
            Err(EngineError::BrokenLibrary { path: path.clone(), problem: problems.join("; ") })
        }
        Some(_) => Ok(Err(format!("no library found works ({})", problems.join("; ")))),
        None => Ok(Err("no ONNX Runtime library was found".into())),
    }
}

fn on_library(choice: ProviderChoice, path: &Path) -> Result<Engine, EngineError> {
    let gpu = match choice {
        ProviderChoice::Auto | ProviderChoice::Cuda => probe(Place::Cuda),
        ProviderChoice::Cpu | ProviderChoice::Candle => Err("the CPU was asked for".to_owned()),
    };
    let shown = path.display();
    let (place, explanation) = match gpu {
        Ok(()) => (
            Place::Cuda,
            format!("ONNX Runtime scores on the GPU: a trial model ran on it whole ({shown})."),
        ),
        Err(problem) if choice == ProviderChoice::Cuda => {
            return Err(EngineError::NoGpu { problem: gpu_problem(&problem).to_owned() });
        }
        Err(problem) => {
            if let Err(problem) = probe(Place::Cpu) {
                return Err(EngineError::BrokenLibrary { path: path.to_owned(), problem });
            }
            let why = gpu_problem(&problem);
            (Place::Cpu, format!("ONNX Runtime scores on the CPU ({shown}); no GPU: {why}."))
        }
    };
    Ok(Engine(Arc::new(Chosen { place: Some(place), explanation })))
}

/// Scores one row with a synthetic model.
fn probe(place: Place) -> Result<(), String> {
    let scorer = OrtScorer::new(&onnx::encode(&Layers::probe(), &[]), place)?;
    scorer.probabilities(&[[0.5; FEATURES]]).map(|_| ())
}

fn candle_because(problem: &str) -> Engine {
    let explanation = format!(
        "candle scores on the CPU with the same weights: {}. To use ONNX Runtime, fetch it with \
         `butterquant setup onnxruntime`, or set BUTTERQUANT_ONNXRUNTIME to a libonnxruntime.so (1.24 or newer) or its \
         folder.",
        first_line(problem)
    );
    Engine(Arc::new(Chosen { place: None, explanation }))
}

fn first_line(problem: &str) -> &str {
    problem.lines().next().unwrap_or_default().trim_end_matches('.')
}

/// The useful part of ONNX Runtime's GPU errors, which begin with C++ signatures and end with its
/// own source lines.
fn gpu_problem(problem: &str) -> &str {
    let line = first_line(problem);
    let failure = line.find("CUDA failure").map(|at| &line[at..]);
    failure.and_then(|failure| failure.split(';').next()).unwrap_or(line).trim_end()
}

#[cfg(test)]
mod tests {
    use super::gpu_problem;

    #[test]
    fn of_a_gpu_error_the_part_that_helps_is_shown() {
        // As ONNX Runtime 1.31 words it, shortened.
        let text = "/src/cuda_call.cc:154 std::conditional_t<THRW, void> CudaCall(ERRTYPE) CUDA \
                    failure 100: no CUDA-capable device is detected ; GPU=-1 ; hostname=vm ; \
                    file=/src/cuda_execution_provider.cc";
        assert_eq!(gpu_problem(text), "CUDA failure 100: no CUDA-capable device is detected");
        assert_eq!(gpu_problem("it was built without CUDA.\nmore"), "it was built without CUDA");
    }
}
