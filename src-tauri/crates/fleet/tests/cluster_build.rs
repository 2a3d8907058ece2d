//! A cluster file that makes its ISO, deployed from the window: by a job that builds with the real
//! xorriso, begins the deployment, and says what it began.

#![expect(clippy::unwrap_used, reason = "a test stops where its set-up fails")]
#![expect(clippy::print_stderr, reason = "a skip is said")]

#[path = "support/rack.rs"]
mod rack;

/// The same small Anaconda ISOs as slipway-media's tests have.
#[path = "../../media/tests/remaster/anaconda.rs"]
#[expect(dead_code, reason = "these tests need one layout")]
mod anaconda;

use std::{
    fs,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use slipway_core::{batch::BatchRules, dpu::JobOutcome, ids::JobId, secret::Password};
use slipway_fleet::{
    Begun, Endings, ErrorCode, IsoWhere,
    views::{
        ClusterCardName, ClusterDeploy, ClusterOpen, ClusterView, JobView, KickstartSource,
        TypedValue,
    },
};

use rack::Rack;

const KEY: &str = "sentinel-activation-key";
const PATIENCE: Duration = Duration::from_secs(180);

struct Desk {
    rack: Rack,
    files: tempfile::TempDir,
}

impl Desk {
    /// `None`, with a printed reason, where there is no xorriso.
    async fn start(cards: usize) -> Option<Self> {
        if Command::new("xorriso").arg("--version").output().is_err() {
            assert!(std::env::var_os("CI").is_none(), "CI has xorriso");
            eprintln!("skipped: there is no xorriso");
            return None;
        }
        let desk = Self {
            rack: Rack::start(cards).await,
            files: tempfile::tempdir().unwrap(),
        };
        anaconda::oci_dir(&desk.path("oci"), "aarch64", 1000);
        let base = anaconda::base(desk.files.path(), anaconda::Layout::EfiFile);
        let form = KickstartSource::Form {
            form: Box::default(),
        };
        let kickstart = desk.rack.fleet.kickstart_text(&form).await.unwrap();
        fs::write(desk.path("my.ks"), kickstart.expose()).unwrap();
        let mut text = String::from(
            "clusters:\n- name: lab\n  kind: iso\n  network_api_port: eno1\n  \
             install_iso: never.iso\n  masters:\n",
        );
        for (number, card) in desk.rack.lab.inventory().cards.into_iter().enumerate() {
            text.push_str(&format!(
                "  - name: acc-{number}\n    node: localhost\n    kind: dpu\n    \
                 bmc: {{url: \"{}\", user: root, password: x}}\n    \
                 ip: 10.0.0.{number}\n    mac: 00:08:00:01:03:0{number}\n",
                card.imc_redfish
            ));
        }
        text.push_str(&format!(
            "  preconfig:\n  - name: iso_builder\n    organization_id: \"1\"\n    \
             activation_key: \"{{{{ activation_key() }}}}\"\n    image_mode_url: \"oci:oci\"\n    \
             input_iso: {}\n    kickstart: my.ks\n    \
             iso_kargs: \"ip=192.168.0.2:::255.255.255.0::enp0s1f0:off \
             netroot=iscsi:192.168.0.1::::iqn.e2000:acc acpi=force\"\n    \
             final_iso_name: made.iso\n",
            base.display()
        ));
        fs::write(desk.path("cluster.yaml"), text).unwrap();
        Some(desk)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    fn open(&self) -> ClusterOpen {
        ClusterOpen {
            file: self.path("cluster.yaml").display().to_string(),
            values: vec![TypedValue {
                function: "activation_key".into(),
                worker: None,
                value: Password::new(KEY),
            }],
            ..ClusterOpen::default()
        }
    }

    /// As a person looks at it, before Deploy.
    async fn read(&self) -> ClusterView {
        let view = self.rack.fleet.read_cluster(&self.open()).await.unwrap();
        assert!(!view.blocked, "{:?}", view.problems);
        assert_eq!(view.plan.problems, Vec::<String>::new());
        view
    }

    fn deploy(&self, view: &ClusterView, cards: usize) -> ClusterDeploy {
        let card = |number| ClusterCardName {
            cluster: "lab".into(),
            card: format!("acc-{number}"),
        };
        ClusterDeploy {
            open: self.open(),
            seen: view.seen.clone(),
            cards: (0..cards).map(card).collect(),
            rules: BatchRules::default(),
        }
    }

    /// The job that Deploy lands on.
    async fn begin(&self, deploy: &ClusterDeploy) -> JobId {
        let begun = self.rack.fleet.deploy_opened_cluster(deploy, |_| {}).await;
        match begun.unwrap() {
            Begun::Job(job) => job,
            Begun::Batch(_) => panic!("the ISO is not there yet"),
        }
    }

    async fn ended(&self, job: &JobId) -> JobView {
        let start = Instant::now();
        loop {
            let view = self.rack.fleet.job(job).await.unwrap();
            if view.row.outcome != JobOutcome::Running {
                return view;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "it does not end: {:?}",
                view.row
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn kinds(&self) -> Vec<String> {
        let jobs = self.rack.fleet.jobs(None, false).await.unwrap();
        let mut kinds: Vec<String> = jobs.into_iter().map(|job| job.kind).collect();
        kinds.sort();
        kinds
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deploy_lands_on_a_job_that_builds_and_then_begins_the_deployment_once() {
    let Some(desk) = Desk::start(1).await else {
        return;
    };
    let view = desk.read().await;
    let made = IsoWhere::ToBuild {
        name: "made.iso".into(),
    };
    assert_eq!(view.plan.isos[0].iso, made);
    let deploy = desk.deploy(&view, 1);
    let id = desk.begin(&deploy).await;
    let job = desk.rack.fleet.job(&id).await.unwrap();
    assert_eq!(job.row.kind, "Cluster deployment");
    assert_eq!(job.row.subject, "cluster.yaml");
    assert_eq!(job.row.what, "made.iso, then 1 card");
    let steps: Vec<&str> = job.steps.iter().map(|s| s.plan.name.as_str()).collect();
    assert_eq!(steps[1], "Build the ISO", "the whole plan, from the start");
    assert!(!serde_json::to_string(&job).unwrap().contains(KEY));

    // Nobody runs it yet. The same again is the same job; something else waits for it.
    assert_eq!(desk.begin(&deploy).await, id);
    let mut other = deploy.clone();
    other.open.values[0].value = Password::new("another key");
    let refused = desk.rack.fleet.deploy_opened_cluster(&other, |_| {}).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Precondition);
    assert!(refused.message.contains("is being deployed otherwise"));
    assert_eq!(desk.kinds().await, ["Cluster deployment"]);

    let mut endings = Endings::new(desk.rack.fleet.clone());
    endings.expect(id.clone());
    let running = desk.rack.fleet.start_running();
    let job = desk.ended(&id).await;
    assert_eq!(job.failure, None);
    assert_eq!(job.row.outcome, JobOutcome::Succeeded);
    let [build] = job.iso_builds.as_slice() else {
        panic!("one build: {:?}", job.iso_builds)
    };
    let build = desk.rack.fleet.job(build).await.unwrap();
    assert_eq!(build.row.outcome, JobOutcome::Succeeded);
    let Some(Begun::Job(begun)) = job.begun else {
        panic!("one card is a job: {:?}", job.begun)
    };
    // A person is told of the card, and not of the job that began it.
    assert_eq!(endings.look().await.unwrap(), []);
    let deployed = desk.ended(&begun).await;
    assert_eq!(deployed.row.outcome, JobOutcome::Succeeded);
    let told = endings.look().await.unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].title, "Deployment of dpu-01 succeeded");
    let kinds = ["Cluster deployment", "Deployment", "ISO build"];
    assert_eq!(desk.kinds().await, kinds);

    // The ISO is there now: the same file is deployed at once.
    let view = desk.read().await;
    let at_once = desk.begin(&desk.deploy(&view, 1)).await;
    let at_once = desk.rack.fleet.job(&at_once).await.unwrap();
    assert_eq!(at_once.row.kind, "Deployment");
    running.stop().await.unwrap();
    desk.rack.lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_cards_are_one_batch_and_a_file_changed_meanwhile_is_not_deployed() {
    let Some(desk) = Desk::start(2).await else {
        return;
    };
    let view = desk.read().await;
    let id = desk.begin(&desk.deploy(&view, 2)).await;
    let file = desk.path("cluster.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}# changed\n")).unwrap();
    let running = desk.rack.fleet.start_running();
    let job = desk.ended(&id).await;
    let failure = job.failure.unwrap();
    assert_eq!(
        failure.message,
        "cluster.yaml was changed since it was confirmed; nothing was deployed"
    );
    assert_eq!(desk.kinds().await, ["Cluster deployment"]);
    let why = job.why_not_retry.unwrap();
    assert!(why.contains("deploy the file again"), "{why}");

    let view = desk.read().await;
    let id = desk.begin(&desk.deploy(&view, 2)).await;
    let job = desk.ended(&id).await;
    assert_eq!(job.failure, None);
    let Some(Begun::Batch(batch)) = job.begun else {
        panic!("two cards are a batch: {:?}", job.begun)
    };
    let batch = desk.rack.fleet.batch(&batch).await.unwrap();
    assert_eq!(batch.row.name, "Deploy 2 cards of cluster.yaml");
    running.stop().await.unwrap();
    desk.rack.lab.stop().await;
}
