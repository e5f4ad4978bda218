//! One stock: its noise, its spells, its bars.

use super::exp::exp;
use super::index::{SECTORS, Shocks, reflected};
use crate::rng::RandomStream;
use schemas::{Day, events::Bar};

/// Share of its distance to the line that a drawn price loses per day.
const PULL: f64 = 0.45;
/// Share of its last move that a running price repeats.
const RUN: f64 = 0.65;
/// The line's daily movement, as a share of the stock's.
const LINE: f64 = 0.06;
/// Shortest spell, and how many days longer it may be.
const SPELL: (usize, usize) = (140, 160);
/// ln 40 and ln 600, where the line of a price is reflected. It begins anywhere between them, so
/// that strike steps and costs affect early and late rows alike.
const BOUNDS: (f64, f64) = (3.688_879, 6.396_930);
/// Square root of the trading days in a year.
const ROOT_252: f64 = 15.874_507_866_387_544;

/// A stock's state.
pub(super) struct Stock {
    noise: RandomStream,
    spells: RandomStream,
    structure: bool,
    /// Daily volatility at the index's usual level.
    sigma: f64,
    market: f64,
    sector: usize,
    sector_part: f64,
    own_part: f64,
    volume: f64,
    drawn: bool,
    days_left: usize,
    /// Log price of the line; in running spells the price itself.
    line: f64,
    /// Log price minus the line.
    distance: f64,
    /// The log price's last daily move.
    moved: f64,
}

impl Stock {
    /// Stock `number` (0 first) of the market.
    pub(super) fn new(seed: u64, number: u64, structure: bool) -> Stock {
        let mut noise = RandomStream::new(seed, 2 * number + 2);
        // Neighbours have opposite spells, so that at any time half of the stocks are drawn.
        let (pair, odd) = (number / 2, number % 2 == 1);
        let mut spells = RandomStream::new(seed, 4 * pair + 3);
        let sigma = noise.between(0.45, 0.60) / ROOT_252;
        let market = noise.between(0.05, 0.15);
        let sector_part = noise.between(0.05, 0.15);
        let own_part = (1.0 - market * market - sector_part * sector_part).sqrt();
        let line = noise.between(BOUNDS.0, BOUNDS.1);
        Stock {
            sigma,
            market,
            sector: noise.below(SECTORS),
            sector_part,
            own_part,
            volume: exp(noise.between(13.0, 16.5)),
            line,
            distance: 0.0,
            moved: 0.0,
            drawn: (spells.uniform() < 0.5) != odd,
            days_left: rest_of_spell(&mut spells),
            noise,
            spells,
            structure,
        }
    }

    /// The bar of the next day, and whether the price was drawn on it.
    pub(super) fn step(&mut self, day: Day, shocks: &Shocks) -> (Bar, bool) {
        self.turn();
        let sigma = self.sigma * shocks.scale;
        let own = self.noise.normal();
        let factors = self.market * shocks.market + self.sector_part * shocks.sectors[self.sector];
        let noise = sigma * (factors + self.own_part * own);
        // About half of the day's noise comes overnight; the pull works during trading.
        let overnight = 0.5 * noise + 0.2 * sigma * self.noise.normal();
        let line_step = LINE * sigma * self.noise.normal();
        let before = self.line + self.distance;
        let drawn = self.drawn && self.structure;
        if drawn {
            self.distance += noise - PULL * self.distance;
            self.line = reflected(self.line + line_step, BOUNDS);
        } else {
            let run = if self.structure { RUN } else { 0.0 };
            let step = run * self.moved + (1.0 - run * run).sqrt() * noise;
            self.line = reflected(before + step, BOUNDS);
            self.distance = 0.0;
        }
        self.moved = self.line + self.distance - before;
        let open = exp(before + overnight);
        let close = exp(self.line + self.distance);
        let mut wick = || exp(0.35 * sigma * self.noise.normal().abs());
        let (up, down) = (wick(), wick());
        let busy = 1.0 + 0.5 * noise.abs() / sigma;
        let volume = self.volume * busy * exp(0.35 * self.noise.normal());
        let (open, close) = (cents(open), cents(close));
        let bar = Bar {
            bar_day: day,
            open,
            high: cents(open.max(close) * up),
            low: cents(open.min(close) / down),
            close,
            volume: volume.floor(),
        };
        (bar, drawn)
    }

    /// Ends a finished spell and begins one of the other kind.
    fn turn(&mut self) {
        if self.days_left == 0 {
            self.drawn = !self.drawn;
            self.days_left = SPELL.0 + self.spells.below(SPELL.1 + 1);
            // The line of a new spell begins at the price.
            self.line += self.distance;
            self.distance = 0.0;
        }
        self.days_left -= 1;
    }
}

/// The days left of a stock's first spell. The first day is likelier to fall into a long spell, and
/// falls anywhere in it; so spells turn as often early as late.
fn rest_of_spell(spells: &mut RandomStream) -> usize {
    let longest = SPELL.0 + SPELL.1;
    loop {
        let length = SPELL.0 + spells.below(SPELL.1 + 1);
        if spells.below(longest) < length {
            return spells.below(length);
        }
    }
}

fn cents(dollars: f64) -> f64 {
    (dollars * 100.0).round() / 100.0
}
