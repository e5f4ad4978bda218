//! Laws of the draw, on simulated markets.

use super::*;
use crate::analyses::Keeper;
use crate::source::simulated::{SimulatedMarket, SimulationPlan};
use schemas::Body;
use std::collections::BTreeSet;

fn market(stocks: usize, days: usize) -> SimulatedMarket {
    SimulatedMarket::open(SimulationPlan { seed: 11, stocks, days, structure: true }, None).unwrap()
}

fn plan(days: usize) -> HistoryPlan {
    let all = market(1, days);
    let before = all.days()[days - 1] + 1;
    HistoryPlan { low: 40, normal: 60, high: 40, ..HistoryPlan::new(before, before) }
}

fn samples(history: &History) -> Vec<(&str, &Sample)> {
    history
        .samples
        .iter()
        .map(|event| match &event.body {
            Body::Samples(Samples::SampleDrawn(row)) => (event.ticker.as_str(), row),
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn rows_are_known_weighted_and_drawn_once() {
    let plan = plan(600);
    let mut progress = Vec::new();
    let history = draw(&mut market(12, 600), &plan, &Keeper::default(), &mut |done, of| {
        progress.push((done, of))
    })
    .unwrap();
    let rows = samples(&history);
    let reports = &history.report.strata;
    assert_eq!(rows.len(), reports.iter().map(|s| s.drawn).sum::<usize>());
    assert_eq!(progress.last(), Some(&(rows.len(), progress[0].1)));
    assert!(progress.windows(2).all(|two| two[0].0 <= two[1].0));
    let distinct: BTreeSet<_> = rows.iter().map(|(ticker, row)| (row.as_of, *ticker)).collect();
    assert_eq!(distinct.len(), rows.len());
    for (_, row) in &rows {
        assert!(row.as_of < row.evaluation_day && row.evaluation_day < plan.before);
        assert_eq!((row.values.len(), row.contract_version), (23, 1));
        assert_eq!(schemas::contract::Class::of_roi(row.roi).index() as i32, row.class);
        assert_eq!(Stratum::of(row.values[22] * 100.0).name(), row.stratum);
    }
    // All weights add up to the number of rows; each stratum's share of the weight is its share of
    // the eligible days.
    let with_rows = reports.iter().filter(|s| s.drawn > 0);
    let days: usize = reports.iter().map(|s| s.eligible_days).sum();
    let lost: usize = reports.iter().filter(|s| s.drawn == 0).map(|s| s.eligible_days).sum();
    let weight: f64 = rows.iter().map(|(_, row)| row.weight).sum();
    let kept = 1.0 - lost as f64 / days as f64;
    assert!((weight / rows.len() as f64 - kept).abs() < 1e-9, "{weight}");
    for stratum in with_rows {
        let share = stratum.weight * stratum.drawn as f64 / rows.len() as f64;
        assert!((share - stratum.eligible_days as f64 / days as f64).abs() < 1e-12);
    }
}

#[test]
fn the_draw_does_not_depend_on_threads_and_does_on_the_seed() {
    let two = plan(520);
    let draw = |plan: &HistoryPlan| {
        draw(&mut market(9, 520), plan, &Keeper::default(), &mut |_, _| ()).unwrap()
    };
    let history = draw(&two);
    assert_eq!(history, draw(&HistoryPlan { threads: 1, ..two.clone() }));
    assert_eq!(history, draw(&HistoryPlan { threads: 5, ..two.clone() }));
    assert_ne!(history.samples, draw(&HistoryPlan { seed: 8, ..two }).samples);
}

#[test]
fn what_comes_after_the_given_day_changes_nothing() {
    let plan = plan(500);
    let draw =
        |days| draw(&mut market(6, days), &plan, &Keeper::default(), &mut |_, _| ()).unwrap();
    assert_eq!(draw(500), draw(700));
}

#[test]
fn rows_spread_over_all_days_and_a_small_stratum_gives_all_and_says_so() {
    let all = HistoryPlan { low: 9_999, normal: 9_999, high: 9_999, ..plan(420) };
    let history = draw(&mut market(4, 420), &all, &Keeper::default(), &mut |_, _| ()).unwrap();
    let refused: usize = history.report.refused.values().sum();
    let eligible: usize = history.report.strata.iter().map(|s| s.eligible_rows).sum();
    assert_eq!(history.samples.len() + refused, eligible);
    assert!(history.report.strata.iter().all(|s| s.to_string().contains("it has no more")));

    let days = history.report.strata.iter().map(|s| s.eligible_days).max().unwrap();
    let one_a_day = HistoryPlan { low: days, normal: days, high: days, ..all };
    let history =
        draw(&mut market(4, 420), &one_a_day, &Keeper::default(), &mut |_, _| ()).unwrap();
    let fullest = history.report.strata.iter().find(|s| s.eligible_days == days).unwrap();
    let name = fullest.stratum.name();
    let as_of: BTreeSet<Day> = samples(&history)
        .iter()
        .filter(|(_, row)| row.stratum == name)
        .map(|(_, row)| row.as_of)
        .collect();
    // A day whose four tickers are all refused passes its row to another day.
    assert!(fullest.drawn == days && as_of.len() * 100 >= days * 95, "{} {days}", as_of.len());
}

#[test]
fn too_little_history_is_an_error_that_says_what_is_needed() {
    let error = draw(&mut market(3, 270), &plan(270), &Keeper::default(), &mut |_, _| ())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("none of the 270 trading days") && error.contains("252 bars"),
        "{error}"
    );
}
