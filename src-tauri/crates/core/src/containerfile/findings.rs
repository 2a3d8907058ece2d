//! What a lint says: shared by the Containerfile's and the built image's.

use serde::{Deserialize, Serialize};
use specta::Type;

/// Which rule found something. Its name is stable: scripts may look for it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Type,
)]
#[serde(rename_all = "snake_case")]
pub enum LintRule {
    /// It can't be read as a Containerfile.
    NotParsed,
    /// An ARG that stands only before FROM is empty after it.
    ArgBeforeFrom,
    /// The dracut modules without which an IPU hangs in its initqueue.
    DracutModules,
    /// dracut is told something, and the initramfs is not built again after that.
    InitramfsNotRebuilt,
    /// The kernel arguments without which an IPU finds no disk.
    KernelArguments,
    /// A secret or an entitlement in a layer.
    SecretInLayer,
    /// The same, deleted by a later layer: it is still in the image.
    DeletedSecret,
    GpgcheckOff,
    /// A password, or its hash, that everybody has who has the image.
    KnownPassword,
    NoBootcLint,
    /// The label `containers.bootc=1` is missing.
    NotBootc,
    /// A build secret that a RUN step wants and the build does not give.
    SecretNotGiven,
    /// A secret-like name in ENV or ARG.
    SecretInEnvironment,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum LintSeverity {
    /// Don't ship it.
    Error,
    Warning,
    Info,
}

/// One finding: where, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct LintFinding {
    pub rule: LintRule,
    pub severity: LintSeverity,
    /// In the Containerfile, from 1.
    pub line: Option<u32>,
    /// A file of the build context, or a path in the image.
    pub file: Option<String>,
    /// In a built image, from 1; the base's layers count.
    pub layer: Option<u32>,
    pub reason: String,
    pub fix: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Binding {
    /// bootc pulls it with the image and keeps it beside it.
    Logical,
    /// It lies in the image's own layers.
    Physical,
}

/// A container image that comes with the bootc image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Type)]
pub struct BoundImage {
    pub binding: Binding,
    /// Its reference, or the path where it lies where the reference isn't told.
    pub image: String,
    /// The quadlet, or the instruction.
    pub by: String,
    pub line: Option<u32>,
}

/// What an image must be able to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum LintTarget {
    /// Boots from the IMC by iSCSI.
    #[default]
    Ipu,
    /// Boots from its own disk.
    Other,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct LintReport {
    /// Worst first, then by place.
    pub findings: Vec<LintFinding>,
    pub bound_images: Vec<BoundImage>,
    /// The ids of the build secrets that RUN steps want.
    pub secrets_wanted: Vec<String>,
    /// What could not be looked at, and why: a claim is not made about it.
    pub not_looked_at: Vec<String>,
}

impl LintReport {
    #[must_use]
    pub fn count(&self, severity: LintSeverity) -> usize {
        let of = |finding: &&LintFinding| finding.severity == severity;
        self.findings.iter().filter(of).count()
    }

    pub(super) fn sorted(mut self) -> Self {
        self.findings.sort_by(|a, b| {
            let key = |f: &LintFinding| (f.severity, f.layer, f.line, f.rule);
            key(a).cmp(&key(b)).then_with(|| a.file.cmp(&b.file))
        });
        self.findings.dedup();
        self.bound_images.sort();
        self.bound_images.dedup();
        self.secrets_wanted.sort();
        self.secrets_wanted.dedup();
        self
    }
}
