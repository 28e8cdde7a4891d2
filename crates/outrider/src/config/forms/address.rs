//! Addresses: where to listen, where hosts are, which networks to trust.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use crate::config::forms::{Flaw, Form, refuse_if};

/// Where the process listens.
pub(crate) const LISTEN_ADDRESS: Form = Form {
    what: "address",
    expected: "an IP address with a port, such as `127.0.0.1:8080` or `\"[::]:8080\"`",
    pattern: "^[0-9A-Fa-f.:\\[\\]]+:[0-9]{1,5}$",
    max_chars: 64,
    check: |text| parse_listen_address(text).map(drop),
};

/// A host whose address is known.
pub(crate) const HOST_ADDRESS: Form = Form {
    what: "address",
    expected: "an IP address with a port, such as `10.0.0.1:8080` or `\"[fd00::1]:8080\"`",
    pattern: "^[0-9A-Fa-f.:\\[\\]]+:[0-9]{1,5}$",
    max_chars: 64,
    check: |text| parse_host_address(text).map(drop),
};

/// A host in short form: an address, or a name to resolve.
pub(crate) const HOST: Form = Form {
    what: "address or DNS name, with a port",
    expected: "an address or a DNS name with a port, such as `10.0.0.1:8080` or `api.internal:8080`",
    pattern: "^[0-9A-Za-z.:_\\[\\]-]+:[0-9]{1,5}$",
    max_chars: 260,
    check: |text| parse_host(text).map(drop),
};

/// A name to resolve.
pub(crate) const DNS_NAME: Form = Form {
    what: "DNS name",
    expected: "a DNS name such as `api.internal`",
    pattern: "^[0-9A-Za-z._-]+$",
    max_chars: 254,
    check: check_dns_name,
};

/// A network, or a single address.
pub(crate) const NETWORK: Form = Form {
    what: "network",
    expected: "a network such as `10.0.0.0/8`, or one address",
    pattern: "^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$",
    max_chars: 64,
    check: |text| parse_network(text).map(drop),
};

/// What a host's address turns out to be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum HostAddress {
    /// An IP address and a port.
    Ip(SocketAddr),
    /// A name to resolve, and a port. Names are in lower case and without a final dot.
    Dns(String, u16),
}

/// An address to listen on; port 0 lets the system choose.
///
/// # Errors
/// The flaw, with the port or the address put in where it is missing.
pub(crate) fn parse_listen_address(text: &str) -> Result<SocketAddr, Flaw> {
    text.parse().map_err(|_| listen_flaw(text))
}

fn listen_flaw(text: &str) -> Flaw {
    let any = text.strip_prefix('*').unwrap_or(text).strip_prefix(':');
    if let Ok(port) = any.unwrap_or(text).parse::<u16>() {
        let ip = if any.is_some() { "0.0.0.0" } else { "127.0.0.1" };
        return Flaw::because("a port without an IP address").write(format_args!("{ip}:{port}"));
    }
    if let Some(("localhost", port)) = text.rsplit_once(':')
        && let Ok(port) = port.parse::<u16>()
    {
        return Flaw::because("a name").write(format_args!("127.0.0.1:{port}"));
    }
    missing_port(text).unwrap_or_else(|| scheme(text, |rest| parse_listen_address(rest).is_ok()))
}

/// The address of a host: requests can be sent to it.
///
/// # Errors
/// The flaw, with what is missing put in.
fn parse_host_address(text: &str) -> Result<SocketAddr, Flaw> {
    let named = || Flaw::because("a DNS name").hint("use the keys `dns` and `port`");
    match parse_host(text) {
        Ok(HostAddress::Ip(address)) => Ok(address),
        Ok(HostAddress::Dns(..)) => Err(named()),
        Err(_) if check_dns_name(text).is_ok() => Err(named()),
        Err(_) if text.contains("://") => Err(scheme(text, |rest| parse_host_address(rest).is_ok())),
        Err(flaw) => Err(flaw),
    }
}

/// A host in short form.
///
/// # Errors
/// The flaw, with the port put in where it is missing.
pub(crate) fn parse_host(text: &str) -> Result<HostAddress, Flaw> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return reachable(address).map(HostAddress::Ip);
    }
    if text.contains("://") {
        return Err(scheme(text, |rest| parse_host(rest).is_ok()));
    }
    if let Some(flaw) = missing_port(text) {
        return Err(flaw);
    }
    let (name, port) = text.rsplit_once(':').ok_or_else(|| without_port(text))?;
    check_dns_name(name)?;
    match port.parse::<u16>() {
        Ok(port) if port > 0 => Ok(HostAddress::Dns(canonical_name(name), port)),
        _ => Err(Flaw::because("without a port from 1 to 65535")),
    }
}

/// A DNS name as it is compared: in lower case and without a final dot.
fn canonical_name(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

fn reachable(address: SocketAddr) -> Result<SocketAddr, Flaw> {
    if address.port() == 0 {
        return Err(Flaw::because("an address with port 0"));
    }
    if address.ip().is_unspecified() {
        let loopback = format!("127.0.0.1:{}", address.port());
        return Err(Flaw::because("an address to listen on, not one to send to").write(loopback));
    }
    if address.ip().is_multicast() {
        return Err(Flaw::because("a multicast address"));
    }
    Ok(address)
}

fn missing_port(text: &str) -> Option<Flaw> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let ip = bare.parse::<IpAddr>().ok()?;
    let ip = if ip.is_unspecified() { "127.0.0.1".parse().ok()? } else { ip };
    let flaw = Flaw::because("an IP address without a port");
    Some(match ip.is_multicast() {
        true => flaw,
        false => flaw.write(SocketAddr::new(ip, 8080)),
    })
}

fn without_port(text: &str) -> Flaw {
    let flaw = Flaw::because("without a port");
    match check_dns_name(text) {
        Ok(()) => flaw.write(format_args!("{}:8080", text.trim_end_matches('.'))),
        Err(_) => flaw,
    }
}

/// For a URL, what is left without its scheme and path.
fn scheme(text: &str, accepted: impl Fn(&str) -> bool) -> Flaw {
    let Some((_, rest)) = text.split_once("://") else {
        return Flaw::PLAIN;
    };
    let authority = rest.split('/').next().unwrap_or_default();
    let flaw = Flaw::because("a URL");
    if accepted(authority) { flaw.write(authority) } else { flaw }
}

/// Labels of letters, digits, `-` and `_` (which service discovery uses), at most 63 long and 253 together. The last one
/// is not a number: that would be an IP address with a slip in it.
pub(crate) fn check_dns_name(text: &str) -> Result<(), Flaw> {
    let name = text.strip_suffix('.').unwrap_or(text);
    let sound = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    refuse_if(name.len() > 253 || !name.split('.').all(sound))?;
    let last = name.rsplit('.').next().unwrap_or_default();
    if last.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Flaw::because("neither an IP address nor a name"));
    }
    Ok(())
}

/// A network in CIDR notation, or one address as the network of itself.
///
/// # Errors
/// The flaw; bits beyond the prefix are one, for somebody meant either the network or the address.
pub(crate) fn parse_network(text: &str) -> Result<IpNet, Flaw> {
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Ok(IpNet::from(ip));
    }
    let network: IpNet = text.parse().map_err(|_| network_flaw(text))?;
    if network.trunc() != network {
        return Err(Flaw::because("with bits set beyond its prefix").write(network.trunc()));
    }
    Ok(network)
}

fn network_flaw(text: &str) -> Flaw {
    match text.split_once('/') {
        Some((ip, _)) if ip.parse::<IpAddr>().is_ok() => Flaw::because("with a prefix that is too long"),
        _ => Flaw::PLAIN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint<T: std::fmt::Debug>(result: Result<T, Flaw>) -> String {
        let flaw = result.unwrap_err();
        flaw.instead.or(flaw.why).unwrap_or_default()
    }

    #[test]
    fn addresses_to_listen_on() {
        for good in ["127.0.0.1:8080", "0.0.0.0:0", "[::1]:80", "[::]:443"] {
            assert!(parse_listen_address(good).is_ok(), "{good}");
        }
        let table = [
            ("8080", "127.0.0.1:8080"),
            (":8080", "0.0.0.0:8080"),
            ("*:8080", "0.0.0.0:8080"),
            ("localhost:8080", "127.0.0.1:8080"),
            ("10.0.0.1", "10.0.0.1:8080"),
            ("::1", "[::1]:8080"),
            ("http://10.0.0.1:80/", "10.0.0.1:80"),
            ("10.0.0.1:70000", ""),
        ];
        for (text, expected) in table {
            assert_eq!(hint(parse_listen_address(text)), expected, "{text}");
        }
    }

    #[test]
    fn hosts_are_addresses_or_names() {
        let ip = |text: &str| HostAddress::Ip(text.parse().unwrap());
        let dns = |name: &str, port| HostAddress::Dns(name.to_owned(), port);
        let table = [
            ("10.0.0.1:80", ip("10.0.0.1:80")),
            ("[fd00::1]:80", ip("[fd00::1]:80")),
            ("api.internal:8080", dns("api.internal", 8080)),
            ("API_v2.Internal.:1", dns("api_v2.internal", 1)),
            ("localhost:9101", dns("localhost", 9101)),
        ];
        for (text, host) in table {
            assert_eq!(parse_host(text), Ok(host), "{text}");
        }
    }

    #[test]
    fn hosts_that_cannot_be_reached() {
        let table = [
            ("10.0.0.1", "10.0.0.1:8080"),
            ("api.internal", "api.internal:8080"),
            ("http://api.internal:8080/v1", "api.internal:8080"),
            ("http://api.internal", "a URL"),
            ("0.0.0.0:9000", "127.0.0.1:9000"),
            ("10.0.0.1:0", "an address with port 0"),
            ("10.0.0.999:80", "neither an IP address nor a name"),
            ("api:0", "without a port from 1 to 65535"),
            ("api:http", "without a port from 1 to 65535"),
            ("224.0.0.1:80", "a multicast address"),
            ("-x:80", ""),
            ("", "without a port"),
        ];
        for (text, expected) in table {
            assert_eq!(hint(parse_host(text)), expected, "{text}");
        }
    }

    #[test]
    fn networks_mean_what_they_say() {
        let net = |text: &str| text.parse::<IpNet>().unwrap();
        assert_eq!(parse_network("10.0.0.0/8"), Ok(net("10.0.0.0/8")));
        assert_eq!(parse_network("10.1.2.3"), Ok(net("10.1.2.3/32")));
        assert_eq!(parse_network("fd00::/8"), Ok(net("fd00::/8")));
        assert_eq!(hint(parse_network("10.1.2.3/8")), "10.0.0.0/8");
        assert_eq!(hint(parse_network("10.0.0.0/33")), "with a prefix that is too long");
        assert_eq!(hint(parse_network("everyone")), "");
    }
}
