//! The folder of model files: a view of the `models` topic for people and other programs.
//!
//! No decision reads it. Every file is written whole (temporary file, sync, rename), the
//! ONNX file before the JSON that names its hash, so a crash leaves either no version or a
//! sound one; and the folder can be deleted and written again from the log.
//!
//! ```text
//! success_model_v3.onnx   success_model_v3.json   archive/success_model_v3_20260118.onnx, .json
//! ```

use crate::hex::hex;
use crate::manifest::Manifest;
use crate::train::Trained;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Why a model file could not be written or read.
#[derive(thiserror::Error, Debug)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what each field is")]
pub enum ArtifactError {
    #[error("cannot {action} {}; check the folder's rights and free space", path.display())]
    Files { action: &'static str, path: PathBuf, source: std::io::Error },
    #[error("{} is not a valid model manifest; rebuild the folder from the `models` topic", path.display())]
    Manifest { path: PathBuf, source: serde_json::Error },
    #[error(
        "{} has SHA-256 {found} instead of {expected}; rebuild the folder from the `models` topic",
        path.display()
    )]
    Changed { path: PathBuf, expected: String, found: String },
    #[error("`{date}` is not a date like 20260118; give the day as eight digits")]
    Date { date: String },
}

/// The JSON beside a model.
#[derive(Serialize, Deserialize)]
struct Sheet {
    version: u32,
    sha256: String,
    bytes: u64,
    manifest: Manifest,
    /// The training as the log records it beside the manifest: parents, code version, held-out
    /// days, the gate's figures.
    #[serde(flatten)]
    training: Map<String, Value>,
}

/// A version found in the folder.
#[derive(Clone, PartialEq, Debug)]
pub struct ListedModel {
    /// Version of the model.
    pub version: u32,
    /// Path of its ONNX file.
    pub path: PathBuf,
    /// Its hash and manifest, or the problem with its JSON.
    pub manifest: Result<(String, Manifest), String>,
}

/// The folder.
#[derive(Clone, Debug)]
pub struct Artifacts {
    folder: PathBuf,
}

impl Artifacts {
    /// Opens the folder, creating it and its archive where missing.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Artifacts, ArtifactError> {
        let folder = folder.into();
        let archive = folder.join("archive");
        fs::create_dir_all(&archive).map_err(at("create", &archive))?;
        Ok(Artifacts { folder })
    }

    /// Writes a version and its archive copy, which is named by `date` (`YYYYMMDD`, the
    /// trading day of the model). `training` goes into its JSON unchanged: parents, code version,
    /// the gate's figures. Writing twice is the same as writing once.
    pub fn write(
        &self,
        version: u32,
        date: &str,
        model: &Trained,
        training: &Map<String, Value>,
    ) -> Result<(), ArtifactError> {
        for (name, bytes) in &Artifacts::contents(version, date, model, training)? {
            write_whole(&self.folder.join(name), bytes)?;
        }
        Ok(())
    }

    /// The files of a version, as [`Artifacts::write`] writes them, by their paths in the folder.
    pub fn contents(
        version: u32,
        date: &str,
        model: &Trained,
        training: &Map<String, Value>,
    ) -> Result<[(String, Vec<u8>); 4], ArtifactError> {
        if date.len() != 8 || !date.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ArtifactError::Date { date: date.to_owned() });
        }
        let sheet = Sheet {
            version,
            sha256: model.sha256.clone(),
            bytes: model.onnx.len() as u64,
            manifest: model.manifest.clone(),
            training: training.clone(),
        };
        let archived = format!("archive/success_model_v{version}_{date}");
        let current = format!("success_model_v{version}");
        let json = serde_json::to_vec_pretty(&sheet)
            .map_err(|source| ArtifactError::Manifest { path: current.clone().into(), source })?;
        Ok([
            (format!("{archived}.onnx"), model.onnx.clone()),
            (format!("{archived}.json"), json.clone()),
            (format!("{current}.onnx"), model.onnx.clone()),
            (format!("{current}.json"), json),
        ])
    }

    /// The versions in the folder, ascending; a damaged manifest is listed with its problem.
    pub fn list(&self) -> Result<Vec<ListedModel>, ArtifactError> {
        let mut listed = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(at("read", &self.folder))? {
            let path = entry.map_err(at("read", &self.folder))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let number = name.strip_prefix("success_model_v").and_then(|n| n.strip_suffix(".onnx"));
            let Some(version) = number.and_then(|number| number.parse().ok()) else { continue };
            let manifest = read_sheet(&path.with_extension("json"))
                .map(|sheet| (sheet.sha256, sheet.manifest))
                .map_err(|error| error.to_string());
            listed.push(ListedModel { version, path, manifest });
        }
        listed.sort_by_key(|item| item.version);
        Ok(listed)
    }

    /// Reads a version and checks its bytes against the hash in its JSON.
    pub fn load(&self, version: u32) -> Result<Trained, ArtifactError> {
        let path = self.path(version);
        let sheet = read_sheet(&path.with_extension("json"))?;
        let onnx = fs::read(&path).map_err(at("read", &path))?;
        let found = hex(&Sha256::digest(&onnx));
        if found != sheet.sha256 {
            return Err(ArtifactError::Changed { path, expected: sheet.sha256, found });
        }
        Ok(Trained { onnx, sha256: found, manifest: sheet.manifest })
    }

    /// SHA-256 over name and bytes of every model file, archive included, in the order of their
    /// names; nothing else in the folder counts. None without any.
    pub fn digest(&self) -> Result<Option<String>, ArtifactError> {
        let files = self.files()?;
        let mut hash = Sha256::new();
        for (name, path) in &files {
            let bytes = fs::read(path).map_err(at("read", path))?;
            for part in [name.as_bytes(), &bytes] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part);
            }
        }
        Ok((!files.is_empty()).then(|| hex(&hash.finalize())))
    }

    /// Every model file, archive included, by its path in the folder.
    pub fn files(&self) -> Result<BTreeMap<String, PathBuf>, ArtifactError> {
        let mut files = BTreeMap::new();
        for (before, folder) in
            [("", self.folder.clone()), ("archive/", self.folder.join("archive"))]
        {
            for entry in fs::read_dir(&folder).map_err(at("read", &folder))? {
                let path = entry.map_err(at("read", &folder))?.path();
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                // A crash in the middle of a write leaves another suffix.
                let whole = name.ends_with(".onnx") || name.ends_with(".json");
                if whole && name.starts_with("success_model_v") {
                    files.insert(format!("{before}{name}"), path);
                }
            }
        }
        Ok(files)
    }

    /// Path of a version's ONNX file; its JSON lies beside it.
    pub fn path(&self, version: u32) -> PathBuf {
        self.folder.join(format!("success_model_v{version}.onnx"))
    }
}

fn read_sheet(path: &Path) -> Result<Sheet, ArtifactError> {
    let json = fs::read(path).map_err(at("read", path))?;
    serde_json::from_slice(&json)
        .map_err(|source| ArtifactError::Manifest { path: path.to_owned(), source })
}

/// Writes beside the target and renames, with file and folder synced.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), ArtifactError> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".tmp{}", std::process::id()));
    let temporary = path.with_file_name(name);
    let write = || {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        match path.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    };
    write().map_err(|source| {
        // The error that matters is the first; the leftover is only disk space.
        let _ = fs::remove_file(&temporary);
        at("write", path)(source)
    })
}

fn at(action: &'static str, path: &Path) -> impl Fn(std::io::Error) -> ArtifactError {
    let path = path.to_owned();
    move |source| ArtifactError::Files { action, path: path.clone(), source }
}
