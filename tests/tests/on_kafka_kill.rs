//! The same on Kafka as in `kill`: its processes are killed, and the log and the views end as if undisturbed.

use std::time::{SystemTime, UNIX_EPOCH};
use tests::cluster::Cluster;
use tests::plug::{Plug, kills};

#[test]
fn given_kills_at_any_moment_then_the_log_and_the_views_end_as_if_undisturbed() {
    let Some(cluster) = Cluster::shared() else { return };
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_millis());
    let home = format!("--log kafka --brokers {}", cluster.brokers());
    let name = format!("plug-{now}-");
    Plug { data: folder.path(), home, name: &name, longest_ms: 4_000 }.pulled(kills(2));
}
