//! A simulated workshop: work takes looks, a process that dies loses it, and files stay behind.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use slipway_core::{
    failure::{FailureKind, StepError},
    ids::{IsoId, JobId},
    job::{
        IsoBuildPlan, IsoTool, JobSpec,
        iso_build::{BuildProgress, IsoBase, IsoImage, IsoWork, IsoWorkDone, WrittenIso},
    },
    time::ByteCount,
};

use super::{TestClock, digest, reference};

/// Looks that a piece of work takes.
const LOOKS: u32 = 3;

/// What goes wrong, once, in the piece of work of this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Transient(&'static str),
    Final(&'static str),
}

#[derive(Default)]
struct Bench {
    running: Option<(IsoWork, u32)>,
    /// On the disk: it stays when the process dies.
    files: BTreeSet<&'static str>,
    fault: Option<Fault>,
    started: Vec<&'static str>,
    kept: u32,
    secret_forgotten: bool,
    cannot_clean: bool,
    never_ends: bool,
}

pub struct Workbench {
    bench: Mutex<Bench>,
    clock: Arc<TestClock>,
}

fn name(work: &IsoWork) -> &'static str {
    match work {
        IsoWork::FetchBase => "base",
        IsoWork::FetchImage => "image",
        IsoWork::Write => "write",
        IsoWork::Verify(_) => "verify",
    }
}

impl Workbench {
    pub fn new(clock: Arc<TestClock>) -> Self {
        Self {
            bench: Mutex::default(),
            clock,
        }
    }

    fn bench(&self) -> MutexGuard<'_, Bench> {
        self.clock.advance(Duration::from_millis(5));
        self.bench.lock().unwrap()
    }

    /// The background work of this process is gone; what it wrote is not.
    pub fn process_dies(&self) {
        self.bench().running = None;
    }

    pub fn fail_once(&self, fault: Fault) {
        self.bench().fault = Some(fault);
    }

    pub fn hang(&self) {
        self.bench().never_ends = true;
    }

    pub fn refuse_to_clean(&self) {
        self.bench().cannot_clean = true;
    }

    pub fn lose(&self, file: &'static str) {
        self.bench().files.remove(file);
    }

    pub fn files(&self) -> Vec<&'static str> {
        self.bench().files.iter().copied().collect()
    }

    /// The pieces of work that were started, in order.
    pub fn started(&self) -> Vec<&'static str> {
        self.bench().started.clone()
    }

    pub fn kept(&self) -> u32 {
        self.bench().kept
    }

    pub fn runs(&self) -> bool {
        self.bench().running.is_some()
    }

    pub fn secret_is_forgotten(&self) -> bool {
        self.bench().secret_forgotten
    }
}

pub fn written() -> WrittenIso {
    WrittenIso {
        size: ByteCount(2_000_000_000),
        md5: "0123456789abcdef".repeat(2),
        digest: digest('b'),
        source_digest: None,
    }
}

pub fn iso_build_plan() -> IsoBuildPlan {
    IsoBuildPlan {
        name: "dpu-os.iso".into(),
        output: "/isos/dpu-os.iso".into(),
        overwrite: false,
        base: IsoBase::Url {
            url: "https://mirror.example/rhel-9.6-aarch64-boot.iso"
                .parse()
                .unwrap(),
            sha256: "fedcba9876543210".repeat(4),
        },
        image: IsoImage::Registry {
            reference: reference(super::STABLE),
        },
        reference: Some(reference(super::STABLE)),
        architecture: "aarch64".into(),
        kargs: vec!["acpi=force".into()],
        removed_kargs: vec!["quiet".into()],
        kickstart_sha256: "a".repeat(64),
        contains_secrets: true,
        auth_file: None,
    }
}

pub fn iso_build() -> JobSpec {
    JobSpec::IsoBuild(iso_build_plan())
}

#[async_trait]
impl IsoTool for Workbench {
    async fn check(&self, _plan: &IsoBuildPlan) -> Result<Vec<String>, StepError> {
        let mut bench = self.bench();
        bench
            .files
            .retain(|file| *file == "output" || *file == "cache");
        Ok(vec!["4.0 GB needed, 9.0 GB free".into()])
    }

    async fn start(
        &self,
        _job: &JobId,
        _plan: &IsoBuildPlan,
        work: IsoWork,
    ) -> Result<(), StepError> {
        let mut bench = self.bench();
        assert!(bench.running.is_none(), "one piece of work at a time");
        bench.started.push(name(&work));
        if work == IsoWork::Write {
            bench.files.insert("part");
        }
        bench.running = Some((work, 0));
        Ok(())
    }

    async fn progress(&self, _job: &JobId, work: &IsoWork) -> BuildProgress<IsoWorkDone> {
        let mut bench = self.bench();
        let (fault, never_ends) = (bench.fault, bench.never_ends);
        let Some((running, looks)) = &mut bench.running else {
            return BuildProgress::Idle;
        };
        if running != work {
            // The piece before it has ended.
            bench.running = None;
            return BuildProgress::Idle;
        }
        *looks += 1;
        if *looks < LOOKS || never_ends {
            return BuildProgress::Running {
                done: ByteCount(u64::from(*looks)),
                total: ByteCount(u64::from(LOOKS)),
            };
        }
        match fault {
            Some(Fault::Transient(at)) if at == name(work) => {
                bench.fault = None;
                let error = StepError::new(FailureKind::Unreachable, "the mirror does not answer");
                return BuildProgress::Failed(error.transient());
            }
            Some(Fault::Final(at)) if at == name(work) => {
                let error = StepError::new(FailureKind::Local, "the disk is full");
                return BuildProgress::Failed(error.hint("make room, then retry"));
            }
            Some(_) | None => {}
        }
        BuildProgress::Done(match work {
            IsoWork::FetchBase => {
                bench.files.insert("cache");
                IsoWorkDone::Base
            }
            IsoWork::FetchImage => {
                bench.files.insert("work");
                IsoWorkDone::Image {
                    digest: digest('b'),
                    source_digest: None,
                }
            }
            IsoWork::Write => IsoWorkDone::Written(written()),
            IsoWork::Verify(_) => IsoWorkDone::Verified {
                sha256: "0123456789abcdef".repeat(4),
            },
        })
    }

    async fn written_is_there(&self, _plan: &IsoBuildPlan, _written: &WrittenIso) -> bool {
        self.bench().files.contains("part")
    }

    async fn keep(
        &self,
        _job: &JobId,
        _plan: &IsoBuildPlan,
        _written: &WrittenIso,
        _sha256: &str,
    ) -> Result<IsoId, StepError> {
        let mut bench = self.bench();
        if bench.files.remove("part") {
            bench.files.insert("output");
            bench.kept += 1;
        }
        assert!(bench.files.contains("output"), "nothing to keep");
        Ok("0190000000007000a0000000000000aa".parse().unwrap())
    }

    async fn cancel(&self, _job: &JobId) {
        self.bench().running = None;
    }

    async fn clean(
        &self,
        _job: &JobId,
        _plan: &IsoBuildPlan,
        forget: bool,
    ) -> Result<(), StepError> {
        let mut bench = self.bench();
        bench.secret_forgotten |= forget;
        if bench.cannot_clean {
            return Err(StepError::new(FailureKind::Local, "read-only file system"));
        }
        bench
            .files
            .retain(|file| *file == "output" || *file == "cache");
        Ok(())
    }
}
