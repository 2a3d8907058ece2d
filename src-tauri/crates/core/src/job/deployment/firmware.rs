//! The firmware that a plan wants on the IMC: looked for, never flashed. What would flash it, and
//! the cold boot of the host after it, were never run against a card, so they are named and left to
//! a person.

use crate::{
    failure::{FailureKind, StepError},
    job::{StepContext, boot_change::read_file},
};

/// Where CDA looks, too.
pub(crate) const ISSUE: &str = "/etc/issue.net";

/// Before anything is done.
pub(super) async fn look(wanted: Option<&String>, cx: &StepContext<'_>) -> Result<(), StepError> {
    let Some(wanted) = wanted else {
        return Ok(());
    };
    let shown = read_file(cx.card.imc_shell(), ISSUE, cx).await?;
    let shown = shown.unwrap_or_default();
    if names(&shown, wanted) {
        cx.note(format!(
            "the IMC has firmware {wanted}, as the plan wants it"
        ));
        return Ok(());
    }
    let seen = match shown.trim() {
        "" => format!("{ISSUE} says nothing"),
        text => format!("{ISSUE} says: {}", text.replace('\n', "; ")),
    };
    Err(StepError::new(
        FailureKind::Firmware,
        format!("the plan wants firmware {wanted}, and the IMC has another one"),
    )
    .because(seen)
    .hint("Slipway does not flash: the plan shows the commands (`slipctl plan`). Flash it, cold-boot the host and deploy again; or leave this out with --skip-steps dpu_firmware"))
}

/// Whether the text has just this version, and not one that begins or ends like it.
fn names(text: &str, version: &str) -> bool {
    let of_a_version = |c: char| c.is_ascii_digit() || c == '.';
    let mut words = text.split(|c| !of_a_version(c));
    !version.is_empty() && words.any(|word| word.trim_matches('.') == version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_compared_as_a_whole() {
        let issue = "Intel IPU IMC MEV-HW-B1-ci-ts.release.2.0.0.11126\nVersion: 2.0.0\n";
        assert!(names(issue, "2.0.0.11126") && names(issue, "2.0.0"));
        for other in ["2.0.0.1112", "0.0.11126", "2.0.0.111260", "2.0", ""] {
            assert!(!names("release.2.0.0.11126", other), "{other}");
        }
    }
}
