//! Secrets and entitlements that would stay in a layer, and build secrets that are missing.

use std::collections::BTreeSet;

use super::{
    super::{
        LintReport, LintRule, LintSeverity,
        lint::Subject,
        script::{Instruction, Kind, Source},
    },
    patterns,
};
use crate::image_build::looks_secret;

const AS_SECRET: &str = "give it to the one RUN step that needs it: `RUN --mount=type=secret,id=…`, and `--secret` \
     at the build; what a card needs at run time comes with the installation";

pub fn secrets(subject: &Subject<'_>, report: &mut LintReport) {
    for file in &subject.put {
        let by_name = [Some(file.to.as_str()), file.from.as_deref()]
            .into_iter()
            .flatten()
            .find_map(patterns::secret_path);
        let by_text = file.text().and_then(patterns::secret_text);
        if let Some(what) = by_name.or(by_text) {
            let place = file.from.as_deref().unwrap_or(&file.to);
            report.add(
                LintRule::SecretInLayer,
                LintSeverity::Error,
                file.line,
                Some(place),
                format!(
                    "{what} goes into a layer: everybody who can pull the image has it, and \
                     deleting it later does not take it out"
                ),
                AS_SECRET,
            );
        }
    }
    named_sources(subject, report);
    for (instruction, _) in &subject.seen {
        match &instruction.kind {
            Kind::Run { mounts } => {
                command_lines(instruction, report);
                kept_mounts(instruction, mounts, report);
            }
            Kind::Arg(all) => {
                let with_default = all.iter().filter(|(_, default)| {
                    default
                        .as_deref()
                        .is_some_and(|default| !default.is_empty())
                });
                let names = with_default.map(|(name, _)| name.as_str());
                environment(instruction, names, report);
            }
            Kind::Env(all) => {
                let names = all.iter().filter(|(_, value)| !value.is_empty());
                environment(instruction, names.map(|(name, _)| name.as_str()), report);
            }
            Kind::From { .. } | Kind::Copy { .. } | Kind::Other => {}
        }
    }
    wanted(subject, report);
}

/// Sources that are not in the context we know: the name alone tells.
fn named_sources(subject: &Subject<'_>, report: &mut LintReport) {
    for instruction in &subject.script.instructions {
        let Kind::Copy {
            from: None,
            sources,
            ..
        } = &instruction.kind
        else {
            continue;
        };
        for source in sources {
            let Source::Path(path) = source else { continue };
            let known = subject
                .put
                .iter()
                .any(|file| file.line == instruction.line && file.from.as_deref() == Some(path));
            if let (false, Some(what)) = (known, patterns::secret_path(path)) {
                report.add(
                    LintRule::SecretInLayer,
                    LintSeverity::Error,
                    instruction.line,
                    Some(path),
                    format!("{what} goes into a layer, or into podman's storage with its stage"),
                    AS_SECRET,
                );
            }
        }
    }
}

fn command_lines(instruction: &Instruction, report: &mut LintReport) {
    for (line, text) in &instruction.lines {
        if patterns::login_on_command_line(text) {
            report.add(
                LintRule::SecretInLayer,
                LintSeverity::Error,
                *line,
                None,
                "a login on a command line stands in the image's history",
                AS_SECRET,
            );
        } else if let Some(what) = patterns::secret_text(text) {
            report.add(
                LintRule::SecretInLayer,
                LintSeverity::Error,
                *line,
                None,
                format!("{what} is written out: it stands in the image's history"),
                AS_SECRET,
            );
        }
    }
}

/// `cp /run/secrets/x /etc/…`: a mount that is safe, and its content kept all the same.
fn kept_mounts(instruction: &Instruction, mounts: &[String], report: &mut LintReport) {
    for mount in mounts.iter().filter(|mount| mount.contains("type=secret")) {
        let Some(id) = option(mount, "id") else {
            continue;
        };
        let place = option(mount, "target")
            .or_else(|| option(mount, "dst"))
            .map_or_else(|| format!("/run/secrets/{id}"), str::to_owned);
        for (line, text) in &instruction.lines {
            let words: Vec<&str> = text
                .split(|c: char| c.is_whitespace() || ";&|()".contains(c))
                .filter(|word| !word.is_empty())
                .collect();
            let Some(at) = words.iter().position(|word| *word == place) else {
                continue;
            };
            let copies = words[..at]
                .iter()
                .any(|w| ["cp", "install", "cat", "mv"].contains(w));
            let target = words.iter().skip(at + 1).find(|word| word.starts_with('/'));
            if let (true, Some(target)) = (copies, target)
                && !["/tmp", "/dev", "/run"]
                    .iter()
                    .any(|dir| target.starts_with(dir))
            {
                report.add(
                    LintRule::SecretInLayer,
                    LintSeverity::Error,
                    *line,
                    Some(target),
                    format!("the build secret `{id}` is copied to {target}, into the layer"),
                    "read it where it is mounted, and keep no copy",
                );
            }
        }
    }
}

fn environment<'a>(
    instruction: &Instruction,
    names: impl Iterator<Item = &'a str>,
    report: &mut LintReport,
) {
    for name in names.filter(|name| looks_secret(name)) {
        report.add(
            LintRule::SecretInEnvironment,
            LintSeverity::Error,
            instruction.line,
            None,
            format!("{name} looks like a secret; ARG and ENV values stand in the image's history"),
            AS_SECRET,
        );
    }
}

/// The value of `id` in `type=secret,id=x,target=/y`.
fn option<'a>(mount: &'a str, name: &str) -> Option<&'a str> {
    mount
        .split(',')
        .filter_map(|part| part.split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

fn wanted(subject: &Subject<'_>, report: &mut LintReport) {
    let mut given = BTreeSet::new();
    for (instruction, _) in &subject.seen {
        let Kind::Run { mounts } = &instruction.kind else {
            continue;
        };
        for mount in mounts.iter().filter(|mount| mount.contains("type=secret")) {
            let Some(id) = option(mount, "id") else {
                continue;
            };
            report.secrets_wanted.push(id.to_owned());
            let Some(secrets) = subject.input.secrets else {
                continue;
            };
            let here = secrets.iter().any(|secret| secret == id);
            let required = mount
                .split(',')
                .any(|p| p == "required" || p == "required=true");
            if !here && given.insert(id.to_owned()) {
                let severity = if required {
                    LintSeverity::Error
                } else {
                    LintSeverity::Warning
                };
                report.add(
                    LintRule::SecretNotGiven,
                    severity,
                    instruction.line,
                    None,
                    format!("this step wants the build secret `{id}`, and none is given"),
                    "choose its file among the build's secrets",
                );
            }
        }
    }
}
