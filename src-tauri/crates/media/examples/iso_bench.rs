//! What `cargo xtask bench iso` measures of us: a remaster, and the ISO server. It measures nothing
//! itself but its own seconds; the peers and the comparison are xtask's.
//!
//! `make FOLDER` makes an Anaconda ISO of 2 GB, an OCI directory of 1.5 GB, and 1 GB to be served.
//! `remaster FOLDER` writes `out/ours.iso` and says `write_s`, `verify_s` and `cpu_s`.
//! `serve FOLDER` says where the 1 GB is served over both schemes, until its input ends.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a tool of the bench: it talks to xtask, and stops where its set-up fails"
)]

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use slipway_core::{
    ids::JobId,
    job::{
        IsoBuildPlan,
        iso_build::{BuildProgress, IsoBase, IsoImage, IsoWork, IsoWorkDone},
    },
    kickstart::{KickstartForm, render},
    ports::{Clock, MediaServer as _, Publication},
    time::{ByteCount, Timestamp},
};
use slipway_media::{CertificateAuthority, ImageAccess, IsoServer, Scheme, Workshop, new_token};

#[path = "../tests/remaster/anaconda.rs"]
#[expect(dead_code, reason = "the bench needs one layout")]
mod anaconda;

const BASE: usize = 2_000_000_000;
const LAYER: usize = 1_500_000_000;
const SERVED: usize = 1_000_000_000;

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Timestamp::from_millis(i64::try_from(now.unwrap().as_millis()).unwrap())
    }
}

#[tokio::main]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["make", folder] => make(Path::new(folder)),
        ["remaster", folder] => remaster(Path::new(folder)).await,
        ["serve", folder] => serve(Path::new(folder)).await,
        _ => panic!("make FOLDER, remaster FOLDER or serve FOLDER"),
    }
}

fn make(folder: &Path) {
    let layout = anaconda::Layout::EfiFile;
    let kernel = vec![0x6b; 50_000];
    let tree = anaconda::tree(folder, layout, &kernel, &kernel);
    noise(&tree.join("images/install.img"), BASE);
    anaconda::burn(folder, layout);
    fs::remove_dir_all(tree).unwrap();
    anaconda::oci_dir(&folder.join("oci"), layout.machine(), LAYER);
    noise(&folder.join("served.iso"), SERVED);
    fs::create_dir_all(folder.join("out")).unwrap();
    // As the remaster puts them there.
    fs::write(folder.join("slipway.ks"), kickstart().expose()).unwrap();
}

fn noise(path: &Path, length: usize) {
    let piece = anaconda::noise(1 << 24);
    let mut file = File::create(path).unwrap();
    let mut left = length;
    while left > 0 {
        let now = left.min(piece.len());
        file.write_all(&piece[..now]).unwrap();
        left -= now;
    }
}

fn kickstart() -> slipway_core::secret::Password {
    render(&KickstartForm::default()).unwrap().text
}

async fn remaster(folder: &Path) {
    let path = |name: &str| folder.join(name).display().to_string();
    let plan = IsoBuildPlan {
        name: "ours.iso".into(),
        output: path("out/ours.iso"),
        overwrite: true,
        base: IsoBase::File {
            path: path("base.iso"),
        },
        image: IsoImage::OciDir { path: path("oci") },
        reference: Some("quay.io/lab/dpu-os:stable".parse().unwrap()),
        architecture: "aarch64".into(),
        kargs: vec!["acpi=force".into()],
        removed_kargs: vec![],
        kickstart_sha256: String::new(),
        contains_secrets: false,
        auth_file: None,
    };
    let workshop = Workshop::new(folder.join("cache"));
    let begun = Instant::now();
    workshop
        .check(&plan, &ImageAccess::default())
        .await
        .unwrap();
    let IsoWorkDone::Written(written) = work(&workshop, &plan, IsoWork::Write).await else {
        panic!("nothing was written");
    };
    println!("write_s {:.3}", begun.elapsed().as_secs_f64());
    println!("cpu_s {:.3}", cpu_s());
    let begun = Instant::now();
    work(&workshop, &plan, IsoWork::Verify(written.clone())).await;
    println!("verify_s {:.3}", begun.elapsed().as_secs_f64());
    workshop.put_in_place(&plan, &written).unwrap();
    workshop.clean(&plan).await.unwrap();
}

async fn work(workshop: &Workshop, plan: &IsoBuildPlan, what: IsoWork) -> IsoWorkDone {
    let job = JobId::new();
    let access = ImageAccess::default();
    workshop
        .start(&job, plan, Some(kickstart()), access, what.clone())
        .unwrap();
    loop {
        match workshop.progress(&job, &what) {
            BuildProgress::Done(done) => return done,
            BuildProgress::Failed(error) => panic!("{error:?}"),
            BuildProgress::Idle => panic!("it was not started"),
            BuildProgress::Running { .. } => {}
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Of this process and of the programs that it waited for.
fn cpu_s() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit_once(')').unwrap().1.split_whitespace();
    let ticks: f64 = fields
        .skip(11)
        .take(4)
        .map(|ticks| ticks.parse::<f64>().unwrap())
        .sum();
    ticks / 100.0
}

async fn serve(folder: &Path) {
    let ca = CertificateAuthority::create("bench", SystemClock.now()).unwrap();
    fs::write(folder.join("ca.pem"), ca.certificate_pem()).unwrap();
    let mut servers = Vec::new();
    for (name, scheme) in [("http", Scheme::Http), ("https", Scheme::Https)] {
        let bind = SocketAddr::from(([127, 0, 0, 1], 0));
        let clock = Arc::new(SystemClock);
        let server = IsoServer::start(bind, "127.0.0.1", scheme, &ca, clock).unwrap();
        let publication = Publication {
            token: new_token(),
            file_name: "served-0123456789ab.iso".into(),
            iso_path: folder.join("served.iso"),
            size: ByteCount(SERVED as u64),
            overlay: None,
        };
        let url = server.publish(publication).await.unwrap();
        println!("{name} {url}");
        servers.push(server);
    }
    println!("ready");
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    ended.await.unwrap().unwrap();
}
