//! Packages that nobody signed, and passwords that everybody knows.

use super::{
    super::{LintReport, LintRule, LintSeverity, lint::Subject, script::Kind},
    patterns::{self, PasswordIn},
};

pub fn trust(subject: &Subject<'_>, report: &mut LintReport) {
    for (instruction, _) in &subject.seen {
        match &instruction.kind {
            Kind::Run { .. } => {
                for (line, text) in &instruction.lines {
                    look(*line, None, text, report);
                }
            }
            Kind::From { .. } | Kind::Arg(_) | Kind::Env(_) | Kind::Copy { .. } | Kind::Other => {}
        }
    }
    for file in &subject.put {
        let place = file.from.as_deref().unwrap_or(&file.to);
        for text in file.text().into_iter().flat_map(str::lines) {
            look(file.line, Some(place), text, report);
        }
    }
}

fn look(line: u32, file: Option<&str>, text: &str, report: &mut LintReport) {
    if patterns::gpgcheck_off(text) {
        report.add(
            LintRule::GpgcheckOff,
            LintSeverity::Error,
            line,
            file,
            "packages are installed without checking who signed them",
            "give the repository its `gpgkey=`, and leave gpgcheck on",
        );
    }
    let Some(found) = patterns::password(text) else {
        return;
    };
    let (severity, reason) = match found {
        PasswordIn::Plain => (
            LintSeverity::Error,
            "a password in plain words: it stands in the image's history, and is the same on \
             every card",
        ),
        PasswordIn::Hash => (
            LintSeverity::Error,
            "a password's hash: whoever can pull the image can guess it at leisure, and it is the \
             same on every card",
        ),
        PasswordIn::FromSecret => (
            LintSeverity::Warning,
            "the password does not stand here, and its hash ends in the image's /etc/shadow, the \
             same on every card",
        ),
    };
    report.add(
        LintRule::KnownPassword,
        severity,
        line,
        file,
        reason,
        "lock root, and let the installation put an SSH key or a password of the card's own",
    );
}
