//! The grid that is evaluated before any ascent starts, and its local maxima. A point's value is the
//! objective there, or anything that ranks the points alike.

/// Points evaluated side by side.
pub(crate) const LANES: usize = 8;
/// One coordinate of eight points, or their eight values.
pub(crate) type Lanes = [f64; LANES];

/// A point of the unit square and the value there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    pub(crate) at: [f64; 2],
    pub(crate) value: f64,
}

/// The points of a grid over the unit square, row by row, values unknown.
pub(crate) fn points(grid: [usize; 2]) -> Vec<Point> {
    let place = |index: usize, points: usize| index as f64 / (points.max(2) - 1) as f64;
    (0..grid[0] * grid[1])
        .map(|i| [place(i / grid[1], grid[0]), place(i % grid[1], grid[1])])
        .map(|at| Point { at, value: f64::NEG_INFINITY })
        .collect()
}

/// The points of a grid with their values.
pub(crate) fn grid_search(
    grid: [usize; 2],
    objective: &impl Fn(&Lanes, &Lanes) -> Lanes,
) -> Vec<Point> {
    let mut field = points(grid);
    for chunk in field.chunks_mut(LANES) {
        let (mut x, mut y) = ([0.0; LANES], [0.0; LANES]);
        for (lane, best) in chunk.iter().enumerate() {
            (x[lane], y[lane]) = (best.at[0], best.at[1]);
        }
        let found = objective(&x, &y);
        chunk.iter_mut().zip(found).for_each(|(best, value)| best.value = finite(value));
    }
    field
}

/// Ranks what is not finite below everything.
pub(crate) fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::NEG_INFINITY }
}

/// The `most` highest grid points no lower than their neighbours; of equal ones the first.
pub(crate) fn local_maxima(grid: [usize; 2], field: &[Point], most: usize) -> Vec<Point> {
    let [rows, columns] = grid;
    let is_top = |at: usize| {
        let (row, column) = (at / columns, at % columns);
        let value = field[at].value;
        (row.saturating_sub(1)..=(row + 1).min(rows - 1)).all(|r| {
            (column.saturating_sub(1)..=(column + 1).min(columns - 1)).all(|c| {
                let other = r * columns + c;
                let beaten = field[other].value;
                other == at || beaten < value || (beaten == value && at < other)
            })
        })
    };
    // Most points are lower than the one before or after them: a cheap test first.
    let may_be = |at: &usize| {
        let column = at % columns;
        let value = field[*at].value;
        value.is_finite()
            && !(column > 0 && field[at - 1].value > value)
            && !(column + 1 < columns && field[at + 1].value > value)
    };
    let mut found: Vec<Point> =
        (0..field.len()).filter(may_be).filter(|at| is_top(*at)).map(|at| field[at]).collect();
    found.sort_by(|a, b| b.value.total_cmp(&a.value));
    found.truncate(most);
    found
}
