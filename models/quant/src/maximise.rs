//! The highest point of a surface over the unit square: a grid first, so that the global
//! maximum is surely in sight, then a climb from its best local tops. One climb step fits a
//! paraboloid to seven points around the present one and looks along the line to its summit
//! (Newton's method with derivatives by differences, and a search along the line), always eight
//! points at once, because eight likelihoods side by side cost little more than two.

use crate::survey::tops;

/// Points evaluated side by side.
pub(crate) const LANES: usize = 8;
/// One coordinate of eight points, or their eight heights.
pub(crate) type Lanes = [f64; LANES];

/// A point of the unit square and its height.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peak {
    pub(crate) at: [f64; 2],
    pub(crate) height: f64,
}

/// Local tops of the grid that are climbed, the highest first; no more than lanes.
const STARTS: usize = 6;
/// The climb ends when the differences are taken over less than this.
const FINEST: f64 = 1e-5;
/// A climb that has not ended by then is reported, not trusted.
const MOST_STEPS: usize = 200;
/// A climb this far below the best one, once it moves little, is given up.
const HOPELESS: f64 = 0.05;
/// A step that gains less than this counts as none.
const LEAST_GAIN: f64 = 1e-9;
/// Shares of the way to the paraboloid's summit that are tried.
const SHARES: Lanes = [1.0, 0.5, 0.2, 0.06, 0.02, 0.005, 2.0, 5.0];
/// A paraboloid's lesser curvature counts as at least this share of the greater.
const FLATTEST: f64 = 1e-6;
/// A summit is believed within this many reaches.
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

/// The highest point of `heights` over [0, 1]², where `field` says of each point of `grid` how it
/// ranks. An axis of one point is not used and stays 0. `None` if no height is finite or a climb
/// does not end.
pub(crate) fn highest(
    grid: [usize; 2],
    field: &[Peak],
    heights: impl Fn(&Lanes, &Lanes) -> Lanes,
) -> Option<Peak> {
    let reach = 0.5 / (grid[0].max(grid[1]) - 1) as f64;
    let used = grid.map(|points| points > 1);
    let mut best: Option<Peak> = None;
    for start in measured(tops(grid, field, STARTS), &heights) {
        let known = best.map_or(f64::NEG_INFINITY, |peak| peak.height);
        let peak = climb(start, reach, used, known, &heights)?;
        best = if peak.height > known { Some(peak) } else { best };
    }
    best
}

/// The starts at their true heights.
fn measured(mut starts: Vec<Peak>, heights: &impl Fn(&Lanes, &Lanes) -> Lanes) -> Vec<Peak> {
    let (mut x, mut y) = ([0.0; LANES], [0.0; LANES]);
    for (lane, start) in starts.iter().enumerate() {
        (x[lane], y[lane]) = (start.at[0], start.at[1]);
    }
    starts
        .iter_mut()
        .zip(heights(&x, &y))
        .for_each(|(start, height)| start.height = finite(height));
    starts
}

/// What is not finite is lower than everything.
pub(crate) fn finite(height: f64) -> f64 {
    if height.is_finite() { height } else { f64::NEG_INFINITY }
}

fn climb(
    start: Peak,
    first_reach: f64,
    used: [bool; 2],
    known: f64,
    heights: &impl Fn(&Lanes, &Lanes) -> Lanes,
) -> Option<Peak> {
    let (mut peak, mut reach) = (start, first_reach);
    for _ in 0..MOST_STEPS {
        let before = peak;
        // Near an edge the pattern moves inwards; the summit may still lie on the edge.
        let centre = inside(used, peak.at, reach);
        let pattern = PATTERN.map(|p| [centre[0] + p[0] * reach, centre[1] + p[1] * reach]);
        let around = look(&pattern, used, &mut peak, heights);
        let summit = summit(centre, &around, reach, used);
        let line = SHARES.map(|share| {
            let toward = |axis: usize| centre[axis] + share * (summit[axis] - centre[axis]);
            [toward(0), toward(1)]
        });
        look(&line, used, &mut peak, heights);
        let moved = (0..2).fold(0.0_f64, |far, i| far.max((peak.at[i] - before.at[i]).abs()));
        // On a plateau rounding alone can move the best point about.
        if moved < reach || peak.height - before.height < LEAST_GAIN {
            reach /= 8.0;
        } else if moved >= 4.0 * reach {
            // Far along a ridge; a wider pattern sees more of it.
            reach = (4.0 * reach).min(first_reach);
        }
        let hopeless = reach < first_reach / 4.0 && peak.height < known - HOPELESS;
        if reach < FINEST || hopeless {
            return Some(peak);
        }
    }
    None
}

fn inside(used: [bool; 2], at: [f64; 2], margin: f64) -> [f64; 2] {
    [0, 1].map(|i| if used[i] { at[i].clamp(margin, 1.0 - margin) } else { 0.0 })
}

/// The heights of eight points, held to the square; `peak` becomes the highest if it is higher.
fn look(
    points: &[[f64; 2]; LANES],
    used: [bool; 2],
    peak: &mut Peak,
    heights: &impl Fn(&Lanes, &Lanes) -> Lanes,
) -> Lanes {
    let held = points.map(|at| inside(used, at, 0.0));
    let found = heights(&held.map(|at| at[0]), &held.map(|at| at[1])).map(finite);
    for (at, height) in held.into_iter().zip(found) {
        if height > peak.height {
            *peak = Peak { at, height };
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
    use crate::survey::survey;

    fn surface(f: impl Fn(f64, f64) -> f64) -> impl Fn(&Lanes, &Lanes) -> Lanes {
        move |x, y| std::array::from_fn(|lane| f(x[lane], y[lane]))
    }

    fn top_of(grid: [usize; 2], f: impl Fn(&Lanes, &Lanes) -> Lanes) -> Option<Peak> {
        highest(grid, &survey(grid, &f), f)
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
        let peak = top_of([19, 1], surface(|x, _| bump(x, 0.21) + 1.1 * bump(x, 0.77))).unwrap();
        assert!((peak.at[0] - 0.77).abs() < 1e-5 && peak.at[1] == 0.0);
        assert!(top_of([5, 5], surface(|_, _| f64::NAN)).is_none());
    }
}
