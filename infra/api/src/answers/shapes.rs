//! The JSON of each thing the views hold. Days are `2018-06-29`, money is dollars.

use schemas::events::{ModelRef, Structure};
use serde_json::{Value, json};
use store::views::{AliasChange, ClosedTrade, EquityPoint, ModelCard, PendingOrder, Position};

fn structure(of: &Structure) -> Value {
    json!({
        "strategy": of.strategy.name(),
        "strikes": { "lower": of.centre - of.wing, "centre": of.centre, "upper": of.centre + of.wing },
        "expiry": of.expiry.to_string(),
        "evaluation_day": of.evaluation_day.to_string(),
    })
}

pub(super) fn position(of: &Position) -> Value {
    json!({
        "track": of.track.name(),
        "ticker": of.ticker,
        "candidate": of.candidate,
        "structure": structure(&of.structure),
        "quantity": of.quantity,
        "entry_day": of.entry_day.to_string(),
        "entry_price": of.entry_price.dollars(),
        "entry_fees": of.entry_fees.dollars(),
        "capital_at_risk": of.capital_at_risk.dollars(),
        "reason": of.reason,
        "model_version": of.model_version,
        "expected_roi": of.expected_roi,
    })
}

pub(super) fn pending(of: &PendingOrder) -> Value {
    json!({
        "track": of.intent.track.name(),
        "ticker": of.ticker,
        "candidate": of.intent.candidate,
        "broker_order_id": of.intent.broker_order_id,
        "action": of.intent.action,
        "state": of.state,
        "structure": structure(&of.intent.structure),
        "quantity": of.intent.quantity,
        "decided_on": of.decided_on.to_string(),
        "reason": of.intent.reason,
        "model_version": of.model_version,
        "expected_roi": of.expected_roi,
    })
}

pub(super) fn trade(of: &ClosedTrade) -> Value {
    json!({
        "track": of.track.name(),
        "ticker": of.ticker,
        "candidate": of.candidate,
        "structure": structure(&of.structure),
        "quantity": of.quantity,
        "entry_day": of.entry_day.to_string(),
        "entry_price": of.entry_price.dollars(),
        "entry_fees": of.entry_fees.dollars(),
        "exit_day": of.exit_day.to_string(),
        "exit_price": of.exit_price.dollars(),
        "exit_fees": of.exit_fees.dollars(),
        "pnl": of.pnl.dollars(),
        "capital_at_risk": of.capital_at_risk.dollars(),
        "roi": of.roi,
        "reason": of.reason,
        "model_version": of.model_version,
        "expected_roi": of.expected_roi,
    })
}

pub(super) fn mark(of: &EquityPoint) -> Value {
    json!({
        "day": of.day.to_string(),
        "equity": of.mark.equity.dollars(),
        "change": of.mark.change.dollars(),
        "open_positions": of.mark.open_positions,
        "candidates": of.mark.candidates,
        "over_threshold": of.mark.over_threshold,
        "highest": of.mark.highest,
        "opened": of.mark.opened,
        "closed": of.mark.closed,
        "note": of.mark.note,
    })
}

pub(super) fn card(of: &ModelCard, champion: Option<i64>, challenger: Option<&ModelRef>) -> Value {
    // Of an event that is no model the rest is still shown; `model verify` says what is wrong.
    let manifest: Option<Value> =
        of.manifest.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let refusals = of
        .refusals
        .iter()
        .map(|refusal| json!({ "day": refusal.day.to_string(), "reasons": refusal.reasons }));
    let standing = if champion == Some(of.version) {
        "champion"
    } else if challenger.is_some_and(|model| model.version == of.version) {
        "challenger"
    } else if of.sha256.is_none() && of.refusals.is_empty() {
        "in training"
    } else if !of.refusals.is_empty() {
        "refused"
    } else {
        "past"
    };
    json!({
        "version": of.version,
        "standing": standing,
        "sha256": of.sha256,
        "rule": of.rule,
        "evidence": of.evidence,
        "triggered_on": of.triggered_on.map(|day| day.to_string()),
        "trained_on": of.trained_on.map(|day| day.to_string()),
        "passed": of.passed,
        "verdict": of.verdict,
        "refusals": refusals.collect::<Vec<_>>(),
        "manifest": manifest,
    })
}

pub(super) fn change(of: &AliasChange) -> Value {
    json!({
        "day": of.day.to_string(),
        "alias": of.alias,
        "version": of.version,
        "sha256": of.sha256,
        "rollback": of.rollback,
        "reason": of.reason,
    })
}
