//! Admission: which callers the HTTP side serves. A request is admitted once it is whole.

use crate::connections::Caller;
use crate::error_reply::error_reply;
use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{
    AUTHORIZATION, CONNECTION, HOST, HeaderMap, HeaderValue, WWW_AUTHENTICATE,
};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::{Extension, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::net::IpAddr;
use std::sync::Arc;
use subtle::ConstantTimeEq;

type Token = Option<Arc<str>>;

/// The largest request: a publish of a whole day of bars with room to spare. Routes may set less.
const MAX_BODY: usize = 64 << 20;

/// The same routes, served only to callers that show the token or, without a token, to requests
/// that name this machine.
pub(crate) fn guarded(router: Router, token: Option<String>) -> Router {
    let token: Token = token.map(Arc::from);
    router.layer(from_fn_with_state(token, admit))
}

async fn admit(
    State(token): State<Token>,
    Extension(caller): Extension<Caller>,
    request: Request,
    next: Next,
) -> Response {
    if let Some((code, why)) = refusal(token.as_deref(), &request) {
        return closing(code, why);
    }
    let request = match whole(request, &caller).await {
        Ok(request) => request,
        Err((code, why)) => return closing(code, why),
    };
    match caller.answered() {
        Some(_answering) => next.run(request).await,
        None => closing(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many requests are being answered at once; try again",
        ),
    }
}

/// An error after which the connection is closed.
fn closing(code: StatusCode, why: &str) -> Response {
    let mut reply = error_reply(code, why);
    reply.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    if code == StatusCode::UNAUTHORIZED {
        // A browser asks its user for a password then.
        let asks = HeaderValue::from_static(
            "Basic realm=\"ButterQuant: any user, the token as password\"",
        );
        reply.headers_mut().insert(WWW_AUTHENTICATE, asks);
    }
    reply
}

/// The request with its whole body.
async fn whole(request: Request, caller: &Caller) -> Result<Request, (StatusCode, &'static str)> {
    if request.body().is_end_stream() {
        return Ok(request);
    }
    if request.body().size_hint().lower() > MAX_BODY as u64 {
        return Err((StatusCode::PAYLOAD_TOO_LARGE, "a body has 64 MiB at most"));
    }
    let (parts, body) = request.into_parts();
    match tokio::time::timeout(caller.bounds().body, to_bytes(body, MAX_BODY)).await {
        Ok(Ok(bytes)) => Ok(Request::from_parts(parts, Body::from(bytes))),
        Ok(Err(_)) => Err((
            StatusCode::PAYLOAD_TOO_LARGE,
            "a body has 64 MiB at most, and what its length says",
        )),
        Err(_) => Err((StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time")),
    }
}

fn refusal(token: Option<&str>, request: &Request) -> Option<(StatusCode, &'static str)> {
    let header = |name| {
        request.headers().get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok())
    };
    match token {
        Some(token) => {
            let authorized = header(AUTHORIZATION).is_some_and(|value| shows(value, token));
            (!authorized).then_some((
                StatusCode::UNAUTHORIZED,
                "show the token as Authorization: Bearer TOKEN, or as the password of any user",
            ))
        }
        None => {
            let here = header(HOST).is_some_and(names_this_machine);
            (!here).then_some((
                StatusCode::FORBIDDEN,
                "without a token only 127.0.0.1 and localhost are served",
            ))
        }
    }
}

/// Whether the header shows the token, as a bearer token or as a password: clients of schema
/// registries can only send a password.
fn shows(authorization: &str, token: &str) -> bool {
    if let Some(shown) = authorization.strip_prefix("Bearer ") {
        return same(shown, token);
    }
    let pair = authorization.strip_prefix("Basic ").and_then(|text| STANDARD.decode(text).ok());
    let pair = pair.and_then(|bytes| String::from_utf8(bytes).ok());
    pair.as_deref()
        .and_then(|pair| pair.split_once(':'))
        .is_some_and(|(_, password)| same(password, token))
}

/// The header in which a page shows the token again for what must not be done by accident or by another page.
const TOKEN_HEADER: &str = "x-butterquant-token";

/// Whether the request itself shows `token`: as a bearer token, or in `X-ButterQuant-Token`. Browsers keep passwords and send
/// them unasked, also for a page that somebody else has made, but never these.
pub fn shows_token(headers: &HeaderMap, token: &str) -> bool {
    let text = |value: &HeaderValue| value.to_str().map(str::to_owned).ok();
    let bearer = headers.get(AUTHORIZATION).and_then(text);
    let bearer = bearer.as_deref().and_then(|shown| shown.strip_prefix("Bearer "));
    let header = headers.get(TOKEN_HEADER).and_then(text);
    bearer.is_some_and(|shown| same(shown, token))
        || header.is_some_and(|shown| same(&shown, token))
}

/// Compares in constant time, so that the time taken reveals nothing about the token.
fn same(shown: &str, token: &str) -> bool {
    shown.as_bytes().ct_eq(token.as_bytes()).into()
}

/// Whether `host`, the value of a Host header, names this machine.
fn names_this_machine(host: &str) -> bool {
    let name = host
        .rsplit_once(':')
        .map_or(host, |(name, port)| if port.ends_with(']') { host } else { name });
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_are_this_machine() {
        for (host, here) in [
            ("127.0.0.1:1", true),
            ("[::1]:1", true),
            ("[::1]", true),
            ("localhost", true),
            ("10.0.0.1", false),
            ("a.b:1", false),
        ] {
            assert_eq!(names_this_machine(host), here, "{host}");
        }
    }
}
