//! The simulated IMC: Redfish, and the shell behind its SSH.

use std::time::Duration;

use async_trait::async_trait;
use slipway_core::{
    command::CommandLine,
    dpu::ImcIdentity,
    ports::{
        Bmc, BmcError, BootOverride, CommandOutput, RedfishTask, Remote, RemoteError, Stage,
        TaskState, TaskUri, VirtualMedia,
    },
};

use super::{
    access::Sim,
    parts::{Call, Download, Event},
    says,
    world::{MEDIA_FILE, World},
};

pub struct FakeBmc(pub Sim);
pub struct ImcShell(pub Sim);

fn away(stage: Stage) -> BmcError {
    let reason = "connection refused".into();
    BmcError::Unreachable {
        peer: "imc-01.lab:8443".into(),
        stage,
        reason,
    }
}

fn refused(status: u16, id: &str, message: &str) -> BmcError {
    BmcError::Refused {
        peer: "imc-01.lab:8443".into(),
        status,
        message_id: Some(format!("Base.1.18.{id}")),
        message: message.into(),
        resolution: None,
    }
}

impl FakeBmc {
    /// One call: does `act` unless the IMC is away or the call is to fail.
    fn call<T>(
        &self,
        call: Call,
        act: impl FnOnce(&mut World) -> Result<T, BmcError>,
    ) -> Result<T, BmcError> {
        let mut world = self.0.world();
        if world.now < world.imc_booted_at {
            return Err(away(Stage::Tcp));
        }
        let next = world
            .faults
            .next
            .get_mut(&call)
            .and_then(|errors| errors.pop_front());
        if let Some(error) = next.or_else(|| world.faults.always.get(&call).cloned()) {
            if matches!(error, BmcError::Unauthorized { .. }) {
                world.effects.refused_logins += 1;
            }
            return Err(error);
        }
        if world.imc_hostname.contains("recovery") {
            return Err(away(Stage::Tcp));
        }
        world.redfish_answers()?;
        let answer = act(&mut world);
        if world.faults.lost_answer.remove(&call) {
            Err(away(Stage::Http))
        } else {
            answer
        }
    }
}

#[async_trait]
impl Bmc for FakeBmc {
    async fn identify(&self) -> Result<ImcIdentity, BmcError> {
        self.call(Call::Identify, |world| Ok(world.identity.clone()))
    }

    async fn virtual_media(&self) -> Result<VirtualMedia, BmcError> {
        self.call(Call::VirtualMedia, |world| Ok(world.slot.clone()))
    }

    async fn insert_media(&self, image: &url::Url) -> Result<TaskUri, BmcError> {
        self.call(Call::Insert, |world| {
            if world
                .downloads
                .iter()
                .any(|download| download.state == TaskState::Running)
            {
                return Err(refused(400, "ResourceInUse", "The resource is in use"));
            }
            assert!(
                !world.files.contains_key(MEDIA_FILE),
                "the IMC would append to what is left of an earlier download"
            );
            world.effects.inserts += 1;
            let mut path = image.path_segments().expect("a path");
            let (token, file) = (path.next().expect("a token"), path.next().expect("a file"));
            world.downloads.push(Download {
                file: file.into(),
                token: token.into(),
                state: TaskState::Running,
            });
            world.files.insert(MEDIA_FILE.into(), "1000".into());
            let index = world.downloads.len() - 1;
            world.after(world.pace.download, Event::DownloadEnds(index));
            if world.faults.restarts_in_download {
                world.after(1_000, Event::ImcResets);
            }
            Ok(TaskUri(format!("/redfish/v1/TaskService/Tasks/{index}")))
        })
    }

    async fn task(&self, task: &TaskUri) -> Result<RedfishTask, BmcError> {
        self.call(Call::Task, |world| {
            let index: usize = task
                .0
                .rsplit('/')
                .next()
                .expect("an id")
                .parse()
                .expect("a number");
            let download = world.downloads.get(index);
            let download =
                download.ok_or_else(|| refused(404, "ResourceMissing", "no such task"))?;
            Ok(RedfishTask {
                uri: task.clone(),
                state: download.state.clone(),
                started: None,
            })
        })
    }

    async fn tasks(&self) -> Result<Vec<RedfishTask>, BmcError> {
        self.call(Call::Tasks, |world| {
            let told = world
                .downloads
                .iter()
                .enumerate()
                .map(|(index, download)| RedfishTask {
                    uri: TaskUri(format!("/redfish/v1/TaskService/Tasks/{index}")),
                    state: download.state.clone(),
                    started: None,
                });
            Ok(told.collect())
        })
    }

    async fn eject_media(&self) -> Result<(), BmcError> {
        self.call(Call::Eject, |world| {
            world.effects.ejects += 1;
            world.slot = VirtualMedia {
                image_name: None,
                inserted: false,
            };
            world.files.remove(MEDIA_FILE);
            Ok(())
        })
    }

    async fn boot_override(&self) -> Result<BootOverride, BmcError> {
        self.call(Call::Override, |world| Ok(world.boot_override.clone()))
    }

    async fn set_boot_override(&self, wanted: &BootOverride) -> Result<BootOverride, BmcError> {
        self.call(Call::SetOverride, |world| {
            world.effects.override_sets += 1;
            if !world.faults.override_hidden {
                world.boot_override = wanted.clone();
            }
            Ok(world.boot_override.clone())
        })
    }

    async fn reset_manager(&self) -> Result<(), BmcError> {
        self.call(Call::Reset, |world| {
            world.effects.resets += 1;
            world.after(world.pace.reset_shows, Event::ImcResets);
            Ok(())
        })
    }
}

#[async_trait]
impl Remote for ImcShell {
    async fn run(
        &self,
        command: &CommandLine,
        stdin: Option<&[u8]>,
        _deadline: Duration,
    ) -> Result<CommandOutput, RemoteError> {
        let mut world = self.0.world();
        if world.now < world.imc_booted_at || !world.hears() {
            let (peer, reason) = ("imc-01.lab:22".into(), "no route to host".into());
            return Err(RemoteError::Unreachable {
                peer,
                stage: Stage::Tcp,
                reason,
            });
        }
        if let Some(error) = world.faults.imc_shell.clone() {
            if matches!(error, RemoteError::Unauthorized { .. }) {
                world.effects.refused_logins += 1;
            }
            return Err(error);
        }
        let line = command.to_string();
        if let Some((_, said)) = world
            .faults
            .imc_says
            .iter()
            .find(|(start, _)| line.starts_with(**start))
        {
            return Ok(said.clone());
        }
        let argv: Vec<&str> = command.argv().iter().map(String::as_str).collect();
        Ok(imc_command(&mut world, &argv, stdin))
    }
}

fn sha256(text: &str) -> String {
    use sha2::{Digest, Sha256};
    let digits = Sha256::digest(text.as_bytes());
    digits.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn imc_command(world: &mut World, argv: &[&str], stdin: Option<&[u8]>) -> CommandOutput {
    let done = says(0, "", "");
    let missing = says(1, "", "No such file or directory");
    match argv {
        ["cat", "/proc/uptime"] => {
            let seconds = (world.now - world.imc_booted_at) as f64 / 1000.0;
            says(0, &format!("{seconds:.2} 1.00\n"), "")
        }
        ["cat", "/etc/hostname"] => says(0, &world.imc_hostname, ""),
        ["cat", path] => world
            .files
            .get(*path)
            .map_or(missing, |text| says(0, text, "")),
        ["date", "+%s"] => says(
            0,
            &format!("{}\n", (world.now + world.imc_clock) / 1000),
            "",
        ),
        ["date", "-s", to] => {
            world.effects.clock_sets += 1;
            let to: i64 = to.trim_start_matches('@').parse().expect("seconds");
            world.imc_clock = to * 1000 - world.now;
            done
        }
        ["tee", path] => {
            assert!(path.ends_with(".slipway-new"), "never half a file: {path}");
            let text = String::from_utf8(stdin.expect("something to write").to_vec());
            world.files.insert((*path).to_owned(), text.expect("text"));
            done
        }
        ["mv", "-f", from, to] => {
            let Some(text) = world.files.remove(*from) else {
                return missing;
            };
            if to.starts_with("/etc/pki/ca-trust") {
                world.effects.trust_writes += 1;
            } else if to.starts_with("/work/redfish/certs/") {
                world.effects.certificate_writes += 1;
            } else if !to.starts_with("/work/slipway/") {
                world.effects.imc_writes += 1;
            }
            world.files.insert((*to).to_owned(), text);
            done
        }
        ["cp", "-p", from, to] => match world.files.get(*from).cloned() {
            Some(text) => {
                world.files.insert((*to).to_owned(), text);
                done
            }
            None => missing,
        },
        ["mkdir", "-p", "-m", "700", _] | ["chmod", _, _] => done,
        ["sha256sum", path] => match world.files.get(*path) {
            Some(text) => says(0, &format!("{}  {path}\n", sha256(text)), ""),
            None => missing,
        },
        ["bash", "/usr/bin/ipu-redfish-generate-password-hash.sh"] => {
            world.hash_password(stdin.expect("a password"))
        }
        ["systemctl", "is-active", "redfish"] => {
            says(if world.redfish.runs { 0 } else { 3 }, "", "")
        }
        ["systemctl", "restart", "redfish"] => world.restart_redfish(),
        ["cfg_boot_options", name] => match world.boot_options.get(*name) {
            Some(value) => says(0, &format!("{value}\n"), ""),
            None => says(1, "", "unknown option"),
        },
        ["cfg_boot_options", name, value] => {
            world.effects.option_sets += 1;
            world
                .boot_options
                .insert((*name).to_owned(), (*value).to_owned());
            done
        }
        ["rm", "-rf", folder] => {
            let under = format!("{folder}/");
            world.files.retain(|path, _| !path.starts_with(&under));
            done
        }
        ["update-ca-trust"] => {
            world.effects.trust_updates += 1;
            done
        }
        ["stat", "-c", "%s", path] => world
            .files
            .get(*path)
            .map_or(missing, |size| says(0, &format!("{size}\n"), "")),
        ["rm", "-f", path] => {
            if world.files.remove(*path).is_some() && *path == MEDIA_FILE {
                world.effects.partial_removals += 1;
            }
            done
        }
        other => panic!("the simulated IMC does not know {other:?}"),
    }
}
