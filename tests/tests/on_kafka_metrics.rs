//! On a real Kafka: the lag at `/metrics` is that of Kafka's own tool at the same moment, by the names that topics and
//! groups have on the cluster.

#![allow(clippy::unwrap_used, reason = "a test ends where it is surprised")]

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};
use tests::cli::{Running, command, finish, get, wait_for};
use tests::cluster::Cluster;
use tests::price_files::{days, write};

const FIRST: usize = 30;

/// Committed offset, end and lag of each group, topic and partition.
type Lags = BTreeMap<(String, String, String), [String; 3]>;

/// As Kafka's own tool tells them.
fn by_kafka(cluster: &Cluster, run: &str) -> Lags {
    let told = cluster.tool("consumer-groups --describe --all-groups");
    let lines = told.lines().map(|line| line.split_whitespace().collect::<Vec<&str>>());
    lines
        .filter(|words| words.len() > 5 && words[0].starts_with(&format!("{run}.")))
        .map(|words| {
            let place = [0, 1, 2].map(|n| words[n].to_owned());
            (place.into(), [3, 4, 5].map(|n| words[n].to_owned()))
        })
        .collect()
}

/// The samples of a metric: the values of `labels`, and the value.
fn samples(page: &str, metric: &str, labels: &[&str]) -> BTreeMap<Vec<String>, String> {
    let of = page.lines().filter_map(|line| line.strip_prefix(&format!("{metric}{{")));
    of.map(|line| {
        let (braces, value) = line.rsplit_once("} ").unwrap();
        let label = |name: &&str| {
            let start = format!("{name}=\"");
            let found = braces.split("\",").find_map(|pair| pair.strip_prefix(&start));
            found.unwrap_or_else(|| panic!("{name}: {line}")).trim_end_matches('"').to_owned()
        };
        (labels.iter().map(label).collect(), value.to_owned())
    })
    .collect()
}

/// As the page tells them.
fn by_page(page: &str) -> Lags {
    let place = ["group", "topic", "partition"];
    let committed = samples(page, "kafka_consumergroup_group_offset", &place);
    let lags = samples(page, "kafka_consumergroup_group_lag", &place);
    let ends = samples(page, "kafka_partition_latest_offset", &["topic", "partition"]);
    lags.into_iter()
        .filter_map(|(place, lag)| {
            // Kafka's tool has no line for a partition without a committed offset.
            let committed = committed.get(&place)?.clone();
            let end = ends[&place[1..]].clone();
            let [group, topic, partition]: [String; 3] = place.try_into().unwrap();
            Some(((group, topic, partition), [committed, end, lag]))
        })
        .collect()
}

#[test]
fn the_lag_is_that_of_kafkas_own_tool() {
    let Some(cluster) = Cluster::shared() else { return };
    let (folder, prices) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let data = folder.path();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let name = format!("metrics-{now}");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let keys = format!(
        "log = \"kafka\"\nbrokers = \"{}\"\nrun = \"{name}\"\npartitions = 2\nsource_quiet_s = 0\nlisten = \"{address}\"\n",
        cluster.brokers()
    );
    std::fs::write(data.join("butterquant.toml"), keys).unwrap();
    let grow = |count| {
        ["AAA", "BBB", "^VIX"].iter().for_each(|ticker| write(prices.path(), ticker, count))
    };
    grow(FIRST);
    let market = format!("--source csv:{}", prices.path().display());
    let last = days(FIRST)[FIRST - 1];
    finish(command(data, &format!("up {market} --until {last}"))).well();

    // Three more days, which only the scanner reads: every other group lags behind, and none of them moves.
    grow(FIRST + 3);
    let _running = Running::start(data, &format!("run source scanner {market}"));
    let newest = format!("butterquant_newest_bar_day {}\n", days(FIRST + 3)[FIRST + 2].0);
    let of_scanner = |lags: &Lags| {
        let own = lags.iter().filter(|((group, ..), _)| *group == format!("{name}.scanner"));
        own.map(|(_, [_, _, lag])| lag.clone()).collect::<Vec<_>>()
    };
    let (told, page) = wait_for("moment at which nothing moves", || {
        std::net::TcpStream::connect(&address).ok()?;
        let page = get(&address, "/metrics", None).1;
        let shown = by_page(&page);
        let caught_up = of_scanner(&shown).iter().all(|lag| lag == "0");
        if !page.contains(&newest) || !caught_up {
            return None;
        }
        let told = by_kafka(cluster, &name);
        let page = get(&address, "/metrics", None).1;
        (by_page(&page) == told && shown == told).then_some((told, page))
    });
    let lags = told.values().filter(|[_, _, lag]| lag != "0").count();
    assert!(lags > 8, "groups lag behind: {told:?}");
    assert_eq!(of_scanner(&told), ["0", "0"]);

    // Sums and the highest lags are those of the same lines.
    for (metric, of) in [
        ("kafka_consumergroup_group_sum_lag", (|lags| lags.iter().sum()) as fn(&[u64]) -> u64),
        ("kafka_consumergroup_group_max_lag", |lags| lags.iter().copied().max().unwrap_or(0)),
    ] {
        for (group, value) in samples(&page, metric, &["group"]) {
            let own = told.iter().filter(|((of, ..), _)| *of == group[0]);
            let lags: Vec<u64> = own.map(|(_, [_, _, lag])| lag.parse().unwrap()).collect();
            assert_eq!(value, of(&lags).to_string(), "{metric} of {group:?}");
        }
    }
    // Whether a group has members is told too, and the cluster's id is its name.
    let states = samples(&page, "butterquant_group_state", &["group", "state"]);
    let state = |group: &str, state: &str| vec![format!("{name}.{group}"), state.to_owned()];
    assert!(states.contains_key(&state("scanner", "active")), "{states:?}");
    assert!(states.contains_key(&state("scorer", "empty")), "{states:?}");
    let clusters = samples(&page, "kafka_consumergroup_group_lag", &["cluster_name"]);
    assert_eq!(clusters.len(), 1, "{clusters:?}");
}
