//! What the engine asks of whoever makes ISOs.

use async_trait::async_trait;

use super::{IsoBuildPlan, WrittenIso};
use crate::{
    failure::StepError,
    ids::{IsoId, JobId},
    image::ImageDigest,
    time::ByteCount,
};

/// A piece of long work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IsoWork {
    /// The base ISO into the cache, checked.
    FetchBase,
    /// The image as an OCI directory beside the output.
    FetchImage,
    /// One pass of xorriso into the temporary file.
    Write,
    /// The temporary file, read again from the disk.
    Verify(WrittenIso),
}

/// What a piece of work led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IsoWorkDone {
    Base,
    Image {
        digest: ImageDigest,
        /// Where the copy had to be converted: the digest in the source.
        source_digest: Option<ImageDigest>,
    },
    Written(WrittenIso),
    Verified {
        sha256: String,
    },
}

/// How a piece of background work stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildProgress<T> {
    /// Nothing of this kind runs here, and nothing has ended: it was not started, or in a process
    /// that is gone.
    Idle,
    Running {
        done: ByteCount,
        /// Zero where nobody knows.
        total: ByteCount,
    },
    Done(T),
    Failed(StepError),
}

/// Makes installer ISOs. One job has at most one piece of work at a time.
#[async_trait]
pub trait IsoTool: Send + Sync {
    /// Everything that can be found wrong before the long work: programs, files, room on the disk.
    /// Removes what an earlier run of the same output left. Answers with what it found, in words.
    async fn check(&self, plan: &IsoBuildPlan) -> Result<Vec<String>, StepError>;
    /// Starts a piece of work in the background; what an earlier piece of this job left is
    /// forgotten.
    async fn start(&self, job: &JobId, plan: &IsoBuildPlan, work: IsoWork)
    -> Result<(), StepError>;
    /// How this piece of work of the job stands.
    async fn progress(&self, job: &JobId, work: &IsoWork) -> BuildProgress<IsoWorkDone>;
    /// Whether the temporary file is there in the size that was written.
    async fn written_is_there(&self, plan: &IsoBuildPlan, written: &WrittenIso) -> bool;
    /// Puts the verified file in its place and into the library. Doing it again answers the same.
    async fn keep(
        &self,
        job: &JobId,
        plan: &IsoBuildPlan,
        written: &WrittenIso,
        sha256: &str,
    ) -> Result<IsoId, StepError>;
    /// Stops the job's work and everything it started; answers when nothing runs any more.
    async fn cancel(&self, job: &JobId);
    /// Removes temporary files; with `forget` also the job's secrets.
    async fn clean(&self, job: &JobId, plan: &IsoBuildPlan, forget: bool) -> Result<(), StepError>;
}
