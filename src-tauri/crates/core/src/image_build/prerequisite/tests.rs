use super::*;
use crate::image_build::entitlement_files;

fn debian() -> Host {
    Host {
        distribution: Distribution::Debian,
        architecture: Some(Architecture::X86_64),
        podman: Tool::Found("podman version 4.3.1".into()),
        skopeo: Tool::Missing,
        xorriso: Tool::Missing,
        binfmt: Binfmt::NoInterpreter,
        is_root: false,
        user: "ada".into(),
        has_subordinate_ids: false,
        storage: Some(Storage {
            driver: "overlay".into(),
            root: "/home/ada/.local/share/containers/storage".into(),
            free: Some(ByteCount(1 << 30)),
        }),
        entitlement: entitlement_files(&[]),
    }
}

fn shown(host: &Host, target: Architecture) -> String {
    let line = |line: Prerequisite| {
        let fix = line.fix.map_or_else(String::new, |fix| {
            format!("\n    {} | {}", fix.text, fix.command.unwrap_or_default())
        });
        format!("{:?} {}: {}{fix}", line.state, line.title, line.found)
    };
    let lines: Vec<String> = prerequisites(host, target).into_iter().map(line).collect();
    lines.join("\n")
}

#[test]
fn everything_that_is_missing_has_its_fix_beside_it() {
    insta::assert_snapshot!(shown(&debian(), Architecture::Aarch64));
    for line in prerequisites(&debian(), Architecture::Aarch64) {
        let fine = matches!(
            line.state,
            PrerequisiteState::Met | PrerequisiteState::NotNeeded
        );
        assert_eq!(line.fix.is_none(), fine, "{line:?}");
    }
}

#[test]
fn rhel_registers_qemu_by_the_container_and_macos_names_its_machine() {
    let rhel = Host {
        distribution: Distribution::Fedora,
        ..debian()
    };
    let fix = |host: &Host, kind| {
        prerequisites(host, Architecture::Aarch64)
            .into_iter()
            .find(|line| line.kind == kind)
            .and_then(|line| line.fix)
            .and_then(|fix| fix.command)
    };
    let command = fix(&rhel, PrerequisiteKind::Binfmt).unwrap();
    assert_eq!(
        command,
        "sudo podman run --rm --privileged quay.io/opendevmirror/qemu-user-static --reset -p yes"
    );
    let mac = Host {
        distribution: Distribution::MacOs,
        podman: Tool::Broken("cannot connect to Podman".into()),
        ..debian()
    };
    let command = fix(&mac, PrerequisiteKind::Podman).unwrap();
    assert!(command.starts_with("podman machine init"));
}

#[test]
fn the_kernels_entry_is_read_and_a_disabled_one_counts_for_nothing() {
    // Linux' Documentation/admin-guide/binfmt-misc.rst; the interpreter as Debian's
    // qemu-user-static registers it.
    let entry = "enabled\ninterpreter /usr/bin/qemu-aarch64-static\nflags: OCF\noffset 0\n\
                 magic 7f454c460201010000000000000000000200b700\n";
    let interpreter = |fixed| Binfmt::Interpreter {
        path: "/usr/bin/qemu-aarch64-static".into(),
        fixed,
    };
    assert_eq!(Binfmt::parse(entry), interpreter(true));
    let loose = entry.replace("OCF", "OC");
    assert_eq!(Binfmt::parse(&loose), interpreter(false));
    for none in ["", "enabled\n", &entry.replace("enabled", "disabled")] {
        assert_eq!(Binfmt::parse(none), Binfmt::NoInterpreter, "{none}");
    }
}

#[test]
fn an_interpreter_that_no_container_finds_and_a_kernel_that_starts_none_are_told_apart() {
    let line = |binfmt| {
        let host = Host { binfmt, ..debian() };
        binfmt_line(&host, Architecture::Aarch64)
    };
    let fixed = |fixed| Binfmt::Interpreter {
        path: "/usr/bin/qemu-aarch64-static".into(),
        fixed,
    };
    assert_eq!(line(fixed(true)).state, PrerequisiteState::Met);
    let loose = line(fixed(false));
    assert_eq!(loose.state, PrerequisiteState::Warning);
    assert!(loose.found.contains("without the flag F"), "{loose:?}");
    let off = line(Binfmt::Off);
    assert_eq!(off.state, PrerequisiteState::Missing);
    let command = off.fix.unwrap().command.unwrap();
    assert!(
        command.starts_with("sudo mount -t binfmt_misc"),
        "{command}"
    );
    let install = line(Binfmt::NoInterpreter).fix.unwrap().command.unwrap();
    assert!(install.contains("qemu-user-static"), "{install}");
    let own = binfmt_line(&debian(), Architecture::X86_64);
    assert_eq!(own.state, PrerequisiteState::NotNeeded);
}
