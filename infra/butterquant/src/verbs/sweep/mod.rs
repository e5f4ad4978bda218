//! `sweep`: the same backtest with other settings, one run a cell, and what picking the best of them is worth. Exit code 1
//! where a cell failed or it was stopped.

mod cells;
mod text;

use crate::arg_ranges::at_least_one;
use crate::backtest_period;
use crate::exit::Found;
use crate::printer;
use crate::read_run::read_run;
use crate::run_options::RunOptions;
use anyhow::{Context, Result, bail};
use cells::{Backtest, Grid, run_all};
use report::sweep::{CellRun, SweptCell, sweep};
use run::config::Config;
use run::run_loop;
use run::trials::Trials;
use std::sync::atomic::Ordering;

/// Cells of a sweep, at most.
const MOST_CELLS: usize = 10_000;

/// Arguments of `sweep`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The period, as `backtest` takes it.
    #[command(flatten)]
    pub period: backtest_period::Args,
    /// Values of a setting, or of `costs`; every combination of all grids is a cell
    #[arg(long, value_name = "KEY=V1,V2,…", required = true)]
    pub grid: Vec<Grid>,
    /// Backtests at once [default: one for each processor]; each takes about 260 MB
    #[arg(long, value_parser = at_least_one(1_000))]
    pub jobs: Option<usize>,
    #[command(flatten)]
    pub options: RunOptions,
}

pub(crate) const ABOUT: &str = "\
A cell is the backtest of its settings, a run like any other: what has been made is not made again, so a sweep that was
stopped goes on with the same command, and `butterquant report RUN` shows any cell. What follows is computed over all cells:

  deflated Sharpe    the chance that the best cell's true Sharpe ratio is above 0, after as many trials as the data folder
                     has seen on these prices (row for row, up to the same last day), earlier sweeps, failures and removed runs
                     included
  overfitting (PBO)  how often the best cell of one half of the blocks is below the median in the other (CSCV, 8 blocks)
  walk forward       the best cell of the past, traded over the days after it
  permutation        what the best cell's threshold and daily limit alone would choose, by label, against the same scores
                     shuffled among the candidates of each day

Each is refused where there are too few cells or days to mean anything. Exit code 1 where a cell failed, or where the sweep
was stopped before its last cell: then nothing is shown.

Examples:
  butterquant sweep --source csv:prices --from 2016-02-01 --to 2017-12-29 --grid score_over=50,55,60,65 --grid max_new_per_day=1,3,5
  butterquant sweep --from 2016-02-01 --to 2016-12-30 --grid costs=1,2,3 --grid take_profit=0.5,0.7 --history 0 -o json";

/// Runs the cells and prints what came of them.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    args.period.check()?;
    if config.run_named().is_some() {
        bail!("a sweep makes a run for each cell, named by its question; leave --run out");
    }
    let settled = args.options.settle(config)?;
    cells::apart(&args.grid, &args.options)?;
    let cells = cells::combinations(&args.grid, MOST_CELLS)?;
    cells::check(&settled, &cells)?; // before the first is run
    let backtest = Backtest {
        config: &settled,
        source: crate::market::named(&settled, args.period.source.as_ref())?,
        period: &args.period,
        model: args.options.named_model(config),
    };
    let bar = printer::steps(config)?.bar("cells", cells.len() as u64);
    let stop = run_loop::on_signal()?;
    let made = run_all(&backtest, &cells, args.jobs, &stop, &mut |done| {
        bar.at(done, cells.len() as u64);
    })?;
    bar.clear();
    let failed = made.iter().filter(|cell| cell.failed.is_some()).count();
    let (whole, all) = (made.len() - failed, cells.len());
    if stop.load(Ordering::Relaxed) && whole < all {
        telemetry::say!(
            "stopped with {whole} of {all} cells made, so nothing is shown; the same command goes on from here"
        );
        return Ok(Found::Something);
    }
    if let (true, Some(why)) =
        (failed == made.len(), made.first().and_then(|of| of.failed.as_ref()))
    {
        bail!("all {failed} cells failed; the first: {why}");
    }
    let found = printer::steps(config)?.during("figures", || figures(config, &made))?;
    printer::show(config.output()?, &found, |found| printer::line(text::text(found)))?;
    Ok(if failed > 0 { Found::Something } else { Found::Nothing })
}

/// What the cells' runs show.
fn figures(config: &Config, made: &[CellRun]) -> Result<report::sweep::Sweep> {
    let mut cells = Vec::with_capacity(made.len());
    for cell in made {
        let read = cell
            .run
            .as_ref()
            .map(|id| read_run(config, id).with_context(|| format!("run {id} cannot be read")));
        cells.push(SweptCell::of(cell, read.transpose()?.as_ref())?);
    }
    let runs = config.runs()?;
    let trials = |data: &str| Trials::of(&config.data_dir()).on(data, &runs);
    let reader = |id: &str| read_run(config, id);
    sweep(cells, &trials, &reader)
}
