//! What is to be sent when.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, uri::PathAndQuery};
use outrider_core::{Random, Time};
use outrider_workload::{Arrivals, Class, Fleet, Form, Pattern, Request, Requests};

/// One request to send.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// Its number, from 0.
    pub number: u64,
    /// When it arrives, from the start of the run.
    pub at: Time,
    /// Index of its class.
    pub class: usize,
    /// How large it is beside others of its class.
    pub size: f64,
    /// What it asks for.
    pub path: PathAndQuery,
    /// All else that its class is sent as.
    pub ask: Arc<Ask>,
}

/// What requests of a class have in common on the wire.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ask {
    /// The method.
    pub method: Method,
    /// The body; empty: none.
    pub body: Bytes,
    /// Headers besides `Host` and those that frame the message.
    pub headers: HeaderMap,
}

impl Ask {
    /// What `form` says, if it can be sent.
    pub fn new(form: &Form) -> Option<Ask> {
        form.check().ok()?;
        let header = |(name, value): (&String, &String)| {
            Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
        };
        Some(Ask {
            method: form.method().parse().ok()?,
            body: Bytes::from(vec![b'x'; form.body_bytes]),
            headers: form.headers.iter().map(header).collect::<Option<HeaderMap>>()?,
        })
    }
}

/// Requests for one path, of one class, for `duration`.
pub fn plain(
    path: PathAndQuery,
    ask: Ask,
    pattern: &Pattern,
    rate_per_s: f64,
    duration: Duration,
    seed: u64,
) -> impl Iterator<Item = Planned> + Send + use<> {
    let end = Time::ZERO + duration;
    let ask = Arc::new(ask);
    let planned =
        move |(at, number)| Planned { number, at, class: 0, size: 1.0, path: path.clone(), ask: Arc::clone(&ask) };
    let arrivals = Arrivals::new(pattern, rate_per_s, duration, Random::stream(seed, 1));
    arrivals.map(|arrival| arrival.at).take_while(move |&at| at < end).zip(0..).map(planned)
}

/// Requests of the fleet's mix for `duration`, in the form that lab backends read: class in the path (or in the query, where
/// the class shares a path), size and number in the query. The same seed gives the same requests.
pub fn mixed(
    fleet: &Fleet,
    pattern: &Pattern,
    rate_per_s: f64,
    duration: Duration,
    seed: u64,
) -> impl Iterator<Item = Planned> + Send + use<> {
    let end = Time::ZERO + duration;
    let classes: Vec<Sent> = fleet.mix.classes().iter().map(Sent::new).collect();
    Requests::new(fleet, pattern, rate_per_s, duration, seed)
        .take_while(move |request| request.at < end)
        .map(move |request| classes[request.class].planned(&request))
}

/// How a class is sent.
struct Sent {
    /// The path up to the size.
    path: String,
    ask: Arc<Ask>,
}

impl Sent {
    fn new(class: &Class) -> Sent {
        let name = &class.name;
        let path = match &class.form.path {
            Some(path) => format!("{path}?class={name}&"),
            None => format!("/c/{name}?"),
        };
        let ask = Ask::new(&class.form).expect("a mix has only forms that can be sent");
        Sent { path, ask: Arc::new(ask) }
    }

    fn planned(&self, request: &Request) -> Planned {
        let &Request { number, at, class, size, .. } = request;
        let path = format!("{}size={size:.6}&n={number}", self.path);
        Planned {
            number,
            at,
            class,
            size,
            path: PathAndQuery::try_from(path).expect("class names, paths, numbers and sizes stand in a target"),
            ask: Arc::clone(&self.ask),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn schedule(rate_per_s: f64, seed: u64) -> Vec<Planned> {
        let fleet = Fleet::uneven_mixed(3, 1);
        let second = Duration::from_secs(1);
        mixed(&fleet, &Pattern::Poisson, rate_per_s, second, seed).collect()
    }

    #[test]
    fn a_plan_ends_with_its_duration() {
        let path = PathAndQuery::from_static("/");
        let pace: Vec<Planned> =
            plain(path, Ask::default(), &Pattern::Pace, 100.0, Duration::from_millis(305), 1).collect();
        assert_eq!(pace.len(), 30);
        assert_eq!(pace[29].at.as_millis(), 300);
    }

    #[test]
    fn a_class_with_a_form_is_sent_so() {
        let form = Form { path: Some("/shared".to_owned()), body_bytes: 3, ..Form::default() };
        let class = Class { form, ..Class::new("big", 1.0, 1.0) };
        let request = Request { number: 7, at: Time::ZERO, class: 0, size: 1.5, output: 0.0 };
        let planned = Sent::new(&class).planned(&request);
        assert_eq!(planned.path.as_str(), "/shared?class=big&size=1.500000&n=7");
        assert_eq!((&planned.ask.method, planned.ask.body.len()), (&Method::POST, 3));
    }

    proptest! {
        #[test]
        fn equal_seeds_give_equal_schedules_and_others_do_not(seed: u64) {
            let plan = schedule(300.0, seed);
            prop_assert_eq!(&plan, &schedule(300.0, seed));
            prop_assert_ne!(&plan, &schedule(300.0, seed ^ 1));
            prop_assert!(plan.windows(2).all(|w| w[0].at <= w[1].at && w[0].number + 1 == w[1].number));
        }
    }
}
