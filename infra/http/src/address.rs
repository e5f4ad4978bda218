//! Listen addresses and the rules for them.

use anyhow::{Context, Result, bail};
use std::net::{SocketAddr, TcpListener};

/// Parses an address to listen on; `name` is the setting or flag that holds it.
///
/// # Errors
/// The text is not an address.
pub fn parse_address(name: &str, listen: &str) -> Result<SocketAddr> {
    let numeric = listen.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    numeric
        .as_deref()
        .unwrap_or(listen)
        .parse()
        .with_context(|| format!("{name} {listen:?} is not an address; write it as 127.0.0.1:8080"))
}

/// Parses an address to listen on and checks that it is safe to do so.
///
/// # Errors
/// The text is not an address, or other machines can reach it and there is no token.
pub fn listen_address(name: &str, listen: &str, token: Option<&str>) -> Result<SocketAddr> {
    let address = parse_address(name, listen)?;
    if !address.ip().is_loopback() && token.is_none() {
        bail!(
            "{name} {listen:?} lets other machines in; set `token` as well (best as BUTTERQUANT_TOKEN), or listen on 127.0.0.1"
        );
    }
    if token.is_some_and(|token| !token.chars().all(|c| c.is_ascii_graphic())) {
        bail!("token: only visible ASCII characters are allowed, because it travels in a header");
    }
    Ok(address)
}

/// Checks that an address can be listened on now, for who has something else to do first.
///
/// # Errors
/// As for [`listen_address`], or another process listens there.
pub fn can_listen(name: &str, listen: &str, token: Option<&str>) -> Result<()> {
    bind(name, listen_address(name, listen, token)?).map(drop)
}

/// Listens on the address that the setting or flag `name` holds.
pub(crate) fn bind(name: &str, address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).with_context(|| {
        format!("cannot listen on {address}; choose another address with `{name}`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listening_beyond_this_machine_needs_a_token() {
        assert!(
            listen_address("listen", "0.0.0.0:80", None).unwrap_err().to_string().contains("token")
        );
        assert!(listen_address("listen", "0.0.0.0:80", Some("t")).is_ok());
        assert!(listen_address("listen", "0.0.0.0:80", Some("t t")).is_err());
        assert!(listen_address("listen", "localhost:0", None).unwrap().ip().is_loopback());
        assert!(listen_address("listen", "[::1]:0", None).is_ok());
        assert!(listen_address("listen", "here", None).unwrap_err().to_string().contains("here"));
    }
}
