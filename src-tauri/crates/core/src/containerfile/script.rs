//! A Containerfile as the rules look at it: instructions with their own lines, stages, variables.
//! The syntax is the crate parse-dockerfile's.

use std::collections::BTreeMap;

use parse_dockerfile as syntax;

/// A Containerfile that could be read.
#[derive(Debug)]
pub struct Script {
    pub instructions: Vec<Instruction>,
    /// Of each stage, in order: where its FROM is.
    stages: Vec<usize>,
}

#[derive(Debug)]
pub struct Instruction {
    /// Its first line, from 1.
    pub line: u32,
    /// The stage it belongs to; `None` before the first FROM.
    pub stage: Option<usize>,
    pub kind: Kind,
    /// Its lines as they stand, without comments between them.
    pub lines: Vec<(u32, String)>,
}

#[derive(Debug)]
pub enum Kind {
    From {
        image: String,
        name: Option<String>,
    },
    /// Name and default.
    Arg(Vec<(String, Option<String>)>),
    Env(Vec<(String, String)>),
    Run {
        /// The `--mount=…` values.
        mounts: Vec<String>,
    },
    /// COPY and ADD.
    Copy {
        /// `--from=…`: not of the build context.
        from: Option<String>,
        sources: Vec<Source>,
        destination: String,
    },
    Other,
}

#[derive(Debug)]
pub enum Source {
    Path(String),
    /// A here-document.
    Inline(String),
}

/// Where and why a text is no Containerfile.
#[derive(Debug, PartialEq, Eq)]
pub struct NotParsed {
    pub line: u32,
    pub reason: String,
}

/// Variables at a place of a Containerfile.
pub type Variables = BTreeMap<String, String>;

impl Script {
    /// # Errors
    /// The first place that is not understood.
    pub fn parse(text: &str) -> Result<Self, NotParsed> {
        let file = syntax::parse(text).map_err(|error| NotParsed {
            line: u32::try_from(error.line()).unwrap_or(u32::MAX),
            reason: error.to_string(),
        })?;
        let starts: Vec<usize> = file.instructions.iter().map(start).collect();
        let mut script = Self {
            instructions: Vec::new(),
            stages: Vec::new(),
        };
        for (at, instruction) in file.instructions.iter().enumerate() {
            if let syntax::Instruction::From(_) = instruction {
                script.stages.push(at);
            }
            let begin = starts[at];
            let end = starts.get(at + 1).copied().unwrap_or(text.len());
            let line = line_number(text, begin);
            script.instructions.push(Instruction {
                line,
                stage: script.stages.len().checked_sub(1),
                kind: kind(instruction),
                lines: own_lines(&text[begin..end], line),
            });
        }
        Ok(script)
    }

    /// The stages that the image is made of: the last one, and those it is built from.
    #[must_use]
    pub fn lineage(&self) -> Vec<usize> {
        let mut lineage = Vec::new();
        let mut next = self.stages.len().checked_sub(1);
        while let Some(stage) = next {
            lineage.push(stage);
            next = match &self.instructions[self.stages[stage]].kind {
                Kind::From { image, .. } => self.stage_named(image, stage),
                Kind::Arg(_)
                | Kind::Env(_)
                | Kind::Run { .. }
                | Kind::Copy { .. }
                | Kind::Other => None,
            };
        }
        lineage
    }

    /// A stage of that name before this one.
    fn stage_named(&self, image: &str, before: usize) -> Option<usize> {
        (0..before).rev().find(|stage| {
            matches!(&self.instructions[self.stages[*stage]].kind,
                Kind::From { name: Some(name), .. } if name == image)
        })
    }

    /// The FROM that the image begins with, and the image it names.
    #[must_use]
    pub fn base(&self) -> Option<(&Instruction, &str)> {
        let first = *self.lineage().last()?;
        let from = &self.instructions[self.stages[first]];
        match &from.kind {
            Kind::From { image, .. } => Some((from, image)),
            Kind::Arg(_) | Kind::Env(_) | Kind::Run { .. } | Kind::Copy { .. } | Kind::Other => {
                None
            }
        }
    }

    /// Every instruction of the stages the image is made of, with the variables that it sees.
    #[must_use]
    pub fn seen(&self, given: &BTreeMap<String, String>) -> Vec<(&Instruction, Variables)> {
        let mut globals = Variables::new();
        let mut seen: Vec<(&Instruction, Variables)> = Vec::new();
        let mut lineage = self.lineage();
        lineage.reverse();
        for instruction in self.instructions.iter().take_while(|i| i.stage.is_none()) {
            declare(instruction, given, &Variables::new(), &mut globals);
        }
        let mut variables = Variables::new();
        for stage in lineage {
            for instruction in self.instructions.iter().filter(|i| i.stage == Some(stage)) {
                let is_from = matches!(instruction.kind, Kind::From { .. });
                let at = if is_from {
                    globals.clone()
                } else {
                    variables.clone()
                };
                seen.push((instruction, at));
                declare(instruction, given, &globals, &mut variables);
            }
        }
        seen
    }
}

/// An ARG without a default takes the global one's value, if there is one of its name.
fn declare(
    instruction: &Instruction,
    given: &BTreeMap<String, String>,
    globals: &Variables,
    variables: &mut Variables,
) {
    match &instruction.kind {
        Kind::Arg(all) => {
            for (name, default) in all {
                let default = default.as_deref().map(|text| substitute(text, variables));
                let value = given
                    .get(name)
                    .cloned()
                    .or(default)
                    .or_else(|| globals.get(name).cloned());
                variables.insert(name.clone(), value.unwrap_or_default());
            }
        }
        Kind::Env(all) => {
            for (name, value) in all {
                let value = substitute(value, variables);
                variables.insert(name.clone(), value);
            }
        }
        Kind::From { .. } | Kind::Run { .. } | Kind::Copy { .. } | Kind::Other => {}
    }
}

/// `$NAME`, `${NAME}`, `${NAME:-else}`; what isn't known stays as it is.
#[must_use]
pub fn substitute(text: &str, variables: &Variables) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let (used, name, default) = reference(after);
        let value = variables.get(name).filter(|value| !value.is_empty());
        match (value, default, variables.contains_key(name)) {
            (Some(value), _, _) => out.push_str(value),
            (None, Some(default), _) => out.push_str(default),
            (None, None, true) => {}
            (None, None, false) => {
                out.push('$');
                out.push_str(&after[..used]);
            }
        }
        rest = &after[used..];
    }
    out.push_str(rest);
    out
}

/// What stands behind a `$`: its length, the name, the text after `:-`.
fn reference(after: &str) -> (usize, &str, Option<&str>) {
    let word = |text: &str| {
        text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(text.len())
    };
    if let Some(inner) = after.strip_prefix('{')
        && let Some(end) = inner.find('}')
    {
        let inside = &inner[..end];
        let name = &inside[..word(inside)];
        return (end + 2, name, inside[name.len()..].strip_prefix(":-"));
    }
    let end = word(after);
    (end, &after[..end], None)
}

/// The names that a text uses as variables.
#[must_use]
pub fn used_variables(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        let (used, name, _) = reference(after);
        if !name.is_empty() && !before.ends_with('\\') {
            names.push(name);
        }
        rest = &after[used..];
    }
    names
}

fn start(instruction: &syntax::Instruction<'_>) -> usize {
    use syntax::Instruction as I;
    match instruction {
        I::Add(i) => i.add.span.start,
        I::Arg(i) => i.arg.span.start,
        I::Cmd(i) => i.cmd.span.start,
        I::Copy(i) => i.copy.span.start,
        I::Entrypoint(i) => i.entrypoint.span.start,
        I::Env(i) => i.env.span.start,
        I::Expose(i) => i.expose.span.start,
        I::From(i) => i.from.span.start,
        I::Healthcheck(i) => i.healthcheck.span.start,
        I::Label(i) => i.label.span.start,
        I::Maintainer(i) => i.maintainer.span.start,
        I::Onbuild(i) => i.onbuild.span.start,
        I::Run(i) => i.run.span.start,
        I::Shell(i) => i.shell.span.start,
        I::Stopsignal(i) => i.stopsignal.span.start,
        I::User(i) => i.user.span.start,
        I::Volume(i) => i.volume.span.start,
        I::Workdir(i) => i.workdir.span.start,
        // The crate may learn more; nothing of ours depends on those.
        _ => 0,
    }
}

fn kind(instruction: &syntax::Instruction<'_>) -> Kind {
    use syntax::Instruction as I;
    match instruction {
        I::From(from) => Kind::From {
            image: from.image.value.to_string(),
            name: from.as_.as_ref().map(|(_, name)| name.value.to_string()),
        },
        I::Arg(arg) => Kind::Arg(
            words(&arg.arguments.value)
                .into_iter()
                .map(|word| match word.split_once('=') {
                    Some((name, default)) => (name.to_owned(), Some(default.to_owned())),
                    None => (word, None),
                })
                .collect(),
        ),
        I::Env(env) => Kind::Env(pairs(&env.arguments.value)),
        I::Run(run) => Kind::Run {
            mounts: options(&run.options, "mount"),
        },
        I::Copy(copy) => Kind::Copy {
            from: options(&copy.options, "from").into_iter().next(),
            sources: copy.src.iter().filter_map(source).collect(),
            destination: copy.dest.value.to_string(),
        },
        I::Add(add) => Kind::Copy {
            from: None,
            sources: add.src.iter().filter_map(source).collect(),
            destination: add.dest.value.to_string(),
        },
        _ => Kind::Other,
    }
}

fn options(flags: &[syntax::Flag<'_>], name: &str) -> Vec<String> {
    let of = flags.iter().filter(|flag| flag.name.value == name);
    of.filter_map(|flag| Some(flag.value.as_ref()?.value.to_string()))
        .collect()
}

fn source(source: &syntax::Source<'_>) -> Option<Source> {
    match source {
        syntax::Source::Path(path) => Some(Source::Path(path.value.to_string())),
        syntax::Source::HereDoc(text) => Some(Source::Inline(text.value.to_string())),
        _ => None,
    }
}

/// `A=1 B="2 3"`, or the old form `A 1`.
fn pairs(text: &str) -> Vec<(String, String)> {
    let words = words(text);
    if words.first().is_some_and(|word| !word.contains('=')) {
        let (name, value) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        return vec![(name.to_owned(), value.trim().to_owned())];
    }
    words
        .iter()
        .filter_map(|word| word.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Words as a shell reads them, as far as quotes go.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (Some(_) | None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

fn line_number(text: &str, at: usize) -> u32 {
    let newlines = text.as_bytes()[..at]
        .iter()
        .filter(|b| **b == b'\n')
        .count();
    u32::try_from(newlines).unwrap_or(u32::MAX - 1) + 1
}

/// An instruction's lines. What follows it up to the next one are comments and empty lines.
fn own_lines(text: &str, first: u32) -> Vec<(u32, String)> {
    (first..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
        .map(|(number, line)| (number, line.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"# syntax=docker/dockerfile:1
ARG BASE=quay.io/centos-bootc/centos-bootc:stream10
ARG FLAVOR=agnostic
FROM ${BASE} AS os
ARG FLAVOR
ENV A=1 B="2 3"
RUN echo one \
    # a comment between
    && echo $FLAVOR
COPY --from=tools <<EOF /etc/x
hello ${B}
EOF
FROM os
RUN --mount=type=secret,id=key,target=/k <<EOT
FROM inside a here-document
EOT
"#;

    #[test]
    fn instructions_have_their_own_lines_and_stages() {
        let script = Script::parse(TEXT).unwrap();
        let shown: Vec<(u32, Option<usize>)> = script
            .instructions
            .iter()
            .map(|i| (i.line, i.stage))
            .collect();
        assert_eq!(
            shown,
            [
                (2, None),
                (3, None),
                (4, Some(0)),
                (5, Some(0)),
                (6, Some(0)),
                (7, Some(0)),
                (10, Some(0)),
                (13, Some(1)),
                (14, Some(1))
            ]
        );
        let numbers: Vec<u32> = script.instructions[5]
            .lines
            .iter()
            .map(|(n, _)| *n)
            .collect();
        assert_eq!(numbers, [7, 9]);
        assert_eq!(script.lineage(), [1, 0]);
        assert_eq!(script.base().unwrap().1, "${BASE}");
    }

    #[test]
    fn variables_are_those_that_the_build_would_see() {
        let script = Script::parse(TEXT).unwrap();
        let given = BTreeMap::from([("FLAVOR".to_owned(), "ipu".to_owned())]);
        let seen = script.seen(&given);
        let (from, at_from) = &seen[0];
        let Kind::From { image, .. } = &from.kind else {
            panic!("FROM first");
        };
        assert_eq!(
            substitute(image, at_from),
            "quay.io/centos-bootc/centos-bootc:stream10"
        );
        let (_, last) = seen.last().unwrap();
        assert_eq!(substitute("$FLAVOR-${B}-$C-${D:-d}", last), "ipu-2 3-$C-d");
        // Declared before FROM only.
        assert_eq!(substitute("$BASE", last), "$BASE");
    }

    #[test]
    fn what_is_no_containerfile_says_where() {
        assert_eq!(Script::parse("FROM a\nBLAH x\n").unwrap_err().line, 2);
        assert!(Script::parse("").is_err());
        assert_eq!(used_variables("a $B ${C:-$D} \\$E $"), ["B", "C"]);
    }
}
