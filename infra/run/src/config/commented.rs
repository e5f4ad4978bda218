//! A configuration file to begin with.

use super::keys::KEYS;
use super::ranges::Range;

/// A configuration file with every key commented out at its default: the keys of the top level, then
/// those of each table.
pub fn commented_file() -> String {
    let mut text = String::from(
        "# ButterQuant. Each key is shown at its default. The environment (BUTTERQUANT_KEY) and flags\n\
         # take precedence; `butterquant config show` prints every value and where it comes from.\n",
    );
    let mut table = "";
    for (key, value, meaning) in KEYS {
        let (of, name) = key.split_once('.').unwrap_or(("", key));
        // The folder of this file is known before the file is read.
        if key == "data_dir" {
            continue;
        }
        if of != table {
            text.push_str(&format!("\n[{of}]\n"));
            table = of;
        }
        let number = value.parse::<f64>().is_ok();
        let value = if number { value.to_owned() } else { format!("{value:?}") };
        let range = Range::of(key).map(|range| format!(": {range}")).unwrap_or_default();
        text.push_str(&format!("\n# {meaning}{range}\n# {name} = {value}\n"));
    }
    text.push_str(
        "\n# Properties passed to librdkafka, for a log on Kafka\n[kafka]\n# \"security.protocol\" = \"PLAINTEXT\"\n",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::layers::read_file;

    #[test]
    fn every_key_stands_there_and_holds_once_its_comment_sign_is_gone() {
        let text = commented_file();
        assert!(text.lines().all(|line| line.is_empty() || line.starts_with(['#', '['])), "{text}");
        let bare = |line: &str| match line.strip_prefix("# ") {
            Some(rest) if rest.contains(" = ") => format!("{rest}\n"),
            _ => format!("{line}\n"),
        };
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text.lines().map(bare).collect::<String>()).unwrap();
        let read = read_file(file.path()).unwrap();
        for (key, value, _) in KEYS.iter().filter(|(key, ..)| *key != "data_dir") {
            assert!(read.iter().any(|(k, v)| k == key && v == value), "{key}");
        }
    }
}
