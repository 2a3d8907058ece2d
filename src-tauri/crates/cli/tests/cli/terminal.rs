//! What a person's shell and terminal get: completions that load, bars that move.

use std::process::Command;

use crate::support::{
    Desk,
    desk::{SLIPCTL, alone},
    lab_process::LabProcess,
};

/// Whether a shell is there. In CI it must be: xtask has installed it.
fn has(shell: &str) -> bool {
    let found = Command::new("sh")
        .args(["-c", "command -v -- \"$0\"", shell])
        .output()
        .unwrap()
        .status
        .success();
    assert!(
        found || std::env::var_os("CI").is_none(),
        "{shell} is not installed"
    );
    if !found {
        #[expect(
            clippy::print_stderr,
            reason = "whoever runs the tests should see what was left out"
        )]
        {
            eprintln!("skipped: {shell} is not installed");
        }
    }
    found
}

/// Runs a script in a shell that has read no one's settings, with `slipctl` on its PATH.
fn in_shell(shell: &str, options: &[&str], script: &str) -> String {
    let home = tempfile::tempdir().unwrap();
    let folder = std::path::Path::new(SLIPCTL).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let mut command = Command::new(shell);
    command.args(options).args(["-c", script]);
    alone(&mut command, home.path());
    let output = command
        .env("PATH", format!("{}:{path}", folder.display()))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn bash_completes_commands_and_options() {
    let script = r#"
        source <(slipctl completions bash)
        asked() { COMP_WORDS=(slipctl "$@"); COMP_CWORD=$#; COMPREPLY=()
            _slipctl slipctl "${@: -1}" "${@: -2:1}"; echo "${COMPREPLY[*]}"; }
        complete -p slipctl
        asked de
        asked job l
        asked deploy --i
    "#;
    let said = in_shell("bash", &["--norc", "--noprofile"], script);
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].contains("-F _slipctl"), "{said}");
    assert!(lines[1].split(' ').any(|word| word == "deploy"), "{said}");
    assert!(
        lines[2].contains("list") && lines[2].contains("logs"),
        "{said}"
    );
    assert!(lines[3].contains("--iso"), "{said}");
}

#[test]
fn zsh_loads_the_completions() {
    if !has("zsh") {
        return;
    }
    let script = "autoload -Uz compinit && compinit -u -D && \
        source <(slipctl completions zsh) && print -r -- $_comps[slipctl] && \
        whence -w _slipctl";
    let said = in_shell("zsh", &["-f"], script);
    assert_eq!(
        said.lines().collect::<Vec<_>>(),
        ["_slipctl", "_slipctl: function"]
    );
}

/// `script` gives the program a terminal of its own.
#[test]
fn a_terminal_shows_a_bar_that_moves_and_a_pipe_shows_lines() {
    let lab = LabProcess::start(1);
    let desk = Desk::new();
    desk.run(&["lab", "add", "--dir", lab.dir().to_str().unwrap()])
        .good();
    let data = desk.data();
    let words = format!(
        "stty cols 120 rows 40; exec {SLIPCTL} --data-dir {} --passphrase-fd 3 deploy dpu-01 --iso dpu-os-1.0.0.iso --yes",
        data.to_str().unwrap()
    );
    let mut command = desk.with_passphrase("script", &["-q", "-e", "-c", &words, "/dev/null"]);
    command.env("TERM", "xterm-256color");
    let ran = desk
        .spawn(command, &["deploy", "on a terminal"])
        .end()
        .good();
    // A line that is drawn again over itself, with the card, a bar, and how far it is.
    let bars: Vec<&str> = ran
        .out
        .split(['\r', '\n'])
        .filter(|line| line.contains("dpu-01") && line.contains('█') && line.contains(" of 14: "))
        .collect();
    assert!(bars.len() > 2, "{}", ran.out);
    assert!(ran.out.contains("\u{1b}[2K"), "{}", ran.out);

    let piped = desk.run(&["status", "dpu-01", "--cached"]).good();
    assert!(!piped.out.contains('\u{1b}'), "{}", piped.out);
}

#[test]
fn a_terminal_shows_how_many_addresses_of_a_list_have_answered() {
    let lab = LabProcess::start(2);
    let desk = Desk::new();
    let told = std::fs::read_to_string(lab.dir().join("lab.json")).unwrap();
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let cards = told["cards"].as_array().unwrap().iter();
    let list: String = cards
        .map(|card| format!("{}\n", card["imc_redfish"].as_str().unwrap()))
        .collect();
    let file = desk.beside("list");
    std::fs::write(&file, list).unwrap();
    let words = format!(
        "stty cols 120 rows 40; exec {SLIPCTL} --data-dir {} --passphrase-fd 3 bmc discover {}",
        desk.data().to_str().unwrap(),
        file.to_str().unwrap()
    );
    let mut command = desk.with_passphrase("script", &["-q", "-e", "-c", &words, "/dev/null"]);
    command.env("TERM", "xterm-256color");
    let ran = desk
        .spawn(command, &["bmc discover", "on a terminal"])
        .end()
        .exits(5);
    assert!(ran.out.contains("of 2 addresses"), "{}", ran.out);
}
