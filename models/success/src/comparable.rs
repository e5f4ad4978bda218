//! Whether rows can be judged: sound answers of both models about the same rows.

use crate::held_out::HeldOut;
use crate::verdict::GateSettings;
use schemas::contract::CLASSES;

/// Whether the rows can be judged; otherwise every reason why not.
pub(crate) fn comparable(
    challenger: &[HeldOut],
    champion: Option<&[HeldOut]>,
    settings: &GateSettings,
) -> Result<(), Vec<String>> {
    let mut reasons = Vec::new();
    if challenger.is_empty() {
        reasons.push(format!("no held-out row has matured: wait for {} days", settings.days));
    }
    if let Some(problem) = first_unsound(challenger) {
        reasons.push(format!(
            "of the challenger, {problem}; {LOOK}, and `butterquant train` asks for another model"
        ));
    }
    if settings.block == 0 {
        reasons.push("the longest holding is 0 days: give the block length in trading days".into());
    }
    if let Some(champion) = champion {
        let same = |(a, b): (&HeldOut, &HeldOut)| {
            (a.scan_day, a.class, a.weight.to_bits()) == (b.scan_day, b.class, b.weight.to_bits())
        };
        if champion.len() != challenger.len() || !challenger.iter().zip(champion).all(same) {
            reasons.push(format!(
                "champion ({} rows) and challenger ({} rows) were not asked about the same rows \
                 in the same order: score both on the same held-out rows",
                champion.len(),
                challenger.len()
            ));
        } else if let Some(problem) = first_unsound(champion) {
            reasons.push(format!(
                "of the champion, {problem}; {LOOK}, and `butterquant model rollback` puts the \
                 version before in force"
            ));
        }
    }
    if reasons.is_empty() { Ok(()) } else { Err(reasons) }
}

/// The command that finds wrong rows.
const LOOK: &str = "`butterquant data validate --lake` names rows that are wrong";

/// The first row that cannot be judged, and why.
fn first_unsound(rows: &[HeldOut]) -> Option<String> {
    rows.iter().enumerate().find_map(|(place, row)| {
        let wrong = |p: &&f32| !(0.0..=1.0).contains(*p);
        let why = if usize::from(row.class) >= CLASSES {
            format!("class {} is not one of 0 to 3", row.class)
        } else if !(row.weight.is_finite() && row.weight > 0.0) {
            format!("weight {} is not above 0", row.weight)
        } else {
            format!("probability {} is not within 0 to 1", row.probabilities.iter().find(wrong)?)
        };
        Some(format!("held-out row {place} is not sound ({why})"))
    })
}
