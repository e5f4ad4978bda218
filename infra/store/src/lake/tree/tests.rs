//! Trees of payloads.

use super::*;
use schemas::Day;

#[derive(serde::Serialize)]
enum Body {
    Scanned(Scan),
    Word,
}

#[derive(serde::Serialize)]
struct Scan {
    day: Day,
    score: f64,
    most: u64,
    missing: Option<i32>,
    legs: Vec<Leg>,
    raw: Raw,
    strategy: Strategy,
}

struct Raw;

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(&[1, 255])
    }
}

#[derive(serde::Serialize)]
struct Leg {
    strike: f32,
}

#[derive(serde::Serialize)]
enum Strategy {
    Call,
}

#[test]
fn a_payload_is_read_by_its_fields_and_what_no_column_can_hold_is_null() {
    let scan = |score, most| {
        let legs = vec![Leg { strike: 95.5 }, Leg { strike: 100.0 }];
        let (day, raw, strategy) = (Day(7), Raw, Strategy::Call);
        Body::Scanned(Scan { day, score, most, missing: None, legs, raw, strategy })
    };
    let tree = Tree::of(&scan(1.5, 3)).unwrap().inside().unwrap();
    let get = |name| tree.get(name);
    assert_eq!(
        (get("day").and_then(Tree::long), get("score").and_then(Tree::float)),
        (Some(7), Some(1.5))
    );
    assert_eq!(
        (get("most").and_then(Tree::float), get("missing"), get("other")),
        (Some(3.0), None, None)
    );
    assert_eq!(
        (get("strategy").and_then(Tree::text), get("raw").and_then(Tree::bytes)),
        (Some("Call"), Some(&[1, 255][..]))
    );
    let strikes = get("legs").and_then(Tree::list).unwrap().iter();
    assert_eq!(
        strikes.map(|leg| leg.get("strike")?.float()).collect::<Vec<_>>(),
        [Some(95.5), Some(100.0)]
    );

    let tree = Tree::of(&scan(f64::NAN, u64::MAX)).unwrap().inside().unwrap();
    assert_eq!((tree.get("score"), tree.get("most")), (None, None));
    assert_eq!(Tree::of(&Body::Word).unwrap(), Tree::Text("Word".into()));
    assert!(Tree::of(&(1, 2)).unwrap_err().contains("tuples"));
}
