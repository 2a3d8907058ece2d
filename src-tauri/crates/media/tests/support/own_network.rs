//! A test in a network that nobody else is in: it starts itself anew there.

use std::process::Command;

/// Set in the process that has a network of its own.
const INSIDE: &str = "SLIPWAY_TEST_NETWORK";

/// Whether this process is inside. Else the same test is run there, where this machine can: it must
/// have the programs, and be able to run `able` in such a network.
pub fn inside(test: &str, programs: &[&str], able: &[&str]) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    #[expect(
        clippy::print_stderr,
        reason = "whoever runs the tests should see what was left out"
    )]
    let skip = |why: String| eprintln!("skipped: {why}");
    let id = Command::new("id").arg("-u").output().unwrap();
    if id.stdout != b"0\n" {
        skip("only root makes network namespaces".into());
        return false;
    }
    for program in ["unshare"].iter().chain(programs) {
        if Command::new(program).arg("--version").output().is_err() {
            assert!(std::env::var_os("CI").is_none(), "{program} is missing");
            skip(format!("{program} is not installed"));
            return false;
        }
    }
    let here = Command::new("unshare").arg("--net").args(able).output();
    if !here.unwrap().status.success() {
        skip(format!(
            "this container may make no network namespaces, or not `{}` in them",
            able.join(" ")
        ));
        return false;
    }
    let ran = Command::new("unshare")
        .arg("--net")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    // A name that is none runs nothing, and succeeds.
    let one = said(&ran.stdout).contains("1 passed");
    assert!(
        ran.status.success() && one,
        "{}\n{}",
        said(&ran.stdout),
        said(&ran.stderr)
    );
    false
}

/// What `ip` says; it must do it.
pub fn ip(line: &str) -> String {
    let mut command = Command::new("ip");
    let out = command.args(line.split(' ')).output().unwrap();
    assert!(out.status.success(), "ip {line}: {out:?}");
    String::from_utf8(out.stdout).unwrap()
}
