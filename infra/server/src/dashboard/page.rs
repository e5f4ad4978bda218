//! The page itself: one document with styles, scripts and the first figures in it, so that it shows them at once and asks
//! no other server for anything.

use super::documents::opening;
use super::state::Dashboard;
use crate::registry;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use report::html::{assets, filled};
use std::sync::{Arc, LazyLock};

const PAGE: &str = include_str!("html/page.html");

/// Nothing is loaded from anywhere, and only this server is asked.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The scripts, each of which uses those before it; the last one acts.
const SCRIPTS: [&str; 15] = [
    assets::FORMAT,
    assets::GLOSSARY,
    assets::POPOVER,
    assets::SVG,
    assets::CHARTS,
    assets::THEME,
    assets::TABLES,
    assets::WHY,
    include_str!("html/live.js"),
    include_str!("html/words.js"),
    include_str!("html/overview.js"),
    include_str!("html/groups.js"),
    include_str!("html/records.js"),
    include_str!("html/money.js"),
    include_str!("html/router.js"),
];

/// All but the figures.
static SHELL: LazyLock<String> = LazyLock::new(|| {
    let style = format!("{}\n{}", assets::STYLE, include_str!("html/style.css"));
    let script = SCRIPTS.join("\n");
    filled(
        PAGE,
        &[
            ("UPLOT_STYLE", assets::UPLOT_STYLE),
            ("STYLE", &style),
            ("UPLOT_LICENCE", assets::UPLOT_LICENCE),
            ("UPLOT", assets::UPLOT),
            ("SCRIPT", &script),
            ("DATA", "/*OPENING*/"),
        ],
    )
});

/// `GET /`: the page for browsers; clients of a schema registry, which ask for no page, find what one answers there.
pub(super) async fn page(State(dashboard): State<Arc<Dashboard>>, headers: HeaderMap) -> Response {
    let accepts = headers.get(ACCEPT).and_then(|accepts| accepts.to_str().ok());
    if !accepts.is_some_and(|accepts| accepts.contains("text/html")) {
        return registry::root();
    }
    let data = opening(&dashboard).to_string().replace('<', "\\u003c");
    let page = SHELL.replacen("/*OPENING*/", &data, 1);
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, page).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the page may be at most, without the figures.
    const MOST_BYTES: usize = 300 << 10;

    #[test]
    fn the_page_is_small_and_asks_no_other_server() {
        assert!(SHELL.len() < MOST_BYTES, "{} bytes", SHELL.len());
        assert_eq!(SHELL.matches("/*OPENING*/").count(), 1);
        for script in SCRIPTS {
            assert!(!script.contains("</script") && !script.contains("<!--"));
            let asks = |line: &str| {
                ["http://", "https://", "import("].iter().any(|one| line.contains(one))
                    && !line.contains("www.w3.org")
            };
            assert!(!script.lines().any(asks), "{script}");
        }
    }

    #[test]
    fn every_script_of_the_folder_is_in_the_page() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/dashboard/html");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut scripts =
            files.filter(|file| file.extension().is_some_and(|ending| ending == "js"));
        assert!(scripts.all(|file| SCRIPTS.contains(&&*std::fs::read_to_string(file).unwrap())));
    }
}
