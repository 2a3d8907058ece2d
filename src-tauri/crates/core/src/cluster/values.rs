//! The values that a cluster file's templates ask for: CDA reads them from a spreadsheet of its
//! lab, Slipway from a variables file, from cards that were chosen, or from a person.

use std::collections::BTreeMap;

use serde::Serialize;
use specta::Type;

use super::{
    problem::{Problem, ProblemCode, ProblemSeverity},
    read::nearest,
    source::Source,
    tree::{Node, Value as Yaml, compose},
};

/// What a template may call with the number of a worker, as it is called today, and what is asked.
pub const WORKER_FUNCTIONS: [(&str, &str); 5] = [
    ("worker_number", "the number in the DPU host's name"),
    ("worker_name", "the DPU host"),
    ("bmc", "the DPU host's BMC"),
    ("bmc_hostname", "the card's IMC"),
    ("DPU_mac_address", "the card's MAC address"),
];
/// What a template may call without an argument.
pub const FUNCTIONS: [(&str, &str); 5] = [
    ("primary_network_port", "the provisioner's first port"),
    ("secondary_network_port", "the provisioner's second port"),
    ("iso_server", "the web server with the ISOs"),
    ("activation_key", "the activation key of Red Hat's console"),
    ("organization_id", "the organization at Red Hat's console"),
];
/// Earlier names, and names that mean the same.
pub const EARLIER_NAMES: [(&str, &str); 5] = [
    ("IMC_hostname", "bmc_hostname"),
    ("IPU_mac_address", "DPU_mac_address"),
    ("dpu_mac_address", "DPU_mac_address"),
    ("bmc_ip", "bmc"),
    ("api_network", "primary_network_port"),
];

/// Today's name of a function.
#[must_use]
pub fn todays_name(name: &str) -> &str {
    let earlier = EARLIER_NAMES.iter().find(|(earlier, _)| *earlier == name);
    earlier.map_or(name, |(_, today)| today)
}

/// A value that a template asked for and nobody has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Type)]
pub struct MissingValue {
    /// By today's name.
    pub function: String,
    pub worker: Option<u32>,
}

impl MissingValue {
    /// Whether it must not be asked for where it would be seen.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.function == "activation_key"
    }

    /// What is asked for, in words.
    #[must_use]
    pub fn meaning(&self) -> Option<&'static str> {
        let mut all = WORKER_FUNCTIONS.iter().chain(&FUNCTIONS);
        all.find(|(name, _)| *name == self.function)
            .map(|(_, meaning)| *meaning)
    }

    /// The line of a variables file that would give it.
    #[must_use]
    pub fn line(&self) -> String {
        match self.worker {
            Some(worker) => {
                let key = worker_key(&self.function);
                format!("`{key}: …` in item {worker} (counted from 0) of `workers:`")
            }
            None => format!("`{}: …`", self.function),
        }
    }
}

impl std::fmt::Display for MissingValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.worker {
            Some(worker) => write!(f, "{}({worker})", self.function),
            None => write!(f, "{}()", self.function),
        }
    }
}

fn worker_key(function: &str) -> &str {
    match function {
        "worker_number" => "number",
        "worker_name" => "name",
        other => other,
    }
}

/// The values. There may be an activation key among them: no `Debug` that shows any.
#[derive(Clone, Default)]
pub struct Values {
    workers: BTreeMap<u32, BTreeMap<String, String>>,
    others: BTreeMap<String, String>,
}

impl std::fmt::Debug for Values {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&String> = self.others.keys().collect();
        write!(f, "Values({} workers, {names:?})", self.workers.len())
    }
}

impl Values {
    /// A value for `function(worker)`, or `function()`.
    pub fn set(&mut self, function: &str, worker: Option<u32>, value: impl Into<String>) {
        let name = todays_name(function).to_owned();
        match worker {
            Some(worker) => {
                self.workers
                    .entry(worker)
                    .or_default()
                    .insert(name, value.into());
            }
            None => {
                self.others.insert(name, value.into());
            }
        }
    }

    /// All of them, as [`Self::set`] takes them.
    pub fn all(&self) -> impl Iterator<Item = (&str, Option<u32>, &str)> {
        let workers = self.workers.iter().flat_map(|(worker, values)| {
            let values = values.iter();
            values.map(|(name, value)| (name.as_str(), Some(*worker), value.as_str()))
        });
        let others = self.others.iter();
        workers.chain(others.map(|(name, value)| (name.as_str(), None, value.as_str())))
    }

    /// Takes what is missing here from `others`.
    pub fn fill_from(&mut self, others: &Self) {
        for (worker, values) in &others.workers {
            for (name, value) in values {
                let mine = self.workers.entry(*worker).or_default();
                mine.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        for (name, value) in &others.others {
            let mine = self.others.entry(name.clone());
            mine.or_insert_with(|| value.clone());
        }
    }

    /// The value; a worker's number is found in its name where it was not given, as CDA does it.
    #[must_use]
    pub fn get(&self, function: &str, worker: Option<u32>) -> Option<String> {
        let name = todays_name(function);
        let Some(worker) = worker else {
            return self.others.get(name).cloned();
        };
        let worker = self.workers.get(&worker)?;
        worker.get(name).cloned().or_else(|| {
            let host = worker.get("worker_name")?;
            (name == "worker_number").then(|| number_in(host)).flatten()
        })
    }

    /// The names of further variables.
    pub(super) fn own_names(&self) -> impl Iterator<Item = &str> {
        self.others.keys().map(String::as_str)
    }

    /// Reads a variables file: `workers:`, a list of mappings, and the other values by name.
    /// Every scalar is taken as it is written; YAML's types have no say here.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(name: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let source = Source::new(name, text);
        let mut problems = Vec::new();
        let mut values = Self::default();
        if let Some(tree) = compose(text, &source, &|span| span, &mut problems) {
            values.read(&tree, &source, &mut problems);
        }
        let failed = problems
            .iter()
            .any(|p| p.severity == ProblemSeverity::Error);
        if failed { Err(problems) } else { Ok(values) }
    }

    fn read(&mut self, tree: &Node, source: &Source, problems: &mut Vec<Problem>) {
        let fix = "write `name: value` lines, and `workers:` with a list";
        let wrong = |node: &Node, what: &str| {
            let words = format!("{what}, and this is {}", node.words());
            Problem::new(ProblemSeverity::Error, ProblemCode::WrongType, words, fix)
                .at(source, node.span)
        };
        let Some(entries) = tree.map() else {
            problems.push(wrong(tree, "a variables file is a mapping"));
            return;
        };
        for entry in entries {
            if entry.key == "workers" {
                let Yaml::List(workers) = &entry.value.value else {
                    problems.push(wrong(&entry.value, "`workers` is a list"));
                    continue;
                };
                for (index, worker) in (0_u32..).zip(workers) {
                    match worker.map() {
                        Some(_) => self.read_worker(index, worker, source, problems),
                        None => problems.push(wrong(worker, "a worker is a mapping")),
                    }
                }
            } else if let Some(scalar) = entry.value.scalar() {
                self.set(&entry.key, None, scalar.text.clone());
            } else {
                problems.push(wrong(&entry.value, "a value is text"));
            }
        }
    }

    fn read_worker(
        &mut self,
        index: u32,
        worker: &Node,
        source: &Source,
        problems: &mut Vec<Problem>,
    ) {
        let known = |key: &str| match key {
            "number" => Some("worker_number"),
            "name" => Some("worker_name"),
            key => {
                let today = todays_name(key);
                let mut all = WORKER_FUNCTIONS.iter().map(|(name, _)| *name);
                all.find(|name| *name == today)
            }
        };
        for entry in worker.map().unwrap_or_default() {
            match (known(&entry.key), entry.value.scalar()) {
                (Some(function), Some(scalar)) => {
                    self.set(function, Some(index), scalar.text.clone());
                }
                (Some(_), None) => {
                    let message = format!("a value is text, and this is {}", entry.value.words());
                    let fix = "write one value";
                    problems.push(
                        Problem::new(ProblemSeverity::Error, ProblemCode::WrongType, message, fix)
                            .at(source, entry.value.span),
                    );
                }
                (None, _) => {
                    let names = ["name", "number", "bmc", "bmc_hostname", "DPU_mac_address"];
                    let fix = match nearest(&entry.key, names) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => format!("a worker has {}", names.join(", ")),
                    };
                    let message = format!("`{}` is no value of a worker", entry.key);
                    problems.push(
                        Problem::new(
                            ProblemSeverity::Error,
                            ProblemCode::UnknownKey,
                            message,
                            fix,
                        )
                        .at(source, entry.key_span),
                    );
                }
            }
        }
    }
}

/// CDA's rule: the digits after `lab`, else all digits of the name.
#[must_use]
pub fn number_in(host: &str) -> Option<String> {
    let leading =
        |text: &str| -> String { text.chars().take_while(char::is_ascii_digit).collect() };
    let after_lab = host
        .match_indices("lab")
        .map(|(at, lab)| leading(&host[at + lab.len()..]))
        .find(|digits| !digits.is_empty());
    let all = || {
        host.chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
    };
    Some(after_lab.unwrap_or_else(all)).filter(|digits| !digits.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_in_a_name_as_cda_finds_it() {
        assert_eq!(
            number_in("wsfd-advnetlab220.x.example").as_deref(),
            Some("220")
        );
        assert_eq!(number_in("host42-b1").as_deref(), Some("421"));
        assert_eq!(number_in("labrador"), None);
    }

    #[test]
    fn a_variables_file_takes_every_scalar_as_it_is_written() {
        let text = "iso_server: https://files\nworkers:\n- {name: lab7.x, bmc: 010}\n- IMC_hostname: imc1\n";
        let values = Values::parse("vars.yaml", text).unwrap();
        let get = |name, worker| values.get(name, worker);
        assert_eq!(get("bmc", Some(0)).as_deref(), Some("010"));
        assert_eq!(get("worker_number", Some(0)).as_deref(), Some("7"));
        assert_eq!(get("bmc_hostname", Some(1)).as_deref(), Some("imc1"));
        assert_eq!(get("iso_server", None).as_deref(), Some("https://files"));
        assert_eq!(get("worker_name", Some(1)), None);
        let problems = Values::parse("v", "workers: [{bmc_hostnam: x}, 7]\nx: []").unwrap_err();
        let told: Vec<&str> = problems.iter().map(|p| p.fix.as_str()).collect();
        assert_eq!(told[0], "did you mean `bmc_hostname`?");
        assert_eq!(problems.len(), 3);
    }
}
