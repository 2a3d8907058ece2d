//! Jinja over the text, as CDA does it before it parses, and the way back from the filled-in text
//! to the written one.
//!
//! CDA's functions look into a spreadsheet; here a value that nobody has becomes a mark in the
//! text, so that everything else can still be read and every missing value is named at once.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value,
    value::{Object, ObjectRepr, Rest},
};

use super::{
    marks::{Run, line_by_line, segments, with_marks, without_marks},
    problem::{Problem, ProblemCode, ProblemSeverity},
    read::nearest,
    source::{Source, Span},
    values::{EARLIER_NAMES, FUNCTIONS, MissingValue, Values, WORKER_FUNCTIONS, todays_name},
};

/// Private-use characters around the number of a missing value. A file that has them is refused.
const MISSING: [char; 2] = ['\u{E002}', '\u{E003}'];
/// Enough for any cluster file; stops a template that never ends.
const FUEL: u64 = 500_000;
/// Of the filled-in text.
const LARGEST: usize = 4 << 20;

/// A text with its templates filled in.
pub struct Filled {
    pub text: String,
    /// In the order in which they were asked for.
    pub missing: Vec<MissingValue>,
    /// Earlier names of functions that the text uses.
    pub earlier_names: Vec<String>,
    runs: Vec<Run>,
}

impl Filled {
    /// Where in the written text a part of the filled-in text comes from.
    pub fn origin(&self, span: Span) -> Span {
        let run = |at: usize| {
            let after = self.runs.partition_point(|run| run.at <= at);
            self.runs.get(after.saturating_sub(1)).copied()
        };
        let (Some(first), Some(last)) = (run(span.start), run(span.end.saturating_sub(1))) else {
            return span;
        };
        let start = if first.literal {
            (first.from.start + span.start.saturating_sub(first.at)).min(first.from.end)
        } else {
            first.from.start
        };
        let end = if last.literal {
            (last.from.start + span.end.saturating_sub(last.at)).min(last.from.end)
        } else {
            last.from.end
        };
        Span::new(start, end)
    }
}

/// Whether a text can't be told from our own marks.
pub fn has_marks(text: &str) -> Option<usize> {
    text.find(|c| ('\u{E000}'..='\u{E003}').contains(&c))
}

/// The numbers of the missing values whose marks are in a text.
pub fn missing_in(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.split(MISSING[0]).skip(1).filter_map(|part| {
        let (number, _) = part.split_once(MISSING[1])?;
        number.parse().ok()
    })
}

/// A missing value that is asked for with a name, and perhaps called.
struct Asked {
    name: String,
    missing: Missing,
}

type Missing = Arc<Mutex<Vec<MissingValue>>>;

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Object for Asked {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(
        self: &Arc<Self>,
        _: &mut minijinja::State<'_, '_>,
        arguments: &[Value],
    ) -> Result<Value, Error> {
        Ok(mark(&self.missing, &self.name, worker(arguments)))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", mark(&self.missing, &self.name, None))
    }
}

fn worker(arguments: &[Value]) -> Option<u32> {
    let first = arguments.first()?;
    u32::try_from(first.as_i64()?).ok()
}

/// Notes a missing value once, and gives the mark that stands for it.
fn mark(missing: &Missing, function: &str, worker: Option<u32>) -> Value {
    let value = MissingValue {
        function: todays_name(function).to_owned(),
        worker,
    };
    let Ok(mut all) = missing.lock() else {
        return Value::from("");
    };
    let number = all.iter().position(|known| *known == value);
    let number = number.unwrap_or_else(|| {
        all.push(value);
        all.len() - 1
    });
    Value::from(format!("{}{number}{}", MISSING[0], MISSING[1]))
}

/// Fills the templates in.
///
/// # Errors
/// A template that is not one, or calls what does not exist: with its place.
pub fn fill(source: &Source, cluster_name: &str, values: &Values) -> Result<Filled, Vec<Problem>> {
    let text = source.text();
    let missing = Missing::default();
    let mut environment = environment(cluster_name, values, &missing);
    let names = {
        let template = environment
            .template_from_str(text)
            .map_err(|error| vec![told(&error, source)])?;
        template.undeclared_variables(false)
    };
    let mut problems = Vec::new();
    let mut earlier_names: Vec<String> = Vec::new();
    for name in names {
        let known = environment.globals().any(|(known, _)| known == name);
        if EARLIER_NAMES.iter().any(|(earlier, _)| *earlier == name) && name != "api_network" {
            earlier_names.push(name);
        } else if !known {
            problems.push(unknown(&name, values, source));
            let asked = Asked {
                name: name.clone(),
                missing: Missing::default(),
            };
            environment.add_global(name, Value::from_object(asked));
        }
    }
    earlier_names.sort();
    let segments = segments(text);
    let marked = render(&environment, &with_marks(text, &segments), source);
    let plain = render(&environment, text, source);
    let (marked, plain) = match (marked, plain) {
        (Ok(marked), Ok(plain)) => (marked, plain),
        (_, Err(problem)) | (Err(problem), _) => {
            // A filter over a value that is missing fails for that reason alone.
            let missing = taken(&missing);
            if missing.is_empty() && problems.is_empty() {
                problems.push(*problem);
            }
            for value in missing {
                problems.push(without_value(&value, source, None));
            }
            return Err(problems);
        }
    };
    if !problems.is_empty() {
        return Err(problems);
    }
    let (text, runs) = without_marks(&marked, &segments);
    let runs = if text == plain {
        runs
    } else {
        // Our marks kept a `-%}` from taking the white space: then lines are all there is.
        line_by_line(&plain, source)
    };
    Ok(Filled {
        text: plain,
        missing: taken(&missing),
        earlier_names,
        runs,
    })
}

fn taken(missing: &Missing) -> Vec<MissingValue> {
    missing.lock().map(|all| all.clone()).unwrap_or_default()
}

/// That a value is missing, and how to give it.
pub fn without_value(value: &MissingValue, source: &Source, at: Option<Span>) -> Problem {
    let meaning = value.meaning().map_or(String::new(), |m| format!(" ({m})"));
    let message = format!("`{value}`{meaning} has no value");
    let fix = format!("give {} in the variables file (--vars)", value.line());
    let severity = if at.is_some() {
        ProblemSeverity::Error
    } else {
        ProblemSeverity::Warning
    };
    let problem = Problem::new(severity, ProblemCode::MissingValue, message, fix);
    match at {
        Some(span) => problem.at(source, span),
        None => {
            let text = source.text();
            let call = text.find(&value.to_string());
            let call = call.or_else(|| text.find(&value.function));
            let call = call.unwrap_or_default();
            problem.at(source, Span::new(call, call + value.function.len()))
        }
    }
}

fn unknown(name: &str, values: &Values, source: &Source) -> Problem {
    let known = WORKER_FUNCTIONS
        .iter()
        .chain(&FUNCTIONS)
        .map(|(name, _)| *name)
        .chain(EARLIER_NAMES.iter().map(|(name, _)| *name))
        .chain(["cluster_name"])
        .chain(values.own_names());
    let fix = match nearest(name, known) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("give `{name}: …` in the variables file (--vars)"),
    };
    let message = format!("a template asks for `{name}`, which nobody knows");
    let at = source.text().find(name).unwrap_or_default();
    Problem::new(ProblemSeverity::Error, ProblemCode::Template, message, fix)
        .at(source, Span::new(at, at + name.len()))
}

fn environment(cluster_name: &str, values: &Values, missing: &Missing) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.add_global("cluster_name", cluster_name);
    for name in values.own_names() {
        if let Some(value) = values.get(name, None) {
            environment.add_global(name.to_owned(), value);
        }
    }
    let earlier = EARLIER_NAMES.iter().map(|(name, _)| *name);
    let names = WORKER_FUNCTIONS.iter().chain(&FUNCTIONS);
    let shared = Arc::new(values.clone());
    for name in names.map(|(name, _)| *name).chain(earlier) {
        let (values, missing) = (shared.clone(), missing.clone());
        let takes_a_worker = WORKER_FUNCTIONS
            .iter()
            .any(|(known, _)| *known == todays_name(name));
        let function = move |arguments: Rest<Value>| -> Result<Value, Error> {
            let number = worker(&arguments);
            if number.is_some() != takes_a_worker || arguments.len() > 1 {
                let how = if takes_a_worker {
                    "the number of a worker, from 0"
                } else {
                    "nothing"
                };
                let detail = format!("{name} takes {how} in its brackets");
                return Err(Error::new(ErrorKind::InvalidOperation, detail));
            }
            Ok(match values.get(name, number) {
                Some(value) => Value::from(value),
                None => mark(&missing, name, number),
            })
        };
        environment.add_function(name, function);
    }
    environment
}

fn render(
    environment: &Environment<'_>,
    text: &str,
    source: &Source,
) -> Result<String, Box<Problem>> {
    let rendered = environment
        .render_str(text, ())
        .map_err(|error| Box::new(told(&error, source)))?;
    if rendered.len() > LARGEST {
        let message = "the templates make a text of more than 4 MiB";
        let fix = "a cluster file is a few kilobytes";
        return Err(Box::new(Problem::new(
            ProblemSeverity::Error,
            ProblemCode::Template,
            message,
            fix,
        )));
    }
    Ok(rendered)
}

fn told(error: &Error, source: &Source) -> Problem {
    let detail = error.detail().unwrap_or("it can't be read");
    let message = format!("a template is wrong: {}: {detail}", error.kind());
    let fix = "write it as Jinja does: `{{ worker_number(0) }}`, inside quotes";
    let line = error.line().unwrap_or(1).saturating_sub(1);
    let start = source
        .text()
        .match_indices('\n')
        .map(|(at, _)| at + 1)
        .nth(line.wrapping_sub(1))
        .unwrap_or_default();
    let rest = &source.text()[start..];
    let begin = start + (rest.len() - rest.trim_start_matches([' ', '\t']).len());
    let end = start + rest.find('\n').unwrap_or(rest.len());
    Problem::new(ProblemSeverity::Error, ProblemCode::Template, message, fix)
        .at(source, Span::new(begin, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin_of(text: &str, part: &str) -> (String, String) {
        let mut values = Values::default();
        values.set("worker_number", Some(0), "two\nlines");
        values.set("worker_number", Some(1), "1");
        let source = Source::new("f", text);
        let filled = fill(&source, "c", &values).unwrap();
        let at = filled.text.rfind(part).unwrap();
        let span = filled.origin(Span::new(at, at + part.len()));
        (filled.text.clone(), source.slice(span).to_owned())
    }

    #[test]
    fn positions_find_their_way_back_over_values_with_newlines_and_loops() {
        let text = "a: \"{{ worker_number(0) }}-x\"\nbee: 1 # {{ '}}' }}\nlast: z\n";
        assert_eq!(origin_of(text, "lines").1, "{{ worker_number(0) }}");
        assert_eq!(origin_of(text, "bee").1, "bee");
        assert_eq!(origin_of(text, "z").1, "z");
        assert_eq!(
            origin_of(text, "\"two\nlines-x\"").1,
            "\"{{ worker_number(0) }}-x\""
        );
        let text = "x:\n# {% for i in range(2) %}\n- \"{{ i }}\"\n# {% endfor %}\nend: ü\n";
        let (filled, item) = origin_of(text, "- \"1\"");
        assert_eq!(filled.matches("- ").count(), 2, "{filled}");
        assert_eq!(item, "- \"{{ i }}\"");
        assert_eq!(origin_of(text, "ü").1, "ü");
        // Trimmed white space: by lines.
        let text = "x: 1\n{%- if true %}\ny: 2\n{%- endif %}\n";
        assert_eq!(origin_of(text, "y").0, "x: 1\ny: 2");
    }

    #[test]
    fn every_missing_value_is_asked_for_at_once() {
        let source = Source::new(
            "f",
            "{{ bmc(1) }} {{ IMC_hostname(0) }} {{ iso_server() }}\n",
        );
        let filled = fill(&source, "c", &Values::default()).unwrap();
        let asked: Vec<String> = filled.missing.iter().map(ToString::to_string).collect();
        assert_eq!(asked, ["bmc(1)", "bmc_hostname(0)", "iso_server()"]);
        assert_eq!(filled.earlier_names, ["IMC_hostname"]);
        assert_eq!(missing_in(&filled.text).collect::<Vec<_>>(), [0, 1, 2]);
    }
}
