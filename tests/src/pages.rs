//! The pages of `docs/`, of which tests run the blocks marked `sh` and `python`.

use std::path::{Path, PathBuf};

/// A block of code in a page.
#[derive(Debug, PartialEq, Eq)]
pub struct Block {
    /// Its language, as its fence names it.
    pub language: String,
    /// The line of its fence, from 1.
    pub line: usize,
    /// Its text.
    pub text: String,
}

/// The folder of the pages.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

/// The text of a page.
///
/// # Panics
/// It cannot be read.
pub fn read(name: &str) -> String {
    let file = folder().join(name);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The blocks of a page in any of `languages`.
pub fn blocks(page: &str, languages: &[&str]) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut inside = false;
    for (at, line) in page.lines().enumerate() {
        match line.strip_prefix("```") {
            Some(_) if inside => inside = false,
            Some(language) => {
                inside = true;
                let language = language.trim().to_owned();
                found.push(Block { language, line: at + 1, text: String::new() });
            }
            None if inside => {
                if let Some(block) = found.last_mut() {
                    block.text.push_str(line);
                    block.text.push('\n');
                }
            }
            None => {}
        }
    }
    found.retain(|block| languages.contains(&block.language.as_str()));
    found
}
