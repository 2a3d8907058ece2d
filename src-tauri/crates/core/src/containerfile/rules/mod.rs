//! The rules, by subject. Each looks at the whole Containerfile and adds what it finds.

mod arguments;
mod boot;
mod bound;
pub mod patterns;
mod secrets;
mod trust;

pub use arguments::arguments;
pub use boot::{boot, kargs_of};
pub use bound::{bound_images, quadlet_image};
pub use secrets::secrets;
pub use trust::trust;

use super::{LintFinding, LintReport, LintRule, LintSeverity};

impl LintReport {
    fn add(
        &mut self,
        rule: LintRule,
        severity: LintSeverity,
        line: u32,
        file: Option<&str>,
        reason: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.findings.push(LintFinding {
            rule,
            severity,
            line: Some(line),
            file: file.map(str::to_owned),
            layer: None,
            reason: reason.into(),
            fix: fix.into(),
        });
    }
}
