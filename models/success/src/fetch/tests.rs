//! Wheels as pip reports and unpacks them.

use super::*;

#[test]
fn a_report_names_the_wheel_and_its_hash_or_nothing() {
    let report = serde_json::json!({ "install": [{
        "metadata": { "version": "1.32.0" },
        "download_info": {
            "url": "https://example.org/onnxruntime-1.32.0.whl",
            "archive_info": { "hashes": { "sha256": "ab" } },
        },
    }] });
    let found = listed(report.to_string().as_bytes()).expect("a wheel");
    assert_eq!((found.version.as_str(), found.sha256.as_str()), ("1.32.0", "ab"));
    for other in ["", "{}", r#"{"install": [{"metadata": {"version": "1"}}]}"#] {
        assert_eq!(listed(other.as_bytes()), None);
    }
}

#[test]
fn a_file_is_hashed_whole_and_the_receipt_names_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let library = folder.path().join("libonnxruntime.so.1");
    std::fs::write(&library, b"abc").expect("a file");
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(sha256(&library).expect("a hash"), abc);
    let wheel = Wheel { version: "1".into(), url: "u".into(), sha256: "s".into() };
    receipt(folder.path(), "onnxruntime", &wheel).expect("written");
    let text = std::fs::read(folder.path().join("onnxruntime.json")).expect("a receipt");
    let read: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    assert_eq!(read["files"]["libonnxruntime.so.1"], abc);
    assert_eq!(read["wheel"]["sha256"], "s");
}

#[test]
fn a_wheel_without_a_library_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let capi = folder.path().join("capi");
    std::fs::create_dir(&capi).expect("capi");
    std::fs::write(capi.join("libonnxruntime_providers_shared.so"), b"x").expect("a file");
    let error = install(&capi, folder.path(), "w.whl").expect_err("no library");
    assert!(error.to_string().contains("no libonnxruntime library"), "{error}");
    assert!(!folder.path().join("libonnxruntime_providers_shared.so").exists());

    std::fs::write(capi.join("libonnxruntime.so.1.32.0"), b"x").expect("a file");
    let library = install(&capi, folder.path(), "w.whl").expect("installed");
    assert_eq!(library, folder.path().join("libonnxruntime.so.1.32.0"));
    assert!(folder.path().join("libonnxruntime_providers_shared.so").exists());
}
