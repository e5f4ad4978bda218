//! The configuration file and the environment as keys and values; unknown keys are refused.

use super::keys::KEYS;
use super::secrets;
use anyhow::{Context, Result, bail};
use std::path::Path;

fn known(key: &str) -> bool {
    let key = secrets::in_file(key).unwrap_or(key);
    key.starts_with("kafka.") || KEYS.iter().any(|(known, _, _)| *known == key)
}

pub(super) fn read_file(file: &Path) -> Result<Vec<(String, String)>> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("{} cannot be read", file.display()))?;
    let table: toml::Table =
        text.parse().with_context(|| format!("{} is not valid TOML", file.display()))?;
    let mut values = Vec::new();
    flatten("", table, &mut values);
    for (key, _) in &values {
        if !known(key) {
            bail!(
                "{}: no key is called {key}; `butterquant config show` lists them",
                file.display()
            );
        }
    }
    secrets::once(values.iter().map(|(key, _)| key.as_str()), &file.display().to_string())?;
    if values.iter().any(|(key, value)| secrets::secret(key) && !value.is_empty()) {
        secrets::warn_if_open(file);
    }
    Ok(values)
}

/// `sasl.password` under `[kafka]`, quoted or not, is `kafka.sasl.password`.
fn flatten(before: &str, table: toml::Table, values: &mut Vec<(String, String)>) {
    for (name, value) in table {
        let key = format!("{before}{name}");
        match value {
            toml::Value::Table(inner) => flatten(&format!("{key}."), inner, values),
            value => values.push((key, plain(&value))),
        }
    }
}

fn plain(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The keys set in the environment: variable, key, value.
pub(super) fn variables() -> Result<Vec<(String, String, String)>> {
    let mut found = Vec::new();
    for (name, value) in std::env::vars() {
        if let Some(key) = key_of_variable(&name)? {
            found.push((name, key, value));
        }
    }
    secrets::once(found.iter().map(|(_, key, _)| key.as_str()), "the environment")?;
    Ok(found)
}

/// `BUTTERQUANT_SETTINGS_MAX_OPEN` is `settings.max_open`.
fn key_of_variable(name: &str) -> Result<Option<String>> {
    let Some(rest) = name.strip_prefix("BUTTERQUANT_") else { return Ok(None) };
    let rest = rest.to_lowercase();
    for (prefix, section) in
        [("settings_", "settings."), ("kafka_", "kafka."), ("alerts_", "alerts.")]
    {
        if let Some(key) = rest.strip_prefix(prefix) {
            let key = if section == "kafka." { key.replace('_', ".") } else { key.to_owned() };
            let key = format!("{section}{key}");
            return if known(&key) {
                Ok(Some(key))
            } else {
                bail!("{name}: no key is called {key}")
            };
        }
    }
    // Not settings of a run: what the log says, and the Python that `bench train` compares with.
    if rest == "log_level" || rest == "python" {
        return Ok(None);
    }
    if known(&rest) {
        Ok(Some(rest))
    } else {
        bail!("{name}: no key is called {rest}; `butterquant config show` lists them")
    }
}
