//! Registry logins: what a 401 asks for, and what an auth.json holds. Parsing only.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

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
#[serde(rename_all = "camelCase")]
struct AuthFile {
    #[serde(default)]
    auths: BTreeMap<String, AuthEntry>,
    /// By registry: a program that knows the login.
    #[serde(default)]
    cred_helpers: BTreeMap<String, String>,
    /// The same for all registries (Docker Desktop writes it).
    #[serde(default)]
    creds_store: Option<String>,
}

#[derive(Deserialize)]
struct AuthEntry {
    /// base64 of `user:password`.
    #[serde(default)]
    auth: Option<String>,
}

/// What an auth.json has for a repository.
#[derive(Debug, Clone)]
pub enum Entry {
    Login(Login),
    /// Only a program knows it, which we don't call.
    Helper(String),
}

fn parse(json: &str) -> Result<AuthFile, String> {
    serde_json::from_str(json).map_err(|_| "it is not a registry auth.json".to_owned())
}

/// The entry for a repository in an auth.json (docker's and podman's format): the one with the
/// longest matching path. The error is for people and holds nothing of the file.
///
/// # Errors
/// Where it is no such file, or the entry is no login.
pub fn entry(json: &str, registry: &str, repository: &str) -> Result<Option<Entry>, String> {
    let file = parse(json)?;
    if let Some(login) = login_of(&file, registry, repository)? {
        return Ok(Some(Entry::Login(login)));
    }
    let helper = file
        .cred_helpers
        .get(registry)
        .or(file.creds_store.as_ref());
    Ok(helper.cloned().map(Entry::Helper))
}

/// A registry, and its user or the helper that knows it.
pub type Listed = (String, Result<String, String>);

/// Every registry of an auth.json with its user, or with the helper that knows it.
///
/// # Errors
/// It is no such file.
pub fn listed(json: &str) -> Result<Vec<Listed>, String> {
    let file = parse(json)?;
    let mut all = Vec::new();
    for (key, entry) in &file.auths {
        let decoded = entry
            .auth
            .as_ref()
            .and_then(|auth| BASE64_STANDARD.decode(auth).ok());
        let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some((user, _)) = text.as_deref().and_then(|text| text.split_once(':')) {
            all.push((key.clone(), Ok(user.to_owned())));
        }
    }
    for (registry, helper) in file.cred_helpers {
        all.push((registry, Err(helper)));
    }
    Ok(all)
}

/// An auth.json for podman: another one's entries, with our own logins on top.
///
/// # Errors
/// The other one is no auth.json.
pub fn merged(base: Option<&str>, own: &[(String, Login)]) -> Result<Password, String> {
    let mut file: serde_json::Map<String, serde_json::Value> = match base {
        Some(json) => {
            serde_json::from_str(json).map_err(|_| "it is not a registry auth.json".to_owned())?
        }
        None => serde_json::Map::new(),
    };
    let auths = file
        .entry("auths")
        .or_insert_with(|| serde_json::json!({}))
        .as_object_mut()
        .ok_or("it is not a registry auth.json")?;
    for (registry, login) in own {
        let text = format!("{}:{}", login.user, login.password.expose());
        let auth = BASE64_STANDARD.encode(text);
        auths.insert(registry.clone(), serde_json::json!({ "auth": auth }));
    }
    serde_json::to_string(&file)
        .map(Password::new)
        .map_err(|error| error.to_string())
}

/// Where podman looks for logins, in its order (containers-auth.json(5)). `variable` reads the
/// environment.
#[must_use]
pub fn usual_places(
    variable: impl Fn(&str) -> Option<std::ffi::OsString>,
    is_root: bool,
) -> Vec<PathBuf> {
    let folder = |name: &str| {
        variable(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let home = folder("HOME");
    let config = folder("XDG_CONFIG_HOME").or_else(|| Some(home.as_ref()?.join(".config")));
    let run = folder("XDG_RUNTIME_DIR").or_else(|| is_root.then(|| PathBuf::from("/run")));
    let run = run.map(|run| {
        if run == Path::new("/run") {
            run.join("containers/0/auth.json")
        } else {
            run.join("containers/auth.json")
        }
    });
    [
        folder("REGISTRY_AUTH_FILE"),
        run,
        config.map(|config| config.join("containers/auth.json")),
        home.map(|home| home.join(".docker/config.json")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn login_of(file: &AuthFile, registry: &str, repository: &str) -> Result<Option<Login>, String> {
    let full = format!("{registry}/{repository}");
    let best = file
        .auths
        .iter()
        .filter_map(|(key, entry)| Some((matching(key, &full)?, entry.auth.as_ref()?)))
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

/// How much of `registry/repository` a key of an auth.json names; `None`: it is another one's.
#[must_use]
pub fn matching(key: &str, full: &str) -> Option<usize> {
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
        let encoded = |text: &str| serde_json::json!({"auth": BASE64_STANDARD.encode(text)});
        let json = serde_json::json!({"auths": {
            "quay.io": encoded("all:1"),
            "quay.io/team": encoded("team:2:3"),
            "https://index.docker.io/v1/": encoded("hub:4"),
            "other.io": {},
        }})
        .to_string();
        let of = |registry, repository| match entry(&json, registry, repository).unwrap()? {
            Entry::Login(login) => Some((login.user, login.password.expose().to_owned())),
            Entry::Helper(helper) => panic!("{helper}"),
        };
        let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(of("quay.io", "team/app"), pair("team", "2:3"));
        assert_eq!(of("quay.io", "teams/app"), pair("all", "1"));
        assert_eq!(of("docker.io", "library/x"), pair("hub", "4"));
        assert_eq!(of("other.io", "x"), None);
        assert_eq!(of("quay.io.evil.io", "x"), None);
        assert!(entry("nonsense", "quay.io", "x").is_err());
        let broken = r#"{"auths":{"quay.io":{"auth":"sentinel"}}}"#;
        assert!(
            !entry(broken, "quay.io", "x")
                .unwrap_err()
                .contains("sentinel")
        );
    }

    #[test]
    fn a_helper_is_named_only_where_there_is_no_login() {
        let json = r#"{"auths":{"a.io":{"auth":"dTpw"}},"credHelpers":{"b.io":"secretservice"}}"#;
        assert!(matches!(
            entry(json, "a.io", "x"),
            Ok(Some(Entry::Login(_)))
        ));
        assert!(
            matches!(entry(json, "b.io", "x"), Ok(Some(Entry::Helper(h))) if h == "secretservice")
        );
        assert!(matches!(entry(json, "c.io", "x"), Ok(None)));
        let store = r#"{"credsStore":"desktop"}"#;
        assert!(matches!(
            entry(store, "c.io", "x"),
            Ok(Some(Entry::Helper(_)))
        ));
        assert_eq!(
            listed(json).unwrap(),
            [
                ("a.io".to_owned(), Ok("u".to_owned())),
                ("b.io".to_owned(), Err("secretservice".to_owned()))
            ]
        );
    }

    #[test]
    fn our_logins_go_on_top_of_what_was_there() {
        let base = r#"{"auths":{"a.io":{"auth":"old"},"b.io":{"auth":"dTpw"}},"credHelpers":{"c.io":"x"}}"#;
        let own = [(
            "a.io".to_owned(),
            Login {
                user: "me".into(),
                password: Password::new("new"),
            },
        )];
        let merged = merged(Some(base), &own).unwrap();
        let json: serde_json::Value = serde_json::from_str(merged.expose()).unwrap();
        assert_eq!(
            json["auths"]["a.io"]["auth"],
            BASE64_STANDARD.encode("me:new")
        );
        assert_eq!(json["auths"]["b.io"]["auth"], "dTpw");
        assert_eq!(json["credHelpers"]["c.io"], "x");
        assert!(super::merged(Some("[]"), &own).is_err());
    }

    #[test]
    fn podmans_places_in_its_order() {
        let of = |all: &[(&str, &str)], is_root| {
            let all: BTreeMap<String, std::ffi::OsString> = all
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).into()))
                .collect();
            let places = usual_places(|name| all.get(name).cloned(), is_root);
            let shown: Vec<String> = places.iter().map(|p| p.display().to_string()).collect();
            shown.join(" ")
        };
        assert_eq!(
            of(
                &[("HOME", "/home/a"), ("XDG_RUNTIME_DIR", "/run/user/7")],
                false
            ),
            "/run/user/7/containers/auth.json /home/a/.config/containers/auth.json \
             /home/a/.docker/config.json"
        );
        assert_eq!(
            of(&[("HOME", "/root"), ("REGISTRY_AUTH_FILE", "/x")], true),
            "/x /run/containers/0/auth.json /root/.config/containers/auth.json \
             /root/.docker/config.json"
        );
    }
}
