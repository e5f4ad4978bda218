//! Why no engine could be chosen.

use std::path::PathBuf;

/// Why no engine could be chosen.
#[derive(thiserror::Error, Debug, Clone, PartialEq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what each field is")]
pub enum EngineError {
    #[error(
        "no ONNX Runtime library at {} (named by {source_name}): correct it, or leave it out to \
         score with one that is found",
        path.display()
    )]
    NoLibraryThere { source_name: String, path: PathBuf },
    #[error(
        "the ONNX Runtime library {} cannot be used: {problem}; name another (1.24 or newer), or \
         leave it out to score with one that is found",
        path.display()
    )]
    BrokenLibrary { path: PathBuf, problem: String },
    #[error(
        "this process has already loaded the ONNX Runtime library {}, and {} was asked for: \
         start again to change it",
        loaded.display(), asked.display()
    )]
    OtherLibraryLoaded { loaded: PathBuf, asked: PathBuf },
    #[error(
        "--provider cuda was asked for, but no usable GPU was found: {problem}. It needs an NVIDIA \
         driver, CUDA and cuDNN 9 on the library path and the GPU build of ONNX Runtime \
         (`butterquant setup onnxruntime --cuda` fetches it); --provider auto scores without"
    )]
    NoGpu { problem: String },
}
