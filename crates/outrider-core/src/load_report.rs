//! What a host says about its own load.

/// A host's own report of its load, after ORCA (`xds.data.orca.v3.OrcaLoadReport`). Every field may be missing; a
/// missing one is not zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoadReport {
    /// CPU in use over CPU available, >= 0; above 1 when the host is beyond its soft limit.
    pub cpu_utilization: Option<f64>,
    /// Memory in use over memory available, 0 to 1.
    pub mem_utilization: Option<f64>,
    /// Utilisation as the application defines it, >= 0.
    pub application_utilization: Option<f64>,
    /// Requests per second that the host serves.
    pub rps_fractional: Option<f64>,
    /// Errors per second that the host answers.
    pub eps: Option<f64>,
    /// Named resources in use over available, 0 to 1.
    pub utilization: Vec<(String, f64)>,
    /// What this very request cost, by resource.
    pub request_cost: Vec<(String, f64)>,
    /// Anything else that the host names.
    pub named_metrics: Vec<(String, f64)>,
}

impl LoadReport {
    /// The value that the host reports under `name` among its named metrics.
    pub fn named(&self, name: &str) -> Option<f64> {
        self.named_metrics.iter().find(|(n, _)| n == name).map(|&(_, value)| value)
    }

    /// What the host reports that this very request cost of the resource `name`.
    pub fn cost(&self, name: &str) -> Option<f64> {
        self.request_cost.iter().find(|(n, _)| n == name).map(|&(_, value)| value)
    }
}
