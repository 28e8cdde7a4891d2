//! What client retries cost a month, and what fewer of them save: every step of the arithmetic.

use serde::Serialize;

const MONTHS: f64 = 12.0;
const MINUTES_PER_HOUR: f64 = 60.0;

/// What the arithmetic starts from. Money in any one currency, by the month unless said.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Inputs {
    /// Requests a month.
    pub requests: f64,
    /// Share of requests that clients retry today, 0 to 1.
    pub retry_rate: f64,
    /// The share that it is to become, 0 to 1: the new rate, not the difference.
    pub target_rate: f64,
    /// What serving a request costs.
    pub cost_per_request: f64,
    /// How many requests' worth a retried request costs.
    pub retry_multiplier: f64,
    /// Times a month that a person must step in.
    pub interventions: f64,
    /// Hours of each.
    pub hours_per_intervention: f64,
    /// What an hour costs.
    pub cost_per_hour: f64,
    /// Retry cascades a month.
    pub cascades: f64,
    /// Minutes that each lasts.
    pub minutes_per_cascade: f64,
    /// What a minute of it costs.
    pub cost_per_minute: f64,
    /// What it takes to begin, once.
    pub implementation: f64,
    /// What it costs to run.
    pub running: f64,
}

impl Default for Inputs {
    fn default() -> Inputs {
        Inputs {
            requests: 10e6,
            retry_rate: 0.12,
            target_rate: 0.08,
            cost_per_request: 0.001,
            retry_multiplier: 2.5,
            interventions: 15.0,
            hours_per_intervention: 4.0,
            cost_per_hour: 75.0,
            cascades: 3.0,
            minutes_per_cascade: 15.0,
            cost_per_minute: 1_000.0,
            implementation: 50_000.0,
            running: 2_000.0,
        }
    }
}

/// What the arithmetic comes to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Impact {
    /// What retries cost today, a month.
    pub retry_cost: f64,
    /// What they cost at the target, a month.
    pub target_retry_cost: f64,
    /// What stepping in costs, a month; saved as a whole.
    pub operations: f64,
    /// What cascades cost, a month; saved as a whole.
    pub downtime: f64,
    /// What is saved, a month.
    pub monthly_savings: f64,
    /// What is saved in a year, less what it costs to run.
    pub net_annual: f64,
    /// What is left of that after implementation, over implementation; `None` if that costs nothing.
    pub return_on_investment: Option<f64>,
    /// Months until implementation is paid; `None` if nothing is saved.
    pub payback_months: Option<f64>,
}

/// An input that makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{name} is {value}, expected a number {expected}")]
pub struct ImpactError {
    name: &'static str,
    value: f64,
    expected: &'static str,
}

impl Inputs {
    /// Works it out.
    ///
    /// # Errors
    ///
    /// If an input is negative or not finite, or a rate above 1.
    pub fn impact(&self) -> Result<Impact, ImpactError> {
        self.check()?;
        let cost = |rate: f64| self.requests * rate * self.cost_per_request * self.retry_multiplier;
        let (retry_cost, target_retry_cost) = (cost(self.retry_rate), cost(self.target_rate));
        let operations = self.interventions * self.hours_per_intervention * self.cost_per_hour;
        let downtime = self.cascades * self.minutes_per_cascade * self.cost_per_minute;
        let monthly_savings = retry_cost - target_retry_cost + operations + downtime;
        let net_annual = MONTHS * monthly_savings - MONTHS * self.running;
        Ok(Impact {
            retry_cost,
            target_retry_cost,
            operations,
            downtime,
            monthly_savings,
            net_annual,
            return_on_investment: (self.implementation > 0.0)
                .then(|| (net_annual - self.implementation) / self.implementation),
            payback_months: (monthly_savings > 0.0).then(|| self.implementation / monthly_savings),
        })
    }

    /// Every step, a line each, as a person would work it out.
    ///
    /// # Errors
    ///
    /// As of [`Inputs::impact`].
    pub fn steps(&self) -> Result<Vec<String>, ImpactError> {
        let (i, r) = (self, self.impact()?);
        let cost = |what: &str, rate: f64, cost: f64| {
            format!(
                "{what}: {} requests x {rate} x {} x {} = {cost:.2} a month",
                i.requests, i.cost_per_request, i.retry_multiplier
            )
        };
        let ratio = |value: Option<f64>, unit: &str, of: f64| {
            value.map_or("none".to_owned(), |value| format!("{:.2}{unit}", value * of))
        };
        Ok(vec![
            cost("Retries today", i.retry_rate, r.retry_cost),
            cost("Retries at the target", i.target_rate, r.target_retry_cost),
            format!(
                "Difference: {:.2} - {:.2} = {:.2} a month",
                r.retry_cost,
                r.target_retry_cost,
                r.retry_cost - r.target_retry_cost
            ),
            format!(
                "Operations: {} interventions x {} h x {} = {:.2} a month",
                i.interventions, i.hours_per_intervention, i.cost_per_hour, r.operations
            ),
            format!(
                "Downtime: {} cascades x {} min ({:.2} h) x {} a minute = {:.2} a month",
                i.cascades,
                i.minutes_per_cascade,
                i.cascades * i.minutes_per_cascade / MINUTES_PER_HOUR,
                i.cost_per_minute,
                r.downtime
            ),
            format!("Savings: difference + operations + downtime = {:.2} a month", r.monthly_savings),
            format!("Net: 12 x {:.2} - 12 x {} running = {:.2} a year", r.monthly_savings, i.running, r.net_annual),
            format!(
                "Return: ({:.2} - {}) / {} = {}",
                r.net_annual,
                i.implementation,
                i.implementation,
                ratio(r.return_on_investment, " %", 100.0)
            ),
            format!(
                "Payback: {} / {:.2} = {}",
                i.implementation,
                r.monthly_savings,
                ratio(r.payback_months, " months", 1.0)
            ),
        ])
    }

    fn check(&self) -> Result<(), ImpactError> {
        let amounts = [
            ("requests", self.requests),
            ("cost per request", self.cost_per_request),
            ("retry multiplier", self.retry_multiplier),
            ("interventions", self.interventions),
            ("hours per intervention", self.hours_per_intervention),
            ("cost per hour", self.cost_per_hour),
            ("cascades", self.cascades),
            ("minutes per cascade", self.minutes_per_cascade),
            ("cost per minute", self.cost_per_minute),
            ("implementation", self.implementation),
            ("running", self.running),
        ];
        let bad = amounts.into_iter().find(|(_, value)| !(value.is_finite() && *value >= 0.0));
        if let Some((name, value)) = bad {
            return Err(ImpactError { name, value, expected: "of 0 or more" });
        }
        let rates = [("retry rate", self.retry_rate), ("target rate", self.target_rate)];
        match rates.into_iter().find(|(_, value)| !(0.0..=1.0).contains(value)) {
            Some((name, value)) => Err(ImpactError { name, value, expected: "between 0 and 1" }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_formula_of_the_predecessor_gives_what_it_gives() {
        let impact = Inputs::default().impact().unwrap();
        assert!((impact.net_annual - 582_000.0).abs() < 1e-6, "{impact:?}");
        assert!((impact.return_on_investment.unwrap() - 10.64).abs() < 1e-9);
        assert!((impact.payback_months.unwrap() - 0.990_1).abs() < 1e-4);
        let lower = Inputs { target_rate: 0.04, ..Inputs::default() }.impact().unwrap();
        assert!(
            (lower.monthly_savings - 51_500.0).abs() < 1e-6 && (lower.net_annual - 594_000.0).abs() < 1e-6,
            "{lower:?}"
        );
    }

    #[test]
    fn nothing_saved_is_never_paid_back_and_nonsense_is_refused() {
        let nothing = Inputs { target_rate: 0.12, interventions: 0.0, cascades: 0.0, ..Inputs::default() };
        assert_eq!(nothing.impact().unwrap().payback_months, None);
        let said = |inputs: Inputs| inputs.impact().unwrap_err().to_string();
        assert_eq!(said(Inputs { retry_rate: 12.0, ..nothing }), "retry rate is 12, expected a number between 0 and 1");
        assert_eq!(said(Inputs { running: -1.0, ..nothing }), "running is -1, expected a number of 0 or more");
        assert_eq!(Inputs::default().steps().unwrap().len(), 9);
    }
}
