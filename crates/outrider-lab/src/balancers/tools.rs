//! The programs that are needed, where they are, and which version they say they have.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::contender::Kind;

/// How to start Outrider; the path of its configuration comes last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalancerCommand {
    /// The program.
    pub program: PathBuf,
    /// What stands before the configuration's path.
    pub arguments: Vec<OsString>,
}

/// The programs of balancers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tools {
    /// Outrider.
    pub outrider: BalancerCommand,
    /// Its version.
    pub outrider_version: String,
    haproxy: PathBuf,
    nginx: PathBuf,
}

/// Where servers are installed that are not on the path of a user.
const ELSEWHERE: [&str; 3] = ["/usr/sbin", "/usr/local/sbin", "/sbin"];
/// A version longer than this is none.
const VERSION_CHARS_MAX: usize = 120;

impl Tools {
    /// Outrider by `outrider`, which is of `outrider_version`; the others by their usual names.
    pub fn new(outrider: BalancerCommand, outrider_version: &str) -> Tools {
        let outrider_version = outrider_version.to_owned();
        Tools { outrider, outrider_version, haproxy: "haproxy".into(), nginx: "nginx".into() }
    }

    pub(super) fn haproxy(&self) -> &Path {
        &self.haproxy
    }

    pub(super) fn nginx(&self) -> &Path {
        &self.nginx
    }

    /// What is missing for a balancer of `kind`, in one sentence; `None` if nothing is.
    pub fn missing(&self, kind: &Kind) -> Option<String> {
        let program = self.program(kind)?;
        if found(&program).is_some() {
            return None;
        }
        let name = program.display();
        let install = if program.components().count() == 1 {
            format!("; `apt-get install {name}` where Debian is")
        } else {
            String::new()
        };
        Some(format!("{name} is not installed, or not on the path{install}"))
    }

    /// What a balancer of `kind` says its version is.
    pub fn version(&self, kind: &Kind) -> Option<String> {
        let told = match kind {
            Kind::Outrider { .. } => Some(format!("Outrider {}", self.outrider_version)),
            Kind::Haproxy { .. } => first_line(&self.haproxy),
            Kind::Nginx { .. } => first_line(&self.nginx),
            Kind::Command { .. } | Kind::Direct { .. } => None,
        };
        told.map(|text| text.chars().take(VERSION_CHARS_MAX).collect())
    }

    fn program(&self, kind: &Kind) -> Option<PathBuf> {
        match kind {
            Kind::Outrider { .. } => Some(self.outrider.program.clone()),
            Kind::Haproxy { .. } => Some(self.haproxy.clone()),
            Kind::Nginx { .. } => Some(self.nginx.clone()),
            Kind::Command { words } => words.first().map(PathBuf::from),
            Kind::Direct { .. } => None,
        }
    }
}

/// Both HAProxy and NGINX know `-v`; the one answers on standard output, the other on standard error.
fn first_line(program: &Path) -> Option<String> {
    let output = Command::new(found(program)?).arg("-v").stdin(Stdio::null()).output().ok()?;
    let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    let text = String::from_utf8_lossy(&text);
    let line = text.lines().next()?.trim();
    Some(line.split(" - http").next().unwrap_or(line).to_owned())
}

/// The file that a program's name stands for: itself if it has a folder, else as the path and [`ELSEWHERE`] lead to it.
pub(super) fn found(program: &Path) -> Option<PathBuf> {
    if program.components().count() > 1 {
        return program.is_file().then(|| program.to_owned());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(ELSEWHERE.map(PathBuf::from));
    folders.map(|folder| folder.join(program)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_by_name_and_by_place() {
        let shell = found(Path::new("sh")).unwrap();
        assert_eq!(found(&shell), Some(shell));
        assert_eq!(found(Path::new("no-such-program")), None);
        assert_eq!(found(Path::new("/nowhere/sh")), None);
    }

    #[test]
    fn what_is_missing_is_said_in_a_sentence() {
        let command = |word: &str| Kind::Command { words: vec![word.to_owned()] };
        let tools = Tools::new(BalancerCommand { program: "sh".into(), arguments: Vec::new() }, "1");
        assert_eq!(tools.missing(&command("sh")), None);
        assert_eq!(tools.missing(&Kind::Direct { host: 0 }), None);
        let told = tools.missing(&command("no-such-program")).unwrap();
        assert!(told.starts_with("no-such-program is not installed"), "{told}");
    }
}
