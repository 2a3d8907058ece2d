//! Running a syntax tree on a machine: lists, pipelines, redirections, the shell's own commands.

use std::collections::BTreeMap;

use futures::future::{BoxFuture, FutureExt as _};

use super::{
    Call, Done, Machine, ShellOutput, Stdin, coreutils, fileops,
    io::{Buffer, Io, Sink},
    lex::Word,
    network,
    parse::{AndOr, Body, Command, Connector, List, Pipeline, Redirect, parse},
    tar, text,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaving {
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
    pub(super) errexit: bool,
    /// Inside of a condition, where `set -e` does not count.
    tested: u32,
    pub(super) exiting: bool,
    /// `break` or `continue`, on its way to the loop.
    pub(super) leaving: Option<Leaving>,
    /// Shells in shells.
    pub(super) depth: u32,
}

pub(super) const DEEPEST: u32 = 20;

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

    pub(super) fn complain(&self, io: &Io, text: &str) {
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
        self.last = 127;
        127
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

    pub(super) fn absolute(&self, path: &str) -> String {
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

    pub(super) fn execute<'a>(
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
            let mut exit = done.exit;
            if let Err(error) = io.write(self.machine, 1, &done.out) {
                self.complain(io, &error);
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
        if let Some(done) = fileops::program(self.machine, &call) {
            return done;
        }
        if let Some(done) = tar::program(self.machine, &call).await {
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
}
