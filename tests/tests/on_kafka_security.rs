//! SASL_SSL and mutual TLS on a real Kafka, through the program: accepted and refused logins, and
//! that no secret is ever written.
#![allow(clippy::unwrap_used, clippy::print_stderr)] // a test

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tests::cli::{Ran, command, finish};
use tests::cluster::{Cluster, Login};

/// The program with a login from the environment, changed by `change`.
fn with(data: &Path, words: &str, login: &Login, change: &[(&str, &str)]) -> Command {
    let mut command = command(data, words);
    command.env("BUTTERQUANT_LOG", "kafka").env("BUTTERQUANT_BROKERS", &login.brokers);
    command.env("BUTTERQUANT_PARTITIONS", "1");
    let mut properties = login.properties.clone();
    for (key, value) in change {
        properties.insert((*key).to_owned(), (*value).to_owned());
    }
    for (key, value) in properties.iter().filter(|(_, value)| !value.is_empty()) {
        let name = format!("BUTTERQUANT_KAFKA_{}", key.to_uppercase().replace('.', "_"));
        command.env(name, value);
    }
    command
}

/// The login; none where there is no cluster or only its address is known.
fn login(of: impl Fn(&Cluster) -> Option<Login>) -> Option<Login> {
    let login = of(Cluster::shared()?);
    if login.is_none() {
        eprintln!("skipped: BUTTERQUANT_KAFKA_DIR does not say how to log in");
    }
    login
}

fn run_of(test: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    format!("{test}-{now}")
}

/// A small scan, and its log read again.
fn scans_and_reads(login: &Login, test: &str) {
    let data = tempfile::tempdir().unwrap();
    let run = run_of(test);
    let words = format!("--run {run} scan --source sim:5,stocks=2,days=280 -o json");
    let scanned = finish(with(data.path(), &words, login, &[])).json();
    assert!(scanned.is_object(), "{scanned}");
    let listed = finish(with(data.path(), "topics list -o json", login, &[("run", "")]));
    assert!(listed.code == 0 || listed.err.contains("no topics"), "{listed:?}");
    let words = format!("--run {run} topics list -o json");
    let listed = finish(with(data.path(), &words, login, &[])).json();
    let bars = listed.as_array().unwrap().iter().find(|one| one["topic"] == "bars").unwrap();
    for kind in ["HISTORY_LOADED", "BAR_CLOSED"] {
        assert_eq!(bars["kinds"][kind], 2, "{bars}");
    }
}

#[test]
fn a_user_with_a_password_scans_and_reads_over_tls() {
    let Some(login) = login(Cluster::sasl_ssl) else { return };
    scans_and_reads(&login, "sasl");
    let sha_256 = [("sasl.mechanism", "SCRAM-SHA-256")];
    let data = tempfile::tempdir().unwrap();
    let asked = finish(with(data.path(), "--run none topics list", &login, &sha_256));
    assert!(asked.err.contains("no topics"), "let in: {asked:?}");
}

#[test]
fn a_client_with_a_certificate_scans_and_reads() {
    let Some(login) = login(Cluster::mtls) else { return };
    scans_and_reads(&login, "mtls");
}

/// Checks that it is refused at once, with `words` and exit code 2.
fn refused(login: &Login, change: &[(&str, &str)], words: &[&str]) {
    let data = tempfile::tempdir().unwrap();
    for verb in ["topics list", "up --source sim:5,stocks=2,days=280"] {
        let begun = Instant::now();
        let ran = finish(with(data.path(), verb, login, change));
        ran.refused(words);
        assert!(begun.elapsed() < Duration::from_secs(10), "{verb}: {:?}", begun.elapsed());
    }
}

#[test]
fn who_is_not_let_in_is_told_why_and_what_to_do() {
    let (Some(sasl), Some(mtls)) = (login(Cluster::sasl_ssl), login(Cluster::mtls)) else {
        return;
    };
    refused(
        &sasl,
        &[("sasl.password", "wr0ng")],
        &["Authentication failed", "check kafka.sasl.username, kafka.sasl.password"],
    );
    refused(&sasl, &[("sasl.mechanism", "GSSAPI")], &["GSSAPI", "SCRAM-SHA-512"]);
    // Any certificate that did not sign the brokers' serves.
    let other = mtls.properties["ssl.certificate.location"].clone();
    for login in [&sasl, &mtls] {
        let change = [("ssl.ca.location", other.as_str())];
        refused(login, &change, &["certificate verify failed", "check kafka.ssl.ca.location"]);
        let nowhere = [("ssl.ca.location", "/nowhere/ca.pem")];
        refused(login, &nowhere, &["kafka.ssl.ca.location names /nowhere/ca.pem", "path"]);
    }
    let none = [("ssl.certificate.location", ""), ("ssl.key.location", "")];
    refused(&mtls, &none, &["certificate", "kafka.ssl.certificate.location"]);
}

/// Checks that the output is not empty and contains none of the secrets.
fn silent(ran: &Ran, secrets: &[&str], says: &str) {
    let written = format!("{}{}", ran.out, ran.err);
    assert!(written.contains(says), "{says}: {written}");
    for secret in secrets {
        assert!(!written.contains(secret), "{secret}: {written}");
    }
}

#[test]
fn no_secret_is_written_at_any_level() {
    let Some(login) = login(Cluster::sasl_ssl) else { return };
    let right = login.properties["sasl.password"].clone();
    let wrong = "wr0ng-passw0rd";
    let key = [("ssl.key.password", "k3y-passw0rd"), ("debug", "all")];
    let secrets = [right.as_str(), wrong, "k3y-passw0rd", "t0ken-of-mine"];
    let data = tempfile::tempdir().unwrap();
    let ask = |words: &str, change: &[(&str, &str)]| {
        let mut command = with(data.path(), words, &login, change);
        command.env("BUTTERQUANT_LOG_LEVEL", "trace").env("BUTTERQUANT_TOKEN", "t0ken-of-mine");
        finish(command)
    };
    for output in ["json", "human"] {
        for verb in ["topics list", "lag", "up --source sim:5,stocks=2,days=280"] {
            let change = [key[0], key[1], ("sasl.password", wrong)];
            let ran = ask(&format!("{verb} -o {output}"), &change);
            assert_eq!(ran.code, 2, "{ran:?}");
            silent(&ran, &secrets, "SCRAM");
        }
        for verb in ["config show", "config check"] {
            let ran = ask(&format!("{verb} -o {output}"), &key);
            let says = match (verb, output) {
                ("config show", _) => "not shown",
                (_, "json") => "sound",
                _ => "valid",
            };
            silent(&ran, &secrets, says);
        }
        // The output includes librdkafka's own debug lines.
        let ran = ask(&format!("--run none topics list -o {output}"), &key);
        silent(&ran, &secrets, "SASL SCRAM client in state");
        let misspelt = [("sasl.passwrod", right.as_str())];
        let ran = ask(&format!("topics list -o {output}"), &misspelt);
        silent(&ran, &secrets, "sasl.passwrod");
    }
}
