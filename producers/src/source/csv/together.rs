//! What is wrong with many files in the same way is said once.

use super::super::market::DataProblem;
use super::conventions::DATES;
use super::price_table::name_of;
use std::collections::BTreeMap;
use std::path::Path;

/// Files from which on their common problem is said once, and how many are named then.
const MANY: usize = 3;
const NAMED: usize = 10;

/// The problems, those of many of the `files` files of `folder` once; in the order of the first of each.
pub(super) fn together(
    problems: Vec<DataProblem>,
    folder: &Path,
    files: usize,
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
        let place = folder.display();
        let file = if of.len() == files {
            format!("all {files} files of {place}")
        } else {
            let mut names =
                of.iter().take(NAMED).map(|file| name_of(file)).collect::<Vec<_>>().join(", ");
            if of.len() > NAMED {
                names.push_str(&format!(" and {} more", of.len() - NAMED));
            }
            format!("{place}: {} of {files} files ({names})", of.len())
        };
        // The line is the same in each, so it says as much as in one.
        said.push(DataProblem { file, ..problem });
    }
    said
}

/// Its sentence; of dates that cannot be read, whatever the file's own example is.
fn kind(problem: &DataProblem) -> String {
    if problem.remedy.ends_with(DATES) {
        return problem.what.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect();
    }
    problem.what.clone()
}
