//! A cluster.yaml with an `iso_builder` section: the studio makes that ISO first, with the real xorriso
//! and a real registry, and the lab's card gets what came out.

use std::{fs, path::PathBuf};

use serde_json::Value;

use crate::secrets::found_in;
use crate::support::{
    Rack, desk, eventually,
    studio::{Registry, Scene, anaconda, missing},
};

/// Of the section; no ISO and no card gets it.
const KEY: &str = "sentinel-of-the-section";

struct Section {
    scene: Scene,
    rack: Rack,
    registry: Registry,
    file: PathBuf,
}

impl Section {
    /// `None`, with a printed reason, where there is no registry.
    fn new(layer: usize) -> Option<Self> {
        if missing(&["docker-registry", "skopeo"]) {
            return None;
        }
        let scene = Scene::new(layer);
        let rack = Rack::start(1, |_| {});
        let dir = rack.dir().to_str().unwrap().to_owned();
        scene.desk.run(&["lab", "add", "--dir", &dir]).good();
        let registry = Registry::start(&scene.desk.beside("registry"), None);
        registry.push(&scene.image, "lab/dpu-os:stable", None);
        let kickstart = scene.desk.run(&["kickstart", "render"]).good().out;
        fs::write(scene.desk.beside("my.ks"), kickstart).unwrap();
        let file = scene.desk.beside("cluster.yaml");
        let text = format!(
            "clusters:\n- name: lab\n  kind: iso\n  network_api_port: eno1\n  api_vip: 10.0.0.99\n  \
             ingress_vip: 10.0.0.101\n  install_iso: never.iso\n  masters:\n  - name: acc-1\n    \
             node: localhost\n    kind: dpu\n    bmc: {{url: \"{imc}\", user: root, password: \"{password}\"}}\n    \
             ip: 10.0.0.7\n    mac: 00:08:00:01:03:18\n  preconfig:\n  - name: iso_builder\n    \
             image_mode_url: \"{host}/lab/dpu-os:stable\"\n    input_iso: {base}\n    \
             kickstart: my.ks\n    iso_kargs: \"ip=192.168.0.2:::255.255.255.0::enp0s1f0:off \
             netroot=iscsi:192.168.0.1::::iqn.e2000:acc acpi=force\"\n    \
             final_iso_name: out/made.iso\n",
            imc = rack.told(1).imc_redfish,
            password = desk::IMC_PASSWORD,
            host = registry.host,
            base = anaconda::text(&scene.base),
        );
        fs::write(&file, text).unwrap();
        Some(Self {
            scene,
            rack,
            registry,
            file,
        })
    }

    fn file(&self) -> &str {
        self.file.to_str().unwrap()
    }

    fn deploy(&self) -> [&str; 3] {
        ["deploy", self.file(), "--yes"]
    }

    /// How many jobs of each kind there are, and all have succeeded.
    fn jobs(&self) -> (usize, usize) {
        let all = self.scene.desk.json(&["job", "list"]);
        let all = all.as_array().unwrap();
        for job in all {
            assert_eq!(job["outcome"], "succeeded", "{job}");
        }
        let count = |kind: &str| all.iter().filter(|job| job["kind"] == kind).count();
        (count("ISO build"), count("Deployment"))
    }

    /// The one job that builds first, and then deploys.
    fn waiting(&self, list: &Value) -> Value {
        let all = list.as_array().unwrap().iter();
        let mut all = all.filter(|job| job["kind"] == "Cluster deployment");
        let one = all.next().unwrap().clone();
        assert_eq!(all.next(), None, "{list}");
        one
    }

    /// `slipctl deploy` that was killed while xorriso wrote; the id of the job.
    fn killed_while_it_builds(&self, more: &[&str]) -> String {
        let desk = &self.scene.desk;
        let running = desk.start(&[&self.deploy()[..], more].concat());
        let part = self.scene.output.with_file_name(".made.iso.part");
        eventually("it writes", || part.exists().then_some(()));
        running.kill();
        let list = desk.json(&["job", "list"]);
        let waiting = self.waiting(&list);
        assert_eq!(waiting["outcome"], "running", "{waiting}");
        waiting["id"].as_str().unwrap().to_owned()
    }

    fn booted(&self) -> Value {
        self.scene.desk.json(&["status", "dpu-01"])[0]["row"].clone()
    }
}

#[test]
fn the_iso_of_a_files_section_is_built_first_deployed_and_taken_again_until_its_image_moves() {
    let Some(section) = Section::new(1000) else {
        return;
    };
    let desk = &section.scene.desk;
    let plan = desk.run(&["plan", section.file()]).good();
    for words in [
        "made.iso is built first, of what iso_builder of lab says",
        "iso_builder: Makes made.iso on this machine by the ISO studio",
        "$ slipctl iso build made.iso --base",
    ] {
        assert!(plan.out.contains(words), "no `{words}`: {}", plan.out);
    }
    assert!(section.scene.beside().is_empty(), "a plan builds nothing");

    let begun = desk.json(&[&section.deploy()[..], &["--no-wait"]].concat());
    let id = begun[0].as_str().unwrap();
    let job = desk.json(&["job", "show", id]);
    assert_eq!(job["row"]["kind"], "Cluster deployment", "{job}");
    assert_eq!(job["row"]["what"], "made.iso, then 1 card", "{job}");
    desk.run(&section.deploy()).good();
    assert_eq!(section.jobs(), (1, 1), "what had been begun was waited for");
    let list = desk.json(&["job", "list"]);
    assert_eq!(section.waiting(&list)["id"], id, "by the same job");
    let list = desk.json(&["iso", "list"]);
    let made = list.as_array().unwrap().iter();
    let mut made = made.filter(|iso| iso["iso"]["name"] == "made.iso");
    let iso = made.next().unwrap();
    assert_eq!(
        section.booted()["digest"],
        iso["iso"]["facts"]["image_digest"],
        "{iso}"
    );

    desk.run(&section.deploy()).good();
    assert_eq!(section.jobs(), (1, 2), "nothing of it is another");
    let other = desk.beside("other");
    anaconda::oci_dir(&other, "aarch64", 5000);
    let other = format!("oci:{}", other.display());
    section.registry.push(&other, "lab/dpu-os:stable", None);
    let before = section.booted()["digest"].clone();
    desk.run(&section.deploy()).good();
    assert_eq!(section.jobs(), (2, 3));
    assert_ne!(section.booted()["digest"], before);

    // Left out, the file's own ISO is meant again, which is not there.
    let skip = ["--skip-steps", "iso_builder"];
    desk.run(&[&section.deploy()[..], &skip].concat())
        .explains(4, "this can't be deployed yet")
        .says("there is no file never.iso");
}

#[test]
fn a_build_that_was_killed_is_gone_on_with_by_the_same_command() {
    let Some(section) = Section::new(200 << 20) else {
        return;
    };
    let desk = &section.scene.desk;
    section.killed_while_it_builds(&[]);
    assert_eq!(section.rack.observed(1).inserts, 0);
    desk.run(&section.deploy()).good();
    assert_eq!(section.jobs(), (1, 1));
    assert_eq!(section.rack.observed(1).installs, 1);
}

#[test]
fn killed_while_it_builds_the_job_goes_on_by_itself_and_deploys_once() {
    let Some(section) = Section::new(200 << 20) else {
        return;
    };
    let desk = &section.scene.desk;
    // The section's key is out of a variables file: it is kept, and not where anybody reads it.
    let text = fs::read_to_string(&section.file).unwrap();
    let key = "    organization_id: \"1\"\n    activation_key: \"{{ activation_key() }}\"\n";
    fs::write(&section.file, text + key).unwrap();
    let values = desk.beside("values.yaml");
    fs::write(&values, format!("activation_key: {KEY}\n")).unwrap();
    let id = section.killed_while_it_builds(&["--vars", values.to_str().unwrap()]);
    assert_eq!(section.rack.observed(1).inserts, 0);
    assert_eq!(
        found_in(&desk.data(), &[KEY.to_owned()]),
        Vec::<String>::new()
    );

    let ran = desk.run(&["-vv", "job", "run"]).good();
    assert!(!ran.out.contains(KEY) && !ran.err.contains(KEY));
    assert_eq!(section.jobs(), (1, 1), "the build was gone on with");
    let seen = section.rack.observed(1);
    assert_eq!((seen.installs, seen.inserts), (1, 1));
    let job = desk.json(&["job", "show", &id]);
    let begun = job["begun"]["id"].as_str().unwrap();
    assert_eq!(desk.last_job("dpu-01")["row"]["id"], begun, "{job}");
    let build = job["iso_builds"][0].as_str().unwrap();
    desk.run(&["job", "show", &id])
        .good()
        .says(&format!("the ISO: job {}", &build[24..]))
        .says(&format!("began: job {}", &begun[24..]));
    desk.run(&["job", "logs", &id])
        .good()
        .says("the file is the one that was confirmed");
    assert_eq!(
        found_in(&desk.data(), &[KEY.to_owned()]),
        Vec::<String>::new()
    );
}

#[test]
fn a_file_that_was_changed_after_the_kill_is_refused_and_nothing_is_deployed() {
    let Some(section) = Section::new(200 << 20) else {
        return;
    };
    let desk = &section.scene.desk;
    let id = section.killed_while_it_builds(&[]);
    let text = fs::read_to_string(&section.file).unwrap();
    fs::write(&section.file, format!("{text}# changed\n")).unwrap();
    desk.run(&["job", "run"])
        .exits(1)
        .says("cluster.yaml was changed since it was confirmed; nothing was deployed")
        .says("look at its plan, and deploy it again");
    let list = desk.json(&["job", "list"]);
    assert_eq!(section.waiting(&list)["outcome"], "failed", "{list}");
    assert_eq!(section.rack.observed(1).inserts, 0);
    desk.run(&["job", "retry", &id])
        .exits(4)
        .says("what was typed for the file was forgotten");
    // As a new deployment it is what was looked at; the build that was made is taken.
    desk.run(&section.deploy()).good();
    assert_eq!(section.rack.observed(1).installs, 1);
}

#[test]
fn a_build_that_fails_or_is_stopped_deploys_nothing_and_a_cancel_stops_the_build() {
    let Some(section) = Section::new(200 << 20) else {
        return;
    };
    let desk = &section.scene.desk;
    let id = section.killed_while_it_builds(&[]);
    let base = &section.scene.base;
    let away = base.with_extension("away");
    fs::rename(base, &away).unwrap();
    desk.run(&["job", "run"])
        .exits(1)
        .says("the ISO was not built, and nothing was deployed: ")
        .says("then deploy the file again");
    let job = desk.json(&["job", "show", &id]);
    let cause = job["failure"]["causes"][0].as_str().unwrap();
    assert!(cause.ends_with("failed in `Write the ISO`"), "{job}");
    fs::rename(&away, base).unwrap();

    let running = desk.start(&section.deploy());
    let part = section.scene.output.with_file_name(".made.iso.part");
    eventually("it writes again", || part.exists().then_some(()));
    let list = desk.json(&["job", "list", "--active"]);
    let waiting = section.waiting(&list);
    desk.run(&["job", "cancel", waiting["id"].as_str().unwrap()])
        .good();
    running
        .end()
        .exits(1)
        .says("Cluster deployment of cluster.yaml: cancelled")
        .says("ISO build of made.iso: cancelled")
        .says("nothing was deployed");
    assert!(!part.exists(), "nothing half is left");
    assert_eq!(section.rack.observed(1).inserts, 0);
}

#[test]
fn a_section_that_can_not_be_built_is_named_before_anything_is_begun() {
    let Some(section) = Section::new(1000) else {
        return;
    };
    let desk = &section.scene.desk;
    let text = fs::read_to_string(&section.file).unwrap();
    let base = anaconda::text(&section.scene.base);
    for (from, to, sentence) in [
        (base, "none.iso", "none.iso"),
        ("kickstart: my.ks", "kickstart: no.ks", "the kickstart"),
        (base, "https://files.lab/base.iso", "`input_iso` is a URL"),
    ] {
        fs::write(&section.file, text.replace(from, to)).unwrap();
        desk.run(&section.deploy())
            .explains(4, "this can't be deployed yet")
            .says(sentence);
    }
    assert_eq!(desk.json(&["job", "list"]), serde_json::json!([]));
}
