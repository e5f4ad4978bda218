//! One event of any topic.

use crate::{
    Day, EventId, Topic,
    events::{
        Bars, Controls, DayClosed, DeadLetters, Features, Fills, Models, Orders, Outcomes,
        Predictions, Samples, Scans,
    },
};
use serde::{Deserialize, Serialize};

/// An event's content, by topic.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[allow(missing_docs, clippy::large_enum_variant)]
pub enum Body {
    Bars(Bars),
    Scans(Scans),
    Features(Features),
    Predictions(Predictions),
    Orders(Orders),
    Fills(Fills),
    Outcomes(Outcomes),
    Models(Models),
    Controls(Controls),
    Samples(Samples),
    DeadLetters(DeadLetters),
}

/// One event.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Event {
    /// Hash of its subject and revision.
    pub id: EventId,
    /// The trading day being processed, not the date of its data.
    pub day: Day,
    /// The key; empty if the event concerns no ticker.
    pub ticker: String,
    /// 0 first.
    pub revision: i32,
    /// The last `controls` offset known to its decision.
    pub control_offset: Option<i64>,
    /// The event that caused this one (a header).
    pub causation: Option<EventId>,
    /// The candidate it belongs to (a header).
    pub correlation: Option<EventId>,
    /// The content.
    pub body: Body,
}

macro_rules! bodies {
    ($($topic:ident)+) => {
        $(impl From<$topic> for Body {
            fn from(body: $topic) -> Body {
                Body::$topic(body)
            }
        })+

        impl Body {
            /// The topic it belongs on.
            pub fn topic(&self) -> Topic {
                match self {
                    $(Body::$topic(_) => Topic::$topic,)+
                }
            }

            /// The kind's symbol in the topic's schema.
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Body::$topic(body) => body.kind(),)+
                }
            }
        }
    };
}

bodies!(Bars Scans Features Predictions Orders Fills Outcomes Models Controls Samples DeadLetters);

impl Body {
    /// The day marker, if it is one.
    pub fn marker(&self) -> Option<&DayClosed> {
        match self {
            Body::Bars(Bars::DayClosed(marker))
            | Body::Scans(Scans::DayClosed(marker))
            | Body::Features(Features::DayClosed(marker))
            | Body::Predictions(Predictions::DayClosed(marker))
            | Body::Orders(Orders::DayClosed(marker))
            | Body::Fills(Fills::DayClosed(marker))
            | Body::Outcomes(Outcomes::DayClosed(marker))
            | Body::Models(Models::DayClosed(marker)) => Some(marker),
            _ => None,
        }
    }
}

impl Event {
    /// An event on `day` about `about`, which with topic and kind determines its id.
    pub fn new(day: Day, ticker: &str, about: &[&str], body: impl Into<Body>) -> Event {
        Event::revised(day, ticker, about, 0, body)
    }

    /// The same at a revision.
    pub fn revised(
        day: Day,
        ticker: &str,
        about: &[&str],
        revision: i32,
        body: impl Into<Body>,
    ) -> Event {
        let body = body.into();
        let mut parts = vec![body.topic().dataset(), body.kind()];
        parts.extend_from_slice(about);
        Event {
            id: EventId::of(&parts, revision.unsigned_abs()),
            day,
            ticker: ticker.to_owned(),
            revision,
            control_offset: None,
            causation: None,
            correlation: None,
            body,
        }
    }

    /// The marker that closes `day` on a partition of `topic`; `None` for a topic without
    /// markers. Its id is topic, partition and day: of two, the first in the partition counts.
    pub fn marker(topic: Topic, day: Day, marker: DayClosed) -> Option<Event> {
        let partition = marker.partition.to_string();
        let body: Body = match topic {
            Topic::Bars => Bars::DayClosed(marker).into(),
            Topic::Scans => Scans::DayClosed(marker).into(),
            Topic::Features => Features::DayClosed(marker).into(),
            Topic::Predictions => Predictions::DayClosed(marker).into(),
            Topic::Orders => Orders::DayClosed(marker).into(),
            Topic::Fills => Fills::DayClosed(marker).into(),
            Topic::Outcomes => Outcomes::DayClosed(marker).into(),
            Topic::Models => Models::DayClosed(marker).into(),
            Topic::Controls | Topic::Samples | Topic::DeadLetters => return None,
        };
        Some(Event::new(day, "", &[&partition, &day.to_string()], body))
    }

    /// The topic it belongs on.
    pub fn topic(&self) -> Topic {
        self.body.topic()
    }

    /// The same event as part of candidate `candidate`.
    pub fn about_candidate(mut self, candidate: EventId) -> Event {
        self.correlation = Some(candidate);
        self
    }
}
