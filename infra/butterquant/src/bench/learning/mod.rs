//! Whether learning is worth having: a market's rows are walked day by day, models are trained, judged by the gate and
//! put in force as a run does it, and beside them stand those that a simpler rule would have asked.
//!
//! | predictor | answers a scan day with |
//! |---|---|
//! | champion | the model in force: past the gate, watched for the shadow days, then until the next one |
//! | refit every time | the model of the newest training, whatever the gate said |
//! | network, ridge | the candidates of the newest training |
//! | technical score | the logistic regression on that number alone, of the newest training |
//! | class prior | the class shares of all rows known when the newest training began |
//!
//! All are asked about the same rows: a scan day is judged as a whole, and by nobody who was trained at its close or
//! later. A mean is one of days, and its error, bound and p-value are those of the block bootstrap.

mod champion;
mod comparison;
mod known;
mod promotions;
mod walk;

pub(crate) use comparison::{Comparison, Pooled, pooled};
pub(crate) use promotions::Promotion;
pub(crate) use walk::{Period, walk};

use comparison::{Answer, comparisons};
use schemas::Day;
use serde::Serialize;
use statistics::mean;
use std::collections::BTreeMap;
use success::LabelledRow;
use walk::Walked;

/// What a market's walk showed.
#[derive(Serialize)]
pub(crate) struct MarketReport {
    pub source: String,
    pub rows: usize,
    /// Scan days with rows.
    pub scan_days: usize,
    pub first_day: Day,
    pub last_day: Day,
    /// Scan days that were judged: those after the first training.
    pub judged_days: usize,
    /// Of these, with a champion in force.
    pub champion_days: usize,
    /// H: the longest holding in trading days, the block of the bootstrap.
    pub block: usize,
    pub trainings: usize,
    /// Why trainings gave no model.
    pub without_model: Vec<String>,
    /// Of the models trained, those whose shipped candidate was the network.
    pub networks: usize,
    /// How many models were refused for what; one may be refused for several reasons.
    pub refused: BTreeMap<&'static str, usize>,
    pub promotions: Vec<Promotion>,
    /// None where no training had more rows than it is given.
    pub drawing: Option<Drawing>,
    pub comparisons: Vec<Comparison>,
    /// Daily gains over the class prior, for a picture.
    #[serde(skip)]
    pub daily_gains: Vec<(&'static str, Vec<(Day, f64)>)>,
}

/// What the draw of rows costs a ridge regression.
#[derive(Serialize)]
pub(crate) struct Drawing {
    /// Trainings with more rows than they are given.
    pub windows: usize,
    pub least_rows: usize,
    pub most_rows: usize,
    /// Log loss of the regression on the rows drawn less that on all, mean of the windows' means.
    pub cost: f64,
}

impl MarketReport {
    /// Of the walk over `rows` of the market called `source`.
    pub(crate) fn of(source: String, rows: &[LabelledRow], walked: &Walked, seed: u64) -> Self {
        let block = success::longest_holding(rows);
        let days = known::days(rows);
        let day = |day: Option<&i32>| Day(day.copied().unwrap_or_default());
        let (answers, trainings) = (&walked.answers, &walked.trainings);
        MarketReport {
            source,
            rows: rows.len(),
            scan_days: days.len(),
            first_day: day(days.first()),
            last_day: day(days.last()),
            judged_days: answers.len(),
            champion_days: answers.iter().filter(|day| day.champion.is_some()).count(),
            block,
            trainings: trainings.len(),
            without_model: promotions::without_model(trainings),
            networks: trainings.iter().filter(|one| one.network == Some(true)).count(),
            refused: promotions::refused(trainings),
            promotions: promotions::promotions(answers, &walked.in_force),
            drawing: drawing(answers, &walked.trainings),
            comparisons: comparisons(answers, block, seed),
            daily_gains: comparison::daily_gains(answers),
        }
    }
}

fn drawing(answers: &[Answer], trainings: &[walk::Training]) -> Option<Drawing> {
    let mut windows = BTreeMap::<usize, Vec<f64>>::new();
    for answer in answers {
        if let Some(all) = answer.ridge_of_all {
            windows.entry(answer.training).or_default().push(answer.losses.ridge - all);
        }
    }
    let rows = |at: &usize| trainings.get(*at).map(|training| training.rows);
    let means: Vec<f64> = windows.values().filter_map(|days| mean(days)).collect();
    Some(Drawing {
        windows: windows.len(),
        least_rows: windows.keys().filter_map(rows).min()?,
        most_rows: windows.keys().filter_map(rows).max()?,
        cost: mean(&means)?,
    })
}
