//! What is printed: tables and sentences for people, JSON for programs.

use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
};

use clap::CommandFactory;
use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use serde::Serialize;
use slipway_core::secret::Password;

use crate::{args::Cli, exit::Failed};

#[derive(Clone, Copy)]
pub struct Output {
    pub json: bool,
}

impl Output {
    /// A line on standard output. A reader that went away (`| head`) is no error.
    pub fn line(self, text: impl AsRef<str>) {
        let _ = writeln!(std::io::stdout(), "{}", text.as_ref());
    }

    /// A line on standard error, for people only.
    pub fn note(self, text: impl AsRef<str>) {
        if !self.json {
            let _ = writeln!(std::io::stderr(), "{}", text.as_ref());
        }
    }

    /// One JSON document, or what `people` prints.
    pub fn show<T: Serialize>(self, value: &T, people: impl FnOnce()) {
        if self.json {
            self.line(
                serde_json::to_string_pretty(value).unwrap_or_else(|error| format!("\"{error}\"")),
            );
        } else {
            people();
        }
    }

    /// One JSON line of a stream.
    pub fn json_line<T: Serialize>(self, value: &T) {
        self.line(serde_json::to_string(value).unwrap_or_else(|error| format!("\"{error}\"")));
    }

    pub fn table(self, header: &[&str], rows: Vec<Vec<String>>) {
        let mut table = Table::new();
        table
            .load_style(UTF8_FULL_CONDENSED)
            .set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(header.to_vec());
        table.add_rows(rows);
        self.line(table.to_string());
    }

    /// What happened, the evidence, the next action.
    pub fn failed(self, failed: &Failed) -> ExitCode {
        let error = &failed.error;
        if self.json {
            self.json_line(&serde_json::json!({ "error": error }));
        } else {
            let mut err = std::io::stderr();
            let _ = writeln!(err, "slipctl: {}", error.message);
            for cause in &error.causes {
                let _ = writeln!(err, "  because: {cause}");
            }
            if let Some(hint) = &error.hint {
                let _ = writeln!(err, "  next: {hint}");
            }
        }
        failed.exit()
    }

    pub fn completions(self, shell: clap_complete::Shell) -> ExitCode {
        clap_complete::generate(
            shell,
            &mut Cli::command(),
            "slipctl",
            &mut std::io::stdout(),
        );
        ExitCode::SUCCESS
    }

    /// A line from the terminal; empty where nothing was typed.
    pub fn ask(self, question: &str) -> Result<String, Failed> {
        let _ = write!(std::io::stderr(), "{question} ");
        let mut answer = String::new();
        std::io::stdin()
            .read_line(&mut answer)
            .map_err(|error| Failed::local("the answer could not be read", &error))?;
        Ok(answer.trim().to_owned())
    }

    /// Asks for a secret on the terminal, without showing what is typed.
    pub fn ask_secret(self, question: &str) -> Result<Password, Failed> {
        if !std::io::stdin().is_terminal() {
            return Err(Failed::invalid(
                "there is no terminal to ask on: give --secret-fd or --secret-file",
            ));
        }
        let typed = rpassword::prompt_password(question)
            .map_err(|error| Failed::local("the secret could not be read", &error))?;
        Ok(Password::new(typed))
    }

    /// Asks on the terminal; without one the answer must have been given.
    pub fn confirm(self, question: &str) -> Result<bool, Failed> {
        if !std::io::stdin().is_terminal() {
            return Err(Failed::invalid(format!(
                "{question} Give --yes; there is no terminal to ask on"
            )));
        }
        let _ = write!(std::io::stderr(), "{question} [y/N] ");
        let mut answer = String::new();
        std::io::stdin()
            .read_line(&mut answer)
            .map_err(|error| Failed::local("the answer could not be read", &error))?;
        Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
    }
}

/// `just now`, `5 min ago`.
pub fn ago(
    at: Option<slipway_core::time::Timestamp>,
    now: slipway_core::time::Timestamp,
) -> String {
    let Some(at) = at else { return "never".into() };
    match now.since(at).as_secs() {
        0..10 => "just now".into(),
        s @ 10..120 => format!("{s} s ago"),
        s @ 120..7_200 => format!("{} min ago", s / 60),
        s @ 7_200..172_800 => format!("{} h ago", s / 3_600),
        s => format!("{} days ago", s / 86_400),
    }
}

/// Now, for ages only.
pub fn now() -> slipway_core::time::Timestamp {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    slipway_core::time::Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
