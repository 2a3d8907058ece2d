//! The median of 200 page queries over 10,000 cards, as JSON: `{"median_ms": 1.2, …}`.
//!
//! In turn: a page by name, a deep page by state, a search, and a filter by state.

use std::{io::Write, time::Instant};

use slipway_core::{
    address::Address,
    bootc::{BootcStatus, parse_status},
    dpu::{AccRoute, Dpu, DpuFacts, HeadlineState, ImcIdentity, headline},
    ids::{CredentialId, DpuId},
    job::{BootChange, BootChangePlan, Job, JobSpec, JobStore},
    time::Timestamp,
};
use slipway_store::{CredentialProfile, DpuQuery, DpuSort, Store};

const CARDS: u32 = 10_000;
const QUERIES: usize = 200;
const STATUS: &str = include_str!("../../core/fixtures/booted_and_rollback.json");

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn card(n: u32, credential: &CredentialId) -> Result<Dpu> {
    let imc = format!("10.{}.{}.{}", n / 65536, n / 256 % 256, n % 256);
    Ok(Dpu {
        id: DpuId::new(),
        name: format!("dpu-{n}.rack{}.example", n % 40),
        imc_redfish: Address::new(&imc, 8443)?,
        imc_ssh: Address::new(&imc, 22)?,
        acc: AccRoute::ThroughImc(Address::new("192.168.0.2", 22)?),
        imc_credential: credential.clone(),
        imc_ssh_login: slipway_core::credential::ImcSshLogin::AsRedfish,
        acc_credential: None,
        host: Some(format!("server-{}", n / 2)),
        labels: vec![format!("rack-{}", n % 40), "edge".into()],
        identity: ImcIdentity::default(),
        added_at: Timestamp::from_millis(0),
    })
}

async fn fill(store: &Store, status: &BootcStatus) -> Result<()> {
    let credential = CredentialProfile {
        id: CredentialId::new(),
        name: "lab".into(),
        user_name: "root".into(),
        kind: slipway_core::credential::CredentialKind::Password,
        shared: false,
        scope: slipway_core::credential::CredentialScope::default(),
        created_at: Timestamp::from_millis(0),
    };
    store.add_credential(&credential).await?;
    for n in 0..CARDS {
        let dpu = card(n, &credential.id)?;
        store.add_dpu(&dpu).await?;
        let mut status = status.clone();
        if let Some(booted) = &mut status.booted {
            booted.version = Some(format!("1.{}.0", n % 7));
        }
        let mut facts = DpuFacts {
            bootc: Some(status),
            acc_seen: Some(Timestamp::from_millis(i64::from(n))),
            ..DpuFacts::default()
        };
        if n % 9 == 0 {
            facts.bootc = None;
        }
        store
            .save_facts(&dpu.id, &facts, &headline(&facts, None))
            .await?;
        if n % 50 == 0 {
            let plan = BootChangePlan {
                change: BootChange::Upgrade,
                expected_booted: None,
            };
            let job = Job::new(
                dpu.id.clone(),
                JobSpec::BootChange(plan),
                Timestamp::from_millis(1),
            );
            store.submit(&job, "Upgrade").await?;
            store.set_headline(&dpu.id, HeadlineState::Working).await?;
        }
    }
    Ok(())
}

fn queries() -> [(&'static str, DpuQuery); 4] {
    let page = DpuQuery {
        limit: 50,
        ..DpuQuery::default()
    };
    [
        ("by_name", page.clone()),
        (
            "deep_by_state",
            DpuQuery {
                sort: DpuSort::State,
                descending: true,
                offset: 9_900,
                ..page.clone()
            },
        ),
        (
            "search",
            DpuQuery {
                search: Some("server-49".into()),
                sort: DpuSort::Version,
                ..page.clone()
            },
        ),
        (
            "working",
            DpuQuery {
                states: vec![HeadlineState::Working, HeadlineState::Unknown],
                ..page
            },
        ),
    ]
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

#[tokio::main]
async fn main() -> Result<()> {
    // In memory where possible: filling is thirty thousand commits that wait for the disk, and
    // what is measured afterwards comes from the page cache anyway.
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())?;
    let store = Store::open(folder.path().join("slipway.db")).await?;
    fill(&store, &parse_status(STATUS)?).await?;
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); 4];
    for n in 0..QUERIES {
        let (_, query) = &queries()[n % 4];
        let start = Instant::now();
        let page = store.dpus_page(query).await?;
        times[n % 4].push(start.elapsed().as_secs_f64() * 1000.0);
        assert!(!page.rows.is_empty(), "{query:?}");
    }
    let each: serde_json::Map<String, serde_json::Value> = queries()
        .iter()
        .zip(&times)
        .map(|((name, _), times)| ((*name).to_owned(), median(times.clone()).into()))
        .collect();
    let report = serde_json::json!({
        "median_ms": median(times.concat()),
        "cards": CARDS,
        "queries": QUERIES,
        "each": each,
    });
    writeln!(std::io::stdout(), "{report}")?;
    Ok(())
}
