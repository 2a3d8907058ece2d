//! The simulated shell: POSIX syntax over simulated machines, so that `ssh card 'cat /x | tee /y'`
//! does what it says.
//!
//! Not a security boundary and no sandbox: nothing that is typed here reaches a real shell, and
//! programs are functions over a [`Files`] tree.

mod acc;
mod bootc;
mod coreutils;
mod curl;
mod fileops;
mod host;
mod host_units;
mod imc;
mod installer;
mod io;
mod lex;
mod microshift;
mod network;
mod own;
mod parse;
mod run;
mod systemd;
mod tar;
mod text;
mod words;

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, mpsc};

pub(crate) use acc::acc_command;
pub use acc::run_on_acc;
pub(crate) use host::host_command;
pub use host::run_on_host;
pub(crate) use imc::imc_command;
pub use imc::run_on_imc;
pub use installer::run_in_installer;
pub use lex::{SyntaxError, plain_words as words};
pub use run::run;

use crate::files::Files;

/// What a command left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShellOutput {
    /// 0 to 255.
    pub exit: u32,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

/// Standard input, read only when a program asks for it: who never sends its end must not hang a
/// command that does not read.
#[derive(Clone)]
pub struct Stdin(Arc<Mutex<Source>>);

enum Source {
    Bytes(Vec<u8>),
    Channel(mpsc::UnboundedReceiver<Vec<u8>>),
}

impl Stdin {
    #[must_use]
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Arc::new(Mutex::new(Source::Bytes(bytes.into()))))
    }

    /// Comes piece by piece; its end is the sender's.
    #[must_use]
    pub fn channel(pieces: mpsc::UnboundedReceiver<Vec<u8>>) -> Self {
        Self(Arc::new(Mutex::new(Source::Channel(pieces))))
    }

    /// Everything that is left, to the end.
    pub async fn read(&self) -> Vec<u8> {
        match &mut *self.0.lock().await {
            Source::Bytes(bytes) => std::mem::take(bytes),
            Source::Channel(pieces) => {
                let mut all = Vec::new();
                while let Some(piece) = pieces.recv().await {
                    all.extend(piece);
                }
                all
            }
        }
    }
}

/// A program's call.
#[derive(Clone)]
pub struct Call {
    /// With the program's name; never empty.
    pub argv: Vec<String>,
    pub env: BTreeMap<String, String>,
    pub cwd: String,
    pub stdin: Stdin,
}

impl Call {
    /// The arguments after the program's name.
    #[must_use]
    pub fn args(&self) -> Vec<&str> {
        self.argv.iter().skip(1).map(String::as_str).collect()
    }

    /// An absolute path of an argument.
    #[must_use]
    pub fn path(&self, path: &str) -> String {
        if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("{}/{path}", self.cwd)
        }
    }
}

/// What a program leaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    pub exit: u32,
    pub out: Vec<u8>,
    pub err: Vec<u8>,
    /// For another descriptor (`--progress-fd`).
    pub other: Option<(u32, Vec<u8>)>,
}

impl Done {
    #[must_use]
    pub fn fine(out: impl Into<Vec<u8>>) -> Self {
        Self {
            out: out.into(),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn failed(exit: u32, err: impl Into<Vec<u8>>) -> Self {
        Self {
            exit,
            err: err.into(),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn exit(exit: u32) -> Self {
        Self {
            exit,
            ..Self::default()
        }
    }
}

/// A machine that a shell runs on.
pub trait Machine: Send + Sync {
    /// Works on the files, for a moment.
    fn files<R>(&self, work: impl FnOnce(&mut Files) -> R) -> R;
    /// Files that are made up when they are read: `/proc/uptime`.
    fn made_up(&self, path: &str) -> Option<Vec<u8>>;
    fn hostname(&self) -> String;
    fn now(&self) -> jiff::Timestamp;
    /// # Errors
    /// `date`'s words where the clock can't be set.
    fn set_clock(&self, to: jiff::Timestamp) -> Result<(), &'static str>;
    /// Free and whole bytes of the file system that a path is on, and its name.
    fn space(&self, path: &str) -> (u64, u64, &'static str);
    /// The machine's own programs; `None` where it has none of this name.
    fn program(&self, call: &Call) -> impl Future<Output = Option<Done>> + Send;

    /// What a program that nobody knows does; `None` is "command not found".
    fn unknown(&self, _call: &Call) -> Option<Done> {
        None
    }

    /// A file, made up or real.
    ///
    /// # Errors
    /// As `open(2)`.
    fn read(&self, path: &str) -> Result<Vec<u8>, crate::files::FileError> {
        match self.made_up(&crate::files::normalise(path)) {
            Some(bytes) => Ok(bytes),
            None => self.files(|files| files.read(path)),
        }
    }
}
