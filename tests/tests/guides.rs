//! The pages of `docs/` are true: their blocks marked `sh` and `python` run, one after the other in a folder with
//! price files, as a reader would type them. Those of the subscribers' page need a Kafka and run in
//! `on_kafka_subscribers`. Blocks marked `bash` are only shown: they take too long, or need what is not here.
#![allow(clippy::unwrap_used)] // a test

use schemas::{Day, TradingCalendar};
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};
use tests::cli::binary;
use tests::held::simulated;
use tests::pages::{Block, blocks, folder, read};
use tests::{price_files, python};

/// The last day of the price files, and how many they have.
const LAST: (i32, u32, u32) = (2018, 6, 29);
const DAYS: usize = 420;
const TICKERS: [&str; 6] = ["AAPL", "GE", "IBM", "KO", "MSFT", "XOM"];
/// Pages whose blocks run here, those of a list in one folder.
const PAGES: [&[&str]; 3] = [&["guide.en.md"], &["operators.md"], &["researchers.md", "lake.md"]];

/// What a block begins with: a verb that has found something (1) goes on, anything else that fails ends it.
const STRICT: &str = r#"
set -Euo pipefail
trap 'code=$?; case "$BASH_COMMAND" in butterquant*) [ $code -le 1 ];; *) false;; esac || {
  echo "line $LINENO: exit code $code: $BASH_COMMAND" >&2; exit 9; }' ERR
"#;

/// The exchange's last `count` days up to `last`.
fn days_up_to(last: Day, count: usize) -> Vec<Day> {
    let mut days = vec![Day::from_ymd(2016, 1, 4).unwrap()];
    while days[days.len() - 1] < last {
        days.push(TradingCalendar::Nyse.next_expected(days[days.len() - 1]));
    }
    days.split_off(days.len() - count)
}

/// A folder with `prices`, as the pages assume it.
fn world() -> tempfile::TempDir {
    let world = tempfile::tempdir().unwrap();
    let prices = world.path().join("prices");
    std::fs::create_dir(&prices).unwrap();
    let mut market = simulated(3, TICKERS.len(), DAYS);
    let days = days_up_to(Day::from_ymd(LAST.0, LAST.1, LAST.2).unwrap(), DAYS);
    for (given, day) in market.iter_mut().zip(days) {
        given.day = day;
        for ((ticker, _), name) in given.bars.iter_mut().zip(TICKERS) {
            name.clone_into(ticker);
        }
    }
    price_files::write_days(&prices, &market);
    world
}

/// A program in the world, with this build's `butterquant` on its path.
fn program(name: impl AsRef<OsStr>, world: &Path) -> Command {
    let mut program = Command::new(name);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BUTTERQUANT_")) {
        program.env_remove(name);
    }
    let here = binary().parent().unwrap().canonicalize().unwrap();
    let path = format!("{}:{}", here.display(), std::env::var("PATH").unwrap());
    program.env("PATH", path).current_dir(world).stdin(Stdio::null());
    // `up` waits half a minute for the end of files that somebody may be writing.
    program.env("BUTTERQUANT_SOURCE_QUIET_S", "0");
    program
}

fn run(block: &Block, page: &str, world: &Path) {
    let mut command = if block.language == "sh" {
        let mut bash = program("bash", world);
        bash.arg("-c").arg(format!("{STRICT}{}", block.text));
        bash
    } else {
        let mut python = program(python::interpreter(), world);
        python.arg("-c").arg(&block.text);
        python
    };
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{page}:{}: {said}\n{out}", block.line);
}

fn read_and_do(pages: &[&str]) {
    let with_python = python::has(&["duckdb", "pandas", "polars"]);
    let world = world();
    for page in pages {
        let found = blocks(&read(page), &["sh", "python"]);
        assert!(!found.is_empty(), "{page} has nothing to run");
        for block in found.iter().filter(|block| with_python || block.language == "sh") {
            run(block, page, world.path());
        }
    }
}

#[test]
fn the_guide_can_be_followed() {
    read_and_do(PAGES[0]);
}

#[test]
fn an_operator_can_follow_the_operators_page() {
    read_and_do(PAGES[1]);
}

#[test]
fn a_researcher_can_follow_the_researchers_page() {
    read_and_do(PAGES[2]);
}

/// Kafka UI cannot run here, so its configuration is only held against the keys that it knows.
#[test]
fn the_configuration_of_kafka_ui_has_the_form_it_reads() {
    let page = read("subscribers.md");
    let found = blocks(&page, &["yaml"]);
    assert_eq!(found.len(), 1);
    if !python::has(&["yaml"]) {
        return;
    }
    let check = "\
import sys, yaml
[(name, kafka)] = yaml.safe_load(sys.argv[1]).items()
[cluster] = kafka['clusters']
known = {'name', 'bootstrapServers', 'readOnly', 'schemaRegistry', 'schemaRegistryAuth', 'consumerProperties'}
assert name == 'kafka' and set(cluster) <= known, cluster
assert set(cluster['schemaRegistryAuth']) == {'username', 'password'} and cluster['readOnly'] is True
";
    let mut python = Command::new(python::interpreter());
    let output = python.args(["-c", check, &found[0].text]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A block without its comments, which are in a language of people.
fn commands(block: &Block) -> Vec<String> {
    let lines = block.text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn both_guides_give_the_same_commands() {
    let of = |page| {
        let found = blocks(&read(page), &["sh", "bash", "text"]);
        found.iter().map(|block| (block.language.clone(), commands(block))).collect::<Vec<_>>()
    };
    let (english, chinese) = (of("guide.en.md"), of("guide.zh.md"));
    assert_eq!(english.len(), chinese.len());
    for (one, other) in english.iter().zip(&chinese).filter(|(one, _)| one.0 != "text") {
        assert_eq!(one, other);
    }
}

#[test]
fn every_block_that_is_marked_to_run_is_run() {
    let elsewhere = ["guide.zh.md", "subscribers.md"];
    for entry in std::fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let known = PAGES.iter().flat_map(|pages| pages.iter()).chain(&elsewhere);
        if name.ends_with(".md") && !known.into_iter().any(|page| *page == name) {
            let marked = blocks(&read(&name), &["sh", "python"]);
            assert!(
                marked.is_empty(),
                "{name}: blocks that no test runs are marked `bash`: {marked:?}"
            );
        }
    }
}

/// The commands of this program that blocks show but no test runs; `…` stands for what the line before has.
fn shown() -> Vec<(String, String)> {
    let mut pages = vec![("README.md".to_owned(), read("../README.md"))];
    for entry in std::fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".md") {
            let text = read(&name);
            pages.push((name, text));
        }
    }
    let of_page = |(name, text): &(String, String)| {
        let text: String = blocks(text, &["bash"]).into_iter().map(|block| block.text).collect();
        let text = text.replace("\\\n", " ");
        let lines =
            text.lines().filter(|line| line.starts_with("butterquant ") && !line.contains('…'));
        lines.map(|line| (name.clone(), line.to_owned())).collect::<Vec<_>>()
    };
    pages.iter().flat_map(of_page).collect()
}

#[test]
fn the_program_knows_the_commands_that_are_only_shown() {
    let world = tempfile::tempdir().unwrap();
    let found = shown();
    assert!(found.len() > 30, "{found:?}");
    for (page, line) in found {
        // `--help` behind it is reached only if the program takes all that is before it.
        let command = line.split(" # ").next().unwrap_or_default();
        let mut bash = program("bash", world.path());
        let output = bash.arg("-c").arg(format!("{command} --help")).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{page}: {command}: {said}");
    }
}

#[test]
fn a_failing_line_of_a_block_is_found() {
    let world = tempfile::tempdir().unwrap();
    let ends = |text: &str| {
        let mut bash = program("bash", world.path());
        bash.arg("-c").arg(format!("{STRICT}{text}"));
        bash.output().unwrap().status.code()
    };
    assert_eq!(ends("true\n"), Some(0));
    assert_eq!(ends("butterquant config check\ntrue\n"), Some(0));
    assert_eq!(ends("butterquant status\ntrue\n"), Some(9), "there is no run");
    assert_eq!(ends("butterquant nothing\n"), Some(9));
    assert_eq!(ends("ls nowhere\ntrue\n"), Some(9));
}
