//! `outrider lab fault`: breaks or mends a host of a demo that is held up.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use thiserror::Error;

use crate::demo::USUAL_DOOR;
use crate::{FaultError, ScriptedFault, parse_span};

/// Break or mend a simulated host of a demo that runs with --hold
#[derive(Clone, Debug, clap::Args)]
pub struct FaultArgs {
    /// Which host, from 0
    #[arg(long)]
    pub host: usize,
    /// What is wrong with it: slow, hang, refuse, fail_fast, flap, die, or recover
    #[arg(long)]
    pub kind: String,
    /// For how long; left out: until told otherwise
    #[arg(long = "for", value_name = "TIME", value_parser = parse_span)]
    pub lasts: Option<Duration>,
    /// How many times slower, with slow
    #[arg(long)]
    pub factor: Option<f64>,
    /// From going away to going away, with flap
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    pub period: Option<Duration>,
    /// The address that the demo printed
    #[arg(long, default_value_t = USUAL_DOOR)]
    pub at: SocketAddr,
}

/// Why nothing has happened to the host.
#[derive(Debug, Error)]
pub enum SendFaultError {
    /// Not a fault.
    #[error(transparent)]
    Fault(#[from] FaultError),
    /// Nobody is there.
    #[error("no demo is held up at {address}: {source}; start one with `outrider demo --hold`, it prints its address")]
    Nobody {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// It was refused.
    #[error("{0}")]
    Refused(String),
}

const PATIENCE: Duration = Duration::from_secs(10);
const ANSWER_BYTES_MAX: u64 = 1 << 16;

/// Sends the fault and prints what was done.
///
/// # Errors
/// When it is no fault, nobody listens, or it is refused there.
pub fn send_fault(args: &FaultArgs) -> Result<(), SendFaultError> {
    let line = line(args)?;
    let nobody = |source| SendFaultError::Nobody { address: args.at, source };
    let answer = post(args.at, &line).map_err(nobody)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or(("", &answer));
    if !head.starts_with("HTTP/1.1 200") {
        return Err(SendFaultError::Refused(body.trim().to_owned()));
    }
    super::printer().write_all(body.as_bytes()).map_err(nobody)
}

/// The line that says so, checked before it is sent.
fn line(args: &FaultArgs) -> Result<String, FaultError> {
    let ms = |time: Duration| format!("{}ms", time.as_millis());
    let mut text = format!("host={},kind={}", args.host, args.kind);
    text.extend(args.factor.map(|factor| format!(",factor={factor}")));
    text.extend(args.period.map(|period| format!(",period={}", ms(period))));
    text.extend(args.lasts.map(|lasts| format!(",for={}", ms(lasts))));
    text.parse::<ScriptedFault>()?;
    Ok(text)
}

fn post(address: SocketAddr, line: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "POST /fault HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{line}",
        line.len()
    )?;
    let mut answer = String::new();
    stream.take(ANSWER_BYTES_MAX).read_to_string(&mut answer)?;
    Ok(answer)
}
