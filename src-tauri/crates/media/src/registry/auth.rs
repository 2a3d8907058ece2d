//! Registry logins: what a 401 asks for, and what an auth.json holds. Parsing only.

use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Deserialize;
use slipway_core::secret::Password;

/// What a `WWW-Authenticate` header asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Challenge {
    Basic,
    Bearer {
        realm: String,
        service: Option<String>,
        scope: Option<String>,
    },
}

/// Reads `Bearer realm="…",service="…",scope="…"` or `Basic realm="…"`.
#[must_use]
pub fn challenge(header: &str) -> Option<Challenge> {
    let (scheme, rest) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
    if scheme.eq_ignore_ascii_case("basic") {
        return Some(Challenge::Basic);
    }
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let mut given = parameters(rest);
    Some(Challenge::Bearer {
        realm: given.remove("realm")?,
        service: given.remove("service"),
        scope: given.remove("scope"),
    })
}

/// `name="value"` pairs; a comma inside quotes (`scope="repository:x:pull,push"`) is no border.
fn parameters(text: &str) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once('=') {
        let name = name.trim_matches([',', ' ']).to_ascii_lowercase();
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => match quoted.split_once('"') {
                Some((value, after)) => (value, after),
                None => return all,
            },
            None => after.split_once(',').unwrap_or((after, "")),
        };
        all.insert(name, value.trim().to_owned());
        rest = after;
    }
    all
}

/// A user name and a password. `Debug` shows no password.
#[derive(Debug, Clone)]
pub struct Login {
    pub user: String,
    pub password: Password,
}

#[derive(Deserialize)]
struct AuthFile {
    #[serde(default)]
    auths: BTreeMap<String, AuthEntry>,
}

#[derive(Deserialize)]
struct AuthEntry {
    /// base64 of `user:password`.
    #[serde(default)]
    auth: Option<String>,
}

/// The login for a repository in an auth.json (docker's and podman's format): the entry with the
/// longest matching path. The error is for people and holds nothing of the file.
///
/// # Errors
/// Where it is no such file, or the entry is no login.
pub fn login(json: &str, registry: &str, repository: &str) -> Result<Option<Login>, String> {
    let file: AuthFile =
        serde_json::from_str(json).map_err(|_| "it is not a registry auth.json".to_owned())?;
    let full = format!("{registry}/{repository}");
    let matching = |key: &str| {
        // Docker writes URLs: `https://index.docker.io/v1/`.
        let key = key
            .trim_start_matches("https://")
            .trim_start_matches("http://");
        let key = match key.trim_end_matches('/') {
            "index.docker.io/v1" | "index.docker.io" => "docker.io",
            other => other,
        };
        let rest = full.strip_prefix(key)?;
        (rest.is_empty() || rest.starts_with('/')).then_some(key.len())
    };
    let best = file
        .auths
        .iter()
        .filter_map(|(key, entry)| Some((matching(key)?, entry.auth.as_ref()?)))
        .max_by_key(|(length, _)| *length);
    let Some((_, encoded)) = best else {
        return Ok(None);
    };
    let broken = || format!("its entry for {registry} is not a login");
    let decoded = BASE64_STANDARD.decode(encoded).map_err(|_| broken())?;
    let text = String::from_utf8(decoded).map_err(|_| broken())?;
    let (user, password) = text.split_once(':').ok_or_else(broken)?;
    Ok(Some(Login {
        user: user.to_owned(),
        password: Password::new(password),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_of_known_registries() {
        let quay = r#"Bearer realm="https://quay.io/v2/auth",service="quay.io",scope="repository:a/b:pull,push""#;
        assert_eq!(
            challenge(quay),
            Some(Challenge::Bearer {
                realm: "https://quay.io/v2/auth".into(),
                service: Some("quay.io".into()),
                scope: Some("repository:a/b:pull,push".into()),
            })
        );
        assert_eq!(challenge("Basic realm=\"x\""), Some(Challenge::Basic));
        assert_eq!(challenge("Negotiate"), None);
        assert_eq!(challenge("Bearer service=\"x\""), None);
    }

    #[test]
    fn the_longest_matching_entry_is_the_login() {
        let entry = |text: &str| serde_json::json!({"auth": BASE64_STANDARD.encode(text)});
        let json = serde_json::json!({"auths": {
            "quay.io": entry("all:1"),
            "quay.io/team": entry("team:2:3"),
            "https://index.docker.io/v1/": entry("hub:4"),
            "other.io": {},
        }})
        .to_string();
        let of = |registry, repository| {
            let login = login(&json, registry, repository).unwrap()?;
            Some((login.user, login.password.expose().to_owned()))
        };
        let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(of("quay.io", "team/app"), pair("team", "2:3"));
        assert_eq!(of("quay.io", "teams/app"), pair("all", "1"));
        assert_eq!(of("docker.io", "library/x"), pair("hub", "4"));
        assert_eq!(of("other.io", "x"), None);
        assert_eq!(of("quay.io.evil.io", "x"), None);
        assert!(login("nonsense", "quay.io", "x").is_err());
        let broken = r#"{"auths":{"quay.io":{"auth":"sentinel"}}}"#;
        assert!(
            !login(broken, "quay.io", "x")
                .unwrap_err()
                .contains("sentinel")
        );
    }
}
