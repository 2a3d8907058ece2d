//! podman and skopeo themselves, with images `FROM scratch`, and Debian's docker-registry with TLS
//! and a login. As root, with a storage of their own (see `shared/domain/iso.md`).

#![expect(clippy::unwrap_used, reason = "a test stops where its set-up fails")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use slipway_core::{
    containerfile::{LintRule, LintTarget, lint_image},
    ids::JobId,
    image::{Architecture, ImageReference},
    image_build::{BuildFolder, ImageBuildPlan, ImageSource, Podman},
    ports::{Registry as _, RegistryError},
    secret::Password,
};
use slipway_media::{
    OciRegistry,
    podman::{PodmanCli, Work, WorkState, Works, read_image},
    registry::{Access, Login, auth},
};

#[path = "support/docker_registry.rs"]
mod docker_registry;

use docker_registry::DockerRegistry;

const BUSYBOX: &str = "/bin/busybox";

/// A storage of its own, and a folder to build in.
struct Desk {
    dir: tempfile::TempDir,
    cli: PodmanCli,
    works: Works,
}

/// What keeps these tests from running here; in CI nothing may.
fn missing() -> Option<&'static str> {
    let runs = |program: &str| {
        let run = Command::new(program).arg("--version").output();
        run.is_ok_and(|output| output.status.success())
    };
    let why = if !slipway_media::podman::is_root() {
        Some("podman's own storage needs root here")
    } else if !runs("podman") || !runs("skopeo") || !runs("runc") {
        Some("no podman, skopeo or runc here")
    } else if !Path::new(BUSYBOX).exists() {
        Some("no static busybox here (apt install busybox-static)")
    } else {
        None
    };
    if let Some(why) = why {
        assert!(std::env::var_os("CI").is_none(), "{why}");
        #[expect(
            clippy::print_stderr,
            reason = "whoever runs the tests should see what was left out"
        )]
        {
            eprintln!("skipped: {why}");
        }
    }
    why
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(
            at("containers.conf"),
            "[engine]\nruntime = \"runc\"\ncgroup_manager = \"cgroupfs\"\nevents_logger = \"file\"\n\
             [containers]\nnetns = \"host\"\ndefault_ulimits = [\"nofile=1024:1024\"]\n",
        )
        .unwrap();
        let storage = format!(
            "[storage]\ndriver = \"vfs\"\nrunroot = \"{}\"\ngraphroot = \"{}\"\n",
            at("run").display(),
            at("graph").display()
        );
        fs::write(at("storage.conf"), storage).unwrap();
        let cli = PodmanCli::new()
            .env("CONTAINERS_CONF", at("containers.conf"))
            .env("CONTAINERS_STORAGE_CONF", at("storage.conf"));
        let works = Works::new(at("builds"), cli.clone());
        fs::create_dir(at("context")).unwrap();
        fs::copy(BUSYBOX, at("context/busybox")).unwrap();
        Self { dir, cli, works }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn plan(&self, containerfile: &str, reference: &str) -> ImageBuildPlan {
        fs::write(self.at("context/Containerfile"), containerfile).unwrap();
        ImageBuildPlan {
            source: ImageSource::Folder(BuildFolder {
                folder: self.at("context").display().to_string(),
                containerfile: "Containerfile".into(),
                args: vec![],
                secrets: vec![],
                selinux_unconfined: false,
                pull_newer: false,
            }),
            architecture: Architecture::X86_64,
            reference: reference.parse().unwrap(),
            push: false,
            auth_file: None,
        }
    }

    fn start(&self, works: &Works, job: &JobId, plan: &ImageBuildPlan) {
        let result = works.result_file(job, Work::Build).display().to_string();
        let line = Podman::default().build(plan, plan.folder().unwrap(), &result);
        works.start(job, Work::Build, &line).unwrap();
    }

    /// Builds to the end; answers with the image's id.
    async fn built(&self, plan: &ImageBuildPlan) -> (JobId, String) {
        let job = JobId::new();
        self.start(&self.works, &job, plan);
        match ended(&self.works, &job, Work::Build).await {
            WorkState::Done(id) => (job, id),
            other => panic!("{other:?}"),
        }
    }

    /// The containers that podman keeps, working ones too.
    fn containers(&self) -> String {
        let output = Command::new("podman")
            .args(["ps", "--all", "--external", "--quiet"])
            .env("CONTAINERS_CONF", self.at("containers.conf"))
            .env("CONTAINERS_STORAGE_CONF", self.at("storage.conf"))
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

async fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(120),
            "it did not come"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn ended(works: &Works, job: &JobId, work: Work) -> WorkState {
    until(|| match works.look(job, work).unwrap() {
        WorkState::Running(_) | WorkState::Idle => None,
        state @ (WorkState::Done(_) | WorkState::Failed(_)) => Some(state),
    })
    .await
}

/// The processes with this text in their command line.
fn processes(text: &str) -> Vec<String> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries
        .filter_map(|entry| fs::read(entry.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(text))
        .collect()
}

const GOOD: &str = r#"FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "mkdir", "-p", "/root"]
COPY pull-secret /root/openshift-pull-secret
RUN ["/bin/busybox", "rm", "/root/openshift-pull-secret"]
LABEL containers.bootc=1 org.opencontainers.image.version=1.2.3
"#;

#[tokio::test]
async fn an_image_is_built_named_inspected_and_its_layers_are_read() {
    if missing().is_some() {
        return;
    }
    let desk = Desk::new();
    fs::write(desk.at("context/pull-secret"), "{}").unwrap();
    let plan = desk.plan(GOOD, "localhost/try:1");
    let (job, id) = desk.built(&plan).await;
    // It has no name until it is given one.
    assert_eq!(desk.cli.inspect("localhost/try:1").await.unwrap(), None);
    desk.cli.tag(&id, &plan.reference).await.unwrap();
    let image = desk.cli.inspect("localhost/try:1").await.unwrap().unwrap();
    assert_eq!(image.id, id.trim_start_matches("sha256:"));
    assert_eq!(image.architecture.as_deref(), Some("amd64"));
    assert_eq!(image.version.as_deref(), Some("1.2.3"));
    assert!(image.is_bootc);
    let (log, next) = desk.works.log_part(&job, 0).unwrap();
    assert!(log.contains("STEP 6/6: LABEL"), "{log}");
    assert_eq!(desk.works.log_part(&job, next).unwrap().0, "");
    // The secret that the last step deletes is found in the layer that has it.
    let source = format!("containers-storage:{}", image.id);
    let scratch = desk.at("scratch");
    let layers = read_image(&desk.cli, &source, &scratch).await.unwrap();
    let report = lint_image(&layers, LintTarget::Other);
    let found: Vec<(LintRule, Option<u32>)> =
        report.findings.iter().map(|f| (f.rule, f.layer)).collect();
    assert_eq!(found, [(LintRule::DeletedSecret, Some(3))]);
    assert_eq!(fs::read_dir(scratch).unwrap().count(), 0, "a copy was left");
}

#[tokio::test]
async fn a_failing_step_is_named_with_its_last_lines() {
    if missing().is_some() {
        return;
    }
    let desk = Desk::new();
    let plan = desk.plan(
        "FROM scratch\nCOPY busybox /bin/busybox\n\
         RUN [\"/bin/busybox\", \"sh\", \"-c\", \"echo no package dpu-tools; exit 7\"]\n",
        "localhost/bad:1",
    );
    let job = JobId::new();
    desk.start(&desk.works, &job, &plan);
    let WorkState::Failed(error) = ended(&desk.works, &job, Work::Build).await else {
        panic!("it must fail");
    };
    assert!(error.message.contains("RUN [\"/bin/busybox\""), "{error:?}");
    assert!(error.causes[0].starts_with("step 3 of 3: RUN"), "{error:?}");
    assert!(
        error.causes.contains(&"no package dpu-tools".to_owned()),
        "{error:?}"
    );
    assert!(error.hint.is_some());
}

#[tokio::test]
async fn a_cancelled_build_leaves_no_process_no_container_and_no_name() {
    if missing().is_some() {
        return;
    }
    let desk = Desk::new();
    let mark = format!("9{}", std::process::id());
    let plan = desk.plan(
        &format!(
            "FROM scratch\nCOPY busybox /bin/busybox\nRUN [\"/bin/busybox\", \"sleep\", \"{mark}\"]\n"
        ),
        "localhost/long:1",
    );
    let job = JobId::new();
    desk.start(&desk.works, &job, &plan);
    let step = format!("busybox sleep {mark}");
    until(|| (!processes(&step).is_empty()).then_some(())).await;
    // Another Slipway's: it did not start the podman, and finds it by the job.
    let other = Works::new(desk.at("builds"), desk.cli.clone());
    let WorkState::Running(log) = other.look(&job, Work::Build).unwrap() else {
        panic!("it runs");
    };
    assert_eq!(log.progress.unwrap().step, 3);
    assert_eq!(other.stop(&job).await, [0; 0]);
    assert_eq!(processes(&step), [""; 0]);
    assert_eq!(processes(job.as_str()), [""; 0]);
    assert_eq!(desk.containers(), "", "podman keeps working containers");
    assert_eq!(desk.cli.inspect("localhost/long:1").await.unwrap(), None);
    other.clean(&job).unwrap();
    assert!(matches!(
        other.look(&job, Work::Build).unwrap(),
        WorkState::Idle
    ));
}

#[tokio::test]
async fn a_build_that_another_slipway_started_is_found_when_it_has_ended() {
    if missing().is_some() {
        return;
    }
    let desk = Desk::new();
    let plan = desk.plan(
        "FROM scratch\nCOPY busybox /bin/busybox\n",
        "localhost/kept:1",
    );
    let (job, id) = desk.built(&plan).await;
    let next = Works::new(desk.at("builds"), desk.cli.clone());
    match next.look(&job, Work::Build).unwrap() {
        WorkState::Done(found) => assert_eq!(found, id),
        other => panic!("{other:?}"),
    }
}

/// Debian's registry with a certificate of its own authority, and a login.
struct SafeRegistry {
    host: String,
    _server: DockerRegistry,
}

const LOGIN: (&str, &str) = ("robot", "sentinel-password");

fn run(program: &str, arguments: &[&str], dir: &Path) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(dir)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {output:?}"
    );
    String::from_utf8(output.stdout).unwrap()
}

impl SafeRegistry {
    fn start(dir: &Path) -> Option<Self> {
        fs::create_dir_all(dir).unwrap();
        let ca_key = rcgen::KeyPair::generate().unwrap();
        let mut ca = rcgen::CertificateParams::new(vec![]).unwrap();
        ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        fs::write(dir.join("ca.crt"), ca.self_signed(&ca_key).unwrap().pem()).unwrap();
        let issuer = rcgen::Issuer::new(ca, ca_key);
        let key = rcgen::KeyPair::generate().unwrap();
        let leaf = rcgen::CertificateParams::new(vec!["127.0.0.1".into()]).unwrap();
        let leaf = leaf.signed_by(&key, &issuer).unwrap();
        fs::write(dir.join("server.crt"), leaf.pem()).unwrap();
        fs::write(dir.join("key.pem"), key.serialize_pem()).unwrap();
        let users = run("htpasswd", &["-nbB", LOGIN.0, LOGIN.1], dir);
        fs::write(dir.join("htpasswd"), users.trim()).unwrap();
        let shown = dir.display();
        let config = format!(
            "version: 0.1\nlog:\n  level: info\nstorage:\n  filesystem:\n    rootdirectory: {shown}/data\n\
             auth:\n  htpasswd:\n    realm: slipway\n    path: {shown}/htpasswd\n\
             http:\n  addr: 127.0.0.1:0\n  tls:\n    certificate: {shown}/server.crt\n    key: {shown}/key.pem\n"
        );
        fs::write(dir.join("config.yml"), config).unwrap();
        let server = DockerRegistry::start(&dir.join("config.yml"))?;
        let host = server.host.clone();
        Some(Self {
            host,
            _server: server,
        })
    }
}

fn robot(password: &str) -> Login {
    Login {
        user: LOGIN.0.into(),
        password: Password::new(password),
    }
}

#[tokio::test]
async fn a_push_and_all_questions_through_a_registry_with_tls_and_a_login() {
    if missing().is_some() {
        return;
    }
    let desk = Desk::new();
    let Some(registry) = SafeRegistry::start(&desk.at("registry")) else {
        assert!(std::env::var_os("CI").is_none(), "no docker-registry here");
        eprintln!("skipped: no docker-registry here");
        return;
    };
    let host = registry.host.clone();
    let reference: ImageReference = format!("{host}/lab/os:1").parse().unwrap();

    // A certificate of nobody we know is named, and nothing is asked in the clear.
    let asked = OciRegistry::default();
    let error = asked.resolve(&reference, "amd64").await.unwrap_err();
    assert!(
        matches!(error, RegistryError::Certificate { .. }),
        "{error:?}"
    );
    assert!(
        error.hint().contains("/etc/containers/certs.d/"),
        "{}",
        error.hint()
    );

    // With its authority a login is wanted; with another's password it is refused.
    let certs = desk.at("certs.d");
    fs::create_dir_all(certs.join(&host)).unwrap();
    fs::copy(desk.at("registry/ca.crt"), certs.join(&host).join("ca.crt")).unwrap();
    let access = |own: Vec<(String, Login)>| Access {
        own,
        certs_dirs: vec![certs.clone()],
        ..Access::default()
    };
    asked.set_access(access(vec![]));
    let error = asked.resolve(&reference, "amd64").await.unwrap_err();
    assert!(
        matches!(error, RegistryError::Unauthorized { .. }),
        "{error:?}"
    );
    let refused = asked.try_login(&host, robot("wrong")).await.unwrap_err();
    assert!(
        matches!(refused, RegistryError::Unauthorized { .. }),
        "{refused:?}"
    );
    asked.try_login(&host, robot(LOGIN.1)).await.unwrap();
    assert!(!asked.is_plain_http(&host).await);

    // Built, named, pushed.
    let plan = desk.plan(
        "FROM scratch\nCOPY busybox /bin/busybox\nLABEL containers.bootc=1 org.opencontainers.image.version=7\n",
        reference.as_str(),
    );
    let (job, id) = desk.built(&plan).await;
    desk.cli.tag(&id, &reference).await.unwrap();
    let own = vec![(host.clone(), robot(LOGIN.1))];
    desk.works
        .write_auth(&job, &auth::merged(None, &own).unwrap())
        .unwrap();
    asked.set_access(access(own));
    let podman = Podman {
        auth_file: Some(desk.works.auth_file(&job).display().to_string()),
        cert_dir: asked.cert_dir(&host).map(|dir| dir.display().to_string()),
        bases_cert_dir: None,
        plain_http: false,
    };
    let result = desk
        .works
        .result_file(&job, Work::Push)
        .display()
        .to_string();
    let line = podman.push(&reference, Some(&result));
    assert!(!line.to_string().contains(LOGIN.1));
    desk.works.start(&job, Work::Push, &line).unwrap();
    let WorkState::Done(pushed) = ended(&desk.works, &job, Work::Push).await else {
        panic!("{}", desk.works.log_part(&job, 0).unwrap().0);
    };

    // The registry says the same as podman.
    let found = asked.resolve(&reference, "amd64").await.unwrap();
    assert_eq!(found.digest.as_str(), pushed);
    assert_eq!(found.version.as_deref(), Some("7"));
    let tags = asked.tags(&reference, None).await.unwrap();
    assert_eq!((tags.tags, tags.next), (vec!["1".to_owned()], None));
    let described = asked.describe(&reference).await.unwrap();
    assert!(!described.is_index && described.images[0].is_bootc);
    assert_eq!(described.images[0].architecture, "amd64");
    assert!(described.images[0].size.0 > 100_000);
    let other = reference.with_tag("2").unwrap();
    let error = asked.resolve(&other, "amd64").await.unwrap_err();
    assert!(matches!(error, RegistryError::NotFound { .. }), "{error:?}");

    // Nothing of the login is left when the job has ended.
    desk.works.clean(&job).unwrap();
    assert!(!desk.works.auth_file(&job).exists());
    let (log, _) = desk.works.log_part(&job, 0).unwrap();
    assert!(!log.contains(LOGIN.1), "{log}");
}

#[tokio::test]
async fn a_push_to_a_registry_with_an_unknown_certificate_says_what_to_do() {
    if missing().is_some() {
        return;
    }
    let desk = Desk::new();
    let Some(registry) = SafeRegistry::start(&desk.at("registry")) else {
        return;
    };
    let reference = format!("{}/lab/os:1", registry.host);
    let plan = desk.plan("FROM scratch\nCOPY busybox /bin/busybox\n", &reference);
    let (job, id) = desk.built(&plan).await;
    desk.cli.tag(&id, &plan.reference).await.unwrap();
    let result = desk
        .works
        .result_file(&job, Work::Push)
        .display()
        .to_string();
    let line = Podman::default().push(&plan.reference, Some(&result));
    desk.works.start(&job, Work::Push, &line).unwrap();
    let WorkState::Failed(error) = ended(&desk.works, &job, Work::Push).await else {
        panic!("nobody knows that certificate");
    };
    assert!(error.message.contains("x509"), "{error:?}");
    assert!(error.hint.unwrap().contains("certs.d"));
}
