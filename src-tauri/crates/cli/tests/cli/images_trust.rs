//! podman and a registry whose certificate was accepted by its fingerprint: it is told of it, and the
//! certificate is checked all the same.

use std::fs;

use super::{
    images::{of_storage, own_storage, podman_runs, with_podman},
    support::{
        Desk, Ran,
        studio::{Registry, missing},
    },
};

fn ran(desk: &Desk, arguments: &[&str]) -> Ran {
    desk.spawn(with_podman(desk, arguments), arguments).end()
}

#[test]
fn podman_pushes_to_and_builds_from_a_registry_whose_certificate_was_accepted_and_not_before() {
    if !podman_runs() || missing(&["docker-registry"]) {
        return;
    }
    let desk = Desk::new();
    own_storage(&desk);
    let text = "FROM scratch\nCOPY busybox /bin/busybox\nLABEL containers.bootc=1\n";
    fs::write(desk.beside("context/Containerfile"), text).unwrap();
    let context = desk.beside("context").display().to_string();
    let registry = Registry::self_signed(&desk.beside("registry"));
    let reference = format!("{}/lab/dpu-os:1", registry.host);
    let build = [
        "image", "build", &context, "-t", &reference, "--arch", "x86_64", "--other",
    ];
    ran(&desk, &build).good();

    let push = ["image", "push", &reference];
    let refused = ran(&desk, &push);
    assert_ne!(refused.code, Some(0), "{}", refused.out);

    let seen = desk.json(&["image", "trust", &registry.host]);
    let fingerprint = seen["shown"]["fingerprint"].as_str().unwrap();
    desk.run(&["image", "trust", &registry.host, "--accept", fingerprint])
        .good();
    let shown = ran(&desk, &["image", "push", &reference, "--plan"])
        .good()
        .out;
    assert!(shown.contains("--cert-dir="), "{shown}");
    assert!(!shown.contains("tls-verify"), "{shown}");
    ran(&desk, &push).good();
    desk.run(&["image", "tags", &reference]).good().says("1");

    // A build that begins with it fetches it, too.
    let text = format!("FROM {reference}\nLABEL containers.bootc=1\n");
    fs::write(desk.beside("context/Containerfile"), text).unwrap();
    let next = format!("{}/lab/dpu-os:2", registry.host);
    let build = [
        "image", "build", &context, "-t", &next, "--arch", "x86_64", "--other",
    ];
    let mut forget = std::process::Command::new("podman");
    let forgot = of_storage(&desk, &mut forget)
        .args(["rmi", &reference])
        .output();
    assert!(forgot.unwrap().status.success());
    ran(&desk, &build).good();

    // And no more when it is forgotten.
    desk.run(&["image", "distrust", &registry.host]).good();
    assert_ne!(ran(&desk, &push).code, Some(0));
}
