//! Each rule fires where it should, and not on what we make ourselves.

use super::*;
use crate::kickstart::{KickstartForm, RootLogin, render};
use crate::secret::Password;

fn rules(text: &str) -> Vec<(String, Option<u32>)> {
    lint(text)
        .into_iter()
        .map(|finding| (finding.rule, finding.line))
        .collect()
}

fn has(text: &str, rule: &str, line: Option<u32>) {
    let found = rules(text);
    assert!(found.contains(&(rule.into(), line)), "{rule} in {found:?}");
}

#[test]
fn what_we_make_ourselves_has_nothing_to_find() {
    let form = KickstartForm {
        ssh_keys: vec!["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA me@desk".into()],
        origin: Some("quay.io/lab/dpu-os:stable".parse().unwrap()),
        registry_auth: Some(Password::new(r#"{"auths":{}}"#)),
        ..KickstartForm::default()
    };
    let made = render(&form).unwrap();
    assert_eq!(lint(made.text.expose()), []);
    assert!(holds_secrets(made.text.expose()) && made.contains_secrets);
    let plain = KickstartForm {
        registry_auth: None,
        root: RootLogin::Locked,
        ..form
    };
    let made = render(&plain).unwrap();
    assert!(!holds_secrets(made.text.expose()) && !made.contains_secrets);
}

/// The seed's kickstart, as people have it today.
const SEED: &str = "\
rootpw redhat
lang en_US.UTF-8
timezone America/New_York --utc
text
eula --agreed
skipx
clearpart --all --initlabel
autopart --type=lvm --noswap
network --bootproto=dhcp --device=enp0s1f0d1
ostreecontainer --url=/run/install/repo/container --transport=oci --no-signature-verification
%post
echo 'PermitRootLogin yes' >> /etc/ssh/sshd_config
systemctl restart sshd.service
podman login -u=\"${REGISTRY_USER}\" -p=\"${REGISTRY_PASSWORD}\" --authfile /etc/ostree/auth.json
%end
reboot
";

#[test]
fn the_seeds_kickstart_is_found_out() {
    for (rule, line) in [
        ("plaintext-password", Some(1)),
        ("post-may-fail-unseen", Some(11)),
        ("root-by-password", Some(12)),
        ("no-systemd-here", Some(13)),
        ("password-in-argv", Some(14)),
        ("no-hostname", None),
        ("no-kickstart-area", None),
        ("origin", None),
        ("would-ask", None),
    ] {
        has(SEED, rule, line);
    }
    assert!(holds_secrets(SEED));
    let errors = lint(SEED)
        .into_iter()
        .filter(|f| f.severity == Severity::Error);
    assert_eq!(errors.count(), 2);
}

#[test]
fn each_rule_has_a_line() {
    has("rootpw --iscrypted $1$abc$def\n", "weak-crypt", Some(1));
    has(
        "text\nuser --name=a --password=b\n",
        "plaintext-password",
        Some(2),
    );
    has("network --hostname=localhost\n", "hostname", Some(1));
    has(
        "%include /run/install/repo/slipway-card.ks\nnetwork --hostname=a\n",
        "hostname-after-area",
        Some(2),
    );
    has("text\n", "no-image", None);
    has(
        "ostreecontainer --url=quay.io/a/b:c\n",
        "image-elsewhere",
        Some(1),
    );
    has(
        "ostreecontainer --url=x\nurl --url=http://a\n",
        "second-source",
        Some(2),
    );
    has(
        "ostreecontainer --url=x\n%packages\n%end\n",
        "packages",
        Some(2),
    );
    has("%pots\n%end\n", "unknown-section", Some(1));
    has("%post\necho\n", "open-section", Some(1));
    has("%post\n%post\n%end\n", "section-in-section", Some(2));
    has("text\r\n", "control-characters", Some(1));
    has("text\n", "no-reboot", None);
    has("poweroff\n", "no-reboot", None);
    has(
        "%post\ncat > /x <<EOF\n{\"auths\": 1}\nEOF\n%end\n",
        "open-heredoc",
        Some(2),
    );
}

#[test]
fn a_comment_is_no_command() {
    assert!(
        rules("# rootpw redhat\n")
            .iter()
            .all(|(rule, _)| rule != "plaintext-password")
    );
}

#[test]
fn every_finding_says_why_and_what_to_do() {
    for finding in lint(SEED) {
        assert!(
            !finding.reason.is_empty() && !finding.fix.is_empty(),
            "{finding:?}"
        );
    }
}
