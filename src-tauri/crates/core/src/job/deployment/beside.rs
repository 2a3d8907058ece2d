//! What a deployment does beside the installation: on this machine, on the IMC, on the DPU host,
//! and on the ACC after the image was verified. Data only; secrets are asked for by name.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::{address::Address, image::ImageReference, network::LocalNetwork};

/// Nothing of it is done unless the plan says so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Beside {
    /// Redfish at every boot of the IMC, with what it lacks to run at all, and the boot options of
    /// its ACC.
    pub imc_boot: bool,
    /// Redfish's certificate is replaced by one of this desk's CA, also where there is another.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub imc_certificate: bool,
    /// The DPU host whose driver is reloaded after the IMC was reset.
    pub host: Option<Address>,
    /// On this machine, while the job runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<LocalNetwork>,
    /// The IMC must have it, or nothing is begun. Compared with `/etc/issue.net` as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firmware: Option<String>,
    /// How it gets there; `None`: it is only looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flash: Option<Flash>,
    /// In this order.
    pub after: Vec<PostStep>,
}

impl Beside {
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// How a card's firmware is flashed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// Of the tool that flashes, by its digest.
    pub image: ImageReference,
    /// Also where the IMC has that firmware already; once.
    pub force: bool,
    /// The IMC, as the tool reaches it.
    pub imc: String,
    /// The BMC of the server that the card is in; `None`: a person cold-boots that.
    pub host_bmc: Option<Address>,
}

/// One step on the ACC, after the image was verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "step")]
pub enum PostStep {
    /// So many of 2 MiB; before MicroShift, which counts them when it starts.
    HugePages { pages: u32 },
    /// Of the DPU operator's cluster.
    TrustRegistry {
        /// `host` or `host:port`.
        registry: String,
        /// PEM of its authority; a certificate is no secret.
        ca: String,
    },
    /// Intel's, for the ACC: what the DPU operator's P4 container runs.
    P4Components {
        /// Of a `.tar.gz`, as the card reaches it; without a login.
        url: Url,
        /// In hexadecimal digits.
        sha256: String,
    },
    /// At Red Hat, by an activation key ([`PostSecret::ActivationKey`]).
    RhSubscription { organization: String },
    Microshift {
        /// Whether [`PostSecret::PullSecret`] is put on the card; else the image has its own.
        pull_secret: bool,
        /// Where its kubeconfig goes on this machine.
        kubeconfig: String,
        /// What the kubeconfig names as its server; `None`: as the card wrote it.
        server: Option<String>,
    },
}

impl PostStep {
    /// As `cluster.yaml` and `--skip-steps` name it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::HugePages { .. } | Self::TrustRegistry { .. } | Self::P4Components { .. } => {
                "dpu_operator_dpu"
            }
            Self::RhSubscription { .. } => "rh_subscription",
            Self::Microshift { .. } => "microshift",
        }
    }

    #[must_use]
    pub fn secret(&self) -> Option<PostSecret> {
        match self {
            Self::RhSubscription { .. } => Some(PostSecret::ActivationKey),
            Self::Microshift { pull_secret, .. } => pull_secret.then_some(PostSecret::PullSecret),
            Self::HugePages { .. } | Self::TrustRegistry { .. } | Self::P4Components { .. } => None,
        }
    }
}

/// A secret that a post step needs, kept for its card until it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PostSecret {
    ActivationKey,
    PullSecret,
}

impl PostSecret {
    pub const ALL: [Self; 2] = [Self::ActivationKey, Self::PullSecret];

    /// The last part of its key in the secret store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ActivationKey => "activation-key",
            Self::PullSecret => "pull-secret",
        }
    }
}
