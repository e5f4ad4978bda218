//! A market that has forgotten what nobody asks for still gives what is asked for.

use super::*;

/// 700 weekdays from 2015-01-12, and the day after the last.
fn rows(from: usize) -> (String, Vec<Day>) {
    let days: Vec<Day> =
        (16_447..).map(Day).filter(|day| NYSE.is_session(*day)).take(700).collect();
    let row = |(at, day): (usize, &Day)| {
        let close = 100.0 + at as f64 / 100.0;
        format!("{day},{close},{close},{close},{close},{close},{}\n", 1_000 + at)
    };
    let text: String = days.iter().enumerate().skip(from).map(row).collect();
    (format!("{HEAD}{text}"), days)
}

#[test]
fn the_days_asked_for_and_the_past_that_a_log_is_compared_with_stay() {
    let (long, days) = rows(0);
    let (young, _) = rows(650);
    let dir = folder(&[
        ("AAA.csv", long.as_bytes()),
        ("NEW.csv", young.as_bytes()),
        ("^VIX.csv", b"Date,Close\n2018-06-29,16\n"),
    ]);
    let open = || CsvMarket::open(dir.path(), None, NYSE).unwrap();
    let (mut whole, mut kept) = (open(), open());
    let (last, until) = (days[600], days[603]);
    kept.keep(last, Some(until));
    assert!(kept.series("AAA").len() < 330, "{}", kept.series("AAA").len());
    for at in 601..=603 {
        let given = |market: &mut CsvMarket| market.next_day(Some(days[at - 1])).unwrap().unwrap();
        let (a, b) = (given(&mut whole), given(&mut kept));
        assert_eq!(a, b);
        assert_eq!(
            a.missing,
            [("NEW".to_owned(), format!("NEW.csv: no row for {} or before", days[at]))]
        );
        let past = |market: &mut CsvMarket| market.past("AAA", days[at], 320).unwrap();
        assert_eq!(past(&mut whole), past(&mut kept));
        assert_eq!(past(&mut kept).len(), 320);
    }
    kept.keep(until, Some(until));
    assert_eq!(kept.series("AAA"), []);
}
