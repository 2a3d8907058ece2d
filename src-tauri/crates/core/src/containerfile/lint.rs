//! The lint of a Containerfile: what it is given, and the rules in turn.

use std::collections::BTreeMap;

use super::{
    LintFinding, LintReport, LintRule, LintSeverity, LintTarget, rules,
    script::{Instruction, Kind, Script, Source, Variables, substitute},
};

/// A file of the build context, as far as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContextFile {
    Text(String),
    /// Too large, or no text.
    NotRead,
    Link(String),
}

/// The build context: paths relative to it, without what its `.containerignore` leaves out.
pub type ContextFiles = BTreeMap<String, ContextFile>;

/// What a lint looks at.
#[derive(Debug, Clone)]
pub struct LintInput<'a> {
    pub text: &'a str,
    pub target: LintTarget,
    pub context: &'a ContextFiles,
    pub args: &'a BTreeMap<String, String>,
    /// The ids of the build secrets that will be given; `None`: nobody said.
    pub secrets: Option<&'a [String]>,
}

/// A file that the Containerfile puts into the image.
#[derive(Debug)]
pub struct PutFile<'a> {
    pub line: u32,
    /// Where in the context; `None` for a here-document.
    pub from: Option<String>,
    /// Where in the image.
    pub to: String,
    pub content: Content<'a>,
}

#[derive(Debug)]
pub enum Content<'a> {
    Text(&'a str),
    Link(&'a str),
    Unknown,
}

impl PutFile<'_> {
    pub fn text(&self) -> Option<&str> {
        match self.content {
            Content::Text(text) => Some(text),
            Content::Link(_) | Content::Unknown => None,
        }
    }
}

/// What the rules look at.
pub struct Subject<'a> {
    pub input: &'a LintInput<'a>,
    pub script: &'a Script,
    /// Of the stages the image is made of, in the order in which they take effect.
    pub seen: Vec<(&'a Instruction, Variables)>,
    pub put: Vec<PutFile<'a>>,
    pub base: String,
    pub base_line: u32,
}

/// Looks for what is wrong with a Containerfile.
#[must_use]
pub fn lint(input: &LintInput<'_>) -> LintReport {
    let mut report = LintReport::default();
    let script = match Script::parse(input.text) {
        Ok(script) => script,
        Err(error) => {
            report.findings.push(LintFinding {
                rule: LintRule::NotParsed,
                severity: LintSeverity::Error,
                line: Some(error.line),
                file: None,
                layer: None,
                reason: format!("this is not a Containerfile: {}", error.reason),
                fix: "mend the line; podman would stop there too".into(),
            });
            return report;
        }
    };
    let seen = script.seen(input.args);
    let put = put_files(&seen, input.context, &mut report.not_looked_at);
    let (base_line, base) = match script.base() {
        Some((from, image)) => {
            let globals = seen.first().map(|(_, at)| at.clone()).unwrap_or_default();
            (from.line, substitute(image, &globals))
        }
        None => (1, String::new()),
    };
    let subject = Subject {
        input,
        script: &script,
        seen,
        put,
        base,
        base_line,
    };
    rules::arguments(&subject, &mut report);
    rules::secrets(&subject, &mut report);
    rules::boot(&subject, &mut report);
    rules::trust(&subject, &mut report);
    rules::bound_images(&subject, &mut report);
    report.sorted()
}

/// The files that COPY and ADD put into the image, folders followed.
fn put_files<'a>(
    seen: &[(&'a Instruction, Variables)],
    context: &'a ContextFiles,
    not_looked_at: &mut Vec<String>,
) -> Vec<PutFile<'a>> {
    let mut put = Vec::new();
    for (instruction, variables) in seen {
        let Kind::Copy {
            from,
            sources,
            destination,
        } = &instruction.kind
        else {
            continue;
        };
        let destination = substitute(destination, variables);
        if let Some(from) = from {
            not_looked_at.push(format!(
                "line {}: what comes from `{from}`",
                instruction.line
            ));
            continue;
        }
        let into_folder = destination.ends_with('/') || sources.len() > 1;
        for source in sources {
            match source {
                Source::Inline(text) => put.push(PutFile {
                    line: instruction.line,
                    from: None,
                    to: destination.clone(),
                    content: Content::Text(text),
                }),
                Source::Path(path) => {
                    let path = substitute(path, variables);
                    if path.contains("://") {
                        not_looked_at.push(format!("line {}: {path}", instruction.line));
                        continue;
                    }
                    let line = instruction.line;
                    let found = copied(&path, &destination, into_folder, context, line);
                    if found.is_empty() && !context.is_empty() {
                        not_looked_at.push(format!(
                            "line {line}: {path} is not in the folder (or is left out by .containerignore)"
                        ));
                    }
                    put.extend(found);
                }
            }
        }
    }
    put
}

fn copied<'a>(
    path: &str,
    destination: &str,
    into_folder: bool,
    context: &'a ContextFiles,
    line: u32,
) -> Vec<PutFile<'a>> {
    let path = path.trim_start_matches("./").trim_matches('/');
    let destination_folder = destination.trim_end_matches('/');
    let whole = path.is_empty() || path == ".";
    let mut put = Vec::new();
    for (name, file) in context {
        let below = if whole {
            Some(name.as_str())
        } else {
            name.strip_prefix(path)
                .and_then(|rest| rest.strip_prefix('/'))
        };
        let file_name = name.rsplit('/').next().unwrap_or(name);
        let to = if let Some(below) = below {
            format!("{destination_folder}/{below}")
        } else if name == path {
            if into_folder || destination_is_known_folder(destination) {
                format!("{destination_folder}/{file_name}")
            } else {
                destination.to_owned()
            }
        } else if path.contains('*') && glob(path, name) {
            format!("{destination_folder}/{file_name}")
        } else {
            continue;
        };
        put.push(PutFile {
            line,
            from: Some(name.clone()),
            to,
            content: match file {
                ContextFile::Text(text) => Content::Text(text),
                ContextFile::Link(to) => Content::Link(to),
                ContextFile::NotRead => Content::Unknown,
            },
        });
    }
    put
}

/// Folders of a bootc base image: `COPY x /etc` puts x into it.
fn destination_is_known_folder(destination: &str) -> bool {
    const FOLDERS: [&str; 8] = [
        "/usr/lib/dracut/dracut.conf.d",
        "/usr/lib/bootc/kargs.d",
        "/usr/lib/bootc/bound-images.d",
        "/usr/share/containers/systemd",
        "/etc/containers/systemd",
        "/etc/yum.repos.d",
        "/etc",
        "/usr/lib/systemd/system",
    ];
    FOLDERS.contains(&destination)
}

/// `*` stands for anything but a slash.
#[must_use]
pub fn glob(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, rest)) => {
            let Some(tail) = name.strip_prefix(before) else {
                return false;
            };
            let limit = tail.find('/').unwrap_or(tail.len());
            (0..=limit)
                .filter(|at| tail.is_char_boundary(*at))
                .any(|at| glob(rest, &tail[at..]))
        }
    }
}

/// Whether a `.containerignore` leaves a path out: the last line that matches counts, and `!` takes
/// it back in. A pattern without a slash counts at the top, as podman has it; `**/x` anywhere.
#[must_use]
pub fn ignored(ignore: &str, path: &str) -> bool {
    let mut out = false;
    for line in ignore.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (pattern, leaves_out) = match line.strip_prefix('!') {
            Some(pattern) => (pattern, false),
            None => (line, true),
        };
        let pattern = pattern.trim_start_matches("./").trim_matches('/');
        if matches(pattern, path) {
            out = leaves_out;
        }
    }
    out
}

fn matches(pattern: &str, path: &str) -> bool {
    if let Some(anywhere) = pattern.strip_prefix("**/") {
        let starts = path.match_indices('/').map(|(at, _)| at + 1);
        return std::iter::once(0)
            .chain(starts)
            .any(|at| matches(anywhere, &path[at..]));
    }
    // The path itself, or a folder above it.
    let ends = path.match_indices('/').map(|(at, _)| at);
    ends.chain(std::iter::once(path.len()))
        .any(|end| glob(pattern, &path[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stops_at_a_slash() {
        assert!(glob("*.toml", "10-ipu.toml"));
        assert!(glob("kargs/*.toml", "kargs/a.toml"));
        assert!(!glob("*.toml", "kargs/a.toml"));
        assert!(!glob("a*b", "ac"));
    }

    #[test]
    fn what_is_ignored_and_what_is_taken_back_in() {
        let ignore = "# secrets\n*-key.pem\n.git\n**/auth.json\n*.toml\n!keep.toml\n";
        for path in ["a-key.pem", ".git/config", "x/y/auth.json", "a.toml"] {
            assert!(ignored(ignore, path), "{path}");
        }
        for path in ["certs/a-key.pem", "keep.toml", "Containerfile"] {
            assert!(!ignored(ignore, path), "{path}");
        }
    }
}
