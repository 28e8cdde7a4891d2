//! The proxies under test, started alike and checked to do the same work before anything is measured.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::thread;

use crate::hosts::{Hosts, filled, get};
use crate::options::Options;
use crate::process::{self, Failure, Folder, Process};

const OUTRIDER: &str = include_str!("../../../../bench/proxy/outrider.yaml");
const NGINX: &str = include_str!("../../../../bench/proxy/nginx.conf");
/// The strategy of a pool that names none.
pub(crate) const DEFAULT: &str = "least_request";
const HAPROXY: &str = include_str!("../../../../bench/proxy/haproxy.cfg");

/// Which proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Outrider,
    Nginx,
    Haproxy,
}

/// A running proxy.
pub(crate) struct Subject {
    pub(crate) kind: Kind,
    /// What tables call it.
    pub(crate) name: String,
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
    _folder: Folder,
}

impl Kind {
    pub(crate) const ALL: [Kind; 3] = [Kind::Outrider, Kind::Nginx, Kind::Haproxy];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Outrider => "outrider",
            Kind::Nginx => "nginx",
            Kind::Haproxy => "haproxy",
        }
    }

    pub(crate) fn named(name: &str) -> Result<Kind, Failure> {
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name);
        kind.ok_or_else(|| format!("{name} is none of outrider, nginx, haproxy").into())
    }
}

impl Subject {
    /// Starts a proxy with one worker on a core of its own.
    pub(crate) fn start(kind: Kind, options: &Options, hosts: &Hosts) -> Result<Subject, Failure> {
        let subject = match kind {
            Kind::Outrider => Subject::outrider(options, hosts, 1, DEFAULT)?,
            Kind::Nginx | Kind::Haproxy => Subject::rival(kind, hosts)?,
        };
        subject.does_its_work()?;
        Ok(subject)
    }

    /// Every proxy that is asked for, each with one worker, all on the same core.
    pub(crate) fn all(options: &Options, hosts: &Hosts) -> Result<Vec<Subject>, Failure> {
        options.kinds.iter().map(|kind| Subject::start(*kind, options, hosts)).collect()
    }

    /// The binary under test with one worker, once for each strategy.
    pub(crate) fn strategies(options: &Options, hosts: &Hosts, strategies: &[&str]) -> Result<Vec<Subject>, Failure> {
        let start = |strategy: &&str| {
            let subject = Subject::outrider(options, hosts, 1, strategy)?;
            Ok(Subject { name: (*strategy).to_owned(), ..subject })
        };
        strategies.iter().map(start).collect()
    }

    /// The binary under test with so many workers.
    pub(crate) fn outrider(
        options: &Options,
        hosts: &Hosts,
        workers: usize,
        strategy: &str,
    ) -> Result<Subject, Failure> {
        let folder = Folder::new(&format!("outrider-{strategy}-{workers}"))?;
        let text = filled(OUTRIDER, &hosts.addresses, &folder).replace("@workers@", &workers.to_string());
        let text = text.replace("@strategy@", strategy);
        let config = folder.write("outrider.yaml", &text)?;
        let cores = if workers == 1 { process::cores().proxy } else { process::cores().proxy_of_two };
        let mut process = Process::start(cores, &options.binary, &["serve", "-c", &config], Stdio::piped())?;
        let address = listening(&mut process)?;
        Ok(Subject { kind: Kind::Outrider, name: Kind::Outrider.name().to_owned(), process, address, _folder: folder })
    }

    fn rival(kind: Kind, hosts: &Hosts) -> Result<Subject, Failure> {
        let folder = Folder::new(kind.name())?;
        let address = process::free_address()?;
        let template = if kind == Kind::Nginx { NGINX } else { HAPROXY };
        let text = filled(template, &hosts.addresses, &folder).replace("@listen@", &address.to_string());
        let (config, path) = (folder.write("config", &text)?, folder.path());
        let arguments = match kind {
            Kind::Nginx => vec!["-p", &path, "-c", &config],
            _ => vec!["-db", "-f", &config],
        };
        let cores = process::cores().proxy;
        let mut process = Process::start(cores, Path::new(kind.name()), &arguments, Stdio::null())?;
        process.listens(address)?;
        Ok(Subject { kind, name: kind.name().to_owned(), process, address, _folder: folder })
    }

    /// All forward the same fields, or the comparison means nothing.
    fn does_its_work(&self) -> Result<(), Failure> {
        let seen = get(self.address, "/seen")?;
        let fields: Vec<&str> = seen.trim_end().split('|').collect();
        match fields.as_slice() {
            ["127.0.0.1", "http", id, via, _] if !id.is_empty() && via.starts_with("1.1 ") => Ok(()),
            _ => Err(format!("{} forwards {seen}", self.kind.name()).into()),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

/// Waits for the listener's address, and keeps the pipe empty from then on.
fn listening(process: &mut Process) -> Result<SocketAddr, Failure> {
    let stderr = process.child().stderr.take().ok_or("stderr is piped")?;
    let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
    let mut address = None;
    let mut said = String::new();
    for line in lines.by_ref() {
        if let Some(told) = line.strip_prefix("outrider: listening on ") {
            address = Some(told.parse()?);
        }
        if line == "outrider: ready" {
            break;
        }
        said = line;
    }
    thread::spawn(move || lines.for_each(drop));
    address.ok_or_else(|| format!("outrider does not start: {said}").into())
}
