//! The cells of a sweep: every combination of the grids, each carried out by a process of its own, some at a time.

use crate::backtest_period;
use crate::child_process;
use crate::run_options::RunOptions;
use anyhow::{Context, Result, ensure};
use report::sweep::CellRun;
use run::config::Config;
use serde_json::Value;
use std::collections::BTreeSet;
use std::num::NonZero;
use std::process::Stdio;
use std::str::FromStr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// The key that multiplies costs instead of setting a value.
const COSTS: &str = "costs";

/// A setting and its values.
#[derive(Clone, Debug)]
pub(crate) struct Grid {
    key: String,
    values: Vec<String>,
}

impl FromStr for Grid {
    type Err = String;

    fn from_str(text: &str) -> Result<Grid, String> {
        let (key, values) = text
            .split_once('=')
            .ok_or_else(|| "write KEY=V1,V2, such as score_over=55,60,65".to_owned())?;
        let values: Vec<String> = values.split(',').map(|value| value.trim().to_owned()).collect();
        if values.iter().any(String::is_empty) {
            return Err(format!("{text}: a value is empty"));
        }
        if values.iter().collect::<BTreeSet<_>>().len() < values.len() {
            return Err(format!("{text}: a value stands there twice"));
        }
        let key = key.trim();
        Ok(Grid { key: key.strip_prefix("settings.").unwrap_or(key).to_owned(), values })
    }
}

/// A cell: a value for each key.
pub(super) type Cell = Vec<(String, String)>;

/// Every combination, the last grid's values changing first.
pub(super) fn combinations(grids: &[Grid], most: usize) -> Result<Vec<Cell>> {
    let keys: BTreeSet<&str> = grids.iter().map(|grid| grid.key.as_str()).collect();
    ensure!(keys.len() == grids.len(), "a key has two grids; give all its values in one --grid");
    let count = grids.iter().try_fold(1_usize, |all, grid| all.checked_mul(grid.values.len()));
    let count = count.filter(|count| *count <= most);
    ensure!(count.is_some(), "the grids have more than {most} combinations; leave values out");
    let mut cells: Vec<Cell> = vec![Vec::new()];
    for Grid { key, values } in grids {
        let with = |cell: &Cell| {
            let cell = cell.clone();
            values.iter().map(move |value| {
                cell.iter().cloned().chain([(key.clone(), value.clone())]).collect()
            })
        };
        cells = cells.iter().flat_map(with).collect();
    }
    Ok(cells)
}

/// The options that a cell gives its backtest.
fn options(cell: &Cell) -> Result<RunOptions> {
    let mut options = RunOptions::default();
    for (key, value) in cell {
        if key == COSTS {
            let times = value.parse();
            options.costs =
                Some(times.with_context(|| format!("costs={value}: write a number, such as 2"))?);
        } else {
            options.set.push(format!("{key}={value}"));
        }
    }
    Ok(options)
}

/// Checks that no key has both a grid and a value for all cells.
pub(super) fn apart(grids: &[Grid], fixed: &RunOptions) -> Result<()> {
    let settings = fixed.settings()?;
    for Grid { key, .. } in grids {
        let both = settings.iter().any(|(other, _)| other == key)
            || (key == COSTS && fixed.costs.is_some());
        ensure!(!both, "{key} has a grid and a value for all cells; leave one out");
    }
    Ok(())
}

/// Checks that the cells' settings exist and are in their ranges, and that no two are the same.
pub(super) fn check(config: &Config, cells: &[Cell]) -> Result<()> {
    let mut known = BTreeSet::new();
    for cell in cells {
        let settings = options(cell)?.settle(config)?.settings()?;
        let cell: Vec<String> = cell.iter().map(|(key, value)| format!("{key}={value}")).collect();
        ensure!(
            known.insert(serde_json::to_string(&settings)?),
            "{} is the same as a cell before it; leave a value out",
            cell.join(" ")
        );
    }
    Ok(())
}

/// The backtest of which every cell is a variant.
pub(super) struct Backtest<'a> {
    pub(super) config: &'a Config,
    pub(super) source: String,
    pub(super) period: &'a backtest_period::Args,
    pub(super) model: Option<String>,
}

impl Backtest<'_> {
    /// Carries a cell out. A failure is the cell's result.
    fn carry_out(&self, cell: &Cell) -> Result<CellRun> {
        let mut command = child_process::like_this(self.config)?;
        command.env_remove("BUTTERQUANT_RUN").args(["-o", "json", "--quiet", "backtest"]);
        command.args(["--cell-of", &std::process::id().to_string()]);
        let backtest_period::Args { from, to, history, tickers, .. } = self.period;
        let (from, to) = (from.to_string(), to.to_string());
        command.args(["--source", &self.source, "--from", &from, "--to", &to]);
        match &self.model {
            Some(model) => command.args(["--model", model]),
            None => command.args(["--history", &history.to_string()]),
        };
        if let Some(tickers) = tickers {
            command.args(["--tickers", &tickers.join(",")]);
        }
        let RunOptions { costs, set, .. } = options(cell)?;
        if let Some(times) = costs {
            command.args(["--costs", &times.to_string()]);
        }
        for pair in &set {
            command.args(["--set", pair]);
        }
        let done = command.stdin(Stdio::null()).output().context("a backtest cannot be started")?;
        let summary: Option<Value> = serde_json::from_slice(&done.stdout).ok();
        let run = summary.as_ref().and_then(|of| of["run"].as_str()).map(str::to_owned);
        let said = String::from_utf8_lossy(&done.stderr);
        let failed = match (&run, done.status.success()) {
            (Some(_), true) => None,
            _ => Some(said.lines().last().unwrap_or("it ended early").to_owned()),
        };
        Ok(CellRun { set: cell.clone(), run: run.filter(|_| failed.is_none()), failed })
    }
}

/// Carries all cells out, `jobs` at a time; `done` is told how many have ended. None begins after `stop` is set.
pub(super) fn run_all(
    backtest: &Backtest<'_>,
    cells: &[Cell],
    jobs: Option<usize>,
    stop: &AtomicBool,
    done: &mut (dyn FnMut(u64) + Send),
) -> Result<Vec<CellRun>> {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let next = Mutex::new(cells.iter().enumerate());
    let ended = Mutex::new((Vec::with_capacity(cells.len()), done));
    let work = || {
        loop {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let taken = next.lock().ok().and_then(|mut next| next.next());
            let Some((at, cell)) = taken else { return };
            let made = backtest.carry_out(cell);
            let Ok(mut ended) = ended.lock() else { return };
            ended.0.push((at, made));
            let count = ended.0.len() as u64;
            (ended.1)(count);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..jobs.unwrap_or(processors).min(cells.len()) {
            scope.spawn(work);
        }
    });
    let (mut made, _) = ended.into_inner().map_err(|_| anyhow::anyhow!("a thread ended early"))?;
    made.sort_by_key(|(at, _)| *at);
    made.into_iter().map(|(_, cell)| cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_is_a_cell_and_the_last_grid_changes_first() {
        let grids: Vec<Grid> =
            ["score_over=55,60", "costs=1,2"].iter().map(|text| text.parse().unwrap()).collect();
        let cells = combinations(&grids, 4).unwrap();
        let texts: Vec<String> = cells
            .iter()
            .map(|cell| cell.iter().map(|(_, value)| value.as_str()).collect())
            .collect();
        assert_eq!(texts, ["551", "552", "601", "602"]);
        assert!(combinations(&grids, 3).is_err());
        let twice = [grids[0].clone(), "settings.score_over=70".parse().unwrap()];
        assert!(combinations(&twice, 9).is_err());
        for wrong in ["score_over", "score_over=", "score_over=1,1", "score_over=1,,2"] {
            assert!(wrong.parse::<Grid>().is_err(), "{wrong}");
        }
        let options = options(&cells[1]).unwrap();
        assert_eq!((options.costs, options.set), (Some(2.0), vec!["score_over=55".to_owned()]));
    }
}
