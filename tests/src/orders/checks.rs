//! The invariants of the orders of a run however it was disturbed: the paper broker's journal, the
//! log and the executor's book agree.

use super::Site;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The orders of a run and their fates.
#[derive(Debug, Default)]
pub struct Story {
    /// Intents by order id, with their day.
    pub intents: BTreeMap<i64, (String, Value)>,
    /// The events on `fills` by order id, in order, with the day.
    pub fills: BTreeMap<i64, Vec<(String, String, Value)>>,
    /// Refusals because of an order of unknown fate.
    pub unsettled: usize,
    marks: Vec<(String, Value)>,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

impl Story {
    /// Reads them from the log; every event id must be there once.
    pub fn of(site: &Site) -> Story {
        let mut story = Story::default();
        let mut ids = BTreeSet::new();
        for event in
            ["orders", "fills"].iter().flat_map(|t| site.lines(&format!("topics consume {t}")))
        {
            assert!(ids.insert(text(&event["id"])), "an event is there twice: {event}");
            let (day, data) = (text(&event["day"]), &event["data"]);
            let id = data["broker_order_id"].as_i64();
            match (event["kind"].as_str().unwrap(), id) {
                ("ORDER_INTENDED", Some(id)) => {
                    assert!(story.intents.insert(id, (day, data.clone())).is_none(), "{event}");
                }
                ("ORDER_REFUSED", _) => {
                    story.unsettled += usize::from(data["code"] == "UNSETTLED");
                }
                ("TRACK_MARKED", _) => story.marks.push((day, data.clone())),
                (kind, Some(id)) => {
                    story.fills.entry(id).or_default().push((kind.to_owned(), day, data.clone()));
                }
                _ => {}
            }
        }
        story
    }

    fn said(&self, id: i64, kind: &str) -> Option<&(String, String, Value)> {
        let of_kind = |fill: &&(String, String, Value)| fill.0 == kind;
        let fills = self.fills.get(&id).map_or(&[][..], Vec::as_slice);
        assert!(fills.iter().filter(of_kind).count() < 2, "order {id}: {kind} twice");
        fills.iter().find(of_kind)
    }

    /// The day on which an order ended.
    fn ended(&self, id: i64) -> Option<&str> {
        let ends: Vec<_> = ["ORDER_EXECUTED", "ORDER_CANCELLED", "ORDER_REJECTED"]
            .iter()
            .filter_map(|kind| self.said(id, kind))
            .collect();
        assert!(ends.len() < 2, "order {id} ended twice: {ends:?}");
        ends.first().map(|(_, day, _)| day.as_str())
    }

    /// Orders of unknown fate at the end of the run.
    pub fn unknown(&self) -> Vec<i64> {
        let unknown = |id: &&i64| {
            self.said(**id, "ORDER_UNKNOWN").is_some()
                && self.ended(**id).is_none()
                && self.said(**id, "ORDER_ACKNOWLEDGED").is_none()
        };
        self.intents.keys().filter(unknown).copied().collect()
    }

    /// Checks that the broker accepted an id at most once and that no id it has was sent to it again.
    fn is_the_brokers(&self, journal: &[Value]) {
        let mut accepted = BTreeMap::new();
        for entry in journal {
            let id = entry["order"]["id"].as_i64().or(entry["id"].as_i64());
            match entry["happened"].as_str().unwrap() {
                "accepted" => {
                    let id = id.unwrap();
                    let order = &entry["order"];
                    assert!(accepted.insert(id, order).is_none(), "{id} was accepted twice");
                    let (_, intent) = self.intents.get(&id).unwrap_or_else(|| {
                        panic!("{id} was submitted before its intent was on the log")
                    });
                    for field in ["action", "track", "candidate", "quantity"] {
                        assert_eq!(order[field], intent[field], "{field} of order {id}");
                    }
                }
                "refused" => assert_ne!(entry["code"], "ID_USED", "{entry}"),
                _ => {}
            }
        }
        for (id, order) in &accepted {
            if order["terms"] != "trade" {
                continue;
            }
            match self.said(*id, "ORDER_EXECUTED") {
                Some((_, _, done)) => {
                    assert_eq!(done["price"], order["price"], "price of order {id}");
                    assert_eq!(done["fees"], order["fees"], "fees of order {id}");
                }
                None => assert!(self.unknown().contains(id), "{id} traded, and no fill says so"),
            }
        }
        for id in self.fills.keys().filter(|id| self.said(**id, "ORDER_EXECUTED").is_some()) {
            assert!(accepted.contains_key(id), "a fill of {id}, which the broker never accepted");
        }
    }

    /// Checks that every intent whose day is over has ended, works, or is recorded as unknown.
    fn is_complete(&self, last_day: &str) {
        for (id, (day, _)) in self.intents.iter().filter(|(_, (day, _))| day.as_str() < last_day) {
            assert!(self.fills.contains_key(id), "order {id} of {day} was forgotten");
        }
    }

    /// Checks that on every day each track holds the positions of the fills up to that day, and opens
    /// nothing while the fate of one of its orders is unknown.
    fn is_the_executors(&self) {
        for (day, mark) in &self.marks {
            let (mut held, mut unknown) = (0, BTreeSet::new());
            for (id, fills) in &self.fills {
                for (kind, on, said) in fills {
                    if on > day || said["track"] != mark["track"] {
                        continue;
                    }
                    match kind.as_str() {
                        "ORDER_EXECUTED" => held += if said["action"] == "OPEN" { 1 } else { -1 },
                        "ORDER_UNKNOWN" => drop(unknown.insert(id)),
                        _ => {}
                    }
                }
                let settled =
                    |(kind, on, _): &(String, String, Value)| kind != "ORDER_UNKNOWN" && on <= day;
                if fills.iter().any(settled) {
                    unknown.remove(id);
                }
            }
            let track = &mark["track"];
            assert_eq!(mark["open_positions"], held, "{track} on {day}");
            let opened = mark["opened"].as_i64().unwrap();
            assert!(unknown.is_empty() || opened == 0, "{track} opened {opened} on {day}");
        }
    }

    /// All checks, and that the record can be replayed and everything rebuilt from it.
    pub fn check(site: &Site) -> Story {
        let story = Story::of(site);
        story.is_the_brokers(&site.journal());
        let last_day = story.marks.iter().map(|(day, _)| day.clone()).max().unwrap();
        story.is_complete(&last_day);
        story.is_the_executors();
        site.does("replay --verify");
        site.does("rebuild --all");
        story
    }
}
