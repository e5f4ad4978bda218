//! Names the code that makes an analysis: a hash of the sources it runs through and of the exact packages they are built
//! with. An analysis that other code made is never taken for one of this code's.

use sha2::{Digest, Sha256};
use std::io;
use std::path::{Path, PathBuf};

/// Folders of sources, and single files. Of `schemas` an analysis needs days, calendar and contract.
const SOURCES: [&str; 5] = [
    "models/quant/src",
    "models/statistics/src",
    "schemas/src/calendar.rs",
    "schemas/src/contract.rs",
    "schemas/src/day.rs",
];

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = vec![root.join("Cargo.lock")];
    for source in SOURCES {
        rust_files(&root.join(source), &mut files)?;
        println!("cargo::rerun-if-changed={}", root.join(source).display());
    }
    println!("cargo::rerun-if-changed={}", files[0].display());
    files[1..].sort();
    let mut hash = Sha256::new();
    for file in &files {
        hash.update(std::fs::read(file)?);
    }
    let digits: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    println!("cargo::rustc-env=ANALYSIS_CODE={digits}");
    Ok(())
}

/// The Rust files at or below `path`.
fn rust_files(path: &Path, into: &mut Vec<PathBuf>) -> io::Result<()> {
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            rust_files(&entry?.path(), into)?;
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        into.push(path.to_owned());
    }
    Ok(())
}
