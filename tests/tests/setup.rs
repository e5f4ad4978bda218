//! `setup onnxruntime` with real pip and wheels. Most tests build their wheels from the library at
//! hand, so that they need no network; one uses the package index itself.

#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

use serde_json::Value;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use tests::cli::{Ran, command, finish, run};
use tests::python::say;

/// Puts the Python of these tests first on the PATH: the program starts `python3`.
fn python() -> (OsString, OsString) {
    let python = std::env::var_os("BUTTERQUANT_PYTHON").unwrap_or_else(|| "python3".into());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let first = Path::new(&python).parent().map(Path::to_path_buf).unwrap_or_default();
    let folders = std::iter::once(first).chain(std::env::split_paths(&path));
    let folders = folders.filter(|folder| !folder.as_os_str().is_empty());
    (python, std::env::join_paths(folders).unwrap())
}

/// Reports what is missing, if anything; in CI nothing may be.
fn there<T>(found: Option<T>, missing: &str) -> Option<T> {
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{missing}");
        say(&format!("skipped: {missing}"));
    }
    found
}

fn pip() -> Option<()> {
    let asked = Command::new(python().0).args(["-m", "pip", "--version"]).output();
    let works = asked.is_ok_and(|output| output.status.success());
    there(works.then_some(()), "BUTTERQUANT_PYTHON (or python3) has no pip")
}

/// An ONNX Runtime library without CUDA to build wheels from.
fn library() -> Option<PathBuf> {
    pip()?;
    let found = std::env::var_os("BUTTERQUANT_ONNXRUNTIME").map(PathBuf::from);
    let found = found.filter(|path| path.is_file());
    there(found, "BUTTERQUANT_ONNXRUNTIME names no libonnxruntime.so to make a wheel of")
}

/// A folder with one wheel of `package` that holds `library`.
fn wheels(folder: &Path, package: &str, library: &[u8]) -> PathBuf {
    let name = package.replace('-', "_");
    let (content, wheels) = (folder.join("content"), folder.join("wheels"));
    let (capi, info) = ("onnxruntime/capi", format!("{name}-1.32.0.dist-info"));
    for folder in [&content.join(capi), &content.join(&info), &wheels] {
        std::fs::create_dir_all(folder).unwrap();
    }
    let metadata = format!("Metadata-Version: 2.1\nName: {package}\nVersion: 1.32.0\n");
    let wheel = "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: py3-none-any\n";
    let files = [
        (format!("{capi}/libonnxruntime.so.1.32.0"), library),
        (format!("{info}/METADATA"), metadata.as_bytes()),
        (format!("{info}/WHEEL"), wheel.as_bytes()),
        (format!("{info}/RECORD"), b""),
    ]
    .map(|(file, bytes)| {
        std::fs::write(content.join(&file), bytes).unwrap();
        file
    });
    let stored = "import sys, zipfile\nzip = zipfile.ZipFile(sys.argv[1], 'w')\n\
                  [zip.write(name) for name in sys.argv[2:]]\nzip.close()";
    let mut zip = Command::new(python().0);
    zip.args(["-c", stored]).arg(wheels.join(format!("{name}-1.32.0-py3-none-any.whl")));
    assert!(zip.args(files).current_dir(&content).status().unwrap().success());
    wheels
}

/// `setup` over a data folder; with `wheels`, pip uses only that folder.
fn setup(data: &Path, words: &str, wheels: Option<&Path>, named: Option<&OsStr>) -> Ran {
    let mut setup = command(data, &format!("setup onnxruntime --yes {words}"));
    setup.env("PATH", python().1).env_remove("ORT_DYLIB_PATH");
    if let Some(wheels) = wheels {
        setup.env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", wheels);
    }
    setup.envs(named.map(|path| ("BUTTERQUANT_ONNXRUNTIME", path)));
    finish(setup)
}

#[test]
fn the_library_that_was_fetched_is_tried_whatever_else_is_named() {
    let Some(own) = library() else { return };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let wheels = wheels(folder.path(), "onnxruntime", &std::fs::read(&own).unwrap());
    let said = setup(&data, "-o json", Some(&wheels), Some(own.as_os_str())).json();
    let fetched = data.join("onnxruntime/libonnxruntime.so.1.32.0");
    assert_eq!(said["library"], fetched.to_str().unwrap());
    assert_eq!((&said["provider"], &said["works"]), (&"onnxruntime-cpu".into(), &true.into()));
    assert!(said["reason"].as_str().unwrap().contains(fetched.to_str().unwrap()), "{said}");
    assert_eq!(said["used_instead"], own.to_str().unwrap());
    let left = std::fs::read_dir(data.join("onnxruntime")).unwrap().count();
    assert_eq!(left, 2, "the library and the receipt, no download folder");

    // Unless another is named, it scores from now on.
    let bench = run(&data, "model bench --share 0.001 --budget-us 100000 -o json").json();
    assert_eq!(bench["in_use"], "onnxruntime-cpu");
}

#[test]
fn cuda_without_a_gpu_that_runs_is_found() {
    let Some(own) = library() else { return };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let wheels = wheels(folder.path(), "onnxruntime-gpu", &std::fs::read(own).unwrap());
    let said = setup(&data, "--cuda", Some(&wheels), None);
    assert_eq!(said.code, 1, "{said:?}");
    for part in ["onnxruntime-cpu: ", "no GPU: ", "no GPU runs", "cuDNN 9"] {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
    assert!(!said.out.contains("scoring still uses"), "{}", said.out);
}

#[test]
fn what_cannot_be_fetched_or_loaded_is_said_with_the_remedy() {
    let Some(()) = pip() else { return };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let wheels = wheels(folder.path(), "onnxruntime", b"no library");
    setup(&data, "", Some(&wheels), None)
        .refused(&["fetched but cannot be used", "cannot be used:"]);
    let none = folder.path().join("none");
    std::fs::create_dir(&none).unwrap();
    setup(&data, "", Some(&none), None).refused(&[
        "pip could not download onnxruntime",
        "by hand",
        "data/onnxruntime",
    ]);
}

#[test]
fn the_library_comes_from_the_index_itself() {
    let Some(()) = pip() else { return };
    let mut ask = Command::new(python().0);
    ask.args(["-m", "pip", "index", "versions", "onnxruntime", "-q"]).args(["--timeout", "5"]);
    let reached = ask.args(["--retries", "0"]).output();
    if !reached.as_ref().is_ok_and(|output| output.status.success()) {
        return say(&format!("SKIPPED, pip reaches no package index here: {reached:?}"));
    }
    let data = tempfile::tempdir().unwrap();
    let begun = std::time::Instant::now();
    let said = setup(data.path(), "-o json", None, None).json();
    say(&format!("fetched and tried in {:.1?}: {}", begun.elapsed(), said["reason"]));
    assert_eq!(said["works"], true);
    let receipt = std::fs::read(data.path().join("onnxruntime/onnxruntime.json")).unwrap();
    let receipt: Value = serde_json::from_slice(&receipt).unwrap();
    assert_eq!(receipt["package"], "onnxruntime");
    assert!(receipt["wheel"]["url"].as_str().unwrap().starts_with("https://"), "{receipt}");
    let library = std::fs::read(said["library"].as_str().unwrap()).unwrap();
    let name = Path::new(said["library"].as_str().unwrap()).file_name().unwrap();
    assert_eq!(receipt["files"][name.to_str().unwrap()], schemas::id::sha256_hex(&library));
}
