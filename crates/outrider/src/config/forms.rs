//! The forms that text in the configuration may have: names here, addresses and parts of HTTP in the files below.
//!
//! A form is checked by the same function that later gives its value, so that what passes the check always has a
//! meaning; its pattern is for editors and never refuses what the check accepts (a property).

mod address;
mod http;

pub(crate) use address::{
    DNS_NAME, HOST, HOST_ADDRESS, HostAddress, LISTEN_ADDRESS, NETWORK, parse_host, parse_listen_address, parse_network,
};
pub(crate) use http::{
    COOKIE_NAME, HEADER_NAME, HEADER_VALUE, HOST_HEADER, HOST_PATTERN, PATH_PATTERN, PATH_PREFIX, PROXY_NAME,
    QUERY_NAME, REQUEST_ID_HEADER, URL_PATH, parse_statuses,
};

/// A form that text may have.
#[derive(Debug)]
pub(crate) struct Form {
    /// What it is called in the reference.
    pub(crate) what: &'static str,
    /// What is expected, as the end of a sentence.
    pub(crate) expected: &'static str,
    /// Necessary, not sufficient: a regular expression for editors.
    pub(crate) pattern: &'static str,
    /// Longest text, in characters.
    pub(crate) max_chars: usize,
    /// Whether `text` has the form.
    pub(crate) check: fn(&str) -> Result<(), Flaw>,
}

/// Why text does not have a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flaw {
    /// The rest of "`x` is `...`, ", where the form's own words do not say it.
    pub(crate) why: Option<String>,
    /// What to write instead.
    pub(crate) instead: Option<String>,
    /// What to do, where that is not to write something else.
    pub(crate) hint: Option<String>,
}

impl Flaw {
    /// Not of this form at all.
    pub(crate) const PLAIN: Flaw = Flaw { why: None, instead: None, hint: None };

    /// A flaw with words of its own.
    pub(crate) fn because(why: impl Into<String>) -> Flaw {
        Flaw { why: Some(why.into()), ..Flaw::PLAIN }
    }

    /// The same, with the text to write instead.
    pub(crate) fn write(mut self, instead: impl std::fmt::Display) -> Flaw {
        self.instead = Some(instead.to_string());
        self
    }

    /// The same, with a hint in words.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Flaw {
        self.hint = Some(hint.into());
        self
    }

    /// The end of the message, for a person.
    pub(crate) fn advice(self) -> Option<String> {
        self.instead.map(|instead| format!("write `{instead}`")).or(self.hint)
    }
}

impl Form {
    /// Whether `text` has the form.
    ///
    /// # Errors
    /// The flaw, which may be its length. What it says to write instead has the form.
    pub(crate) fn check(&self, text: &str) -> Result<(), Flaw> {
        if text.chars().nth(self.max_chars).is_some() {
            return Err(Flaw::because(format!("longer than {} characters", self.max_chars)));
        }
        (self.check)(text)
            .map_err(|flaw| Flaw { instead: flaw.instead.filter(|other| (self.check)(other).is_ok()), ..flaw })
    }
}

/// The name of a pool: it stands in metrics, logs and paths of the admin API.
pub(crate) const POOL_NAME: Form = Form {
    what: "name",
    expected: "a name of letters, digits, `-`, `_` and `.`, beginning with a letter or digit",
    pattern: "^[A-Za-z0-9][A-Za-z0-9_.-]*$",
    max_chars: 63,
    check: check_name,
};

/// A label of a host, or a region.
pub(crate) const LABEL: Form = Form {
    what: "label",
    expected: "a label of letters, digits, `-`, `_` and `.`, beginning with a letter or digit",
    pattern: "^[A-Za-z0-9][A-Za-z0-9_.-]*$",
    max_chars: 63,
    check: check_name,
};

/// A path in the file system.
pub(crate) const FILE: Form = Form {
    what: "file",
    expected: "the path of a file, relative to the folder of the configuration",
    pattern: "^.+$",
    max_chars: 4096,
    check: |text| refuse_if(text.is_empty() || text.contains(char::is_control)),
};

/// What is sent to an agent.
pub(crate) const AGENT_SEND: Form = Form {
    what: "text",
    expected: "text to send, in double quotes where it has escapes such as `\\n`",
    pattern: "^[^\\u0000]+$",
    max_chars: 256,
    check: |text| refuse_if(text.is_empty() || text.contains('\0')),
};

fn check_name(text: &str) -> Result<(), Flaw> {
    let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    refuse_if(!text.starts_with(|c: char| c.is_ascii_alphanumeric()) || !text.bytes().all(inner))
}

fn refuse_if(bad: bool) -> Result<(), Flaw> {
    if bad { Err(Flaw::PLAIN) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex_lite::Regex;

    use super::*;

    const FORMS: [&Form; 19] = [
        &POOL_NAME,
        &LABEL,
        &FILE,
        &AGENT_SEND,
        &DNS_NAME,
        &HOST,
        &HOST_ADDRESS,
        &LISTEN_ADDRESS,
        &NETWORK,
        &COOKIE_NAME,
        &HEADER_NAME,
        &HEADER_VALUE,
        &HOST_HEADER,
        &HOST_PATTERN,
        &PATH_PATTERN,
        &PATH_PREFIX,
        &PROXY_NAME,
        &REQUEST_ID_HEADER,
        &URL_PATH,
    ];

    #[test]
    fn names_stay_out_of_trouble() {
        for good in ["api", "api-v2.eu_1", "0"] {
            assert_eq!(POOL_NAME.check(good), Ok(()), "{good}");
        }
        for bad in ["", "-api", "a b", "a/b", "é", "a\n"] {
            assert!(POOL_NAME.check(bad).is_err(), "{bad}");
        }
        let long = POOL_NAME.check(&"a".repeat(64)).unwrap_err();
        assert_eq!(long.why.unwrap(), "longer than 63 characters");
    }

    proptest! {
        /// An editor must not underline what the balancer accepts.
        #[test]
        fn patterns_accept_whatever_the_checks_accept(
            text in "\\PC{0,12}|[a-z0-9.:*/{}\\[\\]-]{0,20}|[0-9]{1,3}(\\.[0-9]{1,3}){3}[:/][0-9]{1,5}|/[a-z{}/*.]{0,12}"
        ) {
            for form in FORMS {
                let pattern = Regex::new(&form.pattern.replace("\\u0000", "\\x00")).unwrap();
                if form.check(&text).is_ok() {
                    prop_assert!(pattern.is_match(&text), "{} refuses {text:?}", form.pattern);
                }
            }
        }
    }
}
