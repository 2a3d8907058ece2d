//! `slipctl import`, `plan` and `doctor`: what is read of a cluster.yaml.

use std::path::PathBuf;

use clap::Args;

/// A cluster.yaml, and where its templates' values come from.
#[derive(Args)]
pub struct ClusterArgs {
    /// A file with values for the templates
    #[arg(long, value_name = "FILE")]
    pub vars: Option<PathBuf>,
    /// Only these cards, by their names in the file or in the inventory; templates count them
    /// from 0
    #[arg(long = "cards", value_name = "CARD", value_delimiter = ',', num_args = 1..)]
    pub only: Vec<String>,
    /// Leave out a step: rh_subscription, microshift, host_driver_reload, imc_boot, …
    #[arg(long, value_name = "STEP", value_delimiter = ',', num_args = 1..)]
    pub skip_steps: Vec<String>,
    /// Do a step although it was not yet run on real hardware: rh_subscription, microshift,
    /// dpu_operator_dpu, dpu_firmware (looks; flashes with --firmware-image), pxeboot (a Marvell's
    /// installation), local_network (DHCP for the card on
    /// this machine's port, while the job runs)
    #[arg(long, value_name = "STEP", value_delimiter = ',', num_args = 1..)]
    pub accept_untried: Vec<String>,
    /// MicroShift's pull secret; without it the image's own is used
    #[arg(long, value_name = "FILE")]
    pub pull_secret: Option<PathBuf>,
    /// The registry of the DPU operator's cluster, `host` or `host:port`, which the card is to trust
    #[arg(long, value_name = "HOST", requires = "operator_registry_ca")]
    pub operator_registry: Option<String>,
    /// Its authority's certificate, PEM
    #[arg(long, value_name = "FILE", requires = "operator_registry")]
    pub operator_registry_ca: Option<PathBuf>,
    /// The image of marvell-tools, with its digest, for a Marvell card
    #[arg(long, value_name = "IMAGE")]
    pub marvell_tools: Option<String>,
    /// The image of the tool that flashes cards, by its digest; without it `dpu_firmware` only looks
    #[arg(long, value_name = "IMAGE@sha256:…")]
    pub firmware_image: Option<String>,
    /// Intel's P4 components (.tar.gz) for `dpu_operator_dpu`, as the card reaches them
    #[arg(long, value_name = "URL", requires = "p4_sha256")]
    pub p4_components: Option<String>,
    /// Their SHA-256
    #[arg(long, value_name = "DIGITS", requires = "p4_components")]
    pub p4_sha256: Option<String>,
    /// Where kubeconfigs go, as CARD.kubeconfig; else beside the cluster.yaml
    #[arg(long, value_name = "FOLDER")]
    pub kubeconfigs: Option<PathBuf>,
}

/// Why options of a file are refused beside cards.
pub const ONLY_OF_A_FILE: &str = "--vars, --cards, --skip-steps, --accept-untried, --pull-secret, \
     --kubeconfigs, --operator-registry, --marvell-tools, --firmware-image and --p4-components go \
     with a cluster.yaml";

impl ClusterArgs {
    /// Whether nothing of it was said.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        let Self {
            vars,
            only,
            skip_steps,
            accept_untried,
            pull_secret,
            kubeconfigs,
            operator_registry,
            operator_registry_ca,
            marvell_tools,
            firmware_image,
            p4_components,
            p4_sha256,
        } = self;
        let texts = [
            marvell_tools,
            operator_registry,
            firmware_image,
            p4_components,
            p4_sha256,
        ];
        let files = [vars, pull_secret, kubeconfigs, operator_registry_ca];
        let lists = [only, skip_steps, accept_untried];
        texts.iter().all(|text| text.is_none())
            && files.iter().all(|file| file.is_none())
            && lists.iter().all(|list| list.is_empty())
    }
}

#[derive(Args)]
pub struct ImportArgs {
    pub file: PathBuf,
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Write the file in today's form; comments are lost, passwords are in it
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// Add the cards that are not known yet
    #[arg(long)]
    pub add: bool,
    /// With --add: accept the certificates and host keys that are shown now
    #[arg(long, requires = "add")]
    pub trust_on_first_use: bool,
}

#[derive(Args)]
pub struct PlanArgs {
    pub file: PathBuf,
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// The ISO, instead of the file's: name, id, or the first digits of its SHA-256
    #[arg(long)]
    pub iso: Option<String>,
    /// Put after the card's name: `lab.example`
    #[arg(long)]
    pub domain: Option<String>,
}

#[derive(Args)]
pub struct DoctorArgs {
    /// Cards, by name; or one cluster.yaml: its cards that are in the inventory
    #[arg(required = true)]
    pub cards: Vec<String>,
    /// Look at this ISO too: name, id, or the first digits of its SHA-256
    #[arg(long)]
    pub iso: Option<String>,
    #[command(flatten)]
    pub cluster: ClusterArgs,
}
