//! What the figures rest on, and what they do not show. A reader who has only the file must find both in it.

use crate::summary::Summary;
use crate::summary_text::SURVIVORS;
use crate::tables::percent;
use schemas::Money;
use schemas::events::Settings;
use serde::Serialize;
use shell::open::WHAT_IF;

/// A sentence under a name.
#[derive(Clone, Debug, Serialize)]
pub struct Sentence {
    /// The name.
    pub name: &'static str,
    /// The sentence.
    pub text: String,
}

/// What was assumed, with the numbers of the run.
pub(super) fn assumptions(summary: &Summary) -> Vec<Sentence> {
    let settings = &summary.opened.settings;
    let mut all = priced(settings);
    all.extend(traded(settings));
    let paid = |amount: Money| {
        let what = if amount < Money::ZERO { "taken out" } else { "paid in" };
        format!("{:.2} dollars {what}", amount.dollars().abs())
    };
    if !summary.deposits.is_empty() {
        let deposits =
            summary.deposits.iter().map(|of| format!("{} on {}", paid(of.amount), of.day));
        all.push(sentence(
            "Deposits",
            format!(
                "{}, each track. That is no return: curves and figures are as if the capital had never changed.",
                deposits.collect::<Vec<_>>().join("; ")
            ),
        ));
    }
    all
}

fn sentence(name: &'static str, text: impl Into<String>) -> Sentence {
    Sentence { name, text: text.into() }
}

fn priced(settings: &Settings) -> Vec<Sentence> {
    let pricing = &settings.pricing;
    vec![
        sentence(
            "Prices of options",
            "There are no recorded option prices. Every butterfly is priced with Black and Scholes from the stock's price and a volatility that is estimated from it and ^VIX: 63-day volatility × ^VIX ÷ its mean of 63 days, with a smile.",
        ),
        sentence(
            "Spread",
            format!(
                "Half a spread is paid on each of the four options, each way: the larger of {} dollars and {} · S·φ(d1)·√T, a share.",
                pricing.min_half_spread, pricing.half_spread_rate
            ),
        ),
        sentence(
            "Commission",
            format!(
                "{} dollars a share for each of the four options, each way.",
                pricing.commission
            ),
        ),
        sentence(
            "Rate and dividends",
            format!(
                "Interest rate {} and dividend yield {} a year, continuous, for all stocks and days.",
                pricing.rate, pricing.dividend
            ),
        ),
    ]
}

fn traded(settings: &Settings) -> Vec<Sentence> {
    vec![
        sentence(
            "Entry",
            "Decided at a close. The program's own broker executes at the next open, at the mid value and the costs above, in full and without moving the market, with the volatility of the close.",
        ),
        sentence(
            "Exit",
            format!(
                "At {} % of the maximum profit, seen at a close, or on the evaluation day, which is some days before expiry; at the next open after the decision. A stock that has stopped trading is settled at its last close.",
                settings.take_profit * 100.0
            ),
        ),
        sentence(
            "Size",
            format!(
                "{} at risk a position, at most {} new ones a day and {} in all, for each track; as many whole contracts as that pays for.",
                settings.risk_share.map_or_else(
                    || format!("{} dollars", settings.risk_per_trade),
                    |share| format!("{} of a track's equity", percent(share))
                ),
                settings.max_new_per_day,
                settings.max_open
            ),
        ),
        sentence(
            "Capital",
            format!(
                "{} dollars for each track, fixed: returns are sums ÷ capital and are not compounded. {}",
                settings.capital,
                if settings.pays_in_full {
                    "A track pays for its positions in full, from its own cash."
                } else {
                    "A track bought whatever its limits allowed, also without cash: the run is from before that rule."
                }
            ),
        ),
        sentence("Early exercise", "None is modelled, and options are of the European kind."),
    ]
}

/// What does not follow from the figures.
pub(super) fn not_to_conclude(summary: &Summary) -> Vec<String> {
    let mut all = vec![
        SURVIVORS.to_owned(),
        "Whether butterflies are cheap or dear is told by two estimates from the same prices. A profit that is gone at 0.85 or 1.15 times the volatility, or at twice the costs, is a property of the estimate, not of the market.".to_owned(),
        "Fills of the program's own broker are computed: nobody traded. Real spreads of butterflies were 1.2 to 3.7 times the assumed ones where they could be compared, and orders of this kind are often not filled at the mid value.".to_owned(),
        "Positions overlap, so their results are not independent. An interval that counts trades is too narrow; the comparison of the tracks counts blocks of days.".to_owned(),
        "A difference in one group of trades was found by looking at several groups. It is a question for other days, no finding.".to_owned(),
    ];
    if summary.opened.kind == WHAT_IF {
        all.push(
            "This is a what-if run: it cannot trade, so it says nothing of returns.".to_owned(),
        );
    }
    if summary.opened.source.starts_with("sim:") {
        all.push("The market is simulated. Its patterns were put there by the program, so results say nothing of any real market.".to_owned());
    }
    all
}
