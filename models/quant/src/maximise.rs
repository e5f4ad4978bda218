//! The maximum of a function over the unit square: a grid first, so that the global maximum is
//! surely in sight, then an ascent from the grid's best local maxima. Each step of an ascent fits a
//! paraboloid to seven points around the current one and searches the line to its summit (Newton's
//! method with derivatives by differences, and a line search), always eight points at once, because
//! eight likelihoods side by side cost little more than two.

use crate::grid_search::{LANES, Lanes, Point, finite, local_maxima};

/// Local maxima of the grid from which an ascent starts, the highest first; no more than lanes.
const STARTS: usize = 6;
/// An ascent ends once its differences are taken over less than this.
const FINEST: f64 = 1e-5;
/// An ascent that needs more steps has failed; its result is not trusted.
const MOST_STEPS: usize = 200;
/// An ascent this far below the best one is given up once it moves little.
const HOPELESS: f64 = 0.05;
/// A step that gains less than this counts as no gain.
const LEAST_GAIN: f64 = 1e-9;
/// Shares of the way to the paraboloid's summit to try.
const SHARES: Lanes = [1.0, 0.5, 0.2, 0.06, 0.02, 0.005, 2.0, 5.0];
/// A paraboloid's lesser curvature counts as at least this share of the greater.
const FLATTEST: f64 = 1e-6;
/// A summit is trusted within this many reaches.
const FARTHEST: f64 = 16.0;
/// The seven points of the paraboloid, and one more, in units of the reach.
const PATTERN: [[f64; 2]; LANES] = [
    [0.0, 0.0],
    [1.0, 0.0],
    [-1.0, 0.0],
    [0.0, 1.0],
    [0.0, -1.0],
    [1.0, 1.0],
    [-1.0, -1.0],
    [1.0, -1.0],
];

/// The maximum of `objective` over [0, 1]², where `field` ranks the points of `grid`. An axis of
/// one point is not used and stays 0. `None` if no value is finite or an ascent does not end.
pub(crate) fn maximise(
    grid: [usize; 2],
    field: &[Point],
    objective: impl Fn(&Lanes, &Lanes) -> Lanes,
) -> Option<Point> {
    let reach = 0.5 / (grid[0].max(grid[1]) - 1) as f64;
    let used = grid.map(|points| points > 1);
    let mut best: Option<Point> = None;
    for start in measured(local_maxima(grid, field, STARTS), &objective) {
        let known = best.map_or(f64::NEG_INFINITY, |best| best.value);
        let found = ascend(start, reach, used, known, &objective)?;
        best = if found.value > known { Some(found) } else { best };
    }
    best
}

/// The starts with their true values: those of the field may only rank.
fn measured(mut starts: Vec<Point>, objective: &impl Fn(&Lanes, &Lanes) -> Lanes) -> Vec<Point> {
    let (mut x, mut y) = ([0.0; LANES], [0.0; LANES]);
    for (lane, start) in starts.iter().enumerate() {
        (x[lane], y[lane]) = (start.at[0], start.at[1]);
    }
    starts.iter_mut().zip(objective(&x, &y)).for_each(|(start, value)| start.value = finite(value));
    starts
}

fn ascend(
    start: Point,
    first_reach: f64,
    used: [bool; 2],
    known: f64,
    objective: &impl Fn(&Lanes, &Lanes) -> Lanes,
) -> Option<Point> {
    let (mut best, mut reach) = (start, first_reach);
    for _ in 0..MOST_STEPS {
        let before = best;
        // Near an edge the pattern moves inwards; the summit may still lie on the edge.
        let centre = inside(used, best.at, reach);
        let pattern = PATTERN.map(|p| [centre[0] + p[0] * reach, centre[1] + p[1] * reach]);
        let around = look(&pattern, used, &mut best, objective);
        let summit = summit(centre, &around, reach, used);
        let line = SHARES.map(|share| {
            let toward = |axis: usize| centre[axis] + share * (summit[axis] - centre[axis]);
            [toward(0), toward(1)]
        });
        look(&line, used, &mut best, objective);
        let moved = (0..2).fold(0.0_f64, |far, i| far.max((best.at[i] - before.at[i]).abs()));
        // On a plateau rounding alone can move the best point.
        if moved < reach || best.value - before.value < LEAST_GAIN {
            reach /= 8.0;
        } else if moved >= 4.0 * reach {
            // Far along a ridge; a wider pattern sees more of it.
            reach = (4.0 * reach).min(first_reach);
        }
        let hopeless = reach < first_reach / 4.0 && best.value < known - HOPELESS;
        if reach < FINEST || hopeless {
            return Some(best);
        }
    }
    None
}

fn inside(used: [bool; 2], at: [f64; 2], margin: f64) -> [f64; 2] {
    [0, 1].map(|i| if used[i] { at[i].clamp(margin, 1.0 - margin) } else { 0.0 })
}

/// The values at eight points, clamped to the square; `best` becomes the highest of them if higher.
fn look(
    points: &[[f64; 2]; LANES],
    used: [bool; 2],
    best: &mut Point,
    objective: &impl Fn(&Lanes, &Lanes) -> Lanes,
) -> Lanes {
    let held = points.map(|at| inside(used, at, 0.0));
    let found = objective(&held.map(|at| at[0]), &held.map(|at| at[1])).map(finite);
    for (at, value) in held.into_iter().zip(found) {
        if value > best.value {
            *best = Point { at, value };
        }
    }
    found
}

/// Where the paraboloid through the pattern is highest within the square: Newton's step, each
/// principal direction taken uphill whichever way it bends.
fn summit(centre: [f64; 2], f: &Lanes, reach: f64, used: [bool; 2]) -> [f64; 2] {
    let mut g = [(f[1] - f[2]) / 2.0, (f[3] - f[4]) / 2.0];
    let mut h = [f[1] + f[2] - 2.0 * f[0], f[3] + f[4] - 2.0 * f[0]];
    let mut cross = (f[5] + f[6] - f[1] - f[2] - f[3] - f[4] + 2.0 * f[0]) / 2.0;
    for axis in 0..2 {
        if !used[axis] {
            (g[axis], h[axis], cross) = (0.0, h[1 - axis], 0.0);
        }
    }
    let step = uphill(g, h, cross);
    let far = step[0].abs().max(step[1].abs());
    if !far.is_finite() {
        return centre;
    }
    let stride = reach * (FARTHEST / far).min(1.0);
    let mut at = [centre[0] + stride * step[0], centre[1] + stride * step[1]];
    // Held at one edge, the other coordinate has its own best place along that edge.
    for (axis, other) in [(0, 1), (1, 0)] {
        let held = at[axis].clamp(0.0, 1.0);
        if used[axis] && held != at[axis] {
            at[axis] = held;
            let shift = (held - centre[axis]) / reach;
            let along = (g[other] + cross * shift) / h[other].abs();
            if along.is_finite() {
                at[other] = (centre[other] + reach * along).clamp(0.0, 1.0);
            }
        }
    }
    at
}

/// |H|⁻¹·g for the symmetric H of diagonal `h`: a function of a 2 × 2 matrix is the line
/// through its values at the two eigenvalues.
fn uphill(g: [f64; 2], h: [f64; 2], cross: f64) -> [f64; 2] {
    let (middle, half) = ((h[0] + h[1]) / 2.0, (h[0] - h[1]) / 2.0);
    let spread = (half * half + cross * cross).sqrt();
    let (low, high) = (middle - spread, middle + spread);
    let least = FLATTEST * low.abs().max(high.abs());
    let inverse = |eigenvalue: f64| 1.0 / eigenvalue.abs().max(least);
    let slope = if spread > 0.0 { (inverse(high) - inverse(low)) / (high - low) } else { 0.0 };
    let level = inverse(low) - slope * low;
    [
        level * g[0] + slope * (h[0] * g[0] + cross * g[1]),
        level * g[1] + slope * (cross * g[0] + h[1] * g[1]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid_search::grid_search;

    fn surface(f: impl Fn(f64, f64) -> f64) -> impl Fn(&Lanes, &Lanes) -> Lanes {
        move |x, y| std::array::from_fn(|lane| f(x[lane], y[lane]))
    }

    fn top_of(grid: [usize; 2], f: impl Fn(&Lanes, &Lanes) -> Lanes) -> Option<Point> {
        maximise(grid, &grid_search(grid, &f), f)
    }

    #[test]
    fn tops_inside_and_on_an_edge_are_found() {
        let check = |top: [f64; 2], bend: f64| {
            let f = surface(|x, y| {
                let (u, v) = (x - top[0], y - top[1]);
                -100.0 * (u * u + bend * u * v + v * v) - (5.0 * u).powi(4)
            });
            top_of([9, 9], f).unwrap().at
        };
        let inner = check([0.437, 0.811], 1.2);
        assert!((inner[0] - 0.437).abs() < 1e-6 && (inner[1] - 0.811).abs() < 1e-6);
        // The top lies outside: best on the edge x = 1, at y = 0.5 − ½·bend·(1 − 1.2)
        let edge = check([1.2, 0.5], 0.8);
        assert!(edge[0] == 1.0 && (edge[1] - 0.58).abs() < 1e-6, "{edge:?}");
    }

    #[test]
    fn the_higher_of_two_tops_wins_and_one_axis_is_enough() {
        let bump = |x: f64, at: f64| (-(x - at) * (x - at) * 400.0).exp();
        let best = top_of([19, 1], surface(|x, _| bump(x, 0.21) + 1.1 * bump(x, 0.77))).unwrap();
        assert!((best.at[0] - 0.77).abs() < 1e-5 && best.at[1] == 0.0);
        assert!(top_of([5, 5], surface(|_, _| f64::NAN)).is_none());
    }
}
