//! The laws of QUANT.md that hold for every series: units change nothing, the future is not
//! read, the three types of butterfly are one payoff, and refusals come in the order given.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use quant::{
    Analysis, Butterfly, ButterflyKind, OptionRight, PriceBar, PriceWindow, PricingSettings,
    Refusal, Term, VixWindow, analyze, entry, mark, roi, smile, step_for,
};
use schemas::{Day, TradingCalendar};

/// A number in −1 … 1 that depends on seed and place alone.
fn noise(seed: u64, place: u64) -> f64 {
    let mut x =
        seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ place.wrapping_mul(0xD1B5_4A32_D192_ED03);
    for _ in 0..3 {
        x = (x ^ (x >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    }
    (x >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

fn series(seed: u64, bars: i32) -> (Vec<PriceBar>, VixWindow) {
    let mut price = 20.0 + 100.0 * noise(seed, 9).abs();
    let mut vix = VixWindow::new();
    let mut day = Day(17_000);
    let mut found = Vec::new();
    for i in 0..bars {
        let at = 10 * i as u64 + 100;
        day = day.next_weekday();
        let open = price * (1.0 + 0.005 * noise(seed, at));
        price *= 1.0 + 0.03 * noise(seed, at + 1) * (1.0 + 0.5 * noise(seed, at / 400));
        let (high, low) = (open.max(price), open.min(price));
        let volume = 1e6 * (1.5 + noise(seed, at + 2));
        found.push(PriceBar { day, open, high, low, close: price, volume });
        vix.push(day, 18.0 + 5.0 * noise(seed, at + 3)).unwrap();
    }
    (found, vix)
}

fn window(bars: &[PriceBar]) -> PriceWindow {
    let mut window = PriceWindow::new();
    bars.iter().for_each(|bar| window.push(*bar).unwrap());
    window
}

fn scan(
    bars: &[PriceBar],
    vix: &VixWindow,
    settings: &PricingSettings,
) -> Result<Analysis, Refusal> {
    analyze(&window(bars), vix, bars.last().unwrap().day, TradingCalendar::None, settings)
}

fn fly(kind: ButterflyKind, centre: f64, wing: f64) -> Butterfly {
    let Term { expiry, evaluation_day, dte, horizon } =
        Term::of(Day(17_001), 15.0, TradingCalendar::None);
    Butterfly { kind, centre, wing, expiry, evaluation_day, dte, horizon }
}

const KINDS: [ButterflyKind; 3] = [ButterflyKind::Call, ButterflyKind::Put, ButterflyKind::Iron];

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_change_of_unit_changes_no_feature(seed in any::<u64>()) {
        let (bars, vix) = series(seed, 255);
        let spot = bars.last().unwrap().close;
        let usual = PricingSettings { strike_step: Some(step_for(spot)), ..PricingSettings::default() };
        let times = 7.0;
        let scaled: Vec<PriceBar> = bars.iter().map(|bar| PriceBar {
            open: bar.open * times, high: bar.high * times, low: bar.low * times,
            close: bar.close * times, ..*bar
        }).collect();
        let settings = PricingSettings {
            strike_step: usual.strike_step.map(|step| step * times),
            min_half_spread: usual.min_half_spread * times,
            commission_per_share: usual.commission_per_share * times,
            ..usual
        };
        match (scan(&bars, &vix, &usual), scan(&scaled, &vix, &settings)) {
            (Ok(one), Ok(seven)) => {
                for (at, (a, b)) in one.features.iter().zip(&seven.features).enumerate() {
                    prop_assert!((a - b).abs() <= 1e-6 * a.abs().max(1.0), "{at}: {a} {b}");
                }
                prop_assert!((one.score.total - seven.score.total).abs() < 1e-4);
            }
            (Err(one), Err(seven)) => prop_assert_eq!(one.code(), seven.code()),
            (one, seven) => prop_assert!(false, "{one:?} {seven:?}"),
        }
    }

    #[test]
    fn what_comes_later_changes_nothing(seed in any::<u64>()) {
        let (bars, vix) = series(seed, 258);
        let (early, _) = bars.split_at(255);
        let mut known = VixWindow::new();
        early.iter().for_each(|bar| known.push(bar.day, vix.at(bar.day).unwrap()).unwrap());
        let then = scan(early, &known, &PricingSettings::default());
        let day = early.last().unwrap().day;
        let now = analyze(&window(&bars), &vix, day, TradingCalendar::None, &PricingSettings::default());
        prop_assert_eq!(then, now);
    }

    #[test]
    fn the_three_types_are_one_payoff(
        spot in 20.0..400.0, place in -0.15..0.15, width in 0.02..0.2,
        sigma in 0.05..1.5, day in 17_002..17_020,
    ) {
        let centre = spot * (1.0_f64 + place);
        let settings = PricingSettings::default();
        let all = KINDS.map(|kind| {
            let fly = fly(kind, centre, centre * width);
            let opened = entry(&fly, Day(day), spot, sigma, &settings);
            let exit = mark(&fly, spot * 1.01, sigma * 0.9, fly.evaluation_day, &settings);
            (opened, exit, roi(&opened, &exit))
        });
        let (first, exit, gain) = &all[0];
        for (other, close, other_gain) in &all[1..] {
            prop_assert!((first.debit - other.debit).abs() < 1e-10 * spot);
            prop_assert!((first.cost - other.cost).abs() < 1e-12 * spot);
            prop_assert!((exit.delta - close.delta).abs() < 1e-9);
            prop_assert!((exit.vega - close.vega).abs() < 1e-9 * spot);
            prop_assert!((gain - other_gain).abs() < 1e-7 * (1.0 + gain.abs()));
        }
        prop_assert!(*gain >= -1.0 && first.debit > -1e-9);
    }

    #[test]
    fn calls_and_puts_keep_parity_and_the_smile_is_monotone_and_convex(
        spot in 10.0..500.0, sigma in 0.05..2.0, days in 1..182_i32, rate in 0.0..0.08,
    ) {
        let years = f64::from(days) / 365.0;
        let call = |strike: f64| {
            let sigma = smile(sigma, spot, strike, years);
            quote_at(OptionRight::Call, spot, strike, sigma, years, 0.0)
        };
        let step = spot * sigma * years.sqrt() / 8.0;
        let calls: Vec<f64> = (-20..=20)
            .map(|i| spot + f64::from(i) * step).filter(|k| *k > 0.0).map(call).collect();
        for three in calls.windows(3) {
            prop_assert!(three[0] >= three[1] - 1e-10 * spot);
            prop_assert!(three[0] + three[2] - 2.0 * three[1] >= -1e-10 * spot);
        }
        for strike in [0.8 * spot, spot, 1.3 * spot] {
            let call = quote_at(OptionRight::Call, spot, strike, sigma, years, rate);
            let put = quote_at(OptionRight::Put, spot, strike, sigma, years, rate);
            let forward = spot - strike * (-rate * years).exp();
            prop_assert!((call - put - forward).abs() < 1e-11 * spot);
        }
    }
}

fn quote_at(right: OptionRight, spot: f64, strike: f64, sigma: f64, years: f64, rate: f64) -> f64 {
    quant::quote(right, &quant::Terms { spot, strike, sigma, years, rate, dividend: 0.0 }).price
}

#[test]
fn refusals_come_in_the_order_given() {
    let (bars, vix) = series(3, 255);
    let settings = PricingSettings::default();
    let code = |bars: &[PriceBar], vix: &VixWindow| scan(bars, vix, &settings).unwrap_err().code();
    let absent = analyze(&window(&bars), &vix, bars[254].day + 1, TradingCalendar::None, &settings)
        .unwrap_err();
    assert_eq!(absent, Refusal::NoBar);
    assert_eq!(
        analyze(&PriceWindow::new(), &vix, Day(1), TradingCalendar::None, &settings),
        Err(Refusal::NoBar)
    );
    assert_eq!(
        scan(&bars[..251], &vix, &settings),
        Err(Refusal::TooFewBars { have: 251, day: bars[250].day, first: bars[0].day })
    );
    assert_eq!(code(&bars, &VixWindow::new()), "NO_VIX");
    let with = |change: &dyn Fn(usize, &mut PriceBar)| -> Vec<PriceBar> {
        let mut changed = bars.clone();
        changed.iter_mut().enumerate().for_each(|(i, bar)| change(i, bar));
        changed
    };
    let flat = with(&|i, bar| {
        bar.close = if i > 100 { 50.0 } else { bar.close };
        bar.volume = 0.0;
    });
    assert_eq!(code(&flat, &vix), "VOLATILITY_OUT_OF_RANGE");
    let rising = |i: usize| 50.0 + (i * i) as f64 / 500.0;
    let idle = with(&|i, bar| {
        bar.close = rising(i) * if i % 7 == 0 { 1.02 } else { 1.0 };
        bar.volume = 0.0;
    });
    assert_eq!(code(&idle, &vix), "NO_VOLUME");
    let up = with(&|i, bar| bar.close = 50.0 * 1.004_f64.powi((i + i % 2) as i32 / 2 * 2));
    assert_eq!(code(&up, &vix), "ONE_SIDED_RETURNS");
    let cheap = with(&|_, bar| bar.close /= 1_000.0);
    assert_eq!(code(&cheap, &vix), "CENTRE_BELOW_WING");
    let narrow = PricingSettings { commission_per_share: 10.0, ..settings };
    assert_eq!(scan(&bars, &vix, &narrow).unwrap_err().code(), "MAX_LOSS_OUT_OF_RANGE");
}
