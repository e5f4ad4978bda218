//! Predictions beside their outcomes, and recent features, over a few made-up days.

#![allow(clippy::unwrap_used)] // helpers of tests are tests too

mod made_up;

use made_up::{MONDAY, matured, scanned, scored, trained};
use schemas::events::{
    Alias, DayClosed, FeatureVector, Features, OutcomeMissing, Outcomes, Settings,
};
use schemas::{Day, Event, Topic};
use store::Views;
use store::figures::quality_report;

fn with_views(check: impl FnOnce(&Views, &dyn Fn(Day, Vec<Event>))) {
    let dir = tempfile::tempdir().unwrap();
    let views = Views::open(&kv::Db::open(dir.path()).unwrap()).unwrap();
    let given = |day, events: Vec<Event>| {
        views.apply_day(day, &events, &Settings::default()).unwrap();
    };
    check(&views, &given);
}

fn index_at(day: Day, vix: f64) -> Event {
    let marker = DayClosed { previous_day: day + -1, vix: Some(vix), ..DayClosed::default() };
    Event::marker(Topic::Bars, day, marker).unwrap()
}

#[test]
fn a_scan_day_matures_with_its_last_candidate_and_only_champions_count() {
    with_views(|views, given| {
        let [a, b, c] = ["A", "B", "C"].map(|ticker| scanned(MONDAY, ticker, 70.0));
        given(
            MONDAY,
            vec![
                index_at(MONDAY, 12.0),
                a.clone(),
                b.clone(),
                c.clone(),
                scored(&a, Alias::Champion, 0.1),
                scored(&b, Alias::Champion, 0.1),
                scored(&c, Alias::Challenger, 0.1),
            ],
        );
        let report = || quality_report(&views.predictions(usize::MAX).unwrap());
        assert_eq!((report().matured_days, report().open_days), (0, 1));
        // The champion's likeliest class is 3; C, which no champion scored, does not count.
        given(MONDAY + 20, vec![matured(MONDAY + 20, &a, 3), matured(MONDAY + 20, &c, 0)]);
        assert_eq!((report().matured_days, report().open_days), (0, 1));
        let none =
            OutcomeMissing { candidate: b.id, scan_day: MONDAY, ..OutcomeMissing::default() };
        let none = Event::new(MONDAY + 21, "B", &["B"], Outcomes::OutcomeMissing(none));
        given(MONDAY + 21, vec![none]);
        let report = report();
        assert_eq!((report.matured_days, report.open_days), (1, 0));
        let [low] = &report.regimes[..] else { panic!("{:?}", report.regimes) };
        assert_eq!((low.name.as_str(), low.quality.rows, low.quality.accuracy), ("low", 1, 1.0));
        assert_eq!(views.predictions(1).unwrap()[0].1.candidates[0].version, 3);
    });
}

#[test]
fn features_of_the_last_twenty_scan_days_are_kept_and_no_model_has_a_reference() {
    with_views(|views, given| {
        for n in 0..25 {
            let day = MONDAY + n;
            let features = FeatureVector {
                contract_version: 1,
                values: vec![f64::from(n); 23],
                ..FeatureVector::default()
            };
            let features = Event::new(
                day,
                "A",
                &["A", &day.to_string()],
                Features::FeaturesExtracted(features),
            );
            given(day, vec![index_at(day, 12.0), features]);
        }
        let days: Vec<i32> =
            views.recent_features().unwrap().iter().map(|of| of.scan_day).collect();
        assert_eq!(days, (MONDAY.0 + 5..MONDAY.0 + 25).collect::<Vec<_>>());
        assert_eq!(views.recent_features().unwrap()[0].features, [5.0; 23]);
        // Bytes that are not a model give no reference and no error.
        given(MONDAY + 25, vec![trained(MONDAY + 25, 1)]);
        assert_eq!(views.drift_reference(1).unwrap(), None);
    });
}
