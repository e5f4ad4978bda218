//! Spans of decisions about candidates: a trace is one candidate's way from its bar to its fills and its outcome.
//!
//! Ids follow from the events, as in their `traceparent` header (`schemas::headers`): the trace's id is the candidate's,
//! a span's id is the first half of its event's. So whichever process takes an event in knows the span that published it,
//! and a repeated decision has the same ids. Times are those of the work, not of the event.
//!
//! A decision on a whole day has the day's marker as its cause; its parent is the last event of the candidate that the
//! unit took in: of its own track and order where it has one, else of both tracks; else the scan.

use schemas::events::{Alias, Bars, Fills, Orders, Predictions, Scans, Track};
use schemas::{Body, Day, Event, EventId, Topic};
use std::collections::BTreeMap;
use std::time::SystemTime;
use telemetry::{Span, SpanKind, is_tracing, send_span};

/// Days for which what was taken in of a candidate is remembered.
const REMEMBERED: i32 = 10;

/// A candidate, or a track's or an order's part in it.
type Thread = (EventId, Option<Track>, Option<i64>);

/// Of one unit. Empty without a collector.
#[derive(Default)]
pub(crate) struct DecisionSpans {
    /// The last event of each thread.
    taken: BTreeMap<Thread, (EventId, Day)>,
    /// Today's bars by ticker, and when each was taken in.
    bars: BTreeMap<String, (EventId, SystemTime)>,
    /// Decided and not published yet.
    open: Vec<Span>,
}

impl DecisionSpans {
    /// `event` was taken in.
    pub(crate) fn taken_in(&mut self, event: &Event) {
        if !is_tracing() {
            return;
        }
        if let Body::Bars(Bars::BarClosed(_)) = &event.body {
            self.bars.insert(event.ticker.clone(), (event.id, SystemTime::now()));
        } else if let Some(thread) = thread_of(event) {
            self.taken.insert(thread, (event.id, event.day));
        }
    }

    /// `event` was decided in work that began at `began`.
    pub(crate) fn decided(&mut self, event: &Event, began: Option<SystemTime>, partition: u32) {
        let (Some(began), Some(candidate)) = (began, event.correlation) else { return };
        let is_scan = matches!(&event.body, Body::Scans(Scans::CandidateScanned(_)));
        let parent = match is_scan {
            true => self.bar_of(event, began, partition),
            false => Some(self.parent_of(event, candidate)),
        };
        self.open.push(span(event, candidate, parent, (began, began), partition));
    }

    /// What is open is published.
    pub(crate) fn published(&mut self) {
        let now = SystemTime::now();
        for span in self.open.drain(..) {
            let end = if span.kind == SpanKind::Consumer { span.end } else { now };
            send_span(Span { end, ..span });
        }
    }

    /// A day is closed.
    pub(crate) fn closed(&mut self, day: Day) {
        self.bars.clear();
        self.taken.retain(|_, (_, of)| *of + REMEMBERED >= day);
    }

    /// The span of the bar that `scan` was made from, as part of the candidate's trace: it was taken in, and waited until
    /// the day was scanned.
    fn bar_of(&mut self, scan: &Event, began: SystemTime, partition: u32) -> Option<EventId> {
        let (bar, taken_in) = *self.bars.get(&scan.ticker)?;
        let mut of_bar = span(scan, scan.id, None, (taken_in, began), partition);
        of_bar.id = span_id(bar);
        (of_bar.name, of_bar.kind) = ("bar_closed".to_owned(), SpanKind::Consumer);
        for (name, value) in &mut of_bar.attributes {
            match *name {
                "messaging.message.id" => *value = bar.to_string(),
                "messaging.destination.name" => *value = Topic::Bars.name().to_owned(),
                _ => {}
            }
        }
        self.open.push(of_bar);
        Some(bar)
    }

    fn parent_of(&self, event: &Event, candidate: EventId) -> EventId {
        let (track, order) = trade_of(event);
        let threads = match &event.body {
            Body::Fills(_) => [(candidate, track, order), (candidate, None, None)],
            _ => [(candidate, track, None), (candidate, None, None)],
        };
        let found = threads.iter().find_map(|thread| self.taken.get(thread));
        found.map_or(candidate, |(id, _)| *id)
    }
}

/// When work on an event begins; none without a collector.
pub(crate) fn begins() -> Option<SystemTime> {
    is_tracing().then(SystemTime::now)
}

fn span_id(id: EventId) -> [u8; 8] {
    let mut half = [0; 8];
    half.copy_from_slice(&id.0[..8]);
    half
}

fn span(
    event: &Event,
    candidate: EventId,
    parent: Option<EventId>,
    (start, end): (SystemTime, SystemTime),
    partition: u32,
) -> Span {
    Span {
        trace: candidate.0,
        id: span_id(event.id),
        parent: parent.map(span_id),
        name: event.body.kind().to_lowercase(),
        kind: SpanKind::Producer,
        start,
        end,
        attributes: vec![
            ("messaging.destination.name", event.topic().name().to_owned()),
            ("messaging.destination.partition.id", partition.to_string()),
            ("messaging.message.id", event.id.to_string()),
            ("butterquant.day", event.day.to_string()),
            ("butterquant.ticker", event.ticker.clone()),
        ],
    }
}

/// The track and the order of an event of trading.
fn trade_of(event: &Event) -> (Option<Track>, Option<i64>) {
    match &event.body {
        Body::Orders(Orders::OrderIntended(order)) => {
            (Some(order.track), Some(order.broker_order_id))
        }
        Body::Orders(Orders::OrderRefused(refused)) => (Some(refused.track), None),
        Body::Fills(Fills::OrderAcknowledged(of)) => (Some(of.track), Some(of.broker_order_id)),
        Body::Fills(Fills::OrderExecuted(of)) => (Some(of.track), Some(of.broker_order_id)),
        Body::Fills(
            Fills::OrderCancelled(of) | Fills::OrderRejected(of) | Fills::OrderUnknown(of),
        ) => (Some(of.track), Some(of.broker_order_id)),
        _ => (None, None),
    }
}

/// The thread of which `event` is the last event from now on. A challenger's word leads to nothing.
fn thread_of(event: &Event) -> Option<Thread> {
    let candidate = event.correlation?;
    let by_challenger = match &event.body {
        Body::Predictions(Predictions::CandidateScored(score)) => score.alias == Alias::Challenger,
        Body::Predictions(Predictions::ScoringRefused(word)) => word.alias == Alias::Challenger,
        _ => false,
    };
    let (track, order) = trade_of(event);
    // A fill is the last event of its track, whichever order it was of; an order is one of several.
    let order = order.filter(|_| matches!(&event.body, Body::Orders(_)));
    (!by_challenger).then_some((candidate, track, order))
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::events::{Execution, FeatureVector, Features, OrderIntent, Scan, Score};

    fn of(candidate: EventId, name: &str, body: impl Into<Body>) -> Event {
        Event::new(Day(9), "A", &[name], body).about_candidate(candidate)
    }

    fn scored(candidate: EventId, alias: Alias) -> Event {
        let score = Score { candidate, alias, ..Score::default() };
        of(candidate, &format!("{alias:?}"), Predictions::CandidateScored(score))
    }

    fn order(candidate: EventId, track: Track, id: i64) -> Event {
        let intent = OrderIntent { track, broker_order_id: id, ..OrderIntent::default() };
        of(candidate, &format!("{id}"), Orders::OrderIntended(intent))
    }

    fn fill(candidate: EventId, track: Track, id: i64) -> Event {
        let trade = Execution { track, broker_order_id: id, ..Execution::default() };
        of(candidate, &format!("{id}"), Fills::OrderExecuted(trade))
    }

    /// The parent that the span of `event` has in a unit that took `taken` in.
    fn parent(taken: &[&Event], event: &Event) -> EventId {
        let mut spans = DecisionSpans::default();
        for event in taken {
            if let Some(thread) = thread_of(event) {
                spans.taken.insert(thread, (event.id, event.day));
            }
        }
        spans.parent_of(event, event.correlation.unwrap())
    }

    #[test]
    fn each_event_has_the_one_before_it_on_its_way() {
        let (ai, baseline) = (Track::ButterAI, Track::ButterBaseline);
        let scan = Event::new(Day(9), "A", &["A"], Scans::CandidateScanned(Scan::default()));
        let id = scan.id;
        let scan = scan.about_candidate(id);
        let features = of(id, "f", Features::FeaturesExtracted(FeatureVector::default()));
        let (champion, challenger) = (scored(id, Alias::Champion), scored(id, Alias::Challenger));
        let (one, two) = (order(id, ai, 1), order(id, baseline, 2));
        assert_eq!(parent(&[], &features), id, "the scan, decided with it");
        assert_eq!(parent(&[&features], &champion), features.id);
        assert_eq!(parent(&[&scan, &champion, &challenger], &one), champion.id);
        assert_eq!(parent(&[&one, &two], &fill(id, ai, 1)), one.id);
        assert_eq!(parent(&[&one, &two], &fill(id, baseline, 2)), two.id);
        // The order that closes follows from the fill that opened, of its own track.
        let taken = [&champion, &fill(id, ai, 1), &fill(id, baseline, 2)];
        assert_eq!(parent(&taken, &order(id, ai, 3)), fill(id, ai, 1).id);
        // After a restart it is not known any more.
        assert_eq!(parent(&[], &order(id, ai, 3)), id);
    }

    #[test]
    fn a_scan_has_its_bar_in_the_same_trace() {
        let (began, mut spans) = (SystemTime::now(), DecisionSpans::default());
        let scan = Event::new(Day(9), "A", &["A"], Scans::CandidateScanned(Scan::default()));
        let id = scan.id;
        let bar = EventId::of(&["bar"], 0);
        spans.bars.insert("A".to_owned(), (bar, began));
        spans.decided(&scan.about_candidate(id), Some(began), 3);
        let [of_bar, of_scan] = &spans.open[..] else { panic!("{:?}", spans.open) };
        assert_eq!((of_bar.parent, of_scan.parent), (None, Some(of_bar.id)));
        assert_eq!((of_bar.trace, of_scan.trace), (id.0, id.0));
        assert_eq!((of_bar.id, of_scan.id), (span_id(bar), span_id(id)));
        // The header that travels with the event names the same span.
        let mut traceparent = String::new();
        let scan = Event::new(Day(9), "A", &["A"], Scans::CandidateScanned(Scan::default()));
        schemas::headers::write(&scan.about_candidate(id), "scanner", &mut |name, value| {
            if name == "traceparent" {
                traceparent = String::from_utf8(value.to_vec()).unwrap();
            }
        });
        let hex = schemas::id::hex;
        assert_eq!(traceparent, format!("00-{}-{}-01", hex(&of_scan.trace), hex(&of_scan.id)));
    }
}
