//! What secrets, passwords and switched-off checks look like in text. For Containerfiles and for
//! the files of a built image alike.

/// Why a path is a secret's. By its name alone; `None`: not by its name.
#[must_use]
pub fn secret_path(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let lower = name.to_ascii_lowercase();
    let entitlement = path.contains("pki/entitlement");
    if lower.ends_with("-key.pem") || (entitlement && lower.ends_with(".pem")) {
        return Some("an entitlement or another private key");
    }
    if lower.contains("rhc_connect_credentials") {
        return Some("RHC's activation key and organisation");
    }
    if lower.contains("pull-secret")
        || lower.contains("pullsecret")
        || lower.contains("pull_secret")
    {
        return Some("a pull secret");
    }
    if lower == "auth.json" || (lower == "config.json" && path.contains(".docker")) {
        return Some("registry logins");
    }
    if lower.starts_with("id_") && !lower.ends_with(".pub") {
        let key = ["id_rsa", "id_ed25519", "id_ecdsa", "id_dsa"];
        if key.contains(&lower.as_str()) {
            return Some("an SSH private key");
        }
    }
    if lower.starts_with("ssh_host_") && lower.ends_with("_key") {
        return Some("an SSH host key, which every card would share");
    }
    match lower.as_str() {
        ".netrc" | ".git-credentials" | "kubeconfig" => Some("logins"),
        _ => None,
    }
}

/// Why a text is a secret, wherever it lies.
#[must_use]
pub fn secret_text(text: &str) -> Option<&'static str> {
    if text.contains("PRIVATE KEY-----") && text.contains("-----BEGIN ") {
        return Some("a private key");
    }
    if text.contains("\"auths\"") && text.contains("\"auth\"") {
        return Some("registry logins");
    }
    if text.lines().any(|line| {
        line.trim()
            .strip_prefix("RHC_ACT_KEY=")
            .is_some_and(is_literal)
    }) {
        return Some("RHC's activation key");
    }
    None
}

/// Something is written there, and it is no variable, no command and no place-holder.
fn is_literal(value: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'']);
    !value.is_empty() && !value.starts_with(['$', '<', '`'])
}

/// `gpgcheck=0` in a repository file or an option, and dnf's `--nogpgcheck`.
#[must_use]
pub fn gpgcheck_off(line: &str) -> bool {
    let line: String = line.to_ascii_lowercase();
    if line.trim_start().starts_with('#') {
        return false;
    }
    let squeezed: String = line.chars().filter(|c| !c.is_whitespace()).collect();
    squeezed.contains("--nogpgcheck")
        || squeezed.contains("--no-gpgchecks")
        || ["gpgcheck=0", "gpgcheck=false", "gpgcheck=no"]
            .iter()
            .any(|off| squeezed.contains(off))
}

/// A password, as far as a line shows one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordIn {
    /// In plain words.
    Plain,
    /// As a hash: slower to guess, and the same on every card.
    Hash,
    /// Out of a secret, into the image's own /etc/shadow.
    FromSecret,
}

#[must_use]
pub fn password(line: &str) -> Option<PasswordIn> {
    if line.trim_start().starts_with('#') {
        return None;
    }
    if crypt_hash(line) {
        return Some(PasswordIn::Hash);
    }
    let words: Vec<&str> = line
        .split(|c: char| c.is_whitespace() || ";&|()".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    let has = |name: &str| words.iter().any(|w| w.rsplit('/').next() == Some(name));
    if has("chpasswd") || (has("passwd") && words.contains(&"--stdin")) {
        return Some(if line.contains("/run/secrets/") {
            PasswordIn::FromSecret
        } else {
            PasswordIn::Plain
        });
    }
    let option = words.iter().position(|w| *w == "-p" || *w == "--password");
    if (has("usermod") || has("useradd"))
        && let Some(at) = option
        && words.get(at + 1).is_some_and(|value| is_literal(value))
    {
        return Some(PasswordIn::Plain);
    }
    let rootpw = words.first() == Some(&"rootpw");
    if rootpw && !words.contains(&"--lock") && !words.contains(&"--iscrypted") {
        return Some(PasswordIn::Plain);
    }
    None
}

/// crypt(3): `$6$salt$…`, `$y$…`, `$5$…`, `$2b$…`, `$1$…`.
fn crypt_hash(line: &str) -> bool {
    ["$6$", "$5$", "$y$", "$2b$", "$2y$", "$1$"]
        .iter()
        .any(|prefix| {
            line.split(prefix).skip(1).any(|rest| {
                let hash = |c: char| c.is_ascii_alphanumeric() || "./$=,".contains(c);
                let length = rest.find(|c| !hash(c)).unwrap_or(rest.len());
                length >= 20 && rest[..length].contains('$')
            })
        })
}

/// A login given on a command line: it stands in the image's history.
#[must_use]
pub fn login_on_command_line(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let given = |names: &[&str]| {
        words.iter().enumerate().any(|(at, word)| {
            names.iter().any(|name| {
                word.strip_prefix(name)
                    .and_then(|rest| rest.strip_prefix('='))
                    .is_some_and(is_literal)
                    || (word == name && words.get(at + 1).is_some_and(|value| is_literal(value)))
            })
        })
    };
    let registering = line.contains("subscription-manager") && words.contains(&"register");
    let registry = words
        .windows(2)
        .any(|pair| matches!(pair, ["podman" | "skopeo" | "buildah" | "docker", "login"]));
    let rhc = words
        .windows(2)
        .any(|pair| matches!(pair, ["rhc", "connect"]));
    (registering && given(&["--password", "--activationkey"]))
        || (registry && given(&["-p", "--password"]))
        || (rhc && given(&["--activation-key", "-a", "--password", "-p"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        for path in [
            "/etc/pki/entitlement/123.pem",
            "certs/7-key.pem",
            ".rhc_connect_credentials",
            "openshift-pull-secret",
            "/root/.docker/config.json",
            "/etc/ostree/auth.json",
            "/root/.ssh/id_ed25519",
            "/etc/ssh/ssh_host_rsa_key",
        ] {
            assert!(secret_path(path).is_some(), "{path}");
        }
        for path in [
            "/etc/pki/ca-trust/ca.pem",
            "id_ed25519.pub",
            "config.json",
            "/etc/ssh/ssh_host_rsa_key.pub",
            "redhat-uep.pem",
        ] {
            assert_eq!(secret_path(path), None, "{path}");
        }
    }

    #[test]
    fn texts_that_are_secrets() {
        assert!(secret_text("-----BEGIN OPENSSH PRIVATE KEY-----\nx").is_some());
        assert!(secret_text(r#"{"auths":{"quay.io":{"auth":"eA=="}}}"#).is_some());
        assert!(secret_text("RHC_ACT_KEY=abc\n").is_some());
        for harmless in [
            "RHC_ACT_KEY=\n",
            "RHC_ACT_KEY=$KEY",
            "-----BEGIN CERTIFICATE-----",
        ] {
            assert_eq!(secret_text(harmless), None, "{harmless}");
        }
    }

    #[test]
    fn switched_off_checks_and_passwords() {
        for line in [
            "gpgcheck=0",
            "gpgcheck = 0",
            "RUN dnf install -y --nogpgcheck x",
        ] {
            assert!(gpgcheck_off(line), "{line}");
        }
        for line in ["gpgcheck=1", "# gpgcheck=0", "repo_gpgcheck=1"] {
            assert!(!gpgcheck_off(line), "{line}");
        }
        for (line, what) in [
            ("RUN echo root:redhat | chpasswd", Some(PasswordIn::Plain)),
            (
                "RUN echo redhat | passwd --stdin root",
                Some(PasswordIn::Plain),
            ),
            (
                "chpasswd < /run/secrets/rootpw",
                Some(PasswordIn::FromSecret),
            ),
            ("RUN usermod -p redhat root", Some(PasswordIn::Plain)),
            (
                "RUN usermod -p '$6$salt$IxDD3jeSOb5eB1CX5LBsqZFVkJdido3OUILO5Ifz5iwMuTS4XMS130MTSuDDl3aCI6WouIL9AjRbLCelDCy.g.' root",
                Some(PasswordIn::Hash),
            ),
            ("rootpw redhat", Some(PasswordIn::Plain)),
            ("rootpw --lock", None),
            ("RUN passwd -l root", None),
            ("RUN echo costs $6$ or so", None),
        ] {
            assert_eq!(password(line), what, "{line}");
        }
    }

    #[test]
    fn logins_on_command_lines() {
        for line in [
            "RUN subscription-manager register --org=1 --activationkey=abc",
            "RUN podman login -u me -p secret quay.io",
            "RUN rhc connect --activation-key abc --organization 1",
        ] {
            assert!(login_on_command_line(line), "{line}");
        }
        for line in [
            "RUN podman login --password-stdin -u me quay.io",
            "RUN rhc connect --activation-key \"$RHC_ACT_KEY\"",
            "RUN mkdir -p /etc/x",
        ] {
            assert!(!login_on_command_line(line), "{line}");
        }
    }
}
