//! Whatever somebody opens: no panic, a place within the file for every problem, and what could be
//! read can be written and read again.

use std::fs;

use proptest::prelude::*;
use slipway_core::cluster::{
    Choices, Look, Surroundings, Values, import, outline, render_problem, write,
};

use crate::{folder, values};

fn holds_for(text: &str) -> Result<(), TestCaseError> {
    let around = Surroundings::default();
    let first = import("any.yaml", text, &values(), &around);
    let lines = text.split('\n').count();
    for problem in &first.problems {
        let place = problem.place.unwrap();
        prop_assert!((place.line as usize) <= lines, "{place:?} of {lines}");
        let shown = render_problem(problem, &first.source, Look::Plain);
        prop_assert!(shown.contains("help:"), "{shown}");
    }
    outline(&first.file, &Choices::default(), |_, _| None);
    let written = write(&first.file);
    let again = import("again.yaml", written.expose(), &Values::default(), &around);
    prop_assert_eq!(&first.file, &again.file, "{}", written.expose());
    Ok(())
}

/// A fixture with something typed into it.
fn disturbed() -> impl Strategy<Value = String> {
    let names = [
        "era-2024.yaml",
        "era-today.yaml",
        "several-clusters.yaml",
        "trap-yaml11.yaml",
    ];
    let texts: Vec<String> = names
        .map(|name| fs::read_to_string(folder().join(name)).unwrap())
        .into();
    let piece = prop_oneof![
        "[ -~äöü\n\t]{0,6}",
        prop::sample::select(vec![
            "{{", "}}", "{%", "%}", "&a ", "*a ", "<<: ", "\"", "'", "|\n", "- ", ": ", "\r\n",
            "---\n", "!!int ", "\u{85}", "\u{2028}", "\u{feff}", "{", "[", "? ", "#",
        ])
        .prop_map(str::to_owned),
    ];
    let change = (any::<prop::sample::Index>(), 0..6_usize, piece);
    (
        prop::sample::select(texts),
        prop::collection::vec(change, 1..4),
    )
        .prop_map(|(text, changes)| {
            let mut characters: Vec<char> = text.chars().collect();
            for (at, cut, piece) in changes {
                let at = at.index(characters.len() + 1);
                let end = (at + cut).min(characters.len());
                characters.splice(at..end, piece.chars());
            }
            characters.into_iter().collect()
        })
}

proptest! {
    #[test]
    fn no_text_is_too_much(text in "\\PC{0,200}") {
        holds_for(&text)?;
    }

    #[test]
    fn no_yaml_is_too_much(text in "([ \n]|[-:{}\\[\\]&*!|>'\"%@#?,~]|[a-c0-9.]|<<: |clusters: |- ){0,60}") {
        holds_for(&text)?;
    }

    #[test]
    fn no_disturbed_file_is_too_much(text in disturbed()) {
        holds_for(&text)?;
    }
}
