//! Addresses of other processes, as keys hold them: each says what is wrong with it.

const PORT: &str = "a port is a whole number from 1 to 65535";
const NO_HOST: &str = "there is no host before the port";

/// What is wrong with `host:port`.
fn fault(address: &str) -> Option<&'static str> {
    let (host, port) = address.rsplit_once(':')?;
    match port.parse::<u16>() {
        _ if host.is_empty() => Some(NO_HOST),
        Ok(1..) => None,
        _ => Some(PORT),
    }
}

/// What is wrong with a list of Kafka's brokers; each may have a protocol before it, and no port.
pub(super) fn brokers_fault(list: &str) -> Option<&'static str> {
    list.split(',').find_map(|address| {
        let address = address.trim();
        let address = address.split_once("://").map_or(address, |(_, address)| address);
        if address.is_empty() { Some("an address is empty") } else { fault(address) }
    })
}

/// What is wrong with the place of live orders.
pub(super) fn paper_fault(broker: &str) -> Option<&'static str> {
    match broker.strip_prefix("paper:") {
        Some(address) if address.contains(':') => fault(address),
        Some(_) => Some("there is no port"),
        None => (broker != "paper").then_some("there is no such broker"),
    }
}

const NO_SCHEME: &str = "it does not begin with http://";

/// What stands behind the scheme of an HTTP address.
fn after_scheme(url: &str) -> Option<&str> {
    ["http://", "https://"].iter().find_map(|scheme| url.strip_prefix(scheme))
}

/// What is wrong with an HTTP address; an empty one is none.
pub(super) fn endpoint_fault(endpoint: &str) -> Option<&'static str> {
    if endpoint.is_empty() {
        return None;
    }
    let Some(after) = after_scheme(endpoint) else { return Some(NO_SCHEME) };
    match after.trim_end_matches('/') {
        "" => Some(NO_HOST),
        host if host.contains('/') => Some("it has a path"),
        host => fault(host),
    }
}

/// What is wrong with an HTTP address that may have a path; an empty one is none.
pub(super) fn http_fault(url: &str) -> Option<&'static str> {
    match after_scheme(url) {
        _ if url.is_empty() => None,
        None => Some(NO_SCHEME),
        Some(after) if after.starts_with('/') || after.is_empty() => Some(NO_HOST),
        Some(_) => registry_fault(url),
    }
}

/// What is wrong with the host and port of a schema registry, whose address may have a user before and a path behind.
pub(super) fn registry_fault(url: &str) -> Option<&'static str> {
    let (_, after) = url.split_once("://")?;
    let authority = after.split('/').next().unwrap_or_default();
    let address = authority.rsplit_once('@').map_or(authority, |(_, address)| address);
    if address.is_empty() { Some(NO_HOST) } else { fault(address) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_host_and_a_port_that_exists() {
        for list in ["127.0.0.1:9092", "a:1, b:65535", "SASL_SSL://a:9093", "a", "[::1]:9092"] {
            assert_eq!(brokers_fault(list), None, "{list}");
        }
        for (list, says) in
            [("", "empty"), ("a:1,", "empty"), ("a:0", PORT), ("a:x", PORT), (":1", NO_HOST)]
        {
            assert!(brokers_fault(list).unwrap().contains(says), "{list}");
        }
        assert_eq!((paper_fault("paper"), paper_fault("paper:127.0.0.1:4002")), (None, None));
        for broker in ["", "ibkr", "paper:", "paper:here", "paper:here:70000", "paper::1"] {
            assert!(paper_fault(broker).is_some(), "{broker}");
        }
        for endpoint in ["", "http://host:8080", "http://host:8080/", "https://host"] {
            assert_eq!(endpoint_fault(endpoint), None, "{endpoint}");
        }
        for url in ["", "http://h:8081", "https://u:p@h:8081/ccompat/v7", "http://h"] {
            assert_eq!(registry_fault(url), None, "{url}");
        }
        for url in ["http://h:99999", "http://u:p@h:0/x", "http://", "http:///x"] {
            assert!(registry_fault(url).is_some(), "{url}");
        }
        for endpoint in ["host:8080", "http://", "http://h:0", "http://h:1/x", "ftp://h"] {
            assert!(endpoint_fault(endpoint).is_some(), "{endpoint}");
        }
    }
}
