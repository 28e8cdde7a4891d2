//! What a host says of its own load with an answer (ORCA).

use http::HeaderMap;
use outrider_features::orca;
use outrider_pilot::Finish;

use super::Passage;

impl Passage {
    /// Reads what the host says of its load, in its headers or trailers, and keeps it from the client. What it says with
    /// an answer that failed counts for nothing: it says how little a failure costs, not what the host can do.
    pub(crate) fn read_load_report(&mut self, fields: &mut HeaderMap) {
        let reports = [orca::HEADER, orca::HEADER_BIN].into_iter().flat_map(|name| {
            let values = fields.get_all(name).iter();
            values.map(move |value| (name, value.as_bytes()))
        });
        let metrics = &self.connection.worker.metrics;
        match orca::from_fields(reports) {
            Ok(None) => return,
            Ok(Some(report)) => {
                metrics.orca_reports.add(1);
                let status = self.status.map_or(0, |status| status.as_u16());
                if let Some(exchange) = &self.exchange
                    && Finish::of_status(status) == Finish::Success
                {
                    exchange.host().live.reported(&report, self.now());
                    self.costs(&report);
                }
            }
            Err(_) => metrics.orca_reports_bad.add(1),
        }
        fields.remove(orca::HEADER);
        fields.remove(orca::HEADER_BIN);
    }
}
