//! A host of large and streamed bodies: plain threads, constant memory.
//!
//! `GET /bytes/N` answers N bytes with a length, `GET /chunks/N` the same in chunks; anything else answers how many
//! body bytes came, as `METHOD N`.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

static PIECE: [u8; 64 * 1024] = [b'x'; 64 * 1024];

/// Starts one. Its threads end with their connections.
pub(crate) fn start() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("a bound listener has an address");
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || serve(&stream));
        }
    });
    address
}

struct Request {
    method: String,
    target: String,
    length: u64,
    chunked: bool,
    expects: bool,
}

fn serve(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::with_capacity(64 * 1024, stream);
    while let Some(request) = head(&mut reader)? {
        if request.expects {
            (&*stream).write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let count = if request.chunked { skip_chunks(&mut reader)? } else { skip(&mut reader, request.length)? };
        answer(stream, &request, count)?;
    }
    Ok(())
}

fn head(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
    let first = line(reader)?;
    let mut words = first.split(' ').map(str::to_owned);
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(None) };
    let mut request = Request { method, target, length: 0, chunked: false, expects: false };
    loop {
        let field = line(reader)?.to_ascii_lowercase();
        let Some((name, value)) = field.split_once(':') else { return Ok(Some(request)) };
        match name {
            "content-length" => request.length = value.trim().parse().map_err(io::Error::other)?,
            "transfer-encoding" => request.chunked = true,
            "expect" => request.expects = true,
            _ => {}
        }
    }
}

fn line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

fn skip(reader: &mut impl Read, length: u64) -> io::Result<u64> {
    io::copy(&mut reader.take(length), &mut io::sink())
}

fn skip_chunks(reader: &mut impl BufRead) -> io::Result<u64> {
    let mut count = 0;
    loop {
        let size = u64::from_str_radix(&line(reader)?, 16).map_err(io::Error::other)?;
        count += skip(reader, size)?;
        line(reader)?;
        if size == 0 {
            return Ok(count);
        }
    }
}

fn answer(mut stream: &TcpStream, request: &Request, count: u64) -> io::Result<()> {
    let asked = |prefix| request.target.strip_prefix(prefix).and_then(|n| n.parse::<u64>().ok());
    if let Some(length) = asked("/bytes/") {
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n")?;
        return if request.method == "HEAD" { Ok(()) } else { pour(stream, length, false) };
    }
    if let Some(length) = asked("/chunks/") {
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        pour(stream, length, true)?;
        return stream.write_all(b"0\r\n\r\n");
    }
    let body = format!("{} {count}", request.method);
    stream.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes())
}

fn pour(mut stream: &TcpStream, mut left: u64, chunked: bool) -> io::Result<()> {
    while left > 0 {
        let size = left.min(PIECE.len() as u64);
        let piece = PIECE.get(..usize::try_from(size).unwrap_or(PIECE.len())).unwrap_or(&PIECE);
        if chunked {
            write!(stream, "{size:x}\r\n")?;
        }
        stream.write_all(piece)?;
        if chunked {
            stream.write_all(b"\r\n")?;
        }
        left -= size;
    }
    Ok(())
}
