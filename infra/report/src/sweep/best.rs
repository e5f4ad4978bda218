//! The best cell of a track, and what its figures are worth after so many tries.

use super::scored_days::scored_days;
use super::swept::{Answer, BestCell, SweptCell};
use crate::summary::LONGEST_HOLDING;
use anyhow::Result;
use run::run_reader::RunReader;
use run::trials::Trial;
use schemas::events::Track;
use statistics::{
    Overfitting, PermutationTest, ReturnsMatrix, SelectionRule, WalkForward, WalkForwardSplit,
    permutation_test, probability_of_overfitting, sharpe_inference, walk_forward,
};

/// Trading days on which the best cell of the past is chosen, and those on which it is then traded.
const STEPS: WalkForwardSplit = WalkForwardSplit { in_sample: 126, out_of_sample: 63 };

pub(super) fn best_of(
    cells: &[SweptCell],
    track: Track,
    tried: &[Trial],
    read: &dyn Fn(&str) -> Result<RunReader>,
) -> Result<BestCell> {
    let of_track = |cell: &SweptCell| cell.tracks.iter().find(|of| of.track == track).cloned();
    let known = cells.iter().enumerate().filter_map(|(at, cell)| Some((at, of_track(cell)?)));
    let known: Vec<_> = known.collect();
    let (mut overfitting, mut walk_forward) =
        over_all(known.iter().map(|(_, of)| of.returns.clone()).collect());
    // Rows are cells that did not fail; what is told counts all.
    let cell = |row: &mut usize| *row = known[*row].0;
    if let Answer::Found(of) = &mut overfitting {
        of.splits.iter_mut().for_each(|split| cell(&mut split.best));
    }
    if let Answer::Found(of) = &mut walk_forward {
        for step in &mut of.steps {
            cell(&mut step.best);
            cell(&mut step.hindsight);
        }
    }
    let rated = known.iter().filter_map(|(at, of)| Some((*at, of, of.sharpe?)));
    // Of equal cells the first.
    let best = rated.reduce(|best, next| if next.2 > best.2 { next } else { best });
    let Some((at, of, _)) = best else {
        let refused = format!("no cell of {} has a day that differs from the others", track.name());
        return Ok(BestCell {
            track,
            best: None,
            inference: Answer::Refused { refused: refused.clone() },
            deflated: Answer::Refused { refused: refused.clone() },
            permutation: Answer::Refused { refused },
            overfitting,
            walk_forward,
        });
    };
    let reader = cells[at].run.as_deref().map(read).transpose()?;
    let seed = reader.as_ref().map_or(0, |reader| reader.opened.settings.seed as u64);
    let inference = sharpe_inference(&of.returns, LONGEST_HOLDING, seed);
    let sharpes: Vec<Option<f64>> =
        tried.iter().map(|trial| trial.sharpe_daily.get(track.name()).copied()).collect();
    let deflated = match &inference {
        Ok(of) => Answer::of(of.deflated(&sharpes)),
        Err(error) => Answer::Refused { refused: error.to_string() },
    };
    let permutation = match &reader {
        Some(reader) => permuted(reader, track, seed)?,
        None => Answer::Refused { refused: "the best cell has no run".to_owned() },
    };
    Ok(BestCell {
        track,
        best: Some(at),
        inference: Answer::of(inference),
        deflated,
        overfitting,
        walk_forward,
        permutation,
    })
}

/// The track's choices against the same scores shuffled among the candidates of each day.
fn permuted(reader: &RunReader, track: Track, seed: u64) -> Result<Answer<PermutationTest>> {
    let settings = &reader.opened.settings;
    let threshold = match track {
        Track::ButterAI => settings.expected_roi_over,
        Track::ButterBaseline => settings.score_over,
    };
    let at_most = usize::try_from(settings.max_new_per_day).unwrap_or_default();
    let days = scored_days(reader, track)?;
    Ok(Answer::of(permutation_test(
        &days,
        SelectionRule { threshold, at_most },
        LONGEST_HOLDING,
        seed,
    )))
}

/// Overfitting and walk forward over the returns of all cells.
fn over_all(rows: Vec<Vec<f64>>) -> (Answer<Overfitting>, Answer<WalkForward>) {
    match ReturnsMatrix::new(rows) {
        Ok(matrix) => (
            Answer::of(probability_of_overfitting(&matrix)),
            Answer::of(walk_forward(&matrix, &STEPS.repeated(matrix.days()))),
        ),
        Err(error) => {
            let refused = error.to_string();
            (Answer::Refused { refused: refused.clone() }, Answer::Refused { refused })
        }
    }
}
