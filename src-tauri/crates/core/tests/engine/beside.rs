//! What a deployment does beside the installation: the IMC's boot, the host's driver, post steps.

use std::collections::BTreeMap;

use slipway_core::{
    dpu::JobOutcome,
    failure::{FailureKind, StepError},
    iso::{RESERVED_MEMORY, RESERVED_MEMORY_PATH},
    job::{
        CardAccess, DeploymentPlan, Job, JobSpec,
        deployment::{self, Certificate},
        engine::Subjects,
    },
    ports::{BmcError, Clock, Stage},
};

use crate::support::{
    CERTIFICATE, CONFIGURATION, Call, KEY, Rig, TEMPLATE, World, failure, full_deployment, key,
    says,
};

const START: &str = "/work/scripts/start-redfish.sh";
const HOOK: &str = "/work/scripts/pre_init_app.sh";

/// The end of a full deployment, wherever it was interrupted.
pub fn check_full(world: &World, what: &str) {
    assert!(world.files[HOOK].contains(START), "{what}");
    assert!(
        world.files[START].contains("set_acc_kernel_cmdline.sh -a -b iscsi"),
        "{what}"
    );
    assert_eq!(
        world.boot_options["init_app_acc_nboot_net_name"], "enp0s1f0",
        "{what}"
    );
    let unfinished = world.files.keys().find(|path| path.contains("-new"));
    assert_eq!(unfinished, None, "{what}");
    assert!(world.driver_loaded && world.huge_pages == 512, "{what}");
    let trusted = "/etc/containers/certs.d/registry.cluster:5000/ca.crt";
    assert!(world.acc_files[trusted].0.contains("MIIC"), "{what}");
    let (path, text) = world.kubeconfig.as_ref().expect(what);
    assert_eq!(path, "/home/me/dpu-01.kubeconfig", "{what}");
    assert!(text.contains("server: https://10.0.0.7:6443"), "{what}");
}

async fn access(rig: &Rig) -> Box<dyn CardAccess> {
    rig.subjects().card(&rig.dpu).await.unwrap()
}

async fn prepare(rig: &Rig) -> Vec<String> {
    prepare_with(rig, Certificate::WhereMissing).await
}

async fn prepare_with(rig: &Rig, certificate: Certificate) -> Vec<String> {
    let card = access(rig).await;
    deployment::prepare(card.as_ref(), certificate, rig.clock.now(), &rig.policy)
        .await
        .unwrap()
}

async fn not_prepared(rig: &Rig) -> StepError {
    let card = access(rig).await;
    let where_missing = Certificate::WhereMissing;
    deployment::prepare(card.as_ref(), where_missing, rig.clock.now(), &rig.policy)
        .await
        .unwrap_err()
}

async fn undo(rig: &Rig) -> deployment::Undone {
    let card = access(rig).await;
    deployment::undo(card.as_ref(), rig.clock.now(), &rig.policy)
        .await
        .unwrap()
}

/// What of an IMC is kept.
fn kept(rig: &Rig) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
    let world = rig.world();
    (world.files.clone(), world.boot_options.clone())
}

#[tokio::test]
async fn a_prepared_imc_is_put_back_as_it_was_and_a_second_preparation_writes_nothing() {
    let site = "#!/bin/sh\nmount /dev/mmcblk0 /mnt/imc\nexit 0\n";
    let rig = Rig::with(|world| drop(world.files.insert(HOOK.into(), site.into())));
    let before = kept(&rig);
    let done = prepare(&rig).await;
    assert_eq!(done.len(), 5, "{done:?}");
    assert!(rig.world().files[HOOK].ends_with("mount /dev/mmcblk0 /mnt/imc\nexit 0\n"));
    assert_eq!(
        rig.world().files[&format!("/work/slipway/backup{HOOK}")],
        site
    );
    let prepared = kept(&rig);
    assert_eq!(prepare(&rig).await, Vec::<String>::new());
    assert_eq!(
        kept(&rig),
        prepared,
        "nothing is written that is already so"
    );

    let undone = undo(&rig).await;
    assert_eq!(undone.left, []);
    assert_eq!(undone.done.len(), 5, "{undone:?}");
    assert_eq!(kept(&rig), before);
    assert_eq!(undo(&rig).await, deployment::Undone::default());
}

#[tokio::test]
async fn what_somebody_changed_since_is_left_and_told() {
    let rig = Rig::new();
    prepare(&rig).await;
    {
        let mut world = rig.world();
        world.files.insert(HOOK.into(), "#!/bin/sh\nmine\n".into());
        let name = "init_app_acc_nboot_stage".to_owned();
        world.boot_options.insert(name, "7".into());
    }
    let undone = undo(&rig).await;
    let left: Vec<&str> = undone.left.iter().map(|left| left.what.as_str()).collect();
    assert_eq!(
        left,
        [
            "boot option init_app_acc_nboot_stage is 7",
            "/work/scripts/pre_init_app.sh stays as it is",
            "copies of what was there are in /work/slipway",
        ]
    );
    assert_eq!(rig.world().files[HOOK], "#!/bin/sh\nmine\n");
    assert!(!rig.world().files.contains_key(START), "the rest is undone");
}

#[tokio::test]
async fn what_cda_prepared_is_left_as_it_is() {
    let rig = Rig::with(|world| {
        let start = "#!/bin/sh\ncp /work/redfish/certs/* /etc\nsystemctl start redfish\n";
        world.files.insert(START.into(), start.into());
        let hook = "#!/bin/sh\n/work/scripts/start-redfish.sh &\n";
        world.files.insert(HOOK.into(), hook.into());
    });
    let before = kept(&rig).0;
    let done = prepare(&rig).await;
    assert_eq!(done.len(), 3, "our CA and two boot options: {done:?}");
    let after = kept(&rig).0;
    for path in [START, HOOK] {
        assert_eq!(after[path], before[path]);
    }
}

#[tokio::test]
async fn the_reserved_memory_file_is_for_firmware_1_8_and_taken_back_with_the_rest() {
    let reserve = async |rig: &Rig| {
        let card = access(rig).await;
        deployment::reserve_memory(card.as_ref(), rig.clock.now(), &rig.policy).await
    };
    let rig = Rig::new();
    let untouched = kept(&rig);
    let error = reserve(&rig).await.unwrap_err();
    assert_eq!(error.kind, FailureKind::Precondition, "{error:?}");
    assert_eq!(kept(&rig), untouched, "another firmware is left alone");

    // Somebody's own file reserves too little: it comes back in the end.
    let site = r#"{"reserved_memory": {"acc_ramdisk": {"size": 2, "granule": "GB"}}}"#;
    let rig = Rig::with(|world| {
        world.identity.firmware_release = Some("1.8.0".into());
        world.files.insert(RESERVED_MEMORY_PATH.into(), site.into());
    });
    let before = kept(&rig);
    let done = reserve(&rig).await.unwrap().unwrap();
    assert!(done.contains("next reset"), "{done}");
    assert_eq!(rig.world().files[RESERVED_MEMORY_PATH], RESERVED_MEMORY);
    prepare(&rig).await;
    let prepared = kept(&rig);
    assert_eq!(reserve(&rig).await.unwrap(), None, "once is enough");
    assert_eq!(kept(&rig), prepared);
    assert_eq!(undo(&rig).await.left, []);
    assert_eq!(kept(&rig), before);
}

#[tokio::test]
async fn a_reserved_memory_file_that_the_imc_took_away_itself_is_no_residue() {
    let rig = Rig::with(|world| world.identity.firmware_release = Some("1.8.0".into()));
    let before = kept(&rig);
    let card = access(&rig).await;
    let done = deployment::reserve_memory(card.as_ref(), rig.clock.now(), &rig.policy).await;
    assert!(done.unwrap().is_some());
    // As its Redfish does when the ACC is to boot from its disk again.
    rig.world().files.remove(RESERVED_MEMORY_PATH);
    assert_eq!(undo(&rig).await, deployment::Undone::default());
    assert_eq!(kept(&rig), before);
}

#[tokio::test]
async fn redfish_is_started_where_nobody_answers() {
    let rig = Rig::with(|world| {
        let away = BmcError::Unreachable {
            peer: "imc-01.lab:8443".into(),
            stage: Stage::Tcp,
            reason: "connection refused".into(),
        };
        world.faults.always.insert(Call::Identify, away);
        let inactive = says(3, "inactive\n", "");
        world
            .faults
            .imc_says
            .insert("systemctl is-active", inactive);
        let failed = says(1, "", "Unit redfish.service not found.\n");
        world
            .faults
            .imc_says
            .insert("systemctl restart redfish", failed);
    });
    let error = not_prepared(&rig).await;
    assert_eq!(error.message, "Redfish can't be started on the IMC");
    assert_eq!(error.causes, ["Unit redfish.service not found."]);
}

#[tokio::test]
async fn redfish_as_shipped_gets_what_it_lacks_and_loses_it_again() {
    let rig = Rig::with(World::redfish_as_shipped);
    let before = kept(&rig);
    let done = prepare(&rig).await;
    assert_eq!(done.len(), 9, "{done:?}");
    {
        let world = rig.world();
        assert!(world.redfish.runs);
        assert_eq!(world.redfish.pinned.as_ref(), Some(&world.redfish.shows));
        let configuration = &world.files[CONFIGURATION];
        let wanted = world.files[TEMPLATE].replace(r#""eth0""#, "null");
        let wanted = wanted.replace("<placeholder>", "$6$ours");
        assert_eq!(
            *configuration, wanted,
            "line by line as Intel's programs read it"
        );
        assert!(world.files[CERTIFICATE].starts_with("ours "));
    }
    let prepared = kept(&rig);
    assert_eq!(prepare(&rig).await, Vec::<String>::new());
    assert_eq!(kept(&rig), prepared);
    assert_eq!(undo(&rig).await.left, []);
    assert_eq!(kept(&rig), before);
}

#[tokio::test]
async fn a_certificate_that_is_there_stays_unless_the_plan_says_otherwise_and_comes_back() {
    let rig = Rig::new();
    let before = kept(&rig);
    prepare(&rig).await;
    assert_eq!(rig.world().files[CERTIFICATE], before.0[CERTIFICATE]);
    let done = prepare_with(&rig, Certificate::OurOwn).await;
    assert_eq!(done.len(), 2, "issued, and pinned: {done:?}");
    {
        let world = rig.world();
        assert!(world.files[KEY] != before.0[KEY] && world.redfish.shows != key('C'));
        assert_eq!(world.redfish.pinned.as_ref(), Some(&world.redfish.shows));
        assert_eq!(world.effects.passwords_set, 0, "it had one");
    }
    assert_eq!(
        prepare_with(&rig, Certificate::OurOwn).await,
        Vec::<String>::new()
    );
    assert_eq!(undo(&rig).await.left, []);
    assert_eq!(kept(&rig), before);
    assert_eq!(rig.world().redfish.shows, key('C'));
    assert_eq!(rig.world().redfish.pinned, Some(key('C')));
}

#[tokio::test]
async fn a_key_that_can_not_be_read_is_not_taken_for_a_missing_one() {
    let rig = Rig::with(|world| {
        let denied = says(1, "", "sha256sum: server.key: Input/output error\n");
        let asked = "sha256sum /work/redfish/certs/server.key";
        world.faults.imc_says.insert(asked, denied);
    });
    let before = kept(&rig).0;
    let error = not_prepared(&rig).await;
    let words = "/work/redfish/certs/server.key can't be read on the IMC";
    assert_eq!(error.message, words);
    let after = kept(&rig).0;
    assert_eq!(
        (&after[KEY], &after[CERTIFICATE]),
        (&before[KEY], &before[CERTIFICATE])
    );
}

/// The pin moves to what was written over SSH and to nothing else.
#[tokio::test]
async fn a_certificate_that_nobody_predicted_still_blocks() {
    let mut rig = Rig::with(|world| world.redfish.shows = key('D'));
    let job = rig.run_job(full_deployment()).await;
    assert_eq!(failure(&job).kind, FailureKind::TrustChanged);
    assert_eq!(rig.world().redfish.pinned, Some(key('C')));
    assert_eq!(rig.world().effects.imc_writes, 0);
}

#[tokio::test]
async fn a_password_that_intels_program_does_not_set_is_told() {
    let rig = Rig::with(|world| {
        world.redfish_as_shipped();
        // As a JSON printer writes it: their program finds no line to change.
        let text = world.files[TEMPLATE].replace("\" :", "\":");
        world.files.insert(TEMPLATE.into(), text);
    });
    let error = not_prepared(&rig).await;
    assert_eq!(error.message, "Redfish on the IMC has taken no password");
    assert_eq!(error.causes, ["Password updated"]);
}

#[tokio::test]
async fn a_cancelled_job_names_what_it_wrote_on_the_imc() {
    let mut rig = Rig::new();
    let id = rig.submit(full_deployment()).await;
    let job = rig.run_until(&id, "Publish the ISO").await;
    slipway_core::job::JobStore::request_cancel(&*rig.store, &id, job.wake_at)
        .await
        .unwrap();
    let job = rig.run(&id).await;
    let residue = job.state.residue().unwrap();
    assert_eq!(residue.len(), 1, "{residue:?}");
    assert!(
        residue[0]
            .what
            .starts_with("the IMC stays prepared: /etc/pki/"),
        "{residue:?}"
    );
    assert!(residue[0].what.contains(HOOK) && residue[0].why.contains("--undo"));
}

fn without_post_steps() -> JobSpec {
    let JobSpec::Deployment(mut plan) = full_deployment() else {
        unreachable!("it is one");
    };
    plan.beside.after.clear();
    JobSpec::Deployment(plan)
}

#[tokio::test]
async fn a_host_that_does_not_answer_or_let_us_in_stops_a_deployment_before_it_begins() {
    let mut rig = Rig::with(|world| world.faults.silent_after = Some(1));
    let job = rig.run_job(without_post_steps()).await;
    let told = failure(&job);
    assert_eq!(told.step, "Check the card");
    let effects = rig.world().effects.lasting();
    assert_eq!(effects, crate::support::Effects::default());
}

#[tokio::test]
async fn a_driver_that_stays_or_shows_no_device_is_told() {
    let mut rig = Rig::with(|world| world.faults.driver = Some("keeps"));
    let job = rig.run_job(without_post_steps()).await;
    let told = failure(&job);
    assert_eq!(told.step, "Reload the host's driver");
    assert_eq!(told.causes[0], "rmmod: ERROR: Module idpf is in use");
    assert_eq!(rig.world().effects.driver_loads, 0);

    let mut rig = Rig::with(|world| world.faults.driver = Some("no-device"));
    let job = rig.run_job(without_post_steps()).await;
    let told = failure(&job);
    assert_eq!(told.kind, FailureKind::Deadline);
    assert!(told.causes[0].contains("no network device yet"), "{told:?}");
    assert_eq!(rig.world().effects.driver_loads, 1, "once is enough");
}

/// The whole of a job as it is kept.
fn all_of(rig: &Rig, job: &Job) -> String {
    format!("{job:?}\n{}", rig.history(&job.id).join("\n"))
}

#[tokio::test]
async fn a_refused_registration_is_tried_three_times_and_its_key_is_nowhere() {
    let mut rig = Rig::with(|world| world.faults.rhc_refuses = true);
    let job = rig.run_job(full_deployment()).await;
    let told = failure(&job);
    assert_eq!(told.message, "the card can't be registered at Red Hat");
    assert_eq!(
        told.causes[..2],
        ["error: … is no key of 12345", "it was tried 3 times"]
    );
    let all = all_of(&rig, &job);
    assert!(!all.contains("sentinel"), "{all}");
    // The installation itself went well, and that is told.
    assert!(
        told.causes
            .iter()
            .any(|cause| cause.contains("the card runs the new image")),
        "{told:?}"
    );
    assert!(
        !told
            .causes
            .iter()
            .any(|cause| cause.contains("half installed"))
    );
}

#[tokio::test]
async fn a_microshift_that_never_gets_healthy_is_told_with_what_is_missing() {
    let mut rig = Rig::with(|world| world.faults.never_healthy = true);
    let job = rig.run_job(full_deployment()).await;
    let told = failure(&job);
    assert_eq!(told.kind, FailureKind::Unhealthy);
    assert_eq!(told.message, "MicroShift is not healthy after 2 min");
    assert_eq!(told.causes[0], "its API does not answer yet");
    assert_eq!(rig.world().kubeconfig, None);
    assert_eq!(rig.world().effects.microshift_starts, 1);
}

#[tokio::test]
async fn a_card_without_its_name_gets_no_microshift() {
    let mut rig = Rig::with(|world| {
        let said = says(0, "localhost.localdomain\n", "");
        world.faults.acc_says.insert("hostname", said);
    });
    let job = rig.run_job(full_deployment()).await;
    let told = failure(&job);
    assert!(told.message.contains("localhost.localdomain"), "{told:?}");
    assert_eq!(rig.world().effects.microshift_starts, 0);
}

#[tokio::test]
async fn a_full_deployment_leaves_no_secret_in_the_job() {
    let mut rig = Rig::new();
    let job = rig.run_job(full_deployment()).await;
    assert_eq!(
        job.state.outcome(),
        JobOutcome::Succeeded,
        "{:?}",
        job.state
    );
    check_full(&rig.world(), "undisturbed");
    let all = all_of(&rig, &job) + &serde_json::to_string(&job.spec).unwrap();
    assert!(!all.contains("sentinel"), "{all}");
    let plan: &DeploymentPlan = match &job.spec {
        JobSpec::Deployment(plan) => plan,
        other => panic!("{other:?}"),
    };
    assert_eq!(job.facts.after_done.len(), plan.beside.after.len());
}

fn wanting_firmware(version: &str) -> JobSpec {
    let JobSpec::Deployment(mut plan) = without_post_steps() else {
        unreachable!("it is one");
    };
    plan.beside.firmware = Some(version.into());
    JobSpec::Deployment(plan)
}

const ISSUE: &str = "Intel IPU IMC MEV-HW-B1-ci-ts.release.2.0.0.11126\nVersion: 2.0.0\n";

#[tokio::test]
async fn a_card_with_the_wanted_firmware_is_deployed() {
    let mut rig = Rig::with(|w| drop(w.files.insert("/etc/issue.net".into(), ISSUE.into())));
    let job = rig.run_job(wanting_firmware("2.0.0.11126")).await;
    assert_eq!(job.state.outcome(), JobOutcome::Succeeded);
    let history = rig.history(&job.id).join("\n");
    assert!(
        history.contains("the IMC has firmware 2.0.0.11126, as the plan wants it"),
        "{history}"
    );
}

#[tokio::test]
async fn a_card_with_another_firmware_is_not_begun_without_an_image_to_flash_it_with() {
    let spring = |w: &mut World| drop(w.files.insert("/etc/issue.net".into(), ISSUE.into()));
    for (mut rig, seen) in [
        (Rig::with(spring), "release.2.0.0.11126; Version: 2.0.0"),
        (Rig::new(), "/etc/issue.net says nothing"),
    ] {
        let job = rig.run_job(wanting_firmware("2.1.0.4")).await;
        let told = failure(&job);
        assert_eq!(
            (told.kind, told.step.as_str()),
            (FailureKind::Firmware, "Check the card")
        );
        assert!(told.causes[0].contains(seen), "{told:?}");
        assert!(
            format!("{:?}", told.retry).contains("--firmware-image"),
            "{told:?}"
        );
        let effects = rig.world().effects.lasting();
        assert_eq!(effects, crate::support::Effects::default());
    }
}
