//! `cargo xtask …`: set-up, demo, test, check, bench and package: the README's commands.
//!
//! It is not part of the product, and has no dependencies: it is compiled in seconds on a machine
//! that has nothing yet but Rust.

mod bench;
mod binaries;
mod check;
mod demo;
mod distro;
mod measure;
mod node;
mod package;
mod packages;
mod project;
mod python;
mod session;
mod setup;
mod steps;
mod test;
mod tool;
mod tour;

use binaries::Profile;
use packages::Purpose;
use project::Project;
use std::process::ExitCode;

/// What goes wrong here is read by a person, and branched on by nobody.
pub type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

const HELP: &str = "\
Usage: cargo xtask COMMAND

  setup [PURPOSE …]   install what is missing for: build, test, demo, package (all of them)
  demo [--release]    the simulated rack and the app's window on it; where there is no display,
                      under Xvfb, with a screenshot in demo/window.png
  demo --headless     the same rack from the command line: deploy, status, upgrade, rollback
  test [--only PART]  all tests; PART is one of: ui, build, rust, tour, window, pages
  check               formatting, lints, licences and sources, types, bindings
  bench [PART …]      the speed bars, measured; PART is one of: cli, deploy, iso, list, redfish,
                      startup (all); --debug before them tries a debug build, which is not what
                      the bars are for
  pictures            the README's pictures, taken anew in docs/images
  package             the deb and the rpm

Builds go to $CARGO_TARGET_DIR, or else to ~/.cache/slipway/target, which all working trees share.
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match command(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn command(words: &[&str]) -> Result {
    match words {
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        ["setup", purposes @ ..] => {
            let purposes = chosen(purposes, Purpose::ALL, Purpose::word)?;
            setup::setup(&mut Project::find()?, &purposes)
        }
        ["test"] => test::test(&mut Project::find()?, None),
        ["test", "--only", part] => {
            let part = chosen(&[*part], test::Part::ALL, test::Part::word)?;
            test::test(&mut Project::find()?, part.first().copied())
        }
        ["check"] => check::check(&mut Project::find()?),
        ["demo"] => demo::demo(&mut Project::find()?, Profile::Debug),
        ["demo", "--release"] => demo::demo(&mut Project::find()?, Profile::Release),
        ["demo", "--headless"] => tour::tour(&mut Project::find()?, Profile::Debug),
        ["demo", "--headless", "--release"] | ["demo", "--release", "--headless"] => {
            tour::tour(&mut Project::find()?, Profile::Release)
        }
        ["bench", "--debug", parts @ ..] => {
            let parts = chosen(parts, bench::Part::ALL, bench::Part::word)?;
            bench::bench(&mut Project::find()?, Profile::Debug, &parts)
        }
        ["bench", parts @ ..] => {
            let parts = chosen(parts, bench::Part::ALL, bench::Part::word)?;
            bench::bench(&mut Project::find()?, Profile::Release, &parts)
        }
        ["pictures"] => test::pictures(&mut Project::find()?),
        ["package"] => package::package(&mut Project::find()?),
        // What xtask starts inside a session of its own; not for people.
        [demo::INSIDE, slipway, slipctl] => demo::inside(&Project::find()?, slipway, slipctl),
        [tour::INSIDE, slipctl] => tour::inside(&Project::find()?, slipctl),
        [bench::INSIDE, slipway, slipctl] => bench::inside(&Project::find()?, slipway, slipctl),
        other => Err(format!("unknown: {}\n\n{HELP}", other.join(" ")).into()),
    }
}

/// The ones that were named, or all of them.
fn chosen<T: Copy>(words: &[&str], all: &[T], word_of: fn(T) -> &'static str) -> Result<Vec<T>> {
    if words.is_empty() {
        return Ok(all.to_vec());
    }
    let find = |word: &&str| {
        all.iter()
            .copied()
            .find(|one| word_of(*one) == *word)
            .ok_or_else(|| {
                let known: Vec<&str> = all.iter().map(|one| word_of(*one)).collect();
                format!("unknown: {word}; it is one of {}", known.join(", ")).into()
            })
    };
    words.iter().map(find).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_is_not_one_is_refused_with_those_that_are() {
        let error = command(&["test", "--only", "windows"])
            .expect_err("refused")
            .to_string();
        assert_eq!(
            error,
            "unknown: windows; it is one of ui, build, rust, tour, window, pages"
        );
    }

    #[test]
    fn an_unknown_command_is_answered_with_the_help() {
        let error = command(&["tests"]).expect_err("refused").to_string();
        assert!(error.contains("cargo xtask COMMAND"), "{error}");
    }
}
