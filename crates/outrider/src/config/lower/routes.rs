//! Routes: which requests go to which pool.

use outrider_pilot::{HostPattern, Route};

use crate::config::lower::Lowering;
use crate::config::mistake::Place;
use crate::config::shape::one_of;
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
        let written = || root.list("routes").iter().filter_map(Value::as_map);
        let routes: Vec<(Place, Route)> =
            written().filter_map(|written| Some((written.place, self.route(written, &pools)?))).collect();
        // Of a route with a mistake nobody knows what it would take.
        if written().all(|written| written.sound) {
            self.reachable(&routes);
        }
        routes.into_iter().map(|(_, route)| route).collect()
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
            self.wrong(value.place, wrong, &one_of(pools.iter().copied().take(20)), hint);
        }
        index
    }

    /// A route that can never match is a slip in the order of routes.
    fn reachable(&mut self, routes: &[(Place, Route)]) {
        for (index, (place, route)) in routes.iter().enumerate() {
            if let Some((earlier, _)) = routes[..index].iter().find(|(_, earlier)| covers(earlier, route)) {
                let hint = format!("the route in line {} takes its requests: move that one down", earlier.line);
                self.wrong(*place, "this route never matches", "a route for requests that none before it takes", hint);
            }
        }
    }
}

/// Whether `earlier` takes every request that `later` asks for.
fn covers(earlier: &Route, later: &Route) -> bool {
    let has_header = |header| later.headers.contains(header);
    covers_path(earlier, later) && covers_hosts(earlier, later) && earlier.headers.iter().all(has_header)
}

fn covers_path(earlier: &Route, later: &Route) -> bool {
    let prefix = |route: &Route| route.path_prefix.as_deref().unwrap_or_default().trim_end_matches('/').to_owned();
    prefix(later).strip_prefix(&prefix(earlier)).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn covers_hosts(earlier: &Route, later: &Route) -> bool {
    // `*.example.com` as a name is below `*.example.com` and `*.com`, and nowhere else.
    let covered = |name: &HostPattern| earlier.hosts.iter().any(|host| host == name || host.matches(&name.to_string()));
    earlier.hosts.is_empty() || !later.hosts.is_empty() && later.hosts.iter().all(covered)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(hosts: &[&str], path: &str, headers: &[(&str, &str)]) -> Route {
        Route {
            hosts: hosts.iter().map(|host| HostPattern::parse(host).unwrap()).collect(),
            path_prefix: (!path.is_empty()).then(|| path.to_owned()),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            pool: 0,
        }
    }

    #[test]
    fn a_route_covers_what_asks_for_more() {
        let gold = ("x-tenant", "gold");
        let table = [
            (route(&[], "", &[]), route(&["a.com"], "/x", &[gold]), true),
            (route(&[], "/", &[]), route(&[], "", &[]), true),
            (route(&[], "/api", &[]), route(&[], "/api/v2", &[]), true),
            (route(&[], "/api/", &[]), route(&[], "/api", &[]), true),
            (route(&[], "/api", &[]), route(&[], "/apix", &[]), false),
            (route(&[], "/api/v2", &[]), route(&[], "/api", &[]), false),
            (route(&["*.a.com"], "", &[]), route(&["x.A.com", "*.y.a.com"], "", &[]), true),
            (route(&["*.a.com"], "", &[]), route(&["*.a.com"], "", &[]), true),
            (route(&["*.a.com"], "", &[]), route(&["a.com"], "", &[]), false),
            (route(&["x.a.com"], "", &[]), route(&["*.a.com"], "", &[]), false),
            (route(&["a.com"], "", &[]), route(&[], "", &[]), false),
            (route(&[], "", &[gold]), route(&[], "", &[gold, ("x-b", "1")]), true),
            (route(&[], "", &[gold]), route(&[], "", &[("x-tenant", "tin")]), false),
        ];
        for (earlier, later, expected) in table {
            assert_eq!(covers(&earlier, &later), expected, "{earlier:?} {later:?}");
        }
    }
}
