//! A card that is flashed by a file's word: with the real podman and a container that flashes the
//! lab's card, and with sushy-tools' emulator as the BMC of the server that the card is in.

use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use crate::images::{of_storage, own_storage, podman_runs};
use crate::support::{
    Desk, Rack, Ran,
    desk::IMC_PASSWORD,
    emulator::{Emulator, PASSWORD, USER},
    eventually,
};

const BEFORE: &str = "2.0.0.11126";
const WANTED: &str = "2.0.0.11999";
/// Tells the lab what it was told to flash, by its last argument.
const FLASHER: &str = r#"
for last; do :; done
echo "flashes $last"
/bin/busybox wget -q -O - --header "Authorization: Bearer $TOKEN" \
  --header "Content-Type: application/json" --post-data "{\"version\":\"$last\"}" \
  "$CONTROL/v1/cards/1/flash" || exit 7
echo "has flashed $last"
"#;

struct Scene {
    rack: Rack,
    desk: Desk,
    emulator: Emulator,
    image: String,
    file: PathBuf,
}

impl Scene {
    /// `None`, said so, where podman or the emulator is missing.
    fn new() -> Option<Self> {
        let (true, Some(emulator)) = (podman_runs(), Emulator::start()) else {
            return None;
        };
        let rack = Rack::start(1, |_| {});
        let desk = Desk::joined(&rack);
        own_storage(&desk);
        let scene = Self {
            image: build(&desk, &rack),
            file: cluster_yaml(&desk, &rack, &emulator),
            rack,
            desk,
            emulator,
        };
        // Known before anything is asked of anybody.
        scene
            .deploy(&["--firmware-image", &scene.image])
            .explains(4, "this can't be deployed yet")
            .says("of the card's server is not in Slipway");
        let secret = scene.desk.beside("emulator-password");
        fs::write(&secret, PASSWORD).unwrap();
        let add = ["bmc", "add", &scene.emulator.address, "--name", "srv-01"];
        let secret = secret.to_str().unwrap();
        let login = ["--user", USER, "--password-file", secret];
        let trust = ["--trust-on-first-use"];
        scene.run(&[&add[..], &login, &trust].concat()).good();
        scene.run(&["bmc", "reset", "srv-01", "On", "--yes"]).good();
        Some(scene)
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = self.desk.command(arguments);
        of_storage(&self.desk, &mut command);
        self.desk.spawn(command, arguments).end()
    }

    fn deploy(&self, more: &[&str]) -> Ran {
        let file = self.file.to_str().unwrap();
        let words = ["deploy", file, "--yes", "--accept-untried", "dpu_firmware"];
        self.run(&[&words[..], more].concat())
    }

    fn resets(&self) -> usize {
        resets(&self.emulator)
    }

    fn issue(&self) -> String {
        let card = self.rack.card(1);
        let said = self
            .rack
            .block_on(card.run_on_imc("cat /etc/issue.net", b""));
        String::from_utf8(said.stdout).unwrap()
    }

    /// The server and the lab's card are two things here: when the one is switched on again, the other
    /// is.
    fn card_in_the_server<T>(&self, work: impl FnOnce() -> T) -> T {
        let before = self.resets();
        let (card, emulator) = (self.rack.card(1), &self.emulator);
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::SeqCst) {
                    if resets(emulator) >= before + 2 {
                        card.cold_boot();
                        return;
                    }
                    std::thread::sleep(Duration::from_millis(20));
                }
            });
            let came = work();
            done.store(true, Ordering::SeqCst);
            came
        })
    }
}

/// How often the server's power was asked for, as the emulator's log tells.
fn resets(emulator: &Emulator) -> usize {
    emulator.log().matches("ComputerSystem.Reset").count()
}

/// The image, by its digest.
fn build(desk: &Desk, rack: &Rack) -> String {
    let context = desk.beside("context");
    let lab = rack.lab().inventory();
    fs::write(context.join("flash.sh"), FLASHER).unwrap();
    let text = format!(
        "FROM scratch\nCOPY busybox /bin/busybox\nCOPY flash.sh /flash.sh\nENV CONTROL={} TOKEN={}\n\
         ENTRYPOINT [\"/bin/busybox\", \"sh\", \"/flash.sh\"]\n",
        lab.control, lab.control_token
    );
    fs::write(context.join("Containerfile"), text).unwrap();
    let podman = |arguments: &[&str]| {
        let mut command = std::process::Command::new("podman");
        let ran = of_storage(desk, &mut command)
            .args(arguments)
            .output()
            .unwrap();
        let said = String::from_utf8(ran.stderr).unwrap();
        assert!(ran.status.success(), "{said}");
        String::from_utf8(ran.stdout).unwrap().trim().to_owned()
    };
    podman(&[
        "build",
        "-q",
        "-t",
        "localhost/flasher",
        context.to_str().unwrap(),
    ]);
    let digest = [
        "image",
        "inspect",
        "--format",
        "{{.Digest}}",
        "localhost/flasher",
    ];
    format!("localhost/flasher@{}", podman(&digest))
}

fn cluster_yaml(desk: &Desk, rack: &Rack, emulator: &Emulator) -> PathBuf {
    let path = desk.beside("cluster.yaml");
    let text = format!(
        "clusters:\n- name: lab\n  kind: iso\n  network_api_port: eno1\n  api_vip: 10.0.0.99\n  \
         ingress_vip: 10.0.0.98\n  install_iso: https://files.lab/dpu-os-1.0.0.iso\n  masters:\n  \
         - name: acc-1\n    node: localhost\n    kind: dpu\n    \
         bmc: {{url: \"{imc}\", user: root, password: \"{IMC_PASSWORD}\"}}\n    \
         bmc_host: {{url: \"{host}\", user: {USER}, password: \"{PASSWORD}\"}}\n    \
         ip: 10.0.0.1\n    mac: \"00:08:00:01:03:01\"\n  preconfig:\n  - name: dpu_firmware\n    \
         mev_version: \"{WANTED}\"\n",
        imc = rack.told(1).imc_redfish,
        host = emulator.address,
    );
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_card_is_flashed_by_a_container_its_server_cold_booted_and_then_it_is_deployed() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let image = ["--firmware-image", &scene.image];
    let file = scene.file.to_str().unwrap();
    // The plan tells it, waits for a word, and does nothing.
    scene
        .run(&[&["plan", file][..], &image].concat())
        .good()
        .says("dpu_firmware")
        .says("switches the server that the card is in off and on")
        .says("the card can be lost")
        .says(&format!("firmware up --version {WANTED}"));
    let doctor = ["doctor", file, "--accept-untried", "dpu_firmware"];
    scene
        .run(&[&doctor[..], &image].concat())
        .says("is there to flash with, it has the image");
    scene
        .deploy(&["--firmware-image", "localhost/flasher:latest"])
        .exits(2)
        .says("names no digest");
    assert_eq!((scene.rack.observed(1).flashes, scene.resets()), (0, 1));

    // Another desk flashes the card: it is not joined.
    let podman = |arguments: &[&str]| {
        let mut command = std::process::Command::new("podman");
        let ran = of_storage(&scene.desk, command.args(arguments)).output();
        assert!(ran.unwrap().status.success(), "{arguments:?}");
    };
    let sleeps = [
        "run",
        "--detach",
        "--name",
        "anothers-flash",
        "--label",
        "io.slipway.flashes=127.0.0.1",
        "--entrypoint",
        "[\"/bin/busybox\", \"sleep\", \"600\"]",
        &scene.image,
    ];
    podman(&sleeps);
    scene
        .deploy(&image)
        .exits(1)
        .says("the container anothers-flash still flashes this card");
    podman(&["rm", "--force", "--time", "0", "anothers-flash"]);
    assert_eq!((scene.rack.observed(1).flashes, scene.resets()), (0, 1));

    let ran = scene.card_in_the_server(|| scene.deploy(&image));
    ran.good();
    let seen = scene.rack.observed(1);
    assert_eq!((seen.flashes, seen.cold_boots, seen.installs), (1, 1, 1));
    assert_eq!(scene.resets(), 3, "on at first; then off and on");
    assert!(scene.issue().contains(WANTED), "{}", scene.issue());
    let job = scene.desk.last_job("dpu-01");
    let id = job["row"]["id"].as_str().unwrap();
    let log = scene.run(&["job", "logs", id]).good();
    for words in [
        &format!("flash: has flashed {WANTED}"),
        "the host is switched on again",
        &format!("the IMC has firmware {WANTED}, as the plan wants it"),
    ] {
        assert!(log.out.contains(words), "no `{words}`: {}", log.out);
    }
    let mut ps = std::process::Command::new("podman");
    let ps = of_storage(&scene.desk, ps.args(["ps", "--all", "--quiet"]));
    assert_eq!(ps.output().unwrap().stdout, b"", "its container is removed");

    // A second time it is there, and nothing of it is done.
    scene.deploy(&image).good();
    let seen = scene.rack.observed(1);
    assert_eq!((seen.flashes, seen.cold_boots, seen.installs), (1, 1, 2));
    assert_eq!(scene.resets(), 3);
}

#[test]
fn slipctl_that_is_killed_while_it_flashes_finds_the_container_again_and_starts_no_second_one() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let file = scene.file.to_str().unwrap();
    let arguments = [
        "deploy",
        file,
        "--yes",
        "--accept-untried",
        "dpu_firmware",
        "--firmware-image",
        &scene.image,
    ];
    let mut command = scene.desk.command(&arguments);
    of_storage(&scene.desk, &mut command);
    let running = scene.desk.spawn(command, &arguments);
    eventually("it flashes", || {
        (scene.rack.observed(1).flashes == 1).then_some(())
    });
    running.kill();
    assert!(scene.issue().contains(BEFORE));
    scene
        .card_in_the_server(|| scene.run(&["job", "run"]))
        .good();
    let seen = scene.rack.observed(1);
    assert_eq!((seen.flashes, seen.cold_boots, seen.installs), (1, 1, 1));
    assert_eq!(scene.resets(), 3, "no second cold boot");
}
