//! The rows of the measurement, as a retraining has them: labelled rows to train on, and those of the last
//! 60 scan days, which the model is judged on.

use anyhow::{Context, Result, ensure};
use producers::history::{HistoryPlan, draw};
use producers::source::Market;
use run::config::Config;
use run::kept_analyses::keeper;
use schemas::Body;
use schemas::events::{Sample, Samples};
use std::fmt::Write;
use success::LabelledRow;

/// Scan days that are held out.
const HELD_OUT_DAYS: usize = 60;

/// What is trained on, and what is held out.
pub(crate) struct Rows {
    /// Evaluated before the first day that is held out.
    pub known: Vec<LabelledRow>,
    pub held_out: Vec<LabelledRow>,
}

impl Rows {
    /// Draws every row of `market`; of those known, `count` evenly over their days.
    ///
    /// # Errors
    /// The market has too few.
    pub(crate) fn draw(
        config: &Config,
        market: &mut dyn Market,
        count: usize,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Rows> {
        Rows::split(every_row(config, market, progress)?, count)
    }

    fn split(mut rows: Vec<LabelledRow>, count: usize) -> Result<Rows> {
        rows.sort_by_key(|row| row.scan_day);
        let mut days: Vec<i32> = rows.iter().map(|row| row.scan_day).collect();
        days.dedup();
        ensure!(
            days.len() > HELD_OUT_DAYS,
            "{} days have rows; {HELD_OUT_DAYS} are held out, so give a longer market",
            days.len()
        );
        let split = days[days.len() - HELD_OUT_DAYS];
        let (held_out, mut known): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|row| row.scan_day >= split);
        known.retain(|row| row.evaluation_day < split);
        ensure!(
            known.len() >= count,
            "{} rows were evaluated before the {HELD_OUT_DAYS} days held out, not {count}: give a \
             longer market or fewer --rows",
            known.len()
        );
        let known = (0..count).map(|place| known[place * known.len() / count].clone()).collect();
        Ok(Rows { known, held_out })
    }

    /// The rows to train on as lines of scan day, evaluation day, class, weight and the features.
    pub(crate) fn csv(&self) -> Result<String> {
        let mut text = String::new();
        for row in &self.known {
            let LabelledRow { scan_day, evaluation_day, class, weight, features, .. } = row;
            write!(text, "{scan_day},{evaluation_day},{class},{weight}")?;
            for value in features {
                write!(text, ",{value}")?;
            }
            text.push('\n');
        }
        Ok(text)
    }
}

/// Every labelled row of `market`.
///
/// # Errors
/// It has no day that can give a row, or cannot be read.
pub(crate) fn every_row(
    config: &Config,
    market: &mut dyn Market,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Vec<LabelledRow>> {
    let day = *market.days().last().context("the market has no days")?;
    let settings = config.settings()?;
    let all = market.days().len() * market.universe().len();
    let plan = HistoryPlan {
        low: all,
        normal: all,
        high: all,
        seed: settings.seed as u64,
        pricing: settings.pricing,
        ..HistoryPlan::new(day, day)
    };
    let progress = &mut |done, of| progress(done as u64, of as u64);
    let drawn = draw(market, &plan, &keeper(config)?, progress)?;
    let rows = drawn.samples.iter().filter_map(|event| match &event.body {
        Body::Samples(Samples::SampleDrawn(sample)) => Some(row(sample)),
        _ => None,
    });
    rows.collect()
}

fn row(sample: &Sample) -> Result<LabelledRow> {
    let features = sample.values.clone().try_into();
    Ok(LabelledRow {
        features: features.map_err(|_| anyhow::anyhow!("a row without all features"))?,
        class: sample.class as u8,
        roi: sample.roi,
        scan_day: sample.as_of.0,
        evaluation_day: sample.evaluation_day.0,
        weight: sample.weight,
        score: sample.score,
    })
}
