//! Which distribution this is, read from `/etc/os-release`, and what can be built on it.

use crate::packages::Family;

/// What the project can do on this system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distro {
    /// Everything; packages come by this family's package manager.
    Full {
        family: Family,
        ubuntu: bool,
        name: String,
    },
    /// RHEL and its rebuilds: no WebKitGTK 4.1, so `slipctl` only.
    CliOnly { name: String },
    /// Not known: packages must be installed by hand.
    Unknown { name: String },
}

/// This machine's.
pub fn detect() -> Distro {
    parse(&std::fs::read_to_string("/etc/os-release").unwrap_or_default())
}

fn parse(os_release: &str) -> Distro {
    let value = |key: &str| {
        os_release
            .lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
            .map(|value| value.trim_matches(['"', '\'']).to_owned())
            .unwrap_or_default()
    };
    let name = match value("PRETTY_NAME") {
        name if name.is_empty() => "an unknown system".to_owned(),
        name => name,
    };
    let (id, like) = (value("ID"), value("ID_LIKE"));
    let is = |wanted: &str| id == wanted || like.split_whitespace().any(|like| like == wanted);
    // RHEL's rebuilds call themselves "like fedora" too, so RHEL is asked first.
    if is("rhel") || is("centos") {
        Distro::CliOnly { name }
    } else if is("fedora") {
        Distro::Full {
            family: Family::Fedora,
            ubuntu: false,
            name,
        }
    } else if is("debian") || is("ubuntu") {
        Distro::Full {
            family: Family::Debian,
            ubuntu: is("ubuntu"),
            name,
        }
    } else {
        Distro::Unknown { name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_is_apt() {
        let distro = parse("PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n");
        let name = "Debian GNU/Linux 12 (bookworm)".to_owned();
        assert_eq!(
            distro,
            Distro::Full {
                family: Family::Debian,
                ubuntu: false,
                name
            }
        );
    }

    #[test]
    fn mint_is_an_ubuntu_by_its_likeness() {
        let distro = parse("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\nPRETTY_NAME=\"Linux Mint\"\n");
        let name = "Linux Mint".to_owned();
        assert_eq!(
            distro,
            Distro::Full {
                family: Family::Debian,
                ubuntu: true,
                name
            }
        );
    }

    #[test]
    fn fedora_is_dnf() {
        let distro = parse("ID=fedora\nPRETTY_NAME=\"Fedora Linux 43\"\n");
        let name = "Fedora Linux 43".to_owned();
        assert_eq!(
            distro,
            Distro::Full {
                family: Family::Fedora,
                ubuntu: false,
                name
            }
        );
    }

    #[test]
    fn a_rebuild_of_rhel_is_not_taken_for_fedora() {
        let distro =
            parse("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nPRETTY_NAME=\"Rocky 9\"\n");
        assert_eq!(
            distro,
            Distro::CliOnly {
                name: "Rocky 9".to_owned()
            }
        );
    }

    #[test]
    fn what_is_not_known_is_said_to_be_so() {
        assert_eq!(
            parse(""),
            Distro::Unknown {
                name: "an unknown system".to_owned()
            }
        );
    }
}
