//! One golden file per fixture, and what holds for all of them.

use std::fs;

use slipway_core::cluster::{ProblemCode, ProblemSeverity, Surroundings, Values, import, write};

use crate::{SENTINEL, folder, read, shown, values};

fn golden(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

fn names() -> Vec<String> {
    let files = fs::read_dir(folder()).unwrap();
    let mut names: Vec<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".yaml"))
        .collect();
    names.sort();
    assert!(names.len() > 20, "the fixtures are there");
    names
}

#[test]
fn what_is_said_of_every_fixture() {
    for name in names() {
        // Its whole point is that nobody has the values.
        let values = match name.as_str() {
            "trap-templates.yaml" => Values::default(),
            _ => values(),
        };
        let import = read(&name, &values);
        golden(name.strip_suffix(".yaml").unwrap(), &shown(&import));
    }
}

#[test]
fn a_file_of_any_era_has_no_error_once_its_values_are_there() {
    for name in [
        "era-2024.yaml",
        "era-late-2024.yaml",
        "era-2025.yaml",
        "era-today.yaml",
        "several-clusters.yaml",
    ] {
        let import = read(name, &values());
        let errors: Vec<&String> = import.blocking(&[]).map(|p| &p.message).collect();
        assert_eq!(errors, Vec::<&String>::new(), "{name}");
    }
}

#[test]
fn every_trap_is_an_error_or_a_warning_with_a_place() {
    for name in names() {
        let import = read(&name, &Values::default());
        if name.starts_with("trap-") {
            assert!(!import.problems.is_empty(), "{name}");
        }
        for problem in &import.problems {
            assert!(problem.place.is_some(), "{name}: {}", problem.message);
            assert!(!problem.fix.is_empty(), "{name}: {}", problem.message);
            assert_eq!(problem.file, name);
        }
    }
}

#[test]
fn no_password_and_no_key_is_ever_shown() {
    for name in names() {
        let import = read(&name, &values());
        let mut all = shown(&import);
        all.push_str(&format!("{:?}{:?}", import.file, import.problems));
        all.push_str(&serde_json::to_string(&import.problems).unwrap());
        all.push_str(&serde_json::to_string(&import.migrations).unwrap());
        let at = all.find(SENTINEL);
        let shown = at.map(|at| &all[at.saturating_sub(200)..]);
        assert_eq!(shown, None, "{name}");
    }
}

#[test]
fn what_is_written_back_says_the_same_in_the_form_of_today() {
    for name in names() {
        let first = read(&name, &values());
        let text = write(&first.file);
        let again = import(
            "written.yaml",
            text.expose(),
            &Values::default(),
            &Surroundings::default(),
        );
        assert_eq!(first.file, again.file, "{name}:\n{}", text.expose());
        assert_eq!(again.migrations, vec![], "{name}");
        if !first.is_blocked(&[]) {
            assert!(!again.is_blocked(&[]), "{name}: {:?}", again.problems);
        }
    }
    let import = read("several-clusters.yaml", &values());
    golden("written-several-clusters", write(&import.file).expose());
    let import = read("era-2024.yaml", &values());
    golden("written-era-2024", write(&import.file).expose());
}

#[test]
fn a_step_that_is_left_out_takes_its_problems_along() {
    let import = read("marvell.yaml", &values());
    assert!(import.is_blocked(&[]));
    assert!(import.is_blocked(&["microshift".to_owned()]));
    assert!(!import.is_blocked(&["rh_subscription".to_owned()]));
}

#[test]
fn a_card_of_the_inventory_needs_no_password_in_the_file() {
    let text = fs::read_to_string(folder().join("seed-mix.yaml")).unwrap();
    let stranger = import("f", &text, &Values::default(), &Surroundings::default());
    let known = Surroundings {
        known_imcs: ["lab220-intel-ipu-imc.lab:8443".parse().unwrap()].into(),
    };
    let known = import("f", &text, &Values::default(), &known);
    let severity = |import: &slipway_core::cluster::Import| {
        let password = import
            .problems
            .iter()
            .find(|p| p.code == ProblemCode::Password);
        password.map(|p| p.severity)
    };
    assert_eq!(severity(&stranger), Some(ProblemSeverity::Error));
    assert_eq!(severity(&known), Some(ProblemSeverity::Warning));
    assert!(!known.is_blocked(&[]), "{:?}", known.problems);
}

#[test]
fn every_missing_value_is_told_at_once() {
    let import = read("era-today.yaml", &Values::default());
    let told: Vec<String> = import.missing.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "secondary_network_port()",
            "worker_number(0)",
            "bmc_hostname(0)",
            "bmc(0)",
            "worker_name(0)",
            "DPU_mac_address(0)",
            "organization_id()",
            "activation_key()",
        ]
    );
    let mut values = Values::default();
    for value in &import.missing {
        let text = match value.function.as_str() {
            "DPU_mac_address" => "00:08:00:01:03:18",
            "worker_number" => "220",
            _ => "given.lab",
        };
        values.set(&value.function, value.worker, text);
    }
    let again = read("era-today.yaml", &values);
    assert_eq!(again.missing, []);
    assert!(!again.is_blocked(&[]), "{:?}", again.problems);
}
