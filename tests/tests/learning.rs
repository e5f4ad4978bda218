//! The loop can learn: on a simulated market with planted structure, the model beats class prior and
//! technical score on later days by more than chance; on one without, it does not.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test says what it expects")]

use producers::analyses::Keeper;
use producers::history::{HistoryPlan, draw};
use producers::source::Market;
use producers::source::simulated::{SimulatedMarket, SimulationPlan};
use schemas::Body;
use schemas::contract::CONTRACT;
use schemas::events::Samples;
use success::{Assessment, Estimate, GainOver, LabelledRow, TrainSettings, train_and_assess};

/// Several, so that one lucky market does not decide.
const SEEDS: [u64; 3] = [7, 1, 2];
const STOCKS: usize = 40;
const DAYS: usize = 1_100;
/// The model is trained on rows evaluated before this day and judged on scans from it on.
const SPLIT: usize = 640;
/// The training uses rows of every third day; the assessment uses all, for narrow intervals.
const KNOWN_EVERY: i32 = 3;
/// All rows there are, of any stratum.
const ALL: usize = STOCKS * DAYS;

/// A model of the first days, judged on the later ones.
fn assessed(seed: u64, structure: bool, rows: usize) -> Assessment {
    let plan = SimulationPlan { seed, stocks: STOCKS, days: DAYS, structure };
    let mut market = SimulatedMarket::open(plan, None).unwrap();
    let (split, last) = (market.days()[SPLIT].0, market.days()[DAYS - 1]);
    let plan =
        HistoryPlan { seed, low: rows, normal: rows, high: rows, ..HistoryPlan::new(last, last) };
    let drawn = draw(&mut market, &plan, &Keeper::default(), &mut |_, _| {}).unwrap();
    let rows: Vec<LabelledRow> = drawn
        .samples
        .iter()
        .filter_map(|event| match &event.body {
            Body::Samples(Samples::SampleDrawn(sample)) => Some(LabelledRow {
                features: sample.values.clone().try_into().unwrap(),
                class: sample.class as u8,
                roi: sample.roi,
                scan_day: sample.as_of.0,
                evaluation_day: sample.evaluation_day.0,
                weight: sample.weight,
                score: sample.score,
            }),
            _ => None,
        })
        .collect();
    let mut known: Vec<LabelledRow> =
        rows.iter().filter(|row| row.evaluation_day < split).cloned().collect();
    if known.len() > 9_000 {
        known.retain(|row| row.scan_day.rem_euclid(KNOWN_EVERY) == 0);
    }
    let later: Vec<LabelledRow> = rows.into_iter().filter(|row| row.scan_day >= split).collect();
    let how = TrainSettings { seed, ..TrainSettings::default() };
    let (trained, later) =
        train_and_assess(&known, &later, &CONTRACT, &how, &mut |_, _| {}).unwrap();
    let later = later.unwrap();
    println!(
        "seed {seed}, structure {structure}: {} rows known, {} on {} later days; {}; log loss \
         {:.4}, class prior {}, score {}; top decile {}",
        known.len(),
        later.rows,
        later.days,
        trained.manifest.choice(),
        later.model.log_loss.value,
        gained(&later.class_prior.behind_model),
        gained(&later.technical_score.as_ref().unwrap().behind_model),
        said(&later.model.top_decile_roi),
    );
    later
}

fn said(of: &Estimate) -> String {
    format!("{:+.4} ({:+.4} to {:+.4})", of.value, of.low.unwrap(), of.high.unwrap())
}

fn gained(of: &GainOver) -> String {
    format!("{:+.4} (above {:+.4}, p {:.4})", of.value, of.low.unwrap(), of.p_value.unwrap())
}

/// The mean of estimates from independent markets, and its 95 % interval.
fn pooled(of: &[GainOver]) -> (f64, f64, f64) {
    let count = of.len() as f64;
    let mean = of.iter().map(|one| one.value).sum::<f64>() / count;
    let variance: f64 = of.iter().map(|one| one.standard_error.unwrap().powi(2)).sum();
    let half = 1.96 * variance.sqrt() / count;
    println!("over {count} markets: {mean:+.4} ({:+.4} to {:+.4})", mean - half, mean + half);
    (mean - half, mean, mean + half)
}

#[test]
fn planted_structure_is_found_on_later_days() {
    let (mut over_prior, mut over_score) = (Vec::new(), Vec::new());
    for seed in SEEDS {
        let later = assessed(seed, true, ALL);
        let (prior, score) = (later.class_prior, later.technical_score.unwrap());
        assert!(prior.behind_model.low.unwrap() > 0.0, "seed {seed}");
        assert!(score.behind_model.value > 0.0, "seed {seed}");
        assert!(later.model.top_decile_roi.low > Some(later.all_roi.value), "seed {seed}");
        over_prior.push(prior.behind_model);
        over_score.push(score.behind_model);
    }
    assert!(pooled(&over_prior).0 > 0.02, "the gain over the class prior");
    assert!(pooled(&over_score).0 > 0.02, "the gain over the technical score");
}

#[test]
fn without_structure_nothing_is_found() {
    let (mut over_prior, mut over_score) = (Vec::new(), Vec::new());
    for seed in SEEDS {
        let later = assessed(seed, false, 4_000);
        let (prior, score) = (later.class_prior, later.technical_score.unwrap());
        // Of as many comparisons one is below 5 % by chance more often than in one trial of twenty.
        let comparisons = 2.0 * SEEDS.len() as f64;
        for rival in [&prior, &score] {
            let adjusted = rival.behind_model.p_value.unwrap() * comparisons;
            assert!(adjusted >= 0.05 && rival.behind_model.value < 0.01, "seed {seed}");
        }
        over_prior.push(prior.behind_model);
        over_score.push(score.behind_model);
    }
    for over in [over_prior, over_score] {
        let (low, mean, _) = pooled(&over);
        // Less than a thousandth of a nat is nothing, however surely it is above 0.
        assert!(low <= 0.001 && mean < 0.01, "{low} {mean}");
    }
}
