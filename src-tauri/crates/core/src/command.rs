//! Commands as argument vectors, and the one function that turns a vector into a shell's line.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A program and its arguments. SSH carries one string to the far shell; [`fmt::Display`] makes
/// that string such that a POSIX shell reads back exactly these arguments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandLine(Vec<String>);

impl CommandLine {
    pub fn new<I, S>(argv: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        Self(argv.into_iter().map(Into::into).collect())
    }

    #[must_use]
    pub fn argv(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, argument) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str(" ")?;
            }
            f.write_str(&quoted(argument))?;
        }
        Ok(())
    }
}

/// One argument, quoted for a POSIX shell only where it needs it.
fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        return argument.to_owned();
    }
    format!("'{}'", argument.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_needs_quotes_gets_them() {
        let line = CommandLine::new(["systemctl", "is-active", "it's", "", "a b"]);
        assert_eq!(line.to_string(), r"systemctl is-active 'it'\''s' '' 'a b'");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_real_shell_reads_back_the_same_arguments(
            arguments in proptest::collection::vec("[^\0]{0,24}", 0..4)
        ) {
            let mut argv = vec!["printf".to_owned(), "%s\\0".to_owned(), "first".to_owned()];
            argv.extend(arguments.clone());
            let out = Command::new("sh").arg("-c")
                .arg(CommandLine::new(argv).to_string()).output().unwrap();
            let mut expected = String::from("first\0");
            for argument in &arguments {
                expected.push_str(argument);
                expected.push('\0');
            }
            prop_assert_eq!(String::from_utf8(out.stdout).unwrap(), expected);
        }
    }
}
