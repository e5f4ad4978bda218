//! What is wrong with a chain: links that should be on the log and are not, and records that are gone.
//!
//! A link is missing only if its topic has closed the day by which it had to be there: what has not been done yet
//! is no fault.

use super::chains::Chains;
use super::decision::Verdict;
use super::explanation::Explanation;
use super::trade::Answer;
use quant::WINDOW;
use schemas::Topic;
use schemas::events::Action;
use shell::holes::Hole;

/// What to do about a log that lacks something.
const REMEDY: &str =
    "`butterquant doctor` says what else the log lacks, a backup has it (`butterquant restore`)";

/// The faults of a chain, each in a sentence.
pub(super) fn faults(chains: &Chains, of: &Explanation) -> Vec<String> {
    let mut found = Vec::new();
    inputs(chains, of, &mut found);
    model(of, &mut found);
    decisions(of, &mut found);
    orders(chains, of, &mut found);
    if !found.is_empty() {
        found.push(REMEDY.to_owned());
    }
    let (home, holes) = (chains.partition(&of.ticker), chains.gone.iter());
    let own = holes.filter(|hole| hole.partition == home || is_single(hole));
    found.extend(own.map(|hole| format!("records are gone: {hole}")));
    found
}

fn is_single(hole: &Hole) -> bool {
    hole.topic.parse().is_ok_and(Topic::single)
}

fn inputs(chains: &Chains, of: &Explanation, found: &mut Vec<String>) {
    let missing =
        |topic: Topic| format!("no event of it is on `{topic}`, though that day is closed there");
    let closed = |topic: Topic, day| chains.has_closed(topic, &of.ticker, day);
    if of.scan.is_none() && of.scan_refused.is_none() && closed(Topic::Scans, of.day) {
        found
            .push(format!("the scan {} is not on `scans`, though an order names it", of.candidate));
    }
    let Some(scan) = &of.scan else { return };
    match &of.prices {
        Some(seen) if seen.what.last_day != of.day => found.push(format!(
            "the last bar of {} on the log is of {}, not of the scan's day",
            of.ticker, seen.what.last_day
        )),
        Some(seen) if seen.what.last_close != scan.what.spot => found.push(format!(
            "the scan saw a close of {}, the bar on the log has {}",
            scan.what.spot, seen.what.last_close
        )),
        Some(seen) if seen.what.closes < WINDOW => found.push(format!(
            "the log has {} of the {WINDOW} closes that the scan read",
            seen.what.closes
        )),
        Some(_) => {}
        None => found.push(format!("no bar of {} is on `bars`", of.ticker)),
    }
    if of.features.is_none() && closed(Topic::Features, of.day) {
        found.push(missing(Topic::Features));
    }
    if of.prediction.is_none() && closed(Topic::Predictions, of.day) {
        found.push(missing(Topic::Predictions));
    }
    if of.outcome.is_none() && closed(Topic::Outcomes, scan.what.structure.evaluation_day + 1) {
        let what = "no outcome of it is on `outcomes`, though its evaluation day is over";
        found.push(what.to_owned());
    }
    if of.controls.offset >= 0 {
        let last = of.controls.last.as_ref().map(|last| last.place.offset as i64);
        if last != Some(of.controls.offset) {
            let offset = of.controls.offset;
            found.push(format!(
                "offset {offset} of `controls`, up to which it was decided, has no command"
            ));
        }
    }
}

fn model(of: &Explanation, found: &mut Vec<String>) {
    if let Some(card) = of.model.as_ref().filter(|card| !card.bytes_on_log) {
        found.push(format!(
            "`models` does not have the bytes of version {} with sha256 {}; `butterquant model verify {}` shows more",
            card.version, card.sha256, card.version
        ));
    }
}

fn decisions(of: &Explanation, found: &mut Vec<String>) {
    let missing = of.decisions.iter().filter(|decision| decision.verdict == Verdict::Missing);
    found.extend(missing.map(|decision| {
        let track = decision.track.name();
        format!("no decision of {track} on it is on `orders`, though that day is closed there")
    }));
}

fn orders(chains: &Chains, of: &Explanation, found: &mut Vec<String>) {
    for story in of.trades.iter().flat_map(|trade| &trade.orders) {
        let id = story.order.what.broker_order_id;
        // It is answered on the next trading day.
        if story.answers.is_empty()
            && chains.has_closed(Topic::Fills, &of.ticker, story.order.day + 1)
        {
            found.push(format!(
                "order {id} has no answer on `fills`, though the next day is closed there"
            ));
        }
    }
    for trade in &of.trades {
        let executed = |action| {
            let answers = trade.orders_to(action).flat_map(|story| &story.answers);
            answers.filter(|at| matches!(at.what, Answer::Executed { .. })).count()
        };
        if executed(Action::Close) > 0 && executed(Action::Open) == 0 {
            let track = trade.track.name();
            found.push(format!("{track} closed what no order on the log has opened"));
        }
    }
}
