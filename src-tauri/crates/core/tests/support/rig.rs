//! An engine over the simulated card: steps, waits, kills.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use slipway_core::{
    ids::{DpuId, JobId},
    job::{Job, JobSpec, JobStore, JobStoreError, Policy, Subject, engine::Engine},
    ports::Clock,
    time::Timestamp,
};

pub use super::store::Broken as When;
use super::{
    MemoryStore, TestClock,
    access::{FakeSubjects, Sim},
    cluster_tool::ClusterDesk,
    iso_tool::Workbench,
    store::FlakyStore,
    world::World,
};

/// More steps than any job of these tests takes.
const TOO_MANY: u32 = 20_000;

pub struct Rig {
    pub clock: Arc<TestClock>,
    pub store: Arc<MemoryStore>,
    pub policy: Policy,
    pub engine: Engine,
    sim: Sim,
    flaky: Arc<FlakyStore>,
    pub tool: Arc<Workbench>,
    pub cluster: Arc<ClusterDesk>,
    pub dpu: DpuId,
}

impl Rig {
    pub fn new() -> Self {
        let clock = Arc::new(TestClock::new());
        let sim = Sim {
            world: Arc::new(Mutex::new(World::new())),
            clock: clock.clone(),
        };
        let store = Arc::new(MemoryStore::default());
        let flaky = Arc::new(FlakyStore {
            inner: store.clone(),
            plan: Mutex::new(None),
        });
        // Short deadlines of its own, so that tests of deadlines read in seconds.
        let policy = Policy {
            observe_s: 60,
            prepare_s: 60,
            insert_s: 300,
            imc_return_s: 120,
            installer_start_s: 60,
            install_s: 300,
            staging_s: 300,
            reboot_s: 120,
            health_s: 120,
            microshift_s: 120,
            flash_s: 300,
            cleanup_s: 60,
            fetch_s: 300,
            build_s: 300,
            ..Policy::lab()
        };
        let tool = Arc::new(Workbench::new(clock.clone()));
        let cluster = Arc::new(ClusterDesk::new(clock.clone()));
        let engine = engine(&flaky, &sim, (&tool, &cluster), &policy);
        let dpu = "0190000000007000a0000000000000dd".parse().unwrap();
        Self {
            clock,
            store,
            policy,
            engine,
            sim,
            flaky,
            tool,
            cluster,
            dpu,
        }
    }

    /// A card whose world was changed first.
    pub fn with(change: impl FnOnce(&mut World)) -> Self {
        let rig = Self::new();
        change(&mut rig.world());
        rig
    }

    /// The card, without time passing.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.sim.look()
    }

    pub async fn submit(&self, spec: JobSpec) -> JobId {
        let subject = match &spec {
            JobSpec::IsoBuild(plan) => Subject::Iso(plan.output.clone()),
            JobSpec::ImageBuild(plan) => Subject::Image(plan.reference.clone()),
            JobSpec::Marvell(plan) => Subject::Host(plan.host.clone()),
            JobSpec::ClusterDeploy(plan) => Subject::Cluster(plan.file.clone()),
            JobSpec::Deployment(_) | JobSpec::BootChange(_) => Subject::Card(self.dpu.clone()),
        };
        let mut job = Job::new(subject, spec, self.clock.now());
        // The back-off's spread comes from the id: the same in every run.
        job.id = "0190000000007000a000000000000001".parse().unwrap();
        self.store
            .submit(&job, "asked for by a test")
            .await
            .expect("the subject is free");
        job.id
    }

    /// The n-th save from now (from 1) goes wrong, once.
    pub fn break_save(&self, n: u32, when: When) {
        *self.flaky.plan.lock().unwrap() = Some((n, when));
    }

    pub fn save_is_still_to_break(&self) -> bool {
        self.flaky.plan.lock().unwrap().is_some()
    }

    /// The process ends and another one starts after `gap`: what was only in memory is gone, and so
    /// is the server that the IMC downloads from.
    pub fn kill(&mut self, gap: Duration) {
        self.world().server_dies();
        self.tool.process_dies();
        self.clock.advance(gap);
        self.engine = self.another_engine();
    }

    /// What the engine opens cards by.
    pub fn subjects(&self) -> FakeSubjects {
        FakeSubjects {
            sim: self.sim.clone(),
            tool: self.tool.clone(),
            cluster: self.cluster.clone(),
        }
    }

    /// Another process over the same database.
    pub fn another_engine(&self) -> Engine {
        let tools = (&self.tool, &self.cluster);
        engine(&self.flaky, &self.sim, tools, &self.policy)
    }

    /// One step of what is due, moving the clock to it. `None` when nothing is left to do.
    pub async fn step(&self) -> Option<Result<Job, JobStoreError>> {
        loop {
            let due = self.engine.due(10).await.expect("the store answers");
            if let Some(job) = due.into_iter().next() {
                return Some(self.engine.advance(job).await);
            }
            let wake: Timestamp = self.store.next_wake().await.expect("the store answers")?;
            self.clock.advance_to(wake);
        }
    }

    /// Steps until the job has ended; `after_each` may kill, cancel, break.
    pub async fn run_with(
        &mut self,
        id: &JobId,
        mut after_each: impl FnMut(&mut Self, &Job),
    ) -> Job {
        for _ in 0..TOO_MANY {
            match self.step().await {
                None => return self.store.stored(id),
                Some(Ok(job)) => after_each(self, &job),
                Some(Err(JobStoreError::Database(_))) => {
                    let job = self.store.stored(id);
                    after_each(self, &job);
                }
                Some(Err(error)) => panic!("{error}"),
            }
        }
        panic!(
            "`{}` never ends; it was last seen {:?}",
            self.store.stored(id).state.name(),
            self.history(id)
        );
    }

    /// Runs to the end; the process is killed after each of these saves (from 1), and another is there
    /// after `gap`.
    pub async fn run_killed_after(
        &mut self,
        id: &JobId,
        saves: std::ops::Range<u32>,
        gap: Duration,
    ) -> Job {
        let mut saved = 0;
        let killing = |rig: &mut Self, _: &Job| {
            saved += 1;
            if saves.contains(&saved) {
                rig.kill(gap);
            }
        };
        self.run_with(id, killing).await
    }

    /// Runs to the end; the process is killed when it has done what this save (from 1) would tell of.
    pub async fn run_killed_instead_of(&mut self, id: &JobId, save: u32, gap: Duration) -> Job {
        self.break_save(save, When::Save);
        let mut broke = false;
        let killing = |rig: &mut Self, _: &Job| {
            if !broke && !rig.save_is_still_to_break() {
                broke = true;
                rig.kill(gap);
            }
        };
        self.run_with(id, killing).await
    }

    pub async fn run(&mut self, id: &JobId) -> Job {
        self.run_with(id, |_, _| {}).await
    }

    /// Submits and runs to the end.
    pub async fn run_job(&mut self, spec: JobSpec) -> Job {
        let id = self.submit(spec).await;
        self.run(&id).await
    }

    /// Steps until the job has entered the state of this name.
    pub async fn run_until(&mut self, id: &JobId, state: &str) -> Job {
        for _ in 0..TOO_MANY {
            let job = self.store.stored(id);
            if job.state.name() == state {
                return job;
            }
            assert!(
                !job.state.is_terminal(),
                "it ended before `{state}`: {:?}",
                job.state
            );
            self.step().await.expect("a job").expect("a save");
        }
        panic!("`{state}` was never reached");
    }

    /// The texts of the job's history.
    pub fn history(&self, id: &JobId) -> Vec<String> {
        let events = self.store.history(id);
        events
            .into_iter()
            .map(|event| format!("{}: {}", event.step, event.text))
            .collect()
    }

    /// How long ago the test began.
    pub fn elapsed(&self) -> Duration {
        self.clock.now().since(Timestamp::from_millis(super::START))
    }
}

fn engine(
    store: &Arc<FlakyStore>,
    sim: &Sim,
    (tool, cluster): (&Arc<Workbench>, &Arc<ClusterDesk>),
    policy: &Policy,
) -> Engine {
    let subjects = Arc::new(FakeSubjects {
        sim: sim.clone(),
        tool: tool.clone(),
        cluster: cluster.clone(),
    });
    Engine::new(store.clone(), subjects, sim.clock.clone(), policy.clone())
}
