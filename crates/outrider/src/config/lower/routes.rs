//! Routes: which requests go to which pool.

use std::collections::HashMap;

use outrider_pilot::{HostPattern, Route};

use crate::config::lower::Lowering;
use crate::config::mistake::Place;
use crate::config::shape::ticked;
use crate::config::suggest::nearest;
use crate::config::written::{Value, Written};

impl Lowering<'_> {
    pub(super) fn routes(&mut self, root: &Written) -> Vec<Route> {
        let pools: Vec<&str> = root
            .list("pools")
            .iter()
            .filter_map(Value::as_map)
            .map(|pool| pool.text("name").unwrap_or_default())
            .collect();
        if root.get("routes").is_none() {
            return self.only_pool(root, &pools);
        }
        let mut routes = Vec::new();
        let mut places = Vec::new();
        for written in root.list("routes").iter().filter_map(Value::as_map) {
            if let Some(route) = self.route(written, &pools) {
                places.push(written.place);
                routes.push(route);
            }
        }
        self.reachable(&routes, &places);
        routes
    }

    /// Without routes, the one pool serves everything.
    fn only_pool(&mut self, root: &Written, pools: &[&str]) -> Vec<Route> {
        if let (Some(list), [first, .., last]) = (root.get("pools"), pools) {
            let wrong = format!("{} pools and no `routes`", pools.len());
            let hint =
                format!("for example `routes: [{{ path_prefix: /{first}, pool: {first} }}, {{ pool: {last} }}]`");
            self.wrong(list.place, wrong, "routes that say which requests go where", hint);
        }
        vec![Route::default()]
    }

    fn route(&mut self, written: &Written, pools: &[&str]) -> Option<Route> {
        let hosts = written.list("hosts").iter().filter_map(Value::as_text);
        let headers = written.named("headers").iter();
        Some(Route {
            hosts: hosts.filter_map(|text| HostPattern::parse(text).ok()).collect(),
            path_prefix: written.text("path_prefix").map(str::to_owned),
            headers: headers
                .filter_map(|(name, value)| Some((name.as_text()?.to_ascii_lowercase(), value.as_text()?.to_owned())))
                .collect(),
            pool: self.pool_index(written, pools)?,
        })
    }

    fn pool_index(&mut self, written: &Written, pools: &[&str]) -> Option<usize> {
        let (name, value) = (written.text("pool")?, written.get("pool")?);
        let index = pools.iter().position(|pool| *pool == name);
        // A pool whose own name is wrong may be the one that is meant.
        if index.is_none() && !pools.is_empty() && pools.iter().all(|pool| !pool.is_empty()) {
            let wrong = format!("there is no pool `{name}`");
            let hint = nearest(name, pools.iter().copied()).map(|pool| format!("did you mean `{pool}`?"));
            self.wrong(value.place, wrong, &format!("one of {}", ticked(pools.iter().copied().take(20))), hint);
        }
        index
    }

    /// A route that can never match is a slip in the order of routes.
    fn reachable(&mut self, routes: &[Route], places: &[Place]) {
        let mut first: HashMap<String, Place> = HashMap::new();
        let mut everything: Option<Place> = None;
        for (route, place) in routes.iter().zip(places) {
            let conditions = conditions(route);
            if let Some(earlier) = everything.or(first.get(&conditions).copied()) {
                let hint = format!("the route in line {} takes its requests; move it down", earlier.line);
                self.wrong(
                    *place,
                    "this route never matches",
                    "each route to take requests that none before it takes",
                    hint,
                );
            }
            if takes_everything(route) {
                everything = everything.or(Some(*place));
            }
            first.entry(conditions).or_insert(*place);
        }
    }
}

fn takes_everything(route: &Route) -> bool {
    let any_path = route.path_prefix.as_deref().is_none_or(|prefix| prefix == "/");
    route.hosts.is_empty() && any_path && route.headers.is_empty()
}

/// What a route asks for, as text that is the same for the same conditions.
fn conditions(route: &Route) -> String {
    let mut hosts: Vec<String> = route.hosts.iter().map(ToString::to_string).collect();
    let mut headers = route.headers.clone();
    hosts.sort();
    headers.sort();
    let path = route.path_prefix.as_deref().map(|prefix| prefix.trim_end_matches('/'));
    format!("{hosts:?} {path:?} {headers:?}")
}
