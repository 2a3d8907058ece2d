//! What only the shell itself can do: `cd`, `exit`, `set`, and programs that run others.

use std::collections::BTreeMap;

use super::{
    Machine,
    io::Io,
    run::{DEEPEST, Leaving, Shell},
};

impl<M: Machine> Shell<'_, M> {
    /// What only the shell itself can do.
    pub(super) async fn own_command(
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
                if rest[..flags].contains(&"-v") {
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
