//! Axes with ticks at chosen places: the first of a month, round numbers, periods.

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, ValueFormatter};
use plotters::prelude::*;
use schemas::Day;
use std::ops::Range;

/// An axis with ticks at given places.
pub(super) struct Ticks {
    range: Range<f64>,
    at: Vec<f64>,
    label: fn(f64) -> String,
}

impl Ticks {
    /// Days as numbers, with at most eight ticks, each on the first of a month.
    pub(super) fn months(range: Range<f64>) -> Ticks {
        // A label nearer to an end would stick out of the plot.
        let edge = 0.03 * (range.end - range.start);
        let firsts: Vec<f64> = ((range.start + edge) as i32..=(range.end - edge) as i32)
            .filter(|day| Day(*day).ymd().2 == 1)
            .map(f64::from)
            .collect();
        let every = firsts.len().div_ceil(8).max(1);
        let at = firsts.into_iter().step_by(every).collect();
        Ticks { range, at, label: month }
    }

    /// Numbers, with at most ten ticks at multiples of a round step.
    pub(super) fn numbers(range: Range<f64>) -> Ticks {
        Ticks::at_most(10, range)
    }

    /// Numbers, with at most `ticks` ticks at multiples of a round step.
    pub(super) fn at_most(ticks: u32, range: Range<f64>) -> Ticks {
        let least = (range.end - range.start) / f64::from(ticks);
        let tens = 10_f64.powf(least.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0].map(|n| n * tens).into_iter().find(|step| *step >= least);
        let step = step.unwrap_or(10.0 * tens);
        let first = (range.start / step).ceil() as i64;
        let at = (first..=(range.end / step).floor() as i64).map(|n| n as f64 * step).collect();
        Ticks { range, at, label: |x| ((x * 1e6).round() / 1e6).to_string() }
    }

    /// Natural logarithms of prices, with ticks at 1, 2 and 5 times the powers of ten, or at these alone.
    pub(super) fn prices(range: Range<f64>) -> Ticks {
        let power = |x: f64| x / std::f64::consts::LN_10;
        let powers = power(range.start).floor() as i32..=power(range.end).ceil() as i32;
        let steps: &[f64] =
            if power(range.end - range.start) > 2.5 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let at = powers.flat_map(|power| steps.iter().map(move |n| (n * 10_f64.powi(power)).ln()));
        Ticks { range, at: at.collect(), label: |x| x.exp().to_string() }
    }

    /// Base-2 logarithms of periods in trading days.
    pub(super) fn periods(shortest: f64, longest: f64) -> Ticks {
        let at = [2, 3, 5, 7, 10, 14, 21, 32, 63, 126, 252].map(|days| f64::from(days).log2());
        Ticks {
            range: shortest.log2()..longest.log2(),
            at: at.into(),
            label: |x| format!("{:.0}", x.exp2()),
        }
    }
}

fn month(day: f64) -> String {
    let (year, month, _) = Day(day as i32).ymd();
    format!("{year}-{month:02}")
}

impl Ranged for Ticks {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = (value - self.range.start) / (self.range.end - self.range.start);
        limit.0 + (share * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.at.iter().copied().filter(|x| self.range.contains(x) || *x == self.range.end).collect()
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

impl ValueFormatter<f64> for Ticks {
    fn format_ext(&self, value: &f64) -> String {
        (self.label)(*value)
    }
}
