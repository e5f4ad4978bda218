//! An analysis as events: the candidate and its features.

use quant::Analysis;
use schemas::Event;
use schemas::events::{FeatureVector, Features, Leg, OptionRight, Pricing, Scan, Scans};

fn scan_of(analysis: &Analysis, pricing: Pricing) -> Scan {
    let legs = analysis.legs.iter().map(|leg| Leg {
        right: match leg.right {
            quant::OptionRight::Call => OptionRight::Call,
            quant::OptionRight::Put => OptionRight::Put,
        },
        strike: leg.strike,
        ratio: leg.ratio,
        price: leg.price,
        sigma: leg.sigma,
        delta: leg.delta,
        gamma: leg.gamma,
        vega: leg.vega,
        theta: leg.theta,
    });
    let (p, d, q) = {
        let o = &analysis.arima.order;
        (i32::from(o.p), i32::from(o.d), i32::from(o.q))
    };
    Scan {
        spot: analysis.spot,
        vix: analysis.vix,
        hv63: analysis.hv63,
        current_iv: analysis.current_iv,
        predicted_vol: analysis.predicted_vol,
        vol_mispricing: analysis.vol_mispricing,
        trend_slope: analysis.trend_slope,
        dominant_period: analysis.dominant_period,
        period_strength: analysis.period_strength,
        cycle: analysis.cycle_position,
        arima_order: vec![p, d, q],
        forecast_return: analysis.forecast_return,
        forecast_interval_width: analysis.interval_width,
        structure: (&analysis.butterfly).into(),
        legs: legs.collect(),
        debit: analysis.mark.debit,
        cost: analysis.mark.cost,
        risk: analysis.risk,
        max_profit: analysis.max_profit,
        max_loss: analysis.max_loss,
        break_evens: analysis.break_evens.to_vec(),
        prob_profit: analysis.prob_profit,
        delta: analysis.mark.delta,
        gamma: analysis.mark.gamma,
        vega: analysis.mark.vega,
        theta: analysis.mark.theta,
        score: analysis.score.total,
        pricing,
    }
}

/// The candidate of an analysis and its features.
pub(super) fn candidate(ticker: &str, analysis: &Analysis, pricing: Pricing) -> [Event; 2] {
    let (day, about) = (analysis.day, [ticker, &analysis.day.to_string()]);
    let scan = Scans::CandidateScanned(scan_of(analysis, pricing));
    let scan = Event::new(day, ticker, &about, scan);
    let features = FeatureVector {
        candidate: scan.id,
        contract_version: analysis.contract_version as i32,
        values: analysis.features.to_vec(),
        score: Some(analysis.score.total),
    };
    let features = Event::new(day, ticker, &about, Features::FeaturesExtracted(features));
    let id = scan.id;
    [scan.about_candidate(id), features.about_candidate(id)]
}
