//! Names the code that makes a model, for its manifest: the package's version and a hash of the
//! sources a training runs through and of the exact packages they are built with.
//!
//! It is not a commit: a build without git, or of a changed tree, must name its code too, two
//! clones must agree, and a commit that touches no training must not change a model's bytes. To
//! find the commit, compute the hash in each: the first twelve digits that `(cat Cargo.lock; git
//! ls-files 'models/statistics/src/*.rs' 'models/success/src/*.rs' 'consumers/src/retrainer/*.rs'
//! schemas/src/contract.rs | LC_ALL=C sort | xargs cat) | sha256sum` prints.

use sha2::{Digest, Sha256};
use std::io;
use std::path::{Path, PathBuf};

/// Folders of sources, and single files.
const SOURCES: [&str; 4] = [
    "models/statistics/src",
    "models/success/src",
    "consumers/src/retrainer",
    "schemas/src/contract.rs",
];

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for source in SOURCES {
        rust_files(&root, Path::new(source), &mut files)?;
    }
    // By their bytes, as `LC_ALL=C sort` does, not by their components.
    files.sort_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
    files.insert(0, PathBuf::from("Cargo.lock"));
    let mut hash = Sha256::new();
    for file in &files {
        hash.update(std::fs::read(root.join(file))?);
    }
    let digits: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    println!("cargo::rustc-env=TRAINING_CODE={}+{}", env!("CARGO_PKG_VERSION"), &digits[..12]);
    for watched in SOURCES.into_iter().chain(["Cargo.lock"]) {
        println!("cargo::rerun-if-changed={}", root.join(watched).display());
    }
    Ok(())
}

/// The Rust files at or below `path`, named from `root`.
fn rust_files(root: &Path, path: &Path, into: &mut Vec<PathBuf>) -> io::Result<()> {
    if root.join(path).is_dir() {
        for entry in std::fs::read_dir(root.join(path))? {
            rust_files(root, &path.join(entry?.file_name()), into)?;
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        into.push(path.to_owned());
    }
    Ok(())
}
