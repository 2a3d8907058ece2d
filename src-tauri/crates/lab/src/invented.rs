//! Everything that no recording shows and no document says: made up, here and nowhere else.
//!
//! The recorded server ran without hardware, so its hardware fields are null. A card that has
//! hardware will say something; this is what the lab's cards say. Nothing may be concluded from it.
//! The form of the firmware version is real (`MEV-HW-B1-ci-ts.release.2.0.0.11126` is in CDA's
//! code and in Intel's releases).

use std::{collections::BTreeMap, time::Duration};

use crate::files::Files;

pub const OLD_FIRMWARE_VERSION: &str = "MEV-HW-B1-ci-ts.release.1.8.0.10052";
pub const BIOS_VERSION: &str = "MEV-ACC-UEFI-2.0.0.11126";
pub const BOOTLOADER_VERSION: &str = "MEV-BL-2.0.0.11126";
pub const RECOVERY_VERSION: &str = "MEV-RECOVERY-2.0.0.11126";
pub const OROM_VERSION: &str = "2.0.0";
pub const MANUFACTURER: &str = "Intel(R) Corporation";
pub const MODEL: &str = "Intel IPU E2100 (simulated)";
pub const PART_NUMBER: &str = "LAB-E2100";
pub const BOARD_ID: &str = "LAB";
/// `MemTotal` and `MemAvailable` of an IMC, in KiB.
pub const MEMORY_KIB: [u64; 2] = [2_031_420, 1_214_912];
/// How far a skewed clock is behind, in seconds: some three years.
pub const SKEWED_CLOCK: i64 = -95_000_000;

pub const SERVICE_NAME: &str = "Intel IPU Redfish Service";
/// The template of the configuration of an IMC's Redfish. Its names and its form, blanks before
/// colons and all, are those of intel/ipu-redfish; what the lab has no use for is left out.
pub const CONFIGURATION: &str = r#"{
    "service" : "Intel IPU Redfish Service",
    "server": {
        "restricted-to-interface" : "eth0",
        "certs-directory" : "/work/redfish/certs",
        "port": 8443
    },
    "authentication" : {
        "username" : "root",
        "password" : "<placeholder>"
    }
}
"#;
/// Intel's program that hashes a password. The lab's IMC has it built in: its file calls that.
pub const HASH_PROGRAM: (&str, &str) = (
    "/usr/bin/ipu-redfish-generate-password-hash.sh",
    "#!/bin/bash\nipu-redfish-generate-password-hash.sh\n",
);

/// `LAB0000001`.
#[must_use]
pub fn serial_number(card: usize) -> String {
    format!("LAB{card:07}")
}

/// Stable from run to run. `what` tells the UUIDs of one card apart.
#[must_use]
pub fn uuid(card: usize, what: u16) -> String {
    format!("5110a1ab-{what:04x}-4000-8000-{card:012x}")
}

/// How long an IMC has been up when the lab starts: days, different from card to card.
#[must_use]
pub fn uptime(card: usize) -> Duration {
    Duration::from_secs(3 * 86_400 + (card as u64 % 97) * 3_607)
}

#[must_use]
pub fn imc_hostname(card: usize) -> String {
    format!("ipu-imc-{card:02}\n")
}

/// `cfg_boot_options` of a card that nobody has prepared.
#[must_use]
pub fn boot_options() -> BTreeMap<String, String> {
    [
        ("init_app_acc_nboot_net_name", "none"),
        ("init_app_acc_nboot_stage", "1"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// Where an IMC says what its firmware is.
pub const ISSUE: &str = "/etc/issue.net";

/// What it says there with this version, such as `2.0.0.11126`.
#[must_use]
pub fn issue(version: &str) -> String {
    let release: Vec<&str> = version.split('.').take(3).collect();
    let release = release.join(".");
    format!("Intel IPU IMC MEV-HW-B1-ci-ts.release.{version}\nVersion: {release}\n")
}

/// The files of a factory-fresh IMC that somebody could look at.
#[must_use]
pub fn imc_files(card: usize) -> Files {
    let hostname = imc_hostname(card);
    let issue = issue("2.0.0.11126");
    let mut files = Files::with_directories(&[
        "/etc/pki/ca-trust/source/anchors",
        "/etc/pki/ca-trust/extracted/pem",
        "/mnt/imc",
        "/root",
        "/run",
        "/tmp",
        "/usr/bin",
        "/var/log",
        "/work/cfg/memory",
        "/work/scripts",
        "/work/redfish/certs",
    ]);
    for (path, text) in [
        ("/etc/hostname", hostname.as_str()),
        ("/etc/issue", issue.as_str()),
        (ISSUE, issue.as_str()),
        HASH_PROGRAM,
    ] {
        files.place(path, text.as_bytes());
    }
    files
}
