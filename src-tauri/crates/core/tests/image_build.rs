//! The steps of an image build, with a podman that says what it is told to.

#![expect(clippy::unwrap_used, reason = "a test stops where its set-up fails")]

use std::sync::Mutex;

use async_trait::async_trait;
use slipway_core::{
    failure::{FailureKind, StepError},
    ids::JobId,
    image::{Architecture, ImageDigest, ImageReference},
    image_build::{BuildFolder, ImageBuildPlan, ImageSource, LocalImage},
    job::{
        BuildContext, ImageBuildState as State, ImageTool, Policy, Residue, StepOutcome, Terminal,
        image_build::{BuiltImage, ImageProgress, ImageWork, ImageWorkDone, step},
    },
    time::{ByteCount, Timestamp},
};

/// What podman and the registry answer; and what they were asked to do.
struct Podman {
    progress: Mutex<Vec<ImageProgress>>,
    image: Option<LocalImage>,
    registry: ImageDigest,
    asked: Mutex<Vec<String>>,
}

fn digest(digit: char) -> ImageDigest {
    format!("sha256:{}", digit.to_string().repeat(64))
        .parse()
        .unwrap()
}

fn image(architecture: &str) -> LocalImage {
    LocalImage {
        id: "abc".into(),
        names: vec![],
        digest: Some(digest('a')),
        architecture: Some(architecture.into()),
        version: None,
        size: ByteCount(1),
        created: None,
        is_bootc: true,
        labels: std::collections::BTreeMap::new(),
        layers: None,
        history: vec![],
    }
}

impl Podman {
    fn new(progress: Vec<ImageProgress>) -> Self {
        Self {
            progress: Mutex::new(progress),
            image: Some(image("arm64")),
            registry: digest('b'),
            asked: Mutex::default(),
        }
    }

    fn asked(&self, what: impl Into<String>) {
        self.asked.lock().unwrap().push(what.into());
    }
}

#[async_trait]
impl ImageTool for Podman {
    async fn check(&self, _: &ImageBuildPlan) -> Result<Vec<String>, StepError> {
        Ok(vec!["storage: vfs".into()])
    }
    async fn start(&self, _: &JobId, _: &ImageBuildPlan, work: ImageWork) -> Result<(), StepError> {
        self.asked(format!("start {work:?}"));
        Ok(())
    }
    async fn progress(&self, _: &JobId, _: ImageWork) -> Result<ImageProgress, StepError> {
        let mut all = self.progress.lock().unwrap();
        Ok(if all.len() > 1 {
            all.remove(0)
        } else {
            all[0].clone()
        })
    }
    async fn inspect(&self, _: &str) -> Result<Option<LocalImage>, StepError> {
        Ok(self.image.clone())
    }
    async fn tag(&self, id: &str, reference: &ImageReference) -> Result<(), StepError> {
        self.asked(format!("tag {id} {reference}"));
        Ok(())
    }
    async fn in_registry(&self, _: &ImageBuildPlan) -> Result<ImageDigest, StepError> {
        Ok(self.registry.clone())
    }
    async fn cancel(&self, _: &JobId) -> Vec<Residue> {
        self.asked("cancel");
        vec![]
    }
    async fn clean(&self, _: &JobId, _: Option<&BuiltImage>) -> Result<(), StepError> {
        self.asked("clean");
        Ok(())
    }
}

fn plan(push: bool) -> ImageBuildPlan {
    ImageBuildPlan {
        source: ImageSource::Folder(BuildFolder {
            folder: "/src".into(),
            containerfile: "Containerfile".into(),
            args: vec![],
            secrets: vec![],
            selinux_unconfined: false,
            pull_newer: false,
        }),
        architecture: Architecture::Aarch64,
        reference: "quay.io/lab/os:1".parse().unwrap(),
        push,
        auth_file: None,
    }
}

async fn stepped(
    plan: &ImageBuildPlan,
    state: &State,
    podman: &Podman,
) -> Result<StepOutcome<State>, StepError> {
    let (job, policy, notes) = (JobId::new(), Policy::hardware(), Mutex::default());
    let tool: &dyn ImageTool = podman;
    let cx = BuildContext {
        job: &job,
        tool,
        now: Timestamp::from_millis(0),
        policy: &policy,
        notes: &notes,
    };
    let outcome = step(plan, state, &cx).await;
    if let Ok(StepOutcome::Advance(next)) = &outcome {
        assert!(state.can_become(next), "{state:?} → {next:?}");
    }
    outcome
}

async fn to_the_end(plan: &ImageBuildPlan, podman: &Podman) -> State {
    let mut state = State::Queued;
    for _ in 0..40 {
        match stepped(plan, &state, podman).await.unwrap() {
            StepOutcome::Advance(next) => state = next,
            StepOutcome::Wait(_) => {}
            StepOutcome::Fail(error) => panic!("{error:?}"),
        }
        if state.outcome() != slipway_core::dpu::JobOutcome::Running {
            return state;
        }
    }
    panic!("it goes on and on: {state:?}");
}

#[tokio::test]
async fn an_image_is_built_named_pushed_and_looked_for_in_its_registry() {
    let built = ImageProgress::Done(ImageWorkDone::Built { id: "abc".into() });
    let pushed = ImageProgress::Done(ImageWorkDone::Pushed {
        digest: digest('b'),
    });
    let podman = Podman::new(vec![
        ImageProgress::Idle,
        ImageProgress::Running(None),
        built,
        ImageProgress::Idle,
        ImageProgress::Running(None),
        pushed,
    ]);
    let State::Succeeded { built } = to_the_end(&plan(true), &podman).await else {
        panic!("it succeeds");
    };
    assert_eq!((built.digest, built.pushed), (digest('b'), true));
    assert_eq!(
        *podman.asked.lock().unwrap(),
        [
            "start Build",
            "tag abc quay.io/lab/os:1",
            "start Push",
            "cancel",
            "clean"
        ]
    );
}

#[tokio::test]
async fn an_image_of_another_architecture_gets_no_name() {
    let mut podman = Podman::new(vec![ImageProgress::Idle]);
    podman.image = Some(image("amd64"));
    let state = State::Naming { id: "abc".into() };
    let Ok(StepOutcome::Fail(error)) = stepped(&plan(false), &state, &podman).await else {
        panic!("it must not pass");
    };
    assert_eq!(error.kind, FailureKind::WrongImage);
    assert!(podman.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_the_registry_has_decides_whether_a_push_succeeded() {
    let podman = Podman::new(vec![ImageProgress::Idle]);
    let built = BuiltImage {
        reference: "quay.io/lab/os:1".parse().unwrap(),
        id: "abc".into(),
        digest: digest('c'),
        pushed: true,
    };
    let state = State::Verifying { built };
    let Ok(StepOutcome::Fail(error)) = stepped(&plan(true), &state, &podman).await else {
        panic!("another digest is no success");
    };
    assert!(error.causes[0].contains(digest('b').as_str()), "{error:?}");
}

#[tokio::test]
async fn a_cancel_stops_podman_before_it_is_told_done() {
    let podman = Podman::new(vec![ImageProgress::Idle]);
    let state = State::CleaningUp {
        then: Terminal::Cancelled,
    };
    let Ok(StepOutcome::Advance(State::Cancelled { residue })) =
        stepped(&plan(true), &state, &podman).await
    else {
        panic!("it is cancelled");
    };
    assert_eq!(residue, []);
    assert_eq!(*podman.asked.lock().unwrap(), ["cancel", "clean"]);
}
