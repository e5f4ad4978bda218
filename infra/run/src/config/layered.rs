//! The layers of the configuration, merged and checked.

use super::choices::Choice;
use super::keys::KEYS;
use super::{layers, secrets};
use anyhow::{Context, Result, bail};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use telemetry::LogFormat;

/// A value and its origin, as `config show` prints them.
#[derive(Debug, Clone, Serialize)]
pub struct Origin {
    /// The value; secrets are not shown.
    pub value: String,
    /// `default`, `file …`, `environment …` or `flag`.
    pub from: String,
}

/// The configuration file of a data folder.
pub const FILE_NAME: &str = "butterquant.toml";

/// Values by key, each with its origin.
#[derive(Clone)]
pub struct Config {
    pub(super) values: BTreeMap<String, Origin>,
    flags: Flags,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.shown()).finish()
    }
}

/// The values given on the command line, which override every other layer.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// The configuration file to read instead of the one in the data folder.
    pub file: Option<PathBuf>,
    /// The keys given, with their values.
    pub values: Vec<(&'static str, String)>,
    /// Whether progress and the lines about days are left out.
    pub quiet: bool,
}

impl Flags {
    /// The configuration file: the one given, or the one in the data folder, if it is there.
    fn file_to_read(&self) -> Option<PathBuf> {
        let data_dir = self.values.iter().find(|(key, _)| *key == "data_dir");
        let data_dir = data_dir
            .map(|(_, value)| PathBuf::from(value))
            .or_else(|| std::env::var_os("BUTTERQUANT_DATA_DIR").map(PathBuf::from));
        let beside = data_dir.unwrap_or_else(|| "data".into()).join(FILE_NAME);
        self.file.clone().or_else(|| beside.exists().then_some(beside))
    }

    /// The format of the log, which is needed before the configuration is read: what is wrong with that is logged.
    /// Faults are left to [`Config::load`].
    pub fn log_format(&self) -> LogFormat {
        let variable = std::env::var("BUTTERQUANT_LOG_FORMAT").ok();
        let named = variable.or_else(|| {
            let table: toml::Table =
                std::fs::read_to_string(self.file_to_read()?).ok()?.parse().ok()?;
            Some(table.get("log_format")?.as_str()?.to_owned())
        });
        named.and_then(|name| LogFormat::parse(&name)).unwrap_or(LogFormat::Human)
    }

    /// `line`, a command of this program, with those flags that choose the run, the data and the log, unless it
    /// has them; it then works as printed.
    pub fn onto(&self, line: &str) -> String {
        let given = |key: &str| self.values.iter().find(|(given, _)| *given == key);
        let file = self.file.as_ref().map(|file| file.display().to_string());
        let mut line = line.to_owned();
        for (key, flag) in [
            ("run", "--run"),
            ("config", "--config"),
            ("data_dir", "--data-dir"),
            ("log", "--log"),
            ("brokers", "--brokers"),
        ] {
            let value =
                if key == "config" { file.as_ref() } else { given(key).map(|(_, value)| value) };
            // These two are about no run in particular.
            let of_no_run = matches!(line.as_str(), "butterquant runs" | "butterquant demo");
            let needless = line.contains(flag) || (of_no_run && key == "run");
            if let Some(value) = value.filter(|_| !needless) {
                line.push_str(&format!(" {flag} {}", for_a_shell(value)));
            }
        }
        line
    }

    /// Message `said` with [`Flags::onto`] applied to each command that it quotes, such as `butterquant lag`.
    pub fn onto_quoted(&self, said: &str) -> String {
        let mut pieces: Vec<String> = said.split('`').map(str::to_owned).collect();
        let closed = pieces.len().saturating_sub(1);
        for quoted in pieces[..closed].iter_mut().skip(1) {
            if quoted.starts_with("butterquant ") {
                *quoted = self.onto(quoted);
            }
        }
        pieces.join("`")
    }
}

/// `word`, quoted where a shell would take it apart.
fn for_a_shell(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:,=@+".contains(c);
    if word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

impl Config {
    /// Reads all layers.
    ///
    /// # Errors
    /// A file cannot be read, a key is unknown or given twice, or a value does not fit its key.
    pub fn load(flags: &Flags) -> Result<Config> {
        let mut values = BTreeMap::new();
        for (key, value, _) in KEYS {
            set(&mut values, key, value.to_owned(), "default")?;
        }
        if let Some(file) = flags.file_to_read() {
            for (key, value) in layers::read_file(&file)? {
                set(&mut values, &key, value, &format!("file {}", file.display()))?;
            }
        }
        for (name, key, value) in layers::variables()? {
            set(&mut values, &key, value, &format!("environment {name}"))?;
        }
        for (key, value) in &flags.values {
            set(&mut values, key, value.clone(), "flag")?;
        }
        let config = Config { values, flags: flags.clone() };
        config.check()?;
        Ok(config)
    }

    /// Whether progress and the lines about days are left out.
    pub fn is_quiet(&self) -> bool {
        self.flags.quiet
    }

    /// The command line of `verb` on the run `id`, with the flags that this program was given, so
    /// that it works as printed.
    pub fn command_line(&self, verb: &str, id: &str) -> String {
        let line = format!("butterquant {verb}");
        let other_run = if id == self.run() { String::new() } else { format!(" --run {id}") };
        self.flags.onto(&format!("{line}{other_run}"))
    }

    /// The same for every command that the message `said` quotes.
    pub fn in_message(&self, said: &str, id: &str) -> String {
        let mut flags = self.flags.clone();
        flags.values.retain(|(key, _)| *key != "run");
        if self.run_named().is_some() || id != self.run() {
            flags.values.push(("run", id.to_owned()));
        }
        flags.onto_quoted(said)
    }

    /// Every value and its origin, without secrets.
    pub fn shown(&self) -> BTreeMap<String, Origin> {
        let mut shown = self.values.clone();
        for (key, origin) in &mut shown {
            if secrets::secret(key) && !origin.value.is_empty() {
                origin.value = "(set, not shown)".to_owned();
            }
            // A registry's address may hold a user and password.
            if key == "schema_registry" && origin.value.contains('@') {
                let address = crate::registration::address(&origin.value);
                origin.value = address.map(|(address, _)| address).unwrap_or_default();
            }
        }
        shown
    }

    /// Whether the command line gives `key`.
    pub fn is_flag(&self, key: &str) -> bool {
        self.values.get(key).is_some_and(|origin| origin.from == "flag")
    }

    /// The run that a flag, a file or the environment names; none where it is the default.
    pub fn run_named(&self) -> Option<&str> {
        let named = self.values.get("run").filter(|origin| origin.from != "default");
        named.map(|origin| origin.value.as_str())
    }

    /// Every key at its default, whatever the environment holds.
    #[cfg(test)]
    pub fn defaults() -> Config {
        let origin = |value: &str| Origin { value: value.to_owned(), from: "default".to_owned() };
        let values = KEYS.iter().map(|(key, value, _)| ((*key).to_owned(), origin(value)));
        Config { values: values.collect(), flags: Flags::default() }
    }

    /// The same with these settings of decisions, by key with or without `settings.`; they override every layer.
    ///
    /// # Errors
    /// A key is no setting, or a value does not fit its key.
    pub fn with_settings(&self, given: &[(String, String)]) -> Result<Config> {
        let mut config = self.clone();
        for (key, value) in given {
            let key = format!("settings.{}", key.strip_prefix("settings.").unwrap_or(key));
            if !KEYS.iter().any(|(known, ..)| *known == key) {
                let known = KEYS.iter().filter_map(|(known, ..)| known.strip_prefix("settings."));
                let known: Vec<&str> = known.collect();
                bail!("no setting is called {key}; the settings are {}", known.join(", "));
            }
            set(&mut config.values, &key, value.clone(), "flag")?;
        }
        config.check()?;
        Ok(config)
    }

    /// The same with another value for `key`, for processes that the program starts by itself.
    pub fn with(mut self, key: &str, value: &str) -> Config {
        let origin = Origin { value: value.to_owned(), from: "program".to_owned() };
        self.values.insert(key.to_owned(), origin);
        self
    }

    pub(super) fn text(&self, key: &str) -> &str {
        self.values.get(key).map_or("", |origin| origin.value.as_str())
    }

    pub(super) fn parse<T: std::str::FromStr>(&self, key: &str) -> Result<T>
    where
        T::Err: std::error::Error + Send + Sync + 'static,
    {
        let from = self.values.get(key).map_or("default", |origin| origin.from.as_str());
        self.text(key)
            .parse()
            .with_context(|| format!("{key} = {:?} ({from}) does not fit", self.text(key)))
    }

    pub(super) fn choice<T: Choice>(&self, key: &str) -> Result<T> {
        let text = self.text(key);
        T::parse(text)
            .with_context(|| format!("{key} = {text:?} is none of {}", T::names().join(", ")))
    }
}

/// Sets `key`; reads the value from a file if the key names one.
fn set(values: &mut BTreeMap<String, Origin>, key: &str, value: String, from: &str) -> Result<()> {
    let (key, origin) = match secrets::in_file(key) {
        Some(of) => {
            let from = format!("file {value}, named by {from}");
            (of, Origin { value: secrets::read(key, Path::new(&value))?, from })
        }
        None => (key, Origin { value, from: from.to_owned() }),
    };
    values.insert(key.to_owned(), origin);
    Ok(())
}
