//! The engine's ISO tool: the workshop of slipway-media with this desk's secrets and library.

use std::path::Path;

use async_trait::async_trait;
use slipway_core::{
    failure::{FailureKind, StepError},
    ids::{IsoId, JobId},
    iso::{Iso, IsoOrigin},
    job::{
        IsoBuildPlan, IsoTool,
        iso_build::{BuildProgress, IsoWork, IsoWorkDone, WrittenIso},
    },
};
use slipway_media::ImageAccess;

use crate::{ChangeTag, Fleet, access::local, desk::me, studio_kickstarts::kickstart_key};

pub struct DeskIsoTool {
    pub fleet: Fleet,
}

#[async_trait]
impl IsoTool for DeskIsoTool {
    async fn check(&self, plan: &IsoBuildPlan) -> Result<Vec<String>, StepError> {
        let workshop = &self.fleet.inner.workshop;
        workshop.clean(plan).await?;
        let access = self.fleet.image_access(plan).await?;
        workshop.check(plan, &access).await
    }

    async fn start(
        &self,
        job: &JobId,
        plan: &IsoBuildPlan,
        work: IsoWork,
    ) -> Result<(), StepError> {
        let secrets = &self.fleet.inner.secrets;
        let kickstart = match work {
            IsoWork::FetchBase | IsoWork::FetchImage => None,
            IsoWork::Write | IsoWork::Verify(_) => {
                let kept = secrets.get(&kickstart_key(job)).await.map_err(|error| {
                    StepError::new(FailureKind::Local, error.to_string())
                        .hint("open the secret store and retry, or build the ISO anew")
                })?;
                Some(kept)
            }
        };
        let access = match work {
            // Asked again: what was there when the job was checked may have gone, and a login may
            // have come.
            IsoWork::FetchImage => self.fleet.image_access(plan).await?,
            IsoWork::FetchBase | IsoWork::Write | IsoWork::Verify(_) => ImageAccess::default(),
        };
        let workshop = &self.fleet.inner.workshop;
        workshop.start(job, plan, kickstart, access, work)
    }

    async fn progress(&self, job: &JobId, work: &IsoWork) -> BuildProgress<IsoWorkDone> {
        self.fleet.inner.workshop.progress(job, work)
    }

    async fn written_is_there(&self, plan: &IsoBuildPlan, written: &WrittenIso) -> bool {
        self.fleet.inner.workshop.written_is_there(plan, written)
    }

    async fn keep(
        &self,
        job: &JobId,
        plan: &IsoBuildPlan,
        written: &WrittenIso,
        sha256: &str,
    ) -> Result<IsoId, StepError> {
        let store = self.fleet.store();
        self.fleet.inner.workshop.put_in_place(plan, written)?;
        let known = store.isos().await.map_err(local)?;
        // The same inputs give the same bytes: the library may have them already.
        if let Some(same) = known.iter().find(|iso| iso.facts.sha256 == sha256) {
            return Ok(same.id.clone());
        }
        // What lay there under this name was replaced.
        for old in known.iter().filter(|iso| iso.path == plan.output) {
            store.remove_iso(&old.id).await.map_err(local)?;
        }
        let mut facts = slipway_media::look(Path::new(&plan.output))
            .await
            .map_err(|error| {
                StepError::new(FailureKind::Local, error.to_string()).hint(error.hint())
            })?;
        facts.sha256 = sha256.to_owned();
        let iso = Iso {
            id: IsoId::new(),
            name: plan.name.clone(),
            path: plan.output.clone(),
            facts,
            imported_at: self.fleet.now(),
            made: IsoOrigin::Built {
                by: me(),
                job: job.clone(),
            },
        };
        store.add_iso(&iso).await.map_err(local)?;
        self.fleet.changed(ChangeTag::Iso, Some(iso.id.to_string()));
        Ok(iso.id)
    }

    async fn cancel(&self, job: &JobId) {
        self.fleet.inner.workshop.cancel(job).await;
    }

    async fn clean(&self, job: &JobId, plan: &IsoBuildPlan, forget: bool) -> Result<(), StepError> {
        if forget {
            let secrets = &self.fleet.inner.secrets;
            secrets.delete(&kickstart_key(job)).await.map_err(local)?;
        }
        let workshop = &self.fleet.inner.workshop;
        workshop.remove_container(job, plan).await?;
        workshop.clean(plan).await
    }
}
