//! The client of a case: does its steps on one raw connection and tells what came back.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use crate::case::{Case, Outcome, Step, Then};
use crate::message::{self, Answer, Fault};

/// What the balancer must do without being asked it does within this.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long a connection that must be closed may stay open after its last answer.
const GRACE: Duration = Duration::from_millis(1000);

/// What a client saw.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Answers to the case, interim ones included.
    pub(crate) answers: Vec<Answer>,
    /// What no sender may write.
    pub(crate) fault: Option<Fault>,
    /// How the connection ended.
    pub(crate) end: End,
}

/// How a client's connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The balancer closed it.
    Closed,
    /// One more request on it was answered.
    Open,
    /// One more request on it was swallowed.
    Stuck,
    /// It became a tunnel.
    Tunnel,
}

/// Plays a case against a balancer.
pub(crate) fn play(case: &Case, balancer: SocketAddr) -> Seen {
    let mut line = Line::open(balancer, case.head);
    for step in &case.steps {
        line.take(step);
    }
    line.until(PATIENCE, |heard| heard.settled(case));
    let count = line.heard().answers().0.len();
    let end = line.end(case, count);
    let (mut answers, fault) = line.heard().answers();
    answers.truncate(count);
    Seen { answers, fault, end }
}

/// Asks for something ordinary on a connection of its own; the answer's status and body.
pub(crate) fn ask(balancer: SocketAddr, target: &str) -> Option<(u16, Vec<u8>)> {
    let mut line = Line::open(balancer, false);
    line.send(format!("GET {target} HTTP/1.1\r\nHost: {balancer}\r\nConnection: close\r\n\r\n").as_bytes());
    line.until(PATIENCE, |heard| heard.ended);
    let (answers, fault) = line.heard().answers();
    let [answer] = answers.as_slice() else { return None };
    (fault.is_none() && answer.body.whole).then(|| (answer.status, answer.body.bytes.clone()))
}

/// A connection whose answers are gathered while it is written to.
struct Line {
    stream: TcpStream,
    ear: Arc<(Mutex<Heard>, Condvar)>,
}

#[derive(Clone, Default)]
struct Heard {
    bytes: Vec<u8>,
    ended: bool,
    head: bool,
}

impl Line {
    fn open(balancer: SocketAddr, head: bool) -> Line {
        let stream = TcpStream::connect(balancer).expect("the balancer accepts");
        stream.set_nodelay(true).expect("a connected socket takes options");
        let ear = Arc::new((Mutex::new(Heard { head, ..Heard::default() }), Condvar::new()));
        let (reading, heard) = (stream.try_clone().expect("a socket can be cloned"), Arc::clone(&ear));
        thread::spawn(move || listen(reading, &heard));
        Line { stream, ear }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Send(bytes) => self.send(bytes),
            Step::Drip(bytes, pause) => self.drip(bytes, *pause),
            Step::Answered(count) => self.until(PATIENCE, |heard| heard.begun() >= *count || heard.ended),
            Step::Tunnelled(bytes) => self.until(PATIENCE, |heard| heard.bytes.ends_with(bytes) || heard.ended),
            Step::Pause(pause) => self.until(*pause, |heard| heard.ended),
            Step::HalfClose => drop(self.stream.shutdown(Shutdown::Write)),
        }
    }

    /// A balancer may hang up while it is sent to; what it answered is what counts.
    fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    fn drip(&mut self, bytes: &[u8], pause: Duration) {
        for byte in bytes {
            self.send(&[*byte]);
            self.until(pause, |heard| heard.ended);
            if self.heard().ended {
                return;
            }
        }
    }

    /// Waits until something has been heard.
    fn until(&self, limit: Duration, enough: impl Fn(&Heard) -> bool) {
        let (heard, news) = &*self.ear;
        let guard = heard.lock().expect("no holder panics");
        drop(news.wait_timeout_while(guard, limit, |heard| !enough(heard)).expect("no holder panics"));
    }

    fn heard(&self) -> Heard {
        self.ear.0.lock().expect("no holder panics").clone()
    }

    /// Finds out whether the connection is closed, by waiting where it should be and by asking where not.
    fn end(&mut self, case: &Case, count: usize) -> End {
        let heard = self.heard();
        if heard.answers().0.last().is_some_and(|answer| answer.status == 101) {
            return End::Tunnel;
        }
        if case.right.iter().all(|outcome| outcome.then == Then::Closes) {
            self.until(GRACE, |heard| heard.ended);
        }
        self.send(b"GET /again HTTP/1.1\r\nHost: wire.test\r\n\r\n");
        self.until(PATIENCE, |heard| heard.ended || heard.whole() > count);
        match self.heard() {
            heard if heard.answers().0.len() > count => End::Open,
            heard if heard.ended => End::Closed,
            _ => End::Stuck,
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

fn listen(mut stream: TcpStream, ear: &(Mutex<Heard>, Condvar)) {
    let mut buffer = [0; 16 * 1024];
    loop {
        let read = stream.read(&mut buffer);
        let mut heard = ear.0.lock().expect("no holder panics");
        match read {
            Ok(n) if n > 0 => heard.bytes.extend_from_slice(&buffer[..n]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            _ => heard.ended = true,
        }
        ear.1.notify_all();
        if heard.ended {
            return;
        }
    }
}

impl Heard {
    /// The answers so far, and what is wrong with the rest.
    fn answers(&self) -> (Vec<Answer>, Option<Fault>) {
        let (mut answers, mut at) = (Vec::new(), 0);
        while at < self.bytes.len() {
            let bodiless = self.head && !answers.iter().any(|answer: &Answer| answer.status >= 200);
            match message::answer(&self.bytes[at..], bodiless, self.ended) {
                Ok(Some((answer, used))) => {
                    at += used;
                    answers.push(answer);
                }
                Ok(None) => return (answers, self.ended.then(|| "half a head".to_owned())),
                Err(fault) => return (answers, Some(fault)),
            }
            if answers.last().is_some_and(|answer| answer.status == 101) {
                break;
            }
        }
        (answers, None)
    }

    fn begun(&self) -> usize {
        self.answers().0.len()
    }

    fn whole(&self) -> usize {
        self.answers().0.iter().filter(|answer| answer.body.whole).count()
    }

    /// Whether nothing more is to be expected without asking.
    fn settled(&self, case: &Case) -> bool {
        let (answers, fault) = self.answers();
        let more = case.right.iter().any(|outcome| goes_on(outcome, &answers));
        let whole = answers.last().is_none_or(|answer| answer.body.whole);
        self.ended || fault.is_some() || (!more && whole && !answers.is_empty())
    }
}

/// Whether more answers would still be this outcome.
fn goes_on(outcome: &Outcome, answers: &[Answer]) -> bool {
    let mut pairs = outcome.answers.iter().zip(answers);
    outcome.answers.len() > answers.len() && pairs.all(|(right, answer)| right.status == answer.status)
}
