//! Which file of a crate names which other one, read from the text of its code outside tests.
//!
//! A module is a node, with an arrow to each module of the same crate from which it names
//! something (`crate::…`, `super::…`, or a child of its own). A name that a module passes on
//! (`pub use`) counts for the module it comes from. A module that only lists others and passes
//! names on has no arrows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A module's name in its crate: `["views", "book"]`; the crate itself is empty.
type Name = Vec<String>;

struct Module {
    file: PathBuf,
    /// Every path named in it, from the crate's root, as far as it begins there.
    paths: BTreeSet<Name>,
    /// Names it passes on, and the path of each.
    passes_on: BTreeMap<String, Name>,
    /// Whether it holds nothing but other modules and names passed on.
    list: bool,
}

/// The modules of a crate and the arrows between them.
pub(crate) struct Arrows {
    modules: BTreeMap<Name, Module>,
}

impl Arrows {
    /// Of the crate with the source folder `src`.
    pub(crate) fn of(src: &Path) -> Arrows {
        let mut files = Vec::new();
        super::sources(src, &mut files);
        let named: BTreeMap<Name, PathBuf> =
            files.into_iter().filter_map(|file| Some((module_name(src, &file)?, file))).collect();
        let read = |(name, file): (&Name, &PathBuf)| {
            let code = without_tests(&plain(&fs::read_to_string(file).unwrap()));
            (name.clone(), module(name, file, &code, &named))
        };
        Arrows { modules: named.iter().map(read).collect() }
    }

    /// The module that `path` names something of, through all that pass the name on.
    fn target(&self, path: &[String]) -> Option<&Name> {
        let mut path = path.to_vec();
        for _ in 0..8 {
            let depth = (0..=path.len()).rev().find(|end| self.modules.contains_key(&path[..*end]));
            let (name, module) = self.modules.get_key_value(&path[..depth?])?;
            match path.get(name.len()).and_then(|next| module.passes_on.get(next)) {
                Some(from) => path = [from.as_slice(), &path[name.len() + 1..]].concat(),
                None => return Some(name).filter(|_| !module.list),
            }
        }
        None
    }

    fn from(&self, name: &Name) -> BTreeSet<&Name> {
        let module = &self.modules[name];
        let paths = module.paths.iter().filter(|_| !module.list);
        paths.filter_map(|path| self.target(path)).filter(|other| *other != name).collect()
    }

    /// From file to file.
    pub(crate) fn pairs(&self) -> Vec<(&Path, &Path)> {
        let file = |name: &Name| self.modules[name].file.as_path();
        let of = |name| self.from(name).into_iter().map(move |other| (file(name), file(other)));
        self.modules.keys().flat_map(of).collect()
    }

    /// The files of each circle.
    pub(crate) fn circles(&self) -> Vec<Vec<&Path>> {
        let reached: BTreeMap<&Name, BTreeSet<&Name>> =
            self.modules.keys().map(|name| (name, self.reached(name))).collect();
        let mut found = BTreeSet::new();
        for (name, far) in &reached {
            let back = far.iter().filter(|other| reached[**other].contains(name));
            let circle: BTreeSet<&Name> = back.copied().collect();
            if !circle.is_empty() {
                found.insert(circle);
            }
        }
        let files = |circle: BTreeSet<&Name>| {
            circle.into_iter().map(|name| self.modules[name].file.as_path()).collect()
        };
        found.into_iter().map(files).collect()
    }

    /// All that can be reached from `name`; itself only by a circle.
    fn reached<'a>(&'a self, name: &'a Name) -> BTreeSet<&'a Name> {
        let mut found = BTreeSet::new();
        let mut next: Vec<&Name> = self.from(name).into_iter().collect();
        while let Some(one) = next.pop() {
            if found.insert(one) {
                next.extend(self.from(one));
            }
        }
        found
    }
}

/// None for a file of tests.
fn module_name(src: &Path, file: &Path) -> Option<Name> {
    let inside = file.strip_prefix(src).unwrap().with_extension("");
    let mut name: Name = inside.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if matches!(name.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        name.pop();
    }
    (!name.iter().any(|part| part == "tests")).then_some(name)
}

fn module(name: &Name, file: &Path, code: &str, all: &BTreeMap<Name, PathBuf>) -> Module {
    let words = words(code);
    let child = |word: &str| all.contains_key(&[name.as_slice(), &[word.to_owned()]].concat());
    let mut paths = BTreeSet::new();
    let mut passes_on = BTreeMap::new();
    let mut passing = false;
    let (mut here, mut depth, mut opened) = (name.clone(), 0, Vec::new());
    for (at, word) in words.iter().enumerate() {
        match *word {
            "{" if at > 1 && words[at - 2] == "mod" => {
                here.push(words[at - 1].to_owned()); // a module within the file
                opened.push(depth);
                depth += 1;
            }
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                if opened.pop_if(|before| *before == depth).is_some() {
                    here.pop();
                }
            }
            _ => {}
        }
        if *word == "use" {
            passing = at > 0 && matches!(words[at - 1], "pub" | ")");
        } else if *word == ";" {
            passing = false;
        }
        let begins = at == 0 || words[at - 1] != "::";
        let leads = words.get(at + 1) == Some(&"::");
        let base = match *word {
            "crate" => Vec::new(),
            "self" => here.clone(),
            "super" => here[..here.len().saturating_sub(1)].to_vec(),
            word if child(word) => [name.as_slice(), &[word.to_owned()]].concat(),
            _ => continue,
        };
        if !begins || !leads {
            continue;
        }
        let mut ends = Vec::new();
        tree(&words, at + 2, &base, &mut ends);
        if passing {
            passes_on.extend(ends.iter().map(|(known, path)| (known.clone(), path.clone())));
        }
        paths.extend(ends.into_iter().map(|(_, path)| path));
    }
    let list = words.iter().all(|word| {
        !matches!(
            *word,
            "fn" | "struct"
                | "enum"
                | "trait"
                | "impl"
                | "const"
                | "static"
                | "type"
                | "macro_rules"
        )
    });
    let root = file.file_stem().is_some_and(|stem| stem == "mod" || stem == "lib");
    Module { file: file.to_owned(), paths, passes_on, list: list && root }
}

/// The paths of a use tree, or of one path in code, from the word `at` on, each with the name it
/// is known by afterwards; gives the word behind it.
fn tree(words: &[&str], at: usize, base: &[String], ends: &mut Vec<(String, Name)>) -> usize {
    match words.get(at) {
        Some(&"{") => {
            let mut at = at + 1;
            while let Some(word) = words.get(at).filter(|word| **word != "}") {
                at = if *word == "," { at + 1 } else { tree(words, at, base, ends).max(at + 1) };
            }
            at + 1
        }
        Some(&"super") => {
            let up = &base[..base.len().saturating_sub(1)];
            if words.get(at + 1) == Some(&"::") { tree(words, at + 2, up, ends) } else { at + 1 }
        }
        Some(word) if word.starts_with(|c: char| c.is_alphabetic() || c == '_') => {
            let path = if *word == "self" {
                base.to_vec()
            } else {
                [base, &[(*word).to_owned()]].concat()
            };
            match words.get(at + 1) {
                Some(&"::") => tree(words, at + 2, &path, ends),
                Some(&"as") => {
                    ends.push((words[at + 2].to_owned(), path));
                    at + 3
                }
                _ => {
                    ends.push((path.last().cloned().unwrap_or_default(), path));
                    at + 1
                }
            }
        }
        _ => {
            ends.push((String::new(), base.to_vec())); // `*`, or a generic's `<`
            at + 1
        }
    }
}

/// Identifiers, `::` and single signs.
fn words(code: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let of_name = |c: char| c.is_alphanumeric() || c == '_';
        let length = if of_name(first) {
            rest.find(|c| !of_name(c)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        if !first.is_whitespace() {
            words.push(&rest[..length]);
        }
        rest = &rest[length..];
    }
    words
}

/// The code without comments and the contents of strings and characters.
fn plain(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let raw = rest.strip_prefix('r').map(|rest| rest.trim_start_matches('#'));
        let after_name = code.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        if rest.starts_with("//") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        } else if let (Some(body), false) = (raw.and_then(|raw| raw.strip_prefix('"')), after_name)
        {
            let marks = rest.len() - body.len() - 2;
            let end = format!("\"{}", "#".repeat(marks));
            rest = body.split_once(&end).map_or("", |(_, rest)| rest);
        } else if first == '"' {
            let mut escaped = false;
            let end = rest[1..].find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            });
            rest = end.map_or("", |end| &rest[end + 2..]);
        } else if let Some(length) = character(rest) {
            rest = &rest[length..];
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    code
}

/// The length of the character literal that `text` begins with; none where it is a lifetime.
fn character(text: &str) -> Option<usize> {
    let body = text.strip_prefix('\'')?;
    if body.starts_with('\\') {
        return Some(2 + body[2..].find('\'')? + 2);
    }
    let one = body.chars().next()?.len_utf8();
    body[one..].starts_with('\'').then_some(one + 2)
}

/// `code` without the items under `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut kept = String::new();
    let mut rest = code;
    while let Some(at) = rest.find(MARK) {
        kept.push_str(&rest[..at]);
        rest = &rest[at + MARK.len()..];
        let mut depth = 0;
        let end = rest.find(|c| match c {
            '{' => {
                depth += 1;
                false
            }
            '}' => {
                depth -= 1;
                depth <= 0
            }
            ';' => depth == 0,
            _ => false,
        });
        rest = end.map_or("", |end| &rest[end + 1..]);
    }
    kept + rest
}

/// Given these files of a crate, then these are its circles.
fn check(files: &[(&str, &str)], circles: &[&str]) {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let arrows = Arrows::of(root.path());
    let shown = |circle: Vec<&Path>| {
        let files = circle.iter().map(|file| file.strip_prefix(root.path()).unwrap().display());
        files.map(|file| file.to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(arrows.circles().into_iter().map(shown).collect::<Vec<_>>(), circles);
}

#[test]
fn circles_are_found_and_lists_and_tests_are_none() {
    let list = ("lib.rs", "//! Why.\nmod a;\nmod b;\npub use a::A;\npub use b::{self, B};\n");
    check(&[list, ("a.rs", "use crate::b::B;"), ("b.rs", "fn b() {}")], &[]);
    check(&[list, ("a.rs", "use crate::B;"), ("b.rs", "fn b() -> super::a::A {}")], &["a.rs b.rs"]);
    check(
        &[list, ("a.rs", "use crate::{x, b::{B, C}};"), ("b.rs", "use super::A;")],
        &["a.rs b.rs"],
    );
    let tested = "fn b() {}\n#[cfg(test)]\nmod tests {\n use crate::a::A;\n}\n";
    check(&[list, ("a.rs", "use crate::b::B;"), ("b.rs", tested)], &[]);
    let said = "// crate::a::A\nfn b() { \"crate::a::A\"; '\"'; r#\"crate::a::A\"#; }";
    check(&[list, ("a.rs", "use crate::b::B;"), ("b.rs", said)], &[]);
    let parent = ("a.rs", "mod c;\nfn a() { c::c() }\nfn b() {}");
    check(&[list, parent, ("a/c.rs", "fn c() { super::b() }"), ("b.rs", "")], &["a.rs a/c.rs"]);
    check(&[list, parent, ("a/c.rs", "fn c() { super::super::b::f() }"), ("b.rs", "")], &[]);
    let inner = "fn b() {}\nmod inner {\n use super::b;\n}\n";
    check(&[list, ("a.rs", "mod c;\nfn a() { c::c() }"), ("a/c.rs", inner), ("b.rs", "")], &[]);
    let both = "mod c;\nmod d;\npub use d::D;\nfn a() { c::c() }";
    let files = [("a/c.rs", "use super::D;"), ("a/d.rs", ""), ("b.rs", "")];
    check(&[&[list, ("a/mod.rs", both)], files.as_slice()].concat(), &[]);
}
