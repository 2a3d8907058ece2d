//! Cards, pages, pins, credentials, ISOs and settings.

use std::collections::HashSet;

use crate::sample::{at, credential, digest, dpu, facts, headline_of, iso, store, upgrade, words};
use slipway_core::{
    dpu::{DpuFacts, HeadlineState},
    ids::{CredentialId, DpuId, IsoId},
    job::{BootChangeState, JobState, JobStore},
    trust::{Pin, PinKind},
};
use slipway_store::{CredentialProfile, DpuPage, DpuQuery, DpuSort, Store, StoreError, Unique};

async fn names(store: &Store, query: DpuQuery) -> Vec<String> {
    let page = store.dpus_page(&query).await.unwrap();
    page.rows.into_iter().map(|row| row.dpu.name).collect()
}

fn searching(text: &str) -> DpuQuery {
    DpuQuery {
        search: Some(text.to_owned()),
        ..DpuQuery::default()
    }
}

#[tokio::test]
async fn a_card_comes_back_whole_and_can_be_changed() {
    let (store, id) = store().await;
    let mut card = dpu(1, &id);
    card.acc_credential = Some(id.clone());
    store.add_dpu(&card).await.unwrap();
    assert_eq!(store.dpu(&card.id).await.unwrap(), card);
    assert_eq!(
        store.dpu_by_name("dpu-1").await.unwrap(),
        Some(card.clone())
    );
    assert_eq!(store.dpu_by_name("dpu-2").await.unwrap(), None);
    assert_eq!(store.facts(&card.id).await.unwrap(), DpuFacts::default());

    card.name = "Renamed".to_owned();
    card.host = None;
    card.labels.clear();
    card.acc_credential = None;
    card.identity.health = Some("Critical".to_owned());
    store.update_dpu(&card).await.unwrap();
    assert_eq!(store.dpu(&card.id).await.unwrap(), card);
    assert_eq!(names(&store, searching("renamed")).await, ["Renamed"]);
    assert!(names(&store, searching("rack")).await.is_empty());

    store.remove_dpu(&card.id).await.unwrap();
    assert!(matches!(
        store.dpu(&card.id).await,
        Err(StoreError::Missing { .. })
    ));
    assert!(matches!(
        store.facts(&card.id).await,
        Err(StoreError::Missing { .. })
    ));
    assert!(matches!(
        store.remove_dpu(&card.id).await,
        Err(StoreError::Missing { .. })
    ));
    assert!(matches!(
        store.update_dpu(&card).await,
        Err(StoreError::Missing { .. })
    ));
    assert_eq!(
        store.dpus_page(&DpuQuery::default()).await.unwrap().total,
        0
    );
}

#[tokio::test]
async fn a_name_and_an_imc_are_there_once() {
    let (store, id) = store().await;
    let (one, mut two) = (dpu(1, &id), dpu(2, &id));
    store.add_dpu(&one).await.unwrap();
    store.add_dpu(&two).await.unwrap();
    let exists = |error: StoreError| match error {
        StoreError::Exists { what, value, id } => (what, value, id),
        other => panic!("{other:?}"),
    };
    let mut namesake = dpu(3, &id);
    namesake.name = "dpu-1".to_owned();
    let refused = store.add_dpu(&namesake).await.unwrap_err();
    assert_eq!(refused.to_string(), "a card named dpu-1 is there already");
    assert_eq!(
        exists(refused),
        (Unique::DpuName, "dpu-1".to_owned(), one.id.to_string())
    );
    two.imc_redfish = one.imc_redfish.clone();
    let refused = exists(store.update_dpu(&two).await.unwrap_err());
    assert_eq!(
        (refused.0, refused.1.as_str()),
        (Unique::DpuImc, "10.0.0.1:8443")
    );
    assert_ne!(
        store.dpu(&two.id).await.unwrap(),
        two,
        "nothing was changed"
    );

    let stranger = dpu(4, &CredentialId::new());
    assert!(matches!(
        store.add_dpu(&stranger).await,
        Err(StoreError::Missing {
            what: "credential",
            ..
        })
    ));
}

#[tokio::test]
async fn pages_are_sorted_as_people_sort() {
    let (store, id) = store().await;
    for (n, version, state) in [
        (10, "1.10.0", HeadlineState::Current),
        (2, "1.9.0", HeadlineState::Failed),
        (1, "1.2.0", HeadlineState::Current),
        (30, "", HeadlineState::Working),
    ] {
        let card = dpu(n, &id);
        store.add_dpu(&card).await.unwrap();
        if !version.is_empty() {
            let facts = facts(version, 'a', at(i64::from(n)));
            store
                .save_facts(&card.id, &facts, &words(state))
                .await
                .unwrap();
        } else {
            store.set_headline(&card.id, state).await.unwrap();
        }
    }
    let sorted = |sort, descending| DpuQuery {
        sort,
        descending,
        ..DpuQuery::default()
    };
    use DpuSort::{Host, LastSeen, Name, State, Version};
    assert_eq!(
        names(&store, sorted(Name, false)).await,
        ["dpu-1", "dpu-2", "dpu-10", "dpu-30"]
    );
    assert_eq!(
        names(&store, sorted(Name, true)).await,
        ["dpu-30", "dpu-10", "dpu-2", "dpu-1"]
    );
    assert_eq!(
        names(&store, sorted(State, false)).await,
        ["dpu-30", "dpu-2", "dpu-1", "dpu-10"]
    );
    assert_eq!(
        names(&store, sorted(Version, true)).await,
        ["dpu-10", "dpu-2", "dpu-1", "dpu-30"]
    );
    assert_eq!(
        names(&store, sorted(Host, false)).await,
        ["dpu-1", "dpu-2", "dpu-10", "dpu-30"]
    );
    assert_eq!(
        names(&store, sorted(LastSeen, false)).await,
        ["dpu-30", "dpu-1", "dpu-2", "dpu-10"]
    );
}

#[tokio::test]
async fn a_search_finds_parts_in_any_case_and_nothing_typed_is_a_wildcard() {
    let (store, id) = store().await;
    let mut card = dpu(7, &id);
    card.name = "Edge_7".to_owned();
    card.labels = vec!["Straße 100%".to_owned()];
    store.add_dpu(&card).await.unwrap();
    store.add_dpu(&dpu(8, &id)).await.unwrap();
    let facts = facts("1.4.2", 'a', at(0));
    store
        .save_facts(&card.id, &facts, &headline_of(&facts))
        .await
        .unwrap();
    for text in [
        "edge_7",
        " EDGE ",
        "SERVER-3",
        "10.0.0.7:8443",
        "straße",
        "100%",
        "1.4.2",
    ] {
        assert_eq!(names(&store, searching(text)).await, ["Edge_7"], "{text}");
    }
    for text in [
        "edgex7",
        "e%7",
        "\\",
        "1.4.2\nx",
        "dpu_8",
        "'; DROP TABLE dpu; --",
    ] {
        assert!(names(&store, searching(text)).await.is_empty(), "{text}");
    }
    assert_eq!(names(&store, searching("  ")).await.len(), 2);
    // A rename keeps the version findable, new facts keep the name.
    card.name = "edge-seven".to_owned();
    store.update_dpu(&card).await.unwrap();
    assert_eq!(names(&store, searching("1.4.2")).await, ["edge-seven"]);
}

#[tokio::test]
async fn a_page_shows_each_card_s_last_job_and_counts_by_state() {
    let (store, id) = store().await;
    let (one, two, three) = (dpu(1, &id), dpu(2, &id), dpu(3, &id));
    for card in [&one, &two, &three] {
        store.add_dpu(card).await.unwrap();
    }
    let mut old = upgrade(&one.id, at(0));
    store.submit(&old, "old").await.unwrap();
    old.state = JobState::BootChange(BootChangeState::Cancelled {
        residue: Vec::new(),
    });
    old.ended_at = Some(at(1));
    store.save(&old, &[]).await.unwrap();
    let active = upgrade(&one.id, at(2));
    store.submit(&active, "active").await.unwrap();
    store
        .set_headline(&one.id, HeadlineState::Working)
        .await
        .unwrap();
    let ended = {
        let mut job = upgrade(&two.id, at(0));
        store.submit(&job, "ended").await.unwrap();
        job.state = JobState::BootChange(BootChangeState::Succeeded {
            booted: digest('a'),
        });
        job.ended_at = Some(at(1));
        job.version = store.save(&job, &[]).await.unwrap();
        job
    };
    let seen = facts("1.0.0", 'a', at(5));
    store
        .save_facts(&two.id, &seen, &words(HeadlineState::Current))
        .await
        .unwrap();

    let DpuPage {
        rows,
        total,
        counts,
    } = store.dpus_page(&DpuQuery::default()).await.unwrap();
    assert_eq!(total, 3);
    assert_eq!(
        rows[0].last_job.as_ref().map(|job| &job.id),
        Some(&active.id)
    );
    assert_eq!(rows[1].last_job, Some(ended));
    assert_eq!(rows[1].facts, seen);
    assert_eq!(rows[2].last_job, None);
    assert_eq!(rows[2].dpu, three);
    let all = [
        (HeadlineState::Working, 1),
        (HeadlineState::Unknown, 1),
        (HeadlineState::Current, 1),
    ];
    assert_eq!(counts, all);
    assert_eq!(store.headline_counts().await.unwrap(), all);

    let of_states = DpuQuery {
        states: vec![
            HeadlineState::Working,
            HeadlineState::Current,
            HeadlineState::Failed,
        ],
        limit: 1,
        offset: 1,
        ..DpuQuery::default()
    };
    let page = store.dpus_page(&of_states).await.unwrap();
    assert_eq!((page.rows.len(), page.total), (1, 2));
    assert_eq!(page.rows[0].dpu.name, "dpu-2");
    assert_eq!(
        page.counts, all,
        "the filter's own numbers don't depend on it"
    );
    let beyond = DpuQuery {
        offset: 99,
        ..of_states
    };
    assert_eq!(store.dpus_page(&beyond).await.unwrap().total, 2);
}

#[tokio::test]
async fn a_sweep_and_a_job_don_t_undo_what_the_other_learned() {
    let (store, id) = store().await;
    let card = dpu(1, &id);
    store.add_dpu(&card).await.unwrap();
    let job = upgrade(&card.id, at(0));
    store.submit(&job, "Upgrade").await.unwrap();
    let sweep = store.change_facts(&card.id, |facts, _| {
        facts.imc_seen = Some(at(1));
        HeadlineState::Working
    });
    let step = store.change_facts(&card.id, |facts, last| {
        assert_eq!(last.map(|job| &job.id), Some(&job.id));
        facts.boot_id = Some("b1".to_owned());
        HeadlineState::Working
    });
    let (a, b) = tokio::join!(sweep, step);
    a.unwrap();
    b.unwrap();
    let facts = store.facts(&card.id).await.unwrap();
    assert_eq!(
        (facts.imc_seen, facts.boot_id.as_deref()),
        (Some(at(1)), Some("b1"))
    );
    assert_eq!(
        store.headline_counts().await.unwrap(),
        [(HeadlineState::Working, 1)]
    );
    let nobody = store
        .change_facts(&DpuId::new(), |_, _| HeadlineState::Current)
        .await;
    assert!(matches!(nobody, Err(StoreError::Missing { .. })));
    assert!(matches!(
        store
            .set_headline(&DpuId::new(), HeadlineState::Current)
            .await,
        Err(StoreError::Missing { .. })
    ));
}

#[tokio::test]
async fn ten_thousand_cards_page_by_page() {
    let (store, id) = store().await;
    for n in 0..10_000 {
        store.add_dpu(&dpu(n, &id)).await.unwrap();
    }
    let mut seen = HashSet::new();
    let mut last = None;
    for offset in (0..10_000).step_by(1_000) {
        let query = DpuQuery {
            offset,
            limit: 5_000,
            ..DpuQuery::default()
        };
        let page = store.dpus_page(&query).await.unwrap();
        assert_eq!(
            (page.total, page.rows.len()),
            (10_000, 1_000),
            "a limit of 1,000 at most"
        );
        for row in page.rows {
            let number: u32 = row.dpu.name["dpu-".len()..].parse().unwrap();
            assert!(last.is_none_or(|last| last < number), "{last:?} {number}");
            last = Some(number);
            seen.insert(row.dpu.id);
        }
    }
    assert_eq!(seen.len(), 10_000);
    let page = store.dpus_page(&searching("rack-19")).await.unwrap();
    assert_eq!((page.total, page.rows.len()), (500, 100));
    assert_eq!(page.counts, [(HeadlineState::Unknown, 500)]);
}

#[tokio::test]
async fn images_in_use_are_counted() {
    let (store, id) = store().await;
    for (n, of, version) in [(1, 'a', "1.0.0"), (2, 'b', "1.1.0"), (3, 'b', "1.1.0")] {
        let card = dpu(n, &id);
        store.add_dpu(&card).await.unwrap();
        let facts = facts(version, of, at(0));
        store
            .save_facts(&card.id, &facts, &headline_of(&facts))
            .await
            .unwrap();
    }
    store.add_dpu(&dpu(4, &id)).await.unwrap();
    let images = store.images_in_use().await.unwrap();
    let short: Vec<_> = images
        .iter()
        .map(|image| (image.digest.clone(), image.version.as_deref(), image.cards))
        .collect();
    assert_eq!(
        short,
        [
            (digest('b'), Some("1.1.0"), 2),
            (digest('a'), Some("1.0.0"), 1)
        ]
    );
}

#[tokio::test]
async fn a_pin_keeps_when_it_was_first_seen_until_it_changes() {
    let (store, _) = store().await;
    let pin = |of: char, at| Pin {
        kind: PinKind::TlsCertificate,
        peer: "10.0.0.1:8443".to_owned(),
        fingerprint: format!("SHA256:{}", of.to_string().repeat(43))
            .parse()
            .unwrap(),
        accepted_because: "first use".to_owned(),
        first_seen: at,
        last_seen: at,
    };
    let (kind, peer) = (PinKind::TlsCertificate, "10.0.0.1:8443");
    assert_eq!(store.pin(kind, peer).await.unwrap(), None);
    store.put_pin(&pin('A', at(0))).await.unwrap();
    store.put_pin(&pin('A', at(5))).await.unwrap();
    let kept = store.pin(kind, peer).await.unwrap().unwrap();
    assert_eq!((kept.first_seen, kept.last_seen), (at(0), at(5)));
    store.touch_pin(kind, peer, at(9)).await.unwrap();
    store
        .touch_pin(PinKind::SshHostKey, peer, at(9))
        .await
        .unwrap();
    assert_eq!(
        store.pin(kind, peer).await.unwrap().unwrap().last_seen,
        at(9)
    );
    assert_eq!(store.pin(PinKind::SshHostKey, peer).await.unwrap(), None);
    store.put_pin(&pin('B', at(20))).await.unwrap();
    assert_eq!(store.pins().await.unwrap(), [pin('B', at(20))]);
    assert!(store.remove_pin(kind, peer).await.unwrap());
    assert!(!store.remove_pin(kind, peer).await.unwrap());
}

#[tokio::test]
async fn a_credential_in_use_stays() {
    let (store, id) = store().await;
    let other = credential("spare");
    store.add_credential(&other).await.unwrap();
    assert!(matches!(
        store.add_credential(&credential("spare")).await,
        Err(StoreError::Exists { what: Unique::CredentialName, id, .. }) if id == other.id.to_string()
    ));
    let named = |name: &str| CredentialProfile {
        name: name.to_owned(),
        ..other.clone()
    };
    store.update_credential(&named("spare")).await.unwrap();
    assert!(store.update_credential(&named("lab")).await.is_err());
    store.update_credential(&named("backup")).await.unwrap();
    assert_eq!(store.credential(&other.id).await.unwrap().name, "backup");
    let listed: Vec<String> = store
        .credentials()
        .await
        .unwrap()
        .into_iter()
        .map(|c| c.name)
        .collect();
    assert_eq!(listed, ["backup", "lab"]);

    for n in 1..=5 {
        let mut card = dpu(n, &id);
        card.acc_credential = Some(other.id.clone());
        store.add_dpu(&card).await.unwrap();
    }
    let refused = store.remove_credential(&other.id).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the credential is used by dpu-1, dpu-2, dpu-3 and 2 more"
    );
    assert!(refused.hint().is_some());
    assert!(store.remove_credential(&id).await.is_err());
    for n in 1..=5 {
        let mut card = store
            .dpu_by_name(&format!("dpu-{n}"))
            .await
            .unwrap()
            .unwrap();
        card.acc_credential = None;
        store.update_dpu(&card).await.unwrap();
    }
    store.remove_credential(&other.id).await.unwrap();
    assert!(matches!(
        store.remove_credential(&other.id).await,
        Err(StoreError::Missing { .. })
    ));
}

#[tokio::test]
async fn an_iso_is_there_once() {
    let (store, _) = store().await;
    let rhel = iso("rhel-dpu", 'a');
    store.add_iso(&rhel).await.unwrap();
    assert!(matches!(
        store.add_iso(&iso("a copy", 'a')).await,
        Err(StoreError::Exists { what: Unique::IsoContent, id, .. }) if id == rhel.id.to_string()
    ));
    assert!(matches!(
        store.add_iso(&iso("rhel-dpu", 'b')).await,
        Err(StoreError::Exists {
            what: Unique::IsoName,
            ..
        })
    ));
    assert_eq!(store.iso(&rhel.id).await.unwrap(), rhel);
    assert_eq!(
        store.iso_by_name("rhel-dpu").await.unwrap(),
        Some(rhel.clone())
    );
    assert_eq!(store.isos().await.unwrap(), std::slice::from_ref(&rhel));
    store.remove_iso(&rhel.id).await.unwrap();
    assert!(matches!(
        store.iso(&rhel.id).await,
        Err(StoreError::Missing { .. })
    ));
    assert!(store.remove_iso(&IsoId::new()).await.is_err());
}

#[tokio::test]
async fn settings_are_json_by_name() {
    let (store, _) = store().await;
    assert_eq!(store.setting::<Vec<u32>>("caps").await.unwrap(), None);
    store.set_setting("caps", &vec![1_u32, 2]).await.unwrap();
    store.set_setting("caps", &vec![3_u32]).await.unwrap();
    assert_eq!(store.setting("caps").await.unwrap(), Some(vec![3_u32]));
    assert!(matches!(
        store.setting::<String>("caps").await,
        Err(StoreError::Unreadable { .. })
    ));
}
