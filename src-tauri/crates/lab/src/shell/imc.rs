//! The IMC's own programs.

use std::{sync::Arc, time::Duration};

use super::{
    Call, Done, Machine, ShellOutput, Stdin,
    coreutils::split,
    network::{nc, ping, target},
    run,
};
use crate::{
    card::{Card, MEDIA_FILE},
    faults::Fault,
    files::Files,
    imc::{
        service,
        trust::{self, CurlError},
    },
};

/// Where the IMC sees its ACC.
const ACC: &str = "192.168.0.2";
/// The partition of `/mnt/imc`.
const MEDIA_SPACE: u64 = 14_500_000_000;
const ROOT_SPACE: u64 = 512 << 20;
/// Units that run on an IMC that is well.
const ACTIVE: [&str; 3] = ["sshd", "chronyd", "imc-init"];
/// By either name.
const REDFISH: [&str; 2] = ["redfish", "ipu-redfish"];

pub(crate) struct ImcMachine(pub Arc<Card>);

/// Runs a command line on the IMC, in process.
pub async fn run_on_imc(card: &Arc<Card>, command: &str, stdin: &[u8]) -> ShellOutput {
    imc_command(card, command, Stdin::bytes(stdin)).await
}

pub(crate) async fn imc_command(card: &Arc<Card>, command: &str, stdin: Stdin) -> ShellOutput {
    card.count(|o| o.imc_commands += 1);
    run(&ImcMachine(Arc::clone(card)), command, stdin).await
}

impl Machine for ImcMachine {
    fn files<R>(&self, work: impl FnOnce(&mut Files) -> R) -> R {
        work(&mut self.0.imc().files)
    }

    fn made_up(&self, path: &str) -> Option<Vec<u8>> {
        let text = match path {
            "/proc/uptime" => uptime(self.0.imc_uptime()),
            "/proc/meminfo" => {
                let [total, available] = crate::invented::MEMORY_KIB;
                let free = available / 4;
                format!(
                    "MemTotal:       {total:>8} kB\nMemFree:        {free:>8} kB\nMemAvailable:   {available:>8} kB\n"
                )
            }
            "/proc/sys/kernel/random/boot_id" => {
                let boots = self.0.imc().boots;
                let id =
                    uuid::Uuid::from_u64_pair(0x1ab0_0000_0000_4000 | self.0.number as u64, boots);
                format!("{id}\n")
            }
            "/proc/sys/kernel/hostname" => format!("{}\n", self.hostname()),
            _ => return None,
        };
        Some(text.into_bytes())
    }

    fn hostname(&self) -> String {
        let text = self.files(|files| files.read_text("/etc/hostname"));
        text.unwrap_or_default().trim().to_owned()
    }

    fn now(&self) -> jiff::Timestamp {
        self.0.imc_now()
    }

    fn set_clock(&self, to: jiff::Timestamp) -> Result<(), &'static str> {
        self.0.set_imc_clock(to);
        Ok(())
    }

    fn space(&self, path: &str) -> (u64, u64, &'static str) {
        self.files(|files| {
            let (whole, used, mounted) = if path.starts_with("/mnt/imc") {
                let media = files.stat(MEDIA_FILE).map_or(0, |stat| stat.size);
                (MEDIA_SPACE, media, "/mnt/imc")
            } else {
                (ROOT_SPACE, ROOT_SPACE / 2, "/")
            };
            let free = if files.full {
                0
            } else {
                whole.saturating_sub(used)
            };
            (free, whole, mounted)
        })
    }

    async fn program(&self, call: &Call) -> Option<Done> {
        let args = call.args();
        let host = || args.last().copied().unwrap_or_default();
        Some(match call.argv[0].as_str() {
            "systemctl" => self.systemctl(&args),
            "update-ca-trust" => {
                self.0.update_ca_trust();
                Done::exit(0)
            }
            "cfg_boot_options" => self.boot_options(&args),
            "curl" => self.curl(call, &args).await,
            "reboot" => {
                self.0.reset_imc();
                Done::exit(0)
            }
            "ping" if host() == ACC => ping(ACC, self.acc_answers()),
            "nc" | "ncat" if target(&args).0 == ACC => {
                nc(&args, self.acc_answers() && target(&args).1 == 22)
            }
            "ssh" => self.ssh(),
            "chronyc" | "set_acc_kernel_cmdline.sh" | "hwclock" => Done::exit(0),
            "hostnamectl" => Done::fine(format!("{}\n", self.hostname())),
            "uptime" => {
                let days = self.0.imc_uptime().as_secs() / 86_400;
                Done::fine(format!(
                    " 08:00:00 up {days} days,  load average: 0.10, 0.05, 0.01\n"
                ))
            }
            name if name.ends_with("generate-password-hash.sh") => {
                let stdin = call.stdin.read().await;
                let stdin = String::from_utf8_lossy(&stdin);
                match self.files(|files| service::generate_password_hash(files, &stdin)) {
                    Ok(said) => Done::fine(said),
                    Err(said) => Done::failed(1, said),
                }
            }
            _ => return None,
        })
    }
}

/// `/proc/uptime`.
pub(super) fn uptime(up: Duration) -> String {
    let seconds = up.as_secs_f64();
    format!("{seconds:.2} {:.2}\n", seconds * 15.5)
}

impl ImcMachine {
    fn systemctl(&self, args: &[&str]) -> Done {
        let (_, operands) = split(args);
        let name = |unit: &&str| unit.strip_suffix(".service").unwrap_or(unit).to_owned();
        let is_redfish = |unit: &&str| REDFISH.contains(&name(unit).as_str());
        match operands.as_slice() {
            ["is-active" | "status", unit] if is_redfish(unit) && !self.0.redfish_runs() => {
                return Done {
                    exit: 3,
                    ..Done::fine("inactive\n")
                };
            }
            ["is-active" | "status", unit] if is_redfish(unit) => return Done::fine("active\n"),
            ["start" | "restart", unit] if is_redfish(unit) => {
                if let Err(reason) = self.0.start_redfish() {
                    return Done::failed(
                        1,
                        format!("Job for redfish.service failed. Its log:\n{reason}\n"),
                    );
                }
            }
            ["stop", unit] if is_redfish(unit) => self.0.stop_redfish(),
            _ => {}
        }
        systemctl(&operands)
    }
}

fn systemctl(operands: &[&str]) -> Done {
    match operands {
        ["is-active" | "status", unit] => {
            let name = unit.strip_suffix(".service").unwrap_or(unit);
            if ACTIVE.contains(&name) {
                Done::fine("active\n")
            } else {
                Done {
                    exit: 3,
                    ..Done::fine("inactive\n")
                }
            }
        }
        ["is-enabled", ..] => Done::fine("enabled\n"),
        ["is-system-running"] => Done::fine("running\n"),
        [
            "start" | "stop" | "restart" | "reload" | "enable" | "disable" | "daemon-reload",
            ..,
        ] => Done::exit(0),
        [other, ..] => Done::failed(1, format!("Unknown command verb {other}.\n")),
        [] => Done::exit(0),
    }
}

impl ImcMachine {
    fn acc_answers(&self) -> bool {
        self.0.acc().reachable()
    }

    /// Without arguments all, with a name its value, with a value it is set.
    fn boot_options(&self, args: &[&str]) -> Done {
        let mut imc = self.0.imc();
        match args {
            [] => {
                let lines = imc
                    .boot_options
                    .iter()
                    .map(|(name, value)| format!("{name}={value}\n"));
                Done::fine(lines.collect::<String>())
            }
            [name] => match imc.boot_options.get(*name) {
                Some(value) => Done::fine(format!("{value}\n")),
                None => Done::failed(1, format!("unknown option {name}\n")),
            },
            [name, value, ..] => {
                imc.boot_options
                    .insert((*name).to_owned(), (*value).to_owned());
                Done::exit(0)
            }
        }
    }

    /// What people (and CDA) do to see whether the ACC's sshd is up: try to log in.
    fn ssh(&self) -> Done {
        if self.acc_answers() {
            let text = format!("root@{ACC}: Permission denied (publickey,password).\r\n");
            return Done::failed(255, text);
        }
        let text = format!("ssh: connect to host {ACC} port 22: No route to host\r\n");
        Done::failed(255, text)
    }

    /// A real request, with the trust that this IMC has.
    async fn curl(&self, call: &Call, args: &[&str]) -> Done {
        let mut url = "";
        let (mut head, mut fails) = (false, false);
        let (mut to, mut format, mut authorities) = (None, None, None);
        let mut limit = Duration::from_secs(60);
        let mut words = args.iter();
        while let Some(word) = words.next() {
            match *word {
                "-o" | "--output" => to = words.next().copied(),
                "-w" | "--write-out" => format = words.next().copied(),
                "-m" | "--max-time" | "--connect-timeout" => {
                    let seconds = words.next().and_then(|text| text.parse().ok());
                    limit = Duration::from_secs(seconds.unwrap_or(60));
                }
                "--cacert" => authorities = words.next().copied(),
                "--capath" | "-H" | "-u" | "-X" | "--retry" => {
                    words.next();
                }
                "--head" => head = true,
                "--fail" => fails = true,
                flag if flag.starts_with("--") => {}
                flag if flag.starts_with('-') => {
                    head |= flag.contains('I');
                    fails |= flag.contains('f');
                    if flag.ends_with('o') {
                        to = words.next().copied();
                    }
                }
                operand => url = operand,
            }
        }
        let authorities = match authorities {
            None => None,
            Some("/dev/stdin" | "-") => Some(call.stdin.read().await),
            Some(path) => match self.read(&call.path(path)) {
                Ok(pem) => Some(pem),
                Err(_) => return curl_failed(CurlError::BadAuthorities),
            },
        };
        let request = self.request(url, head, authorities);
        let asked = tokio::time::timeout(limit, request).await;
        let (status, headers, body) = match asked {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return curl_failed(error),
            Err(_) => return curl_failed(CurlError::TimedOut),
        };
        if fails && status >= 400 {
            let text = format!("curl: (22) The requested URL returned error: {status}\n");
            return Done::failed(22, text);
        }
        let body = if head { headers.into_bytes() } else { body };
        let mut out = match to {
            Some("/dev/null") => Vec::new(),
            Some(path) => {
                let written = self.files(|files| files.write(&call.path(path), &body));
                if written.is_err() {
                    return curl_failed(CurlError::WriteFailed);
                }
                Vec::new()
            }
            None => body,
        };
        if let Some(format) = format {
            let text = format
                .replace("%{http_code}", &format!("{status:03}"))
                .replace("%{response_code}", &format!("{status:03}"))
                .replace("\\n", "\n");
            out.extend_from_slice(text.as_bytes());
        }
        Done::fine(out)
    }

    /// `authorities`: PEM, in place of what the IMC trusts.
    async fn request(
        &self,
        url: &str,
        head: bool,
        authorities: Option<Vec<u8>>,
    ) -> Result<(u16, String, Vec<u8>), CurlError> {
        let client = match authorities {
            None => trust::client(&self.0),
            Some(pem) => {
                let pem = String::from_utf8_lossy(&pem).into_owned();
                trust::client_trusting(&self.0, &[pem])
            }
        };
        let client = client.map_err(|error| CurlError::of(&error))?;
        let url = url::Url::parse(url).map_err(|_| CurlError::BadUrl)?;
        if self.0.faults.has(Fault::MediaUnreachable) {
            return Err(CurlError::NoConnection);
        }
        let request = if head {
            client.head(url)
        } else {
            client.get(url)
        };
        let answer = request
            .send()
            .await
            .map_err(|error| CurlError::of(&error))?;
        let status = answer.status();
        let mut headers = format!("HTTP/1.1 {status}\r\n");
        for (name, value) in answer.headers() {
            let value = value.to_str().unwrap_or_default();
            headers.push_str(&format!("{name}: {value}\r\n"));
        }
        headers.push_str("\r\n");
        let body = answer
            .bytes()
            .await
            .map_err(|error| CurlError::of(&error))?;
        Ok((status.as_u16(), headers, body.to_vec()))
    }
}

fn curl_failed(error: CurlError) -> Done {
    let code = error.code();
    Done::failed(u32::from(code), format!("curl: ({code}) {error}\n"))
}
