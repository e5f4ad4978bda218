//! The grid that is looked over before anything climbs, and its local tops. What stands at a point
//! is its height or anything that ranks as the heights do.

use crate::climb::{LANES, Lanes, Peak, finite};

/// The points of a grid over the unit square, row by row, heights unknown.
pub(crate) fn points(grid: [usize; 2]) -> Vec<Peak> {
    let place = |index: usize, points: usize| index as f64 / (points.max(2) - 1) as f64;
    (0..grid[0] * grid[1])
        .map(|i| [place(i / grid[1], grid[0]), place(i % grid[1], grid[1])])
        .map(|at| Peak { at, height: f64::NEG_INFINITY })
        .collect()
}

/// The points of a grid with their heights.
pub(crate) fn survey(grid: [usize; 2], heights: &impl Fn(&Lanes, &Lanes) -> Lanes) -> Vec<Peak> {
    let mut field = points(grid);
    for chunk in field.chunks_mut(LANES) {
        let (mut x, mut y) = ([0.0; LANES], [0.0; LANES]);
        for (lane, peak) in chunk.iter().enumerate() {
            (x[lane], y[lane]) = (peak.at[0], peak.at[1]);
        }
        let found = heights(&x, &y);
        chunk.iter_mut().zip(found).for_each(|(peak, height)| peak.height = finite(height));
    }
    field
}

/// The `most` highest grid points no lower than their neighbours; of equal ones the first.
pub(crate) fn tops(grid: [usize; 2], field: &[Peak], most: usize) -> Vec<Peak> {
    let [rows, columns] = grid;
    let is_top = |at: usize| {
        let (row, column) = (at / columns, at % columns);
        let height = field[at].height;
        (row.saturating_sub(1)..=(row + 1).min(rows - 1)).all(|r| {
            (column.saturating_sub(1)..=(column + 1).min(columns - 1)).all(|c| {
                let other = r * columns + c;
                let beaten = field[other].height;
                other == at || beaten < height || (beaten == height && at < other)
            })
        })
    };
    // Most points are lower than the one before or after them, which is seen at once.
    let may_be = |at: &usize| {
        let column = at % columns;
        let height = field[*at].height;
        height.is_finite()
            && !(column > 0 && field[at - 1].height > height)
            && !(column + 1 < columns && field[at + 1].height > height)
    };
    let mut found: Vec<Peak> =
        (0..field.len()).filter(may_be).filter(|at| is_top(*at)).map(|at| field[at]).collect();
    found.sort_by(|a, b| b.height.total_cmp(&a.height));
    found.truncate(most);
    found
}
