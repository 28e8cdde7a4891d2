//! The admin API: where it listens and who may change things.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use outrider_proxy::settings::Listener;

use crate::config::forms::parse_listen_address;
use crate::config::lower::Lowering;
use crate::config::source;
use crate::config::written::Written;

/// Where the admin API listens, where nothing is said.
pub(crate) const ADMIN_ADDRESS: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 9901));

/// The environment variable that may hold the token.
pub(crate) const TOKEN_VARIABLE: &str = "OUTRIDER_ADMIN_TOKEN";

/// Characters that a token must have: 16 of base64 are 96 bits.
const TOKEN_MIN: usize = 16;

/// Characters that it may have.
const TOKEN_MAX: usize = 512;

/// What the admin API is told to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AdminSettings {
    /// Where it listens; loopback unless the configuration insists.
    pub(crate) address: SocketAddr,
    /// What changes need; none: they are refused.
    pub(crate) token: Option<Token>,
}

/// A secret, kept out of debug output.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(String);

impl Token {
    fn parse(text: &str) -> Result<Token, String> {
        let text = text.trim();
        let length = text.chars().count();
        if !(TOKEN_MIN..=TOKEN_MAX).contains(&length) {
            return Err(format!("has {length} characters"));
        }
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err("has spaces or characters beyond ASCII".to_owned());
        }
        Ok(Token(text.to_owned()))
    }

    /// The secret itself.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

impl Lowering<'_> {
    pub(super) fn admin(&mut self, written: &Written, listeners: &[Listener]) -> AdminSettings {
        let address = written.text("address").and_then(|text| parse_listen_address(text).ok());
        let settings = AdminSettings { address: address.unwrap_or(ADMIN_ADDRESS), token: self.token(written) };
        self.is_guarded(written, &settings);
        self.is_free(written, settings.address, listeners);
        settings
    }

    /// The file goes before the environment.
    fn token(&mut self, written: &Written) -> Option<Token> {
        let (place, text, whence) = match (written.get("token_file"), written.text("token_file")) {
            (Some(value), Some(file)) => {
                let path = self.path(file);
                let whence = format!("the token file `{}`", path.display());
                match source::read(&path) {
                    Ok(text) => (value.place, text, whence),
                    Err(unreadable) => {
                        self.wrong(value.place, format!("{whence} {unreadable}"), "a file that holds a token", None);
                        return None;
                    }
                }
            }
            _ => (written.place, self.around.admin_token.clone()?, format!("the token in `{TOKEN_VARIABLE}`")),
        };
        let token = Token::parse(&text);
        let hint = "for example `openssl rand -hex 32 > admin-token`".to_owned();
        token.map_err(|why| self.wrong(place, format!("{whence} {why}"), "16 to 512 visible characters", hint)).ok()
    }

    fn is_guarded(&mut self, written: &Written, settings: &AdminSettings) {
        let Some(value) = written.get("address").filter(|_| !settings.address.ip().is_loopback()) else {
            return;
        };
        let address = settings.address;
        let wrong = format!("the admin API on `{address}` can be reached from elsewhere");
        let local = format!("write `127.0.0.1:{}`, or set `allow_remote: true` and a token", address.port());
        if written.bool("allow_remote") != Some(true) {
            self.wrong(value.place, wrong, "a loopback address", local);
        } else if settings.token.is_none() && written.get("token_file").is_none() {
            let hint = format!("set `token_file`, or `{TOKEN_VARIABLE}` in the environment");
            self.wrong(value.place, format!("{wrong} without a token"), "a token", hint);
        }
    }

    fn is_free(&mut self, written: &Written, address: SocketAddr, listeners: &[Listener]) {
        let place = written.get("address").map_or(written.place, |value| value.place);
        if let Some(listener) = listeners.iter().find(|listener| collide(listener.address, address)) {
            let wrong = format!("the admin API on `{address}` collides with the listener `{}`", listener.address);
            self.wrong(place, wrong, "an address of its own", None);
        }
    }
}

/// Whether two sockets cannot both listen.
fn collide(a: SocketAddr, b: SocketAddr) -> bool {
    let any = a.ip().is_unspecified() || b.ip().is_unspecified();
    a.port() != 0 && a.port() == b.port() && (a.ip() == b.ip() || any)
}
