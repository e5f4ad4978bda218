//! The events that chains of decisions are made of, read from the log once: by candidate, by order and by day.
//!
//! Of two events with one id the first counts, as it did for the roles.

use super::model_card::ModelCards;
use super::place::{At, Place};
use super::prices::PriceFact;
use anyhow::{Context, Result};
use eventlog::Log;
use rayon::prelude::*;
use schemas::controls::ControlState;
use schemas::events::{
    Controls, FeatureVector, Features, Fills, OrderIntent, OrderRefused, Orders, Outcomes,
    Predictions, Scan, ScanRefused, Scans, Track,
};
use schemas::{Body, Day, Event, EventId, Topic, partition_of};
use shell::holes::Hole;
use shell::placed_events::each_placed_event;
use std::collections::BTreeMap;

/// The topics that chains run through.
const TOPICS: [Topic; 9] = [
    Topic::Scans,
    Topic::Predictions,
    Topic::Features,
    Topic::Outcomes,
    Topic::Bars,
    Topic::Orders,
    Topic::Fills,
    Topic::Models,
    Topic::Controls,
];

/// A scan: a candidate, or a ticker that was refused.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Scanned {
    pub(super) ticker: String,
    pub(super) found: Result<Box<Scan>, ScanRefused>,
}

/// An order as it was decided.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Ordered {
    pub(super) ticker: String,
    pub(super) intent: OrderIntent,
}

/// What a broker said of an order.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Answered {
    pub(super) ticker: String,
    pub(super) fill: Fills,
}

/// Every chain of a run.
#[derive(Default)]
pub struct Chains {
    pub(super) partitions: u32,
    /// By ticker, in the order of the log.
    pub(super) prices: BTreeMap<String, Vec<At<PriceFact>>>,
    /// Places of the `bars` markers, which carry the index, by day and partition.
    pub(super) index: BTreeMap<(Day, u32), At<Option<f64>>>,
    pub(super) scans: BTreeMap<EventId, At<Scanned>>,
    /// Scans by day and ticker.
    pub(super) by_day: BTreeMap<Day, BTreeMap<String, EventId>>,
    pub(super) features: BTreeMap<EventId, At<FeatureVector>>,
    /// By candidate: the champion's and, if one was watched, the challenger's.
    pub(super) predictions: BTreeMap<EventId, Vec<At<Predictions>>>,
    /// By candidate, in the order of the log.
    pub(super) orders: BTreeMap<EventId, Vec<At<Ordered>>>,
    pub(super) refusals: BTreeMap<(Track, EventId), At<OrderRefused>>,
    /// By track and day, of all that a mark says its place alone.
    pub(super) marks: BTreeMap<(Track, Day), At<()>>,
    /// By track and order id, in the order of the log.
    pub(super) fills: BTreeMap<(Track, i64), Vec<At<Answered>>>,
    pub(super) outcomes: BTreeMap<EventId, At<Outcomes>>,
    pub(super) models: ModelCards,
    pub(super) controls: Vec<At<Event>>,
    /// The last day that each partition has closed.
    closed: BTreeMap<(Topic, u32), Day>,
    /// What is gone from these topics.
    pub(super) gone: Vec<Hole>,
}

impl Chains {
    /// Reads the log of a run whose data topics have `partitions`.
    ///
    /// # Errors
    /// The log has no run, or cannot tell. Records that are gone, and partitions that cannot be read, are faults of
    /// the chains that run through them.
    pub fn read(log: &dyn Log, partitions: u32) -> Result<Chains> {
        let opened = shell::open::opened(log)?.context("the log has no run")?;
        let read = |topic: Topic| {
            let mut part = Chains::default();
            let mut take = |partition: u32, offset: u64, event: Event| {
                part.take(Place { topic, partition, offset }, event);
            };
            let gone = each_placed_event(log, topic, partitions, opened.previous_day, &mut take);
            Chains { gone, ..part }
        };
        let chains = TOPICS.into_par_iter().map(read).reduce(Chains::default, Chains::join);
        Ok(Chains { partitions, ..chains })
    }

    /// Both together; what they have of a topic is in one of them alone.
    fn join(mut self, mut other: Chains) -> Chains {
        self.prices.append(&mut other.prices);
        self.index.append(&mut other.index);
        self.scans.append(&mut other.scans);
        self.by_day.append(&mut other.by_day);
        self.features.append(&mut other.features);
        self.predictions.append(&mut other.predictions);
        self.orders.append(&mut other.orders);
        self.refusals.append(&mut other.refusals);
        self.marks.append(&mut other.marks);
        self.fills.append(&mut other.fills);
        self.outcomes.append(&mut other.outcomes);
        self.models.append(&mut other.models);
        self.controls.append(&mut other.controls);
        self.closed.append(&mut other.closed);
        self.gone.append(&mut other.gone);
        self
    }

    fn take(&mut self, place: Place, event: Event) {
        if event.body.marker().is_some() {
            self.closed.insert((place.topic, place.partition), event.day);
        }
        match &event.body {
            Body::Bars(_) => self.take_price(place, &event),
            Body::Scans(scan) => self.take_scan(place, &event, scan),
            Body::Features(Features::FeaturesExtracted(features)) => {
                let at = At::new(place, &event, features.clone());
                self.features.entry(features.candidate).or_insert(at);
            }
            Body::Predictions(of) => {
                if let Some(candidate) = predicted(of) {
                    let known = self.predictions.entry(candidate).or_default();
                    push_new(known, At::new(place, &event, of.clone()));
                }
            }
            Body::Orders(order) => self.take_order(place, &event, order),
            Body::Fills(fill) => {
                if let Some(order) = order_of(fill) {
                    let answer = Answered { ticker: event.ticker.clone(), fill: fill.clone() };
                    push_new(self.fills.entry(order).or_default(), At::new(place, &event, answer));
                }
            }
            Body::Outcomes(outcome) => {
                if let Some(candidate) = labelled(outcome) {
                    let at = At::new(place, &event, outcome.clone());
                    self.outcomes.entry(candidate).or_insert(at);
                }
            }
            Body::Models(of) => self.models.take(place, &event, of),
            Body::Controls(Controls::Unknown) => {}
            Body::Controls(_) => self.controls.push(At::new(place, &event, event.clone())),
            _ => {}
        }
    }

    fn take_price(&mut self, place: Place, event: &Event) {
        if let Some(marker) = event.body.marker() {
            let at = At::new(place, event, marker.vix);
            self.index.entry((event.day, place.partition)).or_insert(at);
        } else if let Some(fact) = PriceFact::of(place, event) {
            self.prices.entry(event.ticker.clone()).or_default().push(fact);
        }
    }

    fn take_scan(&mut self, place: Place, event: &Event, scan: &Scans) {
        let found = match scan {
            Scans::CandidateScanned(scan) => Ok(Box::new(scan.clone())),
            Scans::CandidateRefused(refused) => Err(refused.clone()),
            Scans::DayClosed(_) | Scans::Unknown => return,
        };
        let ticker = event.ticker.clone();
        let of_day = self.by_day.entry(event.day).or_default();
        of_day.entry(ticker.clone()).or_insert(event.id);
        let at = At::new(place, event, Scanned { ticker, found });
        self.scans.entry(event.id).or_insert(at);
    }

    fn take_order(&mut self, place: Place, event: &Event, order: &Orders) {
        match order {
            Orders::OrderIntended(intent) => {
                let ordered = Ordered { ticker: event.ticker.clone(), intent: intent.clone() };
                let known = self.orders.entry(intent.candidate).or_default();
                push_new(known, At::new(place, event, ordered));
            }
            Orders::OrderRefused(refused) => {
                let at = At::new(place, event, refused.clone());
                self.refusals.entry((refused.track, refused.candidate)).or_insert(at);
            }
            Orders::TrackMarked(mark) => {
                let at = At::new(place, event, ());
                self.marks.entry((mark.track, event.day)).or_insert(at);
            }
            Orders::DayClosed(_) | Orders::Unknown => {}
        }
    }

    /// The partition of a ticker's events.
    pub(super) fn partition(&self, ticker: &str) -> u32 {
        partition_of(ticker, self.partitions)
    }

    /// Whether `topic` has closed `day` in the ticker's partition.
    pub(super) fn has_closed(&self, topic: Topic, ticker: &str, day: Day) -> bool {
        self.closed.get(&(topic, self.partition(ticker))).is_some_and(|closed| *closed >= day)
    }

    /// `controls` up to `offset`, inclusive, and the last command of it.
    pub(super) fn controls_at(&self, offset: i64) -> (ControlState, Option<&At<Event>>) {
        let mut upto = self.controls.iter().filter(|event| event.place.offset as i64 <= offset);
        let mut state = ControlState::default();
        for event in upto.clone() {
            state.apply(event.place.offset as i64, &event.what);
        }
        (state, upto.next_back())
    }
}

/// Adds what no event with the same id has said; there are few.
fn push_new<T>(known: &mut Vec<At<T>>, new: At<T>) {
    if known.iter().all(|of| of.event != new.event) {
        known.push(new);
    }
}

/// The candidate that a prediction is about.
fn predicted(prediction: &Predictions) -> Option<EventId> {
    match prediction {
        Predictions::CandidateScored(score) => Some(score.candidate),
        Predictions::ScoringRefused(refused) => Some(refused.candidate),
        Predictions::DayClosed(_) | Predictions::Unknown => None,
    }
}

/// The candidate that an outcome is of.
fn labelled(outcome: &Outcomes) -> Option<EventId> {
    match outcome {
        Outcomes::CandidateMatured(of) => Some(of.candidate),
        Outcomes::OutcomeMissing(of) => Some(of.candidate),
        Outcomes::DayClosed(_) | Outcomes::Unknown => None,
    }
}

/// The order that a fill is about.
fn order_of(fill: &Fills) -> Option<(Track, i64)> {
    match fill {
        Fills::OrderAcknowledged(of) => Some((of.track, of.broker_order_id)),
        Fills::OrderExecuted(of) => Some((of.track, of.broker_order_id)),
        Fills::OrderCancelled(of) | Fills::OrderRejected(of) | Fills::OrderUnknown(of) => {
            Some((of.track, of.broker_order_id))
        }
        Fills::DayClosed(_) | Fills::Unknown => None,
    }
}
