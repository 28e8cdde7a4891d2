//! One request over a connection of its own, with or without TLS.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Where the API is.
#[derive(Clone)]
pub(super) struct Target {
    /// A name or an address, as resolvers and certificates have it: without brackets.
    host: String,
    port: u16,
    /// Host and port as the address has them.
    authority: String,
    /// Before the path of every request.
    prefix: String,
    tls: Option<TlsConnector>,
}

impl Target {
    /// Of `https://host`, `http://host:port` or `http://[::1]:port/prefix`.
    pub(super) fn of(api: &str) -> Result<Target, String> {
        let wrong = || format!("{api:?}: expected an address as https://atlas.ripe.net");
        let uri: http::Uri = api.parse().map_err(|_| wrong())?;
        let host = uri.host().ok_or_else(wrong)?;
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host).to_owned();
        let authority = uri.authority().ok_or_else(wrong)?.to_string();
        if uri.query().is_some() || authority.contains('@') {
            return Err(wrong());
        }
        let prefix = uri.path().trim_end_matches('/').to_owned();
        let (port, tls) = match uri.scheme_str() {
            Some("https") => (443, Some(connector().map_err(|error| error.to_string())?)),
            Some("http") => (80, None),
            _ => return Err(wrong()),
        };
        Ok(Target { port: uri.port_u16().unwrap_or(port), host, authority, prefix, tls })
    }

    /// The answer to a GET of `path`, its body still to come.
    pub(super) async fn get(&self, path: &str) -> Result<Response<Incoming>, String> {
        let tcp = TcpStream::connect((self.host.as_str(), self.port)).await;
        let tcp = tcp.map_err(|error| format!("cannot connect to {}: {error}", self.host))?;
        let Some(tls) = &self.tls else { return self.ask(tcp, path).await };
        let name = ServerName::try_from(self.host.clone()).map_err(|error| error.to_string())?;
        self.ask(tls.connect(name, tcp).await.map_err(|error| format!("TLS: {error}"))?, path).await
    }

    async fn ask(
        &self,
        io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        path: &str,
    ) -> Result<Response<Incoming>, String> {
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(io)).await.map_err(|error| error.to_string())?;
        // It ends with the answer, whose reader hears of what goes wrong.
        tokio::spawn(connection);
        let request = Request::get(format!("{}{path}", self.prefix))
            .header("host", &self.authority)
            .header("accept", "application/json");
        let request = request.body(Empty::<Bytes>::new()).map_err(|error| error.to_string())?;
        sender.send_request(request).await.map_err(|error| format!("no answer: {error}"))
    }
}

/// TLS 1.2 and 1.3 by the roots that Mozilla trusts.
fn connector() -> Result<TlsConnector, rustls::Error> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(api: &str) -> Option<(String, u16, String, String)> {
        Target::of(api).ok().map(|target| (target.host, target.port, target.authority, target.prefix))
    }

    #[test]
    fn an_address_may_be_of_ip_version_6_and_have_a_path() {
        let target = |host: &str, port, authority: &str, prefix: &str| {
            Some((host.to_owned(), port, authority.to_owned(), prefix.to_owned()))
        };
        assert_eq!(of("http://[::1]:8978"), target("::1", 8978, "[::1]:8978", ""));
        assert_eq!(of("https://[::1]/"), target("::1", 443, "[::1]", ""));
        assert_eq!(of("http://a.example/proxy/atlas/"), target("a.example", 80, "a.example", "/proxy/atlas"));
        for wrong in ["a.example", "ftp://a.example", "http://", "http://a.example/?key=1", "http://me@a.example"] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
