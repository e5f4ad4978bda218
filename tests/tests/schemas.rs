//! The `schemas` verbs: listed, shown, checked, served, registered.

#![allow(clippy::unwrap_used)]

use schemas::codec::schema_versions;
use serde_json::{Value, json};
use std::fs;
use std::net::{TcpListener, TcpStream};
use tests::cli::{Running, command, finish, run, wait_for};

#[test]
fn every_version_is_listed_and_shown_by_id_subject_and_topic() {
    let data = tempfile::tempdir().unwrap();
    let listed = run(data.path(), "schemas list -o json").json();
    assert_eq!(listed.as_array().unwrap().len(), schema_versions().len());
    assert_eq!(
        (&listed[0]["id"], &listed[0]["subject"]),
        (&100.into(), &"butterquant.bars.v1-value".into())
    );
    assert!(listed[0]["kinds"].as_array().unwrap().contains(&"BAR_CLOSED".into()));
    assert!(run(data.path(), "schemas list").out.contains("butterquant.dead-letters.v1-value"));
    for version in schema_versions() {
        let file: Value = serde_json::from_str(version.text).unwrap();
        assert_eq!(run(data.path(), &format!("schemas show {}", version.id)).json(), file);
    }
    let newest = run(data.path(), "schemas show butterquant.bars.v1-value").json();
    assert_eq!(run(data.path(), "schemas show bars -o json").json()["avsc"], newest);
    run(data.path(), "schemas show 7").refused(&["no schema 7", "schemas list"]);
    run(data.path(), "schemas show prices").refused(&["prices", "schemas list"]);
}

#[test]
fn a_next_version_is_checked_before_anybody_writes_with_it() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("next.avsc");
    let check = |schema: &Value, code: i32, says: &str| {
        fs::write(&file, schema.to_string()).unwrap();
        let ran = run(data.path(), &format!("schemas check {} --subject bars", file.display()));
        assert!(ran.code == code && (ran.out + &ran.err).contains(says), "{says}");
    };
    let mut schema = run(data.path(), "schemas show bars").json();
    check(&schema, 0, "is version 2 of bars");
    schema["fields"][0]["type"]["symbols"].as_array_mut().unwrap().push("NOTED".into());
    check(&schema, 1, "kind NOTED has no nullable field");
    let note = json!({ "name": "noted", "type": ["null", "string"], "default": null });
    schema["fields"].as_array_mut().unwrap().push(note);
    check(&schema, 0, "may be the next version of bars");
    schema["fields"][2]["type"] = "string".into();
    check(&schema, 1, "day: the type changed");
    check(&json!(7), 2, "not a valid Avro schema");
    run(data.path(), "schemas check nowhere.avsc --subject bars").refused(&["nowhere.avsc"]);
}

#[test]
fn what_is_served_is_a_registry_to_register_with() {
    let data = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let asked = format!("schemas register --schema-registry http://{address} -o json");
    run(data.path(), &asked).refused(&["cannot be reached", &address]);
    fs::write(data.path().join("butterquant.toml"), "token = \"hunter2\"\n").unwrap();
    let serving = Running::start(data.path(), &format!("schemas serve --listen {address}"));
    wait_for("registry", || TcpStream::connect(&address).ok());

    run(data.path(), &asked).refused(&["BUTTERQUANT_SCHEMA_REGISTRY_AUTH"]);
    for dry in ["", " --dry-run"] {
        let mut with_auth = command(data.path(), &format!("{asked}{dry}"));
        let ran = finish({
            with_auth.env("BUTTERQUANT_SCHEMA_REGISTRY_AUTH", "anybody:hunter2");
            with_auth
        });
        assert!(!ran.out.contains("hunter2"), "{ran:?}");
        let report = ran.json();
        let versions = report["versions"].as_array().unwrap();
        assert_eq!(versions.len(), schema_versions().len());
        assert!(versions.iter().all(|one| one["done"] == "there"), "{report}");
    }
    let url = format!("schemas register --schema-registry http://anybody:hunter2@{address}");
    let told = run(data.path(), &url);
    assert!(told.code == 0 && told.out.contains("is there"), "{told:?}");
    assert!(!(told.out + &told.err).contains("hunter2"));
    assert_eq!(serving.interrupt(), 0);
}

#[test]
fn a_registry_out_of_reach_stops_no_run_and_secrets_are_not_shown() {
    let data = tempfile::tempdir().unwrap();
    let demo =
        "demo --days 1 --stocks 3 --history 0 --schema-registry http://me:hunter2@127.0.0.1:1";
    let ran = run(data.path(), demo);
    assert!(ran.code == 0 && ran.err.contains("the schemas were not registered"), "{ran:?}");
    assert!(!(ran.out + &ran.err).contains("hunter2"));
    let mut show =
        command(data.path(), "config show --schema-registry http://me:hunter2@host:8081/a");
    show.env("BUTTERQUANT_SCHEMA_REGISTRY_AUTH", "me:swordfish");
    let shown = finish(show);
    assert!(shown.out.contains("http://host:8081/a"), "{shown:?}");
    assert!(!shown.out.contains("hunter2") && !shown.out.contains("swordfish"), "{shown:?}");
    run(data.path(), "runs --schema-registry me:hunter2@host").refused(&["https://"]);
    run(data.path(), "schemas register").refused(&["--schema-registry"]);
}

#[test]
fn a_registry_behind_tls_is_registered_with_where_its_authority_is_trusted() {
    let data = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let _serving = Running::start(data.path(), &format!("schemas serve --listen {address}"));
    wait_for("registry", || TcpStream::connect(&address).ok());
    let asked = json!({ "binary": tests::cli::binary(), "port": port });
    fs::write(data.path().join("behind_tls.json"), asked.to_string()).unwrap();
    if let Some(said) = tests::python::run("behind_tls.py", &["ssl"], data.path()) {
        assert!(said.contains("registered over TLS"), "{said}");
    }
}
