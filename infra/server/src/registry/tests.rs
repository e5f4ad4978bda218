//! The API as registry clients use it, and registering with registries of several behaviours.

mod other;

use super::*;
use other::{Behaviour, OtherRegistry};
use run::registration::{Client, Done, Report, address, register as put_all};
use schemas::registry::{subject, versions};

fn serving() -> Serving {
    of_runs(&[""])
}

fn of_runs(prefixes: &[&str]) -> Serving {
    let prefixes = prefixes.iter().map(|prefix| (*prefix).to_owned()).collect();
    start_schemas("127.0.0.1:0", None, prefixes).unwrap()
}

fn ask(serving: &Serving, method: &str, path: &str, body: &str) -> (u16, Value) {
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(format!("{}{path}", serving.endpoint))
        .body(body.to_owned())
        .unwrap();
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut response = agent.run(request).unwrap();
    assert_eq!(response.headers()["content-type"], MEDIA_TYPE, "{method} {path}");
    let text = response.body_mut().read_to_string().unwrap();
    (response.status().as_u16(), serde_json::from_str(&text).unwrap())
}

fn carrying(text: &str) -> String {
    json!({ "schema": text }).to_string()
}

#[test]
fn every_schema_is_served_by_subject_and_by_id() {
    let serving = serving();
    let get = |path: &str| ask(&serving, "GET", path, "");
    let (_, subjects) = get("/subjects?deleted=false&offset=0&limit=-1");
    assert_eq!(subjects.as_array().unwrap().len(), Topic::ALL.len());
    for version in schema_versions() {
        let name = subject(version.topic, "");
        assert!(subjects.as_array().unwrap().contains(&name.clone().into()));
        let numbers: Vec<u32> = versions(version.topic).map(|version| version.version).collect();
        assert_eq!(get(&format!("/subjects/{name}/versions")), (200, json!(numbers)));
        let path = format!("/subjects/{name}/versions/{}", version.version);
        let (status, found) = get(&path);
        assert_eq!((status, &found["id"]), (200, &version.id.into()));
        assert_eq!(
            (&found["subject"], &found["version"]),
            (&name.clone().into(), &version.version.into())
        );
        assert!(registry::same(found["schema"].as_str().unwrap(), version.text));
        let file: Value = serde_json::from_str(version.text).unwrap();
        assert_eq!(get(&format!("{path}/schema")), (200, file.clone()));
        let path = format!("/schemas/ids/{}", version.id);
        assert_eq!(get(&path).1["schema"], found["schema"]);
        assert_eq!(get(&format!("{path}/schema")), (200, file));
        let place = json!([{ "subject": name, "version": version.version }]);
        assert_eq!(get(&format!("{path}/versions")), (200, place));
        assert_eq!(get(&format!("{path}/subjects?subject=x-value")), (200, json!([])));
        for method in [format!("/subjects/{name}"), format!("/subjects/demo.{name}")] {
            let (status, found) = ask(&serving, "POST", &method, &carrying(version.text));
            assert_eq!((status, &found["version"]), (200, &version.version.into()), "{method}");
        }
    }
}

#[test]
fn answers_are_a_registrys() {
    let serving = serving();
    let newest = versions(Topic::DeadLetters).next_back().unwrap();
    let bars = versions(Topic::Bars).next_back().unwrap().text;
    let bad = r#"{"type":"record","name":"BarsRecord","namespace":"butterquant","fields":[]}"#;
    for (method, path, body, status, holds) in [
        ("GET", "/subjects?deletedOnly=true", "", 200, "[]"),
        (
            "GET",
            "/subjects?subjectPrefix=butterquant.b",
            "",
            200,
            r#"["butterquant.bars.v1-value"]"#,
        ),
        ("GET", "/subjects?limit=1&offset=1", "", 200, r#"["butterquant.scans.v1-value"]"#),
        ("GET", "/subjects/butterquant.bars.v1-value/versions/latest", "", 200, r#""version":2"#),
        (
            "GET",
            "/subjects/butterquant.dead-letters.v1-value/versions/-1",
            "",
            200,
            &format!(r#""id":{}"#, newest.id),
        ),
        (
            "GET",
            "/subjects/demo.butterquant.bars.v1-value/versions/1",
            "",
            200,
            r#""subject":"demo.butter"#,
        ),
        ("GET", "/subjects/orders-value/versions", "", 404, "40401"),
        ("GET", "/subjects/butterquant.bars.v1-value/versions/9", "", 404, "40402"),
        ("GET", "/subjects/butterquant.bars.v1-value/versions/0", "", 422, "42202"),
        ("GET", "/subjects/butterquant.bars.v1-value/versions/new", "", 422, "42202"),
        ("GET", "/subjects/butterquant.bars.v1-value/versions/1/referencedby", "", 200, "[]"),
        ("GET", "/schemas/ids/7", "", 404, "40403"),
        ("GET", "/schemas/ids/x", "", 404, r#""error_code":404"#),
        ("GET", "/schemas/types", "", 200, r#"["AVRO"]"#),
        ("GET", "/schemas?latestOnly=true&limit=1", "", 200, r#""id":200"#),
        ("GET", "/contexts", "", 200, r#"["."]"#),
        ("GET", "/config", "", 200, r#"{"compatibilityLevel":"FULL_TRANSITIVE"}"#),
        (
            "GET",
            "/config/butterquant.bars.v1-value?defaultToGlobal=true",
            "",
            200,
            "FULL_TRANSITIVE",
        ),
        ("GET", "/config/x", "", 404, "40408"),
        ("GET", "/mode/x", "", 404, "40409"),
        ("GET", "/mode/x?defaultToGlobal=true", "", 200, "READONLY"),
        ("POST", "/subjects", "", 405, r#""error_code":405"#),
        ("GET", "/mode", "", 200, r#"{"mode":"READONLY"}"#),
        ("GET", "/mode/butterquant.bars.v1-value", "", 200, "READONLY"),
        ("PUT", "/mode", r#"{"mode":"IMPORT"}"#, 422, "42205"),
        ("PUT", "/config/butterquant.bars.v1-value", r#"{"compatibility":"NONE"}"#, 422, "42205"),
        ("DELETE", "/subjects/butterquant.bars.v1-value", "", 422, "42205"),
        ("DELETE", "/subjects/butterquant.bars.v1-value/versions/1", "", 422, "42205"),
        (
            "POST",
            "/subjects/butterquant.bars.v1-value/versions",
            &carrying(bars),
            200,
            r#"{"id":200}"#,
        ),
        ("POST", "/subjects/butterquant.bars.v1-value/versions", &carrying(bad), 422, "42205"),
        ("POST", "/subjects/mine-value/versions", &carrying(bars), 422, "42205"),
        ("POST", "/subjects/butterquant.scans.v1-value", &carrying(bars), 404, "40403"),
        ("POST", "/subjects/mine-value", &carrying(bars), 404, "40401"),
        ("POST", "/subjects/butterquant.bars.v1-value", &carrying("{"), 422, "42201"),
        ("POST", "/subjects/butterquant.bars.v1-value", "{}", 422, "42201"),
        ("POST", "/subjects/butterquant.bars.v1-value", "nonsense", 400, r#""error_code":400"#),
        (
            "POST",
            "/subjects/butterquant.bars.v1-value",
            r#"{"schema":"{}","schemaType":"JSON"}"#,
            422,
            "42201",
        ),
        (
            "POST",
            "/compatibility/subjects/butterquant.bars.v1-value/versions",
            &carrying(bars),
            200,
            r#"{"is_compatible":true}"#,
        ),
        (
            "POST",
            "/compatibility/subjects/butterquant.bars.v1-value/versions?verbose=true",
            &carrying(bad),
            200,
            "no field `kind`",
        ),
        (
            "POST",
            "/compatibility/subjects/butterquant.bars.v1-value/versions/latest",
            &carrying(bad),
            200,
            r#"{"is_compatible":false}"#,
        ),
        (
            "POST",
            "/compatibility/subjects/butterquant.bars.v1-value/versions/9",
            &carrying(bars),
            404,
            "40402",
        ),
        ("POST", "/compatibility/subjects/x/versions", &carrying(bars), 404, "40401"),
        (
            "POST",
            "/compatibility/subjects/butterquant.bars.v1-value/versions",
            &carrying("7"),
            422,
            "42201",
        ),
    ] {
        let (found, body) = ask(&serving, method, path, body);
        assert!(
            found == status && body.to_string().contains(holds),
            "{method} {path}: {found} {body}"
        );
    }
}

/// Clients of Confluent's registry ask with slashes at the end, within the default context, and for what they need not.
#[test]
fn what_clients_ask_beside_the_schemas_is_answered_as_by_confluents_registry() {
    let serving = serving();
    let get = |path: &str| ask(&serving, "GET", path, "");
    let nowhere = json!({ "error_code": 404, "message": "HTTP 404 Not Found" });
    let level = json!({ "compatibilityLevel": COMPATIBILITY });
    for (path, status, answer) in [
        ("/", 200, json!({})),
        ("/config/", 200, level.clone()),
        ("/mode/", 200, json!({ "mode": "READONLY" })),
        ("/schemas/types/", 200, json!(["AVRO"])),
        ("/config/nothing?defaultToGlobal=true", 200, level),
        ("/subjects/:.:butterquant.predictions.v1-value/versions", 200, json!([1])),
        ("/subjects/:.:butterquant.predictions.v1-value/versions/", 200, json!([1])),
        ("/no/such/path", 404, nowhere.clone()),
        ("/subjects/a/b/c", 404, nowhere.clone()),
        ("/schemas/ids/x/", 404, nowhere),
    ] {
        assert_eq!(get(path), (status, answer), "{path}");
    }
    assert_eq!(get("/subjects/"), get("/subjects"));
    assert_eq!(get("/schemas/"), get("/schemas"));
    let of_default = get("/subjects/:.:butterquant.bars.v1-value/versions/1").1;
    assert_eq!(of_default["subject"], "butterquant.bars.v1-value");
    assert!(get("/v1/metadata/id").1["scope"]["clusters"].is_object());
    let version = get("/v1/metadata/version").1;
    assert!(version["version"].is_string() && version["commitId"].is_string());
    let unknown = get("/schemas/guids/00000000-0000-0000-0000-000000000000");
    assert_eq!((unknown.0, &unknown.1["error_code"]), (404, &json!(40403)));
    assert!(unknown.1["message"].is_string());
}

#[test]
fn the_subjects_of_runs_are_listed_and_those_of_any_other_by_its_prefix() {
    let serving = of_runs(&["", "demo."]);
    let get = |path: &str| ask(&serving, "GET", path, "").1;
    let all = get("/subjects");
    assert_eq!(all.as_array().unwrap().len(), 2 * Topic::ALL.len());
    for name in ["butterquant.bars.v1-value", "demo.butterquant.bars.v1-value"] {
        assert!(all.as_array().unwrap().contains(&name.into()), "{name}");
    }
    let of_demo = get("/subjects?subjectPrefix=demo.");
    assert_eq!(of_demo.as_array().unwrap().len(), Topic::ALL.len());
    let name = "backtest-1.butterquant.bars.v1-value";
    for prefix in ["backtest-1.butterquant.b", ":.:backtest-1.butterquant.b"] {
        assert_eq!(get(&format!("/subjects?subjectPrefix={prefix}")), json!([name]));
    }
    assert_eq!(get("/subjects?subjectPrefix=nothing"), json!([]));
    let newest = versions(Topic::Bars).next_back().unwrap();
    let schemas = get("/schemas?subjectPrefix=backtest-1.butterquant.bars&latestOnly=true");
    assert_eq!((&schemas[0]["subject"], &schemas[0]["id"]), (&json!(name), &json!(newest.id)));
    let of_id = get(&format!("/schemas/ids/{}/subjects", newest.id));
    assert_eq!(of_id, json!(["butterquant.bars.v1-value", "demo.butterquant.bars.v1-value"]));
}

/// The outcomes, each once, in the order of their first occurrence.
fn done(report: &Report) -> Vec<Done> {
    let mut done: Vec<Done> = Vec::new();
    for one in &report.versions {
        if !done.contains(&one.done) {
            done.push(one.done);
        }
    }
    done
}

/// Given a registry of this behaviour, then registering has these outcomes: dry, for real, and again.
fn check(
    behaviour: Behaviour,
    dry: &[Done],
    wet: &[Done],
    again: &[Done],
    remedy: Option<&str>,
) -> OtherRegistry {
    let other = OtherRegistry::start(behaviour);
    let client = Client::new(&other.url("user:pass%20word@"), None).unwrap();
    let before = other.writes();
    assert_eq!(done(&put_all(&client, "demo.", true).unwrap()), dry, "{behaviour:?}, dry");
    assert_eq!(other.writes(), before, "{behaviour:?}: a dry run writes nothing");
    let report = put_all(&client, "demo.", false).unwrap();
    assert_eq!(done(&report), wet, "{behaviour:?}");
    assert_eq!(report.versions.len(), schema_versions().len());
    assert_eq!(report.remedies.len(), usize::from(remedy.is_some()), "{:?}", report.remedies);
    assert!(
        report.remedies.iter().all(|advice| advice.contains(remedy.unwrap())),
        "{:?}",
        report.remedies
    );
    let before = other.writes();
    assert_eq!(done(&put_all(&client, "demo.", false).unwrap()), again, "{behaviour:?}, again");
    if again == [Done::There] {
        assert_eq!(other.writes(), before, "{behaviour:?}: nothing is left to be done");
    }
    other
}

#[test]
fn a_registry_that_takes_ids_has_every_version_under_its_own() {
    use Done::{Missing, Registered, There};
    let other = check(Behaviour::AcceptsIds, &[Missing], &[Registered], &[There], None);
    for version in schema_versions() {
        let name = subject(version.topic, "demo.");
        assert_eq!(other.id(&name, version.version), Some(version.id));
        assert_eq!(other.compatibility(&name).as_deref(), Some(COMPATIBILITY));
        assert_eq!(other.mode(&name), None, "it is left as it was");
    }
    assert!(other.authorized(), "the user and password of the address are shown");
    let forced =
        check(Behaviour::HasFirstVersions, &[There, Missing], &[There, Registered], &[There], None);
    let letters = subject(Topic::DeadLetters, "demo.");
    assert_eq!(forced.mode(&letters).as_deref(), Some("READWRITE"), "it is put back as it was");
}

#[test]
fn a_registry_that_would_not_keep_our_ids_is_left_alone_with_advice() {
    use Done::{Missing, Refused};
    let refused = [Refused];
    let other =
        check(Behaviour::FixesMode, &[Missing], &refused, &refused, Some("mode.mutability"));
    assert_eq!(other.registered(), 0);
    let other =
        check(Behaviour::AssignsIds, &[Missing], &refused, &refused, Some("no event carries"));
    assert_eq!(other.registered(), 2, "the versions of one topic are enough to know");
    let other =
        check(Behaviour::UsesOurIds, &refused, &refused, &refused, Some("/contexts/.butterquant"));
    assert_eq!(other.registered(), 0);
}

#[test]
fn a_registry_out_of_reach_is_an_error_without_its_password() {
    let other = OtherRegistry::start(Behaviour::RefusesPasswords);
    let client = Client::new(&other.url("user:hunter2@"), None).unwrap();
    let message = format!("{:#}", put_all(&client, "", false).err().unwrap());
    assert!(
        message.contains("BUTTERQUANT_SCHEMA_REGISTRY_AUTH") && !message.contains("hunter2"),
        "{message}"
    );
    let gone = other.url("user:hunter2@");
    drop(other);
    let message =
        put_all(&Client::new(&gone, Some("u:swordfish")).unwrap(), "", false).err().unwrap();
    let message = format!("{message:#}");
    assert!(message.contains("cannot be reached"), "{message}");
    assert!(!message.contains("hunter2") && !message.contains("swordfish"), "{message}");
    for bad in ["ftp://u:hunter2@x", "https://u:hunter2@", "u:hunter2@x"] {
        assert!(!format!("{:#}", address(bad).unwrap_err()).contains("hunter2"));
    }
    let (base, user) = address("http://u:a%40b@x:1/contexts/.c/").unwrap();
    assert_eq!((base.as_str(), user.as_deref()), ("http://x:1/contexts/.c", Some("u:a@b")));
}
