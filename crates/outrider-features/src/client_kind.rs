//! What kind of program asks, from its `User-Agent`.
//!
//! A table of words, not a database of browsers: the kinds are few, and what matters is that one program always gets
//! the same one. The words are runs of letters and digits in the first 256 bytes, upper and lower case alike. In this
//! order:
//!
//! 1. `bot` if a word ends in `bot`, `crawler` or `spider` (but for Cubot, a maker of telephones) or is in [`BOTS`];
//! 2. `mobile` if a word is in [`MOBILE`];
//! 3. `library` if the *first* word is in [`LIBRARIES`]: browsers start with `Mozilla`;
//! 4. `desktop` if a word is in [`DESKTOP`];
//! 5. `other`, also without the header.

/// Bytes of the header that are looked at.
const BYTES_MAX: usize = 256;

const BOT_ENDINGS: [&str; 3] = ["bot", "crawler", "spider"];
const BOTS: [&str; 12] = [
    "slurp",
    "facebookexternalhit",
    "mediapartners",
    "headlesschrome",
    "lighthouse",
    "pingdom",
    "statuscake",
    "healthchecker",
    "googlehc",
    "prometheus",
    "probe",
    "scanner",
];
const MOBILE: [&str; 9] = ["mobile", "android", "iphone", "ipad", "ipod", "dalvik", "cfnetwork", "kaios", "mobi"];
const LIBRARIES: [&str; 36] = [
    "curl",
    "wget",
    "python",
    "aiohttp",
    "httpx",
    "urllib3",
    "requests",
    "scrapy",
    "go",
    "okhttp",
    "java",
    "apache",
    "jetty",
    "reactornetty",
    "axios",
    "node",
    "undici",
    "got",
    "deno",
    "bun",
    "postmanruntime",
    "insomnia",
    "httpie",
    "guzzlehttp",
    "ruby",
    "faraday",
    "libwww",
    "php",
    "dart",
    "reqwest",
    "hyper",
    "wrk",
    "h2load",
    "k6",
    "grpc",
    "aws",
];
const DESKTOP: [&str; 5] = ["windows", "macintosh", "x11", "cros", "linux"];

/// The kind of client that sent `user_agent`.
pub(crate) fn kind_of(user_agent: Option<&[u8]>) -> &'static str {
    let value = user_agent.unwrap_or_default();
    let value = &value[..value.len().min(BYTES_MAX)];
    let any = |test: fn(&[u8]) -> bool| words(value).any(test);
    if any(is_bot) {
        "bot"
    } else if any(|word| is_among(word, &MOBILE)) {
        "mobile"
    } else if words(value).next().is_some_and(|word| is_among(word, &LIBRARIES)) {
        "library"
    } else if any(|word| is_among(word, &DESKTOP)) {
        "desktop"
    } else {
        "other"
    }
}

fn words(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| !byte.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
}

fn is_among(word: &[u8], list: &[&str]) -> bool {
    list.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
}

fn is_bot(word: &[u8]) -> bool {
    is_among(word, &BOTS) || !word.eq_ignore_ascii_case(b"cubot") && BOT_ENDINGS.iter().any(|end| ends_with(word, end))
}

fn ends_with(word: &[u8], end: &str) -> bool {
    word.len() >= end.len() && word[word.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn well_known_clients_have_their_kind() {
        for (user_agent, kind) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",
                "desktop",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15",
                "desktop",
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "desktop"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1",
                "mobile",
            ),
            ("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36", "mobile"),
            ("Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 Chrome/99.0 Mobile Safari/537.36", "mobile"),
            ("MyApp/7 CFNetwork/1496.0.7 Darwin/23.5.0", "mobile"),
            ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "bot"),
            ("Mozilla/5.0 (compatible; Baiduspider/2.0)", "bot"),
            ("kube-probe/1.30", "bot"),
            ("curl/8.7.1", "library"),
            ("python-requests/2.32.3", "library"),
            ("Go-http-client/1.1", "library"),
            ("GRPC-java/1.64", "library"),
            ("A curl of smoke", "other"),
            ("", "other"),
            ("\u{1F600}", "other"),
        ] {
            assert_eq!(kind_of(Some(user_agent.as_bytes())), kind, "{user_agent}");
        }
        assert_eq!(kind_of(None), "other");
    }

    proptest! {
        #[test]
        fn what_comes_after_the_bound_does_not_matter(head in "[ -~]{256}", tail in ".{0,40}") {
            prop_assert_eq!(kind_of(Some(head.as_bytes())), kind_of(Some([head.as_str(), &tail].concat().as_bytes())));
        }

        #[test]
        fn any_bytes_have_a_kind(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            prop_assert!(["bot", "mobile", "library", "desktop", "other"].contains(&kind_of(Some(&bytes))));
        }
    }
}
