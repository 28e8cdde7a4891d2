//! Labels whose values are known when this is written.

/// A label with a fixed set of values.
pub trait Label: Copy + 'static {
    /// Every value, in the order of [`Label::index`].
    const ALL: &'static [Self];
    /// The position in [`Label::ALL`].
    fn index(self) -> usize;
    /// The value as metrics write it.
    fn name(self) -> &'static str;
}

macro_rules! label {
    ($(#[$doc:meta])* $type:ident { $($(#[$value_doc:meta])* $value:ident = $name:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $type { $($(#[$value_doc])* $value,)+ }

        impl $type {
            /// How many values there are.
            pub const COUNT: usize = <$type as $crate::metrics::Label>::ALL.len();
        }

        impl $crate::metrics::Label for $type {
            const ALL: &'static [$type] = &[$($type::$value,)+];

            #[inline]
            fn index(self) -> usize {
                self as usize
            }

            fn name(self) -> &'static str {
                match self { $($type::$value => $name,)+ }
            }
        }
    };
}
pub(crate) use label;

label! {
    /// The hundreds of a status.
    StatusClass {
        /// 100 to 199.
        Informational = "1xx",
        /// 200 to 299.
        Success = "2xx",
        /// 300 to 399.
        Redirection = "3xx",
        /// 400 to 499.
        ClientError = "4xx",
        /// 500 and above.
        ServerError = "5xx",
    }
}

impl StatusClass {
    /// Where `status` belongs; what is no status at all counts as the host's error.
    #[inline]
    pub fn of(status: u16) -> StatusClass {
        match status {
            100..=199 => StatusClass::Informational,
            200..=299 => StatusClass::Success,
            300..=399 => StatusClass::Redirection,
            400..=499 => StatusClass::ClientError,
            _ => StatusClass::ServerError,
        }
    }
}

label! {
    /// Why a request was tried once more.
    RetryReason {
        /// No connection to the host.
        Connect = "connect",
        /// A kept connection was closed by the host as the request was sent; not the host's fault.
        StaleConnection = "stale_connection",
        /// The connection broke before the answer began.
        Reset = "reset",
        /// The host did not begin its answer in time.
        Timeout = "timeout",
        /// The host answered with a status that is tried again.
        Status = "status",
        /// The host's answer was no HTTP.
        Protocol = "protocol",
        /// The host was ejected while the request waited for its answer.
        Ejected = "ejected",
    }
}

label! {
    /// By what a request is known for a try that its client makes again.
    ClientRetrySign {
        /// `grpc-previous-rpc-attempts`.
        Grpc = "grpc",
        /// `amz-sdk-request`.
        AwsSdk = "aws_sdk",
        /// `x-envoy-attempt-count`.
        Envoy = "envoy",
        /// Its `Idempotency-Key` has come before.
        IdempotencyKey = "idempotency_key",
        /// The same client asked for the same, and got no answer, a failure, or a slow one.
        SameRequest = "same_request",
    }
}

label! {
    /// What came of a probe of a link.
    LinkResult {
        /// A connection was opened.
        Answered = "answered",
        /// The host refused it.
        Refused = "refused",
        /// Nothing came in time.
        TimedOut = "timed_out",
        /// No way there.
        Unreachable = "unreachable",
        /// It failed here, for want of descriptors, ports or time: no row.
        Failed = "failed",
    }
}

label! {
    /// Why an answer was made here and not by a host: the error types of RFC 9209, section 2.3, that can occur.
    OwnError {
        /// No pool or no host for the request.
        DestinationNotFound = "destination_not_found",
        /// No host that may be used.
        DestinationUnavailable = "destination_unavailable",
        /// The host cannot be routed to.
        DestinationIpUnroutable = "destination_ip_unroutable",
        /// The host refused the connection.
        ConnectionRefused = "connection_refused",
        /// The connection closed before the answer was whole.
        ConnectionTerminated = "connection_terminated",
        /// The connection did not open in time.
        ConnectionTimeout = "connection_timeout",
        /// The host was silent for too long.
        ConnectionReadTimeout = "connection_read_timeout",
        /// The host took no bytes for too long.
        ConnectionWriteTimeout = "connection_write_timeout",
        /// Every host is at its limit.
        ConnectionLimitReached = "connection_limit_reached",
        /// The request is not valid.
        HttpRequestError = "http_request_error",
        /// The request is valid and not let through.
        HttpRequestDenied = "http_request_denied",
        /// The answer ended too early.
        HttpResponseIncomplete = "http_response_incomplete",
        /// The head of the answer is too large.
        HttpResponseHeaderSectionSize = "http_response_header_section_size",
        /// The encoding of the answer's body is broken.
        HttpResponseTransferCoding = "http_response_transfer_coding",
        /// The answer did not come in time.
        HttpResponseTimeout = "http_response_timeout",
        /// The upgrade failed.
        HttpUpgradeFailed = "http_upgrade_failed",
        /// The host does not speak HTTP.
        HttpProtocolError = "http_protocol_error",
        /// An answer by design, such as a redirect or an interim 100.
        ProxyInternalResponse = "proxy_internal_response",
        /// Our own fault.
        ProxyInternalError = "proxy_internal_error",
        /// The configuration's fault.
        ProxyConfigurationError = "proxy_configuration_error",
        /// The request has come by here before.
        ProxyLoopDetected = "proxy_loop_detected",
    }
}

impl OwnError {
    /// The type that RFC 9209 calls `name`; a name that is not here is our own fault.
    pub fn of(name: &str) -> OwnError {
        let known = OwnError::ALL.iter().find(|error| error.name() == name);
        known.copied().unwrap_or(OwnError::ProxyInternalError)
    }
}
