//! An image for another architecture: QEMU is registered with the kernel, in a user namespace whose
//! registrations are its own (from Linux 6.7 on), so nothing changes on this machine.

use std::{fs, path::Path, process::Command};

use super::{
    images::{of_storage, own_storage, podman_runs},
    support::{
        Desk,
        desk::SLIPCTL,
        studio::{anaconda, missing},
    },
};

#[path = "../../../media/tests/support/debian.rs"]
mod debian;

const QEMU: &str = "qemu-aarch64-static";

/// What the package of QEMU has the system register at its start: Debian's and Fedora's.
const REGISTRATIONS: [&str; 2] = [
    "/usr/lib/binfmt.d/qemu-aarch64.conf",
    "/usr/lib/binfmt.d/qemu-aarch64-static.conf",
];

const OWN_KERNEL: &str = r#"
mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc || exit 99
[ -z "$REGISTER" ] || printf %s "$REGISTER" > /proc/sys/fs/binfmt_misc/register || exit 98
exec "$@"
"#;
const NAMESPACES: [&str; 6] = [
    "--user",
    "--map-root-user",
    "--mount",
    "sh",
    "-c",
    OWN_KERNEL,
];

/// `slipctl` where the kernel has these registrations, and no others.
fn sandboxed(desk: &Desk, register: &str, arguments: &[&str]) -> Command {
    let data = desk.data();
    let mut words = NAMESPACES.to_vec();
    words.extend(["sh", SLIPCTL, "--data-dir", anaconda::text(&data)]);
    words.extend(["--passphrase-fd", "3"]);
    words.extend(arguments);
    let mut command = desk.with_passphrase("unshare", &words);
    of_storage(desk, &mut command);
    command.env("REGISTER", register);
    command
}

/// Whether the kernel lets a namespace have registrations of its own.
fn kernel_lets() -> bool {
    let mut words = NAMESPACES.to_vec();
    words.extend(["sh", "true"]);
    let tried = Command::new("unshare").args(&words).output().unwrap();
    if tried.status.success() {
        return true;
    }
    #[expect(
        clippy::print_stderr,
        reason = "whoever runs the tests should see what was left out"
    )]
    {
        eprintln!(
            "skipped: this kernel has no binfmt_misc for a user namespace: {}",
            String::from_utf8_lossy(&tried.stderr).trim()
        );
    }
    false
}

#[test]
fn an_aarch64_image_with_a_run_step_is_built_once_qemu_is_registered() {
    if cfg!(target_arch = "aarch64") || !podman_runs() || missing(&[QEMU, "unshare"]) {
        return;
    }
    let Some(debian) = debian::Debian::here() else {
        return;
    };
    if !kernel_lets() {
        return;
    }
    let desk = Desk::new();
    own_storage(&desk);
    let tree = debian.for_aarch64().unwrap();
    let busybox = ["bin/busybox", "usr/bin/busybox"].map(|path| tree.join(path));
    let busybox = busybox.iter().find(|path| path.is_file()).unwrap();
    fs::copy(busybox, desk.beside("context/busybox")).unwrap();
    fs::write(
        desk.beside("context/Containerfile"),
        "FROM scratch\nCOPY busybox /bin/busybox\n\
         RUN [\"/bin/busybox\", \"sh\", \"-c\", \"/bin/busybox uname -m > /machine\"]\n",
    )
    .unwrap();
    let context = desk.beside("context").display().to_string();
    let check = ["--json", "image", "check", "--arch", "aarch64"];
    let build = ["image", "build", &context, "-t", "localhost/cross:1"];
    let build = [&build[..], &["--arch", "aarch64", "--other"]].concat();

    // Nobody is registered: it is missing, with the way to get it, and nothing is built.
    let none = binfmt(&mut sandboxed(&desk, "", &check));
    assert_eq!(none["state"], "missing", "{none}");
    let refused = sandboxed(&desk, "", &build).output().unwrap();
    assert!(!refused.status.success(), "{refused:?}");

    let register = REGISTRATIONS
        .iter()
        .find_map(|path| fs::read_to_string(path).ok());
    let register = register.unwrap();
    let there = binfmt(&mut sandboxed(&desk, register.trim(), &check));
    assert_eq!(there["state"], "met", "{there}");
    let built = sandboxed(&desk, register.trim(), &build).output().unwrap();
    assert!(
        built.status.success(),
        "{}{}",
        String::from_utf8_lossy(&built.stdout),
        String::from_utf8_lossy(&built.stderr)
    );

    // What the step wrote, out of the image, by another program.
    let to = desk.beside("oci");
    let mut copy = Command::new("skopeo");
    let copy = of_storage(&desk, &mut copy).args(["copy", "--quiet", "--override-arch=arm64"]);
    let copy = copy.args([
        "containers-storage:localhost/cross:1",
        &format!("oci:{}:1", to.display()),
    ]);
    debian::told(copy).unwrap();
    let image = format!("oci:{}:1", to.display());
    let config = anaconda::run(
        "skopeo",
        &["inspect", "--config", "--override-arch=arm64", &image],
    );
    let config: serde_json::Value = serde_json::from_str(&config).unwrap();
    assert_eq!(config["architecture"], "arm64", "{config}");
    assert_eq!(machine_in(&to), "aarch64\n");
}

/// The line of `image check` about the other architecture.
fn binfmt(check: &mut Command) -> serde_json::Value {
    let output = check.output().unwrap();
    let all: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let mut lines = all.as_array().unwrap().iter();
    let line = lines.find(|line| line["kind"] == "binfmt");
    line.unwrap_or_else(|| panic!("{all}")).clone()
}

/// What the step wrote, out of whichever layer has it.
fn machine_in(oci: &Path) -> String {
    let blobs = fs::read_dir(oci.join("blobs/sha256")).unwrap();
    let mut found = blobs.flatten().filter_map(|blob| {
        let mut tar = Command::new("tar");
        debian::told(tar.arg("-xOf").arg(blob.path()).arg("machine")).ok()
    });
    found.next().unwrap()
}
