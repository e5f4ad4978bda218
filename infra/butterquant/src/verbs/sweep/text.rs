//! A sweep as text: a row for each cell, then what the best of each track is worth.

use report::sweep::{Answer, BestCell, Sweep, SweptCell};
use report::tables::{or_dash, percent, table};
use run::trials::counted;
use schemas::events::Track;
use statistics::p_text;

/// The sweep as text.
pub(super) fn text(sweep: &Sweep) -> String {
    let mut lines = vec![cells(sweep)];
    lines.push(format!("\n{}", counted(sweep.trials, sweep.without_result)));
    let failed = sweep.cells.iter().filter(|cell| cell.failed.is_some()).count();
    if failed > 0 {
        let (made, all) = (sweep.cells.len() - failed, sweep.cells.len());
        lines.push(format!(
            "NOT ALL CELLS: {failed} of {all} failed, see below; what follows is of the other {made}"
        ));
    }
    for of in &sweep.tracks {
        lines.push(String::new());
        lines.extend(best(sweep, of));
    }
    let failed = sweep.cells.iter().filter_map(|cell| Some((cell, cell.failed.as_ref()?)));
    lines.extend(failed.map(|(cell, why)| format!("FAILED {}: {why}", named(cell))));
    lines.join("\n")
}

/// What tells a cell from the others.
fn named(cell: &SweptCell) -> String {
    let set: Vec<String> = cell.set.iter().map(|(key, value)| format!("{key}={value}")).collect();
    set.join(" ")
}

fn cells(sweep: &Sweep) -> String {
    let keys = sweep.cells.first().map(|cell| cell.set.as_slice()).unwrap_or_default();
    let mut header: Vec<String> = keys.iter().map(|(key, _)| format!("{key}>")).collect();
    for track in ["AI", "Base"] {
        header
            .extend(["return", "Sharpe", "drawdown", "trades"].map(|of| format!("{track} {of}>")));
    }
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let rows = sweep.cells.iter().map(|cell| {
        let mut row: Vec<String> = cell.set.iter().map(|(_, value)| value.clone()).collect();
        for track in Track::ALL {
            let of = cell.tracks.iter().find(|of| of.track == track);
            row.extend([
                or_dash(of, |of| percent(of.total_return)),
                or_dash(of.and_then(|of| of.sharpe), |sharpe| format!("{sharpe:.2}")),
                or_dash(of, |of| percent(of.max_drawdown)),
                or_dash(of, |of| of.closed_trades.to_string()),
            ]);
        }
        row
    });
    table(&header, rows)
}

/// A figure's sentence, or why there is none.
fn answer<T>(name: &str, of: &Answer<T>, text: impl FnOnce(&T) -> String) -> String {
    match of {
        Answer::Found(found) => format!("  {name:<18} {}", text(found)),
        Answer::Refused { refused } => format!("  {name:<18} refused: {refused}"),
    }
}

fn best(sweep: &Sweep, of: &BestCell) -> Vec<String> {
    let name = of.track.name();
    let head = match of.best.and_then(|at| sweep.cells.get(at)) {
        Some(cell) => format!(
            "{name}: the highest Sharpe ratio is that of {} (run {})",
            named(cell),
            cell.run.as_deref().unwrap_or("–")
        ),
        None => format!("{name}: no cell has a Sharpe ratio"),
    };
    vec![
        head,
        answer("Sharpe ratio", &of.inference, |of| {
            format!(
                "{:.2} a year over {} days, worth {:.0} independent ones; above 0 with probability {}{}",
                of.sharpe_annual,
                of.days,
                of.effective_days,
                percent(of.probabilistic),
                of.minimum_days.map_or_else(String::new, |days| format!(
                    "; {days} such days would show it with 95 %"
                ))
            )
        }),
        answer("deflated", &of.deflated, |of| {
            format!(
                "the best of {} worthless trials would have {:.2}; above that with probability {}",
                of.trials,
                of.expected_maximum_annual,
                percent(of.deflated)
            )
        }),
        answer("overfitting", &of.overfitting, |of| {
            format!(
                "PBO {}: so often is the best of one half of the days no better than the median in the other ({} distinct cells, {} splits); it then loses in {}",
                percent(of.pbo),
                of.configurations,
                of.splits.len(),
                percent(of.probability_of_loss)
            )
        }),
        answer("walk forward", &of.walk_forward, |of| {
            let mean = |of: &mut dyn Iterator<Item = f64>| {
                let values: Vec<f64> = of.collect();
                statistics::mean(&values).unwrap_or_default() * 252_f64.sqrt()
            };
            format!(
                "best in sample {:.2}, the same out of sample {:.2}, the median cell {:.2} (mean Sharpe a year of {} steps); all steps together {:.2}",
                mean(&mut of.steps.iter().map(|step| step.in_sample)),
                mean(&mut of.steps.iter().map(|step| step.out_of_sample)),
                mean(&mut of.steps.iter().map(|step| step.median_out_of_sample)),
                of.steps.len(),
                of.sharpe_daily * 252_f64.sqrt()
            )
        }),
        answer("permutation", &of.permutation, |of| {
            let excess = of.excess.as_ref().map_or_else(String::new, |gain| {
                format!(
                    "; over all candidates of the day {}, {}",
                    percent(gain.mean),
                    p_text(gain.p_value)
                )
            });
            format!(
                "mean ROI of the chosen {} on {} days, of shuffled scores {} ({} to {}), {}{excess}",
                percent(of.observed),
                of.traded_days,
                percent(of.null_mean),
                percent(of.null_range.0),
                percent(of.null_range.1),
                p_text(of.p_value)
            )
        }),
    ]
}
