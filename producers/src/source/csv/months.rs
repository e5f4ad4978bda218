//! Names of months.

use super::letters::without_accent;

/// The month by its name or the beginning of it, in languages that price sites speak.
pub(super) fn month(text: &str) -> Option<u32> {
    // From January on; juin and juillet share three letters.
    const STARTS: [&str; 12] = [
        "jan gen ene jae",
        "feb fev fab",
        "mar maa mae mrt mrz",
        "apr avr abr",
        "may mai mag mei maj",
        "jun giu juin",
        "jul lug juil",
        "aug aou ago",
        "sep set",
        "oct okt ott out",
        "nov",
        "dec dez dic des",
    ];
    if !text.chars().all(char::is_alphabetic) || text.chars().count() < 3 {
        return None;
    }
    let name: String = text.to_lowercase().chars().map(without_accent).collect();
    let at =
        STARTS.iter().position(|starts| starts.split(' ').any(|start| name.starts_with(start)))?;
    u32::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::super::dates::{Order, stamp};

    #[test]
    fn months_have_names_in_many_languages() {
        for (names, number) in [
            ("January Januar janv. enero gennaio Jän", 1),
            ("Februar févr. febrero", 2),
            ("March März Mär Mrz mars marzo maart", 3),
            ("April avr. abril", 4),
            ("May Mai mai mayo maggio mei", 5),
            ("June Juni juin junio giugno", 6),
            ("July Juli juillet juil. julio luglio", 7),
            ("Aug August août agosto", 8),
            ("Sept September septembre set", 9),
            ("October Oktober octobre ottobre Okt", 10),
            ("November novembre", 11),
            ("December Dezember Dez déc. décembre diciembre", 12),
        ] {
            for name in names.split(' ') {
                let text = format!("5 {name} 2018");
                let day = stamp(text.as_bytes(), Order::Unknown).map(|stamp| stamp.day.ymd());
                assert_eq!(day, Some((2018, number, 5)), "{text}");
            }
        }
        assert_eq!(stamp(b"5 M\xe4rz 2018", Order::Unknown).unwrap().day.ymd(), (2018, 3, 5));
        assert_eq!(stamp(b"5 x 2018", Order::Unknown), None);
    }
}
