//! What is asked of an IMC over its SSH and its Redfish: commands that change nothing, and how
//! their answers are read.

use std::time::Duration;

use super::{
    Asked, ClockSeen, CurlAnswer, ManagerSeen, MediaSeen, RedfishFacts, ShellFacts, Space,
};
use crate::{
    command::CommandLine,
    failure::{FailureKind, StepError},
    iso::RESERVED_MEMORY_PATH,
    job::deployment::reserves_enough,
    ports::{Bmc, BmcError, Clock, CommandOutput, Controller, Remote, RemoteError},
    time::{ByteCount, Timestamp},
};

/// Where an IMC keeps the ISO that it downloads.
const MEDIA_FILE: &str = "/mnt/imc/acc-os.iso";
const MEDIA_FOLDER: &str = "/mnt/imc";
/// For the connection, and for all of it.
const CURL_SECONDS: [&str; 2] = ["10", "20"];

/// Asks the IMC's shell. The first command logs in; where that is refused nothing else is tried,
/// for every try is one more towards a locked account.
pub async fn shell(
    remote: &dyn Remote,
    user: &str,
    clock: &dyn Clock,
    deadline: Duration,
) -> ShellFacts {
    let ask = |argv: &'static [&'static str]| async move {
        let command = CommandLine::new(argv.iter().copied());
        remote.run(&command, None, deadline).await
    };
    let hostname = ask(&["cat", "/etc/hostname"]).await;
    let mut facts = ShellFacts {
        user: user.to_owned(),
        ..ShellFacts::default()
    };
    if let Err(error) = hostname {
        facts.hostname = Asked::Failed(error.into());
        return facts;
    }
    let clocked = async {
        let before = clock.now();
        let told = ask(&["date", "+%s"]).await;
        // The command ran somewhere between: the middle is the best guess.
        let way = clock.now().since(before) / 2;
        (told, before.plus(way))
    };
    let (date, unit, memory, root, media, file, reserved) = futures::join!(
        clocked,
        ask(&["systemctl", "is-active", "redfish"]),
        ask(&["cat", "/proc/meminfo"]),
        ask(&["df", "-P", "-k", "/"]),
        ask(&["df", "-P", "-k", MEDIA_FOLDER]),
        ask(&["stat", "-c", "%s", MEDIA_FILE]),
        ask(&["cat", RESERVED_MEMORY_PATH]),
    );
    facts.hostname = read("its host name", hostname, |out| Some(out.text()));
    let (date, ours) = date;
    facts.clock = read("the time", date, |out| {
        let theirs = parse_seconds(&out.text())?;
        Some(ClockSeen { theirs, ours })
    });
    // It exits with 3 for every unit that is not active, and says which state that is.
    facts.redfish_unit = match unit {
        Ok(out) if out.text().is_empty() => Asked::NotAsked("there is no systemd".to_owned()),
        Ok(out) => Asked::Answered(out.text()),
        Err(error) => Asked::Failed(error.into()),
    };
    facts.memory = read("its memory", memory, |out| parse_meminfo(&out.text()));
    facts.root = read("its disk", root, |out| parse_df(&out.text()));
    facts.media = read("its disk", media, |out| parse_df(&out.text()));
    facts.media_file = match file {
        Ok(out) if !out.ok() => Asked::Answered(None),
        file => read("the size of a file", file, |out| {
            out.text().parse().ok().map(|size| Some(ByteCount(size)))
        }),
    };
    facts.reserved_memory = match reserved {
        Ok(out) => Asked::Answered(out.ok() && reserves_enough(&out.text())),
        Err(error) => Asked::Failed(error.into()),
    };
    facts
}

fn read<T>(
    what: &str,
    told: Result<CommandOutput, RemoteError>,
    parse: impl FnOnce(&CommandOutput) -> Option<T>,
) -> Asked<T> {
    let out = match told {
        Ok(out) => out,
        Err(error) => return Asked::Failed(error.into()),
    };
    let parsed = if out.ok() { parse(&out) } else { None };
    parsed.map_or_else(
        || {
            let evidence = if out.ok() {
                first_line(&out.text())
            } else {
                out.reason()
            };
            let message = format!("the IMC does not tell {what}");
            Asked::Failed(StepError::new(FailureKind::Protocol, message).because(evidence))
        },
        Asked::Answered,
    )
}

fn first_line(text: &str) -> String {
    const ENOUGH: usize = 120;
    let line = text.lines().next().unwrap_or("an empty answer");
    line.chars().take(ENOUGH).collect()
}

/// Asks Redfish. The first question logs in; where that is refused nothing else is tried.
pub async fn redfish<B: Bmc + Controller + ?Sized>(
    bmc: &B,
    user: &str,
    clock: &dyn Clock,
) -> RedfishFacts {
    let mut facts = RedfishFacts {
        user: user.to_owned(),
        ..RedfishFacts::default()
    };
    facts.identity = bmc.identify().await.into();
    if facts.identity.answer().is_none() {
        return facts;
    }
    let manager = async {
        let crawl = bmc.crawl().await?;
        let manager = crawl.inventory.managers.into_iter().next();
        let manager = manager.unwrap_or_default();
        let theirs = manager.date_time.as_deref().and_then(parse_date_time);
        let ours = clock.now();
        Ok::<_, BmcError>(ManagerSeen {
            health: manager.health,
            clock: theirs.map(|theirs| ClockSeen { theirs, ours }),
        })
    };
    let (manager, tasks, slot) = futures::join!(manager, bmc.tasks(), bmc.virtual_media());
    facts.manager = manager.into();
    facts.tasks = tasks.into();
    facts.slot = slot.into();
    facts
}

/// Lets the IMC itself ask for a published file: as it trusts now, and where it does not, once
/// more with our CA's certificate handed to it on standard input. Nothing is written there.
///
/// # Errors
/// The command could not be run.
pub async fn media(
    remote: &dyn Remote,
    url: &url::Url,
    ca_pem: &str,
    deadline: Duration,
) -> Result<MediaSeen, RemoteError> {
    let now = remote.run(&curl(url, false), None, deadline).await?;
    let now = parse_curl(&now);
    let with_our_ca = if now.distrusts() {
        let pem = Some(ca_pem.as_bytes());
        let again = remote.run(&curl(url, true), pem, deadline).await?;
        Some(parse_curl(&again))
    } else {
        None
    };
    Ok(MediaSeen {
        origin: format!("{}://{}", url.scheme(), url.authority()),
        now,
        with_our_ca,
    })
}

fn curl(url: &url::Url, with_our_ca: bool) -> CommandLine {
    let [connect, all] = CURL_SECONDS;
    let mut argv = vec!["curl", "--silent", "--show-error", "--head"];
    argv.extend(["--connect-timeout", connect, "--max-time", all]);
    if with_our_ca {
        argv.extend(["--cacert", "/dev/stdin"]);
    }
    argv.push(url.as_str());
    CommandLine::new(argv)
}

impl CurlAnswer {
    pub(super) fn answered(&self) -> bool {
        self.exit == 0 && self.status == Some(200)
    }

    /// It came as far as the server's certificate and did not take it (`CURLE_PEER_FAILED_VERIFICATION`),
    /// or has no usable authorities at all (`CURLE_SSL_CACERT_BADFILE`).
    pub(super) fn distrusts(&self) -> bool {
        matches!(self.exit, 60 | 77)
    }
}

fn parse_curl(out: &CommandOutput) -> CurlAnswer {
    // `HTTP/1.1 200 OK`; the last one counts where there are several (a proxy's comes first).
    let text = out.text();
    let status = text.lines().filter(|line| line.starts_with("HTTP/"));
    let status = status
        .filter_map(|line| line.split_whitespace().nth(1)?.parse().ok())
        .next_back();
    let said = String::from_utf8_lossy(&out.stderr);
    // curl explains a certificate error over several lines; the first one is the error.
    let reason = said.lines().find(|line| line.starts_with("curl:"));
    CurlAnswer {
        exit: out.exit,
        status,
        reason: reason.map_or_else(|| out.reason(), str::to_owned),
    }
}

fn parse_seconds(text: &str) -> Option<Timestamp> {
    let seconds: i64 = text.parse().ok()?;
    Some(Timestamp::from_millis(seconds.checked_mul(1000)?))
}

/// Services without a clock write `0000-00-00T00:00:00Z` and the like.
fn parse_date_time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// `MemAvailable` of `/proc/meminfo`.
fn parse_meminfo(text: &str) -> Option<ByteCount> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(ByteCount(kib.checked_mul(1024)?))
}

/// One line of `df -P -k`: file system, blocks, used, available, part, mounted on.
fn parse_df(text: &str) -> Option<Space> {
    let words: Vec<&str> = text.lines().nth(1)?.split_whitespace().collect();
    let [_, whole, _, free, _, mounted] = words.as_slice() else {
        return None;
    };
    let bytes = |kib: &str| Some(ByteCount(kib.parse::<u64>().ok()?.checked_mul(1024)?));
    Some(Space {
        whole: bytes(whole)?,
        free: bytes(free)?,
        mounted: (*mounted).to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn out(exit: u32, stdout: &str, stderr: &str) -> CommandOutput {
        CommandOutput {
            exit,
            stdout: stdout.into(),
            stderr: stderr.into(),
        }
    }

    #[test]
    fn a_disk_and_the_memory_are_read_as_linux_writes_them() {
        let df = "Filesystem     1024-blocks    Used Available Capacity Mounted on\n\
                  /dev/mmcblk0p4     7224824 1233072   5602264      19% /mnt/imc\n";
        let space = parse_df(df).unwrap();
        assert_eq!(
            (space.free, space.whole, space.mounted.as_str()),
            (
                ByteCount(5_602_264 << 10),
                ByteCount(7_224_824 << 10),
                "/mnt/imc"
            )
        );
        assert_eq!(parse_df("df: /mnt/imc: No such file or directory"), None);
        let meminfo = "MemTotal:        2031420 kB\nMemFree:  91232 kB\n\
                       MemAvailable:    1032164 kB\nBuffers: 1 kB\n";
        assert_eq!(parse_meminfo(meminfo), Some(ByteCount(1_032_164 << 10)));
        assert_eq!(parse_meminfo("MemTotal: 12 kB\n"), None);
    }

    #[test]
    fn curl_is_read_by_its_exit_its_status_line_and_its_first_words() {
        let fine = parse_curl(&out(0, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", ""));
        assert!(fine.answered() && !fine.distrusts());
        let through_a_proxy =
            "HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 404 Not Found\r\n";
        assert_eq!(parse_curl(&out(0, through_a_proxy, "")).status, Some(404));
        // As curl 7.88 says it.
        let strange = "curl: (60) SSL certificate problem: unable to get local issuer certificate\n\
            More details here: https://curl.se/docs/sslcerts.html\n\ncurl failed to verify the \
            legitimacy of the server and therefore could not\nestablish a secure connection to it.\n";
        let strange = parse_curl(&out(60, "", strange));
        assert!(strange.distrusts());
        assert_eq!(
            strange.reason,
            "curl: (60) SSL certificate problem: unable to get local issuer certificate"
        );
    }

    #[test]
    fn a_clock_that_says_nothing_is_no_clock() {
        assert_eq!(
            parse_seconds("1790000000").unwrap().as_millis(),
            1_790_000_000_000
        );
        assert_eq!(parse_seconds("@1"), None);
        assert!(parse_date_time("2026-11-25T21:00:00+00:00").is_some());
        assert_eq!(parse_date_time("0000-00-00T00:00:00Z"), None);
    }

    #[test]
    fn the_ca_goes_in_on_standard_input_and_never_as_a_file_of_the_imc() {
        let url = "https://10.0.0.1:4443/iso/token/probe".parse().unwrap();
        let argv = curl(&url, true);
        assert!(
            argv.argv()
                .windows(2)
                .any(|two| two == ["--cacert", "/dev/stdin"])
        );
        assert!(
            !argv
                .argv()
                .iter()
                .any(|word| word == "--insecure" || word == "-k")
        );
        assert!(
            !curl(&url, false)
                .argv()
                .iter()
                .any(|word| word == "--cacert")
        );
    }
}
