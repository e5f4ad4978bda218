//! Halting and resuming from the page. Where a token is set it must be shown with the request itself: what a browser
//! keeps and sends by itself is not enough, so that no other page can do it. A request must be JSON, which no page of
//! another site can send unasked.

use super::state::{Dashboard, answered};
use axum::extract::State;
use axum::extract::rejection::StringRejection;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use schemas::events::{Controls, Halted, Resumed, Track};
use serde::Deserialize;
use serde_json::json;
use shell::open;
use shell::operator_word::{OperatorWord, one_line};
use std::sync::Arc;
use web::{error_reply, shows_token};

/// A halt or a resume.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Act {
    /// None for both tracks.
    #[serde(default)]
    track: Option<Track>,
    #[serde(default)]
    why: String,
    /// Who does it.
    #[serde(default)]
    by: String,
}

/// `POST /api/halt`.
pub(super) async fn halt(
    State(dashboard): State<Arc<Dashboard>>,
    headers: HeaderMap,
    body: Result<String, StringRejection>,
) -> Response {
    act(dashboard, &headers, body, |track, reason| Controls::Halted(Halted { track, reason })).await
}

/// `POST /api/resume`.
pub(super) async fn resume(
    State(dashboard): State<Arc<Dashboard>>,
    headers: HeaderMap,
    body: Result<String, StringRejection>,
) -> Response {
    act(dashboard, &headers, body, |track, reason| Controls::Resumed(Resumed { track, reason }))
        .await
}

async fn act(
    dashboard: Arc<Dashboard>,
    headers: &HeaderMap,
    body: Result<String, StringRejection>,
    command: fn(Option<Track>, String) -> Controls,
) -> Response {
    if let Some((code, why)) = refusal(&dashboard, headers) {
        return error_reply(code, why);
    }
    let body = match body {
        Ok(body) => body,
        Err(rejected) => return error_reply(rejected.status(), &rejected.body_text()),
    };
    let act: Act = match serde_json::from_str(&body) {
        Ok(act) => act,
        Err(error) => return error_reply(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    answered(move || {
        let by = match act.by.trim() {
            "" => "page",
            by => by,
        };
        let word = OperatorWord::now(&format!("{by} (page)"));
        let offset =
            open::say_with(&*dashboard.log, command(act.track, one_line(&act.why)), &word, None)?;
        Ok(json!({ "run": dashboard.run.id, "offset": offset }))
    })
    .await
}

fn refusal(dashboard: &Dashboard, headers: &HeaderMap) -> Option<(StatusCode, &'static str)> {
    if !dashboard.acts {
        return Some((
            StatusCode::FORBIDDEN,
            "this page only reads; use `butterquant halt` or the page of the process that runs the roles",
        ));
    }
    if headers.get(CONTENT_TYPE).is_none_or(|kind| kind != "application/json") {
        return Some((StatusCode::UNSUPPORTED_MEDIA_TYPE, "send JSON, as application/json"));
    }
    let shown = dashboard.token.as_ref().is_none_or(|token| shows_token(headers, token));
    (!shown).then_some((
        StatusCode::FORBIDDEN,
        "show the token again for this, as Authorization: Bearer TOKEN or as X-ButterQuant-Token: TOKEN",
    ))
}
