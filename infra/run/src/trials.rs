//! Trials: every question that a bounded run was ever asked, with the prices it was asked of. Whoever picks the best of many
//! configurations must know how many there were, and nobody remembers; so each opening writes a line, before anything is
//! computed, and each end another with the daily Sharpe ratios. Failures and runs that were removed since count too.
//!
//! The file is `DATA/trials.jsonl`. A line is appended by one write; a torn one is passed over and said. Runs that were
//! opened without it (by an earlier version, or moved here) are added from the events that opened them.

use crate::data_dir::RunDir;
use crate::question::identity;
use crate::resume_run::controls_of;
use crate::run_request::LIVE_KIND;
use anyhow::{Context, Result};
use schemas::controls::ControlState;
use schemas::events::{MoveConfirmed, RunOpened};
use serde::{Deserialize, Serialize};
use shell::open::WHAT_IF;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

/// A line of the file.
#[derive(Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "lowercase")]
enum Line {
    /// A run is about to be opened.
    Asked {
        /// SHA-256 of the prices up to the last day.
        data: String,
        /// SHA-256 of the question.
        question: String,
        /// The run's id.
        run: String,
    },
    /// A run has reached its last day.
    Answered {
        /// As in the line before.
        question: String,
        /// Daily Sharpe ratio by track; none where nothing varied.
        sharpe_daily: BTreeMap<String, Option<f64>>,
    },
}

/// A configuration that was tried on some prices: the same tickers up to the same last day.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Trial {
    /// SHA-256 of the question.
    pub question: String,
    /// The first run that was asked it.
    pub run: String,
    /// Daily Sharpe ratio by track, where the run has ended and something varied.
    pub sharpe_daily: BTreeMap<String, f64>,
}

/// Of how many no Sharpe ratio is on record: they failed, are not finished, or nothing varied.
pub fn sharpeless(tried: &[Trial]) -> usize {
    tried.iter().filter(|trial| trial.sharpe_daily.is_empty()).count()
}

/// How many configurations were tried, and of how many no Sharpe ratio is known, in a sentence.
pub fn counted(count: usize, without: usize) -> String {
    let many = if count == 1 { "configuration has" } else { "configurations have" };
    format!(
        "{count} distinct {many} been tried in this data folder on these prices (row for row, up to the same last day); of {without} no Sharpe ratio is on record"
    )
}

/// The file of a data folder.
#[derive(Clone, Debug)]
pub struct Trials {
    path: PathBuf,
}

impl Trials {
    /// The trials of the data folder.
    pub fn of(data_dir: &Path) -> Trials {
        Trials { path: data_dir.join("trials.jsonl") }
    }

    /// Notes that `run` is about to be opened with this question; a live run and a what-if run answer none. Returns its
    /// identity.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn asked(
        &self,
        opened: &RunOpened,
        confirmed: &[MoveConfirmed],
        run: &str,
    ) -> Result<Option<String>> {
        if [LIVE_KIND, WHAT_IF].contains(&opened.kind.as_str()) {
            return Ok(None);
        }
        let question = identity(opened, confirmed);
        let data = opened.market_sha256.clone();
        self.append(&Line::Asked { data, question: question.clone(), run: run.to_owned() })?;
        Ok(Some(question))
    }

    /// Notes what came of it, and that it was asked, unless both are there: a run may have ended before it could say so.
    ///
    /// # Errors
    /// As [`Trials::asked`].
    pub fn answered(
        &self,
        opened: &RunOpened,
        confirmed: &[MoveConfirmed],
        run: &str,
        sharpe_daily: BTreeMap<String, Option<f64>>,
    ) -> Result<()> {
        let own = identity(opened, confirmed);
        let lines = self.read()?;
        let is_asked =
            |line: &Line| matches!(line, Line::Asked { question, .. } if *question == own);
        let is_answered =
            |line: &Line| matches!(line, Line::Answered { question, .. } if *question == own);
        if !lines.iter().any(is_asked) && self.asked(opened, confirmed, run)?.is_none() {
            return Ok(());
        }
        if lines.iter().any(is_answered) {
            return Ok(());
        }
        self.append(&Line::Answered { question: own, sharpe_daily })
    }

    /// The distinct configurations tried on `data`, in the order in which they were first asked; `runs` are those of the
    /// data folder.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn on(&self, data: &str, runs: &[RunDir]) -> Result<Vec<Trial>> {
        let mut lines = self.read()?;
        if self.add_unlisted(&lines, runs)? {
            lines = self.read()?;
        }
        let mut found: Vec<Trial> = Vec::new();
        for line in &lines {
            match line {
                Line::Asked { data: of, question, run } if of == data => {
                    if found.iter().all(|trial| trial.question != *question) {
                        let (question, run) = (question.clone(), run.clone());
                        found.push(Trial { question, run, ..Trial::default() });
                    }
                }
                Line::Answered { question, sharpe_daily } => {
                    let of = found.iter_mut().find(|trial| trial.question == *question);
                    let known = sharpe_daily.iter();
                    let known = known.filter_map(|(track, of)| Some((track.clone(), (*of)?)));
                    of.into_iter().for_each(|trial| trial.sharpe_daily = known.clone().collect());
                }
                Line::Asked { .. } => {}
            }
        }
        Ok(found)
    }

    /// Adds the runs that no line names.
    fn add_unlisted(&self, lines: &[Line], runs: &[RunDir]) -> Result<bool> {
        let listed: BTreeSet<&str> = lines
            .iter()
            .filter_map(|line| match line {
                Line::Asked { run, .. } => Some(run.as_str()),
                Line::Answered { .. } => None,
            })
            .collect();
        let mut added = false;
        for run in runs.iter().filter(|run| !listed.contains(run.id.as_str())) {
            // A run that cannot be read is one that was tried, but nobody can say on which prices.
            let Ok(ControlState { opened: Some(opened), confirmed, .. }) = controls_of(run) else {
                continue;
            };
            let word = |((ticker, move_day), split_ratio): ((String, _), _)| MoveConfirmed {
                ticker,
                move_day,
                split_ratio,
            };
            let confirmed: Vec<MoveConfirmed> = confirmed.into_iter().map(word).collect();
            added |= self.asked(&opened, &confirmed, &run.id)?.is_some();
        }
        Ok(added)
    }

    fn read(&self) -> Result<Vec<Line>> {
        let text = match std::fs::read(&self.path) {
            // A line that is not text is not a line of trials, and no other is lost with it.
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => {
                return Err(error).with_context(|| {
                    let path = self.path.display();
                    format!("{path} cannot be read, and it says what was tried; check the file")
                });
            }
        };
        let mut lines = Vec::new();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
            match serde_json::from_str(line) {
                Ok(line) => lines.push(line),
                Err(error) => tracing::warn!(
                    "{}:{}: not a line of trials, passed over: {error}",
                    self.path.display(),
                    number + 1
                ),
            }
        }
        Ok(lines)
    }

    /// A line begins with the end of the one before, which a crash may have torn.
    fn append(&self, line: &Line) -> Result<()> {
        let text = format!("\n{}\n", serde_json::to_string(line)?);
        let open = || {
            self.path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            std::fs::OpenOptions::new().create(true).append(true).open(&self.path)
        };
        open().and_then(|mut file| file.write_all(text.as_bytes())).with_context(|| {
            format!(
                "{} cannot be written, and a run that is not counted must not be made; check the folder and the space left",
                self.path.display()
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(seed: i64, data: &str) -> RunOpened {
        let mut opened = RunOpened { kind: "backtest".to_owned(), ..RunOpened::default() };
        opened.market_sha256 = data.to_owned();
        opened.settings.seed = seed;
        opened
    }

    #[test]
    fn distinct_questions_on_the_same_prices_count_once_each_and_failures_too() {
        let dir = tempfile::tempdir().unwrap();
        let trials = Trials::of(dir.path());
        assert_eq!(trials.on("ab", &[]).unwrap(), []);
        trials.asked(&opened(1, "ab"), &[], "one").unwrap();
        trials.asked(&opened(1, "ab"), &[], "one-again").unwrap();
        trials.asked(&opened(2, "ab"), &[], "failed").unwrap();
        trials.asked(&opened(3, "cd"), &[], "other-prices").unwrap();
        let live = RunOpened { kind: LIVE_KIND.to_owned(), ..opened(4, "ab") };
        assert_eq!(trials.asked(&live, &[], "live").unwrap(), None);
        let sharpe = BTreeMap::from([("A".to_owned(), Some(0.1)), ("B".to_owned(), None)]);
        trials.answered(&opened(1, "ab"), &[], "one", sharpe.clone()).unwrap();
        trials.answered(&opened(1, "ab"), &[], "one", BTreeMap::new()).unwrap();
        trials.answered(&live, &[], "live", sharpe).unwrap();
        // A crash in the middle of a line costs that line alone.
        let path = dir.path().join("trials.jsonl");
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.push_str("{\"what\":\"asked\",\"da");
        std::fs::write(&path, text).unwrap();
        trials.asked(&opened(5, "ab"), &[], "after").unwrap();
        let found = trials.on("ab", &[]).unwrap();
        let runs: Vec<&str> = found.iter().map(|trial| trial.run.as_str()).collect();
        assert_eq!(runs, ["one", "failed", "after"]);
        assert_eq!(found[0].sharpe_daily, BTreeMap::from([("A".to_owned(), 0.1)]));
        assert!(found[1].sharpe_daily.is_empty());
    }
}
