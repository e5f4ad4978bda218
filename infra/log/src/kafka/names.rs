//! Kafka's rules for the names of topics, looked at before anything is created.

use crate::{LogError, Result};

/// Characters of the longest name.
const LONGEST: usize = 249;
const REMEDY: &str = "choose another name with --run";

/// Refuses names that Kafka cannot hold, or keeps for itself; the longest first, so that the error says how much
/// shorter a run's name must be.
pub fn check_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<()> {
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names.into_iter().try_for_each(check)
}

fn check(name: &str) -> Result<()> {
    let refused = |what: String| Err(LogError::fatal(what, name, REMEDY));
    if name.starts_with("__") {
        return refused("Kafka keeps topics whose names begin with \"__\" for itself".to_owned());
    }
    if name.len() > LONGEST {
        let over = name.len() - LONGEST;
        let what = format!("a topic's name on Kafka has at most {LONGEST} characters");
        return refused(format!("{what}, and this one has {over} more"));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !name.chars().all(plain) {
        return refused(
            "a topic's name on Kafka has only letters, digits, '.', '_' and '-'".into(),
        );
    }
    Ok(())
}

/// Refuses a new name where an existing one differs from it by `.` and `_` alone: Kafka's metrics take both for the
/// same, so it does not create the second.
pub(super) fn check_new(name: &str, existing: impl IntoIterator<Item = String>) -> Result<()> {
    let metric = |name: &str| name.replace('.', "_");
    let wanted = metric(name);
    match existing.into_iter().find(|one| one != name && metric(one) == wanted) {
        Some(other) => {
            let what =
                format!("Kafka takes '.' and '_' for the same in names, and has the topic {other}");
            Err(LogError::fatal(what, name, REMEDY))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_kafka_cannot_hold_are_refused_with_the_reason() {
        let longest = format!("{}.butterquant.bars.v1", "r".repeat(LONGEST - 20));
        assert_eq!(longest.len(), LONGEST);
        for good in ["butterquant.bars.v1", "_a.b-C_9.x", &longest] {
            assert!(check_names([good]).is_ok(), "{good}");
        }
        let long = format!("r{longest}");
        for (bad, why) in [("__a.x", "for itself"), (&long, "at most 249"), ("a b", "only letters")]
        {
            let refused = check_names(["butterquant.bars.v1", bad]).unwrap_err().to_string();
            assert!(refused.contains(why) && refused.contains("--run"), "{refused}");
        }
    }

    #[test]
    fn names_that_differ_by_dots_and_underscores_alone_collide() {
        let there = || ["a_b.bars".to_owned(), "a.c.bars".to_owned()];
        assert!(check_new("a_b.bars", there()).is_ok(), "itself");
        assert!(check_new("a-b.bars", there()).is_ok());
        let refused = check_new("a.b.bars", there()).unwrap_err().to_string();
        assert!(refused.contains("a_b.bars") && refused.contains("--run"), "{refused}");
        assert!(check_new("a_c_bars", there()).is_err());
    }
}
