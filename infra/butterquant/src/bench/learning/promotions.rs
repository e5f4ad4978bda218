//! How often a challenger was refused and for what, how often one was promoted, and what came of it.

use super::comparison::Answer;
use super::walk::{InForce, Training};
use schemas::Day;
use serde::Serialize;
use statistics::mean;
use std::collections::BTreeMap;

/// A challenger that became champion.
#[derive(Serialize)]
pub(crate) struct Promotion {
    /// In force from the scan day after this one.
    pub day: Day,
    /// Judged scan days until the next promotion.
    pub days: usize,
    /// Mean daily log loss on these; none without such days.
    pub log_loss: Option<f64>,
    /// That of the champion before it, or of the class prior.
    pub before: Option<f64>,
}

/// Each promotion, with the days on which it was in force.
pub(super) fn promotions(answers: &[Answer], in_force: &[InForce]) -> Vec<Promotion> {
    let promotion = |at: &InForce| {
        let days = &answers[at.from..at.to.max(at.from)];
        let mean_of = |of: fn(&Answer) -> Option<f64>| {
            mean(&days.iter().filter_map(of).collect::<Vec<f64>>())
        };
        Promotion {
            day: at.day,
            days: days.len(),
            log_loss: mean_of(|day| day.champion),
            before: mean_of(|day| day.before),
        }
    };
    in_force.iter().map(promotion).collect()
}

/// Why trainings gave no model.
pub(super) fn without_model(trainings: &[Training]) -> Vec<String> {
    let without = trainings.iter().filter(|training| training.network.is_none());
    without.flat_map(|training| training.refused.iter().cloned()).collect()
}

/// How many models were refused for each kind of reason.
pub(super) fn refused(trainings: &[Training]) -> BTreeMap<&'static str, usize> {
    let mut kinds = BTreeMap::new();
    for training in trainings.iter().filter(|training| training.network.is_some()) {
        let mut own: Vec<&str> = training.refused.iter().map(|reason| kind(reason)).collect();
        own.sort_unstable();
        own.dedup();
        own.into_iter().for_each(|kind| *kinds.entry(kind).or_default() += 1);
    }
    kinds
}

/// The kind of the gate's reason, told by how its sentence begins.
fn kind(reason: &str) -> &'static str {
    let kinds = [
        ("its mean daily log loss", "not better"),
        ("not proven better", "better, but not proven"),
        ("nothing learnt for sure", "not proven on the days that chose it"),
        ("class ", "a class is off"),
        ("its calibration error", "badly calibrated"),
    ];
    let found = kinds.iter().find(|(begins, _)| reason.starts_with(begins));
    found.map_or("other", |(_, kind)| kind)
}
