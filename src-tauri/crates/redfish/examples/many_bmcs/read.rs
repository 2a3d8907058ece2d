//! Our client: every BMC's inventory, so many BMCs at once.

use std::{path::PathBuf, sync::Arc, time::Instant};

use slipway_core::{address::Address, ports::Controller, secret::Password};
use slipway_redfish::{RedfishClient, RedfishTarget, Timeouts, tls};
use tokio::sync::Semaphore;

/// Reads the folder that `serve` filled, and prints what it took: until the last inventory was in
/// hand, and until the last session was gone.
pub async fn read(at_once: usize, folder: PathBuf) {
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let fingerprint = text("fingerprint").trim().parse().unwrap();
    let ports: Vec<u16> = text("ports").lines().map(|p| p.parse().unwrap()).collect();
    let places = Arc::new(Semaphore::new(at_once));
    // A process does this once, at its start, as sushy's does its imports: aws-lc gathers entropy.
    tls::provider().secure_random.fill(&mut [0; 1]).unwrap();
    let begun = Instant::now();
    let goodbyes = Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut crawls = Vec::new();
    for port in ports {
        let target = RedfishTarget {
            address: Address::new("127.0.0.1", port).unwrap(),
            user: "root".to_owned(),
            password: Password::new("benchmark-password"),
            pin: Some(Clone::clone(&fingerprint)),
            ca: None,
            timeouts: Timeouts::default(),
        };
        let (places, goodbyes) = (places.clone(), goodbyes.clone());
        crawls.push(tokio::spawn(async move {
            let _place = places.acquire().await.unwrap();
            let client = RedfishClient::new(target);
            let inventory = client.crawl().await.unwrap().inventory;
            assert_eq!(inventory.gaps, []);
            assert_eq!(inventory.systems[0].drives.len(), 1);
            assert_eq!(inventory.managers[0].slots.len(), 1);
            assert_eq!(inventory.chassis.len(), 1);
            // The next BMC need not wait for the deletion of this one's session.
            let goodbye = tokio::spawn(async move { client.close().await });
            goodbyes.lock().unwrap().push(goodbye);
        }));
    }
    for crawl in crawls {
        crawl.await.unwrap();
    }
    let wall = begun.elapsed().as_secs_f64();
    let goodbyes = std::mem::take(&mut *goodbyes.lock().unwrap());
    for goodbye in goodbyes {
        goodbye.await.unwrap();
    }
    let ended = begun.elapsed().as_secs_f64();
    println!("wall_s {wall:.3}");
    println!("ended_s {ended:.3}");
    println!("cpu_s {:.2}", cpu_seconds());
    println!("peak_kib {}", peak_kib());
}

/// Of this process, user and system: `/proc/self/stat` counts in hundredths of a second.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit_once(')').unwrap().1;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |at: usize| fields[at].parse::<u32>().unwrap();
    f64::from(ticks(11) + ticks(12)) / 100.0
}

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.unwrap().trim().trim_end_matches("kB").trim();
    peak.parse().unwrap()
}
