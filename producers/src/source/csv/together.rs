//! What is wrong with many files in the same way is said once.

use super::super::market::DataProblem;
use super::conventions::DATES;
use super::letters::printable;
use super::price_table::name_of;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Files from which on their common problem is said once, and how many are named then.
const MANY: usize = 3;
const NAMED: usize = 10;

/// Lines of a file with one problem that are named one by one; of more the first is.
const LINES: usize = 5;

/// The problems, those of many files of `folder` once; in the order of the first of each. `read` are the files that are
/// read. What a name or a cell holds is shown without commands to the terminal.
pub(super) fn together(
    problems: Vec<DataProblem>,
    folder: &Path,
    read: &BTreeSet<&str>,
) -> Vec<DataProblem> {
    let mut groups: Vec<(DataProblem, Vec<String>)> = Vec::new();
    let mut known: BTreeMap<(Option<u64>, String, String), usize> = BTreeMap::new();
    for problem in in_one_file(problems) {
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

/// The problems, those of many lines of one file once.
fn in_one_file(problems: Vec<DataProblem>) -> Vec<DataProblem> {
    let mut lines: BTreeMap<(String, String), (usize, u64)> = BTreeMap::new();
    let key = |problem: &DataProblem| (problem.file.clone(), pattern(&problem.what));
    for problem in &problems {
        if let Some(line) = problem.line {
            let (count, last) = lines.entry(key(problem)).or_default();
            (*count, *last) = (*count + 1, line.max(*last));
        }
    }
    if lines.values().all(|(count, _)| *count <= LINES) {
        return problems;
    }
    let mut kept = Vec::with_capacity(problems.len());
    for mut problem in problems {
        match lines.get_mut(&key(&problem)).filter(|_| problem.line.is_some()) {
            Some((count, last)) if *count > LINES => {
                problem
                    .what
                    .push_str(&format!(", and so in {} more lines, the last {last}", *count - 1));
                // The others are said with it.
                *count = 0;
                kept.push(problem);
            }
            Some((0, _)) => {}
            Some(_) | None => kept.push(problem),
        }
    }
    kept
}

/// A sentence without what differs from line to line: numbers and what stands in quotes.
fn pattern(what: &str) -> String {
    let outside = what.split('"').step_by(2).collect::<Vec<_>>().join("…");
    outside.chars().filter(|c| !c.is_ascii_digit() && *c != '.' && *c != '-').collect()
}

/// The files `of` in a few words.
fn names(of: &[String], folder: &Path, read: &BTreeSet<&str>) -> String {
    let (place, count, files) = (folder.display(), of.len(), read.len());
    let are_read = of.iter().all(|file| read.contains(file.as_str()));
    if are_read && count == files {
        return format!("all {files} files of {place}");
    }
    // A file of a folder within is named with it.
    let within = |file: &String| {
        let path = Path::new(file).strip_prefix(folder);
        path.map_or_else(|_| name_of(file).to_owned(), |path| path.display().to_string())
    };
    let mut names = of.iter().take(NAMED).map(within).collect::<Vec<_>>().join(", ");
    if count > NAMED {
        names.push_str(&format!(" and {} more", count - NAMED));
    }
    match are_read {
        true => format!("{place}: {count} of {files} files ({names})"),
        false if of.iter().all(|file| Path::new(file).is_dir()) => {
            format!("{place}: {count} folders ({names})")
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_lines_of_a_file_and_many_files_are_said_once() {
        let problem = |file: &str, line: u64| DataProblem {
            file: format!("prices/{file}"),
            line: Some(line),
            what: format!("Open is \"{file}\", no price; the row of 2018-06-{line} is skipped"),
            remedy: "correct it".into(),
        };
        let said = |problems: Vec<DataProblem>, read: &[&str]| -> Vec<String> {
            let read = read.iter().copied().collect();
            together(problems, Path::new("prices"), &read).iter().map(ToString::to_string).collect()
        };
        let lines =
            (10..30).map(|line| problem("A", line)).chain((10..15).map(|line| problem("B", line)));
        let lines = said(lines.collect(), &["prices/A", "prices/B"]);
        assert_eq!(lines.len(), 6, "{lines:?}");
        assert_eq!(
            lines[0],
            "prices/A:10: Open is \"A\", no price; the row of 2018-06-10 is skipped, and so in 19 more lines, the last 29; correct it"
        );
        let whole =
            |file: &str| DataProblem { line: None, what: "it is odd".into(), ..problem(file, 1) };
        let files = || ["A", "B", "us/C"].map(whole).to_vec();
        let read = ["prices/A", "prices/B", "prices/us/C"];
        assert_eq!(said(files(), &read), ["all 3 files of prices: it is odd; correct it"]);
        let said_of = said(files(), &["prices/A", "prices/D", "prices/E"]);
        assert_eq!(said_of, ["prices: 3 files (A, B, us/C): it is odd; correct it"]);
    }
}
