//! `cluster.yaml`, as CDA takes it: read unchanged, checked as a whole, and turned into a plan.
//!
//! A file goes through four stages, each a plain function: templates are filled in
//! ([`template`]), YAML becomes a tree that knows its places ([`tree`], [`yaml11`]), the tree
//! becomes a model in today's form ([`read`], [`model`]), and the model becomes a plan ([`plan`]) or
//! a file again ([`write`]). Whatever is wrong is named with its place, all of it at once. Nothing
//! here opens a file, asks a host or knows the inventory.

mod beside;
mod builder;
mod marks;
mod model;
mod own_steps;
mod plan;
mod problem;
mod read;
mod render;
mod source;
mod template;
mod tree;
mod untried;
mod values;
mod write;
mod yaml11;

pub use beside::{
    Choices, HOST_DRIVER, IMC_BOOT, LOCAL_NETWORK, PXEBOOT, beside, local_network, marvell,
};
pub use builder::{ISO_BUILDER, WantedIso, wanted_iso};
pub use model::{
    Card, CardKind, Cluster, ClusterFile, InvalidMac, IsoBuilder, IsoCluster, IsoSource, Kept,
    Login, Mac, Step, StepKind, Subscription,
};
pub use plan::{CardOutline, ClusterOutline, OutlineStep, Standing, outline};
pub use problem::{Migration, Problem, ProblemCode, ProblemSeverity, Related};
pub use read::{ClusterSpans, Surroundings};
pub use render::{Look, render_problem};
pub use source::{Place, Source, Span};
pub use untried::Untried;
pub use values::{
    EARLIER_NAMES, FUNCTIONS, MissingValue, Values, WORKER_FUNCTIONS, number_in, todays_name,
};
pub use write::write;
pub use yaml11::{Reading, read_plain};

/// More bytes than any cluster file has.
pub const LARGEST: usize = 1 << 20;

/// What came of reading a file.
pub struct Import {
    /// For showing problems; knows what must not be shown.
    pub source: Source,
    /// As much as could be read.
    pub file: ClusterFile,
    /// In the order of the file.
    pub problems: Vec<Problem>,
    pub migrations: Vec<Migration>,
    /// What the templates asked for and nobody has.
    pub missing: Vec<MissingValue>,
    /// In the order of `file.clusters`.
    pub spans: Vec<ClusterSpans>,
}

impl Import {
    /// Whether no plan can be made, where these steps are left out.
    #[must_use]
    pub fn is_blocked(&self, skipped_steps: &[String]) -> bool {
        self.blocking(skipped_steps).next().is_some()
    }

    /// The errors that count, where these steps are left out.
    pub fn blocking<'a>(
        &'a self,
        skipped_steps: &'a [String],
    ) -> impl Iterator<Item = &'a Problem> + 'a {
        self.problems.iter().filter(move |problem| {
            let skipped = |step: &String| skipped_steps.contains(step);
            problem.severity == ProblemSeverity::Error
                && !problem.step.as_ref().is_some_and(skipped)
        })
    }

    /// Adds what somebody found out who knows more than the file.
    pub fn warn(&mut self, code: ProblemCode, at: Option<Span>, message: String, fix: String) {
        let problem = Problem::new(ProblemSeverity::Warning, code, message, fix);
        let problem = match at {
            Some(span) => problem.at(&self.source, span),
            None => problem,
        };
        self.problems.push(problem);
        in_order(&mut self.problems);
    }
}

/// Reads a cluster file. Never fails: what can't be read is named.
#[must_use]
pub fn import(name: &str, text: &str, values: &Values, around: &Surroundings) -> Import {
    let mut import = Import {
        source: Source::new(name, text),
        file: ClusterFile {
            clusters: Vec::new(),
        },
        problems: Vec::new(),
        migrations: Vec::new(),
        missing: Vec::new(),
        spans: Vec::new(),
    };
    fill_and_read(&mut import, values, around);
    in_order(&mut import.problems);
    import.migrations.sort_by_key(|migration| migration.place);
    import
}

fn fill_and_read(import: &mut Import, values: &Values, around: &Surroundings) {
    let source = &import.source;
    let refuse = |at: usize, message: &str, fix: &str| {
        Problem::new(ProblemSeverity::Error, ProblemCode::Syntax, message, fix)
            .at(source, Span::new(at, at))
    };
    if source.text().len() > LARGEST {
        let problem = refuse(0, "the file has more than 1 MiB", "give a cluster file");
        import.problems.push(problem);
        return;
    }
    if let Some(at) = template::has_marks(source.text()) {
        let message = "a private-use character (U+E000 to U+E003)";
        import.problems.push(refuse(at, message, "take it out"));
        return;
    }
    // CDA parses before the templates are filled in too, for the cluster's name.
    let mut written = Vec::new();
    let Some(tree) = tree::compose(source.text(), source, &|span| span, &mut written) else {
        import.problems = written;
        return;
    };
    let cluster_name = first_name(&tree);
    let filled = match template::fill(source, &cluster_name, values) {
        Ok(filled) => filled,
        Err(problems) => {
            import.problems = problems;
            return;
        }
    };
    for earlier in &filled.earlier_names {
        let at = source.text().find(earlier.as_str()).unwrap_or_default();
        import.migrations.push(Migration {
            place: source.place(at),
            of: "templates".into(),
            from: format!("{earlier}()"),
            to: format!("{}()", todays_name(earlier)),
        });
    }
    let origin = |span| filled.origin(span);
    let tree = tree::compose(&filled.text, source, &origin, &mut import.problems);
    if let Some(tree) = tree {
        let read = read::read_file(&tree, source, &filled.missing, around);
        import.file = read.file;
        import.spans = read.spans;
        import.problems.extend(read.problems);
        import.migrations.extend(read.migrations);
        for secret in read.secrets {
            import.source.hide(secret);
        }
    }
    import.missing = filled.missing;
}

/// The name of the first cluster, as CDA gives it to the templates.
fn first_name(tree: &tree::Node) -> String {
    let clusters = tree.get("clusters").map(|clusters| &clusters.value);
    let first = match clusters {
        Some(tree::Value::List(clusters)) => clusters.first(),
        Some(tree::Value::Map(_) | tree::Value::Scalar(_)) | None => None,
    };
    let name = first.and_then(|cluster| cluster.get("name")?.scalar());
    name.map(|name| name.text.clone()).unwrap_or_default()
}

fn in_order(problems: &mut Vec<Problem>) {
    problems.sort_by(|a, b| {
        let key = |p: &Problem| (p.place, p.severity, p.code);
        key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
    });
    problems.dedup();
}
