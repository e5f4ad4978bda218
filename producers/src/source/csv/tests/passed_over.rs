//! What lies in a folder and is not read is named, in few lines.

use super::folders::{INDEX, check, stock};
use super::*;

#[test]
fn old_copies_other_kinds_and_folders_are_named() {
    let one = stock(11.0);
    let one = one.as_bytes();
    let dir = folder(&[
        ("A.csv", one),
        ("A.csv.bak", b""),
        ("A.csv.part", b""),
        ("B.tmp", b""),
        ("C.crdownload", b""),
        ("D.xlsx", b""),
        ("E.json", b""),
        ("F", b""),
        (".csv", b""),
        (".DS_Store", b""),
        ("._A.csv", b""),
        ("my vix.csv", INDEX),
        ("VIX9D.csv", INDEX),
        ("^VIX.csv", INDEX),
        ("README.md", b""),
    ]);
    for (place, name) in
        [("old", "A.csv"), ("us/daily", "B.csv"), ("notes", "x.md"), (".git", "c.csv")]
    {
        fs::create_dir_all(dir.path().join(place)).unwrap();
        fs::write(dir.path().join(place).join(name), one).unwrap();
    }
    let market = CsvMarket::open(dir.path(), None, NYSE).unwrap();
    let problems: Vec<String> = market.problems().iter().map(DataProblem::to_string).collect();
    assert_eq!(market.universe(), ["A"]);
    let said = [
        "4 files (A.csv.bak, A.csv.part, B.tmp, C.crdownload): its name ends like",
        "3 files (D.xlsx, E.json, F): it is no file of a kind",
        "/.csv: it is a hidden file",
        "/._A.csv: it is a hidden file",
        "my vix.csv: its name is near that of the index, so it is not read; rename it to ^VIX.csv",
        "VIX9D.csv: its name is near that of the index",
        "/old: files in a folder of their own are not read; to read them, give this path",
        "/us/daily: files in a folder of their own",
    ];
    assert_eq!(problems.len(), said.len(), "{problems:#?}");
    for part in said {
        assert!(problems.iter().any(|problem| problem.contains(part)), "{part}: {problems:#?}");
    }
}

#[test]
fn a_folder_whose_files_lie_deeper_names_the_place() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("us/stocks");
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("A.csv"), stock(11.0)).unwrap();
    let error = CsvMarket::open(dir.path(), None, NYSE).err().unwrap().to_string();
    let said = format!("{}: files in a folder of their own are not read", place.display());
    assert!(error.contains("there is no stock file") && error.contains(&said), "{error}");
}

#[test]
fn many_folders_are_named_in_one_line() {
    let good = stock(11.0);
    let dir = folder(&[("A.csv", good.as_bytes()), ("^VIX.csv", INDEX)]);
    for place in ["a", "b", "c/d"] {
        fs::create_dir_all(dir.path().join(place)).unwrap();
        fs::write(dir.path().join(place).join("A.csv"), &good).unwrap();
    }
    let market = CsvMarket::open(dir.path(), None, NYSE).unwrap();
    let problems: Vec<String> = market.problems().iter().map(DataProblem::to_string).collect();
    let said = ": 3 folders (a, b, c/d): files in a folder of their own are not read";
    assert!(problems.len() == 1 && problems[0].contains(said), "{problems:?}");
}

#[test]
fn many_files_without_a_header_are_said_once() {
    let rows = "2018-06-28,1,1,1,1,1\n2018-06-29,1,1,1,1,";
    let files = ["A.csv", "B.csv", "C.csv"].map(|name| (name, format!("{rows}{}\n", name.len())));
    let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    let dir = folder(&[&files[..], &[("^VIX.csv", INDEX)]].concat());
    let error = CsvMarket::open(dir.path(), None, NYSE).err().unwrap().to_string();
    let said = "3 of 4 files (A.csv, B.csv, C.csv):1: there is no header";
    assert!(
        error.contains(said) && error.contains("such as Date,Open,High,Low,Close,Volume"),
        "{error}"
    );
}

#[test]
fn names_and_cells_give_the_terminal_no_commands() {
    let good = stock(11.0);
    let bad = format!("{good}\u{1b}]0;x\u{7},1,1,1,1,1\n");
    let said = [
        r"A\u{1b}[2J\nB.csv: its name is not a ticker",
        r#"KO.csv:4: "\u{1b}]0;x\u{7}" is not a date"#,
    ];
    let files: [(&str, &[u8]); 3] =
        [("A\u{1b}[2J\nB.csv", good.as_bytes()), ("KO.csv", bad.as_bytes()), ("^VIX.csv", INDEX)];
    let market = check(&files, &["KO"], &said);
    assert!(market.problems().iter().all(|p| !p.to_string().contains(char::is_control)));
}

#[cfg(unix)]
#[test]
fn an_index_that_is_no_file_gives_way_to_one_that_is() {
    let good = stock(11.0);
    let dir = folder(&[("A.csv", good.as_bytes()), ("VIX (1).csv", INDEX)]);
    fs::create_dir(dir.path().join("^VIX.csv")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("B.csv")).unwrap();
    let mut market = CsvMarket::open(dir.path(), None, NYSE).unwrap();
    let problems: Vec<String> = market.problems().iter().map(DataProblem::to_string).collect();
    let day = market.next_day(None).unwrap().unwrap();
    assert_eq!((day.vix, problems.len()), (Some(16.5), 2), "{problems:?}");
    assert!(problems[0].contains("^VIX.csv: the index is read from VIX (1).csv"), "{problems:?}");
    assert!(problems[1].contains("B.csv: it is a socket, so it is not read"), "{problems:?}");
    assert_eq!(day.missing[0].0, "B");
}
