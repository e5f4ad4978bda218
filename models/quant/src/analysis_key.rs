//! A hash of everything that an analysis is made from, its own code among it. Where two keys are the same, so are the
//! analyses, bit for bit: one that was made before can stand for one that would be made now.

use crate::settings::PricingSettings;
use crate::vix::VixWindow;
use crate::window::{PriceBar, PriceWindow};
use schemas::{Day, TradingCalendar};
use sha2::{Digest, Sha256};

/// The first half of a SHA-256.
pub type AnalysisKey = [u8; 16];

/// Bytes of a bar as it is hashed.
const BAR: usize = 4 + 5 * 8;

/// What all analyses of one day have in common, hashed once.
#[derive(Clone)]
pub struct AnalysisKeys {
    day: Day,
    common: Sha256,
}

impl AnalysisKeys {
    /// For [`crate::analyze`] with these arguments.
    pub fn of(
        vix: &VixWindow,
        day: Day,
        calendar: TradingCalendar,
        settings: &PricingSettings,
    ) -> AnalysisKeys {
        // Taken apart, so that a new setting cannot be left out.
        let PricingSettings {
            rate,
            dividend,
            strike_step,
            min_half_spread,
            half_spread_rate,
            commission_per_share,
        } = *settings;
        let mut common = Sha256::new();
        common.update(env!("ANALYSIS_CODE"));
        common.update(processor());
        common.update(day.0.to_le_bytes());
        common.update([calendar as u8, u8::from(strike_step.is_some())]);
        let costs = [min_half_spread, half_spread_rate, commission_per_share];
        for value in [rate, dividend, strike_step.unwrap_or_default()].into_iter().chain(costs) {
            common.update(value.to_bits().to_le_bytes());
        }
        let known: Vec<u8> = vix
            .until_with_closes(day)
            .flat_map(|(day, close)| [u64::from(day.0.cast_unsigned()), close.to_bits()])
            .flat_map(u64::to_le_bytes)
            .collect();
        // Its length first, so that no close can be taken for a bar.
        common.update((known.len() as u64).to_le_bytes());
        common.update(known);
        AnalysisKeys { day, common }
    }

    /// The key of the analysis of `window`: all its bars up to the day, every number of them.
    pub fn key(&self, window: &PriceWindow) -> AnalysisKey {
        let bars = window.until(self.day);
        let mut bytes = Vec::with_capacity(bars.len() * BAR);
        for PriceBar { day, open, high, low, close, volume } in bars {
            bytes.extend(day.0.to_le_bytes());
            for value in [open, high, low, close, volume] {
                bytes.extend(value.to_bits().to_le_bytes());
            }
        }
        let mut hash = self.common.clone();
        hash.update(bytes);
        let mut key = AnalysisKey::default();
        key.copy_from_slice(&hash.finalize()[..16]);
        key
    }
}

/// The kind of processor, as far as the FFT, the system's exponential function and training choose their instructions by
/// it: last bits may differ between two kinds.
pub fn processor() -> String {
    #[cfg(target_arch = "x86_64")]
    let has = [
        std::arch::is_x86_feature_detected!("sse4.1"),
        std::arch::is_x86_feature_detected!("avx"),
        std::arch::is_x86_feature_detected!("avx2"),
        std::arch::is_x86_feature_detected!("fma"),
    ];
    #[cfg(target_arch = "aarch64")]
    let has = [std::arch::is_aarch64_feature_detected!("neon")];
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let has = [false];
    format!("{} {has:?}", std::env::consts::ARCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const TODAY: Day = Day(17_000);
    const CALENDAR: TradingCalendar = TradingCalendar::Nyse;

    fn bars() -> Vec<PriceBar> {
        let bar = |back: i32| {
            let close = 100.0 + f64::from(back % 7);
            let (day, volume) = (TODAY + -back, 1e6);
            PriceBar { day, open: close, high: close + 1.0, low: close - 1.0, close, volume }
        };
        (0..252).rev().map(bar).collect()
    }

    fn closes() -> Vec<(Day, f64)> {
        (0..252).rev().map(|back| (TODAY + -back, 15.0 + f64::from(back % 5))).collect()
    }

    fn key_of(
        bars: &[PriceBar],
        closes: &[(Day, f64)],
        day: Day,
        calendar: TradingCalendar,
        settings: PricingSettings,
    ) -> AnalysisKey {
        let (mut window, mut vix) = (PriceWindow::new(), VixWindow::new());
        bars.iter().for_each(|bar| window.push(*bar).unwrap());
        closes.iter().for_each(|(day, close)| vix.push(*day, *close).unwrap());
        AnalysisKeys::of(&vix, day, calendar, &settings).key(&window)
    }

    fn flip(value: &mut f64) {
        *value = f64::from_bits(value.to_bits() ^ 1);
    }

    #[test]
    fn the_last_bit_of_any_input_makes_another_key() {
        let plain = PricingSettings { strike_step: Some(2.5), ..PricingSettings::default() };
        let of =
            |bars: &[PriceBar], closes: &[(Day, f64)]| key_of(bars, closes, TODAY, CALENDAR, plain);
        let mut keys = vec![of(&bars(), &closes())];
        assert_eq!(of(&bars(), &closes()), keys[0]);
        for at in 0..252 {
            let numbers: [fn(&mut PriceBar) -> &mut f64; 5] = [
                |bar| &mut bar.open,
                |bar| &mut bar.high,
                |bar| &mut bar.low,
                |bar| &mut bar.close,
                |bar| &mut bar.volume,
            ];
            for number in numbers {
                let mut bars = bars();
                flip(number(&mut bars[at]));
                keys.push(of(&bars, &closes()));
            }
            let mut closes = closes();
            flip(&mut closes[at].1);
            keys.push(of(&bars(), &closes));
        }
        let with = |change: fn(&mut PricingSettings)| {
            let mut settings = plain;
            change(&mut settings);
            key_of(&bars(), &closes(), TODAY, CALENDAR, settings)
        };
        keys.push(with(|settings| settings.rate = f64::from_bits(1)));
        keys.push(with(|settings| settings.dividend = f64::from_bits(1)));
        keys.push(with(|settings| {
            settings.strike_step = Some(f64::from_bits(2.5f64.to_bits() ^ 1))
        }));
        keys.push(with(|settings| settings.strike_step = None));
        keys.push(with(|settings| settings.strike_step = Some(0.0)));
        keys.push(with(|settings| flip(&mut settings.min_half_spread)));
        keys.push(with(|settings| flip(&mut settings.half_spread_rate)));
        keys.push(with(|settings| flip(&mut settings.commission_per_share)));
        keys.push(key_of(&bars(), &closes(), TODAY + 1, CALENDAR, plain));
        keys.push(key_of(&bars(), &closes(), TODAY, TradingCalendar::None, plain));
        keys.push(of(&bars()[1..], &closes()));
        keys.push(of(&bars(), &closes()[1..]));
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
    }

    #[test]
    fn what_is_known_later_changes_no_key() {
        let settings = PricingSettings::default();
        let day = TODAY + -1;
        let of = |bars: &[PriceBar], closes: &[(Day, f64)]| {
            key_of(bars, closes, day, CALENDAR, settings)
        };
        assert_eq!(of(&bars(), &closes()), of(&bars()[..251], &closes()[..251]));
    }
}
