//! Every program and library that this project's set-up, build, tests, demo and packaging need,
//! and where it comes from: Debian's or Fedora's package, rustup, npm, cargo, or PyPI.
//!
//! To add one: a line in [`NEEDS`], `program` with its apt and dnf package, or `from` with another
//! source. Where its package starts a service, also a line in [`UNWANTED_SERVICES`].
//!
//! This is the one list. `tool.rs` starts nothing that is not on it, and a test greps the
//! workspace's Rust sources for programs that are started but not listed. It is not the list of
//! what the installed app needs at run time: that stands in `tauri.conf.json`.

mod need;
#[cfg(test)]
mod tests;

pub use need::{Family, Kind, Need, Purpose, Source};
use need::{from, library, program};

const BUILD: &[Purpose] = &[Purpose::Build];
const TEST: &[Purpose] = &[Purpose::Test];
const DEMO: &[Purpose] = &[Purpose::Demo];
const PACKAGE: &[Purpose] = &[Purpose::Package];
const WINDOW: &[Purpose] = &[Purpose::Test, Purpose::Demo];

/// Services that their packages start, and open to the world, as soon as they are installed.
/// Wanted are the programs, for tests on loopback; `setup` keeps the services off.
pub const UNWANTED_SERVICES: &[(&str, &[&str])] = &[
    (
        "openssh-server",
        &["ssh.service", "ssh.socket", "sshd.service"],
    ),
    ("docker-registry", &["docker-registry.service"]),
    ("docker-distribution", &["docker-distribution.service"]),
    ("nginx-light", &["nginx.service"]),
    ("dnsmasq", &["dnsmasq.service"]),
    (
        "isc-dhcp-server",
        &["isc-dhcp-server.service", "isc-dhcp-server6.service"],
    ),
    ("dhcp-server", &["dhcpd.service", "dhcpd6.service"]),
];

/// The table. The apt names were run on Debian 12. The dnf names come from Fedora's package lists
/// and have not been run; a path stands where Fedora has moved a program between packages.
pub const NEEDS: &[Need] = &[
    // The Rust and C side. aws-lc-sys needs a C compiler only: no cmake, no clang, no bindgen.
    library("build-essential", "gcc-c++", BUILD),
    program("cc", "gcc", "gcc", BUILD),
    program("make", "make", "make", BUILD),
    program("pkg-config", "pkg-config", "pkgconf-pkg-config", BUILD),
    program("file", "file", "file", BUILD),
    program("patchelf", "patchelf", "patchelf", PACKAGE),
    program("git", "git", "git-core", BUILD),
    library("ca-certificates", "ca-certificates", BUILD),
    library("libssl-dev", "openssl-devel", BUILD),
    library("libwebkit2gtk-4.1-dev", "webkit2gtk4.1-devel", BUILD),
    library(
        "libjavascriptcoregtk-4.1-dev",
        "javascriptcoregtk4.1-devel",
        BUILD,
    ),
    library("libsoup-3.0-dev", "libsoup3-devel", BUILD),
    library("librsvg2-dev", "librsvg2-devel", BUILD),
    library("libxdo-dev", "libxdo-devel", BUILD),
    // ISOs, real and made for tests.
    program("xorriso", "xorriso", "xorriso", WINDOW),
    program("implantisomd5", "isomd5sum", "isomd5sum", WINDOW),
    program("checkisomd5", "isomd5sum", "isomd5sum", WINDOW),
    program("mcopy", "mtools", "mtools", WINDOW),
    program("mdir", "mtools", "mtools", WINDOW),
    program("mtype", "mtools", "mtools", WINDOW),
    program("mmd", "mtools", "mtools", WINDOW),
    program("mkfs.fat", "dosfstools", "dosfstools", WINDOW),
    program("skopeo", "skopeo", "skopeo", WINDOW),
    library("isolinux", "syslinux", TEST),
    library("syslinux-common", "syslinux-nonlinux", TEST),
    program(
        "qemu-system-x86_64",
        "qemu-system-x86",
        "qemu-system-x86-core",
        TEST,
    ),
    program(
        "qemu-system-aarch64",
        "qemu-system-arm",
        "qemu-system-aarch64-core",
        TEST,
    ),
    // UEFI for QEMU, and a loader for it. The modules are for x86_64, on whatever machine; those
    // for aarch64 a test fetches, because Debian has them for aarch64 machines only.
    library("ovmf", "edk2-ovmf", TEST),
    library("qemu-efi-aarch64", "edk2-aarch64", TEST),
    program("grub-mkimage", "grub-common", "grub2-tools-minimal", TEST).also(&["grub2-mkimage"]),
    library("grub-efi-amd64-bin", "grub2-efi-x64-modules", TEST),
    program("busybox", "busybox-static", "busybox", TEST),
    program("cpio", "cpio", "cpio", TEST),
    program("modinfo", "kmod", "kmod", TEST),
    // Judges of our TLS and SSH that are not our own code.
    program("gnutls-cli", "gnutls-bin", "gnutls-utils", TEST),
    program("gnutls-serv", "gnutls-bin", "gnutls-utils", TEST),
    program("certtool", "gnutls-bin", "gnutls-utils", TEST),
    program("openssl", "openssl", "openssl", TEST),
    program("curl", "curl", "curl", TEST),
    program("sshd", "openssh-server", "openssh-server", TEST),
    program("ssh", "openssh-client", "openssh-clients", TEST),
    program("ssh-keygen", "openssh-client", "openssh-clients", TEST),
    program("ssh-agent", "openssh-client", "openssh-clients", TEST),
    program("ssh-add", "openssh-client", "openssh-clients", TEST),
    // Shells that load our completions, and a terminal for the progress bars.
    program("zsh", "zsh", "zsh", TEST),
    program("script", "bsdutils", "/usr/bin/script", TEST),
    program("tar", "tar", "tar", WINDOW),
    program("kill", "procps", "procps-ng", WINDOW),
    program("nc", "netcat-openbsd", "netcat", TEST),
    program("ip", "iproute2", "iproute", TEST),
    program("unshare", "util-linux", "util-linux", TEST),
    program("nsenter", "util-linux", "util-linux-core", TEST),
    // DHCP on a provisioner's port, by either of them.
    program("dnsmasq", "dnsmasq-base", "dnsmasq", TEST),
    program("dhcpd", "isc-dhcp-server", "dhcp-server", TEST),
    program("setpriv", "util-linux", "util-linux", WINDOW),
    // Images: podman builds them, runc runs their steps where the test machine is itself a
    // container, a static busybox is the one program in them.
    program("podman", "podman", "podman", TEST),
    program("runc", "runc", "runc", TEST),
    // The kernel is told of it in a namespace of a test's own; where systemd-binfmt runs, the package
    // registers it for good.
    program(
        "qemu-aarch64-static",
        "qemu-user-static",
        "qemu-user-static-aarch64",
        TEST,
    ),
    program("newuidmap", "uidmap", "shadow-utils", TEST),
    program("htpasswd", "apache2-utils", "httpd-tools", TEST),
    // The peer of our ISO server in `bench iso`.
    program("nginx", "nginx-light", "nginx-core", TEST),
    // The window where there is no display, and something to judge it by.
    program("xvfb-run", "xvfb", "xorg-x11-server-Xvfb", WINDOW),
    program("xauth", "xauth", "xorg-x11-xauth", WINDOW),
    program(
        "WebKitWebDriver",
        "webkit2gtk-driver",
        "/usr/bin/WebKitWebDriver",
        TEST,
    ),
    // A window manager, and a hand on its windows: what a second start does to the first.
    program("openbox", "openbox", "openbox", TEST),
    program("xdotool", "xdotool", "xdotool", TEST),
    program("dbus-run-session", "dbus", "dbus-daemon", WINDOW),
    program("dbus-send", "dbus", "dbus-tools", WINDOW),
    program("dbus-launch", "dbus-x11", "dbus-x11", WINDOW),
    program(
        "gnome-keyring-daemon",
        "gnome-keyring",
        "gnome-keyring",
        WINDOW,
    ),
    program("import", "imagemagick", "ImageMagick", DEMO),
    library("fonts-dejavu", "dejavu-sans-fonts", WINDOW),
    // Debian's chromium; where Chrome is already there, it serves as well.
    program("chromium", "chromium", "chromium", TEST).also(&[
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ]),
    // A registry that is not our own code. On Fedora the program has another name.
    program(
        "docker-registry",
        "docker-registry",
        "docker-distribution",
        TEST,
    )
    .also(&["registry"]),
    // Judges from PyPI. What a test imports (sushy, redfish) comes with the same environment.
    program("python3", "python3", "python3", TEST),
    library("python3-venv", "python3", TEST),
    from("ksvalidator", Source::PyPi, TEST),
    from("redfishtool", Source::PyPi, TEST),
    from("sushy-emulator", Source::PyPi, TEST),
    // The UI.
    from("node", Source::Node, BUILD),
    from("npm", Source::Node, BUILD),
    from("tauri", Source::NodeModules, PACKAGE),
    // Packages.
    program("rpm", "rpm", "rpm", PACKAGE),
    program("dpkg-deb", "dpkg", "dpkg", PACKAGE),
    // What comes with the toolchain, or by cargo.
    from("cargo", Source::Rustup, BUILD),
    from("cargo-deny", Source::CargoInstall, &[]),
    // What is there on every system that we support.
    from("bash", Source::Base, &[]),
    from("sh", Source::Base, &[]),
    from("sleep", Source::Base, &[]),
    from("sha256sum", Source::Base, &[]),
    from("sync", Source::Base, &[]),
    from("cp", Source::Base, &[]),
    from("env", Source::Base, &[]),
    from("timeout", Source::Base, &[]),
    from("sudo", Source::Base, &[]),
    from("id", Source::Base, &[]),
    from("systemctl", Source::Base, &[]),
    from("apt-get", Source::BaseOf(Family::Debian), &[]),
    from("dpkg-query", Source::BaseOf(Family::Debian), &[]),
    from("apt-cache", Source::BaseOf(Family::Debian), &[]),
    from("apt-config", Source::BaseOf(Family::Debian), &[]),
    from("dnf", Source::BaseOf(Family::Fedora), &[]),
];

/// Where Ubuntu's package has another name than Debian's. Its chromium comes as a snap, which
/// does not install inside a container: there, any Chrome on PATH is used instead.
pub const UBUNTU_NAMES: &[(&str, &str)] = &[("chromium", "chromium-browser")];

/// The program's line of the table, whichever of its names it is called by.
pub fn find_program(name: &str) -> Option<&'static Need> {
    NEEDS
        .iter()
        .find(|need| need.kind == Kind::Program && (need.name == name || need.also.contains(&name)))
}
