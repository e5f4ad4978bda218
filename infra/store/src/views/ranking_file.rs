//! The rankings as the file `rankings_combined.json` shows them: dates as `2018-06-29`,
//! strategies as people write them, refused tickers apart.

use super::{Ranked, Rankings};
use serde_json::{Value, json};

/// The content of `rankings_combined.json`. A candidate without a model has null in
/// `confidence`, `predicted_class`, `expected_roi` and `model_version`.
pub fn rankings_json(rankings: &Rankings) -> Value {
    let refused: Vec<Value> = rankings
        .refused
        .iter()
        .map(
            |ticker| json!({"ticker": ticker.ticker, "code": ticker.code, "reason": ticker.reason}),
        )
        .collect();
    json!({
        "date": rankings.day.to_string(),
        "thresholds": {
            "expected_roi_over": rankings.expected_roi_over,
            "score_over": rankings.score_over,
        },
        "count": rankings.ranked.len(),
        "rankings": rankings.ranked.iter().map(entry).collect::<Vec<_>>(),
        "refused": refused,
    })
}

fn entry(row: &Ranked) -> Value {
    json!({
        "rank": row.rank,
        "ticker": row.ticker,
        "candidate": row.candidate,
        "score": row.score,
        "strategy": row.strategy.name(),
        "recommendation": row.recommendation,
        "predicted_class": row.predicted_class,
        "confidence": row.confidence,
        "success_probability": row.success_probability,
        "success_source": row.success_source,
        "expected_roi": row.expected_roi,
        "model_version": row.model_version,
        "scan_day": row.scan_day.to_string(),
        "entry_on_or_after": row.entry_from.to_string(),
        "evaluation_day": row.evaluation_day.to_string(),
        "expiry": row.expiry.to_string(),
        "strikes": {"lower": row.lower, "centre": row.centre, "upper": row.upper},
        "debit": row.debit,
        "risk": row.risk,
        "max_profit": row.max_profit,
        "tags": row.tags,
    })
}
