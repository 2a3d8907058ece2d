//! A cluster file as the window opens it: what is shown of it, what is not, and what is deployed.

#![expect(clippy::unwrap_used, reason = "a test stops where its set-up fails")]

#[path = "support/rack.rs"]
mod rack;

use std::{fs, ops::Deref, os::unix::fs::PermissionsExt, path::PathBuf};

use slipway_core::{
    batch::BatchRules,
    cluster::{ProblemCode, Standing},
    doctor::{CheckOutcome, DoctorCheckId},
    secret::Password,
};
use slipway_fleet::{
    Begun, ClusterStanding, ErrorCode, IsoWhere,
    views::{
        ClusterCardName, ClusterDeploy, ClusterOpen, ClusterView, DeployRequest, DoctorReport,
        DpuQuery, TypedValue,
    },
};

use rack::Rack;

/// Nothing that crosses to the window may have it.
const PASSWORD: &str = "sentinel-imc-password";
const KEY: &str = "sentinel-activation-key";

struct Desk {
    rack: Rack,
    files: tempfile::TempDir,
}

impl Deref for Desk {
    type Target = Rack;
    fn deref(&self) -> &Rack {
        &self.rack
    }
}

impl Desk {
    async fn start(cards: usize) -> Self {
        Self {
            rack: Rack::start(cards).await,
            files: tempfile::tempdir().unwrap(),
        }
    }

    fn file(&self, name: &str, text: &str) -> ClusterOpen {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        ClusterOpen {
            file: path.display().to_string(),
            ..ClusterOpen::default()
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// Cards of the lab under other names, as files have them.
    fn yaml(&self, names: &[&str], more: &str) -> String {
        let cards = self.lab.inventory().cards.into_iter().zip(names);
        let mut text = String::from(
            "clusters:\n- name: lab\n  kind: iso\n  network_api_port: eno1\n  \
             install_iso: https://files.lab/dpu-os-1.0.0.iso\n  masters:\n",
        );
        for (number, (card, name)) in cards.enumerate() {
            text.push_str(&format!(
                "  - name: {name}\n    node: localhost\n    kind: dpu\n    \
                 bmc: {{url: \"{}\", user: root, password: {PASSWORD}}}\n    \
                 ip: 10.0.0.{number}\n    mac: 00:08:00:01:03:0{number}\n",
                card.imc_redfish
            ));
        }
        text.push_str(more);
        text
    }
}

fn typed(function: &str, value: &str) -> TypedValue {
    TypedValue {
        function: function.into(),
        worker: None,
        value: Password::new(value),
    }
}

fn named(cards: &[&str]) -> Vec<ClusterCardName> {
    let name = |card: &&str| ClusterCardName {
        cluster: "lab".into(),
        card: (*card).to_owned(),
    };
    cards.iter().map(name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_shown_whole_with_its_problems_marked_and_no_secret_in_it() {
    let desk = Desk::start(1).await;
    let more = "    dpu_hots: x\n  postconfig:\n  - name: rh_subscription\n    \
                organization_id: \"1\"\n    activation_key: \"{{ activation_key() }}\"\n\
                - {name: hub, kind: openshift, masters: [{name: a, node: b, kind: vm}]}\n";
    let mut open = desk.file("c.yaml", &desk.yaml(&["acc-1"], more));
    let view = desk.fleet.read_cluster(&open).await.unwrap();
    assert!(view.blocked);
    assert_eq!(view.file.name, "c.yaml");
    assert_eq!(view.missing[0].called, "activation_key()");
    assert!(view.missing[0].secret);
    let typo = view
        .problems
        .iter()
        .find(|found| found.problem.code == ProblemCode::UnknownKey)
        .unwrap();
    let shown = typo.shown.unwrap();
    let line = &view.file.lines[shown.line as usize - 1];
    let marked = &line[shown.from as usize..shown.to as usize];
    assert_eq!(marked, "dpu_hots", "{line}");
    let scopes: Vec<bool> = view.plan.clusters.iter().map(|c| c.in_scope).collect();
    assert_eq!(scopes, [true, false], "no cluster is dropped");

    open.values = vec![typed("activation_key", KEY)];
    let view = desk.fleet.read_cluster(&open).await.unwrap();
    assert_eq!(view.missing, []);
    for text in [serde_json::to_string(&view).unwrap(), format!("{view:?}")] {
        assert!(!text.contains(PASSWORD), "{text}");
        assert!(!text.contains(KEY), "{text}");
    }
    open.file = "c.yaml".into();
    let error = desk.fleet.read_cluster(&open).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Invalid, "{error}");
    desk.rack.lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn just_the_chosen_cards_of_an_unchanged_file_are_deployed() {
    let desk = Desk::start(3).await;
    // The file gives the second card the name that the inventory gives the first one.
    let text = desk.yaml(&["acc-1", "dpu-01", "acc-3"], "");
    let open = desk.file("c.yaml", &text);
    let view = desk.fleet.read_cluster(&open).await.unwrap();
    assert!(!view.blocked, "{:?}", view.problems);
    assert_eq!(view.plan.problems, Vec::<String>::new());
    assert!(matches!(view.plan.isos[0].iso, IsoWhere::InLibrary { .. }));
    let deploy = |seen: &str, cards: &[&str]| ClusterDeploy {
        open: open.clone(),
        seen: seen.to_owned(),
        cards: named(cards),
        rules: BatchRules::default(),
    };
    let none = deploy(&view.seen, &[]);
    let none = desk.fleet.deploy_opened_cluster(&none, |_| {});
    assert_eq!(none.await.unwrap_err().code, ErrorCode::Invalid);
    fs::write(desk.path("c.yaml"), format!("{text}# changed\n")).unwrap();
    let changed = deploy(&view.seen, &["acc-1"]);
    let changed = desk.fleet.deploy_opened_cluster(&changed, |_| {}).await;
    assert_eq!(changed.unwrap_err().code, ErrorCode::Precondition);
    assert!(desk.fleet.jobs(None, false).await.unwrap().is_empty());

    let again = desk.fleet.read_cluster(&open).await.unwrap();
    let chosen = deploy(&again.seen, &["dpu-01"]);
    let begun = desk.fleet.deploy_opened_cluster(&chosen, |_| {}).await;
    assert!(matches!(begun.unwrap(), Begun::Job(_)), "one card is a job");
    let jobs = desk.fleet.jobs(None, false).await.unwrap();
    let subjects: Vec<&str> = jobs.iter().map(|job| job.subject.as_str()).collect();
    assert_eq!(subjects, ["dpu-02"], "by its IMC, not by its name");
    let others = deploy(&again.seen, &["acc-1", "acc-3"]);
    let begun = desk.fleet.deploy_opened_cluster(&others, |_| {}).await;
    assert!(matches!(begun.unwrap(), Begun::Batch(_)), "two are a batch");
    desk.rack.lab.stop().await;
}

const POST_STEPS: &str = "  postconfig:\n  - name: microshift\n  - name: dpu_operator_dpu\n";

/// Name and word of what waits for a person, and whether it would be done.
fn untried(view: &ClusterView) -> Vec<(String, String, Standing)> {
    let steps = view.plan.clusters[0].cards[0].steps.iter();
    let waits = steps.filter_map(|step| {
        let untried = step.untried.as_ref()?;
        assert!(untried.stakes.contains("the card stays installed"));
        Some((step.step.name.clone(), untried.name.clone(), step.standing))
    });
    waits.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_was_never_run_on_hardware_needs_a_word_for_itself() {
    let desk = Desk::start(1).await;
    let mut open = desk.file("c.yaml", &desk.yaml(&["acc-1"], POST_STEPS));
    let standings = |microshift, pages| {
        [("microshift", microshift), ("dpu_operator_dpu", pages)]
            .map(|(name, standing)| (name.to_owned(), name.to_owned(), standing))
    };
    let view = desk.fleet.read_cluster(&open).await.unwrap();
    assert_eq!(
        untried(&view),
        standings(Standing::NotYet, Standing::NotYet)
    );

    let deploy = |open: &ClusterOpen| ClusterDeploy {
        open: open.clone(),
        seen: view.seen.clone(),
        cards: named(&["acc-1"]),
        rules: BatchRules::default(),
    };
    open.accept_untried = vec!["microshift".into()];
    let one = desk.fleet.read_cluster(&open).await.unwrap();
    assert_eq!(
        untried(&one),
        standings(Standing::Planned, Standing::NotYet)
    );
    let refused = desk
        .fleet
        .deploy_opened_cluster(&deploy(&open), |_| {})
        .await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Precondition);
    assert_eq!(refused.causes.len(), 1, "{refused:?}");
    assert!(refused.causes[0].contains("dpu_operator_dpu was never run on real hardware"));
    assert!(desk.fleet.jobs(None, false).await.unwrap().is_empty());

    // The pull secret is a file that is looked at, and what is wrong with it is told.
    open.accept_untried.push("dpu_operator_dpu".into());
    open.pull_secret = Some(open.file.clone());
    let wrong = desk.fleet.read_cluster(&open).await.unwrap();
    assert_eq!(wrong.wrong_settings.len(), 1, "{:?}", wrong.wrong_settings);
    assert!(wrong.wrong_settings[0].ends_with("c.yaml is no pull secret"));
    let refused = desk
        .fleet
        .deploy_opened_cluster(&deploy(&open), |_| {})
        .await;
    assert_eq!(refused.unwrap_err().code, ErrorCode::Invalid);
    let secret = desk.path("pull-secret");
    fs::write(
        &secret,
        format!(r#"{{"auths":{{"x":{{"auth":"{KEY}"}}}}}}"#),
    )
    .unwrap();
    open.pull_secret = Some(secret.display().to_string());
    open.kubeconfigs = Some(desk.path("kube").display().to_string());
    let right = desk.fleet.read_cluster(&open).await.unwrap();
    assert_eq!(right.wrong_settings, Vec::<String>::new());
    let begun = desk
        .fleet
        .deploy_opened_cluster(&deploy(&open), |_| {})
        .await;
    let Begun::Job(job) = begun.unwrap() else {
        panic!("one card is a job");
    };
    let job = desk.fleet.job(&job).await.unwrap();
    let post = job
        .steps
        .iter()
        .find(|step| step.plan.name == "Run post steps");
    let effect = &post.unwrap().plan.effect;
    assert!(
        effect.contains("huge pages") && effect.contains("MicroShift"),
        "{effect}"
    );
    let commands = post.unwrap().plan.commands.join("\n");
    assert!(commands.contains("openshift-pull-secret"), "{commands}");
    assert!(!serde_json::to_string(&job).unwrap().contains(KEY));
    desk.rack.lab.stop().await;
}

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

#[tokio::test(flavor = "multi_thread")]
async fn the_operators_registry_is_trusted_with_its_certificate_and_never_half() {
    let desk = Desk::start(1).await;
    let mut open = desk.file("c.yaml", &desk.yaml(&["acc-1"], POST_STEPS));
    open.skip_steps = vec!["microshift".into()];
    open.accept_untried = vec!["dpu_operator_dpu".into()];
    let (good, key) = (desk.path("ca.pem"), desk.path("key.pem"));
    fs::write(&good, CERTIFICATE).unwrap();
    fs::write(&key, format!("{CERTIFICATE}-----BEGIN PRIVATE KEY-----\n")).unwrap();
    let given = |registry: &str, certificate: &str| {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let mut open = open.clone();
        open.operator_registry = text(registry);
        open.operator_registry_ca = text(certificate);
        open
    };
    let whole = good.display().to_string();
    let gone = desk.path("none.pem").display().to_string();
    for (registry, certificate, sentence) in [
        ("../etc", &*whole, "`../etc` is no registry"),
        (
            "https://registry",
            &whole,
            "`https://registry` is no registry",
        ),
        (
            "registry.lab",
            "",
            "is named without its authority's certificate",
        ),
        ("", &whole, "and the registry is not"),
        (
            "registry.lab",
            "ca.pem",
            "is not the whole path of the registry's certificate",
        ),
        ("registry.lab", &gone, "none.pem can't be read"),
        (
            "registry.lab",
            &*key.display().to_string(),
            "key.pem is no certificate in PEM",
        ),
    ] {
        let mut open = given(registry, certificate);
        let view = desk.fleet.read_cluster(&open).await.unwrap();
        let [wrong] = &view.wrong_settings[..] else {
            panic!("{registry} {certificate}: {:?}", view.wrong_settings);
        };
        assert!(wrong.contains(sentence), "{wrong}");
        // A step that is left out needs nothing.
        open.skip_steps.push("dpu_operator_dpu".into());
        let view = desk.fleet.read_cluster(&open).await.unwrap();
        assert_eq!(view.wrong_settings, Vec::<String>::new());
    }

    let open = given("registry.lab:5000", &whole);
    let view = desk.fleet.read_cluster(&open).await.unwrap();
    assert_eq!(view.wrong_settings, Vec::<String>::new());
    let deploy = ClusterDeploy {
        open,
        seen: view.seen,
        cards: named(&["acc-1"]),
        rules: BatchRules::default(),
    };
    let begun = desk.fleet.deploy_opened_cluster(&deploy, |_| {}).await;
    let Begun::Job(job) = begun.unwrap() else {
        panic!("one card is a job");
    };
    let job = desk.fleet.job(&job).await.unwrap();
    let steps = job.steps.iter();
    let commands: Vec<&str> = steps
        .flat_map(|step| step.plan.commands.iter().map(String::as_str))
        .collect();
    let trusted = "/etc/containers/certs.d/registry.lab:5000/ca.crt";
    assert!(commands.join("\n").contains(trusted), "{commands:#?}");
    desk.rack.lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_looks_at_the_host_and_its_bmc_as_the_file_names_them() {
    let desk = Desk::start(2).await;
    let inventory = desk.lab.inventory();
    // Nobody listens at the one; the other is the lab's host of this card.
    let host = inventory.cards[0].host_ssh.clone().unwrap();
    let beside = format!(
        "    bmc_host: {{url: \"127.0.0.1:1\", user: root, password: {PASSWORD}}}\n    \
         dpu_host: \"{host}\"\n  "
    );
    let text = desk.yaml(&["acc-1", "acc-2"], "");
    let (first, rest) = text.split_once("  - name: acc-2").unwrap();
    let open = desk.file("c.yaml", &format!("{first}{}- name: acc-2{rest}", beside));
    let doctor = async |card: &str| {
        let name = named(&[card]).remove(0);
        let run = desk.fleet.doctor_opened_cluster(&open, &name).await;
        let mut run = run.unwrap();
        assert_eq!((run.cards.len(), run.not_asked.len()), (1, 0));
        run.cards.remove(0)
    };
    let outcome = |report: &DoctorReport, id| {
        let check = report.checks.iter().find(|check| check.id == id).unwrap();
        check.outcome.clone()
    };
    let report = doctor("acc-1").await;
    assert_eq!(report.iso.as_deref(), Some("dpu-os-1.0.0.iso"));
    let bmc = outcome(&report, DoctorCheckId::HostBmc);
    assert!(matches!(bmc, CheckOutcome::Warn { .. }), "{bmc:?}");
    assert!(bmc.text().contains("127.0.0.1:1"), "{bmc:?}");
    let seen = outcome(&report, DoctorCheckId::DpuHost);
    assert!(matches!(seen, CheckOutcome::Pass { .. }), "{seen:?}");
    assert!(seen.text().contains("shows the pinned key"), "{seen:?}");
    // The file names nothing beside the other one.
    let report = doctor("acc-2").await;
    let skipped = outcome(&report, DoctorCheckId::DpuHost);
    assert!(
        matches!(skipped, CheckOutcome::Skipped { .. }),
        "{skipped:?}"
    );
    desk.rack.lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_inventory_lacks_is_told_per_card_and_the_file_is_written_for_its_owner() {
    let desk = Desk::start(2).await;
    let text = desk.yaml(&["acc-1", "acc-2"], "");
    let strange = &desk.lab.inventory().cards[1].imc_redfish;
    let text = text.replace(&strange.to_string(), "127.0.0.1:1");
    let open = desk.file("c.yaml", &text);
    let view = desk.fleet.read_cluster(&open).await.unwrap();
    let standings: Vec<&ClusterStanding> = view.plan.cards.iter().map(|c| &c.standing).collect();
    assert_eq!(
        standings,
        [&ClusterStanding::Known, &ClusterStanding::Unknown]
    );
    assert_eq!(view.plan.cards[1].imc.as_deref(), Some("127.0.0.1:1"));

    let new = desk.path("today.yaml");
    let path = new.display().to_string();
    desk.fleet.write_opened_cluster(&open, &path).await.unwrap();
    assert!(fs::read_to_string(&new).unwrap().contains(PASSWORD));
    let mode = fs::metadata(&new).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "passwords are in it");
    let over = desk.fleet.write_opened_cluster(&open, &path).await;
    assert_eq!(over.unwrap_err().code, ErrorCode::Precondition);

    let broken = desk.file("broken.yaml", "clusters: [\n");
    let other = desk.path("other.yaml").display().to_string();
    let error = desk.fleet.write_opened_cluster(&broken, &other).await;
    assert_eq!(error.unwrap_err().code, ErrorCode::Invalid);
    assert!(!desk.path("other.yaml").exists());
    desk.rack.lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_made_without_a_file_is_saved_as_one_that_says_the_same() {
    let desk = Desk::start(2).await;
    let dpus = desk.fleet.dpus(&DpuQuery::default()).await.unwrap().rows;
    let request = DeployRequest {
        dpus: dpus.iter().map(|row| row.id.clone()).collect(),
        iso: desk.fleet.isos().await.unwrap()[0].iso.id.clone(),
        domain: Some("lab.example".into()),
        authorized_keys: vec![],
        allow_release: None,
        imc_certificate: false,
    };
    let path = desk.path("saved.yaml").display().to_string();
    desk.fleet.save_cluster_at(&request, &path).await.unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains("password"), "{text}");
    let mut open = desk.file("other.yaml", "");
    open.file = path;
    let view = desk.fleet.read_cluster(&open).await.unwrap();
    assert!(!view.blocked, "{:?}", view.problems);
    assert_eq!(view.plan.problems, Vec::<String>::new());
    let meant: Vec<_> = view
        .plan
        .cards
        .iter()
        .map(|card| card.dpu.clone())
        .collect();
    let asked: Vec<_> = request.dpus.iter().cloned().map(Some).collect();
    assert_eq!(meant, asked);
    assert_eq!(
        view.plan.cards[0].name,
        format!("{}.lab.example", dpus[0].name)
    );
    desk.rack.lab.stop().await;
}
