//! The tables of `bench learning`.

use crate::bench::learning::{Comparison, MarketReport, Pooled, Promotion};
use report::tables::{or_dash, table};

/// What a market's walk showed, in lines and a table.
pub(super) fn market(market: &MarketReport) -> Vec<String> {
    let refused = market.refused.iter().map(|(kind, times)| format!("{kind} {times}"));
    let mut lines = vec![
        format!(
            "{}: {} rows on {} scan days, {} to {}; {} judged, {} of them with a champion; blocks of {} days",
            market.source,
            market.rows,
            market.scan_days,
            market.first_day,
            market.last_day,
            market.judged_days,
            market.champion_days,
            market.block
        ),
        format!(
            "{} trainings ({} shipped the network, {} gave no model), {} promoted; refused: {}",
            market.trainings,
            market.networks,
            market.without_model.len(),
            market.promotions.len(),
            refused.collect::<Vec<_>>().join(", ")
        ),
    ];
    lines.extend(market.promotions.iter().map(promotion_line));
    lines.extend(market.drawing.as_ref().map(|drawing| {
        format!(
            "drawing 10,000 of {} to {} rows costs the ridge regression {:+.4}, mean of {} trainings",
            drawing.least_rows, drawing.most_rows, drawing.cost, drawing.windows
        )
    }));
    let header =
        ["on", "of", "over", "days>", "log loss>", "other>", "gain>", "error>", "above>", "p>"];
    lines.push(table(&header, market.comparisons.iter().map(compared)));
    lines
}

fn promotion_line(promotion: &Promotion) -> String {
    let number = |value: Option<f64>| or_dash(value, |value| format!("{value:.4}"));
    format!(
        "promoted on {}: log loss {} on the {} days until the next, {} of what was in force before",
        promotion.day,
        number(promotion.log_loss),
        promotion.days,
        number(promotion.before)
    )
}

fn compared(of: &Comparison) -> Vec<String> {
    let signed = |value: f64| format!("{value:+.4}");
    vec![
        of.on.to_owned(),
        of.of.to_owned(),
        of.over.to_owned(),
        of.days.to_string(),
        format!("{:.4}", of.log_loss),
        format!("{:.4}", of.other_log_loss),
        signed(of.gain),
        or_dash(of.standard_error, |error| format!("{error:.4}")),
        or_dash(of.above, signed),
        or_dash(of.p_value, |p| format!("{p:.4}")),
    ]
}

fn pooled_row(of: &Pooled) -> Vec<String> {
    vec![
        of.on.to_owned(),
        of.of.to_owned(),
        of.over.to_owned(),
        format!("{:.4}", of.log_loss),
        format!("{:.4}", of.other_log_loss),
        format!("{:+.4}", of.gain),
        format!("{:+.4} to {:+.4}", of.low, of.high),
        format!("{} of {}, surely {}", of.better, of.markets, of.surely_better),
    ]
}

/// The comparisons over all markets.
pub(super) fn pooled(all: &[Pooled]) -> String {
    let header = ["on", "of", "over", "log loss>", "other>", "gain>", "95 %>", "better in>"];
    table(&header, all.iter().map(pooled_row))
}
