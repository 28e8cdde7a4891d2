//! One request from head to answer, phase by phase.

use std::rc::Rc;
use std::sync::Arc;

use http::header::{self, HeaderName, HeaderValue};
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use outrider_core::ClassId;

use crate::access_log::{Ending, Entry};
use crate::attempt;
use crate::body::ResponseBody;
use crate::client_retry;
use crate::connection::ClientConnection;
use crate::errors::ProxyError;
use crate::headers::{self, Arrival};
use crate::inbound::{self, HeaderView, Inbound};
use crate::outgoing::{self, Outgoing};
use crate::passage::Passage;
use crate::sticky;
use crate::tunnel;
use crate::upstream;

/// Serves `request`: with a host's answer, or with one of our own that says why not.
pub(crate) async fn serve(connection: &Rc<ClientConnection>, request: Request<Incoming>) -> Response<ResponseBody> {
    let mut passage = Passage::begin(connection);
    match forward(&mut passage, request).await {
        Ok(Answer { response, client }) => answer(passage, response, client),
        Err(error) => passage.refuse(error),
    }
    .closing_if(connection.is_closing())
}

/// A host's answer, and the client's half of a tunnel if there is to be one.
struct Answer {
    response: Response<Incoming>,
    client: Option<OnUpgrade>,
}

async fn forward(passage: &mut Passage, request: Request<Incoming>) -> Result<Answer, ProxyError> {
    let mut inbound = admit(passage, request)?;
    place(passage, &inbound)?;
    let client = inbound.upgrade.take();
    let mut outgoing = rewrite(passage, inbound, client.is_some())?;
    let response = attempt::forward(passage, &mut outgoing).await?;
    Ok(Answer { response, client })
}

/// Phase 1: is this a request that may be forwarded?
fn admit(passage: &mut Passage, request: Request<Incoming>) -> Result<Inbound, ProxyError> {
    let connection = &passage.connection;
    let settings = &passage.published.settings;
    let mut picker = connection.worker.picker.borrow_mut();
    passage.request_id = outgoing::request_id(request.headers(), &passage.published.request_id, picker.random());
    if connection.worker.access_log.borrow().is_some() {
        passage.entry = Some(Box::new(entry(passage, &request)));
    }
    Inbound::admit(request, &connection.activity, &passage.request_body, settings.limits.body_bytes)
}

/// Phase 2: which pool, and which class?
fn place(passage: &mut Passage, inbound: &Inbound) -> Result<(), ProxyError> {
    let published = Arc::clone(&passage.published);
    let snapshot = &published.snapshot;
    let view = HeaderView(&inbound.parts.headers);
    let host = inbound::without_port(inbound.authority());
    let pool = snapshot.router.route(host, inbound.parts.uri.path(), &view).ok_or(ProxyError::NoRoute)?;
    passage.pool = Some(pool);
    passage.connection.worker.metrics.pool(pool).requests.add(1);
    let networks = &published.settings.forwarding.trusted;
    let client = headers::client_address(&inbound.parts.headers, passage.connection.peer, networks);
    let (headers, path) = (&inbound.parts.headers, inbound.parts.uri.path());
    passage.sticky_key = sticky::key(snapshot.pools[pool].settings(), headers, path, client);
    let facts = inbound::facts(inbound, &view, client);
    client_retry::recognise(passage, inbound, &facts);
    if snapshot.pools[pool].predicts() {
        passage.size = published.settings.classes.size.size(&facts, inbound.parts.uri.query());
    }
    let key = snapshot.classifier.key(&facts);
    passage.class_key = Some(key);
    passage.class = snapshot.classes.lookup(key);
    if passage.class == ClassId::OTHER {
        passage.class_name = snapshot.classifier.name(&facts);
    }
    Ok(())
}

/// Phase 3: the request as the host will see it.
fn rewrite(passage: &Passage, inbound: Inbound, is_upgrade: bool) -> Result<Outgoing, ProxyError> {
    let connection = &passage.connection;
    let published = &passage.published;
    let forwarding = &published.settings.forwarding;
    let arrival = Arrival {
        peer: connection.peer,
        peer_text: &connection.peer_text,
        local: connection.local,
        trusted: headers::is_trusted(connection.peer, &forwarding.trusted),
        host: inbound.host_value(),
    };
    let request_id = (&published.request_id, &passage.request_id);
    let via = published.via(inbound.parts.version);
    Outgoing::new(inbound, is_upgrade, &arrival, request_id, via, forwarding.forwarded, &passage.request_body)
}

/// Last phase: the answer as the client will see it.
fn answer(
    mut passage: Box<Passage>,
    mut response: Response<Incoming>,
    client: Option<OnUpgrade>,
) -> Response<ResponseBody> {
    passage.answered(response.status());
    passage.read_load_report(response.headers_mut());
    if let Some(lease) = passage.lease()
        && let Some(seconds) = upstream::keep_alive_seconds(response.headers())
    {
        lease.host_keeps_for(seconds);
    }
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return switch(passage, response, client);
    }
    if headers::has_other_coding(response.headers()) {
        return passage.refuse(ProxyError::BadResponse);
    }
    if headers::settle_length(response.headers_mut())
        && let Some(lease) = passage.lease()
    {
        lease.host_keeps_for(0);
    }
    headers::remove_hop_by_hop(response.headers_mut());
    passage.stream(response)
}

/// The host has agreed to an upgrade, or pretends that one was asked for.
fn switch(
    passage: Box<Passage>,
    mut response: Response<Incoming>,
    client: Option<OnUpgrade>,
) -> Response<ResponseBody> {
    let Some(client) = client else { return passage.refuse(ProxyError::BadResponse) };
    let protocol = response.headers().get(header::UPGRADE).cloned();
    let host = hyper::upgrade::on(&mut response);
    headers::remove_hop_by_hop(response.headers_mut());
    let (mut parts, _) = response.into_parts();
    parts.headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    if let Some(protocol) = protocol {
        parts.headers.insert(header::UPGRADE, protocol);
    }
    tokio::task::spawn_local(tunnel::run(passage, client, host));
    Response::from_parts(parts, ResponseBody::own(bytes::Bytes::new()))
}

/// The beginning of a line of the access log.
fn entry(passage: &Passage, request: &Request<Incoming>) -> Entry {
    let text = |name: HeaderName| {
        let value = request.headers().get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let networks = &passage.published.settings.forwarding.trusted;
    Entry {
        time: jiff::Timestamp::now(),
        request_id: String::from_utf8_lossy(passage.request_id.as_bytes()).into_owned(),
        client: headers::client_address(request.headers(), passage.connection.peer, networks),
        method: request.method().to_string(),
        host: text(header::HOST).unwrap_or_default(),
        path: request.uri().path().to_owned(),
        status: None,
        class: String::new(),
        pool: String::new(),
        strategy: "",
        upstream: None,
        epoch: 0,
        attempts: 0,
        retries: Vec::new(),
        client_attempt: None,
        client_retry: None,
        repeats: None,
        request_bytes: 0,
        response_bytes: 0,
        total: std::time::Duration::ZERO,
        wait: std::time::Duration::ZERO,
        connect: std::time::Duration::ZERO,
        first_byte: None,
        ending: Ending::ClientLeft,
        predicted: None,
        user_agent: text(header::USER_AGENT),
        traceparent: text(HeaderName::from_static("traceparent")),
    }
}

/// Says on the answer that the connection ends with it.
trait Closing {
    fn closing_if(self, closing: bool) -> Self;
}

impl Closing for Response<ResponseBody> {
    fn closing_if(mut self, closing: bool) -> Self {
        if closing && self.status() != StatusCode::SWITCHING_PROTOCOLS {
            self.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        self
    }
}
