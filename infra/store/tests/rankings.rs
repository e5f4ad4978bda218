//! The rankings of a made-up day, as a view and as the file for people.

#![allow(clippy::unwrap_used)] // helpers of tests are tests too

mod made_up;

use kv::Db;
use made_up::{MONDAY, refused, scanned, scored};
use schemas::Day;
use schemas::events::{Alias, Settings};
use store::Views;
use store::views::{RankingsFile, Recommendation, SuccessSource};

const TUESDAY: Day = Day(MONDAY.0 + 1);

#[test]
fn given_candidates_when_ranked_then_score_then_ticker_decide_and_thresholds_recommend() {
    let dir = tempfile::tempdir().unwrap();
    let views = Views::open(&Db::open(dir.path()).unwrap()).unwrap();
    let [apple, msft, ibm, ge] = [("AAPL", 55.0), ("MSFT", 70.0), ("IBM", 70.0), ("GE", 10.0)]
        .map(|(ticker, score)| scanned(MONDAY, ticker, score));
    let events = vec![
        apple.clone(),
        msft.clone(),
        ibm.clone(),
        ge.clone(),
        refused(MONDAY, "T"),
        scored(&apple, Alias::Champion, 0.20),
        scored(&msft, Alias::Champion, 0.15),
        scored(&ge, Alias::Challenger, 0.90),
    ];
    views.apply_day(MONDAY, &events, &Settings::default()).unwrap();
    views.apply_day(TUESDAY, &[], &Settings::default()).unwrap();

    let rankings = views.rankings(MONDAY).unwrap().unwrap();
    let shown: Vec<_> =
        rankings.ranked.iter().map(|r| (r.rank, r.ticker.as_str(), r.recommendation)).collect();
    use Recommendation::{Avoid, Trade, Watch};
    assert_eq!(
        shown,
        [(1, "IBM", Watch), (2, "MSFT", Watch), (3, "AAPL", Trade), (4, "GE", Avoid)]
    );
    let (ibm, apple) = (&rankings.ranked[0], &rankings.ranked[2]);
    assert_eq!(
        (apple.confidence, apple.predicted_class.as_deref()),
        (Some(0.4), Some("Excellent"))
    );
    assert_eq!((apple.success_probability, apple.success_source), (0.7, SuccessSource::Champion));
    assert_eq!((ibm.success_probability, ibm.success_source), (0.4, SuccessSource::ProbProfit));
    assert_eq!((ibm.expected_roi, ibm.confidence), (None, None));
    assert_eq!(ibm.tags, ["call", "cheap-volatility", "weak-cycle", "no-model"]);
    assert_eq!((apple.lower, apple.upper, apple.entry_from), (95.0, 105.0, TUESDAY));
    assert_eq!(rankings.refused[0].code, "TOO_FEW_BARS");
    assert_eq!(views.last_ranked_day().unwrap(), Some(MONDAY));
    assert_eq!(views.ranked_days().unwrap(), [MONDAY]);
    assert_eq!(views.rankings(TUESDAY).unwrap(), None);

    let typed = RankingsFile::from(&rankings);
    let json = typed.to_json().unwrap();
    assert_eq!(serde_json::from_str::<RankingsFile>(&json).unwrap(), typed);
    assert_eq!(typed.rankings, rankings.ranked);
    let file: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(file["date"], "2018-06-25");
    assert_eq!(file["rankings"][2]["recommendation"], "trade");
    assert_eq!(file["rankings"][2]["strategy"], "call butterfly");
    assert!(file["rankings"][0]["expected_roi"].is_null());
    assert_eq!(file["rankings"][2]["entry_on_or_after"], "2018-06-26");
    assert_eq!(file["rankings"][2]["strikes"]["upper"], 105.0);
    assert_eq!(file["refused"][0]["ticker"], "T");
}
