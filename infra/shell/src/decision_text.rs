//! Decisions in words, for the program's log.

use schemas::events::{
    Action, Alias, Controls, Execution, Fills, Models, OrderEnded, OrderIntent, Orders,
    Predictions, Scans, Track, TrackMarked,
};
use schemas::{Body, Event};

/// Under what an event is counted: its kind, and the code of a refusal.
pub(crate) fn counted_as(event: &Event) -> String {
    let kind = event.body.kind().to_lowercase();
    match &event.body {
        Body::Scans(Scans::CandidateRefused(refused)) => format!("{kind} {}", refused.code),
        Body::Orders(Orders::OrderRefused(refused)) => format!("{kind} {}", refused.code),
        Body::Predictions(Predictions::CandidateScored(score))
            if score.alias == Alias::Challenger =>
        {
            format!("{kind} by the challenger")
        }
        _ => kind,
    }
}

/// A sentence about a decision that an operator follows one by one; the others are counted.
pub(crate) fn sentence(event: &Event) -> Option<String> {
    Some(match &event.body {
        Body::Orders(Orders::OrderIntended(order)) => ordered(&event.ticker, order),
        Body::Orders(Orders::TrackMarked(mark)) => marked(mark),
        Body::Fills(Fills::OrderExecuted(trade)) => traded(&event.ticker, trade),
        Body::Fills(Fills::OrderCancelled(end)) => ended("cancelled", &event.ticker, end),
        Body::Fills(Fills::OrderRejected(end)) => {
            ended("rejected by the broker", &event.ticker, end)
        }
        Body::Fills(Fills::OrderUnknown(end)) => ended("unknown to the broker", &event.ticker, end),
        Body::Models(models) => learnt(models)?,
        _ => return None,
    })
}

/// A training that is about to begin, and may take minutes.
pub(crate) fn training_begins(events: &[Event]) -> Option<String> {
    events.iter().find_map(|event| match &event.body {
        Body::Models(Models::RetrainTriggered(rule)) => Some(format!(
            "the training of model {} begins: rule {}, {}; {} outcomes are known",
            rule.version, rule.rule, rule.evidence, rule.outcomes
        )),
        _ => None,
    })
}

/// A command of the operator that the role acts on.
pub(crate) fn command(event: &Event) -> Option<String> {
    let tracks = |track: Option<Track>| track.map_or("both tracks", Track::name);
    let Body::Controls(command) = &event.body else { return None };
    Some(match command {
        Controls::Halted(word) => format!("{} halted: {}", tracks(word.track), word.reason),
        Controls::Resumed(word) => format!("{} resumed: {}", tracks(word.track), word.reason),
        Controls::SettingsChanged(_) => "new settings are in force".to_owned(),
        Controls::RolledBack(word) => {
            format!("model {} is to be champion again: {}", word.version, word.reason)
        }
        Controls::PromotionRequested(word) => {
            format!("model {} is to be promoted: {}", word.version, word.reason)
        }
        Controls::TrainingRequested(word) => format!("a training was asked for: {}", word.reason),
        Controls::DayForced(word) => format!(
            "{} was closed by force on {}/{}: {}",
            word.closed_day, word.topic, word.partition, word.reason
        ),
        Controls::DayReleased(word) => {
            format!("{} need not be complete: {}", word.released_day, word.reason)
        }
        Controls::MoveConfirmed(word) => {
            format!("the move of {} on {} was confirmed", word.ticker, word.move_day)
        }
        Controls::RunOpened(_) | Controls::Unknown => return None,
    })
}

fn verb(action: Action) -> &'static str {
    match action {
        Action::Open => "opens",
        Action::Close => "closes",
    }
}

fn ordered(ticker: &str, order: &OrderIntent) -> String {
    let OrderIntent { track, broker_order_id, action, structure, quantity, reason, .. } = order;
    format!(
        "order {broker_order_id} decided: {} {} {quantity} × {ticker} {} {} ± {}, expiry {}: {reason}",
        track.name(),
        verb(*action),
        structure.strategy.name(),
        structure.centre,
        structure.wing,
        structure.expiry
    )
}

fn marked(mark: &TrackMarked) -> String {
    let TrackMarked { track, equity, change, open_positions, candidates, over_threshold, .. } =
        mark;
    let note = mark.note.as_ref().map(|note| format!("; {note}")).unwrap_or_default();
    format!(
        "{}: equity {equity}, change {change}, {open_positions} positions, {over_threshold} of {candidates} candidates over the threshold{note}",
        track.name()
    )
}

fn traded(ticker: &str, trade: &Execution) -> String {
    let Execution { broker_order_id, track, action, quantity, price, fees, .. } = trade;
    format!(
        "order {broker_order_id} filled: {} {} {quantity} × {ticker} at {price}, fees {fees}",
        track.name(),
        verb(*action)
    )
}

fn ended(how: &str, ticker: &str, end: &OrderEnded) -> String {
    let OrderEnded { broker_order_id, track, code, reason, .. } = end;
    format!("order {broker_order_id} of {} on {ticker} {how}: {code}, {reason}", track.name())
}

fn learnt(models: &Models) -> Option<String> {
    Some(match models {
        Models::ModelTrained(model) => format!(
            "model {} is trained and {} the gate: {}",
            model.version,
            if model.passed { "passed" } else { "did not pass" },
            model.verdict.join("; ")
        ),
        Models::ModelRefused(model) => {
            format!("model {} is refused: {}", model.version, model.reasons.join("; "))
        }
        Models::ModelPromoted(model) => format!(
            "model {} is {} from the next day on: {}",
            model.version,
            if model.alias == Alias::Champion { "champion" } else { "challenger" },
            model.reason
        ),
        Models::TrainingDeferred(word) => {
            format!("no training yet, rule {}: {}; {}", word.rule, word.evidence, word.reason)
        }
        Models::RetrainTriggered(_) | Models::DayClosed(_) | Models::Unknown => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::events::{Halted, ModelRefused, OrderRefused, Structure};
    use schemas::{Day, Money};

    #[test]
    fn a_sentence_says_what_an_operator_asks_first() {
        let structure = Structure { centre: 150.0, wing: 5.0, ..Structure::default() };
        let order = OrderIntent {
            broker_order_id: 7,
            quantity: 2,
            structure,
            reason: "over 0.15".to_owned(),
            ..OrderIntent::default()
        };
        let trade = Execution {
            broker_order_id: 7,
            price: Money(1_230_000),
            quantity: 2,
            ..Execution::default()
        };
        let refused = ModelRefused { version: 3, reasons: vec!["AUC 0.51".to_owned()] };
        for (event, says) in [
            (
                Event::new(Day(1), "AAPL", &["1"], Orders::OrderIntended(order)),
                "order 7 decided: ButterAI opens 2 × AAPL call butterfly 150 ± 5, expiry 1970-01-01: over 0.15",
            ),
            (
                Event::new(Day(1), "AAPL", &["1"], Fills::OrderExecuted(trade)),
                "order 7 filled: ButterAI opens 2 × AAPL at 1.23, fees 0.00",
            ),
            (
                Event::new(Day(1), "", &["3"], Models::ModelRefused(refused)),
                "model 3 is refused: AUC 0.51",
            ),
        ] {
            assert_eq!(sentence(&event).as_deref(), Some(says));
        }
        let halted = Controls::Halted(Halted { track: None, reason: "a drill".to_owned() });
        let said = command(&Event::new(Day(1), "", &["h"], halted));
        assert_eq!(said.as_deref(), Some("both tracks halted: a drill"));
    }

    #[test]
    fn refusals_are_counted_by_their_code() {
        let refused = OrderRefused { code: "POSITION_LIMIT".to_owned(), ..OrderRefused::default() };
        let event = Event::new(Day(1), "A", &["1"], Orders::OrderRefused(refused));
        assert_eq!(
            (counted_as(&event).as_str(), sentence(&event)),
            ("order_refused POSITION_LIMIT", None)
        );
    }
}
