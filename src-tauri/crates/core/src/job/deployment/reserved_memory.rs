//! The file without which an IMC of firmware 1.8 holds no ISO of more than 2 GB. From 2.0 on the
//! IMC's own Redfish writes one when the boot override is set. It is installed only when a person
//! asks for it, and taken back with the rest of what is written on an IMC.

use serde::Deserialize;

use super::{ledger::Ledger, prepare::refuse_recovery};
use crate::{
    failure::{FailureKind, StepError},
    iso::{RESERVED_MEMORY, RESERVED_MEMORY_PATH},
    job::{Alone, CardAccess, Policy, boot_change::read_file},
    time::Timestamp,
};

/// The release that needs it.
pub const NEEDS_RESERVED_MEMORY: &str = "1.8.0";

/// Installs the file on an IMC of firmware 1.8, with a copy of what was there; answers with what was
/// done. `None`: a file is there already that reserves as much.
///
/// # Errors
/// Another firmware, where nothing is written; what the IMC said.
pub async fn reserve_memory(
    card: &dyn CardAccess,
    now: Timestamp,
    policy: &Policy,
) -> Result<Option<String>, StepError> {
    let mut alone = Alone::new();
    let cx = alone.context(card, now, policy);
    let release = cx.card.imc().identify().await?.firmware_release;
    if release.as_deref() != Some(NEEDS_RESERVED_MEMORY) {
        return Err(StepError::new(
            FailureKind::Precondition,
            "only firmware 1.8 needs the reserved-memory file, and this card has another",
        )
        .because(format!(
            "its firmware is {}",
            release.as_deref().unwrap_or("unknown")
        ))
        .hint("deploy without it: from 2.0 on the IMC writes the file itself"));
    }
    refuse_recovery(&cx).await?;
    let before = read_file(cx.card.imc_shell(), RESERVED_MEMORY_PATH, &cx).await?;
    if before.as_deref().is_some_and(reserves_enough) {
        return Ok(None);
    }
    let mut ledger = Ledger::read(&cx).await?;
    ledger
        .write(
            RESERVED_MEMORY_PATH,
            before.is_some(),
            RESERVED_MEMORY,
            "644",
            &cx,
        )
        .await?;
    Ok(Some(format!(
        "wrote {RESERVED_MEMORY_PATH}; it counts from the next reset of the IMC, which a deployment \
         brings along"
    )))
}

/// Whether such a file reserves as much for the ISO as ours does. One that can't be read does not.
#[must_use]
pub fn reserves_enough(text: &str) -> bool {
    match (for_the_iso(text), for_the_iso(RESERVED_MEMORY)) {
        (Some(there), Some(ours)) => there >= ours,
        (Some(_) | None, _) => false,
    }
}

/// In MB.
fn for_the_iso(text: &str) -> Option<u64> {
    #[derive(Deserialize)]
    struct File {
        reserved_memory: Regions,
    }
    #[derive(Deserialize)]
    struct Regions {
        acc_ramdisk: Region,
    }
    #[derive(Deserialize)]
    struct Region {
        size: u64,
        granule: String,
    }
    let file: File = serde_json::from_str(text).ok()?;
    let Region { size, granule } = file.reserved_memory.acc_ramdisk;
    match granule.as_str() {
        "MB" => Some(size),
        "GB" => size.checked_mul(1024),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(size: u64, granule: &str) -> String {
        format!(
            r#"{{"reserved_memory": {{"acc_ramdisk": {{"size": {size}, "granule": "{granule}"}}}}}}"#
        )
    }

    #[test]
    fn a_file_is_enough_by_what_it_reserves_and_not_by_who_wrote_it() {
        assert!(reserves_enough(RESERVED_MEMORY));
        assert!(reserves_enough(&with(13_760, "MB")));
        assert!(reserves_enough(&with(14, "GB")));
        assert!(!reserves_enough(&with(2, "GB")));
        assert!(!reserves_enough(&with(13_760, "KB")));
        assert!(!reserves_enough(r#"{"reserved_memory": {"acc": {}}}"#));
        assert!(!reserves_enough("no JSON"));
    }
}
