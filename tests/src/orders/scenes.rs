//! Scenes in which a role and its broker are disturbed, with the outcome each must have; they run on
//! every home of the log.

use super::checks::Story;
use super::{FROM, Home, MARKET, PARTITIONS, Site};
use crate::cli::{command, finish, wait_for};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The digest of every topic of an undisturbed run without an external broker.
static UNDISTURBED: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let market = producers::source::open(MARKET, None, schemas::TradingCalendar::None).unwrap();
    let last = market.days().last().unwrap();
    let words = format!("up --source {MARKET} --from {FROM} --until {last} -o json");
    let mut command = command(folder.path(), &words);
    command.env("BUTTERQUANT_PARTITIONS", PARTITIONS);
    let account = finish(command).json();
    let topics = account["topics"].as_object().unwrap().iter();
    topics.map(|(name, one)| (name.clone(), one["sha256"].as_str().unwrap().to_owned())).collect()
});

fn named(mode: &str, ids: &[i64]) -> String {
    ids.iter().fold(mode.to_owned(), |text, id| format!("{text},order:{id}"))
}

fn entries<'a>(journal: &'a [Value], happened: &'a str) -> impl Iterator<Item = &'a Value> {
    journal.iter().filter(move |entry| entry["happened"] == happened)
}

/// Runs to the last day and checks every invariant. Then the log must equal that of the undisturbed
/// run, byte for byte: an order found at the broker is recorded as its answer would have been, and no
/// event holds which process asked, or when.
fn ends_as_if_undisturbed(site: &Site) -> Story {
    assert_eq!(site.finish(), *UNDISTURBED);
    let story = Story::check(site);
    assert!(story.unknown().is_empty());
    story
}

/// The role dies repeatedly between the broker's acceptance of an order and its acknowledgement.
pub fn role_killed_before_the_acknowledgement(home: &Home, ids: &[i64]) {
    let site = Site::new(home, "killed", 20_000);
    let failures = [named("late:15000", ids), "never,share:0.3,seed:3".to_owned()];
    let _paper = site.paper_broker(&failures);
    site.open();
    let others = site.others();
    for (number, id) in ids.iter().enumerate() {
        let role = site.broker_role("role");
        site.accepted(*id);
        role.kill();
        let sessions = entries(&site.journal(), "session_opened").count();
        assert!(sessions > number, "it died before it was there");
    }
    others.stop();
    ends_as_if_undisturbed(&site);
}

/// The active role is paused while it waits for the acknowledgement of `id`; once another one has
/// taken over and gone on, it wakes and is refused because of `why`.
fn role_paused_while_another_takes_over(site: &Site, late: &str, id: i64, why: &str) {
    let _paper = site.paper_broker(&[named(late, &[id])]);
    site.open();
    let others = site.others();
    let first = site.broker_role("first");
    site.accepted(id);
    first.pause();
    let second = site.broker_role("second");
    site.accepted(12);
    first.resume();
    // Its next call is refused.
    first.says(why);
    site.accepted(20);
    let journal = site.journal();
    let of_session = |session: u64| {
        let own = move |entry: &&Value| entry["session"].as_u64() == Some(session);
        entries(&journal, "accepted").filter(own).count() as i64
    };
    assert_eq!(of_session(1), id, "the first session ends with the order it waited for");
    assert!(of_session(2) > 1);
    first.kill();
    second.stop();
    others.stop();
    ends_as_if_undisturbed(site);
}

/// It wakes with orders to send, and its answer is overdue: the broker refuses it.
pub fn role_that_wakes_is_refused_by_the_broker(home: &Home) {
    let site = Site::new(home, "paused", 1_000);
    let why = "the broker refuses this session";
    role_paused_while_another_takes_over(&site, "late:60000", 1, why);
    assert!(entries(&site.journal(), "displaced").count() > 0);
}

/// It wakes with the day's last answer, which arrived while it was paused, and nothing left to send:
/// the log refuses its publish.
pub fn role_that_wakes_is_fenced_on_the_log(home: &Home) {
    let site = Site::new(home, "fenced", 30_000);
    let why = "another owner has taken over";
    role_paused_while_another_takes_over(&site, "late:2000", 5, why);
    assert_eq!(entries(&site.journal(), "displaced").count(), 0);
}

/// The broker itself dies repeatedly with an order accepted and not acknowledged.
pub fn broker_killed_before_the_acknowledgement(home: &Home, ids: &[i64]) {
    let site = Site::new(home, "broker", 20_000);
    let failures = [named("late:15000", ids)];
    let mut paper = site.paper_broker(&failures);
    site.open();
    let others = site.others();
    let role = site.broker_role("role");
    for id in ids {
        site.accepted(*id);
        paper.kill();
        paper = site.paper_broker(&failures);
    }
    site.accepted(ids.iter().max().unwrap() + 3);
    role.stop();
    others.stop();
    ends_as_if_undisturbed(&site);
}

/// A broker that misbehaves in every way, and is killed as well: an order that is not settled is
/// unknown and blocks its track until it is.
pub fn broker_that_fails_in_every_way(home: &Home) {
    let site = Site::new(home, "failing", 200);
    let kinds = [
        "hang:1500,share:0.15",
        "lose,share:0.1",
        "refuse,share:0.1",
        "never,share:0.2",
        "late:50",
    ];
    let failures: Vec<String> =
        kinds.iter().zip(1..).map(|(kind, seed)| format!("{kind},seed:{seed}")).collect();
    let silent = [named("hang", &[2])];
    let mut paper = site.paper_broker(&[&silent[..], &failures[..]].concat());
    site.open();
    let others = site.others();
    let role = site.broker_role("role");
    // The fate of the second order is unknown until the broker restarts.
    wait_for("a word on the order of unknown fate", || {
        let fills = site.lines("topics consume fills");
        let unknown = |event: &Value| {
            event["kind"] == "ORDER_UNKNOWN" && event["data"]["broker_order_id"] == 2
        };
        fills.iter().any(unknown).then_some(())
    });
    paper.kill();
    paper = site.paper_broker(&failures);
    role.stop();
    others.stop();
    site.finish();
    let story = Story::check(&site);
    assert!(story.unsettled > 0, "no track was ever blocked");
    let said: Vec<(&str, &str)> = story
        .fills
        .values()
        .flatten()
        .map(|(kind, _, data)| (kind.as_str(), data["code"].as_str().unwrap_or_default()))
        .collect();
    for kind in [
        ("ORDER_UNKNOWN", "NO_ANSWER"),
        ("ORDER_CANCELLED", "LOST"),
        ("ORDER_REJECTED", "REFUSED"),
        ("ORDER_EXECUTED", ""),
    ] {
        assert!(said.contains(&kind), "no {kind:?} among {said:?}");
    }
    let settled = |fills: &Vec<(String, String, Value)>| {
        fills.iter().any(|(kind, ..)| kind == "ORDER_UNKNOWN")
            && fills.iter().any(|(kind, ..)| kind == "ORDER_EXECUTED")
    };
    assert!(settled(&story.fills[&2]), "{:?}", story.fills[&2]);
    drop(paper);
}

/// Trading is halted between an order's intent and its submission.
pub fn halted_before_the_orders_are_sent(home: &Home) {
    let site = Site::new(home, "halted", 1_000);
    let paper = site.paper_broker(&[]);
    site.open();
    let others = site.others();
    site.does("halt");
    let role = site.broker_role("role");
    wait_for("ids used up", || (entries(&site.journal(), "withdrawn").count() >= 5).then_some(()));
    assert_eq!(entries(&site.journal(), "accepted").count(), 0);
    site.does("resume");
    role.stop();
    others.stop();
    site.finish();
    let story = Story::check(&site);
    for id in 1..=5 {
        let (kind, _, said) = &story.fills[&id][0];
        assert_eq!((kind.as_str(), said["code"].as_str()), ("ORDER_CANCELLED", Some("HALTED")));
        assert!(said["reason"].as_str().unwrap().contains("halted at controls offset"), "{said}");
    }
    drop(paper);
}
