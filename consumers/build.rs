//! Names the code that trains a model, for its manifest: the package's version and a hash of the
//! sources that a training runs through and of the exact packages they are built with.
//!
//! It is not a commit: a build without git, or of a changed tree, must name its code too, two clones
//! must agree, and a commit that does not touch training must not change the name. To find the
//! commit, compute the hash for each: it is the first twelve digits of what
//! `(cat Cargo.lock; git ls-files 'models/success/src/*.rs' 'consumers/src/retrainer/*.rs' |
//! LC_ALL=C sort | xargs cat) | sha256sum` prints in its tree.

use sha2::{Digest, Sha256};
use std::io;
use std::path::{Path, PathBuf};

const SOURCES: [&str; 2] = ["models/success/src", "consumers/src/retrainer"];

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for folder in SOURCES {
        rust_files(&root, Path::new(folder), &mut files)?;
    }
    // By bytes, as `LC_ALL=C sort` does, not by path components.
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

/// The Rust files below `folder`, by their paths from `root`.
fn rust_files(root: &Path, folder: &Path, into: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(root.join(folder))? {
        let path = folder.join(entry?.file_name());
        if root.join(&path).is_dir() {
            rust_files(root, &path, into)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
    Ok(())
}
