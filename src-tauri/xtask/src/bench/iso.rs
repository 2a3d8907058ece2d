//! The ISO studio: a remaster against the limit of the machine and against the same by hand, and the
//! ISO server against nginx with sendfile.
//!
//! Our side is an example of the crate slipway-media (`examples/iso_bench`), which also makes the
//! files. The limit of a remaster is the slower of writing its bytes (`cp` and sync) and hashing them
//! (`openssl md5`). The re-read that verifies is counted apart, and has no bar.

use crate::Result;
use crate::measure::{Bar, Measurement, median};
use crate::project::{ONE_FEATURE_SET, Project};
use crate::tool::{Running, end};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

const TURNS: usize = 5;
/// Of the readers: each turn sends 164 GB.
const READING_TURNS: usize = 3;
const READERS: [usize; 3] = [1, 8, 32];
const SERVED: f64 = 1e9;
/// Of each reader, where first bytes are timed: enough that all read at the same time.
const FIRST: u32 = 100_000_000;
/// At least this much of nginx's throughput.
const OF_NGINX: f64 = 0.9;
const LIMIT: Duration = Duration::from_secs(20 * 60);

pub fn measure(project: &Project) -> Result<Vec<Measurement>> {
    project
        .cargo("build")?
        .args(ONE_FEATURE_SET)
        .args(["--release", "--example", "iso_bench"])
        .run()?;
    let example = project.target.join("release/examples/iso_bench");
    let folder = std::env::temp_dir().join(format!("slipway-iso-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let measured = in_folder(project, &example, &folder);
    std::fs::remove_dir_all(&folder)?;
    measured
}

fn in_folder(project: &Project, example: &Path, folder: &Path) -> Result<Vec<Measurement>> {
    project
        .ours(example)?
        .arg("make")
        .arg(folder)
        .limit(LIMIT)
        .run()?;
    let mut measured = remasters(project, example, folder)?;
    measured.extend(hosting(project, example, folder)?);
    Ok(measured)
}

fn remasters(project: &Project, example: &Path, folder: &Path) -> Result<Vec<Measurement>> {
    let at = |name: &str| folder.join(name);
    let seconds = |tool: crate::tool::Tool| -> Result<f64> {
        let begun = Instant::now();
        tool.limit(LIMIT).read()?;
        Ok(begun.elapsed().as_secs_f64())
    };
    let sync = |path: &Path| project.tool("sync").map(|tool| tool.arg(path));
    let (mut ours, mut limit, mut by_hand, mut verify) = (vec![], vec![], vec![], vec![]);
    for _ in 0..TURNS {
        let said = project
            .ours(example)?
            .arg("remaster")
            .arg(folder)
            .limit(LIMIT)
            .read()?;
        let told = told(&said);
        let of = |name: &str| told.get(name).copied().ok_or("the example did not say it");
        ours.push(of("write_s")?);
        verify.push(of("verify_s")?);

        let (iso, copy) = (at("out/ours.iso"), at("out/copy.iso"));
        let copied = seconds(project.tool("cp")?.arg(&iso).arg(&copy))? + seconds(sync(&copy)?)?;
        std::fs::remove_file(&copy)?;
        let hashed = seconds(project.tool("openssl")?.args(["md5", "-r"]).arg(&iso))?;
        limit.push(copied.max(hashed));

        let hand = at("out/by-hand.iso");
        let xorriso = project
            .tool("xorriso")?
            .args(["-no_rc", "-indev"])
            .arg(at("base.iso"))
            .arg("-outdev")
            .arg(&hand)
            .args(["-boot_image", "any", "replay", "-joliet", "on"])
            .args(["-compliance", "joliet_long_names:iso_9660_level=3", "-map"])
            .arg(at("slipway.ks"))
            .args(["/slipway.ks", "-map"])
            .arg(at("oci"))
            .arg("/container");
        let implant = project.tool("implantisomd5")?.arg("-f").arg(&hand);
        let hands = seconds(xorriso)? + seconds(implant)? + seconds(sync(&hand)?)?;
        by_hand.push(hands);
        std::fs::remove_file(&hand)?;
        // A run that is broken off has said what it saw.
        println!(
            "ours {:.2} s, CPU {:.2} s; cp and sync {copied:.2} s, openssl md5 {hashed:.2} s; by hand {hands:.2} s",
            of("write_s")?,
            of("cpu_s")?
        );
    }
    println!(
        "the verifying re-read, counted apart: {:.2} s (median of {TURNS})",
        median(&verify)
    );
    let row = |what: &str, ours: &[f64], peer: Option<(&str, &[f64])>, bar| Measurement {
        what: what.to_owned(),
        unit: "s",
        ours: ours.to_vec(),
        peer: peer.map(|(name, values)| (name.to_owned(), values.to_vec())),
        bar,
    };
    Ok(vec![
        row(
            "remaster, 3.5 GB with md5, against the limit",
            &ours,
            Some(("the slower of cp + sync and openssl md5", &limit)),
            Bar::TimesPeer(1.25),
        ),
        row(
            "the same against the same by hand",
            &ours,
            Some(("xorriso, implantisomd5, sync", &by_hand)),
            Bar::TimesPeer(0.75),
        ),
    ])
}

/// Where one server has the file, by scheme.
type Places = HashMap<String, String>;

fn hosting(project: &Project, example: &Path, folder: &Path) -> Result<Vec<Measurement>> {
    let (_ours, ours) = our_server(project, example, folder)?;
    let (_nginx, nginx) = nginx(project, folder)?;
    let mut measured = Vec::new();
    for scheme in ["http", "https"] {
        let of = |places: &Places| places.get(scheme).cloned().ok_or("a server without it");
        let (ours, nginx) = (of(&ours)?, of(&nginx)?);
        let (mut first_bytes, mut nginx_first_bytes) = (vec![], vec![]);
        for readers in READERS {
            let (mut by_us, mut by_nginx) = (vec![], vec![]);
            for _ in 0..READING_TURNS {
                by_us.push(read_by(project, folder, &ours, readers)?);
                by_nginx.push(read_by(project, folder, &nginx, readers)?);
                first_bytes.push(first_byte_of(project, folder, &ours, readers)?);
                nginx_first_bytes.push(first_byte_of(project, folder, &nginx, readers)?);
            }
            println!("{readers} over {scheme}: ours {by_us:.2?} s, nginx {by_nginx:.2?} s");
            measured.push(Measurement {
                what: format!("{readers} readers of 1 GB over {scheme}"),
                unit: "s",
                ours: by_us,
                peer: Some(("nginx with sendfile".to_owned(), by_nginx)),
                bar: Bar::TimesPeer(1.0 / OF_NGINX),
            });
        }
        let slowest = |seconds: &[f64]| seconds.iter().copied().fold(0.0, f64::max) * 1000.0;
        measured.push(Measurement {
            what: format!("the slowest first byte over {scheme}"),
            unit: "ms",
            ours: vec![slowest(&first_bytes)],
            peer: Some((
                "nginx with sendfile".to_owned(),
                vec![slowest(&nginx_first_bytes)],
            )),
            bar: Bar::Below(100.0),
        });
        measured.push(Measurement {
            what: format!("wrong hashes of 32 readers over {scheme}"),
            unit: "",
            ours: vec![wrong_hashes(project, folder, &ours)?],
            peer: None,
            bar: Bar::Below(0.5),
        });
    }
    Ok(measured)
}

fn our_server(project: &Project, example: &Path, folder: &Path) -> Result<(Running, Places)> {
    let mut running = project
        .ours(example)?
        .arg("serve")
        .arg(folder)
        .start_talking()?;
    let out = running.child.stdout.take().ok_or("it has no output")?;
    let mut places = Places::new();
    for line in BufReader::new(out).lines() {
        let line = line?;
        match line.split_once(' ') {
            Some((scheme, url)) => places.insert(scheme.to_owned(), url.to_owned()),
            None => break,
        };
    }
    Ok((running, places))
}

/// Asked to end, it ends its workers; killed, it would leave them.
struct Nginx(Running);

impl Drop for Nginx {
    fn drop(&mut self) {
        end(self.0.child.id());
        let _ = self.0.child.wait();
    }
}

/// nginx as its documentation serves large files, on two free ports.
fn nginx(project: &Project, folder: &Path) -> Result<(Nginx, Places)> {
    let (key, certificate) = (folder.join("nginx.key"), folder.join("nginx.pem"));
    project
        .tool("openssl")?
        .args(["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=bench"])
        .args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
        .args(["-addext", "subjectAltName=IP:127.0.0.1", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .read()?;
    let free = || -> Result<u16> { Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port()) };
    let (http, https) = (free()?, free()?);
    let shown = folder.display();
    let config = format!(
        "daemon off; pid {shown}/nginx.pid; error_log {shown}/nginx.log; worker_processes auto;\n\
         user root;\n\
         events {{ worker_connections 512; }}\n\
         http {{ access_log off; sendfile on; tcp_nopush on; keepalive_timeout 65;\n\
         client_body_temp_path {shown}; proxy_temp_path {shown}; fastcgi_temp_path {shown};\n\
         uwsgi_temp_path {shown}; scgi_temp_path {shown};\n\
         server {{ listen 127.0.0.1:{http}; listen 127.0.0.1:{https} ssl; root {shown};\n\
         ssl_certificate {shown}/nginx.pem; ssl_certificate_key {shown}/nginx.key; }} }}\n"
    );
    let path = folder.join("nginx.conf");
    std::fs::write(&path, config)?;
    let mut nginx = Nginx(
        project
            .tool("nginx")?
            .arg("-c")
            .arg(&path)
            .arg("-e")
            .arg(folder.join("nginx.log"))
            .start_logged(&folder.join("nginx.out"))?,
    );
    nginx
        .0
        .wait_until("nginx listens", Duration::from_secs(20), || {
            std::net::TcpStream::connect(("127.0.0.1", https)).is_ok()
        })?;
    // What curl trusts: ours and nginx's.
    let mut trusted = std::fs::read_to_string(folder.join("ca.pem"))?;
    trusted += &std::fs::read_to_string(&certificate)?;
    std::fs::write(folder.join("trusted.pem"), trusted)?;
    let place = |scheme: &str, port: u16| {
        let url = format!("{scheme}://127.0.0.1:{port}/served.iso");
        (scheme.to_owned(), url)
    };
    let places = [place("http", http), place("https", https)];
    Ok((nginx, places.into_iter().collect()))
}

/// So many curls at once: seconds until the last has it all.
fn read_by(project: &Project, folder: &Path, url: &str, readers: usize) -> Result<f64> {
    let begun = Instant::now();
    let mut running = Vec::new();
    for _ in 0..readers {
        let tool = project
            .tool("curl")?
            .args(["-sS", "--fail", "--noproxy", "*", "-o", "/dev/null"])
            .args(["-w", "%{size_download}", "--cacert"])
            .arg(folder.join("trusted.pem"))
            .arg(url);
        running.push(tool.start_talking()?);
    }
    for one in &mut running {
        let mut said = String::new();
        let out = one.child.stdout.as_mut().ok_or("curl has no output")?;
        out.read_to_string(&mut said)?;
        if said.parse::<f64>()? < SERVED {
            return Err(format!("{url}: a reader got {said} bytes").into());
        }
        one.child.wait()?;
    }
    Ok(begun.elapsed().as_secs_f64())
}

/// So many readers that begin at once: seconds to the slowest first byte.
///
/// They are one curl's, because 32 processes that read as fast as they can wait for this machine's
/// processors, and each for the others: what would be timed is that queue. (On loopback the kernel
/// alone makes a connection; such a curl sees its own only after hundreds of milliseconds.)
fn first_byte_of(project: &Project, folder: &Path, url: &str, readers: usize) -> Result<f64> {
    let mut tool = project
        .tool("curl")?
        .args(["-sS", "--fail", "--noproxy", "*"])
        .args(["--no-progress-meter", "--parallel", "--parallel-immediate"])
        .arg("--parallel-max")
        .arg(readers.to_string())
        .args([
            "-w",
            "%{time_starttransfer} %{size_download}\\n",
            "--cacert",
        ])
        .arg(folder.join("trusted.pem"))
        .args(["-r", &format!("0-{}", FIRST - 1)]);
    for _ in 0..readers {
        tool = tool.args(["-o", "/dev/null"]).arg(url);
    }
    let said = tool.limit(LIMIT).read()?;
    slowest_of(&said, readers).ok_or_else(|| format!("{url}: a reader got too little").into())
}

/// Of lines of seconds and bytes, where each reader has all its bytes.
fn slowest_of(said: &str, readers: usize) -> Option<f64> {
    let mut slowest = 0.0_f64;
    for line in said.lines() {
        let (first, size) = line.split_once(' ')?;
        if size.parse::<f64>().ok()? < f64::from(FIRST) {
            return None;
        }
        slowest = slowest.max(first.parse().ok()?);
    }
    (said.lines().count() == readers).then_some(slowest)
}

/// Not timed: hashing would be what is measured.
fn wrong_hashes(project: &Project, folder: &Path, url: &str) -> Result<f64> {
    let sum = |text: String| text.split_whitespace().next().map(str::to_owned);
    let wanted = project
        .tool("sha256sum")?
        .arg(folder.join("served.iso"))
        .read()?;
    let wanted = sum(wanted);
    let mut script = String::new();
    for _ in 0..READERS[2] {
        writeln!(
            script,
            "curl -sS --noproxy '*' --cacert '{}' '{url}' | openssl dgst -sha256 -r &",
            folder.join("trusted.pem").display()
        )?;
    }
    script += "wait\n";
    let said = project
        .tool("bash")?
        .args(["-c", &script])
        .limit(LIMIT)
        .read()?;
    let right = said
        .lines()
        .filter(|line| sum((*line).to_owned()) == wanted);
    let wrong = READERS[2] - right.count();
    Ok(f64::from(u32::try_from(wrong)?))
}

/// Lines of `name value`.
fn told(text: &str) -> HashMap<String, f64> {
    let pairs = text.lines().filter_map(|line| line.split_once(' '));
    pairs
        .filter_map(|(name, value)| Some((name.to_owned(), value.trim().parse().ok()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_first_byte_is_told_only_where_every_reader_has_its_bytes() {
        let said = "0.002 100000000\n0.031 100000000\n";
        assert_eq!(slowest_of(said, 2), Some(0.031));
        assert_eq!(slowest_of(said, 3), None);
        assert_eq!(slowest_of("0.002 100000000\n0.031 99999999\n", 2), None);
    }

    #[test]
    fn what_is_told_is_lines_of_a_name_and_a_number() {
        let told = told("write_s 7.5\nnoise\nverify_s 2.25\n");
        assert_eq!(told.len(), 2);
        assert!((told["verify_s"] - 2.25).abs() < 1e-9);
    }
}
