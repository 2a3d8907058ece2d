use super::*;
use std::path::{Path, PathBuf};

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The literals that `Command`s are made with, std's and tokio's alike, wherever the line breaks.
fn started_programs(source: &str) -> Vec<String> {
    let call = concat!("Command::", "new(");
    let code = |line: &&str| !line.trim_start().starts_with("//");
    let source = source.lines().filter(code).collect::<Vec<_>>().join("\n");
    source
        .match_indices(call)
        .filter_map(|(at, _)| {
            let argument = source[at + call.len()..].trim_start().strip_prefix('"')?;
            argument
                .split_once('"')
                .map(|(program, _)| program.to_owned())
        })
        .collect()
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("xtask stands two folders below the root")
        .to_path_buf()
}

#[test]
fn literals_are_found_across_line_breaks_and_variables_are_left_alone() {
    let call = concat!("Command::", "new");
    let source =
        format!("{call}(\"ssh\"); tokio::process::{call}(\n    \"xorriso\",\n); {call}(program)");
    assert_eq!(started_programs(&source), ["ssh", "xorriso"]);
}

#[test]
fn every_program_that_the_sources_start_is_listed() {
    let mut files = Vec::new();
    for folder in ["src-tauri/crates", "src-tauri/src", "tests"] {
        rust_files(&workspace().join(folder), &mut files);
    }
    assert!(files.len() > 10, "the sources were not found");
    let mut unlisted = Vec::new();
    for file in files {
        let source = std::fs::read_to_string(&file).expect("a readable source");
        for program in started_programs(&source) {
            let name = program.rsplit('/').next().unwrap_or(&program);
            if find_program(name).is_none() {
                unlisted.push(format!("{program} in {}", file.display()));
            }
        }
    }
    assert!(unlisted.is_empty(), "not in packages.rs: {unlisted:#?}");
}

#[test]
fn xtask_starts_programs_through_tool_rs_only() {
    let call = concat!("Command::", "new(");
    let mut files = Vec::new();
    rust_files(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut files,
    );
    for file in files {
        let source = std::fs::read_to_string(&file).expect("a readable source");
        if !file.ends_with("tool.rs") {
            let code = |line: &&str| !line.trim_start().starts_with("//");
            let starts = source.lines().filter(code).any(|line| line.contains(call));
            assert!(!starts, "{} starts a program by itself", file.display());
        }
    }
}

#[test]
fn no_name_is_listed_twice() {
    let mut names: Vec<&str> = NEEDS.iter().map(|need| need.name).collect();
    names.sort_unstable();
    let listed = names.len();
    names.dedup();
    assert_eq!(names.len(), listed);
}
