//! What a refusal says: the day, the source's own reason, the word that settles a doubt.

use super::{LAST, bar, days, miss, pass, ready, words};
use crate::scanner::Scanner;
use schemas::events::{CorporateAction, Scans};
use schemas::{Body, Event};

/// The reasons of the refusals, ascending by ticker.
fn reasons(decided: &[Event]) -> Vec<String> {
    let reason = |event: &Event| match &event.body {
        Body::Scans(Scans::CandidateRefused(refused)) => Some(refused.reason.clone()),
        _ => None,
    };
    decided.iter().filter_map(reason).collect()
}

#[test]
fn only_the_days_own_index_is_indispensable_and_the_refusal_names_the_day() {
    let without = |gone: std::ops::Range<usize>| {
        let mut days = days();
        days[gone].iter_mut().for_each(|day| day.vix = None);
        pass(&mut ready(&days), &days[LAST])
    };
    let today = days()[LAST].day;
    let refused = without(LAST..LAST + 1);
    assert!(refused.len() == 3 && words(&refused).iter().all(|(_, word)| word == "NO_VIX"));
    assert_eq!(reasons(&refused)[0], format!("the volatility index has no close on {today}"));
    for gone in [LAST - 1..LAST, LAST - 126..LAST - 100] {
        assert!(words(&without(gone)).iter().all(|(_, word)| word == "candidate"));
    }
    let refused = without(LAST - 126..LAST - 93);
    assert_eq!(words(&refused)[0].1, "NO_VIX");
    let reason = &reasons(&refused)[0];
    assert!(reason.contains(&format!("on only 93 of the 126 bars before {today}")), "{reason}");
}

#[test]
fn a_refusal_without_a_bar_gives_the_sources_own_reason_of_that_day() {
    let mut days = days();
    for (n, why) in [(LAST - 1, "yesterday's reason"), (LAST, "SIM002.csv: no row")] {
        miss(&mut days[n]);
        days[n].missing[0].1 = why.to_owned();
    }
    let decided = pass(&mut ready(&days), &days[LAST]);
    let day = days[LAST].day;
    assert_eq!(reasons(&decided), [format!("there is no valid bar on {day}: SIM002.csv: no row")]);
    // A day is decided on what was said on it.
    miss(&mut days[LAST + 1]);
    let mut driven = ready(&days);
    pass(&mut driven, &days[LAST]);
    driven.restart(Scanner::default());
    let next = days[LAST + 1].day;
    let decided = pass(&mut driven, &days[LAST + 1]);
    assert_eq!(reasons(&decided), [format!("there is no valid bar on {next}: no row")]);
}

#[test]
fn a_suspected_split_is_refused_until_a_person_has_said_what_it_was() {
    let mut days = days();
    // A merger of ten shares into one, of which the prices alone know.
    const CLIFF: usize = LAST - 5;
    let factor = {
        let close = |n: usize| bar(&mut days[n].clone()).close;
        10.0 * close(CLIFF - 1) / close(CLIFF)
    };
    for day in &mut days[CLIFF..] {
        let bar = bar(day);
        for price in [&mut bar.open, &mut bar.high, &mut bar.low, &mut bar.close] {
            *price *= factor;
        }
    }
    let (before, moved) = (days[CLIFF - 1].day, days[CLIFF].day);
    let decided = pass(&mut ready(&days), &days[LAST]);
    assert_eq!(words(&decided)[1], ("SIM002".to_owned(), "SUSPECTED_SPLIT".to_owned()));
    let reason = reasons(&decided).remove(0);
    for said in [
        "a 1:10 split".to_owned(),
        format!("on {before} to "),
        format!("butterquant market confirm SIM002 {moved} split"),
        format!("butterquant market confirm SIM002 {moved} move"),
    ] {
        assert!(reason.contains(&said), "{reason}");
    }
    // Only the word about this ticker and day counts.
    let confirmed = |ticker: &str, day, ratio| {
        let mut driven = ready(&days);
        driven.controls.confirmed.insert((ticker.to_owned(), day), ratio);
        driven
    };
    for (ticker, day) in [("SIM001", moved), ("SIM002", before)] {
        let decided = pass(&mut confirmed(ticker, day, None), &days[LAST]);
        assert_eq!(words(&decided)[1].1, "SUSPECTED_SPLIT");
    }
    // A real move is passed on to the analysis, which finds it wild.
    let decided = pass(&mut confirmed("SIM002", moved, None), &days[LAST]);
    assert_eq!(words(&decided)[1].1, "VOLATILITY_OUT_OF_RANGE");
    // A split waits for the source, whose action of that earlier day mends the window.
    let mut driven = confirmed("SIM002", moved, Some(0.1));
    let decided = pass(&mut driven, &days[LAST]);
    let said = "was confirmed: if that still shows after the run's next day";
    assert!(reasons(&decided)[0].contains(said), "{decided:?}");
    let split = CorporateAction { effective_day: moved, split_ratio: Some(0.1), dividend: None };
    days[LAST + 1].actions.push(("SIM002".to_owned(), split));
    assert_eq!(words(&pass(&mut driven, &days[LAST + 1]))[1].1, "candidate");
}
