//! Takes out of a text what must not leave the desk: for what is sent to somebody else.
//!
//! Two nets, for each has holes: the secrets that this desk knows, wherever they stand; and what
//! looks like a secret, by its name or by its form, also where nobody told us of it.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value;

/// What stands in the place of a secret.
pub const REMOVED: &str = "(removed)";

/// A shorter one would be found in words that have nothing to do with it.
const SHORTEST: usize = 4;

/// The forms of secrets. The first group is kept.
static FORMS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        // A private key in PEM or OpenSSH's form.
        r"()-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
        // crypt(3): $6$, $5$, $1$, $y$, $2b$.
        r"()\$(?:1|2[abxy]?|5|6|7|y|gy)\$[^\s:'\x22,]+",
        // The user and password of a URL.
        r"([a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s@'\x22]+@",
        // Headers.
        r"(?i)\b(authorization: *(?:basic|bearer) +|x-auth-token: *|bearer +)[A-Za-z0-9._~+/=-]+",
        // Settings in a text: password=…, token: ….
        r"(?i)\b([a-z_-]*(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key)\x22?\s*[=:]\s*\x22?)[^\s\x22',;]+",
    ]
    .iter()
    .filter_map(|form| Regex::new(form).ok())
    .collect()
});

/// Members of an object that hold secrets, by their names' parts.
const NAMES: [&str; 9] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "authorization",
    "cookie",
    "private_key",
    "privatekey",
];

/// What is looked for in a document.
#[derive(Debug, Default)]
pub struct Redaction {
    known: Vec<crate::secret::Password>,
    removed: u32,
}

impl Redaction {
    /// A secret that is known here. Lines of a key or of a file are looked for one by one.
    pub fn know(&mut self, secret: &crate::secret::Password) {
        let text = secret.expose();
        let lines = text.lines().filter(|line| !line.starts_with("-----"));
        for line in lines.map(str::trim).filter(|line| line.len() >= SHORTEST) {
            self.known.push(crate::secret::Password::new(line));
        }
        // The longest first: one may be a part of another.
        self.known
            .sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
    }

    /// How many places were taken out so far.
    #[must_use]
    pub fn removed(&self) -> u32 {
        self.removed
    }

    /// A text without them.
    pub fn text(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.known {
            let count = text.matches(secret.expose()).count();
            if count > 0 {
                self.removed += u32::try_from(count).unwrap_or(u32::MAX);
                text = text.replace(secret.expose(), REMOVED);
            }
        }
        for form in FORMS.iter() {
            let mut count = 0;
            let replaced = form.replace_all(&text, |found: &Captures<'_>| {
                if found[0].ends_with(REMOVED) {
                    return found[0].to_owned();
                }
                count += 1;
                format!("{}{REMOVED}", &found[1])
            });
            if count > 0 {
                text = replaced.into_owned();
                self.removed += count;
            }
        }
        text
    }

    /// A document without them, in its keys as in its values.
    pub fn value(&mut self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(members) => members
                .into_iter()
                .map(|(name, value)| {
                    let value = if is_secret(&name, &value) {
                        self.removed += 1;
                        REMOVED.into()
                    } else {
                        self.value(value)
                    };
                    (self.text(&name), value)
                })
                .collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) => value,
        }
    }
}

/// A flag of that name, or a text that says nothing, is none.
fn is_secret(name: &str, value: &Value) -> bool {
    let name = name.to_lowercase().replace('-', "_");
    let named = NAMES.iter().any(|part| name.contains(part));
    named && value.as_str().is_some_and(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Password;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn what_is_known_is_taken_out_wherever_it_stands() {
        let mut redaction = Redaction::default();
        redaction.know(&Password::new("correct horse"));
        redaction.know(&Password::new(
            "-----BEGIN X-----\nb3BlbnNzaC1rZXk\n-----END X-----",
        ));
        redaction.know(&Password::new("a"));
        let clean = redaction.value(json!({
            "said": ["login with correct horse failed", "b3BlbnNzaC1rZXk"],
            "correct horse": 1,
        }));
        assert_eq!(
            clean,
            json!({ "said": ["login with (removed) failed", "(removed)"], "(removed)": 1 })
        );
        assert_eq!(redaction.removed(), 3);
    }

    #[test]
    fn what_looks_like_a_secret_is_taken_out_unasked() {
        let clean = |text: &str| Redaction::default().text(text);
        for (text, wanted) in [
            (
                "rootpw --iscrypted $6$salt$hash/of.it",
                "rootpw --iscrypted (removed)",
            ),
            (
                "https://root:calvin@10.0.0.1/redfish",
                "https://(removed)10.0.0.1/redfish",
            ),
            ("X-Auth-Token: 0f3a99", "X-Auth-Token: (removed)"),
            (
                "Authorization: Basic cm9vdDpjYWx2aW4=",
                "Authorization: Basic (removed)",
            ),
            ("rhc --token=abc, then", "rhc --token=(removed), then"),
            (
                "key -----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\nBBBB\n-----END OPENSSH PRIVATE KEY----- end",
                "key (removed) end",
            ),
            // Nothing of this is secret.
            (
                "the password is asked for; 3 tokens; https://host/a@b",
                "the password is asked for; 3 tokens; https://host/a@b",
            ),
        ] {
            assert_eq!(clean(text), wanted);
        }
    }

    #[test]
    fn members_that_are_named_so_lose_their_text_and_keep_their_flags() {
        let clean = Redaction::default().value(json!({
            "Password": "x", "media_token": "y", "PasswordChangeRequired": false, "secret": "",
        }));
        assert_eq!(
            clean,
            json!({
                "Password": "(removed)", "media_token": "(removed)",
                "PasswordChangeRequired": false, "secret": "",
            })
        );
    }

    proptest! {
        #[test]
        fn no_known_secret_is_left(before in ".{0,40}", secret in "[ -~]{6,20}", after in ".{0,40}") {
            let secret = secret.trim().to_owned();
            prop_assume!(secret.len() >= 6 && !REMOVED.contains(&secret));
            let mut redaction = Redaction::default();
            redaction.know(&Password::new(secret.as_str()));
            let clean = redaction.text(&format!("{before}{secret}{after}"));
            prop_assert!(!clean.contains(&secret), "{clean}");
        }
    }
}
