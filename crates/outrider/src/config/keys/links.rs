//! Keys of the probes of links.

use std::path::PathBuf;

use outrider_proxy::settings::LinkProbes;

use super::{GIB, SECOND, duration};
use crate::config::forms;
use crate::config::shape::Shape::{Size, Text};
use crate::config::shape::{Key, Map};
use crate::config::units::{duration_text as span, size_text};

// The longest timeout is no longer than the shortest period, so that no two probes of a host meet.
#[rustfmt::skip]
pub(super) static LINK_PROBES: Map = Map {
    what: "the probes of links",
    keys: &[
        Key::required("file", Text(&forms::FILE), "links.csv",
            "Where rows `host,ts,rtt_ms` are appended: `ts` in seconds since 1970, -1 for a probe that was lost. Not shared with another balancer.")
            .elsewhere(&["path"]),
        Key::default("every", duration(SECOND, 300 * SECOND), || span(default().every), "30s",
            "From one probe of a host to its next. Hosts are spread over it. Learning needs eight answered ones in an hour.")
            .elsewhere(&["interval", "period"]),
        Key::default("timeout", duration(10, SECOND), || span(default().timeout), "500ms",
            "A handshake that takes longer is lost. At most a second, and so never above `every`: after a second the system asks again by itself, which is \
             no round trip."),
        Key::default("max_size", Size { min: 64 << 10, max: GIB, unlimited: false }, || size_text(default().max_bytes), "128MiB",
            "A file that would become larger is renamed, `links.csv` to `links.1.csv`, in the place of the one before: twice this is on disk at most.")
            .elsewhere(&["max_bytes", "rotate"]),
    ],
    rules: &[],
};

fn default() -> LinkProbes {
    LinkProbes::into_file(PathBuf::new())
}
