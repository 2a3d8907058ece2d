//! The ISO that a file's `iso_builder` section describes: made by the studio before the cards are
//! deployed, in a job of its own, which that of the deployment waits for.

use std::path::Path;

use slipway_core::{
    cluster::{ISO_BUILDER, Import, IsoCluster, StepKind, WantedIso, wanted_iso},
    dpu::JobOutcome,
    ids::JobId,
    image::oci_architecture,
    iso::Iso,
    job::{
        IsoBuildPlan, IsoBuildState, Job, JobFilter, JobSpec, JobState, JobStore as _, Subject,
        iso_build::{IsoBase, IsoImage},
    },
    ports::Registry as _,
};

use super::{ClusterRequest, find::IsoState};
use crate::{
    AppError, Fleet,
    isos::check_file,
    views::{IsoBuildRequest, IsoPlanView, KickstartSource},
};

/// An ISO that is not there yet.
pub(crate) struct ToBuild {
    pub name: String,
    /// Why it can't be built.
    pub problems: Vec<String>,
}

/// A section against this desk.
struct Planned {
    request: IsoBuildRequest,
    view: IsoPlanView,
    plan: Option<IsoBuildPlan>,
}

/// An IPU's.
const ARCHITECTURE: &str = "aarch64";

/// What the studio is asked for; the paths of a section start at the file's folder.
fn request_of(wanted: WantedIso, folder: &Path) -> IsoBuildRequest {
    let whole = |path: String| folder.join(path).display().to_string();
    IsoBuildRequest {
        name: wanted.name,
        output: wanted.output.map(whole),
        overwrite: false,
        base: IsoBase::File {
            path: whole(wanted.base),
        },
        image: match wanted.image {
            IsoImage::OciDir { path } => IsoImage::OciDir { path: whole(path) },
            IsoImage::OciArchive { path } => IsoImage::OciArchive { path: whole(path) },
            other @ (IsoImage::Registry { .. } | IsoImage::LocalStorage { .. }) => other,
        },
        reference: None,
        architecture: ARCHITECTURE.into(),
        kargs: wanted.kargs,
        removed_kargs: wanted.removed_kargs,
        kickstart: KickstartSource::File {
            path: whole(wanted.kickstart),
        },
        auth_file: None,
    }
}

/// The section, unless it is left out or another ISO was named.
fn section(cluster: &IsoCluster, request: &ClusterRequest) -> Option<Result<WantedIso, String>> {
    let left_out = request.skip_steps.iter().any(|step| step == ISO_BUILDER);
    if left_out || request.iso.is_some() {
        return None;
    }
    cluster.before.iter().find_map(|step| match &step.what {
        StepKind::IsoBuilder(builder) => Some(wanted_iso(builder)),
        StepKind::DpuFirmware { .. }
        | StepKind::RhSubscription(_)
        | StepKind::Microshift
        | StepKind::DpuOperatorDpu
        | StepKind::OutOfScope(_) => None,
    })
}

impl Fleet {
    /// Where the ISO of the section is; `None` where the file has no section.
    pub(super) async fn built_iso(
        &self,
        cluster: &IsoCluster,
        request: &ClusterRequest,
    ) -> Result<Option<IsoState>, AppError> {
        let wanted = match section(cluster, request) {
            None => return Ok(None),
            Some(Ok(wanted)) => wanted,
            Some(Err(why)) => {
                return Ok(Some(IsoState::Missing {
                    why: format!("{ISO_BUILDER}: {why}"),
                    next: Some(format!(
                        "or leave the step out (`--skip-steps {ISO_BUILDER}`)"
                    )),
                }));
            }
        };
        let request = request_of(wanted, &request.folder);
        let name = request.name.clone();
        let Planned { view, plan, .. } = match self.planned_section(request).await {
            Ok(planned) => planned,
            // A kickstart that is not there.
            Err(error) => {
                return Ok(Some(IsoState::ToBuild(Box::new(ToBuild {
                    name,
                    problems: vec![error.message],
                }))));
            }
        };
        if let Some(plan) = &plan
            && let Some(iso) = self.made_of_these(plan).await?
        {
            return Ok(Some(IsoState::InLibrary(Box::new(iso))));
        }
        Ok(Some(IsoState::ToBuild(Box::new(ToBuild {
            name: plan.map_or(name, |plan| plan.name),
            problems: view.problems,
        }))))
    }

    /// Only what this desk built itself is replaced.
    async fn planned_section(&self, mut request: IsoBuildRequest) -> Result<Planned, AppError> {
        let (mut view, mut made) = self.planned_build(&request).await?;
        if let Some((plan, _)) = &made
            && self.last_build(plan).await?.is_some()
        {
            request.overwrite = true;
            (view, made) = self.planned_build(&request).await?;
        }
        Ok(Planned {
            request,
            view,
            plan: made.map(|(plan, _)| plan),
        })
    }

    /// The last build of this output, where it was this very one and nothing of it is another since:
    /// neither the base nor the file that was made.
    async fn made_of_these(&self, plan: &IsoBuildPlan) -> Result<Option<Iso>, AppError> {
        let Some(job) = self.last_build(plan).await? else {
            return Ok(None);
        };
        let JobState::IsoBuild(IsoBuildState::Succeeded { built }) = &job.state else {
            return Ok(None);
        };
        if !is_the_same(&job, plan) {
            return Ok(None);
        }
        let Ok(iso) = self.store().iso(&built.iso).await else {
            return Ok(None);
        };
        if iso.facts.sha256 != built.sha256 || check_file(&iso).await.is_err() {
            return Ok(None);
        }
        for path in inputs(plan) {
            let changed = tokio::fs::metadata(path)
                .await
                .and_then(|file| file.modified());
            let older = changed.is_ok_and(|at| {
                let since = at.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                i64::try_from(since.as_millis()).is_ok_and(|ms| ms < job.created_at.as_millis())
            });
            if !older {
                return Ok(None);
            }
        }
        Ok(Some(iso))
    }

    async fn last_build(&self, plan: &IsoBuildPlan) -> Result<Option<Job>, AppError> {
        let filter = JobFilter {
            subject: Some(Subject::Iso(plan.output.clone())),
            active_only: false,
            limit: 1,
        };
        Ok(self.store().jobs(&filter).await?.into_iter().next())
    }

    /// The jobs that make the ISOs of a file's sections: begun now, or by whoever was here before
    /// and was stopped. An ISO whose image has not moved in its registry is not made again.
    ///
    /// # Errors
    /// What keeps one of them from being made; those that were begun go on.
    pub(super) async fn build_cluster_isos(
        &self,
        import: &Import,
        request: &ClusterRequest,
    ) -> Result<Vec<JobId>, AppError> {
        let mut jobs = Vec::new();
        for Planned { request, plan, .. } in self.sections_to_build(import, request).await? {
            if let Some(plan) = &plan
                && let Some(job) = self.last_build(plan).await?
                && job.state.outcome() == JobOutcome::Running
                && is_the_same(&job, plan)
            {
                jobs.push(job.id);
                continue;
            }
            jobs.push(self.build_iso(&request).await?);
        }
        jobs.dedup();
        Ok(jobs)
    }

    /// The names of the ISOs that [`Self::build_cluster_isos`] would make.
    pub(super) async fn isos_to_build(
        &self,
        import: &Import,
        request: &ClusterRequest,
    ) -> Result<Vec<String>, AppError> {
        let sections = self.sections_to_build(import, request).await?;
        let names = sections.into_iter().map(|section| match section.plan {
            Some(plan) => plan.name,
            None => section.request.name,
        });
        Ok(names.collect())
    }

    async fn sections_to_build(
        &self,
        import: &Import,
        request: &ClusterRequest,
    ) -> Result<Vec<Planned>, AppError> {
        let mut wanted = Vec::new();
        for part in self.cluster_parts(import, request).await? {
            if part.needs_library()
                && let Some(Ok(section)) = section(part.cluster, request)
            {
                wanted.push(request_of(section, &request.folder));
            }
        }
        let mut sections = Vec::new();
        for request in wanted {
            let planned = self.planned_section(request).await?;
            if let Some(plan) = &planned.plan
                && let Some(iso) = self.made_of_these(plan).await?
                && self.is_of_today(plan, &iso).await
            {
                continue;
            }
            sections.push(planned);
        }
        Ok(sections)
    }

    /// Whether the image's reference still means what is in the ISO. Where nobody can tell, it is
    /// made again: the build says why it can't be.
    async fn is_of_today(&self, plan: &IsoBuildPlan, iso: &Iso) -> bool {
        match &plan.image {
            IsoImage::Registry { reference } => {
                let arch = oci_architecture(&plan.architecture);
                let resolved = self.registry().await.resolve(reference, arch).await;
                resolved.is_ok_and(|now| Some(&now.digest) == iso.facts.image_digest.as_ref())
            }
            // Their files were looked at.
            IsoImage::OciDir { .. } | IsoImage::OciArchive { .. } => true,
            IsoImage::LocalStorage { .. } => false,
        }
    }
}

/// Whatever was there before it.
fn is_the_same(job: &Job, plan: &IsoBuildPlan) -> bool {
    let same = |of: &IsoBuildPlan| {
        let of = IsoBuildPlan {
            overwrite: plan.overwrite,
            ..of.clone()
        };
        of == *plan
    };
    matches!(&job.spec, JobSpec::IsoBuild(of) if same(of))
}

/// The files that it was made of; its kickstart is known by its hash.
fn inputs(plan: &IsoBuildPlan) -> Vec<&str> {
    let base = match &plan.base {
        IsoBase::File { path } => Some(path.as_str()),
        IsoBase::Url { .. } | IsoBase::ImageBuilder { .. } => None,
    };
    let image = match &plan.image {
        IsoImage::OciDir { path } | IsoImage::OciArchive { path } => Some(path.as_str()),
        IsoImage::Registry { .. } | IsoImage::LocalStorage { .. } => None,
    };
    base.into_iter().chain(image).collect()
}
