//! The samples beside the project, where they lie there.

use std::{fs, path::Path};

use slipway_core::cluster::{Cluster, ProblemCode, ProblemSeverity, Surroundings, Values, import};

fn sample(name: &str) -> Option<String> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../../shared/samples/cluster-yaml")
        .join(name);
    fs::read_to_string(beside).ok()
}

#[test]
fn the_samples_are_understood() {
    let mut values = Values::default();
    for (function, value) in [
        ("worker_number", "220"),
        ("worker_name", "lab220.lab"),
        ("bmc", "drac220.lab"),
        ("bmc_hostname", "imc220.lab"),
        ("DPU_mac_address", "00:08:00:01:03:18"),
    ] {
        values.set(function, Some(0), value);
        values.set(function, Some(1), value.replace("220", "221"));
    }
    for (function, value) in [
        ("iso_server", "https://files.lab"),
        ("primary_network_port", "eno1"),
        ("secondary_network_port", "eno2"),
        ("organization_id", "12345"),
        ("activation_key", "key"),
    ] {
        values.set(function, None, value);
    }
    // Each with the errors that it really has: placeholders, and a password that no IMC takes.
    let expected: [(&str, &[ProblemCode]); 6] = [
        ("dpu-operator-2024.yaml", &[ProblemCode::Password]),
        ("dpu-operator-today.yaml", &[]),
        (
            "marvell.yaml",
            &[
                ProblemCode::Placeholder,
                ProblemCode::Unexpanded,
                ProblemCode::Unexpanded,
            ],
        ),
        ("openshift-out-of-scope.yaml", &[]),
        (
            "seed-as-written.yaml",
            &[
                ProblemCode::Placeholder,
                ProblemCode::Placeholder,
                ProblemCode::Password,
            ],
        ),
        (
            "seed-in-today-form.yaml",
            &[
                ProblemCode::Placeholder,
                ProblemCode::Placeholder,
                ProblemCode::Placeholder,
                ProblemCode::Placeholder,
            ],
        ),
    ];
    for (name, codes) in expected {
        let Some(text) = sample(name) else {
            eprintln!("skipped: the samples do not lie beside the project");
            return;
        };
        let import = import(name, &text, &values, &Surroundings::default());
        let errors = import
            .problems
            .iter()
            .filter(|p| p.severity == ProblemSeverity::Error);
        let found: Vec<ProblemCode> = errors.map(|p| p.code).collect();
        assert_eq!(found, codes, "{name}: {:#?}", import.problems);
        let cards = match import.file.clusters.as_slice() {
            [Cluster::Iso(cluster)] => cluster.cards.len(),
            [Cluster::OutOfScope { nodes, .. }] => nodes - 4,
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(cards, 1, "{name}");
    }
}
