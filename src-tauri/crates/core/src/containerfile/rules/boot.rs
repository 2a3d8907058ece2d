//! What an IPU needs to find its disk: dracut modules, an initramfs that has them, kernel
//! arguments; and bootc's own check at the end.

use super::super::{
    LintReport, LintRule, LintSeverity, LintTarget,
    lint::{Content, Subject},
    script::{Instruction, Kind},
};

const KARGS_DIR: &str = "/usr/lib/bootc/kargs.d/";
const DRACUT_DIRS: [&str; 2] = ["/usr/lib/dracut/dracut.conf.d", "/etc/dracut.conf"];

pub fn boot(subject: &Subject<'_>, report: &mut LintReport) {
    kargs(subject, report);
    match subject.input.target {
        LintTarget::Ipu => dracut(subject, report),
        LintTarget::Other => {}
    }
    bootc_lint(subject, report);
}

/// A base that is known to bring nothing for an IPU; another one may.
fn severity(subject: &Subject<'_>) -> LintSeverity {
    let plain = [
        "rhel-bootc",
        "centos-bootc",
        "fedora-bootc",
        "rhel9/",
        "rhel10/",
    ];
    if plain.iter().any(|name| subject.base.contains(name)) {
        LintSeverity::Error
    } else {
        LintSeverity::Warning
    }
}

fn base_may_bring_it(severity: LintSeverity, base: &str) -> String {
    match severity {
        LintSeverity::Error => String::new(),
        LintSeverity::Warning | LintSeverity::Info => format!(" (unless {base} brings it)"),
    }
}

fn runs<'a>(subject: &'a Subject<'_>) -> impl Iterator<Item = &'a Instruction> {
    let run = |i: &&Instruction| matches!(i.kind, Kind::Run { .. });
    subject.seen.iter().map(|(i, _)| *i).filter(run)
}

fn dracut(subject: &Subject<'_>, report: &mut LintReport) {
    let severity = severity(subject);
    let mut modules: Vec<String> = Vec::new();
    let mut told_at = None;
    for file in &subject.put {
        if DRACUT_DIRS.iter().any(|dir| file.to.starts_with(dir)) {
            told_at = told_at.max(Some(file.line));
            if let Some(text) = file.text() {
                modules.extend(words_of_modules(text));
            }
        }
    }
    for run in runs(subject) {
        let text: Vec<&str> = run.lines.iter().map(|(_, text)| text.as_str()).collect();
        let text = text.join("\n");
        if DRACUT_DIRS.iter().any(|dir| text.contains(dir)) {
            told_at = told_at.max(Some(run.line));
            modules.extend(words_of_modules(&text));
        } else if calls_dracut(run).is_some() && text.contains("--add") {
            modules.extend(words_of_modules(&text));
        }
    }
    let missing: Vec<&str> = ["iscsi", "network"]
        .into_iter()
        .filter(|module| !modules.iter().any(|known| known == module))
        .collect();
    if !missing.is_empty() {
        report.add(
            LintRule::DracutModules,
            severity,
            told_at.unwrap_or(subject.base_line),
            None,
            format!(
                "no dracut module {}: an IPU boots from its IMC by iSCSI, and hangs in dracut's \
                 initqueue without{}",
                missing.join(" and "),
                base_may_bring_it(severity, &subject.base)
            ),
            "put a file with `add_dracutmodules+=\" iscsi network \"` into \
             /usr/lib/dracut/dracut.conf.d, then build the initramfs again",
        );
    }
    let rebuilt_at = runs(subject).filter_map(calls_dracut).max();
    if let Some(told) = told_at
        && rebuilt_at.is_none_or(|rebuilt| rebuilt < told)
    {
        report.add(
            LintRule::InitramfsNotRebuilt,
            LintSeverity::Error,
            told,
            None,
            "dracut is told something here, and the initramfs is not built again after it: the \
             image boots with the base's",
            "add `RUN kver=$(cd /usr/lib/modules && echo *) && dracut -vf \
             /usr/lib/modules/$kver/initramfs.img $kver` after it",
        );
    }
}

/// The line on which dracut itself is started.
fn calls_dracut(run: &Instruction) -> Option<u32> {
    run.lines.iter().find_map(|(line, text)| {
        let words = text.split(|c: char| c.is_whitespace() || ";&|()\"[],".contains(c));
        let called = words
            .filter(|word| !word.is_empty())
            .any(|word| word == "dracut" || word == "/usr/bin/dracut");
        // `dnf install dracut` starts none.
        let installs = text.contains("install");
        (called && !installs).then_some(*line)
    })
}

fn words_of_modules(text: &str) -> Vec<String> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .filter(|line| line.contains("dracutmodules") || line.contains("--add"))
        .flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-'))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The arguments of a kargs.d file.
///
/// # Errors
/// Why bootc would not read it.
pub fn kargs_of(text: &str) -> Result<Vec<String>, String> {
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| error.message().to_owned())?;
    let Some(kargs) = table.get("kargs") else {
        return Err("it has no `kargs = [ … ]`".into());
    };
    let Some(kargs) = kargs.as_array() else {
        return Err("`kargs` is no list".into());
    };
    kargs
        .iter()
        .map(|arg| arg.as_str().map(str::to_owned))
        .collect::<Option<_>>()
        .ok_or_else(|| "`kargs` holds something else than texts".into())
}

fn kargs(subject: &Subject<'_>, report: &mut LintReport) {
    let mut known = Vec::new();
    let mut place = None;
    let mut unknown = false;
    for file in &subject.put {
        if !file.to.starts_with(KARGS_DIR) {
            continue;
        }
        place = Some(file.line);
        match file.content {
            Content::Text(text) => match kargs_of(text) {
                Ok(kargs) => known.extend(kargs),
                Err(why) => report.add(
                    LintRule::KernelArguments,
                    LintSeverity::Error,
                    file.line,
                    Some(file.from.as_deref().unwrap_or(&file.to)),
                    format!("bootc would not read this file: {why}"),
                    "write `kargs = [\"name=value\", …]`",
                ),
            },
            Content::Link(_) | Content::Unknown => unknown = true,
        }
    }
    for run in runs(subject) {
        let writes = run
            .lines
            .iter()
            .any(|(_, text)| text.contains(KARGS_DIR.trim_end_matches('/')));
        if writes {
            place = Some(run.line);
            // Whatever it prints: the arguments stand in the same step.
            known.extend(run.lines.iter().map(|(_, text)| text.clone()));
        }
    }
    match subject.input.target {
        LintTarget::Ipu if !unknown => {}
        LintTarget::Ipu | LintTarget::Other => return,
    }
    let has = |name: &str| {
        known.iter().any(|arg| {
            arg.starts_with(name)
                || arg.contains(&format!("\"{name}"))
                || arg.contains(&format!(" {name}"))
        })
    };
    let missing: Vec<&str> = ["ip=", "netroot=iscsi:"]
        .into_iter()
        .filter(|name| !has(name))
        .collect();
    if missing.is_empty() {
        return;
    }
    let severity = severity(subject);
    report.add(
        LintRule::KernelArguments,
        severity,
        place.unwrap_or(subject.base_line),
        None,
        format!(
            "no kernel argument {}: the installed system of an IPU finds its disk by them{}",
            missing.join(" and "),
            base_may_bring_it(severity, &subject.base)
        ),
        "put a file into /usr/lib/bootc/kargs.d: `kargs = \
         [\"ip=192.168.0.2:::255.255.255.0::enp0s1f0:off\", \
         \"netroot=iscsi:192.168.0.1::::iqn.e2000:acc\", \"acpi=force\"]`",
    );
}

fn bootc_lint(subject: &Subject<'_>, report: &mut LintReport) {
    let lints = |instruction: &Instruction| {
        let text: Vec<String> = instruction
            .lines
            .iter()
            .map(|(_, text)| {
                text.split(['"', ',', '[', ']', ' ', '\t'])
                    .filter(|w| !w.is_empty())
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect();
        text.join(" ").contains("bootc container lint")
    };
    let last = runs(subject)
        .filter(|run| lints(run))
        .map(|run| run.line)
        .max();
    let Some(last) = last else {
        let end = subject.script.instructions.last().map_or(1, |i| i.line);
        report.add(
            LintRule::NoBootcLint,
            LintSeverity::Warning,
            end,
            None,
            "the build ends without bootc's own check of the image",
            "add `RUN bootc container lint` as the last step",
        );
        return;
    };
    let after = subject
        .seen
        .iter()
        .map(|(i, _)| *i)
        .find(|i| i.line > last && matches!(i.kind, Kind::Run { .. } | Kind::Copy { .. }));
    if let Some(after) = after {
        report.add(
            LintRule::NoBootcLint,
            LintSeverity::Info,
            after.line,
            None,
            "this changes the image after bootc's own check of it",
            "move `RUN bootc container lint` to the end",
        );
    }
}
