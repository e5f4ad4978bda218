//! `kill -9` at any moment loses nothing and duplicates nothing: a run killed repeatedly ends with the
//! same bytes in every topic and the same views as an undisturbed one. `BUTTERQUANT_KILLS` sets how often.

use tests::plug::{Plug, kills};

#[test]
fn given_kills_at_any_moment_then_the_log_and_the_views_end_as_if_undisturbed() {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    Plug { data: folder.path(), home: String::new(), name: "", longest_ms: 900 }.pulled(kills(6));
}
