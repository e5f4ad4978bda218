//! The chain as a timeline: a line for each event that the decision rests on, and for what followed.

use super::ages::trading_days;
use super::explanation::{
    ControlsInForce, Explanation, FeatureValue, FeatureValues, Labelled, Prediction, Step,
};
use super::model_card::ModelCard;
use super::place::{At, Place};
use super::prices::PriceSpan;
use super::words::{butterfly, counted, price, roi};
use crate::tables::percent;
use schemas::contract::CLASS_NAMES;
use schemas::events::Scan;
use schemas::{Day, TradingCalendar};

/// Steps up to the decision.
pub(super) fn inputs(of: &Explanation, index: Option<&At<Option<f64>>>) -> Vec<Step> {
    let calendar = of.controls.settings.calendar;
    let mut steps = Vec::new();
    let mut add = |name, day, place: Option<Place>, text| {
        steps.push(aged(calendar, of.day, Step::of(name, day, place, text)));
    };
    if let Some(at) = &of.prices {
        add("bars", at.what.last_day, Some(at.place), span(&at.what));
    }
    if let Some(at) = index {
        let close = at.what.map_or("no close".to_owned(), |close| format!("close {close:.2}"));
        add("index", at.day, Some(at.place), format!("volatility index: {close}"));
    }
    if let Some(at) = &of.scan {
        add("scan", at.day, Some(at.place), scan(&at.what));
    }
    if let Some(at) = &of.scan_refused {
        let text = format!("refused, {}: {}", at.what.code, at.what.reason);
        add("scan", at.day, Some(at.place), text);
    }
    if let Some(at) = &of.features {
        add("features", at.day, Some(at.place), features(&at.what));
    }
    if let (Some(card), Some(at)) = (&of.model, &of.training) {
        add("model", at.day, Some(at.place), model(card));
    }
    if let Some(at) = &of.prediction {
        add("prediction", at.day, Some(at.place), prediction(&at.what, at.controls_offset));
    }
    if let Some(at) = &of.shadow {
        let text = format!("watched only: {}", prediction(&at.what, at.controls_offset));
        add("shadow", at.day, Some(at.place), text);
    }
    if let Some(last) = &of.controls.last {
        add("controls", last.day, Some(last.place), controls(&of.controls));
    }
    steps
}

/// The label, if there is one.
pub(super) fn outcome(of: &Explanation) -> Option<Step> {
    let at = of.outcome.as_ref()?;
    let text = match &at.what {
        Labelled::Matured { outcome, class_name } => format!(
            "label {class_name}, ROI {}: entered {} at {:.2} + {:.2}, evaluated {} at {:.2} − {:.2}",
            roi(outcome.roi),
            outcome.entry_day,
            outcome.entry_debit,
            outcome.entry_cost,
            outcome.evaluation_day,
            outcome.exit_debit,
            outcome.exit_cost
        ),
        Labelled::Missing(of) => format!("no label, {}: {}", of.code, of.reason),
    };
    Some(Step::of("outcome", at.day, Some(at.place), text))
}

impl Step {
    /// A step without an age.
    pub(super) fn of(name: &'static str, day: Day, place: Option<Place>, text: String) -> Step {
        Step { name, track: None, day, place, age_days: None, age_trading_days: None, text }
    }
}

fn aged(calendar: TradingCalendar, decided: Day, step: Step) -> Step {
    Step {
        age_days: Some(decided - step.day),
        age_trading_days: Some(trading_days(calendar, step.day, decided)),
        ..step
    }
}

fn span(of: &PriceSpan) -> String {
    let mut text = format!(
        "{}, {} to {}, last {}",
        counted(of.closes, "close"),
        of.first_day,
        of.last_day,
        price(of.last_close)
    );
    if of.corrected_since > 0 {
        text += &format!("; {} since", counted(of.corrected_since, "correction"));
    }
    if of.splits_since > 0 {
        text += &format!("; {} since", counted(of.splits_since, "split"));
    }
    text
}

fn scan(of: &Scan) -> String {
    let structure = &of.structure;
    let ends: Vec<String> = of.break_evens.iter().map(|end| format!("{end:.2}")).collect();
    format!(
        "{}, expires {} ({} days), evaluated {} ({} trading days); score {:.1}; a share: debit {:.2}, cost {:.2}, \
         risk {:.2}; break-even {}; volatility {} implied, {} forecast",
        butterfly(structure),
        structure.expiry,
        structure.dte,
        structure.evaluation_day,
        structure.horizon,
        of.score,
        of.debit,
        of.cost,
        of.risk,
        ends.join(" and "),
        percent(of.current_iv),
        percent(of.predicted_vol)
    )
}

fn features(of: &FeatureValues) -> String {
    let head = format!("{} values of contract {}", of.values.len(), of.contract_version);
    if of.values.iter().all(|value| value.share_below.is_none()) {
        return format!("{head}; no model says how its training rows were");
    }
    let outer = |value: &FeatureValue| Some(format!("{} {}", value.name, value.outer_tenth?));
    let unusual: Vec<String> = of.values.iter().filter_map(outer).collect();
    match unusual.as_slice() {
        [] => format!("{head}, each among the middle eight tenths of the training rows"),
        names => format!("{head}; in the outer tenths of training: {}", names.join(", ")),
    }
}

fn model(of: &ModelCard) -> String {
    let rows = of.rows.map_or("unknown rows".to_owned(), |rows| format!("{rows} rows"));
    let until = of.knows_until.map_or_else(String::new, |day| format!(" evaluated up to {day}"));
    let bytes = if of.bytes_on_log { "bytes on the log" } else { "BYTES NOT ON THE LOG" };
    let sha256 = of.sha256.get(..12).unwrap_or(&of.sha256);
    format!(
        "version {}, sha256 {sha256}…, trained on {rows}{until} by rule {}; {bytes}",
        of.version, of.rule
    )
}

fn prediction(of: &Prediction, offset: Option<i64>) -> String {
    match of {
        Prediction::Refused(refused) => format!("not scored: {}", refused.reason),
        Prediction::Scored(score) => {
            let named = CLASS_NAMES.iter().zip(&score.probabilities);
            let shown: Vec<String> =
                named.map(|(class, p)| format!("{class} {}", percent(*p))).collect();
            let offset = offset.map_or("–".to_owned(), |offset| offset.to_string());
            format!(
                "version {}: {}; expected ROI {}; by {}, controls up to {offset}",
                score.model_version,
                shown.join(", "),
                percent(score.expected_roi),
                score.provider
            )
        }
    }
}

fn controls(of: &ControlsInForce) -> String {
    let settings = &of.settings;
    let halted: Vec<&str> = of.halted.iter().map(|track| track.name()).collect();
    let halted = match halted.as_slice() {
        [] => String::new(),
        names => format!("; halted: {}", names.join(", ")),
    };
    format!(
        "up to offset {}: expected ROI over {}, score over {}, capital {}, risk {} a trade, at most {} new a day and {} \
         held, take profit {}{halted}",
        of.offset,
        percent(settings.expected_roi_over),
        settings.score_over,
        settings.capital,
        settings.risk_per_trade,
        settings.max_new_per_day,
        settings.max_open,
        percent(settings.take_profit)
    )
}
