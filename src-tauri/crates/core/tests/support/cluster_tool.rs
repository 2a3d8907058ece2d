//! A desk with a cluster file: builds that end by the tests' clock, and what was deployed.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use slipway_core::{
    batch::BatchRules,
    failure::{Failure, FailureKind, Retry, StepError},
    ids::JobId,
    job::{
        Begun, ClusterDeployPlan, ClusterTool, JobSpec,
        cluster_deploy::{BuildStanding, ClusterDeployChoices},
    },
};

use super::TestClock;

/// How long a build takes.
pub const BUILD: Duration = Duration::from_secs(90);

pub fn cluster_deploy_plan() -> ClusterDeployPlan {
    let card = |name: &str| ("lab".to_owned(), name.to_owned());
    ClusterDeployPlan {
        file: "/lab/cluster.yaml".into(),
        variables: Some("/lab/values.yaml".into()),
        seen: "0123456789abcdef".repeat(8),
        title: "Deploy 2 cards of cluster.yaml".into(),
        isos: vec!["made.iso".into()],
        cards: vec![card("acc-1"), card("acc-2")],
        rules: BatchRules::default(),
        choices: ClusterDeployChoices {
            skip_steps: vec!["rh_subscription".into()],
            pull_secret: true,
            ..ClusterDeployChoices::default()
        },
    }
}

pub fn cluster_deploy() -> JobSpec {
    JobSpec::ClusterDeploy(cluster_deploy_plan())
}

struct Build {
    id: JobId,
    begun_at: i64,
    stopped: bool,
}

/// What a test changes, and what it looks at afterwards.
#[derive(Default)]
pub struct Desk {
    builds: Vec<Build>,
    pub begun: Vec<Begun>,
    pub forgotten: bool,
    pub changed: bool,
    pub locked: bool,
    /// Every build ends with it.
    pub build_fails: Option<Failure>,
    /// The deployment is begun, and the answer is an error all the same.
    pub begin_breaks: bool,
}

pub struct ClusterDesk {
    clock: Arc<TestClock>,
    desk: Mutex<Desk>,
}

impl ClusterDesk {
    pub fn new(clock: Arc<TestClock>) -> Self {
        Self {
            clock,
            desk: Mutex::default(),
        }
    }

    pub fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap()
    }

    pub fn builds_begun(&self) -> usize {
        self.desk().builds.len()
    }

    /// Somebody stops every build that runs.
    pub fn stop_builds(&self) {
        for build in &mut self.desk().builds {
            build.stopped = true;
        }
    }

    pub fn build_runs(&self) -> bool {
        let desk = self.desk();
        let runs =
            |build: &Build| matches!(self.standing(&desk, build), BuildStanding::Runs { .. });
        desk.builds.iter().any(runs)
    }

    fn standing(&self, desk: &Desk, build: &Build) -> BuildStanding {
        let gone = self.clock.millis() - build.begun_at;
        if build.stopped {
            BuildStanding::Cancelled
        } else if gone < i64::try_from(BUILD.as_millis()).unwrap() {
            BuildStanding::Runs {
                what: "made.iso: xorriso writes the ISO".into(),
                bytes: None,
            }
        } else {
            match &desk.build_fails {
                Some(failure) => BuildStanding::Failed(failure.clone()),
                None => BuildStanding::Succeeded,
            }
        }
    }

    /// As every step does that reads the file.
    fn open(&self) -> Result<MutexGuard<'_, Desk>, StepError> {
        self.clock.advance(Duration::from_millis(5));
        let desk = self.desk();
        if desk.changed {
            return Err(StepError::new(
                FailureKind::Precondition,
                "cluster.yaml was changed since it was confirmed; nothing was deployed",
            )
            .hint("look at its plan, and deploy it again"));
        }
        if desk.locked {
            return Err(
                StepError::new(FailureKind::Local, "the secret file is locked").transient(),
            );
        }
        assert!(!desk.forgotten, "what was typed is needed");
        Ok(desk)
    }
}

pub fn disk_is_full() -> Failure {
    Failure {
        kind: FailureKind::Local,
        step: "Write the ISO".into(),
        message: "the disk is full".into(),
        causes: vec!["12 MB are free".into()],
        retry: Retry::AfterFix("make room for 2 GB".into()),
    }
}

#[async_trait]
impl ClusterTool for ClusterDesk {
    async fn check(&self, _job: &JobId, _plan: &ClusterDeployPlan) -> Result<(), StepError> {
        self.open().map(drop)
    }

    async fn begin_builds(
        &self,
        _job: &JobId,
        _plan: &ClusterDeployPlan,
    ) -> Result<Vec<JobId>, StepError> {
        let mut desk = self.open()?;
        for build in &desk.builds {
            match self.standing(&desk, build) {
                BuildStanding::Runs { .. } => return Ok(vec![build.id.clone()]),
                // It is in the library.
                BuildStanding::Succeeded => return Ok(vec![]),
                BuildStanding::Failed(_) | BuildStanding::Cancelled => {}
            }
        }
        let id = JobId::new();
        desk.builds.push(Build {
            id: id.clone(),
            begun_at: self.clock.millis(),
            stopped: false,
        });
        Ok(vec![id])
    }

    async fn build(&self, build: &JobId) -> Result<BuildStanding, StepError> {
        let desk = self.desk();
        let found = desk.builds.iter().find(|known| known.id == *build);
        Ok(self.standing(&desk, found.expect("a build that was begun")))
    }

    async fn cancel_build(&self, build: &JobId) -> Result<(), StepError> {
        let mut desk = self.desk();
        let found = desk.builds.iter_mut().find(|known| known.id == *build);
        found.expect("a build that was begun").stopped = true;
        Ok(())
    }

    async fn has_begun(&self, begun: &Begun) -> Result<bool, StepError> {
        Ok(self.desk().begun.contains(begun))
    }

    async fn begin(
        &self,
        _job: &JobId,
        _plan: &ClusterDeployPlan,
        begun: &Begun,
    ) -> Result<(), StepError> {
        let mut desk = self.open()?;
        assert!(!desk.begun.contains(begun), "begun twice");
        desk.begun.push(begun.clone());
        match desk.begin_breaks {
            true => Err(StepError::new(FailureKind::Local, "the database is gone")),
            false => Ok(()),
        }
    }

    async fn forget(&self, _job: &JobId) -> Result<(), StepError> {
        self.desk().forgotten = true;
        Ok(())
    }
}
