//! A cluster.yaml with an `iso_builder` section: the studio makes that ISO first, with the real xorriso
//! and a real registry, and the lab's card gets what came out.

use std::{fs, path::PathBuf};

use serde_json::Value;

use crate::support::{
    Rack, desk, eventually,
    studio::{Registry, Scene, anaconda, missing},
};

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

    desk.run(&[&section.deploy()[..], &["--no-wait"]].concat())
        .explains(4, "the ISO is being built, and nothing is deployed yet");
    desk.run(&section.deploy()).good();
    assert_eq!(section.jobs(), (1, 1), "what had been begun was waited for");
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
    let running = desk.start(&section.deploy());
    let part = section.scene.output.with_file_name(".made.iso.part");
    eventually("it writes", || part.exists().then_some(()));
    running.kill();
    assert_eq!(section.rack.observed(1).inserts, 0);
    desk.run(&section.deploy()).good();
    assert_eq!(section.jobs(), (1, 1));
    assert_eq!(section.rack.observed(1).installs, 1);
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
