//! What every event promises beyond its schema: its numbers are finite. Avro allows infinities and
//! NaN; nothing here computes with either, and neither becomes a zero.

use crate::{Body, Event};
use serde::ser::{self, Serialize, Serializer};
use std::fmt::{self, Display};

/// A number in an event that is not finite.
#[derive(Clone, PartialEq, Debug)]
pub struct NotFinite {
    /// The field that holds it.
    pub field: &'static str,
    /// NaN or an infinity.
    pub value: f64,
}

impl Display for NotFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} holds {}, which is not a finite number", self.field, self.value)
    }
}

/// Checks that every number of `event` is finite.
///
/// # Errors
/// The first that is not, in the schema's order.
pub fn check(event: &Event) -> Result<(), NotFinite> {
    let mut walk = Walk { field: "" };
    let walked = match &event.body {
        Body::Bars(body) => body.serialize(&mut walk),
        Body::Scans(body) => body.serialize(&mut walk),
        Body::Features(body) => body.serialize(&mut walk),
        Body::Predictions(body) => body.serialize(&mut walk),
        Body::Orders(body) => body.serialize(&mut walk),
        Body::Fills(body) => body.serialize(&mut walk),
        Body::Outcomes(body) => body.serialize(&mut walk),
        Body::Models(body) => body.serialize(&mut walk),
        Body::Controls(body) => body.serialize(&mut walk),
        Body::Samples(body) => body.serialize(&mut walk),
        Body::DeadLetters(body) => body.serialize(&mut walk),
    };
    walked.map_err(|Stop(found)| found)
}

/// A walk over every field by way of serde, so that none can be forgotten. It writes nothing.
struct Walk {
    field: &'static str,
}

#[derive(Debug)]
struct Stop(NotFinite);

impl Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Stop {}

impl ser::Error for Stop {
    fn custom<T: Display>(_: T) -> Stop {
        // No event has a serializer of its own that fails.
        Stop(NotFinite { field: "an unknown field", value: f64::NAN })
    }
}

macro_rules! passed_over {
    ($($method:ident($($type:ty),*))+) => {
        $(fn $method(self, $(_: $type),*) -> Result<(), Stop> {
            Ok(())
        })+
    };
}

type Name = &'static str;

impl<'a> Serializer for &'a mut Walk {
    type Ok = ();
    type Error = Stop;
    type SerializeSeq = &'a mut Walk;
    type SerializeTuple = &'a mut Walk;
    type SerializeTupleStruct = &'a mut Walk;
    type SerializeTupleVariant = &'a mut Walk;
    type SerializeMap = &'a mut Walk;
    type SerializeStruct = &'a mut Walk;
    type SerializeStructVariant = &'a mut Walk;

    passed_over! {
        serialize_bool(bool) serialize_char(char) serialize_str(&str) serialize_bytes(&[u8])
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64)
        serialize_none() serialize_unit() serialize_unit_struct(Name)
        serialize_unit_variant(Name, u32, Name)
    }

    fn serialize_f64(self, value: f64) -> Result<(), Stop> {
        match value.is_finite() {
            true => Ok(()),
            false => Err(Stop(NotFinite { field: self.field, value })),
        }
    }

    fn serialize_f32(self, value: f32) -> Result<(), Stop> {
        self.serialize_f64(f64::from(value))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Stop> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: Name,
        value: &T,
    ) -> Result<(), Stop> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: Name,
        _: u32,
        _: Name,
        value: &T,
    ) -> Result<(), Stop> {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Stop> {
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Stop> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: Name, _: usize) -> Result<Self, Stop> {
        Ok(self)
    }

    fn serialize_tuple_variant(self, _: Name, _: u32, _: Name, _: usize) -> Result<Self, Stop> {
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Stop> {
        Ok(self)
    }

    fn serialize_struct(self, _: Name, _: usize) -> Result<Self, Stop> {
        Ok(self)
    }

    fn serialize_struct_variant(self, _: Name, _: u32, _: Name, _: usize) -> Result<Self, Stop> {
        Ok(self)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

macro_rules! parts {
    ($($trait:ident $method:ident $(, $name:ident)?;)+) => {
        $(impl ser::$trait for &mut Walk {
            type Ok = ();
            type Error = Stop;

            fn $method<T: Serialize + ?Sized>(
                &mut self,
                $($name: Name,)?
                value: &T,
            ) -> Result<(), Stop> {
                $(self.field = $name;)?
                value.serialize(&mut **self)
            }

            fn end(self) -> Result<(), Stop> {
                Ok(())
            }
        })+
    };
}

parts! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
    SerializeStruct serialize_field, name;
    SerializeStructVariant serialize_field, name;
}

impl ser::SerializeMap for &mut Walk {
    type Ok = ();
    type Error = Stop;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), Stop> {
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), Stop> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::check as check_event;
    use super::*;
    use crate::Day;
    use crate::events::*;

    #[test]
    fn a_number_that_is_none_is_found_wherever_it_stands() {
        let check = |body: Body, expect: Option<&str>| {
            let found = check_event(&Event::new(Day(1), "AAPL", &["x"], body)).err();
            assert_eq!(found.as_ref().map(|found| found.field), expect, "{found:?}");
        };
        let features = |values: Vec<f64>| {
            Features::FeaturesExtracted(FeatureVector { values, ..FeatureVector::default() })
        };
        check(features(vec![0.5; 23]).into(), None);
        check(features(vec![0.5, f64::NAN]).into(), Some("values"));
        check(Bars::BarClosed(Bar { low: f64::INFINITY, ..Bar::default() }).into(), Some("low"));
        let marker = DayClosed { vix: Some(f64::NEG_INFINITY), ..DayClosed::default() };
        check(Bars::DayClosed(marker).into(), Some("vix"));
        let leg = Leg { theta: f64::NAN, ..Leg::default() };
        let scan = Scan { legs: vec![Leg::default(), leg], ..Scan::default() };
        check(Scans::CandidateScanned(scan).into(), Some("theta"));
        let structure = Structure { wing: f64::NAN, ..Structure::default() };
        let fill = Execution { structure, ..Execution::default() };
        check(Fills::OrderExecuted(fill).into(), Some("wing"));
        check(Bars::Unknown.into(), None);
    }
}
