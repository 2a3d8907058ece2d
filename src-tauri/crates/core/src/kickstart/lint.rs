//! What is wrong with a kickstart that installs an image from our ISOs. Parsing only; the facts
//! behind the rules were learned by doing it.

mod read;
mod scripts;

use self::{
    read::{Command, Kickstart},
    scripts::scripts,
};
use super::{Place, REPOSITORY, check_hostname};
use crate::{
    iso::{AREA_FILE, CONTAINER_DIR},
    lint::{Finding, Severity},
};

/// Sections that Anaconda knows.
const SECTIONS: [&str; 9] = [
    "%pre",
    "%pre-install",
    "%post",
    "%onerror",
    "%traceback",
    "%packages",
    "%addon",
    "%anaconda",
    "%certificate",
];

/// Our rules, in the order of the lines; what is missing as a whole comes last.
#[must_use]
pub fn lint(text: &str) -> Vec<Finding> {
    let kickstart = Kickstart::read(text);
    let mut findings = Vec::new();
    // Not `lines`, which takes a carriage return away.
    for (number, line) in text.split('\n').enumerate() {
        if line.chars().any(|c| c.is_control() && c != '\t') {
            findings.push(
                Finding::new(
                    Severity::Error,
                    "control-characters",
                    "the line holds control characters; Anaconda may read it otherwise than you do",
                    "save the file with Unix line ends and without control characters",
                )
                .at(number),
            );
        }
    }
    structure(&kickstart, &mut findings);
    logins(&kickstart, &mut findings);
    names(&kickstart, &mut findings);
    source(&kickstart, &mut findings);
    scripts(&kickstart, &mut findings);
    unattended(&kickstart, &mut findings);
    findings.sort_by_key(|finding| finding.line.unwrap_or(u32::MAX));
    findings
}

/// Whether whoever reads this text can read a secret: a hash, a login, a key.
#[must_use]
pub fn holds_secrets(text: &str) -> bool {
    let kickstart = Kickstart::read(text);
    let password = kickstart.commands.iter().any(|command| {
        let has = |option: &str| command.has(option);
        (command.is("rootpw") && !(has("--lock") && command.plain().is_none()))
            || (command.is("user") && command.value("--password").is_some())
            || command.is("rhsm")
    });
    let told = [
        "\"auths\"",
        "PRIVATE KEY-----",
        "RHC_ACT_KEY=",
        "--activation-key",
        "--activationkey",
        "podman login",
        "skopeo login",
        "chpasswd",
    ];
    password || told.iter().any(|word| text.contains(word))
}

fn structure(kickstart: &Kickstart<'_>, findings: &mut Vec<Finding>) {
    let mut open = None;
    for (number, (line, place)) in kickstart.lines.iter().zip(&kickstart.places).enumerate() {
        let head = line.split_whitespace().next().unwrap_or_default();
        match place {
            Place::Header => {
                open = Some(number);
                if !SECTIONS.contains(&head) {
                    findings.push(
                        Finding::new(
                            Severity::Error,
                            "unknown-section",
                            format!("{head} is no section that Anaconda knows"),
                            "correct its name, or close the section before it with %end",
                        )
                        .at(number),
                    );
                }
                if head == "%post" && !line.contains("--erroronfail") {
                    findings.push(
                        Finding::new(
                            Severity::Warning,
                            "post-may-fail-unseen",
                            "a command that fails in this %post goes unnoticed: the card would be installed half",
                            "write `%post --erroronfail`, and `set -eu` as its first line",
                        )
                        .at(number),
                    );
                }
            }
            Place::End => open = None,
            Place::Body { .. } if SECTIONS.contains(&head) => findings.push(
                Finding::new(
                    Severity::Error,
                    "section-in-section",
                    format!("{head} begins before the section above was closed"),
                    "close that section with %end",
                )
                .at(number),
            ),
            Place::Body { .. } | Place::Commands => {}
        }
    }
    if let Some(header) = open {
        findings.push(
            Finding::new(
                Severity::Error,
                "open-section",
                "the section is never closed",
                "close it with %end",
            )
            .at(header),
        );
    }
}

fn logins(kickstart: &Kickstart<'_>, findings: &mut Vec<Finding>) {
    const CRYPT: &str = "give `--iscrypted` and a SHA-512 crypt ($6$…), as `openssl passwd -6` makes it; or lock root and give a key";
    for command in kickstart.all("rootpw") {
        if command.has("--lock") && command.plain().is_none() {
            continue;
        }
        judge(command, command.plain(), "rootpw", findings);
    }
    for command in kickstart.all("user") {
        if let Some(password) = command.value("--password") {
            judge(command, Some(password), "user", findings);
        }
    }
    fn judge(
        command: &Command<'_>,
        password: Option<&str>,
        what: &str,
        findings: &mut Vec<Finding>,
    ) {
        let found = |rule: &str, reason: String| {
            Finding::new(Severity::Error, rule, reason, CRYPT).at(command.line)
        };
        if !command.has("--iscrypted") {
            let reason = format!(
                "{what} holds a password in clear: everybody who can fetch the ISO reads it"
            );
            findings.push(found("plaintext-password", reason));
        } else if !password.is_some_and(|hash| hash.starts_with("$6$")) {
            let reason = format!("the password of {what} is not a SHA-512 crypt");
            findings.push(found("weak-crypt", reason));
        }
    }
    let keyed = kickstart.has("sshkey");
    let open = kickstart.all("rootpw").any(|c| c.plain().is_some()) || kickstart.has("user");
    if !keyed && !open {
        findings.push(Finding::new(
            Severity::Note,
            "nobody-can-log-in",
            "no key and no password: only a card that Slipway deploys can be logged into",
            "add an `sshkey` line where the ISO is also used without Slipway",
        ));
    }
}

fn names(kickstart: &Kickstart<'_>, findings: &mut Vec<Finding>) {
    let named: Vec<_> = kickstart
        .all("network")
        .filter_map(|command| Some((command, command.value("--hostname")?)))
        .collect();
    for (command, name) in &named {
        if let Err(error) = check_hostname(name.trim_matches(['"', '\''])) {
            findings.push(
                Finding::new(
                    Severity::Error,
                    "hostname",
                    error.to_string(),
                    "give another name: MicroShift names its node by it, and it can't be changed later",
                )
                .at(command.line),
            );
        }
    }
    if named.is_empty() {
        findings.push(Finding::new(
            Severity::Warning,
            "no-hostname",
            "no `network --hostname=`: a machine without an overlay becomes localhost.localdomain, and MicroShift keeps that",
            "add `network --hostname=NAME`",
        ));
    }
    let included = kickstart
        .all("%include")
        .find(|c| c.words.get(1).is_some_and(|path| path.ends_with(AREA_FILE)));
    match included {
        None => findings.push(Finding::new(
            Severity::Warning,
            "no-kickstart-area",
            "the kickstart area is not included: a card could not be given its name, keys and nonce",
            "`slipctl iso build` adds the line; by hand: %include /run/install/repo/slipway-card.ks after the last `network`",
        )),
        Some(include) => {
            for (command, _) in named.iter().filter(|(c, _)| c.line > include.line) {
                findings.push(
                    Finding::new(
                        Severity::Error,
                        "hostname-after-area",
                        "this host name comes after the card's own and takes its place",
                        "move the line above the %include of slipway-card.ks",
                    )
                    .at(command.line),
                );
            }
        }
    }
}

fn source(kickstart: &Kickstart<'_>, findings: &mut Vec<Finding>) {
    let expected = format!("{REPOSITORY}/{CONTAINER_DIR}");
    let Some(command) = kickstart.all("ostreecontainer").last() else {
        findings.push(Finding::new(
            Severity::Error,
            "no-image",
            "no `ostreecontainer`: nothing says that the image on the ISO is to be installed",
            "add `ostreecontainer --url=/run/install/repo/container --transport=oci --no-signature-verification`",
        ));
        return;
    };
    let url = command.value("--url").unwrap_or_default();
    if url.trim_matches(['"', '\'']) != expected || command.value("--transport") != Some("oci") {
        findings.push(
            Finding::new(
                Severity::Error,
                "image-elsewhere",
                format!("it installs `{url}`, and not the image on the ISO"),
                "write `--url=/run/install/repo/container --transport=oci`",
            )
            .at(command.line),
        );
    }
    if !command.has("--no-signature-verification") {
        findings.push(
            Finding::new(
                Severity::Warning,
                "signature",
                "without --no-signature-verification ostree looks for a signature that an OCI directory does not have",
                "add --no-signature-verification",
            )
            .at(command.line),
        );
    }
    for other in [
        "ostreesetup",
        "liveimg",
        "url",
        "cdrom",
        "nfs",
        "harddrive",
        "repo",
        "module",
    ] {
        for command in kickstart.all(other) {
            findings.push(
                Finding::new(
                    Severity::Error,
                    "second-source",
                    format!("`{other}` names another source beside ostreecontainer"),
                    "remove it",
                )
                .at(command.line),
            );
        }
    }
    let packages = |line: &&str| line.split_whitespace().next() == Some("%packages");
    if let Some(number) = kickstart.lines.iter().position(packages) {
        findings.push(
            Finding::new(
                Severity::Error,
                "packages",
                "an image is installed as it is; Anaconda refuses %packages beside ostreecontainer",
                "remove the section, and put the packages into the image",
            )
            .at(number),
        );
    }
}

fn unattended(kickstart: &Kickstart<'_>, findings: &mut Vec<Finding>) {
    let any = |names: &[&str]| names.iter().any(|name| kickstart.has(name));
    if !kickstart.has("reboot") {
        let ends = any(&["poweroff", "shutdown", "halt"]);
        let reason = if ends {
            "the card is switched off after the installation, and nobody switches it on"
        } else {
            "nothing ends the installation: it waits for a key that nobody presses"
        };
        findings.push(Finding::new(
            Severity::Error,
            "no-reboot",
            reason,
            "add `reboot`",
        ));
    }
    for (names, what) in [
        (&["lang"][..], "lang en_US.UTF-8"),
        (&["keyboard"], "keyboard us"),
        (&["timezone"], "timezone Etc/UTC --utc"),
        (&["rootpw", "user"], "rootpw --lock"),
        (
            &["autopart", "part", "partition", "logvol", "mount"],
            "autopart --type=lvm --noswap",
        ),
        (&["clearpart", "zerombr"], "clearpart --all --initlabel"),
        (&["text", "cmdline"], "text"),
    ] {
        if !any(names) {
            findings.push(Finding::new(
                Severity::Warning,
                "would-ask",
                format!(
                    "no `{}`: the installer may stop and ask",
                    names.join("` or `")
                ),
                &format!("add `{what}`"),
            ));
        }
    }
}

#[cfg(test)]
mod tests;
