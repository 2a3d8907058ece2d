//! What a peer said, made fit for an error text: one line, short, and never our own secret.

use std::sync::{PoisonError, RwLock};

/// How many secrets are the credential's own: the password, and as Basic sends it.
const CREDENTIAL: usize = 2;
/// The longest piece of an answer that an error quotes, in characters.
const LIMIT: usize = 200;

/// Texts that must not appear, even where a peer repeats them to us.
pub(crate) struct Evidence {
    secrets: RwLock<Vec<String>>,
}

impl Evidence {
    pub(crate) fn without(secrets: impl IntoIterator<Item = String>) -> Self {
        // Blanking what has one or two characters would only garble the text.
        let secrets: Vec<String> = secrets.into_iter().filter(|s| s.len() > 3).collect();
        Self {
            secrets: RwLock::new(secrets),
        }
    }

    /// One more, which was not known before: a session's token. Of those only the last counts.
    pub(crate) fn add_secret(&self, secret: String) {
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        secrets.truncate(CREDENTIAL);
        secrets.push(secret);
    }

    /// The text in one line, with our secrets blanked.
    pub(crate) fn clean(&self, text: &str) -> String {
        let mut text = text.to_owned();
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        for secret in secrets.iter() {
            text = text.replace(secret.as_str(), "(secret)");
        }
        let words: Vec<&str> = text
            .split(|c: char| c.is_whitespace() || c.is_control())
            .filter(|w| !w.is_empty())
            .collect();
        words.join(" ")
    }

    /// [`Self::clean`], and at most 200 characters.
    pub(crate) fn quote(&self, text: &str) -> String {
        let clean = self.clean(text);
        match clean.char_indices().nth(LIMIT) {
            None => clean,
            Some(_) => clean.chars().take(LIMIT - 1).chain(['…']).collect(),
        }
    }

    /// [`Self::quote`] of a body. Only its beginning is looked at.
    pub(crate) fn quote_bytes(&self, body: &[u8]) -> String {
        let head = &body[..body.len().min(4096)];
        self.quote(&String::from_utf8_lossy(head))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_is_one_short_line_without_our_secret() {
        let evidence = Evidence::without(["sentinel-password".to_owned(), "ab".to_owned()]);
        assert_eq!(
            evidence.quote("<h1>\r\n\tab sentinel-password</h1>\0"),
            "<h1> ab (secret)</h1>"
        );
        let long = evidence.quote(&"ä".repeat(1000));
        assert_eq!(long.chars().count(), 200);
        assert!(long.ends_with('…'));
        assert_eq!(evidence.quote(&"x".repeat(200)), "x".repeat(200));
    }
}
