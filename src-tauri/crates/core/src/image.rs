//! Container images: references are hints, digests are identity.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use specta::Type;

/// A text that is neither a digest nor a reference.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{text}` is not {what}")]
pub struct InvalidImage {
    what: &'static str,
    text: String,
}

macro_rules! text_newtype {
    ($name:ident) => {
        impl $name {
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl TryFrom<String> for $name {
            type Error = InvalidImage;
            fn try_from(text: String) -> Result<Self, InvalidImage> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.0
            }
        }
    };
}

/// `sha256:` and 64 hexadecimal digits: of an image manifest. The only equality of images.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Type)]
#[serde(try_from = "String", into = "String")]
#[specta(transparent)]
pub struct ImageDigest(String);
text_newtype!(ImageDigest);

impl ImageDigest {
    /// Of a SHA-256.
    #[must_use]
    pub fn of_sha256(hash: [u8; 32]) -> Self {
        use std::fmt::Write as _;
        let text = String::from("sha256:");
        Self(hash.iter().fold(text, |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        }))
    }

    /// Twelve digits, as the UI shows a digest.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.0["sha256:".len()..][..12]
    }
}

impl FromStr for ImageDigest {
    type Err = InvalidImage;
    fn from_str(text: &str) -> Result<Self, InvalidImage> {
        let hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
        match text.strip_prefix("sha256:") {
            Some(digits) if digits.len() == 64 && digits.bytes().all(hex) => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(InvalidImage {
                what: "an image digest (sha256:…)",
                text: text.to_owned(),
            }),
        }
    }
}

/// OCI's word for a machine: `aarch64` → `arm64`, `x86_64` → `amd64`.
#[must_use]
pub fn oci_architecture(machine: &str) -> &str {
    match machine {
        "aarch64" => "arm64",
        "x86_64" => "amd64",
        other => other,
    }
}

/// `registry/repository:tag`, perhaps with a digest: where an image is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Type)]
#[serde(try_from = "String", into = "String")]
#[specta(transparent)]
pub struct ImageReference(String);
text_newtype!(ImageReference);

impl ImageReference {
    /// `host[:port]`.
    #[must_use]
    pub fn registry(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// The path in the registry, without tag and digest.
    #[must_use]
    pub fn repository(&self) -> &str {
        let path = self.0.split_once('/').map_or("", |(_, path)| path);
        let path = path.split_once('@').map_or(path, |(path, _)| path);
        path.rsplit_once(':').map_or(path, |(path, _)| path)
    }

    /// What to ask the registry for: the digest if there is one, else the tag, else `latest`.
    #[must_use]
    pub fn tag_or_digest(&self) -> &str {
        let path = self.0.split_once('/').map_or("", |(_, path)| path);
        if let Some((_, digest)) = path.split_once('@') {
            return digest;
        }
        path.rsplit_once(':').map_or("latest", |(_, tag)| tag)
    }

    /// The digest that it names.
    #[must_use]
    pub fn digest(&self) -> Option<ImageDigest> {
        self.0.split_once('@')?.1.parse().ok()
    }

    /// `registry/repository`, without tag and digest.
    #[must_use]
    pub fn without_tag(&self) -> String {
        format!("{}/{}", self.registry(), self.repository())
    }

    /// The same repository's other tag.
    ///
    /// # Errors
    /// A text that is no tag.
    pub fn with_tag(&self, tag: &str) -> Result<Self, InvalidImage> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if tag.is_empty() || tag.len() > 128 || !tag.chars().all(allowed) {
            return Err(InvalidImage {
                what: "a tag",
                text: tag.to_owned(),
            });
        }
        format!("{}:{tag}", self.without_tag()).parse()
    }

    /// `localhost/…` lives in no registry: a card that runs it can never upgrade.
    #[must_use]
    pub fn is_local_only(&self) -> bool {
        self.registry() == "localhost"
    }
}

impl FromStr for ImageReference {
    type Err = InvalidImage;
    fn from_str(text: &str) -> Result<Self, InvalidImage> {
        let invalid = || InvalidImage {
            what: "an image reference (registry/repository:tag)",
            text: text.to_owned(),
        };
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-/:@".contains(c);
        let (registry, path) = text.split_once('/').ok_or_else(invalid)?;
        let bad_part = |part: &str| part.is_empty() || part.starts_with(['-', '.', ':', '@']);
        if !text.chars().all(allowed) || bad_part(registry) || path.split('/').any(bad_part) {
            return Err(invalid());
        }
        if let Some((_, digest)) = text.split_once('@') {
            digest.parse::<ImageDigest>()?;
        }
        Ok(Self(text.to_owned()))
    }
}

/// The machine an image is for. Cards are aarch64; the desk that builds for them often is not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    #[default]
    Aarch64,
    X86_64,
}

impl Architecture {
    /// As the kernel says it: `aarch64`.
    #[must_use]
    pub fn machine(self) -> &'static str {
        match self {
            Self::Aarch64 => "aarch64",
            Self::X86_64 => "x86_64",
        }
    }

    /// As OCI says it: `arm64`.
    #[must_use]
    pub fn oci(self) -> &'static str {
        match self {
            Self::Aarch64 => "arm64",
            Self::X86_64 => "amd64",
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.machine())
    }
}

impl FromStr for Architecture {
    type Err = InvalidImage;
    fn from_str(text: &str) -> Result<Self, InvalidImage> {
        match text {
            "aarch64" | "arm64" => Ok(Self::Aarch64),
            "x86_64" | "amd64" => Ok(Self::X86_64),
            _ => Err(InvalidImage {
                what: "an architecture (aarch64, x86_64)",
                text: text.to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_architecture_has_two_spellings() {
        for (text, architecture) in [
            ("aarch64", Architecture::Aarch64),
            ("arm64", Architecture::Aarch64),
            ("x86_64", Architecture::X86_64),
            ("amd64", Architecture::X86_64),
        ] {
            assert_eq!(text.parse(), Ok(architecture));
        }
        assert!("riscv64".parse::<Architecture>().is_err());
    }

    #[test]
    fn a_reference_comes_apart() {
        let r: ImageReference = "127.0.0.1:5055/lab/dpu-os:stable".parse().unwrap();
        assert_eq!(
            (r.registry(), r.repository(), r.tag_or_digest()),
            ("127.0.0.1:5055", "lab/dpu-os", "stable")
        );
        let digest = format!("sha256:{}", "a".repeat(64));
        let r: ImageReference = format!("quay.io/x/y@{digest}").parse().unwrap();
        assert_eq!(
            (r.repository(), r.tag_or_digest()),
            ("x/y", digest.as_str())
        );
        let r: ImageReference = "localhost/mine".parse().unwrap();
        assert_eq!(r.tag_or_digest(), "latest");
        assert!(r.is_local_only());
    }

    #[test]
    fn what_could_be_an_option_or_a_shell_word_is_refused() {
        for text in [
            "",
            "alpine",
            "-rf/x",
            "a/b c",
            "a/$(x)",
            "a//b",
            "a/--help",
            "q.io/x@sha256:1",
        ] {
            assert!(text.parse::<ImageReference>().is_err(), "{text}");
        }
        assert!("sha256:XYZ".parse::<ImageDigest>().is_err());
    }
}
