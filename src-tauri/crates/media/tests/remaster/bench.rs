//! A workshop with one build on it.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use slipway_core::{
    failure::StepError,
    ids::JobId,
    job::{
        IsoBuildPlan,
        iso_build::{BuildProgress, IsoBase, IsoImage, IsoWork, IsoWorkDone, WrittenIso},
    },
    kickstart::{KickstartForm, render},
    secret::Password,
};
use slipway_media::{ImageAccess, Workshop};
use tempfile::TempDir;

use crate::anaconda::{self, Layout};

const DEADLINE: Duration = Duration::from_secs(120);

pub struct Bench {
    pub dir: TempDir,
    pub workshop: Workshop,
    pub plan: IsoBuildPlan,
    pub digest: String,
    pub job: JobId,
}

impl Bench {
    /// A base of this layout, an OCI directory, and the plan of both.
    pub fn new(layout: Layout) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let base = anaconda::base(dir.path(), layout);
        let oci = dir.path().join("oci");
        let digest = anaconda::oci_dir(&oci, layout.machine(), 3_000_000);
        let plan = IsoBuildPlan {
            name: "dpu-os.iso".into(),
            output: dir.path().join("out/dpu-os.iso").display().to_string(),
            overwrite: false,
            base: IsoBase::File {
                path: base.display().to_string(),
            },
            image: IsoImage::OciDir {
                path: oci.display().to_string(),
            },
            reference: Some("quay.io/lab/dpu-os:stable".parse().unwrap()),
            architecture: layout.machine().into(),
            kargs: vec![
                "ip=192.168.0.2:::255.255.255.0::enp0s1f0:off".into(),
                "netroot=iscsi:192.168.0.1::::iqn.e2000:acc".into(),
                "acpi=force".into(),
            ],
            removed_kargs: vec!["quiet".into()],
            kickstart_sha256: String::new(),
            contains_secrets: false,
            auth_file: None,
        };
        std::fs::create_dir(dir.path().join("out")).unwrap();
        Self {
            workshop: Workshop::new(dir.path().join("cache")),
            plan,
            digest,
            job: JobId::new(),
            dir,
        }
    }

    pub fn output(&self) -> PathBuf {
        self.plan.output.clone().into()
    }

    pub fn kickstart() -> Password {
        let form = KickstartForm {
            origin: Some("quay.io/lab/dpu-os:stable".parse().unwrap()),
            ..KickstartForm::default()
        };
        render(&form).unwrap().text
    }

    /// One piece of work, to its end.
    pub async fn work(&self, what: IsoWork) -> Result<IsoWorkDone, StepError> {
        self.workshop.start(
            &self.job,
            &self.plan,
            Some(Self::kickstart()),
            ImageAccess::default(),
            what.clone(),
        )?;
        let until = Instant::now() + DEADLINE;
        loop {
            match self.workshop.progress(&self.job, &what) {
                BuildProgress::Done(done) => return Ok(done),
                BuildProgress::Failed(error) => return Err(error),
                BuildProgress::Idle => panic!("{what:?} was not started"),
                BuildProgress::Running { .. } => {}
            }
            assert!(Instant::now() < until, "{what:?} takes too long");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub async fn written(&self) -> Result<WrittenIso, StepError> {
        self.workshop
            .check(&self.plan, &ImageAccess::default())
            .await?;
        self.work(IsoWork::FetchBase).await?;
        self.work(IsoWork::FetchImage).await?;
        match self.work(IsoWork::Write).await? {
            IsoWorkDone::Written(written) => Ok(written),
            other => panic!("{other:?}"),
        }
    }

    /// The whole build; answers with the SHA-256 of the ISO in its place.
    pub async fn build(&self) -> Result<String, StepError> {
        let written = self.written().await?;
        let verified = self.work(IsoWork::Verify(written.clone())).await?;
        self.workshop.put_in_place(&self.plan, &written)?;
        self.workshop.clean(&self.plan).await?;
        match verified {
            IsoWorkDone::Verified { sha256 } => Ok(sha256),
            other => panic!("{other:?}"),
        }
    }

    /// What lies beside the output, the output too.
    pub fn beside(&self) -> Vec<String> {
        listing(self.output().parent().unwrap())
    }
}

pub fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
