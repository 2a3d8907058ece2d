//! What the engine is given: access to the simulated card, and the server that it downloads from.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use slipway_core::{
    address::Address,
    bootc::{BootcStatus, Greenboot},
    containers::Containers,
    failure::StepError,
    ids::{DpuId, JobId},
    image::ImageReference,
    iso::published_name,
    job::{
        CardAccess, ClusterTool, DeploymentPlan, ImageTool, IsoTool, Job, Prepared,
        deployment::PostSecret, engine::Subjects,
    },
    ports::{
        Bmc, Controller, LocalNetworks, MediaReader, MediaServer, Publication, RedfishSetup,
        RegistryError, Remote, ResolvedImage, TaskState,
    },
    secret::Password,
    time::{ByteCount, Timestamp},
    trust::Fingerprint,
};

use super::{
    TestClock,
    acc::AccShell,
    after::{ACTIVATION_KEY, PULL_SECRET},
    cluster_tool::ClusterDesk,
    firmware::{FakeContainers, HostBmc},
    host::HostShell,
    imc::{FakeBmc, ImcShell},
    iso_tool::Workbench,
    key,
    network::FakeNetworks,
    redfish_setup::{FakeRedfishSetup, REDFISH_PASSWORD},
    world::World,
};

/// The card and the clock, shared by everything that speaks with it.
#[derive(Clone)]
pub struct Sim {
    pub world: Arc<Mutex<World>>,
    pub clock: Arc<TestClock>,
}

impl Sim {
    /// The card as it is now. Each call takes five milliseconds.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.clock.advance(Duration::from_millis(5));
        self.look()
    }

    /// The same, without time passing.
    pub fn look(&self) -> MutexGuard<'_, World> {
        let mut world = self.world.lock().unwrap();
        world.settle(self.clock.millis());
        world
    }
}

pub struct FakeSubjects {
    pub sim: Sim,
    pub tool: Arc<Workbench>,
    pub cluster: Arc<ClusterDesk>,
}

#[async_trait]
impl Subjects for FakeSubjects {
    async fn card(&self, _dpu: &DpuId) -> Result<Box<dyn CardAccess>, StepError> {
        let sim = self.sim.clone();
        Ok(Box::new(FakeCard {
            bmc: FakeBmc(sim.clone()),
            shell: ImcShell(sim.clone()),
            acc: AccShell {
                sim: sim.clone(),
                showing: None,
            },
            redfish_setup: FakeRedfishSetup {
                sim: sim.clone(),
                password: Password::new(REDFISH_PASSWORD),
            },
            media: FakeMedia(sim.clone()),
            networks: FakeNetworks(sim.clone()),
            containers: FakeContainers(sim.clone()),
            sim,
        }))
    }
    async fn host(&self, address: &Address) -> Result<Arc<dyn Remote>, StepError> {
        assert_eq!(address.to_string(), "host-01.lab:22");
        Ok(Arc::new(HostShell(self.sim.clone())))
    }
    fn iso_tool(&self) -> Arc<dyn IsoTool> {
        self.tool.clone()
    }
    fn image_tool(&self) -> Arc<dyn ImageTool> {
        unreachable!("an image build has a desk of its own")
    }
    fn cluster_tool(&self) -> Arc<dyn ClusterTool> {
        self.cluster.clone()
    }
    async fn job_moved(&self, _job: &Job) {}
}

struct FakeCard {
    sim: Sim,
    bmc: FakeBmc,
    shell: ImcShell,
    acc: AccShell,
    redfish_setup: FakeRedfishSetup,
    media: FakeMedia,
    networks: FakeNetworks,
    containers: FakeContainers,
}

#[async_trait]
impl CardAccess for FakeCard {
    fn imc(&self) -> &dyn Bmc {
        &self.bmc
    }
    fn imc_shell(&self) -> &dyn Remote {
        &self.shell
    }
    fn redfish_setup(&self) -> &dyn RedfishSetup {
        &self.redfish_setup
    }
    fn acc(&self) -> &dyn Remote {
        &self.acc
    }
    fn acc_showing(&self, key: &Fingerprint) -> Arc<dyn Remote> {
        Arc::new(AccShell {
            sim: self.sim.clone(),
            showing: Some(key.clone()),
        })
    }
    async fn accept_acc_key(&self, key: &Fingerprint, because: &str) -> Result<(), StepError> {
        assert!(because.starts_with("deployment "), "{because}");
        let mut world = self.sim.world();
        world.effects.pins_accepted += 1;
        world.pinned = Some(key.clone());
        Ok(())
    }
    async fn host(&self, address: &Address) -> Result<Arc<dyn Remote>, StepError> {
        assert_eq!(address.to_string(), "host-01.lab:22");
        Ok(Arc::new(HostShell(self.sim.clone())))
    }
    async fn host_bmc(&self, address: &Address) -> Result<Arc<dyn Controller>, StepError> {
        assert_eq!(address.to_string(), "host-01-bmc.lab:443");
        Ok(Arc::new(HostBmc(self.sim.clone())))
    }
    async fn others_in_server(&self, _at: &Address) -> Result<Vec<(JobId, String)>, StepError> {
        Ok(self.sim.world().others_in_server.clone())
    }
    fn containers(&self) -> &dyn Containers {
        &self.containers
    }
    async fn post_secret(&self, which: PostSecret) -> Result<Password, StepError> {
        Ok(Password::new(match which {
            PostSecret::ActivationKey => ACTIVATION_KEY,
            PostSecret::PullSecret => PULL_SECRET,
        }))
    }
    async fn forget_post_secrets(&self) -> Result<(), StepError> {
        Ok(())
    }
    async fn keep_kubeconfig(&self, path: &str, text: &Password) -> Result<(), StepError> {
        let mut world = self.sim.world();
        world.effects.kubeconfigs_kept += 1;
        world.kubeconfig = Some((path.to_owned(), text.expose().to_owned()));
        Ok(())
    }
    fn media(&self) -> &dyn MediaServer {
        &self.media
    }
    fn networks(&self) -> &dyn LocalNetworks {
        &self.networks
    }
    async fn publish(&self, job: &JobId, plan: &DeploymentPlan) -> Result<Prepared, StepError> {
        let mut world = self.sim.world();
        world.effects.publishes += 1;
        let token = format!("token-{job}");
        world.published.insert(token.clone());
        world.overlay = Some((job.to_string(), key('N')));
        let sha = format!("{:0>64}", job.short());
        let file_name = published_name(&plan.iso_name, &plan.iso_sha256, Some(&sha));
        let url = format!("https://10.0.0.1:9443/{token}/{file_name}")
            .parse()
            .expect("a URL");
        Ok(Prepared {
            token,
            file_name,
            url,
            host_key: key('N'),
        })
    }
    async fn unpublish(&self, _job: &JobId, prepared: &Prepared) -> Result<(), StepError> {
        let mut world = self.sim.world();
        world.effects.unpublishes += 1;
        world.published.remove(&prepared.token);
        Ok(())
    }
    async fn resolve(
        &self,
        image: &ImageReference,
        arch: &str,
    ) -> Result<ResolvedImage, RegistryError> {
        assert_eq!(arch, "arm64");
        let world = self.sim.world();
        let registry = image.registry().to_owned();
        if let Some(reason) = world.faults.registry.clone() {
            return Err(RegistryError::Unreachable { registry, reason });
        }
        match world.registry.get(image.as_str()) {
            Some(digest) => Ok(ResolvedImage {
                digest: digest.clone(),
                version: Some("1.1.0".into()),
            }),
            None => Err(RegistryError::NotFound {
                reference: image.clone(),
            }),
        }
    }
    async fn saw_acc(&self, _status: &BootcStatus, _greenboot: Greenboot, _boot_id: &str) {}
}

struct FakeMedia(Sim);

#[async_trait]
impl MediaServer for FakeMedia {
    async fn publish(&self, _publication: Publication) -> Result<url::Url, StepError> {
        unreachable!("a job publishes through its card")
    }
    async fn unpublish(&self, token: &str) {
        self.0.world().published.remove(token);
    }
    fn readers(&self, token: &str) -> Vec<MediaReader> {
        let world = self.0.look();
        let ours = world
            .downloads
            .iter()
            .filter(|download| download.token == token);
        ours.map(|download| MediaReader {
            peer: "10.0.0.7".into(),
            sent: ByteCount(1_200_000_000),
            total: ByteCount(2_000_000_000),
            active: download.state == TaskState::Running,
            started_at: Timestamp::from_millis(world.now),
        })
        .collect()
    }
    fn ca_certificate_pem(&self) -> String {
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n".into()
    }
}
