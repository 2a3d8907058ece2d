//! `slipctl image` with the real podman, where there is one: a build, one that fails, one that is
//! killed with Slipway and found again, and one that is cancelled.

use std::{fs, path::Path, process::Command};

use super::support::{Desk, eventually};

const BUSYBOX: &str = "/bin/busybox";

/// Whether podman can run here; says so where it can't, and fails in CI.
pub fn podman_runs() -> bool {
    let runs = |program: &str| {
        let run = Command::new(program).arg("--version").output();
        run.is_ok_and(|output| output.status.success())
    };
    let root = Command::new("id").arg("-u").output();
    let root = root.is_ok_and(|output| output.stdout.starts_with(b"0\n"));
    if root && runs("podman") && runs("runc") && Path::new(BUSYBOX).exists() {
        return true;
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "podman, runc and busybox as root"
    );
    #[expect(
        clippy::print_stderr,
        reason = "whoever runs the tests should see what was left out"
    )]
    {
        eprintln!("skipped: wants podman, runc and a static busybox, as root");
    }
    false
}

/// podman's storage in the desk's own folder, and a build context with a busybox in it.
pub fn own_storage(desk: &Desk) {
    fs::write(
        desk.beside("containers.conf"),
        "[engine]\nruntime = \"runc\"\ncgroup_manager = \"cgroupfs\"\nevents_logger = \"file\"\n\
         [containers]\nnetns = \"host\"\n\
         default_ulimits = [\"nofile=1024:1024\", \"nproc=4096:4096\"]\n",
    )
    .unwrap();
    let storage = format!(
        "[storage]\ndriver = \"vfs\"\nrunroot = \"{}\"\ngraphroot = \"{}\"\n",
        desk.beside("run").display(),
        desk.beside("graph").display()
    );
    fs::write(desk.beside("storage.conf"), storage).unwrap();
    fs::create_dir(desk.beside("context")).unwrap();
    fs::copy(BUSYBOX, desk.beside("context/busybox")).unwrap();
}

/// With that storage.
pub fn of_storage<'a>(desk: &Desk, command: &'a mut Command) -> &'a mut Command {
    command
        .env("CONTAINERS_CONF", desk.beside("containers.conf"))
        .env("CONTAINERS_STORAGE_CONF", desk.beside("storage.conf"))
}

/// A desk with podman's storage in its own folder. `None`: podman can't run here.
fn desk() -> Option<Desk> {
    podman_runs().then(|| {
        let desk = Desk::new();
        own_storage(&desk);
        desk
    })
}

pub fn with_podman(desk: &Desk, arguments: &[&str]) -> Command {
    let mut command = desk.command(arguments);
    of_storage(desk, &mut command);
    command
}

fn build_line<'a>(context: &'a str, tag: &'a str) -> Vec<&'a str> {
    vec![
        "image", "build", context, "-t", tag, "--arch", "x86_64", "--other",
    ]
}

fn containerfile(desk: &Desk, text: &str) -> String {
    fs::write(desk.beside("context/Containerfile"), text).unwrap();
    desk.beside("context").display().to_string()
}

fn said(output: &std::process::Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// The command lines of the processes that hold this text.
pub fn processes(text: &str) -> Vec<String> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries
        .filter_map(|entry| fs::read(entry.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(text))
        .collect()
}

#[test]
fn an_image_is_built_and_a_failing_step_is_told() {
    let Some(desk) = desk() else { return };
    let context = containerfile(
        &desk,
        "FROM scratch\nCOPY busybox /bin/busybox\nLABEL containers.bootc=1\n",
    );
    let built = with_podman(&desk, &build_line(&context, "localhost/try:1"))
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", said(&built));
    assert!(
        said(&built).contains("localhost/try:1 is sha256:"),
        "{}",
        said(&built)
    );
    let shown = with_podman(&desk, &["--json", "image", "inspect", "localhost/try:1"])
        .output()
        .unwrap();
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(shown["is_bootc"], true);

    let context = containerfile(
        &desk,
        "FROM scratch\nCOPY busybox /bin/busybox\nRUN [\"/bin/busybox\", \"sh\", \"-c\", \"echo no dpu-tools; exit 7\"]\n",
    );
    let failed = with_podman(&desk, &build_line(&context, "localhost/try:1"))
        .output()
        .unwrap();
    assert_eq!(failed.status.code(), Some(1), "{}", said(&failed));
    for evidence in ["step 3 of 3: RUN", "no dpu-tools", "next: "] {
        assert!(
            said(&failed).contains(evidence),
            "{evidence}: {}",
            said(&failed)
        );
    }
    // The name stays with the image that was whole.
    let after = with_podman(&desk, &["--json", "image", "inspect", "localhost/try:1"])
        .output()
        .unwrap();
    let after: serde_json::Value = serde_json::from_slice(&after.stdout).unwrap();
    assert_eq!(after["id"], shown["id"]);
}

#[test]
fn a_build_goes_on_when_slipway_is_killed_and_a_cancel_leaves_nothing() {
    let Some(desk) = desk() else { return };
    let mark = format!("9{}", std::process::id());
    let context = containerfile(
        &desk,
        &format!(
            "FROM scratch\nCOPY busybox /bin/busybox\nRUN [\"/bin/busybox\", \"sleep\", \"{mark}\"]\n"
        ),
    );
    let step = format!("busybox sleep {mark}");
    let mut first = with_podman(&desk, &build_line(&context, "localhost/long:1"))
        .spawn()
        .unwrap();
    eventually("the step runs", || {
        (!processes(&step).is_empty()).then_some(())
    });
    let before = processes(&step);
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(processes(&step), before, "podman went with Slipway");

    // The next Slipway finds that very podman, and a cancel ends it.
    let mut second = with_podman(&desk, &["job", "run"]).spawn().unwrap();
    let list = desk.run(&["--json", "job", "list"]).good();
    let jobs: serde_json::Value = serde_json::from_str(&list.out).unwrap();
    let job = jobs[0]["id"].as_str().unwrap().to_owned();
    eventually("the second one has taken it over", || {
        let told = desk.run(&["job", "logs", &job]).good().out;
        told.contains("goes on with `Build the image`")
            .then_some(())
    });
    assert_eq!(processes(&step), before, "it was begun anew");
    desk.run(&["job", "cancel", &job]).good();
    assert!(second.wait().is_ok());
    assert_eq!(processes(&step), [""; 0]);
    assert_eq!(processes(&job), [""; 0]);
    let gone = with_podman(&desk, &["image", "inspect", "localhost/long:1"])
        .output()
        .unwrap();
    assert_eq!(gone.status.code(), Some(3), "{}", said(&gone));
}

#[test]
fn bad_input_is_named_and_a_template_passes_the_lint() {
    let desk = Desk::new();
    let empty = desk.beside("empty");
    fs::create_dir(&empty).unwrap();
    let empty = empty.display().to_string();
    let none = desk.run(&["image", "lint", &empty]);
    assert_eq!(none.code, Some(3));
    assert!(
        none.err.contains("there is no Containerfile"),
        "{}",
        none.err
    );
    let folder = desk.beside("dpu").display().to_string();
    desk.run(&[
        "image",
        "template",
        &folder,
        "--bind",
        "agent=quay.io/lab/agent:1",
    ])
    .good();
    let lint = desk.run(&["image", "lint", &folder]).good();
    assert!(
        lint.out.contains("bound logically: quay.io/lab/agent:1"),
        "{}",
        lint.out
    );
    assert!(lint.out.contains("0 errors, 0 warnings"), "{}", lint.out);
    let again = desk.run(&["image", "template", &folder]);
    assert_eq!(again.code, Some(4), "{}", again.err);
    let tags = desk.run(&["image", "tags", "127.0.0.1:1/lab/os"]);
    assert_eq!(tags.code, Some(7), "{}", tags.err);
}
