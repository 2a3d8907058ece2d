//! `ksvalidator`'s opinion of a kickstart, where it is installed.

use std::{io::Write as _, process::Stdio};

use slipway_core::{
    lint::{Finding, Severity},
    secret::Password,
};

/// The syntax that today's installers read and that knows `ostreecontainer`.
const SYNTAX: &str = "RHEL9";

/// What ksvalidator finds; `None` where it is not installed or does not run.
pub async fn ksvalidate(kickstart: &Password) -> Option<Vec<Finding>> {
    if !crate::programs::is_there("ksvalidator") {
        return None;
    }
    // Readable by us only, and gone when it is dropped: the kickstart may hold secrets.
    let mut file = tempfile::NamedTempFile::new().ok()?;
    file.write_all(kickstart.expose().as_bytes()).ok()?;
    let output = tokio::process::Command::new("ksvalidator")
        .args(["-v", SYNTAX])
        .arg(file.path())
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .ok()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    let mut found = parse(&said);
    if found.is_empty() && !output.status.success() {
        found.push(Finding::new(
            Severity::Warning,
            "ksvalidator",
            format!("ksvalidator is not content: {}", last_words(&said)),
            "look at it by hand: `ksvalidator -v RHEL9 FILE`",
        ));
    }
    Some(found)
}

/// A key that stands there twice, say: it warns without a line.
fn last_words(said: &str) -> &str {
    let mut lines = said.lines().map(str::trim);
    let own = |line: &&str| !line.is_empty() && !line.starts_with("Checking kickstart file");
    lines.rfind(own).unwrap_or("it does not say why")
}

/// `The following problem occurred on line 2 of the kickstart file:`, an empty line, the problem.
/// What is deprecated stands on a line of its own, and its place is not told.
fn parse(said: &str) -> Vec<Finding> {
    let mut lines = said.lines();
    let mut all = Vec::new();
    while let Some(line) = lines.next() {
        let Some((_, after)) = line.split_once("problem occurred on line ") else {
            if line.contains("deprecated") {
                all.push(Finding::new(
                    Severity::Warning,
                    "ksvalidator",
                    line.trim(),
                    "write what it names instead: a later installer may not know this",
                ));
            }
            continue;
        };
        let number: Option<usize> = after
            .split(' ')
            .next()
            .and_then(|number| number.parse().ok());
        let problem = lines.by_ref().find(|line| !line.trim().is_empty());
        let finding = Finding::new(
            Severity::Error,
            "ksvalidator",
            problem.unwrap_or("ksvalidator gives no reason").trim(),
            "correct the line: the installer would stop at it",
        );
        all.push(match number {
            Some(number) if number > 0 => finding.at(number - 1),
            Some(_) | None => finding,
        });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_have_their_lines() {
        let found = parse(
            "\nChecking kickstart file k.ks\n\nThe following problem occurred on line 2 of the kickstart file:\n\nUnknown command: foo\n\n",
        );
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].line, found[0].reason.as_str()),
            (Some(2), "Unknown command: foo")
        );
        assert!(parse("\nChecking kickstart file k.ks\n\n").is_empty());
        let old = parse("The authconfig command will be deprecated, use authselect instead.\n");
        assert_eq!((old.len(), old[0].severity), (1, Severity::Warning));
    }
}
