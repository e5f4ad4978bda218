//! The program as its users run it: the built binary, its exit code and its output.

use serde_json::Value;
use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A finished command.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code.
    pub code: i32,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

impl Ran {
    /// It must have exited with 0.
    #[track_caller]
    pub fn well(&self) {
        assert_eq!(self.code, 0, "{self:?}");
    }

    /// Its output as one JSON document; it must have exited with 0.
    pub fn json(&self) -> Value {
        self.well();
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }

    /// Its output as one JSON document a line; it must have exited with 0.
    pub fn lines(&self) -> Vec<Value> {
        self.well();
        let parsed = self.out.lines().map(|line| {
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
        });
        parsed.collect()
    }

    /// Checks that it could not run and that its standard error contains all of `words`.
    pub fn refused(&self, words: &[&str]) {
        assert_eq!(self.code, 2, "{self:?}");
        assert!(words.iter().all(|word| self.err.contains(word)), "{words:?}: {self:?}");
    }
}

/// The binary built beside this test.
pub fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap_or_else(|error| panic!("{error}"));
    let folder = test
        .parent()
        .and_then(Path::parent)
        .unwrap_or_else(|| panic!("{} lies nowhere", test.display()));
    let binary = folder.join("butterquant");
    assert!(binary.exists(), "{} is missing: `cargo build --release` first", binary.display());
    binary
}

/// The binary over a data folder, without any configuration of the user's own.
pub fn command(data: &Path, words: &str) -> Command {
    let mut command = Command::new(binary());
    unconfigured(&mut command);
    command.arg("--data-dir").arg(data).args(words.split_whitespace()).stdin(Stdio::null());
    command
}

/// Takes away what configures the program in the environment of the tests, of which it would refuse the keys that are not
/// its own.
pub fn unconfigured(command: &mut Command) {
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BUTTERQUANT_")) {
        command.env_remove(name);
    }
}

/// Runs it to its end.
pub fn run(data: &Path, words: &str) -> Ran {
    finish(command(data, words))
}

/// Runs a prepared command to its end.
pub fn finish(mut command: Command) -> Ran {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

/// Sends a GET to a running program; returns the status and the whole response.
pub fn get(address: &str, path: &str, token: Option<&str>) -> (u16, String) {
    asked(&format!("GET {path}"), address, token, "")
}

/// The body of the answer to a GET, which must be well.
pub fn get_body(address: &str, path: &str, token: Option<&str>) -> String {
    let (code, answer) = get(address, path, token);
    assert_eq!(code, 200, "{path}: {answer}");
    answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
}

/// Posts a JSON document; returns the status and the whole response.
pub fn post(address: &str, path: &str, token: Option<&str>, body: &str) -> (u16, String) {
    asked(&format!("POST {path}"), address, token, body)
}

fn asked(request: &str, address: &str, token: Option<&str>, body: &str) -> (u16, String) {
    let asked = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        let shown = token.map(|token| format!("Authorization: Bearer {token}\r\n"));
        let shown = shown.unwrap_or_default();
        let kind = match body.len() {
            0 => String::new(),
            length => format!("Content-Type: application/json\r\nContent-Length: {length}\r\n"),
        };
        write!(
            stream,
            "{request} HTTP/1.1\r\nHost: {host}\r\n{shown}{kind}Connection: close\r\n\r\n{body}"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    let answer = asked().unwrap_or_else(|error| panic!("{request} of {address}: {error}"));
    let code = answer.split(' ').nth(1).and_then(|code| code.parse().ok());
    (code.unwrap_or_else(|| panic!("{answer}")), answer)
}

/// A process that keeps running; killed when it is dropped.
pub struct Running(Child);

impl Running {
    /// Starts it.
    pub fn start(data: &Path, words: &str) -> Running {
        let mut command = command(data, words);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Running(command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    /// As [`Running::start`], with its standard error in `file`.
    pub fn start_logged(data: &Path, words: &str, file: &Path) -> Running {
        let mut command = command(data, words);
        let log = File::create(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        command.stdout(Stdio::null()).stderr(log);
        Running(command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Asks it to stop as Ctrl-C does, and gives its exit code.
    pub fn interrupt(mut self) -> i32 {
        self.ctrl_c();
        let ended = self.ends_within(Duration::from_secs(30));
        ended.unwrap_or_else(|| panic!("it did not stop within 30 s of Ctrl-C"))
    }

    /// Sends SIGINT, as Ctrl-C does.
    pub fn ctrl_c(&self) {
        let asked = Command::new("kill").args(["-INT", &self.0.id().to_string()]).status();
        assert!(asked.is_ok_and(|status| status.success()), "it is gone already");
    }

    /// Its exit code, if it ends within `time`.
    pub fn ends_within(&mut self, time: Duration) -> Option<i32> {
        let deadline = Instant::now() + time;
        while Instant::now() < deadline {
            if let Ok(Some(status)) = self.0.try_wait() {
                return Some(status.code().unwrap_or(-1));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        None
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.0.try_wait().is_ok_and(|ended| ended.is_none()) {
            let _ = self.0.kill(); // it may have ended in between
            let _ = self.0.wait();
        }
    }
}

/// Waits up to a minute until `found` returns something; a failure names it `what`.
pub fn wait_for<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < deadline, "no {what} within a minute");
        std::thread::sleep(Duration::from_millis(100));
    }
}
