//! Fetches ONNX Runtime from PyPI: a pip wheel holds the library.
//!
//! pip chooses the build for this machine and names the SHA-256 that the index lists for it; the
//! download must have that hash. Python's `zipfile` unpacks it and checks each file's sum.
//! Files reach the target folder by rename, the library itself last, so that a broken download
//! leaves nothing to load; `onnxruntime.json` beside them records their origin.

use crate::hex::hex;
use crate::library::is_library;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Versions that this program works with.
const VERSIONS: &str = ">=1.24,<1.33";

/// Why ONNX Runtime could not be fetched.
#[derive(thiserror::Error, Debug)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what each field is")]
pub enum FetchError {
    #[error(
        "python3 could not be started; install Python 3 with pip, or download the wheel \
         {package} from https://pypi.org/project/{package}/#files by hand, unpack \
         capi/libonnxruntime.so* from it (it is a zip file) into {} and start again",
        into.display()
    )]
    NoPython { package: &'static str, into: PathBuf, source: std::io::Error },
    #[error(
        "pip could not download {package}{VERSIONS}: {problem}. Check the network and that \
         `python3 -m pip` works, or download the wheel by hand and unpack capi/libonnxruntime.so* \
         from it into {}",
        into.display()
    )]
    Pip { package: &'static str, problem: String, into: PathBuf },
    #[error(
        "the downloaded wheel {wheel} has SHA-256 {found}, the index lists {listed}: none of it was \
         used; run the command again, and if the error stays check the proxies between this \
         machine and {url}"
    )]
    Hash { wheel: String, url: String, found: String, listed: String },
    #[error("the downloaded wheel {wheel} cannot be used: {problem}; run the command again")]
    Wheel { wheel: String, problem: String },
    #[error("{action} {}; check the folder's rights and free space (about 100 MB)", path.display())]
    Files { action: &'static str, path: PathBuf, source: std::io::Error },
}

/// Downloads ONNX Runtime (`cuda`: its GPU build) and puts its libraries into `into`.
///
/// Returns the path of the library to load and reports each step to `say`. A library of the same
/// name in `into` is replaced; nothing else there is touched.
pub fn fetch_onnxruntime(
    into: &Path,
    cuda: bool,
    say: &mut dyn FnMut(&str),
) -> Result<PathBuf, FetchError> {
    let package = if cuda { "onnxruntime-gpu" } else { "onnxruntime" };
    let work = Workspace::new(into)?;
    say(&format!("downloading {package}{VERSIONS} with pip"));
    let run = |command: &mut Command| {
        command.output().map_err(|source| FetchError::NoPython {
            package,
            into: into.to_owned(),
            source,
        })
    };
    let pip = |command: &str, more: &[&OsStr]| {
        let quiet = ["--no-deps", "--only-binary=:all:", "--no-input", "-q"];
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", command]).args(quiet).arg("--disable-pip-version-check").args(more);
        let output = run(&mut pip)?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let problem = last_line(&output.stderr);
        Err(FetchError::Pip { package, problem, into: into.to_owned() })
    };
    let requirement = format!("{package}{VERSIONS}");
    let asked = ["--dry-run", "--ignore-installed", "--report", "-", requirement.as_str()];
    let report = pip("install", &asked.map(OsStr::new))?;
    let listed = listed(&report).ok_or_else(|| FetchError::Pip {
        package,
        problem: "its report names no wheel with a SHA-256 (pip 22.2 or newer does)".into(),
        into: into.to_owned(),
    })?;
    say(&format!("the index lists {} with SHA-256 {}", listed.url, listed.sha256));
    let exactly = format!("{package}=={}", listed.version);
    pip("download", &[OsStr::new("-d"), work.0.as_os_str(), OsStr::new(&exactly)])?;
    let wheel = only_wheel(&work.0)?;
    let name = wheel.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let found = sha256(&wheel)?;
    if found != listed.sha256 {
        let Wheel { url, sha256: listed, .. } = listed;
        return Err(FetchError::Hash { wheel: name, url, found, listed });
    }
    say(&format!("unpacking {name}"));
    let unpacked = work.0.join("unpacked");
    let output =
        run(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(&wheel).arg(&unpacked))?;
    if !output.status.success() {
        return Err(FetchError::Wheel { wheel: name, problem: last_line(&output.stderr) });
    }
    let library = install(&unpacked.join("onnxruntime").join("capi"), into, &name)?;
    receipt(into, package, &listed)?;
    say(&format!("ONNX Runtime is ready: {}", library.display()));
    if cuda {
        say("the GPU build also needs an NVIDIA driver, CUDA and cuDNN 9 on the library path");
    }
    Ok(library)
}

/// The wheel that fits this machine, as the index lists it.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
struct Wheel {
    version: String,
    url: String,
    sha256: String,
}

/// The wheel in pip's installation report.
fn listed(report: &[u8]) -> Option<Wheel> {
    let report: serde_json::Value = serde_json::from_slice(report).ok()?;
    let one = report["install"].as_array()?.first()?;
    let download = &one["download_info"];
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    Some(Wheel {
        version: text(&one["metadata"]["version"])?,
        url: text(&download["url"])?,
        sha256: text(&download["archive_info"]["hashes"]["sha256"])?,
    })
}

/// Records the files of the folder and their origin, for people and later checks.
fn receipt(into: &Path, package: &str, listed: &Wheel) -> Result<(), FetchError> {
    let path = into.join("onnxruntime.json");
    let files = |source| FetchError::Files { action: "cannot write", path: path.clone(), source };
    let mut hashes = BTreeMap::new();
    for entry in std::fs::read_dir(into).map_err(files)?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("libonnxruntime") {
            hashes.insert(name, sha256(&entry.path())?);
        }
    }
    let receipt = serde_json::json!({ "package": package, "wheel": listed, "files": hashes });
    std::fs::write(&path, format!("{receipt:#}\n")).map_err(files)
}

fn sha256(path: &Path) -> Result<String, FetchError> {
    let failed =
        |source| FetchError::Files { action: "cannot read", path: path.to_owned(), source };
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let (mut digest, mut part) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut part).map_err(failed)? {
            0 => return Ok(hex(&digest.finalize())),
            length => digest.update(&part[..length]),
        }
    }
}

/// Moves the libraries over, the one to load last.
fn install(capi: &Path, into: &Path, wheel: &str) -> Result<PathBuf, FetchError> {
    let problem =
        |problem: &str| FetchError::Wheel { wheel: wheel.to_owned(), problem: problem.to_owned() };
    let mut files: Vec<(bool, std::ffi::OsString)> = std::fs::read_dir(capi)
        .map_err(|_| problem("it has no onnxruntime/capi folder"))?
        .filter_map(|entry| entry.ok().map(|entry| entry.file_name()))
        .filter_map(|name| {
            let text = name.to_str()?;
            let wanted = is_library(text) || text.starts_with("libonnxruntime_providers_");
            wanted.then(|| (is_library(text), name.clone()))
        })
        .collect();
    files.sort();
    let Some((true, library)) = files.last().cloned() else {
        return Err(problem("it holds no libonnxruntime library"));
    };
    for (_, file) in &files {
        let (from, to) = (capi.join(file), into.join(file));
        let sync = std::fs::File::open(&from).and_then(|file| file.sync_all());
        sync.and_then(|()| std::fs::rename(&from, &to)).map_err(|source| FetchError::Files {
            action: "cannot write",
            path: to,
            source,
        })?;
    }
    Ok(into.join(library))
}

fn only_wheel(folder: &Path) -> Result<PathBuf, FetchError> {
    let read = std::fs::read_dir(folder).map_err(|source| FetchError::Files {
        action: "cannot read",
        path: folder.to_owned(),
        source,
    })?;
    let mut wheels = read
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension() == Some(OsStr::new("whl")));
    wheels.next().ok_or_else(|| FetchError::Wheel {
        wheel: "(none)".into(),
        problem: "pip succeeded but left no wheel".into(),
    })
}

fn last_line(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let errors = text.lines().rev().find(|line| line.contains("ERROR"));
    let last = errors.or_else(|| text.lines().rev().find(|line| !line.trim().is_empty()));
    last.unwrap_or("it gave no reason").trim().to_owned()
}

/// A folder beside the target, so that renames stay on one file system; removed at the end.
struct Workspace(PathBuf);

impl Workspace {
    fn new(into: &Path) -> Result<Workspace, FetchError> {
        let path = into.join(format!(".fetch-{}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|source| FetchError::Files {
            action: "cannot create",
            path: path.clone(),
            source,
        })?;
        Ok(Workspace(path))
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        // A leftover only costs disk space; the fetch itself has ended.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests;
