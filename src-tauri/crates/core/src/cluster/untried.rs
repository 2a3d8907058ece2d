//! What works on the lab's cards and was never run on real hardware: it is done on a person's word,
//! given for that step alone, and says beforehand what it stakes.

use serde::Serialize;
use specta::Type;

use super::beside::PXEBOOT;

/// A step that waits for a person's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct Untried {
    /// By this name it is confirmed.
    pub name: String,
    /// What doing it stakes, one sentence.
    pub stakes: String,
}

/// By the names of `cluster.yaml`.
const STAKES: [(&str, &str); 5] = [
    (
        "rh_subscription",
        "The card takes a subscription of the organization; where the step fails, the card stays \
         installed, and perhaps registered",
    ),
    (
        "microshift",
        "MicroShift is started on the card, and its kubeconfig, which lets everybody in who has \
         it, is written on this machine; where the step fails, the card stays installed, and \
         MicroShift may run unwell",
    ),
    (
        "dpu_operator_dpu",
        "1 GiB of the card's memory is set aside, now and at every boot, and with P4 components \
         given /opt/p4 on the card is replaced; where the step fails, the card stays installed, and \
         the setting in its place",
    ),
    (
        "dpu_firmware",
        "Nothing of the card: its firmware is only looked at; where it is another one, nothing is \
         deployed",
    ),
    (
        PXEBOOT,
        "A privileged container with all files of the host overwrites the card's disk, which can't \
         be taken back; where it fails, the card may have no system",
    ),
];

/// Where the image of the tool is given.
const FLASH: &str = "The card itself: flashing it was not yet run on real hardware. It takes about 40 \
                     minutes and can't be cut off, and where it fails the card can be lost; then the \
                     server that the card is in is cold-booted, and what runs there is cut off";

impl Untried {
    /// Of `dpu_firmware` where it flashes.
    pub(super) fn of_flash() -> Self {
        Self {
            name: "dpu_firmware".to_owned(),
            stakes: FLASH.to_owned(),
        }
    }

    /// `None`: there is no such step that waits for a word.
    pub(super) fn of(name: &str) -> Option<Self> {
        let (name, stakes) = STAKES.iter().find(|(known, _)| *known == name)?;
        Some(Self {
            name: (*name).to_owned(),
            stakes: (*stakes).to_owned(),
        })
    }
}
