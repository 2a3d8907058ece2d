//! How long each state may last, from the policy.

use std::time::Duration;

use super::{
    BootChangeState, ClusterDeployState, DeploymentState, ImageBuildState, IsoBuildState, JobState,
    MarvellState, Policy,
};

/// How long a state may last. `None`: it ends by itself, at once.
#[must_use]
pub fn deadline(state: &JobState, policy: &Policy) -> Option<Duration> {
    use BootChangeState as B;
    use ClusterDeployState as C;
    use DeploymentState as D;
    use ImageBuildState as M;
    use IsoBuildState as I;
    use MarvellState as V;
    let seconds = match state {
        JobState::Deployment(state) => match state {
            D::Queued | D::Preflight | D::PublishingMedia | D::SettingBootOverride => {
                policy.observe_s
            }
            D::FlashingFirmware { .. } => policy.flash_s,
            // Another card's job in the same server is waited for, too.
            D::ColdBootingHost { boot: None } => policy.install_s,
            D::ColdBootingHost { .. } => policy.prepare_s,
            D::AwaitingFirmware { .. } => policy.imc_return_s,
            D::SettingUpNetwork | D::PreparingImc => policy.prepare_s,
            D::InsertingMedia { .. } => policy.insert_s,
            // Both wait for an IMC that may be away: the one to learn whether it was reset.
            D::ResettingImc { .. } | D::AwaitingImc { .. } => policy.imc_return_s,
            D::AwaitingInstaller => policy.installer_start_s,
            D::AwaitingAcc => policy.install_s,
            D::ReloadingHostDriver { .. } => policy.prepare_s,
            // Each step has its own, which names what is missing; this one is for all of them.
            D::RunningPostSteps { .. } => policy.microshift_s + 2 * policy.prepare_s,
            // greenboot may reboot the card before it makes up its mind.
            D::VerifyingImage => policy.health_s + policy.reboot_s,
            D::CleaningUp { .. } => policy.cleanup_s,
            D::Succeeded { .. } | D::Failed { .. } | D::Cancelled { .. } => return None,
        },
        JobState::BootChange(state) => match state {
            B::Queued | B::Checking => policy.observe_s,
            B::Staging => policy.staging_s,
            B::Rebooting { .. } | B::AwaitingAcc => policy.reboot_s,
            B::VerifyingImage => policy.health_s + policy.reboot_s,
            B::CleaningUp { .. } => policy.cleanup_s,
            B::Succeeded { .. } | B::Failed { .. } | B::Cancelled { .. } => return None,
        },
        JobState::IsoBuild(state) => match state {
            I::Queued | I::CheckingInputs | I::AddingToLibrary { .. } => policy.observe_s,
            I::FetchingBase | I::FetchingImage => policy.fetch_s,
            I::Writing | I::Verifying { .. } => policy.build_s,
            I::CleaningUp { .. } => policy.cleanup_s,
            I::Succeeded { .. } | I::Failed { .. } | I::Cancelled { .. } => return None,
        },
        JobState::ImageBuild(state) => match state {
            M::Queued | M::Checking | M::Naming { .. } | M::Verifying { .. } => policy.observe_s,
            M::Building => policy.build_s,
            M::Pushing { .. } => policy.fetch_s,
            M::CleaningUp { .. } => policy.cleanup_s,
            M::Succeeded { .. } | M::Failed { .. } | M::Cancelled { .. } => return None,
        },
        JobState::Marvell(state) => match state {
            V::Queued | V::CheckingHost => policy.observe_s,
            V::Installing => policy.pxeboot_s,
            V::CleaningUp { .. } => policy.cleanup_s,
            V::Succeeded { .. } | V::Failed { .. } | V::Cancelled { .. } => return None,
        },
        JobState::ClusterDeploy(state) => match state {
            C::Queued | C::CheckingFile | C::Deploying { .. } => policy.observe_s,
            // All that a build may take, which ends by itself; this one is for what does not.
            C::Building { .. } => {
                3 * policy.observe_s + 2 * (policy.fetch_s + policy.build_s) + policy.cleanup_s
            }
            C::CleaningUp { .. } => policy.cleanup_s,
            C::Succeeded { .. } | C::Failed { .. } | C::Cancelled { .. } => return None,
        },
    };
    Some(Duration::from_secs(seconds))
}

/// "90 s", "15 min".
pub(super) fn minutes(span: Duration) -> String {
    match span.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}
