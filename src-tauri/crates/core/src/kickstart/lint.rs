//! What is wrong with a kickstart that installs an image from our ISOs. Parsing only; the facts
//! behind the rules were learned by doing it.

use super::{Place, REPOSITORY, check_hostname, sections};
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

struct Kickstart<'a> {
    lines: Vec<&'a str>,
    places: Vec<Place>,
    commands: Vec<Command<'a>>,
}

struct Command<'a> {
    line: usize,
    words: Vec<&'a str>,
}

impl<'a> Kickstart<'a> {
    fn read(text: &'a str) -> Self {
        let places = sections(text);
        let lines: Vec<&str> = text.lines().collect();
        let commands = lines
            .iter()
            .zip(&places)
            .enumerate()
            .filter(|(_, (line, place))| {
                **place == Place::Commands && !line.trim_start().starts_with('#')
            })
            .map(|(number, (line, _))| Command {
                line: number,
                words: line.split_whitespace().collect(),
            })
            .filter(|command| !command.words.is_empty())
            .collect();
        Self {
            lines,
            places,
            commands,
        }
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &Command<'a>> {
        self.commands.iter().filter(move |c| c.is(name))
    }

    fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// The lines of the sections of this name, with their numbers.
    fn body(&self, name: &str) -> impl Iterator<Item = (usize, &'a str)> {
        let of_section = move |header: usize| {
            self.lines[header]
                .split_whitespace()
                .next()
                .unwrap_or_default()
                == name
        };
        self.lines.iter().zip(&self.places).enumerate().filter_map(
            move |(number, (line, place))| match place {
                Place::Body { header } if of_section(*header) => Some((number, *line)),
                Place::Body { .. } | Place::Commands | Place::Header | Place::End => None,
            },
        )
    }
}

impl<'a> Command<'a> {
    fn is(&self, name: &str) -> bool {
        self.words[0] == name
    }

    fn has(&self, option: &str) -> bool {
        self.words[1..].contains(&option)
    }

    /// `--option=value` or `--option value`.
    fn value(&self, option: &str) -> Option<&'a str> {
        let mut words = self.words[1..].iter();
        while let Some(word) = words.next() {
            if *word == option {
                return words.next().copied();
            }
            if let Some(value) = word.strip_prefix(option).and_then(|w| w.strip_prefix('=')) {
                return Some(value);
            }
        }
        None
    }

    /// The first word that is no option.
    fn plain(&self) -> Option<&'a str> {
        self.words[1..]
            .iter()
            .find(|word| !word.starts_with("--"))
            .copied()
    }
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

fn scripts(kickstart: &Kickstart<'_>, findings: &mut Vec<Finding>) {
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
