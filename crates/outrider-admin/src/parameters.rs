//! What is asked for in a query: `pool=NAME&size=3`.

use std::collections::BTreeMap;

use http::StatusCode;

use crate::problem::Problem;
use crate::routes::decoded;

/// Names and decoded values, each name once.
#[derive(Debug)]
pub(crate) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Reads `query`, in which nothing but `allowed` may stand.
    pub(crate) fn read(query: Option<&str>, allowed: &[&str]) -> Result<Parameters, Problem> {
        let refused = || {
            let list = allowed.iter().map(|name| format!("{name}=...")).collect::<Vec<_>>().join(", ");
            Problem::new(StatusCode::BAD_REQUEST, format!("the parameters here are {list}, each once"))
        };
        let mut parameters = BTreeMap::new();
        for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').ok_or_else(refused)?;
            let value = decoded(value).ok_or_else(refused)?;
            let is_first = parameters.insert(name.to_owned(), value).is_none();
            if !is_first || !allowed.contains(&name) {
                return Err(refused());
            }
        }
        Ok(Parameters(parameters))
    }

    /// The value of `name`, if it is given.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_and_come_once() {
        let read = |query| Parameters::read(query, &["pool", "size"]);
        let both = read(Some("pool=a%20b&size=3")).unwrap();
        assert_eq!((both.get("pool"), both.get("size")), (Some("a b"), Some("3")));
        for none in [None, Some("")] {
            assert_eq!(read(none).unwrap().get("pool"), None);
        }
        for bad in ["pool", "pool=a&pool=b", "x=1", "pool=%zz", "pool=a&x"] {
            let problem = read(Some(bad)).unwrap_err().into_answer();
            assert_eq!(problem.status(), StatusCode::BAD_REQUEST, "{bad}");
        }
    }
}
