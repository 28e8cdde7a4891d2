//! A price list among the parameters of an artifact: a line for each price, so that labels can be made again as they were.

use std::collections::BTreeMap;

use outrider_workload::{ContainerPrices, Prices, PricesError, ServerlessPrices, TaskSize};

/// What the names of all its parameters begin with.
const PRICES: &str = "prices.";
const TASKS: &str = "tasks.";

/// Why there is no price list among parameters that should hold one.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PriceListError {
    /// A price is missing, or is none.
    #[error("the artifact's price list has no usable {name:?}; give a price list with --prices")]
    Form {
        /// Of which name.
        name: String,
    },
    /// It makes no sense.
    #[error("the artifact's price list: {0}")]
    Sense(#[from] PricesError),
}

/// `prices` as parameters. All numbers are read back as they are.
#[must_use]
pub fn price_parameters(prices: &Prices) -> BTreeMap<String, String> {
    let Prices { region, date, client_second_usd, serverless, containers, tasks } = prices;
    let mut told = BTreeMap::from([
        (format!("{PRICES}region"), region.clone()),
        (format!("{PRICES}date"), date.clone()),
        (format!("{PRICES}client_second_usd"), client_second_usd.to_string()),
        (format!("{PRICES}serverless.gb_second_usd"), serverless.gb_second_usd.to_string()),
        (format!("{PRICES}serverless.request_usd"), serverless.request_usd.to_string()),
        (format!("{PRICES}containers.vcpu_hour_usd"), containers.vcpu_hour_usd.to_string()),
        (format!("{PRICES}containers.gb_hour_usd"), containers.gb_hour_usd.to_string()),
    ]);
    for (name, TaskSize { vcpu, gb, count }) in tasks {
        let key = |of: &str| format!("{PRICES}{TASKS}{name}.{of}");
        told.extend([(key("vcpu"), vcpu.to_string()), (key("gb"), gb.to_string()), (key("count"), count.to_string())]);
    }
    told
}

/// The price list that [`price_parameters`] has put among `parameters`; none: there is none.
///
/// # Errors
///
/// If part of it is missing or makes no sense.
pub fn prices_of(parameters: &BTreeMap<String, String>) -> Result<Option<Prices>, PriceListError> {
    let told: BTreeMap<&str, &str> =
        parameters.iter().filter_map(|(name, value)| Some((name.strip_prefix(PRICES)?, value.as_str()))).collect();
    if told.is_empty() {
        return Ok(None);
    }
    let mut tasks = BTreeMap::new();
    for name in told.keys().filter_map(|key| key.strip_prefix(TASKS)?.strip_suffix(".vcpu")) {
        let key = |of: &str| format!("{TASKS}{name}.{of}");
        let (vcpu, gb, count) = (part(&told, &key("vcpu"))?, part(&told, &key("gb"))?, part(&told, &key("count"))?);
        tasks.insert(name.to_owned(), TaskSize { vcpu, gb, count });
    }
    let prices = Prices {
        region: part(&told, "region")?,
        date: part(&told, "date")?,
        client_second_usd: part(&told, "client_second_usd")?,
        serverless: ServerlessPrices {
            gb_second_usd: part(&told, "serverless.gb_second_usd")?,
            request_usd: part(&told, "serverless.request_usd")?,
        },
        containers: ContainerPrices {
            vcpu_hour_usd: part(&told, "containers.vcpu_hour_usd")?,
            gb_hour_usd: part(&told, "containers.gb_hour_usd")?,
        },
        tasks,
    };
    prices.check()?;
    Ok(Some(prices))
}

fn part<T: std::str::FromStr>(told: &BTreeMap<&str, &str>, name: &str) -> Result<T, PriceListError> {
    let found = told.get(name).and_then(|value| value.parse().ok());
    found.ok_or_else(|| PriceListError::Form { name: format!("{PRICES}{name}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_list_is_read_back_to_the_last_bit() {
        let mut prices = Prices { region: "us-east-1".to_owned(), client_second_usd: 0.1 + 0.2, ..Prices::default() };
        prices.serverless.gb_second_usd = f64::MIN_POSITIVE;
        prices.tasks.insert("v1.2 of a.vcpu".to_owned(), TaskSize { vcpu: 1.0 / 3.0, gb: 7.0, count: 9 });
        let mut parameters = price_parameters(&prices);
        parameters.insert("threshold".to_owned(), "0.5".to_owned());
        assert_eq!(prices_of(&parameters), Ok(Some(prices)));
        assert_eq!(prices_of(&BTreeMap::from([("threshold".to_owned(), "0.5".to_owned())])), Ok(None));
    }

    #[test]
    fn a_damaged_one_is_told_by_name() {
        let parameters = price_parameters(&Prices::default());
        let told = |change: &dyn Fn(&mut BTreeMap<String, String>)| {
            let mut parameters = parameters.clone();
            change(&mut parameters);
            prices_of(&parameters).unwrap_err().to_string()
        };
        let key = "prices.tasks.heavy_processing.count";
        let missing = told(&|all| _ = all.remove(key));
        assert!(missing.contains("no usable \"prices.tasks.heavy_processing.count\""), "{missing}");
        let none = told(&|all| _ = all.insert(key.to_owned(), "0".to_owned()));
        assert!(none.contains("heavy_processing.count is 0"), "{none}");
        let word = told(&|all| _ = all.insert("prices.client_second_usd".to_owned(), "dear".to_owned()));
        assert!(word.contains("\"prices.client_second_usd\""), "{word}");
    }
}
