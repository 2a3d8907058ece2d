//! The build secrets that a RHEL machine has: which files, under which ids.

use serde::{Deserialize, Serialize};
use specta::Type;

/// A file that RHEL's package manager wants in a RUN step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct EntitlementFile {
    /// The id in the reference Containerfile: `--mount=type=secret,id=…`.
    pub id: String,
    pub what: String,
    /// Where it lies; `None`: not found.
    pub path: Option<String>,
}

/// Id, what it is, and where RHEL keeps it.
pub const KNOWN_SECRETS: [(&str, &str, &str); 4] = [
    (
        "entitlement-cert",
        "Subscription certificate",
        "/etc/pki/entitlement",
    ),
    (
        "entitlement-key",
        "Key of the subscription certificate",
        "/etc/pki/entitlement",
    ),
    (
        "redhat-repo",
        "RHEL's repositories",
        "/etc/yum.repos.d/redhat.repo",
    ),
    (
        "rhsm-ca",
        "Authority of Red Hat's servers",
        "/etc/rhsm/ca/redhat-uep.pem",
    ),
];

/// Chooses among the files that were found: `*-key.pem` is a key, another `.pem` of that folder
/// its certificate. Of several subscriptions the first by name that has both.
#[must_use]
pub fn entitlement_files(found: &[String]) -> Vec<EntitlementFile> {
    let mut sorted: Vec<&String> = found.iter().collect();
    sorted.sort();
    let pair = sorted.iter().find_map(|path| {
        let stem = path.strip_suffix("-key.pem")?;
        let certificate = format!("{stem}.pem");
        let both = path.starts_with("/etc/pki/entitlement/") && found.contains(&certificate);
        both.then(|| (certificate, (*path).clone()))
    });
    KNOWN_SECRETS
        .into_iter()
        .map(|(id, what, place)| EntitlementFile {
            id: id.to_owned(),
            what: what.to_owned(),
            path: match id {
                "entitlement-cert" => pair.as_ref().map(|(certificate, _)| certificate.clone()),
                "entitlement-key" => pair.as_ref().map(|(_, key)| key.clone()),
                _ => found.iter().find(|path| *path == place).cloned(),
            },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_certificate_is_that_of_the_key() {
        let found = [
            "/etc/pki/entitlement/99.pem",
            "/etc/pki/entitlement/7-key.pem",
            "/etc/pki/entitlement/7.pem",
            "/etc/rhsm/ca/redhat-uep.pem",
        ]
        .map(str::to_owned);
        let paths: Vec<Option<String>> = entitlement_files(&found)
            .into_iter()
            .map(|file| file.path)
            .collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            paths,
            [
                some("/etc/pki/entitlement/7.pem"),
                some("/etc/pki/entitlement/7-key.pem"),
                None,
                some("/etc/rhsm/ca/redhat-uep.pem")
            ]
        );
        assert!(entitlement_files(&[]).iter().all(|f| f.path.is_none()));
    }
}
