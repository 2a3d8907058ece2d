//! The checks as data: their names, their order, and which can say nothing before another passed.

use serde::{Deserialize, Serialize};
use specta::Type;

/// One thing that the doctor looks at.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Type,
)]
#[serde(rename_all = "snake_case")]
pub enum DoctorCheckId {
    ImcName,
    ImcReach,
    ImcCertificate,
    ImcHostKey,
    RedfishLogin,
    SshLogin,
    IntelIpu,
    Firmware,
    RecoveryMode,
    RedfishService,
    VirtualMedia,
    ImcClock,
    ImcMemory,
    ImcDisk,
    MediaReach,
    MediaTrust,
    IsoFile,
    IsoArchitecture,
    IsoImage,
    IsoArguments,
    ActiveJob,
    BootedImage,
    HostBmc,
    DpuHost,
    LocalNetwork,
    FirmwareFlash,
}

impl DoctorCheckId {
    /// In the order in which they are told: none needs a later one.
    pub const ALL: [Self; 26] = [
        Self::ImcName,
        Self::ImcReach,
        Self::ImcCertificate,
        Self::ImcHostKey,
        Self::RedfishLogin,
        Self::SshLogin,
        Self::IntelIpu,
        Self::Firmware,
        Self::RecoveryMode,
        Self::RedfishService,
        Self::VirtualMedia,
        Self::ImcClock,
        Self::ImcMemory,
        Self::ImcDisk,
        Self::MediaReach,
        Self::MediaTrust,
        Self::IsoFile,
        Self::IsoArchitecture,
        Self::IsoImage,
        Self::IsoArguments,
        Self::ActiveJob,
        Self::BootedImage,
        Self::HostBmc,
        Self::DpuHost,
        Self::LocalNetwork,
        Self::FirmwareFlash,
    ];

    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::ImcName => "IMC's name",
            Self::ImcReach => "IMC's Redfish answers",
            Self::ImcCertificate => "IMC's certificate",
            Self::ImcHostKey => "IMC's SSH host key",
            Self::RedfishLogin => "Redfish login",
            Self::SshLogin => "SSH login",
            Self::IntelIpu => "Intel IPU",
            Self::Firmware => "Firmware",
            Self::RecoveryMode => "Recovery mode",
            Self::RedfishService => "Redfish service and health",
            Self::VirtualMedia => "Virtual media",
            Self::ImcClock => "IMC's clock",
            Self::ImcMemory => "IMC's memory",
            Self::ImcDisk => "IMC's disk",
            Self::MediaReach => "IMC reaches our ISO server",
            Self::MediaTrust => "IMC trusts our ISO server",
            Self::IsoFile => "ISO's file",
            Self::IsoArchitecture => "ISO's architecture",
            Self::IsoImage => "ISO's image",
            Self::IsoArguments => "ISO's kernel arguments",
            Self::ActiveJob => "No other job",
            Self::BootedImage => "Booted image",
            Self::HostBmc => "Host's BMC",
            Self::DpuHost => "DPU host",
            Self::LocalNetwork => "Local network",
            Self::FirmwareFlash => "Flashing the firmware",
        }
    }

    /// What has to pass (a warning will do) before this one can be asked. What has two ways to be
    /// seen (the clock, the service) needs none and looks for itself.
    #[must_use]
    pub fn needs(self) -> &'static [Self] {
        match self {
            Self::ImcName
            | Self::RedfishService
            | Self::ImcClock
            | Self::IsoFile
            | Self::ActiveJob
            | Self::BootedImage
            | Self::HostBmc
            | Self::DpuHost
            | Self::LocalNetwork
            | Self::FirmwareFlash => &[],
            Self::ImcReach | Self::ImcHostKey => &[Self::ImcName],
            Self::ImcCertificate => &[Self::ImcReach],
            // Nothing is said to a stranger.
            Self::RedfishLogin => &[Self::ImcCertificate],
            Self::SshLogin => &[Self::ImcHostKey],
            Self::IntelIpu | Self::VirtualMedia => &[Self::RedfishLogin],
            Self::Firmware => &[Self::IntelIpu],
            Self::RecoveryMode | Self::ImcMemory | Self::ImcDisk | Self::MediaReach => {
                &[Self::SshLogin]
            }
            Self::MediaTrust => &[Self::MediaReach],
            // What was read of an ISO stands where its file is gone, too.
            Self::IsoArchitecture | Self::IsoImage | Self::IsoArguments => &[],
        }
    }
}
