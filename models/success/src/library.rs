//! Where an ONNX Runtime library may lie, in the order of the search.
//!
//! 1. the path given on the command line,
//! 2. `BUTTERQUANT_ONNXRUNTIME`,
//! 3. `ORT_DYLIB_PATH`,
//! 4. the folders given by the program (the data folder's `onnxruntime/`).
//!
//! The first three are explicit: a missing library is an error there, not a reason to search on.

use crate::engine_error::EngineError;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Environment variables that name a library or its folder, first wins.
pub(crate) const VARIABLES: [&str; 2] = ["BUTTERQUANT_ONNXRUNTIME", "ORT_DYLIB_PATH"];

/// Libraries to try, best first, and whether they were asked for explicitly.
#[derive(Debug, PartialEq)]
pub(crate) struct Candidates {
    pub(crate) paths: Vec<PathBuf>,
    pub(crate) wished: bool,
}

/// Searches in the order above; `variable` reads the environment.
pub(crate) fn candidates(
    explicit: Option<&Path>,
    variable: impl Fn(&str) -> Option<PathBuf>,
    search: &[PathBuf],
) -> Result<Candidates, EngineError> {
    let named = VARIABLES.iter().filter_map(|name| variable(name).map(|path| (*name, path)));
    let wishes = explicit.map(|path| ("the library asked for", path.to_owned()));
    if let Some((source, path)) = wishes.into_iter().chain(named).next() {
        let paths = inside(&path);
        if paths.is_empty() {
            return Err(EngineError::NoLibraryThere { source_name: source.to_owned(), path });
        }
        return Ok(Candidates { paths, wished: true });
    }
    let folders = search.iter().flat_map(|folder| [folder.clone(), folder.join("onnxruntime")]);
    Ok(Candidates { paths: folders.flat_map(|folder| inside(&folder)).collect(), wished: false })
}

/// A file itself; of a folder the libraries in it and in its `capi` folder, newest first.
fn inside(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let mut found: Vec<(Vec<u32>, PathBuf)> = [path.to_owned(), path.join("capi")]
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|file| file.is_file())
        .filter_map(|file| {
            let name = file.file_name()?.to_str()?;
            is_library(name).then(|| (version(name), file.clone()))
        })
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, file)| file).collect()
}

/// `libonnxruntime.so`, `libonnxruntime.so.1.24.2`, `libonnxruntime.1.24.2.dylib` or
/// `onnxruntime.dll`, but none of the `libonnxruntime_providers_…` beside them.
pub(crate) fn is_library(name: &str) -> bool {
    if name == "onnxruntime.dll" {
        return true;
    }
    let Some(rest) = name.strip_prefix("libonnxruntime.") else { return false };
    rest == "so" || rest.starts_with("so.") || rest.ends_with("dylib")
}

/// Whether a Linux library has all the bytes that its own header promises.
///
/// Loading a truncated library ends the program with a bus error, which nothing can catch; so the
/// check comes first. Files of other kinds are left to the system's loader.
pub(crate) fn check_whole(path: &Path) -> Result<(), String> {
    let mut head = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    file.take(4096).read_to_end(&mut head).map_err(|error| error.to_string())?;
    // 64-bit little-endian ELF: magic, class 2, data 1.
    if !head.starts_with(b"\x7fELF\x02\x01") {
        return Ok(());
    }
    let number = |at: usize, size: usize| -> u64 {
        let bytes = head.get(at..at + size).unwrap_or_default();
        bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
    };
    let table = number(32, 8) as usize;
    let (size, count) = (number(54, 2) as usize, number(56, 2) as usize);
    let segments = (0..count).map(|i| table.saturating_add(i * size)).filter(|at| *at < 4096);
    let promised = segments.map(|at| number(at + 8, 8).saturating_add(number(at + 32, 8))).max();
    match promised {
        Some(promised) if promised > length => {
            Err(format!("it is cut short: {length} bytes of at least {promised}"))
        }
        _ => Ok(()),
    }
}

/// The numbers in a library's name, so that 1.32 comes after 1.4.
fn version(name: &str) -> Vec<u32> {
    name.split('.').filter_map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for file in files {
            std::fs::write(folder.path().join(file), b"").expect("a file");
        }
        folder
    }

    #[test]
    fn the_newest_library_comes_first_and_providers_do_not_count() {
        let folder = folder(&[
            "libonnxruntime.so.1.4.0",
            "libonnxruntime.so.1.32.0",
            "libonnxruntime_providers_cuda.so",
            "readme.txt",
        ]);
        let found = candidates(None, |_| None, &[folder.path().to_owned()]).expect("candidates");
        let names: Vec<_> = found.paths.iter().filter_map(|path| path.file_name()).collect();
        assert_eq!(names, ["libonnxruntime.so.1.32.0", "libonnxruntime.so.1.4.0"]);
        assert!(!found.wished);
    }

    #[test]
    fn a_wish_goes_before_the_folders_and_an_empty_wish_is_an_error() {
        let full = folder(&["libonnxruntime.so"]);
        let empty = folder(&[]);
        let search = [full.path().to_owned()];
        let wish = |name: &str| (name == VARIABLES[1]).then(|| empty.path().to_owned());
        let error = candidates(None, wish, &search).expect_err("nothing there");
        assert!(error.to_string().contains(VARIABLES[1]), "{error}");
        let found = candidates(Some(full.path()), wish, &[]).expect("the explicit path wins");
        assert!(found.wished && found.paths.len() == 1);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_library_cut_short_is_found_out() {
        let folder = folder(&[]);
        let own = std::env::current_exe().expect("this test");
        check_whole(&own).expect("whole");
        let bytes = std::fs::read(own).expect("bytes");
        let cut = folder.path().join("libonnxruntime.so");
        std::fs::write(&cut, &bytes[..bytes.len() / 3]).expect("a file");
        assert!(check_whole(&cut).expect_err("cut").contains("cut short"));
        std::fs::write(&cut, &bytes[..40]).expect("a file");
        let _ = check_whole(&cut);
    }

    #[test]
    fn nothing_found_is_no_error_without_a_wish() {
        let found = candidates(None, |_| None, &["/nonexistent".into()]).expect("candidates");
        assert!(found.paths.is_empty());
    }
}
