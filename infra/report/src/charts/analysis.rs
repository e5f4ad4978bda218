//! One analysis in four panels: what the position pays against where the price may end, the price
//! with trend and forecast, volatility measured against expected, the spectrum.

use super::chart::Chart;
use super::{payoff, price, spectrum, style, volatility};
use crate::analysis_detail::AnalysisDetail;
use anyhow::{Result, bail};
use plotters::prelude::*;
use quant::ButterflyKind;

const HEADING: i32 = 200;

/// The strategy's name.
pub fn kind(detail: &AnalysisDetail) -> &'static str {
    match detail.analysis.butterfly.kind {
        ButterflyKind::Call => "call butterfly",
        ButterflyKind::Put => "put butterfly",
        ButterflyKind::Iron => "iron butterfly",
    }
}

impl Chart for AnalysisDetail {
    fn size(&self) -> (u32, u32) {
        (1_680, 1_320)
    }

    fn panels<DB: DrawingBackend<ErrorType: 'static>>(
        &self,
        root: &style::Panel<DB>,
    ) -> Result<()> {
        root.fill(&WHITE)?;
        let (head, body) = root.margin(24, 24, 32, 32).split_vertically(HEADING);
        heading(&head, self)?;
        let parts = body.split_evenly((2, 2));
        let [upper_left, upper_right, lower_left, lower_right] = parts.as_slice() else {
            bail!("the chart was not split into four panels");
        };
        payoff::draw(&upper_left.margin(16, 16, 8, 32), self)?;
        price::draw(&upper_right.margin(16, 16, 32, 8), self)?;
        volatility::draw(&lower_left.margin(16, 16, 8, 32), self)?;
        spectrum::draw(&lower_right.margin(16, 16, 32, 8), self)?;
        root.present()?;
        Ok(())
    }
}

fn heading<DB: DrawingBackend<ErrorType: 'static>>(
    head: &style::Panel<DB>,
    detail: &AnalysisDetail,
) -> Result<()> {
    let (of, fly) = (&detail.analysis, &detail.analysis.butterfly);
    let strikes = [fly.centre - fly.wing, fly.centre, fly.centre + fly.wing];
    let first = format!(
        "{}: {} {} / {} / {}, expires {}",
        detail.ticker,
        kind(detail),
        strikes[0],
        strikes[1],
        strikes[2],
        fly.expiry
    );
    let second = format!(
        "At the close of {}: ${:.2} a share · score {:.1} of 100 · risk ${:.2}, most to gain ${:.2} · \
         probability of profit {:.1} %",
        of.day,
        of.spot,
        of.score.total,
        of.risk,
        of.max_profit,
        100.0 * of.prob_profit
    );
    head.draw(&Text::new(first, (28, 20), style::bold(68)))?;
    head.draw(&Text::new(second, (28, 112), style::text(44)))?;
    Ok(())
}
