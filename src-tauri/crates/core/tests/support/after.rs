//! The simulated ACC as far as post steps see it: files, rhc, MicroShift.

use slipway_core::ports::CommandOutput;

use super::{says, world::World};

pub const ACTIVATION_KEY: &str = "sentinel-activation-key";
/// Of what the card fetches.
pub const P4_SHA256: &str = "0f0e0d0c0b0a09080706050403020100f0e0d0c0b0a090807060504030201000";
pub const PULL_SECRET: &str = r#"{"auths":{"quay.io":{"auth":"sentinel-pull-secret"}}}"#;
const KUBECONFIG: &str = "/var/lib/microshift/resources/kubeadmin/kubeconfig";
/// From its start to its health, in milliseconds.
const STARTS_IN: i64 = 4_000;

/// `None`: a command of another kind.
pub fn acc_command(
    world: &mut World,
    argv: &[&str],
    stdin: Option<&[u8]>,
) -> Option<CommandOutput> {
    let line = argv.join(" ");
    assert!(!line.contains("sentinel"), "a secret in argv: {line}");
    let done = says(0, "", "");
    let stdin = || String::from_utf8(stdin.expect("something to write").to_vec()).unwrap();
    let healthy = world
        .microshift_at
        .is_some_and(|at| world.now >= at + STARTS_IN && !world.faults.never_healthy);
    Some(match argv {
        ["hostname"] => says(0, "dpu-01\n", ""),
        ["date", "+%s"] => says(0, &format!("{}\n", world.now / 1000), ""),
        ["cat", "/proc/sys/vm/nr_hugepages"] => says(0, &format!("{}\n", world.huge_pages), ""),
        ["cat", KUBECONFIG] if healthy => says(
            0,
            "clusters:\n- cluster:\n    server: https://localhost:6443\nusers:\n- user:\n    client-key-data: sentinel-client-key\n",
            "",
        ),
        ["cat", path] => says(0, &world.acc_files.get(*path)?.0.clone(), ""),
        ["stat", "-c", "%a", path] => match world.acc_files.get(*path) {
            Some((_, mode)) => says(0, &format!("{mode}\n"), ""),
            None => says(1, "", "No such file or directory"),
        },
        ["mkdir", "-p", _] => done,
        ["curl", "-fsSL", "--output", path, "--", _] => {
            world.effects.fetches += 1;
            let archive = ("an archive".to_owned(), "644".to_owned());
            world.acc_files.insert((*path).to_owned(), archive);
            done
        }
        ["sha256sum", path] => match world.acc_files.contains_key(*path) {
            true => says(0, &format!("{P4_SHA256}  {path}\n"), ""),
            false => says(1, "", "No such file or directory"),
        },
        ["tar", "-xzf", _, "-C", folder, "--strip-components=1"] => {
            for name in ["p4-cp", "p4-sde"] {
                let file = (String::new(), "644".to_owned());
                world
                    .acc_files
                    .insert(format!("{folder}/{name}/file"), file);
            }
            done
        }
        ["rm", "-rf", folder] => {
            let inside = format!("{folder}/");
            world.acc_files.retain(|path, _| !path.starts_with(&inside));
            done
        }
        ["mv", from, to] => {
            let inside = format!("{from}/");
            let paths: Vec<String> = world.acc_files.keys().cloned().collect();
            for path in paths.iter().filter(|path| path.starts_with(&inside)) {
                let file = world.acc_files.remove(path).expect("it is there");
                let name = &path[inside.len()..];
                world.acc_files.insert(format!("{to}/{name}"), file);
            }
            done
        }
        ["test", "-d", folder] => {
            let inside = format!("{folder}/");
            let there = world.acc_files.keys().any(|path| path.starts_with(&inside));
            says(u32::from(!there), "", "")
        }
        ["rm", "-f", path] => {
            world.acc_files.remove(*path);
            done
        }
        ["touch", path] => {
            let new = (String::new(), "644".to_owned());
            world.acc_files.entry((*path).to_owned()).or_insert(new);
            done
        }
        ["chmod", mode, path] => {
            world.acc_files.get_mut(*path)?.1 = (*mode).to_owned();
            done
        }
        ["tee", path] => {
            world.effects.acc_writes += 1;
            let new = (stdin(), "644".to_owned());
            world.acc_files.insert((*path).to_owned(), new);
            done
        }
        ["dd", "status=none", to] => {
            world.effects.acc_writes += 1;
            let path = to.strip_prefix("of=").expect("a path");
            let file = world.acc_files.get_mut(path).expect("it was made first");
            assert_eq!(file.1, "600", "nobody else may read it");
            file.0 = stdin();
            done
        }
        ["sysctl", "-w", setting] => {
            let pages = setting.strip_prefix("vm.nr_hugepages=").expect("pages");
            world.huge_pages = pages.parse().expect("a number");
            done
        }
        ["subscription-manager", "identity"] => says(u32::from(!world.registered), "", ""),
        ["sh", "-c", script, "slipway", "12345"] => {
            assert!(script.contains("rhc connect"), "{script}");
            assert_eq!(stdin(), format!("{ACTIVATION_KEY}\n"));
            if world.faults.rhc_refuses {
                let words = format!("error: {ACTIVATION_KEY} is no key of 12345\n");
                return Some(says(1, "", &words));
            }
            world.effects.registrations += 1;
            world.registered = true;
            done
        }
        ["systemctl", "is-enabled", "microshift"] => {
            says(u32::from(world.microshift_at.is_none()), "", "")
        }
        ["systemctl", "is-active", "microshift"] => match world.microshift_at {
            Some(_) if healthy => says(0, "active\n", ""),
            Some(_) => says(3, "activating\n", ""),
            None => says(3, "inactive\n", ""),
        },
        ["systemctl", "enable", "--now", "--no-block", "microshift"] => {
            world.effects.microshift_starts += 1;
            world.microshift_at = Some(world.now);
            done
        }
        ["oc", ..] if !healthy => says(1, "", "The connection was refused\n"),
        ["oc", "--kubeconfig", KUBECONFIG, "get", "nodes", ..] => says(
            0,
            r#"{"items":[{"metadata":{"name":"dpu-01"},"status":{"conditions":[{"type":"Ready","status":"True"}]}}]}"#,
            "",
        ),
        ["oc", ..] => says(
            0,
            r#"{"items":[{"metadata":{"name":"dns"},"status":{"phase":"Running"}}]}"#,
            "",
        ),
        _ => return None,
    })
}
