//! Two predictors on the same days: their mean daily log losses, and the gain of one over the other with what one
//! block bootstrap shows of it. Over several markets, which share no day's luck, gains are pooled by their means.

use schemas::Day;
use serde::Serialize;
use statistics::bootstrap::{DRAWS, gain};
use statistics::mean;
use success::Losses;

/// Standard errors from a mean to the ends of its 95 % interval.
const HALF_WIDTH: f64 = 1.96;

/// All that was answered on a scan day: mean log losses of its rows.
pub(crate) struct Answer {
    pub day: i32,
    /// The number of the newest training.
    pub training: usize,
    /// Of that training.
    pub losses: Losses,
    /// Of the model in force; none before the first champion.
    pub champion: Option<f64>,
    /// Of the champion before that one; of the class prior where it is the first.
    pub before: Option<f64>,
    /// Of a ridge regression on all rows of the newest training; none where it was given them all.
    pub ridge_of_all: Option<f64>,
}

/// The gain of one predictor over another.
#[derive(Serialize, Clone, PartialEq, Debug)]
pub(crate) struct Comparison {
    /// Which days.
    pub on: &'static str,
    pub of: &'static str,
    pub over: &'static str,
    pub days: usize,
    /// Mean daily log loss, in nats.
    pub log_loss: f64,
    /// That of the other.
    pub other_log_loss: f64,
    /// How much lower `log_loss` is: above 0 it is better than the other.
    pub gain: f64,
    /// From the block bootstrap; none where the days are fewer than one and a half blocks.
    pub standard_error: Option<f64>,
    /// The true gain is above this with 95 % confidence, one-sided.
    pub above: Option<f64>,
    /// Probability of a gain as large if there were none, one-sided.
    pub p_value: Option<f64>,
}

/// The mean of one comparison over several markets.
#[derive(Serialize, PartialEq, Debug)]
pub(crate) struct Pooled {
    pub on: &'static str,
    pub of: &'static str,
    pub over: &'static str,
    /// Markets that have it with an error.
    pub markets: usize,
    pub log_loss: f64,
    pub other_log_loss: f64,
    pub gain: f64,
    /// 95 % interval of the mean gain.
    pub low: f64,
    pub high: f64,
    /// Markets where the gain is above 0.
    pub better: usize,
    /// Markets where its bound is above 0.
    pub surely_better: usize,
    /// Markets where it is below 0 and chance gives one as low in less than 5 % of the draws.
    pub surely_worse: usize,
}

pub(crate) const EVERY_DAY: &str = "every judged day";
pub(crate) const CHAMPION_DAYS: &str = "days with a champion";
pub(crate) const AFTER_PROMOTIONS: &str = "days after a promotion";
pub(crate) const DRAWN_DAYS: &str = "days after a draw";

type Of = fn(&Answer) -> Option<f64>;

/// A predictor: its name, and its log loss on a day.
type Predictor = (&'static str, Of);

const CHAMPION: Predictor = ("champion", |day| day.champion);
const REFIT: Predictor = ("refit every time", |day| Some(day.losses.model));
const NETWORK: Predictor = ("network", |day| Some(day.losses.network));
const RIDGE: Predictor = ("ridge", |day| Some(day.losses.ridge));
const SCORE: Predictor = ("technical score", |day| day.losses.technical_score);
const PRIOR: Predictor = ("class prior", |day| Some(day.losses.class_prior));
const BEFORE: Predictor = ("what was in force", |day| day.before);
const OF_ALL: Predictor = ("ridge of all rows", |day| day.ridge_of_all);

/// What is compared with what, and on which days.
const COMPARED: [(&str, Predictor, Predictor); 17] = [
    (EVERY_DAY, REFIT, PRIOR),
    (EVERY_DAY, NETWORK, PRIOR),
    (EVERY_DAY, RIDGE, PRIOR),
    (EVERY_DAY, SCORE, PRIOR),
    (EVERY_DAY, PRIOR, PRIOR),
    (EVERY_DAY, NETWORK, RIDGE),
    (EVERY_DAY, REFIT, RIDGE),
    (CHAMPION_DAYS, CHAMPION, PRIOR),
    (CHAMPION_DAYS, REFIT, PRIOR),
    (CHAMPION_DAYS, NETWORK, PRIOR),
    (CHAMPION_DAYS, RIDGE, PRIOR),
    (CHAMPION_DAYS, SCORE, PRIOR),
    (CHAMPION_DAYS, NETWORK, RIDGE),
    (CHAMPION_DAYS, CHAMPION, REFIT),
    (CHAMPION_DAYS, CHAMPION, RIDGE),
    (AFTER_PROMOTIONS, CHAMPION, BEFORE),
    (DRAWN_DAYS, RIDGE, OF_ALL),
];

/// The daily gains of some predictors over the class prior, for a picture.
pub(super) fn daily_gains(answers: &[Answer]) -> Vec<(&'static str, Vec<(Day, f64)>)> {
    let line = |(name, of): Predictor| {
        let gain = |day: &Answer| Some((Day(day.day), day.losses.class_prior - of(day)?));
        (name, answers.iter().filter_map(gain).collect())
    };
    [CHAMPION, NETWORK, RIDGE, SCORE].map(line).into()
}

/// Every comparison that the days allow.
pub(super) fn comparisons(answers: &[Answer], block: usize, seed: u64) -> Vec<Comparison> {
    let compared = COMPARED.iter().filter_map(|(on, of, over)| {
        let days = answers.iter().filter(|day| *on != CHAMPION_DAYS || day.champion.is_some());
        let pairs = days.filter_map(|day| Some((of.1(day)?, over.1(day)?)));
        let pairs: Vec<(f64, f64)> = pairs.collect();
        Comparison::of((on, of.0, over.0), &pairs, block, seed)
    });
    compared.collect()
}

impl Comparison {
    /// Of daily log losses of both; none without a day.
    fn of(
        (on, of, over): (&'static str, &'static str, &'static str),
        daily: &[(f64, f64)],
        block: usize,
        seed: u64,
    ) -> Option<Comparison> {
        let column = |of: fn(&(f64, f64)) -> f64| daily.iter().map(of).collect::<Vec<f64>>();
        let gains = column(|(own, other)| other - own);
        let found = gain(&gains, block, DRAWS, seed);
        Some(Comparison {
            on,
            of,
            over,
            days: daily.len(),
            log_loss: mean(&column(|pair| pair.0))?,
            other_log_loss: mean(&column(|pair| pair.1))?,
            gain: mean(&gains)?,
            standard_error: found.map(|found| found.standard_error),
            above: found.map(|found| found.above),
            p_value: found.map(|found| found.p_value),
        })
    }
}

/// The comparisons that at least two of the markets have, in their order.
pub(crate) fn pooled(markets: &[Vec<Comparison>]) -> Vec<Pooled> {
    let of_all = COMPARED.iter().filter_map(|(on, of, over)| {
        let same = |one: &&Comparison| {
            (one.on, one.of, one.over) == (*on, of.0, over.0) && one.standard_error.is_some()
        };
        let found: Vec<&Comparison> = markets.iter().flatten().filter(same).collect();
        let average = |of: &dyn Fn(&Comparison) -> f64| {
            mean(&found.iter().map(|one| of(one)).collect::<Vec<f64>>()).unwrap_or_default()
        };
        let count = |is: &dyn Fn(&Comparison) -> bool| found.iter().filter(|one| is(one)).count();
        let error = |one: &Comparison| one.standard_error.unwrap_or_default();
        let gain = average(&|one| one.gain);
        let half = HALF_WIDTH * (average(&|one| error(one).powi(2)) / found.len() as f64).sqrt();
        (found.len() > 1).then(|| Pooled {
            on,
            of: of.0,
            over: over.0,
            markets: found.len(),
            log_loss: average(&|one| one.log_loss),
            other_log_loss: average(&|one| one.other_log_loss),
            gain,
            low: gain - half,
            high: gain + half,
            better: count(&|one| one.gain > 0.0),
            surely_better: count(&|one| one.above.is_some_and(|above| above > 0.0)),
            surely_worse: count(&|one| one.gain < 0.0 && one.p_value > Some(0.95)),
        })
    });
    of_all.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(days: usize, ridge_behind: f64) -> Vec<Answer> {
        let day = |day: usize| {
            let prior = 1.0 + (day % 7) as f64 / 10.0;
            let (network, ridge) = (prior - 0.2, prior - 0.2 + ridge_behind);
            let losses = Losses {
                model: network,
                network,
                ridge,
                technical_score: None,
                class_prior: prior,
            };
            let champion = (day >= days / 2).then_some(ridge);
            let before = champion.map(|_| prior);
            Answer { day: day as i32, training: 0, losses, champion, before, ridge_of_all: None }
        };
        (0..days).map(day).collect()
    }

    fn one<'a>(found: &'a [Comparison], on: &str, of: &str, over: &str) -> &'a Comparison {
        found.iter().find(|one| (one.on, one.of, one.over) == (on, of, over)).expect("compared")
    }

    #[test]
    fn a_gain_is_how_much_lower_the_log_loss_is_on_the_days_that_both_answered() {
        let found = comparisons(&answers(100, 0.05), 5, 1);
        let network = one(&found, EVERY_DAY, "network", "ridge");
        assert!((network.gain - 0.05).abs() < 1e-12 && network.days == 100, "{network:?}");
        let champion = one(&found, CHAMPION_DAYS, "champion", "class prior");
        assert!((champion.gain - 0.15).abs() < 1e-12 && champion.days == 50, "{champion:?}");
        assert!(champion.above > Some(0.1) && champion.p_value < Some(0.01));
        let itself = one(&found, EVERY_DAY, "class prior", "class prior");
        assert_eq!((itself.gain, itself.p_value), (0.0, Some(1.0)));
        assert!(found.iter().all(|one| one.of != "technical score" && one.on != DRAWN_DAYS));
        assert_eq!(
            one(&comparisons(&answers(6, 0.1), 5, 1), EVERY_DAY, "network", "ridge").above,
            None
        );
    }

    #[test]
    fn markets_are_pooled_by_their_means() {
        let of = |behind| comparisons(&answers(100, behind), 5, 1);
        let all = pooled(&[of(0.1), of(-0.3)]);
        let network = all.iter().find(|one| (one.of, one.over) == ("network", "ridge"));
        let network = network.expect("pooled");
        assert!((network.gain + 0.1).abs() < 1e-12, "{network:?}");
        assert_eq!((network.better, network.surely_better, network.surely_worse), (1, 1, 1));
        assert!(network.low <= network.gain && network.gain <= network.high);
        assert!(pooled(&[of(0.1)]).is_empty());
    }
}
