//! Any program that listens: it is told where, and where the hosts are.

use std::path::Path;

use super::{Balancer, BalancerError, Ground, free_address, start_at};

/// What stands for the address to listen on, its port, and the hosts' addresses with commas between them.
pub(super) const PLACES: [&str; 3] = ["{listen}", "{port}", "{hosts}"];

/// Starts the program of `words`, of which there is at least one.
pub(super) fn start(words: &[String], ground: Ground<'_>) -> Result<Balancer, BalancerError> {
    let clients = free_address()?;
    let hosts: Vec<String> = ground.hosts.iter().map(|host| host.address.to_string()).collect();
    let values = [clients.to_string(), clients.port().to_string(), hosts.join(",")];
    let fill = |word: &String| {
        PLACES.iter().zip(&values).fold(word.clone(), |word, (place, value)| word.replace(place, value))
    };
    let filled: Vec<String> = words.iter().map(fill).collect();
    let (program, arguments) = filled.split_first().expect("a command has a program");
    start_at(Path::new(program), arguments, clients, None)
}
