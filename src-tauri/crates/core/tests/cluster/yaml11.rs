//! Plain scalars as PyYAML reads them: a table recorded from PyYAML 6.0.3 by [`RECORDER`], and
//! PyYAML itself where Python has it.

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use slipway_core::cluster::{Reading, read_plain};

use crate::folder;

const RECORDER: &str = r#"
import sys, yaml
for line in sys.stdin.read().split("\n")[:-1]:
    try:
        value = yaml.safe_load("- " + line)[0]
        kind = type(value).__name__
        print(line, {
            "date": lambda: "date", "datetime": lambda: "date", "NoneType": lambda: "null",
            "bool": lambda: "bool " + str(value).lower(), "int": lambda: "int " + str(value),
            "float": lambda: "float " + repr(value), "str": lambda: "text",
        }[kind](), sep="\t")
    except Exception:
        print(line, "refused", sep="\t")
"#;

/// As the table has it.
fn words(text: &str) -> String {
    match read_plain(text) {
        Reading::Text => "text".into(),
        Reading::Null => "null".into(),
        Reading::Bool(value) => format!("bool {value}"),
        Reading::Int(value) => format!("int {value}"),
        // More digits than we keep; PyYAML has them all.
        Reading::HugeInt => format!("int {text}"),
        Reading::Float(value) if value.is_nan() => "float nan".into(),
        Reading::Float(value) => format!("float {value:?}"),
        Reading::Date => "date".into(),
        Reading::Merge | Reading::Refused(_) => "refused".into(),
    }
}

fn table() -> String {
    fs::read_to_string(folder().join("yaml11.tsv")).unwrap()
}

#[test]
fn scalars_are_read_as_pyyaml_reads_them() {
    let table = table();
    assert!(table.lines().count() > 100);
    for line in table.lines() {
        let (text, recorded) = line.split_once('\t').unwrap();
        assert_eq!(words(text), recorded, "`{text}`");
    }
}

#[test]
fn the_table_is_what_pyyaml_says() {
    let there = Command::new("python3").args(["-c", "import yaml"]).output();
    if !there.is_ok_and(|output| output.status.success()) {
        assert!(std::env::var_os("CI").is_none(), "PyYAML is missing");
        eprintln!("skipped: `python3 -c 'import yaml'` fails");
        return;
    }
    let mut texts: Vec<String> = table()
        .lines()
        .map(|line| line.split('\t').next().unwrap().to_owned())
        .collect();
    // Beside the table, everything of three characters out of those that mean something.
    let alphabet = ["0", "1", "7", "8", ".", ":", "_", "+", "e", "x"];
    for a in alphabet {
        for b in alphabet {
            for c in alphabet {
                texts.push(format!("{a}{b}{c}"));
            }
        }
    }
    // A colon at the end makes a mapping; that is the parser's business.
    texts.retain(|text| !text.ends_with(':'));
    let mut python = Command::new("python3")
        .args(["-c", RECORDER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = python.stdin.take().unwrap();
    let asked = texts.iter().fold(String::new(), |mut all, text| {
        let _ = writeln!(all, "{text}");
        all
    });
    let writer = std::thread::spawn(move || stdin.write_all(asked.as_bytes()));
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let answers = String::from_utf8(output.stdout).unwrap();
    assert_eq!(answers.lines().count(), texts.len());
    for line in answers.lines() {
        let (text, said) = line.split_once('\t').unwrap();
        assert_eq!(words(text), said, "`{text}`");
    }
}
