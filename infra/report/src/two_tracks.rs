//! The comparison of a run's two tracks by day, or why there is none.

use schemas::events::{Settings, Track};
use statistics::{Comparison, compare};

/// Why `track` has no result that could be compared, if the settings leave it out.
pub(crate) fn left_out(settings: &Settings, track: Track) -> Option<String> {
    (!settings.trades(track)).then(|| {
        format!("{} opened nothing, because `settings.tracks` leaves it out", track.name())
    })
}

/// Compares the daily returns of ButterAI with those of ButterBaseline, in blocks of `block` days.
///
/// # Errors
/// Why they are not compared, in a sentence.
pub(crate) fn compare_tracks(
    settings: &Settings,
    [ai, baseline]: [&[f64]; 2],
    block: usize,
) -> Result<Comparison, String> {
    if let Some(why) = Track::ALL.into_iter().find_map(|track| left_out(settings, track)) {
        return Err(why);
    }
    compare(ai, baseline, block, settings.seed as u64).map_err(|error| error.to_string())
}
