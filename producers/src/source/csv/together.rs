//! What is wrong with many files in the same way is said once.

use super::super::market::DataProblem;
use super::conventions::DATES;
use super::price_table::name_of;
use super::text::printable;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Files from which on their common problem is said once, and how many are named then.
const MANY: usize = 3;
const NAMED: usize = 10;

/// The problems, those of many files of `folder` once; in the order of the first of each. `read` are the files that are
/// read. What a name or a cell holds is shown without commands to the terminal.
pub(super) fn together(
    problems: Vec<DataProblem>,
    folder: &Path,
    read: &BTreeSet<&str>,
) -> Vec<DataProblem> {
    let mut groups: Vec<(DataProblem, Vec<String>)> = Vec::new();
    let mut known: BTreeMap<(Option<u64>, String, String), usize> = BTreeMap::new();
    for problem in problems {
        let key = (problem.line, kind(&problem), problem.remedy.clone());
        let at = *known.entry(key).or_insert(groups.len());
        match groups.get_mut(at) {
            Some((_, files)) => files.push(problem.file),
            None => groups.push((problem.clone(), vec![problem.file])),
        }
    }
    let mut said = Vec::new();
    for (problem, of) in groups {
        if of.len() < MANY {
            said.extend(of.into_iter().map(|file| DataProblem { file, ..problem.clone() }));
            continue;
        }
        said.push(DataProblem { file: names(&of, folder, read), ..problem });
    }
    for problem in &mut said {
        for text in [&mut problem.file, &mut problem.what, &mut problem.remedy] {
            if let Cow::Owned(shown) = printable(text) {
                *text = shown;
            }
        }
    }
    said
}

/// The files `of` in a few words.
fn names(of: &[String], folder: &Path, read: &BTreeSet<&str>) -> String {
    let (place, count, files) = (folder.display(), of.len(), read.len());
    let are_read = of.iter().all(|file| read.contains(file.as_str()));
    if are_read && count == files {
        return format!("all {files} files of {place}");
    }
    let mut names = of.iter().take(NAMED).map(|file| name_of(file)).collect::<Vec<_>>().join(", ");
    if count > NAMED {
        names.push_str(&format!(" and {} more", count - NAMED));
    }
    match are_read {
        true => format!("{place}: {count} of {files} files ({names})"),
        false => format!("{place}: {count} files ({names})"),
    }
}

/// Its sentence; of dates that cannot be read, whatever the file's own example is.
fn kind(problem: &DataProblem) -> String {
    if problem.remedy.ends_with(DATES) {
        return problem.what.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect();
    }
    problem.what.clone()
}
