//! A seed gives one market, with structure where it is planted and nowhere else.

use super::*;

fn market(seed: u64, stocks: usize, days: usize, structure: bool) -> SimulatedMarket {
    SimulatedMarket::open(SimulationPlan { seed, stocks, days, structure }, None).unwrap()
}

fn all(market: &mut SimulatedMarket) -> Vec<MarketDay> {
    let mut days: Vec<MarketDay> = Vec::new();
    while let Some(day) = market.next_day(days.last().map(|day| day.day)).unwrap() {
        days.push(day);
    }
    days
}

#[test]
fn a_seed_is_a_market_and_more_stocks_or_days_change_nothing() {
    let days = all(&mut market(7, 5, 60, true));
    assert_eq!(days, all(&mut market(7, 5, 60, true)));
    assert_ne!(days, all(&mut market(8, 5, 60, true)));
    let more = all(&mut market(7, 9, 90, true));
    for (day, other) in days.iter().zip(&more) {
        assert_eq!((day.day, day.vix, &day.bars[..]), (other.day, other.vix, &other.bars[..5]));
    }
    // From the middle, without asking for the days before.
    let mut late = market(7, 5, 60, true);
    assert_eq!(late.next_day(Some(days[40].day)).unwrap().as_ref(), Some(&days[41]));
    let plan = SimulationPlan { seed: 7, stocks: 5, days: 60, structure: true };
    let mut two = SimulatedMarket::open(plan, Some(&["SIM002".into(), "sim004".into()])).unwrap();
    assert_eq!(two.next_day(None).unwrap().unwrap().bars[1], days[0].bars[3]);
}

#[test]
fn known_numbers_of_seed_7() {
    let days = all(&mut market(7, 2, 300, true));
    let last = &days[299];
    let got = format!("{} {:?} {:?}", last.day, last.vix, last.bars[1].1.close);
    assert_eq!(got, "2016-02-26 Some(16.14) 161.42");
}

#[test]
fn days_are_weekdays_and_bars_are_bars() {
    for day in all(&mut market(3, 20, 1_000, true)) {
        assert!(day.day.weekday() < 5 && day.missing.is_empty());
        let vix = day.vix.unwrap();
        assert!((9.49..=48.01).contains(&vix), "{vix}");
        for (ticker, bar) in &day.bars {
            let (least, most) = (bar.open.min(bar.close), bar.open.max(bar.close));
            assert!(bar.low <= least && most <= bar.high, "{ticker} {bar:?}");
            assert!(bar.low > 4.0 && bar.high < 1_000.0 && bar.volume > 0.0, "{ticker} {bar:?}");
        }
    }
}

#[test]
fn the_index_comes_at_all_levels() {
    let (mut low, mut high, mut n) = (0, 0, 0);
    for seed in 0..8 {
        for day in all(&mut market(seed, 1, 1_000, false)) {
            let vix = day.vix.unwrap();
            (low, high, n) =
                (low + usize::from(vix < 15.0), high + usize::from(vix >= 25.0), n + 1);
        }
    }
    assert!(low * 5 > n && high * 25 > n, "{low} and {high} of {n}");
}

#[test]
fn structure_changes_how_far_prices_get_and_neither_the_index_nor_daily_volatility() {
    let (mut on, mut off) = (market(5, 40, 1_000, true), market(5, 40, 1_000, false));
    let (with, without) = (all(&mut on), all(&mut off));
    assert!(with.iter().zip(&without).all(|(a, b)| a.vix == b.vix));
    assert_eq!(off.was_drawn("SIM001", with[500].day), Some(false));
    // Variance of 20-day moves over 20 times that of daily ones, by spell.
    let ratios = |days: &[MarketDay]| {
        let mut sums = [[0.0; 2]; 2];
        for stock in 0..40 {
            let log = |at: usize| days[at].bars[stock].1.close.ln();
            let ticker = &days[0].bars[stock].0;
            let drawn = |at: usize| on.was_drawn(ticker, days[at].day).unwrap();
            for at in 20..1_000 {
                if (at - 20..at).all(|day| drawn(day) == drawn(at)) {
                    let spell = usize::from(drawn(at));
                    sums[spell][0] += (log(at) - log(at - 20)).powi(2) / 20.0;
                    sums[spell][1] += (log(at) - log(at - 1)).powi(2);
                }
            }
        }
        sums.map(|[long, short]| long / short)
    };
    let [running, drawn] = ratios(&with);
    assert!((3.0..4.5).contains(&running) && drawn < 0.2, "{running} {drawn}");
    assert!(ratios(&without).iter().all(|ratio| (0.85..1.15).contains(ratio)));
}
