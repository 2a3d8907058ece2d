//! The rules of `%post`.

use super::read::Kickstart;
use crate::lint::{Finding, Severity};

pub(super) fn scripts(kickstart: &Kickstart<'_>, findings: &mut Vec<Finding>) {
    let mut switches = false;
    let mut asks_for = None;
    for (number, line) in kickstart.body("%post") {
        let code = line.trim_start();
        if code.starts_with('#') {
            continue;
        }
        switches |= code.contains("bootc switch") && code.contains("--mutate-in-place");
        let login = code.contains("podman login") || code.contains("skopeo login");
        let given = code
            .split_whitespace()
            .any(|word| word == "-p" || word.starts_with("-p=") || word.starts_with("--password"));
        if login && given && !code.contains("--password-stdin") {
            findings.push(
                Finding::new(
                    Severity::Error,
                    "password-in-argv",
                    "the registry's password stands on a command line: in the ISO, in the log and in the process list",
                    "give the form a registry login; it becomes /etc/ostree/auth.json, mode 0600",
                )
                .at(number),
            );
        }
        if code.contains("PermitRootLogin yes") {
            findings.push(
                Finding::new(
                    Severity::Warning,
                    "root-by-password",
                    "root may log in over SSH with a password",
                    "leave sshd's default, and log in with a key",
                )
                .at(number),
            );
        }
        if let Some(tag) = unquoted_heredoc(code) {
            asks_for = Some((number, tag));
        } else if asks_for
            .as_ref()
            .is_some_and(|(_, tag)| code.trim_end() == tag)
        {
            asks_for = None;
        }
        if let Some((start, _)) = asks_for
            && start != number
            && ["\"auth", "KEY", "assword"]
                .iter()
                .any(|w| code.contains(w))
        {
            findings.push(
                Finding::new(
                    Severity::Warning,
                    "open-heredoc",
                    "a secret in a here-document that the shell expands: a `$` in it is lost",
                    "quote its delimiter: <<'EOF'",
                )
                .at(start),
            );
            asks_for = None;
        }
        if code.contains("systemctl restart") || code.contains("systemctl start") {
            findings.push(
                Finding::new(
                    Severity::Warning,
                    "no-systemd-here",
                    "no systemd runs in the installed system while it is installed",
                    "use `systemctl enable`; it starts with the first boot",
                )
                .at(number),
            );
        }
    }
    if !switches {
        findings.push(Finding::new(
            Severity::Warning,
            "origin",
            "no `bootc switch --mutate-in-place` in a %post: without Slipway's overlay the card follows the ISO, and can never upgrade",
            "add `bootc switch --mutate-in-place --transport registry REFERENCE` to a %post",
        ));
    }
}

/// The delimiter of `<<WORD` or `<<-WORD`, where it is not quoted.
fn unquoted_heredoc(code: &str) -> Option<String> {
    let (_, after) = code.split_once("<<")?;
    if after.starts_with('<') {
        return None;
    }
    let after = after.trim_start_matches('-').trim_start();
    let tag: String = after
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    (!tag.is_empty()).then_some(tag)
}
