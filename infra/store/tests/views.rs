//! The views over a few made-up days: their contents, and the laws common to all.

#![allow(clippy::unwrap_used)] // helpers of tests are tests too

mod made_up;

use kv::Db;
use made_up::{MONDAY, executed, intended, marked, matured, refused, scanned, scored, trained};
use schemas::events::{
    Action, Alias, Bars, CorporateAction, DayClosed, Fills, ModelPromoted, ModelRef, Models,
    OrderEnded, OrderRefused, Orders, Scans, Settings, Track,
};
use schemas::{Body, Day, Event, Money, Topic};
use store::StoreError;
use store::Views;
use store::views::OrderState;

fn with_views(check: impl FnOnce(Views, &Db)) {
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open(dir.path()).unwrap();
    check(Views::open(&db).unwrap(), &db);
}

fn given(views: &Views, days: &[(Day, Vec<Event>)]) {
    for (day, events) in days {
        views.apply_day(*day, events, &Settings::default()).unwrap();
    }
}

const TUESDAY: Day = Day(MONDAY.0 + 1);
const WEDNESDAY: Day = Day(MONDAY.0 + 2);

/// AAPL is scored and bought by both tracks on Monday, filled on Tuesday, sold on Wednesday.
fn a_trade() -> Vec<(Day, Vec<Event>)> {
    let apple = scanned(MONDAY, "AAPL", 70.0);
    let open = intended(MONDAY, &apple, Track::ButterAI, Action::Open, 1);
    let open_base = intended(MONDAY, &apple, Track::ButterBaseline, Action::Open, 2);
    let close = intended(TUESDAY, &apple, Track::ButterAI, Action::Close, 3);
    vec![
        (
            MONDAY,
            vec![apple.clone(), scored(&apple, Alias::Champion, 0.2), open.clone(), open_base],
        ),
        (TUESDAY, vec![executed(TUESDAY, &open, 3, 1_200_000, 100_000), close.clone()]),
        (WEDNESDAY, vec![executed(WEDNESDAY, &close, 3, 1_600_000, 50_000)]),
    ]
}

#[test]
fn given_fills_out_of_all_proportion_then_the_views_go_on() {
    with_views(|views, _| {
        let mut days = a_trade();
        let order = days[0].1[2].clone();
        let filled = |quantity, price| executed(TUESDAY, &order, quantity, price, i64::MAX);
        let fills = [(i64::MAX, i64::MAX), (i64::MAX, i64::MIN), (i64::MIN, 1), (-1, 1)];
        days[1].1.extend(fills.map(|(quantity, price)| filled(quantity, price)));
        given(&views, &days);
        assert_eq!(views.book().unwrap().positions().count(), 1);
        assert_eq!(views.journal().unwrap().len(), 1);
    });
}

#[test]
fn given_a_trade_when_it_opens_and_closes_then_book_and_journal_follow_to_the_millionth() {
    with_views(|views, _| {
        let days = a_trade();
        given(&views, &days[..1]);
        let states: Vec<_> = views.book().unwrap().pending().map(|o| o.state).collect();
        assert_eq!(states, [OrderState::Intended, OrderState::Intended]);

        given(&views, &days[1..2]);
        let book = views.book().unwrap();
        let held: Vec<_> = book.positions().collect();
        assert_eq!(held.len(), 1);
        assert_eq!((held[0].quantity, held[0].entry_day), (3, TUESDAY));
        assert_eq!(held[0].capital_at_risk, Money(390_000_000)); // 3 × 100 × (1.20 + 0.10)
        assert_eq!((held[0].model_version, held[0].expected_roi), (Some(3), Some(0.2)));

        given(&views, &days[2..]);
        assert_eq!(views.book().unwrap().positions().count(), 0);
        let journal = views.journal().unwrap();
        assert_eq!(journal[0].pnl, Money(75_000_000)); // 300 × (1.60 − 0.05 − 1.20 − 0.10)
        assert!((journal[0].roi - 75.0 / 390.0).abs() < 1e-12);
        assert_eq!(
            (journal[0].ticker.as_str(), journal[0].reason.as_str()),
            ("AAPL", "evaluation day")
        );
        assert_eq!((journal[0].entry_day, journal[0].exit_day), (TUESDAY, WEDNESDAY));
        assert_eq!(journal[0].model_version, Some(3));
        assert!(serde_json::to_value(views.book().unwrap()).is_ok());
    });
}

#[test]
fn given_a_split_while_a_position_is_held_then_book_and_journal_follow_it() {
    with_views(|views, _| {
        let mut days = a_trade();
        let split =
            CorporateAction { effective_day: WEDNESDAY, split_ratio: Some(3.0), dividend: None };
        let split = Event::new(WEDNESDAY, "AAPL", &["AAPL"], Bars::CorporateAction(split));
        // Closed at the same worth: a third of the price for three times the shares.
        let Body::Fills(Fills::OrderExecuted(done)) = &mut days[2].1[0].body else { panic!() };
        (done.price, done.fees) = (Money(1_600_000 / 3), Money(50_000 / 3));
        given(&views, &days[..2]);
        let before = views.book().unwrap().positions().next().unwrap().clone();
        days[2].1.insert(0, split);
        given(&views, &days[2..]);
        let closed = &views.journal().unwrap()[0];
        assert_eq!((closed.quantity, closed.shares), (3, 300.0));
        assert_eq!(closed.entry_price, Money(400_000));
        assert_eq!(closed.structure.centre, before.structure.centre / 3.0);
        assert!((closed.pnl.dollars() - 75.0).abs() < 0.01, "{:?}", closed.pnl);
        assert_eq!(closed.capital_at_risk, Money(390_000_000));
    });
}

#[test]
fn given_fills_in_parts_when_closed_then_nothing_is_lost_and_no_loss_exceeds_the_risk() {
    with_views(|views, _| {
        let apple = scanned(MONDAY, "AAPL", 70.0);
        let open = intended(MONDAY, &apple, Track::ButterAI, Action::Open, 1);
        let close = intended(TUESDAY, &apple, Track::ButterAI, Action::Close, 2);
        let parts = vec![
            executed(TUESDAY, &open, 1, 1_000_001, 0),
            executed(TUESDAY, &open, 2, 1_000_002, 0),
            close.clone(),
        ];
        // Worth less than the cost of selling; then one contract more than is held.
        let sold = vec![
            executed(WEDNESDAY, &close, 1, 10_000, 20_000),
            executed(WEDNESDAY, &close, 3, 0, 0),
        ];
        given(&views, &[(MONDAY, vec![apple, open]), (TUESDAY, parts), (WEDNESDAY, sold)]);

        let journal = views.journal().unwrap();
        let total = journal.iter().fold(Money::ZERO, |sum, trade| sum + trade.pnl);
        assert_eq!(total, Money(-100 * (1_000_001 + 2 * 1_000_002)));
        assert!(journal.iter().all(|trade| trade.roi == -1.0));
        assert_eq!(views.tally().unwrap().unmatched_fills, 1);
        assert_eq!(views.book().unwrap().pending().count(), 0);
    });
}

#[test]
fn given_an_order_that_ends_otherwise_when_applied_then_it_is_settled_or_stays_unknown() {
    with_views(|views, _| {
        let ended = |id: i64| OrderEnded {
            broker_order_id: id,
            code: "HALTED".into(),
            ..OrderEnded::default()
        };
        let fills = vec![
            Event::new(TUESDAY, "AAPL", &["1"], Fills::OrderCancelled(ended(1))),
            Event::new(TUESDAY, "AAPL", &["4"], Fills::OrderUnknown(ended(4))),
        ];
        let apple = scanned(MONDAY, "AAPL", 70.0);
        let orders = [1, 4].map(|id| intended(MONDAY, &apple, Track::ButterAI, Action::Open, id));
        given(&views, &[(MONDAY, orders.to_vec()), (TUESDAY, fills)]);
        let book = views.book().unwrap();
        let left: Vec<_> = book.pending().map(|o| (o.intent.broker_order_id, o.state)).collect();
        assert_eq!(left, [(4, OrderState::Unknown)]);
        assert_eq!(views.tally().unwrap().refusals["fills/ButterAI"]["HALTED"], 2);
    });
}

#[test]
fn given_events_of_all_sorts_when_counted_then_every_one_is_in_the_tally() {
    with_views(|views, _| {
        let apple = scanned(MONDAY, "AAPL", 70.0);
        let limit = OrderRefused { code: "POSITION_LIMIT".into(), ..OrderRefused::default() };
        let events = vec![
            refused(TUESDAY, "T"),
            Event::new(TUESDAY, "X", &["X"], Scans::Unknown),
            apple.clone(),
            matured(TUESDAY, &apple, 3),
            Event::new(TUESDAY, "AAPL", &["AAPL"], Orders::OrderRefused(limit)),
            marked(TUESDAY, Track::ButterBaseline, -5),
        ];
        given(&views, &[(TUESDAY, events)]);
        let tally = views.tally().unwrap();
        assert_eq!(tally.events["scans"]["CANDIDATE_SCANNED"], 1);
        assert_eq!(tally.events["scans"]["UNKNOWN"], 1);
        assert_eq!(tally.outcomes, [0, 0, 0, 1]);
        assert_eq!(tally.refusals["scans"]["TOO_FEW_BARS"], 1);
        assert_eq!(tally.refusals["orders/ButterAI"]["POSITION_LIMIT"], 1);
        assert!(views.rankings(TUESDAY).unwrap().unwrap().ranked.is_empty());
        assert!(views.equity(Track::ButterAI).unwrap().is_empty());
        assert_eq!(views.equity(Track::ButterBaseline).unwrap()[0].mark.change, Money(-5));
    });
}

#[test]
fn given_a_promotion_when_the_day_closes_then_the_models_view_says_who_is_in_force() {
    with_views(|views, _| {
        let promoted = ModelPromoted {
            version: 1,
            sha256: "ab".into(),
            reason: "proven".into(),
            ..ModelPromoted::default()
        };
        let in_force = ModelRef { version: 1, sha256: "ab".into() };
        let marker = DayClosed { champion: Some(in_force.clone()), ..DayClosed::default() };
        let events = vec![
            trained(MONDAY, 1),
            Event::new(MONDAY, "", &["1"], Models::ModelPromoted(promoted)),
            Event::marker(Topic::Models, MONDAY, marker).unwrap(),
        ];
        given(&views, &[(MONDAY, events)]);
        let models = views.models().unwrap();
        assert_eq!(models.champion, Some(in_force));
        assert_eq!((models.changes[0].day, models.changes[0].alias), (MONDAY, Alias::Champion));
        assert_eq!(models.cards[&1].verdict, ["log loss 1.01 against 1.04"]);
    });
}

#[test]
fn given_a_crash_after_a_day_when_it_is_applied_again_then_nothing_happens_twice() {
    with_views(|views, db| {
        let days = a_trade();
        given(&views, &days);
        let digest = views.digest().unwrap();
        drop(views);
        let views = Views::open(db).unwrap();
        given(&views, &days);
        assert_eq!(
            (views.digest().unwrap(), views.through().unwrap()),
            (digest.clone(), Some(WEDNESDAY))
        );

        db.tree("other").unwrap().insert("mine", "stays").unwrap();
        views.remove_all().unwrap();
        assert_eq!(views.through().unwrap(), None);
        assert!(db.tree("other").unwrap().get("mine").unwrap().is_some());
        given(&views, &days);
        assert_eq!(views.digest().unwrap(), digest);
    });
}

#[test]
fn given_damaged_or_foreign_bytes_when_read_then_the_error_names_view_place_and_remedy() {
    with_views(|views, db| {
        given(&views, &a_trade());
        db.tree("views").unwrap().insert("tally", [0xff, 0xff]).unwrap();
        let error = views.tally().unwrap_err();
        assert!(matches!(&error, StoreError::DamagedView { key, .. } if key == "tally"));
        assert!(error.to_string().contains("rebuild"), "{error}");
        db.tree("views").unwrap().insert("format", [9]).unwrap();
        let said = Views::open(db).err().unwrap().to_string();
        assert!(said.contains("format 9"), "{said}");
    });
}

/// A view that every day writes is never taken for empty.
#[test]
fn given_a_book_or_tally_that_is_gone_then_it_is_an_error_and_not_empty() {
    with_views(|views, db| {
        assert_eq!(views.book().unwrap().positions().count(), 0);
        given(&views, &a_trade()[..1]);
        for key in ["book", "tally"] {
            db.tree("views").unwrap().remove(key).unwrap();
        }
        for said in [views.book().err().unwrap(), views.tally().err().unwrap()] {
            assert!(matches!(said, StoreError::DamagedView { .. }), "{said}");
            assert!(said.to_string().contains("rebuild --all"), "{said}");
        }
    });
}
