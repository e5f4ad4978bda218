//! Whether recent features still look like those the model was trained on.
//!
//! The statistic of a feature is the largest gap between two cumulative shares at the training
//! rows' deciles: a Kolmogorov–Smirnov distance over ten equal-count bins, 0 to 1. It is taken
//! over the last 20 scan days, and drift is a value above the 99 % quantile (nearest rank) of the
//! same statistic over all blocks of 20 consecutive scan days of the training rows themselves:
//! a season that training has seen is not drift. `vix_level` is one number a day, so its shares
//! are of days and not of rows.

use crate::row::LabelledRow;
use schemas::contract::{FEATURES, VIX_LEVEL};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Scan days of a block.
pub const DRIFT_DAYS: usize = 20;

const EDGES: usize = 9;
const QUANTILE: f64 = 0.99;

/// One candidate as the model sees it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct DriftRow {
    /// Day of the scan.
    pub scan_day: i32,
    /// The features of the contract, in its order; all finite.
    pub features: [f64; FEATURES],
    /// How many candidates it stands for; 1 if rows are not sampled.
    pub weight: f64,
}

impl From<&LabelledRow> for DriftRow {
    fn from(row: &LabelledRow) -> DriftRow {
        DriftRow { scan_day: row.scan_day, features: row.features, weight: row.weight }
    }
}

/// The training distribution of a feature.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
struct Shape {
    /// Deciles of the training rows, ascending.
    edges: [f32; EDGES],
    /// Share of the training rows not above each.
    shares: [f32; EDGES],
    /// The distance above which the feature has drifted.
    limit: f64,
}

/// The reference that drift is measured against: a summary of the training rows, small enough to
/// travel inside the model.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct DriftReference {
    names: Vec<String>,
    shapes: Vec<Shape>,
    /// Blocks of 20 consecutive scan days among the training rows.
    pub blocks: u32,
}

/// How far a feature has moved.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct Drift {
    /// The feature's name.
    pub feature: String,
    /// The statistic of the last 20 scan days, 0 to 1.
    pub distance: f64,
    /// The 99 % quantile of the training rows' own blocks.
    pub limit: f64,
}

impl Drift {
    /// Whether it is above its limit.
    pub fn drifted(&self) -> bool {
        self.distance > self.limit
    }
}

/// Weight in each of a feature's ten bins.
type Bins = [f64; EDGES + 1];

impl DriftReference {
    /// The reference of training rows whose features are called `names`. None with fewer than two
    /// blocks of days, which do not show how blocks vary.
    pub fn of(rows: &[DriftRow], names: &[&str; FEATURES]) -> Option<DriftReference> {
        let days = by_day(rows);
        if days.len() < 2 * DRIFT_DAYS {
            return None;
        }
        let shapes = (0..FEATURES).map(|feature| shape(&days, feature)).collect();
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Some(DriftReference { names, shapes, blocks: (days.len() - DRIFT_DAYS + 1) as u32 })
    }

    /// The deciles of the training rows by feature, in the contract's order: nine values, ascending.
    pub fn deciles(&self) -> impl Iterator<Item = &[f32; EDGES]> {
        self.shapes.iter().map(|shape| &shape.edges)
    }

    /// The shares of the training rows between which each value of `features` lies: those not above the deciles next
    /// to it, 0 below the first and 1 above the last.
    pub fn shares_around<'a>(&'a self, features: &'a [f64]) -> impl Iterator<Item = (f64, f64)> {
        self.shapes.iter().zip(features).map(|(shape, value)| {
            let above = shape.edges.partition_point(|edge| *edge < *value as f32);
            let share = |edge: usize| shape.shares.get(edge).map(|share| f64::from(*share));
            let below = above.checked_sub(1).and_then(share).unwrap_or(0.0);
            (below, share(above).unwrap_or(1.0))
        })
    }

    /// The drift of the last 20 scan days in `rows`, by feature; none with fewer days.
    pub fn drift(&self, rows: &[DriftRow]) -> Option<Vec<Drift>> {
        let days = by_day(rows);
        let block = days.len().checked_sub(DRIFT_DAYS).map(|first| &days[first..])?;
        let measured = |(feature, (shape, name)): (usize, (&Shape, &String))| {
            let bins = block.iter().map(|day| binned(&points(day, feature), &shape.edges));
            Drift {
                feature: name.clone(),
                distance: distance(&bins.fold(Bins::default(), add), &shape.shares),
                limit: shape.limit,
            }
        };
        Some(self.shapes.iter().zip(&self.names).enumerate().map(measured).collect())
    }
}

/// Rows of each scan day, by ascending day.
fn by_day(rows: &[DriftRow]) -> Vec<Vec<&DriftRow>> {
    let mut days = BTreeMap::<i32, Vec<&DriftRow>>::new();
    for row in rows {
        days.entry(row.scan_day).or_default().push(row);
    }
    days.into_values().collect()
}

/// A day's values of a feature with their weights.
fn points(day: &[&DriftRow], feature: usize) -> Vec<(f32, f64)> {
    let value = |row: &DriftRow| row.features[feature] as f32;
    if feature == VIX_LEVEL {
        // Each day counts once: the weights of sampled rows count rows, not days.
        return day.first().map(|row| (value(row), 1.0)).into_iter().collect();
    }
    day.iter().map(|row| (value(row), row.weight)).collect()
}

fn binned(points: &[(f32, f64)], edges: &[f32; EDGES]) -> Bins {
    let mut bins = Bins::default();
    for (value, weight) in points {
        bins[edges.partition_point(|edge| edge < value)] += weight;
    }
    bins
}

fn add(mut sum: Bins, more: Bins) -> Bins {
    sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
    sum
}

/// Share of the weight not above each edge.
fn cumulative(bins: &Bins) -> [f64; EDGES] {
    let total: f64 = bins.iter().sum();
    let mut passed = 0.0;
    std::array::from_fn(|edge| {
        passed += bins[edge];
        passed / total
    })
}

fn distance(bins: &Bins, shares: &[f32; EDGES]) -> f64 {
    let gaps = cumulative(bins).into_iter().zip(shares).map(|(a, b)| (a - f64::from(*b)).abs());
    gaps.fold(0.0, f64::max)
}

fn shape(days: &[Vec<&DriftRow>], feature: usize) -> Shape {
    let by_day: Vec<_> = days.iter().map(|day| points(day, feature)).collect();
    let edges = deciles(by_day.concat());
    let bins: Vec<Bins> = by_day.iter().map(|points| binned(points, &edges)).collect();
    let all = bins.iter().copied().fold(Bins::default(), add);
    let shares = cumulative(&all).map(|share| share as f32);
    let sum = |block: &[Bins]| block.iter().copied().fold(Bins::default(), add);
    let mut own: Vec<f64> =
        bins.windows(DRIFT_DAYS).map(|block| distance(&sum(block), &shares)).collect();
    own.sort_by(f64::total_cmp);
    let rank = (QUANTILE * own.len() as f64).ceil() as usize;
    Shape { edges, shares, limit: own[rank.clamp(1, own.len()) - 1] }
}

/// The values below which a tenth, two tenths, … of the weight lie.
fn deciles(mut points: Vec<(f32, f64)>) -> [f32; EDGES] {
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: f64 = points.iter().map(|point| point.1).sum();
    let (mut passed, mut at) = (0.0, 0);
    std::array::from_fn(|edge| {
        let share = (edge + 1) as f64 / (EDGES + 1) as f64;
        // The slack keeps rounding in the sum from moving an edge by one row.
        while at + 1 < points.len() && passed + points[at].1 < share * total * (1.0 - 1e-12) {
            passed += points[at].1;
            at += 1;
        }
        points[at].0
    })
}

#[cfg(test)]
mod tests;
