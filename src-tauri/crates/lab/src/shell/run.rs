//! Running a syntax tree on a machine: lists, pipelines, redirections, the shell's own commands.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use futures::future::{BoxFuture, FutureExt as _};

use super::{
    Call, Done, Machine, ShellOutput, Stdin, coreutils, network,
    parse::{AndOr, Body, Command, Connector, List, Pipeline, Redirect, Word, parse},
    text,
};

/// Runs a script to its end.
pub async fn run<M: Machine>(machine: &M, script: &str, stdin: Stdin) -> ShellOutput {
    let io = Io::new(stdin);
    let (out, err) = (Buffer::default(), Buffer::default());
    let io = io
        .with(1, Sink::Buffer(out.clone()))
        .with(2, Sink::Buffer(err.clone()));
    let mut shell = Shell::new(machine, vec!["bash".into()]);
    let exit = shell.script(script, &io).await;
    ShellOutput {
        exit,
        stdout: out.take(),
        stderr: err.take(),
    }
}

/// Bytes that somebody will read.
#[derive(Debug, Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn push(&self, bytes: &[u8]) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend_from_slice(bytes);
    }

    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Where a descriptor leads.
#[derive(Debug, Clone)]
enum Sink {
    Buffer(Buffer),
    /// Opened (and emptied, or not) before; writes append.
    File(String),
    Null,
}

/// The descriptors of a command.
#[derive(Clone)]
pub(super) struct Io {
    pub(super) stdin: Stdin,
    sinks: BTreeMap<u32, Sink>,
}

impl Io {
    fn new(stdin: Stdin) -> Self {
        Self {
            stdin,
            sinks: BTreeMap::new(),
        }
    }

    fn with(mut self, fd: u32, sink: Sink) -> Self {
        self.sinks.insert(fd, sink);
        self
    }

    fn write<M: Machine>(&self, machine: &M, fd: u32, bytes: &[u8]) -> Result<(), String> {
        if bytes.is_empty() {
            return Ok(());
        }
        match self.sinks.get(&fd) {
            Some(Sink::Buffer(buffer)) => buffer.push(bytes),
            Some(Sink::File(path)) => machine
                .files(|files| files.append(path, bytes))
                .map_err(|error| format!("write error: {error}"))?,
            Some(Sink::Null) => {}
            None => return Err("write error: Bad file descriptor".into()),
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaving {
    Loop,
    Round,
}

/// A running shell.
pub(super) struct Shell<'m, M> {
    pub(super) machine: &'m M,
    pub(super) vars: BTreeMap<String, String>,
    /// `$0` and the arguments.
    pub(super) args: Vec<String>,
    pub(super) cwd: String,
    /// `$?`.
    pub(super) last: u32,
    /// The exit code of the last `$(…)` in this command.
    pub(super) substituted: u32,
    pub(super) nounset: bool,
    pub(super) pipestatus: Vec<u32>,
    errexit: bool,
    /// Inside of a condition, where `set -e` does not count.
    tested: u32,
    exiting: bool,
    /// `break` or `continue`, on its way to the loop.
    leaving: Option<Leaving>,
    /// Shells in shells.
    depth: u32,
}

const DEEPEST: u32 = 20;

impl<'m, M: Machine> Shell<'m, M> {
    pub(super) fn new(machine: &'m M, args: Vec<String>) -> Self {
        let vars = [
            ("HOME", "/root"),
            ("USER", "root"),
            ("LOGNAME", "root"),
            ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"),
            ("SHELL", "/bin/bash"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            machine,
            vars: vars.into(),
            args,
            cwd: "/root".into(),
            last: 0,
            substituted: 0,
            nounset: false,
            pipestatus: Vec::new(),
            errexit: false,
            tested: 0,
            exiting: false,
            leaving: None,
            depth: 0,
        }
    }

    /// A shell of its own with the same variables: `( )`, `$( )`.
    fn copy(&self) -> Self {
        Self {
            machine: self.machine,
            vars: self.vars.clone(),
            args: self.args.clone(),
            cwd: self.cwd.clone(),
            pipestatus: Vec::new(),
            exiting: false,
            leaving: None,
            depth: self.depth + 1,
            ..*self
        }
    }

    pub(super) async fn script(&mut self, script: &str, io: &Io) -> u32 {
        match parse(script) {
            Ok(list) => self.list(&list, io).await,
            Err(error) => {
                let name = self.args[0].clone();
                self.complain(io, &format!("{name}: -c: line 1: {error}"));
                2
            }
        }
    }

    pub(super) async fn captured(&mut self, script: &str) -> (u32, Vec<u8>) {
        if self.depth > DEEPEST {
            return (1, Vec::new());
        }
        let out = Buffer::default();
        let io = Io::new(Stdin::bytes([]))
            .with(1, Sink::Buffer(out.clone()))
            .with(2, Sink::Null);
        let mut inner = self.copy();
        let exit = Box::pin(inner.script(script, &io)).await;
        (exit, out.take())
    }

    fn complain(&self, io: &Io, text: &str) {
        // Nobody is left to hear that standard error is closed.
        let _ = io.write(self.machine, 2, format!("{text}\n").as_bytes());
    }

    fn list<'a>(&'a mut self, list: &'a List, io: &'a Io) -> BoxFuture<'a, u32> {
        async move {
            for and_or in list {
                self.and_or(and_or, io).await;
                if self.exiting || self.leaving.is_some() {
                    break;
                }
            }
            self.last
        }
        .boxed()
    }

    async fn and_or(&mut self, and_or: &AndOr, io: &Io) {
        for (position, (connector, pipeline)) in and_or.iter().enumerate() {
            let runs = match connector {
                Connector::Always => true,
                Connector::And => self.last == 0,
                Connector::Or => self.last != 0,
            };
            if !runs {
                continue;
            }
            let last = position + 1 == and_or.len();
            let counts = last && !pipeline.negated;
            self.tested += u32::from(!counts);
            self.pipeline(pipeline, io).await;
            self.tested -= u32::from(!counts);
            if self.exiting || self.leaving.is_some() {
                return;
            }
            if self.errexit && self.tested == 0 && counts && self.last != 0 {
                self.exiting = true;
                return;
            }
        }
    }

    async fn pipeline(&mut self, pipeline: &Pipeline, io: &Io) {
        let mut status = Vec::new();
        if let [command] = pipeline.commands.as_slice() {
            self.last = self.command(command, io).await;
            status.push(self.last);
        } else {
            let mut stdin = io.stdin.clone();
            for (position, command) in pipeline.commands.iter().enumerate() {
                let last = position + 1 == pipeline.commands.len();
                let buffer = Buffer::default();
                let mut inner_io = io.clone();
                inner_io.stdin = stdin;
                if !last {
                    inner_io = inner_io.with(1, Sink::Buffer(buffer.clone()));
                }
                let mut inner = self.copy();
                inner.tested = 1;
                status.push(inner.command(command, &inner_io).await);
                stdin = Stdin::bytes(buffer.take());
            }
            self.last = status.last().copied().unwrap_or_default();
        }
        if pipeline.negated {
            self.last = u32::from(self.last == 0);
        }
        self.pipestatus = status;
    }

    fn command<'a>(&'a mut self, command: &'a Command, io: &'a Io) -> BoxFuture<'a, u32> {
        async move {
            let io = match self.redirected(&command.redirects, io).await {
                Ok(io) => io,
                Err(text) => {
                    self.complain(io, &format!("bash: line 1: {text}"));
                    return 1;
                }
            };
            match &command.body {
                Body::Simple { assignments, words } => self.simple(assignments, words, &io).await,
                Body::Group(list) => self.list(list, &io).await,
                Body::Subshell(list) => self.copy().list(list, &io).await,
                Body::If { arms, otherwise } => {
                    self.conditional(arms, otherwise.as_ref(), &io).await
                }
                Body::For { name, words, body } => self.for_loop(name, words, body, &io).await,
                Body::While {
                    until,
                    condition,
                    body,
                } => self.while_loop(*until, condition, body, &io).await,
            }
        }
        .boxed()
    }

    async fn condition(&mut self, list: &List, io: &Io) -> bool {
        self.tested += 1;
        let exit = self.list(list, io).await;
        self.tested -= 1;
        exit == 0
    }

    async fn conditional(
        &mut self,
        arms: &[(List, List)],
        otherwise: Option<&List>,
        io: &Io,
    ) -> u32 {
        for (condition, body) in arms {
            let met = self.condition(condition, io).await;
            if self.exiting {
                return self.last;
            }
            if met {
                return self.list(body, io).await;
            }
        }
        self.last = 0;
        match otherwise {
            Some(body) => self.list(body, io).await,
            None => 0,
        }
    }

    async fn for_loop(&mut self, name: &str, words: &[Word], body: &List, io: &Io) -> u32 {
        let fields = match self.fields(words).await {
            Ok(fields) => fields,
            Err(text) => return self.abort(io, &text),
        };
        self.last = 0;
        for field in fields {
            self.vars.insert(name.to_owned(), field);
            self.list(body, io).await;
            if self.exiting || self.leaving.take() == Some(Leaving::Loop) {
                break;
            }
        }
        self.last
    }

    async fn while_loop(&mut self, until: bool, condition: &List, body: &List, io: &Io) -> u32 {
        let mut exit = 0;
        while self.condition(condition, io).await != until && !self.exiting {
            exit = self.list(body, io).await;
            if self.exiting || self.leaving.take() == Some(Leaving::Loop) {
                break;
            }
            // A loop without a program that waits would not let the lab's other tasks run.
            tokio::task::yield_now().await;
        }
        exit
    }

    fn abort(&mut self, io: &Io, text: &str) -> u32 {
        self.complain(io, &format!("bash: line 1: {text}"));
        self.exiting = true;
        self.last = 1;
        1
    }

    async fn redirected(&mut self, redirects: &[Redirect], io: &Io) -> Result<Io, String> {
        let mut io = io.clone();
        for redirect in redirects {
            match redirect {
                Redirect::Read { to } => {
                    let name = self.text(to).await?;
                    let bytes = match name.as_str() {
                        "/dev/null" => Vec::new(),
                        path => {
                            let path = self.absolute(path);
                            let read = self.machine.read(&path);
                            read.map_err(|error| format!("{name}: {error}"))?
                        }
                    };
                    io.stdin = Stdin::bytes(bytes);
                }
                Redirect::Text { text } => {
                    let text = self.text(text).await?;
                    io.stdin = Stdin::bytes(text);
                }
                Redirect::Write { fd, to } => {
                    let sink = self.open(to, false, &io).await?;
                    io.sinks.insert(*fd, sink);
                }
                Redirect::Append { fd, to } => {
                    let sink = self.open(to, true, &io).await?;
                    io.sinks.insert(*fd, sink);
                }
                Redirect::WriteBoth { to } => {
                    let sink = self.open(to, false, &io).await?;
                    io.sinks.insert(1, sink.clone());
                    io.sinks.insert(2, sink);
                }
                Redirect::Copy { fd, from } => {
                    let from = self.text(from).await?;
                    if from == "-" {
                        io.sinks.remove(fd);
                        continue;
                    }
                    let sink = from.parse().ok().and_then(|from| io.sinks.get(&from));
                    let sink = sink
                        .cloned()
                        .ok_or(format!("{from}: Bad file descriptor"))?;
                    io.sinks.insert(*fd, sink);
                }
            }
        }
        Ok(io)
    }

    async fn open(&mut self, to: &Word, append: bool, io: &Io) -> Result<Sink, String> {
        let name = self.text(to).await?;
        let same_as = |fd| io.sinks.get(&fd).cloned().unwrap_or(Sink::Null);
        match name.as_str() {
            "/dev/null" => return Ok(Sink::Null),
            "/dev/stdout" | "/dev/fd/1" => return Ok(same_as(1)),
            "/dev/stderr" | "/dev/fd/2" => return Ok(same_as(2)),
            _ => {}
        }
        let path = self.absolute(&name);
        let opened = self.machine.files(|files| {
            if append {
                files.append(&path, b"")
            } else {
                files.write(&path, b"")
            }
        });
        opened.map_err(|error| format!("{name}: {error}"))?;
        Ok(Sink::File(path))
    }

    fn absolute(&self, path: &str) -> String {
        match path.starts_with('/') {
            true => path.to_owned(),
            false => format!("{}/{path}", self.cwd),
        }
    }

    async fn simple(&mut self, assignments: &[(String, Word)], words: &[Word], io: &Io) -> u32 {
        self.substituted = 0;
        let argv = match self.fields(words).await {
            Ok(argv) => argv,
            Err(text) => return self.abort(io, &text),
        };
        let mut env = BTreeMap::new();
        for (name, value) in assignments {
            match self.text(value).await {
                Ok(value) => env.insert(name.clone(), value),
                Err(text) => return self.abort(io, &text),
            };
        }
        if argv.is_empty() {
            self.vars.extend(env);
            // The exit code of `x=$(false)` is that of the substitution.
            return self.substituted;
        }
        self.execute(argv, env, io).await
    }

    fn execute<'a>(
        &'a mut self,
        argv: Vec<String>,
        env: BTreeMap<String, String>,
        io: &'a Io,
    ) -> BoxFuture<'a, u32> {
        async move {
            if let Some(exit) = self.own_command(&argv, &env, io).await {
                return exit;
            }
            let mut all = self.vars.clone();
            all.extend(env);
            let call = Call {
                argv,
                env: all,
                cwd: self.cwd.clone(),
                stdin: io.stdin.clone(),
            };
            let done = self.program(call).await;
            let name = |error| format!("{error}");
            let mut exit = done.exit;
            if let Err(error) = io.write(self.machine, 1, &done.out) {
                self.complain(io, &name(error));
                exit = 1;
            }
            let _ = io.write(self.machine, 2, &done.err);
            if let Some((fd, bytes)) = done.other {
                let _ = io.write(self.machine, fd, &bytes);
            }
            exit
        }
        .boxed()
    }

    async fn program(&mut self, mut call: Call) -> Done {
        // `/usr/bin/cat` is `cat`.
        for folder in ["/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/"] {
            if let Some(name) = call.argv[0].strip_prefix(folder) {
                call.argv[0] = name.to_owned();
                break;
            }
        }
        if let Some(done) = self.machine.program(&call).await {
            return done;
        }
        if let Some(done) = coreutils::program(self.machine, &call).await {
            return done;
        }
        if let Some(done) = text::program(self.machine, &call).await {
            return done;
        }
        if let Some(done) = network::program(&call) {
            return done;
        }
        if let Some(done) = self.machine.unknown(&call) {
            return done;
        }
        let name = &call.argv[0];
        if name.contains('/') && self.machine.files(|files| files.exists(&call.path(name))) {
            return Done::failed(
                126,
                format!(
                    "bash: line 1: {name}: cannot execute: the lab runs no scripts of its own\n"
                ),
            );
        }
        if name.contains('/') {
            return Done::failed(
                127,
                format!("bash: line 1: {name}: No such file or directory\n"),
            );
        }
        Done::failed(127, format!("bash: line 1: {name}: command not found\n"))
    }

    /// What only the shell itself can do.
    async fn own_command(
        &mut self,
        argv: &[String],
        env: &BTreeMap<String, String>,
        io: &Io,
    ) -> Option<u32> {
        let words: Vec<&str> = argv.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["exit", rest @ ..] => {
                self.exiting = true;
                let code = rest.first().and_then(|code| code.parse::<u32>().ok());
                self.last = code.map_or(self.last, |code| code & 0xff);
                Some(self.last)
            }
            ["break" | "continue", ..] => {
                self.leaving = Some(match words[0] {
                    "break" => Leaving::Loop,
                    _ => Leaving::Round,
                });
                Some(0)
            }
            ["cd", rest @ ..] => {
                let to = self.absolute(rest.first().copied().unwrap_or("/root"));
                let there = self.machine.files(|files| files.stat(&to));
                if to == "/" || there.is_ok_and(|stat| stat.directory) {
                    self.cwd = crate::files::normalise(&to);
                    return Some(0);
                }
                self.complain(
                    io,
                    &format!("bash: line 1: cd: {to}: No such file or directory"),
                );
                Some(1)
            }
            ["export" | "readonly" | "local", rest @ ..] => {
                for (name, value) in rest.iter().filter_map(|word| word.split_once('=')) {
                    self.vars.insert(name.to_owned(), value.to_owned());
                }
                Some(0)
            }
            ["unset", rest @ ..] => {
                for name in rest {
                    self.vars.remove(*name);
                }
                Some(0)
            }
            ["set", rest @ ..] => {
                for option in rest.iter().filter(|word| word.starts_with(['-', '+'])) {
                    let on = option.starts_with('-');
                    if option.contains('e') && *option != "pipefail" {
                        self.errexit = on;
                    }
                    if option.contains('u') {
                        self.nounset = on;
                    }
                }
                Some(0)
            }
            ["shift", ..] => {
                if self.args.len() > 1 {
                    self.args.remove(1);
                }
                Some(0)
            }
            ["umask" | "trap" | "wait" | "ulimit", ..] => Some(0),
            ["read", rest @ ..] => {
                let text = io.stdin.read().await;
                let text = String::from_utf8_lossy(&text).into_owned();
                let name = rest.iter().rfind(|word| !word.starts_with('-'));
                let line = text.lines().next();
                let name = (*name.unwrap_or(&"REPLY")).to_owned();
                self.vars.insert(name, line.unwrap_or_default().to_owned());
                Some(u32::from(line.is_none()))
            }
            ["eval", rest @ ..] => Some(self.script(&rest.join(" "), io).await),
            [
                "exec" | "command" | "nohup" | "setsid" | "sudo" | "nice",
                rest @ ..,
            ] => {
                let flags = rest.iter().take_while(|word| word.starts_with('-')).count();
                if rest.contains(&"-v") {
                    return None;
                }
                let rest: Vec<String> = argv[1 + flags..].to_vec();
                if rest.is_empty() {
                    return Some(0);
                }
                Some(self.execute(rest, env.clone(), io).await)
            }
            ["timeout", rest @ ..] => {
                let flags = rest.iter().take_while(|word| word.starts_with('-')).count();
                let seconds = rest
                    .get(flags)
                    .and_then(|text| text.trim_end_matches('s').parse().ok());
                let inner: Vec<String> = argv.get(2 + flags..).unwrap_or_default().to_vec();
                if inner.is_empty() {
                    return Some(125);
                }
                let limit = std::time::Duration::try_from_secs_f64(seconds.unwrap_or(1e6));
                let limit = limit.unwrap_or(std::time::Duration::MAX);
                let run = self.execute(inner, env.clone(), io);
                Some(tokio::time::timeout(limit, run).await.unwrap_or(124))
            }
            ["env", rest @ ..] if !rest.is_empty() => {
                let mut inner_env = env.clone();
                let set = rest.iter().take_while(|word| word.contains('=')).count();
                for (name, value) in rest[..set].iter().filter_map(|word| word.split_once('=')) {
                    inner_env.insert(name.to_owned(), value.to_owned());
                }
                Some(self.execute(argv[1 + set..].to_vec(), inner_env, io).await)
            }
            [
                "sh" | "bash" | "/bin/sh" | "/bin/bash" | "/usr/bin/bash" | "/usr/bin/sh",
                rest @ ..,
            ] => Some(self.inner_shell(rest, env, io).await),
            _ => None,
        }
    }

    async fn inner_shell(&mut self, rest: &[&str], env: &BTreeMap<String, String>, io: &Io) -> u32 {
        if self.depth > DEEPEST {
            return 1;
        }
        let mut inner = Shell::new(self.machine, vec!["bash".into()]);
        inner.vars.extend(env.clone());
        inner.depth = self.depth + 1;
        inner.cwd.clone_from(&self.cwd);
        let flags = rest.iter().take_while(|word| word.starts_with('-')).count();
        let (options, operands) = rest.split_at(flags);
        inner.errexit = options
            .iter()
            .any(|o| !o.starts_with("--") && o.contains('e'));
        inner.nounset = options
            .iter()
            .any(|o| !o.starts_with("--") && o.contains('u'));
        let inline = options
            .iter()
            .any(|o| !o.starts_with("--") && o.contains('c'));
        let from_stdin = operands.is_empty() || options.contains(&"-s");
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let script = if inline {
            let Some((script, args)) = operands.split_first() else {
                return 2;
            };
            if !args.is_empty() {
                inner.args = owned(args);
            }
            (*script).to_owned()
        } else if from_stdin {
            inner.args.extend::<Vec<String>>(owned(operands));
            String::from_utf8_lossy(&io.stdin.read().await).into_owned()
        } else {
            inner.args = owned(operands);
            let path = self.absolute(operands[0]);
            match self.machine.read(&path) {
                Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                Err(error) => {
                    self.complain(io, &format!("bash: {}: {error}", operands[0]));
                    return 127;
                }
            }
        };
        Box::pin(inner.script(&script, io)).await
    }
}
