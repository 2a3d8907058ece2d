//! A kickstart that a user brought, for people's eyes: what looks like a secret is masked.

use super::{Place, sections};

/// What stands for a secret.
pub(super) const MASK: &str = "********";

/// Words after which a line of a script holds a secret, or holds one itself.
const TELLING: [&str; 9] = [
    "\"auth",
    "ACT_KEY",
    "activation-key",
    "activationkey",
    "assword",
    "passwd",
    "TOKEN",
    "podman login",
    "skopeo login",
];

/// The same lines, with passwords, keys and logins masked. Rather too much than too little.
#[must_use]
pub fn masked(text: &str) -> String {
    let mut in_key = false;
    let mut shown = String::new();
    for (line, place) in text.lines().zip(sections(text)) {
        let line = match place {
            Place::Commands => command(line),
            Place::Header | Place::End => line.to_owned(),
            Place::Body { .. } => {
                let begins = line.contains("-----BEGIN") && line.contains("PRIVATE KEY");
                let ends = line.contains("-----END");
                let hidden = in_key && !ends;
                in_key = (in_key || begins) && !ends;
                // A line of base64 that long is a secret, or nothing that people read.
                let blob = line.len() > 60 && !line.trim().contains(' ');
                if hidden || blob || TELLING.iter().any(|word| line.contains(word)) {
                    MASK.to_owned()
                } else {
                    line.to_owned()
                }
            }
        };
        shown.push_str(&line);
        shown.push('\n');
    }
    shown
}

/// Options stay, values of passwords go.
fn command(line: &str) -> String {
    let mut words = line.split_whitespace();
    let name = words.next().unwrap_or_default();
    let secret = ["--password", "--activation-key", "--reverse-password"];
    if !matches!(
        name,
        "rootpw" | "user" | "rhsm" | "sshpw" | "bootloader" | "iscsi"
    ) {
        return line.to_owned();
    }
    let mut all = vec![name.to_owned()];
    let mut value_follows = false;
    for word in words {
        all.push(match word.split_once('=') {
            Some((option, _)) if secret.contains(&option) => format!("{option}={MASK}"),
            _ if value_follows => MASK.to_owned(),
            _ if !word.starts_with('-') && matches!(name, "rootpw" | "sshpw") => MASK.to_owned(),
            Some(_) | None => word.to_owned(),
        });
        value_follows = secret.contains(&word);
    }
    all.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_not_shown() {
        let text = "\
text
rootpw --iscrypted $6$sentinel
user --name=a --password sentinel --iscrypted
rhsm --organization=1 --activation-key=sentinel
network --hostname=dpu
%post
cat > /x <<'X'
{\"auths\": {\"quay.io\": {\"auth\": \"sentinel\"}}}
-----BEGIN OPENSSH PRIVATE KEY-----
sentinel
-----END OPENSSH PRIVATE KEY-----
X
podman login -p sentinel quay.io
echo done
%end
";
        let shown = masked(text);
        assert!(!shown.contains("sentinel"), "{shown}");
        assert_eq!(shown.lines().count(), text.lines().count());
        for kept in [
            "rootpw --iscrypted ",
            "--name=a",
            "network --hostname=dpu",
            "echo done",
        ] {
            assert!(shown.contains(kept), "{kept}");
        }
    }
}
