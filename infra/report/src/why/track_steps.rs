//! The part of the timeline that belongs to one track: its decision, its orders, their fills, the result.

use super::decision::{TrackDecision, Verdict};
use super::explanation::Step;
use super::place::At;
use super::trade::{Answer, OrderStory, TrackTrade, TradeResult};
use super::words::{against, roi, signed, value, verdict};
use schemas::events::{Action, SHARES_PER_CONTRACT, Track};

/// The decision's step, where the track has decided the day.
pub(super) fn decided(of: &TrackDecision) -> Option<Step> {
    let at = of.refusal.as_ref().or(of.mark.as_ref())?;
    let said = match &of.verdict {
        Verdict::Opened { order } => format!("order {order}"),
        other => verdict(of.track, other, of.threshold.limit),
    };
    let rank = of.rank.map_or_else(String::new, |rank| {
        format!("; rank {rank} of {}, {} over the threshold", of.compared, of.over)
    });
    let text = format!("{}: {}{rank}; {said}", of.track.name(), against(of.track, &of.threshold));
    Some(Step { track: Some(of.track), ..Step::of("decision", at.day, Some(at.place), text) })
}

/// Orders with their answers, and results, in the order of their days.
pub(super) fn traded(of: &TrackTrade) -> Vec<Step> {
    let mut steps: Vec<Step> = of.orders.iter().flat_map(|order| story(of.track, order)).collect();
    steps.extend(of.results.iter().map(|result| closed(of.track, result)));
    steps
}

fn story(track: Track, story: &OrderStory) -> Vec<Step> {
    let order = &story.order.what;
    let (name, fill, verb) = match order.action {
        Action::Open => ("order", "fill", "buy"),
        Action::Close => ("exit order", "exit fill", "sell"),
    };
    let text = format!(
        "{}, order {} to {verb} {}: {}",
        track.name(),
        order.broker_order_id,
        contracts(order.quantity),
        order.reason
    );
    let first = Step::of(name, story.order.day, Some(story.order.place), text);
    let answers = story.answers.iter();
    // What ended an order says as well that the broker had it.
    let ended = answers.clone().any(|at| !matches!(at.what, Answer::Acknowledged));
    let shown = answers.filter(|at| !(ended && matches!(at.what, Answer::Acknowledged)));
    let answers = shown.map(|at| answered(fill, order.action, at));
    let of_track = |step| Step { track: Some(track), ..step };
    std::iter::once(first).chain(answers).map(of_track).collect()
}

fn answered(name: &'static str, action: Action, at: &At<Answer>) -> Step {
    let text = match &at.what {
        Answer::Acknowledged => "acknowledged, not executed yet".to_owned(),
        Answer::Executed { execution_id, quantity, price, fees, spot, sigma } => {
            let (verb, sign) = match action {
                Action::Open => ("bought", '+'),
                Action::Close => ("sold", '−'),
            };
            let all = match action {
                Action::Open => {
                    let paid = (*price + *fees) * quantity.saturating_mul(SHARES_PER_CONTRACT);
                    format!("; {paid} dollars at risk")
                }
                Action::Close => String::new(),
            };
            format!(
                "{verb} {} at {price} {sign} {fees} a share, stock at {spot:.2}, volatility {:.1} %, execution \
                 {execution_id}{all}",
                contracts(*quantity),
                sigma * 100.0
            )
        }
        Answer::Cancelled { code, reason } => format!("cancelled, {code}: {reason}"),
        Answer::Rejected { code, reason } => format!("rejected, {code}: {reason}"),
        Answer::Unknown { code, reason } => format!("its fate is unknown, {code}: {reason}"),
    };
    Step::of(name, at.day, Some(at.place), text)
}

fn closed(track: Track, of: &TradeResult) -> Step {
    let text = format!(
        "{}: {} dollars, {} of {} at risk; held {} days, {} of them trading days; {}",
        track.name(),
        signed(of.pnl),
        roi(of.roi),
        of.capital_at_risk,
        of.days_held,
        of.trading_days_held,
        of.reason
    );
    Step { track: Some(track), ..Step::of("result", of.exit_day, None, text) }
}

fn contracts(number: i64) -> String {
    if number == 1 { "1 contract".to_owned() } else { format!("{number} contracts") }
}

/// What a track did and why, as the part of a sentence that follows its name.
pub(super) fn sentence(decision: &TrackDecision, trade: Option<&TrackTrade>, held: &str) -> String {
    let because = against(decision.track, &decision.threshold);
    let opening = trade.and_then(|trade| trade.orders_to(Action::Open).last());
    let (Some(trade), Some(opening)) = (trade, opening) else {
        return match &decision.verdict {
            Verdict::Refused { code, reason } => {
                let own = decision
                    .threshold
                    .value
                    .map_or_else(String::new, |own| format!(", at {}", value(decision.track, own)));
                format!("refused it{own}: {code}, {reason}")
            }
            Verdict::NotScored { reason } => format!("could not compare it: {reason}"),
            Verdict::Below => format!("left it, because {because}"),
            Verdict::LeftOut => "opens nothing, because `settings.tracks` leaves it out".to_owned(),
            Verdict::NotDecided => "has not decided that day yet".to_owned(),
            _ => "has no decision on it on the log".to_owned(),
        };
    };
    let bought = opening.answers.iter().find(|at| matches!(at.what, Answer::Executed { .. }));
    let Some(bought) = bought else {
        let fate = match opening.answers.last().map(|at| (&at.what, at.day)) {
            Some((Answer::Cancelled { code, reason }, day)) => {
                format!("cancelled on {day}: {code}, {reason}")
            }
            Some((Answer::Rejected { code, reason }, day)) => {
                format!("rejected on {day}: {code}, {reason}")
            }
            Some((Answer::Unknown { reason, .. }, _)) => format!("its fate is unknown: {reason}"),
            Some(_) => "the broker has it".to_owned(),
            None => "not answered yet".to_owned(),
        };
        return format!("ordered {held}, because {because}; {fate}");
    };
    let end = match trade.results.as_slice() {
        [] => "still held".to_owned(),
        [.., last] => {
            let pnl = trade.results.iter().fold(schemas::Money::ZERO, |sum, of| sum + of.pnl);
            let risk = trade.results.iter().map(|of| of.capital_at_risk.dollars()).sum::<f64>();
            let part = if trade.held > 0 { "in part " } else { "" };
            let share = if risk > 0.0 { pnl.dollars() / risk } else { 0.0 };
            format!(
                "closed {part}on {} for {} dollars ({}): {}",
                last.exit_day,
                signed(pnl),
                roi(share),
                last.reason
            )
        }
    };
    format!("bought {held} on {}, because {because}; {end}", bought.day)
}
