//! Classes: how requests are told apart.

use ipnet::IpNet;
use outrider_features::{ClassSettings, OriginSettings, SizeFrom};

use crate::config::forms::parse_network;
use crate::config::lower::Lowering;
use crate::config::lower::once::Once;
use crate::config::written::{Value, Written};

impl Lowering<'_> {
    pub(super) fn classes(&mut self, written: &Written) -> ClassSettings {
        let default = ClassSettings::default();
        ClassSettings {
            paths: self.unique("the path", written.list("paths"), str::to_owned),
            authentication: written.bool("authentication").unwrap_or(default.authentication),
            client_kind: written.bool("client_kind").unwrap_or(default.client_kind),
            origin: written.mapping("origin").map(|origin| self.origin(origin)),
            headers: self.unique("the header", written.list("headers"), str::to_ascii_lowercase),
            size: written.mapping("size").map(size).unwrap_or_default(),
            max: written.integer("max").unwrap_or(default.max),
        }
    }

    fn unique(&mut self, what: &str, items: &[Value], canonical: impl Fn(&str) -> String) -> Vec<String> {
        let mut once = Once::new(what);
        let mut texts = Vec::new();
        for (text, item) in items.iter().filter_map(|item| Some((item.as_text()?, item))) {
            once.see(canonical(text), item.place, self.report);
            texts.push(canonical(text));
        }
        texts
    }

    fn origin(&mut self, written: &Written) -> OriginSettings {
        let mut once: Once<IpNet> = Once::new("the network");
        let mut networks = Vec::new();
        for (region, list) in written.named("networks") {
            for item in list.as_list() {
                let network = item.as_text().and_then(|text| parse_network(text).ok());
                let (Some(network), Some(region)) = (network, region.as_text()) else { continue };
                once.see(network, item.place, self.report);
                networks.push((network, region.to_owned()));
            }
        }
        OriginSettings { header: written.text("header").map(str::to_ascii_lowercase), networks }
    }
}

/// The longer form; the short one has but one word, which is the default.
fn size(written: &Written) -> SizeFrom {
    SizeFrom::Given {
        header: written.text("header").map(str::to_ascii_lowercase),
        query: written.text("query").map(str::to_owned),
    }
}
