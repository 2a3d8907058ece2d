//! `slipctl iso build --image-builder` with the real podman and a real registry. The builder itself is
//! a stand-in: a container that takes osbuild's arguments, looks at them and at its config.toml, and
//! gives an ISO that was made before. osbuild's own has not been run.

use std::{
    fs,
    path::PathBuf,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use super::images::{of_storage, own_storage, podman_runs, processes, with_podman};
use crate::support::{
    desk::{Ran, Running},
    eventually,
    studio::{Registry, Scene, anaconda, missing},
};

const BUILDER: &str = "localhost/builder:1";

/// What stands in for osbuild. `REFERENCE` and `MARK` are put in.
const STAND_IN: &str = include_str!("support/builder.sh");

struct Studio {
    scene: Scene,
    _registry: Registry,
    reference: String,
    kickstart: PathBuf,
    mark: String,
}

fn podman(scene: &Scene, words: &[&str]) -> String {
    let mut command = Command::new("podman");
    let output = of_storage(&scene.desk, command.args(words))
        .output()
        .unwrap();
    assert!(output.status.success(), "{words:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

impl Studio {
    /// An image in a registry, and a builder. `None`: podman can't run here.
    fn open() -> Option<Self> {
        if !podman_runs() || missing(&["docker-registry", "skopeo"]) {
            return None;
        }
        let scene = Scene::new(1000);
        own_storage(&scene.desk);
        let registry = Registry::start(&scene.desk.beside("registry"), None);
        let reference = format!("{}/lab/os:1", registry.host);
        let context = scene.desk.beside("context");
        let build = |containerfile: &str, name: &str| {
            fs::write(context.join("Containerfile"), containerfile).unwrap();
            podman(
                &scene,
                &["build", "-q", "-t", name, anaconda::text(&context)],
            );
        };
        build(
            "FROM scratch\nCOPY busybox /bin/busybox\nLABEL containers.bootc=1\n",
            &reference,
        );
        podman(&scene, &["push", "-q", "--tls-verify=false", &reference]);

        // The ISO that the stand-in gives: ours, by kickstart.
        let x86 = scene.desk.beside("x86");
        fs::create_dir(&x86).unwrap();
        let base = anaconda::base(&x86, anaconda::Layout::Hybrid);
        let given = context.join("install.iso");
        let image = format!("docker://{reference}");
        let words = [
            "iso",
            "build",
            "given",
            "--arch",
            "x86_64",
            "--karg",
            "quiet",
            "--image",
            &image,
            "--base",
            anaconda::text(&base),
            "--output",
            anaconda::text(&given),
        ];
        scene.desk.run(&words).good();
        scene.desk.run(&["iso", "remove", "given.iso"]).good();
        // Of this test alone: others of the same process run beside it.
        static SCENES: AtomicU32 = AtomicU32::new(0);
        let scene_number = SCENES.fetch_add(1, Ordering::Relaxed);
        let mark = format!("8{}{scene_number}", std::process::id());
        let script = STAND_IN
            .replace("REFERENCE", &reference)
            .replace("MARK", &mark);
        fs::write(context.join("build.sh"), script).unwrap();
        build(
            "FROM scratch\nCOPY busybox /bin/busybox\nCOPY build.sh install.iso /\n\
             ENTRYPOINT [\"/bin/busybox\", \"sh\", \"/build.sh\"]\n",
            BUILDER,
        );
        let kickstart = scene.desk.beside("own.ks");
        fs::write(&kickstart, "lang cs_CZ.UTF-8\nreboot\n").unwrap();
        Some(Self {
            scene,
            _registry: registry,
            reference,
            kickstart,
            mark,
        })
    }

    fn words(&self, more: &[&str]) -> Vec<String> {
        let image = format!("docker://{}", self.reference);
        let mut words = vec!["iso", "build", "made", "--image-builder", "anaconda-iso"];
        words.extend(["--builder-image", BUILDER, "--image", &image]);
        words.extend(["--arch", "x86_64", "--karg", "quiet", "--output"]);
        words.extend([anaconda::text(&self.scene.output), "--kickstart"]);
        words.push(anaconda::text(&self.kickstart));
        words.extend(more);
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    fn start(&self, words: &[&str]) -> Running {
        let command = with_podman(&self.scene.desk, words);
        self.scene.desk.spawn(command, words)
    }

    fn build(&self, more: &[&str]) -> Running {
        let words = self.words(more);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.start(&words)
    }

    fn run(&self, more: &[&str]) -> Ran {
        self.build(more).end()
    }

    fn steps(&self) -> Vec<String> {
        processes(&format!("busybox sleep {}", self.mark))
    }

    fn hangs(&self) {
        eventually("the builder's step runs", || {
            (!self.steps().is_empty()).then_some(())
        });
    }

    fn nothing_is_left(&self) {
        assert!(self.scene.beside().is_empty(), "{:?}", self.scene.beside());
        assert_eq!(podman(&self.scene, &["ps", "--all", "--quiet"]), "");
        assert_eq!(self.steps(), [""; 0]);
    }
}

#[test]
fn an_iso_by_image_builder_is_verified_and_in_the_library() {
    let Some(studio) = Studio::open() else { return };
    let desk = &studio.scene.desk;
    let plan = studio.run(&["--plan"]).good();
    let plan = plan.says("podman pull --arch=amd64").says("--privileged");
    plan.says("Slipway can't deploy it to a card");
    assert!(studio.scene.beside().is_empty(), "a plan does nothing");

    studio.run(&[]).good();
    assert_eq!(studio.scene.beside(), ["rhel.iso"]);
    assert_eq!(podman(&studio.scene, &["ps", "--all", "--quiet"]), "");
    let list = desk.json(&["iso", "list"]);
    assert_eq!(list[0]["iso"]["name"], "made.iso");
    assert_eq!(list[0]["iso"]["made"]["how"], "built");
    let there = desk.json(&["image", "digests", &studio.reference]);
    assert_eq!(list[0]["iso"]["facts"]["image_digest"], there["digest"]);
    let iso = anaconda::text(&studio.scene.output);
    assert_eq!(desk.json(&["iso", "verify", iso])["good"], true);
}

#[test]
fn a_builder_that_fails_or_is_cancelled_is_told_and_leaves_nothing() {
    let Some(studio) = Studio::open() else { return };
    let desk = &studio.scene.desk;
    studio
        .run(&["--karg", "fail=1"])
        .exits(1)
        .says("image builder failed: cannot run osbuild: no such package")
        .says("next: ");
    studio.nothing_is_left();

    let running = studio.build(&["--karg", "hang=1"]);
    studio.hangs();
    let job = |at: usize| {
        let jobs = desk.json(&["job", "list"]);
        jobs[at]["id"].as_str().unwrap().to_owned()
    };
    desk.run(&["job", "cancel", &job(0)]).good();
    running.end().says("cancelled");
    studio.nothing_is_left();

    // A Slipway that dies leaves the container; the next one takes it away and begins anew.
    let running = studio.build(&["--karg", "hang=1"]);
    studio.hangs();
    let first = podman(&studio.scene, &["ps", "--quiet"]);
    running.kill();
    assert!(
        !studio.steps().is_empty(),
        "the container went with Slipway"
    );
    let second = studio.start(&["job", "run"]);
    eventually("the builder was begun anew", || {
        let now = podman(&studio.scene, &["ps", "--quiet"]);
        (!now.is_empty() && now != first).then_some(())
    });
    studio.hangs();
    desk.run(&["job", "cancel", &job(0)]).good();
    second.end();
    studio.nothing_is_left();
}

#[test]
fn what_image_builder_can_not_do_is_refused_before_anything_is_started() {
    let Some(studio) = Studio::open() else { return };
    fs::write(
        &studio.kickstart,
        "lang cs_CZ.UTF-8\nostreecontainer --url=/x --transport=oci\n",
    )
    .unwrap();
    studio
        .run(&[])
        .explains(4, "nothing was started")
        .says("image builder adds `ostreecontainer` itself");
    let desk = &studio.scene.desk;
    let words = |image: &'static str| {
        [
            "iso",
            "build",
            "made",
            "--image-builder",
            "bootc-installer",
            "--builder-image",
            BUILDER,
            "--image",
            image,
        ]
    };
    desk.run(&words("docker://localhost/os:1"))
        .explains(4, "nothing was started")
        .says("can never upgrade")
        .says("wants an installer image");
    desk.run(&words("oci:/tmp"))
        .exits(2)
        .says("takes an image from a registry only");
    studio.nothing_is_left();
}
