//! Redfish services, their crawls, pairing, and databases from before they were there.

use std::collections::BTreeSet;

use slipway_core::{
    address::Address,
    bmc::{KnownBmc, Mark, PairedBy, Pairing},
    credential::ImcSshLogin,
    dpu::Dpu,
    ids::{BmcId, CredentialId},
    inventory::{BmcKind, Inventory, ServiceInfo},
    ports::RawResource,
    trust::PinKind,
};
use slipway_store::{BmcQuery, MarkSide, RefusedKey, Store, StoreError, Unique};

use crate::sample::{at, credential, dpu};

async fn store() -> (Store, CredentialId) {
    let store = Store::open_in_memory().await.unwrap();
    let lab = credential("lab");
    store.add_credential(&lab).await.unwrap();
    (store, lab.id)
}

fn server(n: u32, credential: &CredentialId) -> KnownBmc {
    KnownBmc {
        id: BmcId::new(),
        name: format!("srv-{n}"),
        address: Address::new(&format!("10.9.0.{n}"), 443).unwrap(),
        kind: BmcKind::Server {
            vendor: Some("Acme".to_owned()),
            product: None,
        },
        dpu: None,
        credential: Some(credential.clone()),
        labels: vec!["rack-7".to_owned()],
        added_at: at(0),
    }
}

fn all() -> BmcQuery {
    BmcQuery {
        with_imcs: true,
        limit: 100,
        ..BmcQuery::default()
    }
}

async fn names(store: &Store, query: &BmcQuery) -> Vec<String> {
    let (rows, _) = store.bmcs(query).await.unwrap();
    rows.into_iter().map(|row| row.bmc.name).collect()
}

#[tokio::test]
async fn a_cards_imc_comes_changes_and_goes_with_its_card() {
    let (store, id) = store().await;
    let mut card = dpu(1, &id);
    store.add_dpu(&card).await.unwrap();
    let imc = BmcId::from(&card.id);
    let row = store.bmc(&imc).await.unwrap().bmc;
    assert_eq!(
        (row.kind, row.dpu),
        (BmcKind::IntelImc, Some(card.id.clone()))
    );
    card.name = "dpu-renamed".to_owned();
    card.imc_ssh_login = ImcSshLogin::Profile(id.clone());
    store.update_dpu(&card).await.unwrap();
    assert_eq!(store.bmc(&imc).await.unwrap().bmc.name, "dpu-renamed");
    assert_eq!(store.dpu(&card.id).await.unwrap(), card);
    card.imc_ssh_login = ImcSshLogin::EmptyPassword;
    store.update_dpu(&card).await.unwrap();
    assert_eq!(store.dpu(&card.id).await.unwrap(), card);
    assert!(
        store.remove_bmc(&imc).await.is_err(),
        "it goes with its card only"
    );
    store.remove_dpu(&card.id).await.unwrap();
    assert!(matches!(
        store.bmc(&imc).await,
        Err(StoreError::Missing { .. })
    ));
}

#[tokio::test]
async fn names_and_addresses_are_of_cards_and_bmcs_together() {
    let (store, id) = store().await;
    store.add_dpu(&dpu(1, &id)).await.unwrap();
    store.add_bmc(&server(1, &id)).await.unwrap();
    let named = KnownBmc {
        name: "dpu-1".to_owned(),
        ..server(2, &id)
    };
    assert!(matches!(
        store.add_bmc(&named).await,
        Err(StoreError::Exists {
            what: Unique::BmcName,
            ..
        })
    ));
    let mut card = dpu(2, &id);
    card.imc_redfish = Address::new("10.9.0.1", 443).unwrap();
    assert!(matches!(
        store.add_dpu(&card).await,
        Err(StoreError::Exists {
            what: Unique::BmcAddress,
            ..
        })
    ));
    assert!(store.dpu(&card.id).await.is_err(), "nothing of it is kept");
}

#[tokio::test]
async fn a_list_is_searched_and_leaves_imcs_out_unless_asked() {
    let (store, id) = store().await;
    for n in [10, 2, 1] {
        store.add_bmc(&server(n, &id)).await.unwrap();
    }
    store.add_dpu(&dpu(5, &id)).await.unwrap();
    assert_eq!(
        names(&store, &all()).await,
        ["dpu-5", "srv-1", "srv-2", "srv-10"]
    );
    let hosts = BmcQuery {
        limit: 2,
        offset: 1,
        ..BmcQuery::default()
    };
    let (rows, total) = store.bmcs(&hosts).await.unwrap();
    assert_eq!(
        (rows.len(), total, rows[0].bmc.name.as_str()),
        (2, 3, "srv-2")
    );
    for (text, found) in [("RACK-7", 3), ("acme", 3), ("srv-10", 1), ("50%", 0)] {
        let query = BmcQuery {
            search: Some(text.to_owned()),
            limit: 100,
            ..BmcQuery::default()
        };
        assert_eq!(store.bmcs(&query).await.unwrap().1, found, "{text}");
    }
}

#[tokio::test]
async fn the_next_look_is_kept_and_asked_for() {
    let (store, id) = store().await;
    let server = server(1, &id);
    store.add_bmc(&server).await.unwrap();
    let due = |now| {
        let store = store.clone();
        async move { store.bmcs_due(at(now), 10).await.unwrap().len() }
    };
    assert_eq!(due(0).await, 1, "never asked: as soon as there is time");
    store
        .change_bmc_facts(&server.id, |facts| facts.next_look = Some(at(500)))
        .await
        .unwrap();
    assert_eq!((due(499).await, due(500).await), (0, 1));
}

#[tokio::test]
async fn a_crawl_replaces_the_one_before_with_its_marks() {
    let (store, id) = store().await;
    let (card, server) = (dpu(1, &id), server(1, &id));
    store.add_dpu(&card).await.unwrap();
    store.add_bmc(&server).await.unwrap();
    let imc = BmcId::from(&card.id);
    let inventory = |name: &str| Inventory {
        service: ServiceInfo {
            name: Some(name.to_owned()),
            ..ServiceInfo::default()
        },
        ..Inventory::default()
    };
    let raw = [RawResource {
        path: "/redfish/v1".to_owned(),
        body: serde_json::json!({ "Id": 1 }),
    }];
    let mark = |text: &str| BTreeSet::from([text.parse::<Mark>().unwrap()]);
    let save = |of: BmcId, name: &'static str, side, marks: BTreeSet<Mark>, now| {
        let (store, raw) = (store.clone(), raw.clone());
        let inventory = inventory(name);
        async move {
            let marks = (side, &marks);
            store
                .save_crawl(&of, &inventory, &raw, marks, at(now))
                .await
                .unwrap();
        }
    };
    assert_eq!(store.inventory(&imc).await.unwrap(), None);
    save(
        imc.clone(),
        "one",
        MarkSide::Card,
        mark("serial AB12345"),
        1,
    )
    .await;
    save(
        imc.clone(),
        "two",
        MarkSide::Card,
        mark("serial AB12345"),
        2,
    )
    .await;
    assert_eq!(
        store.inventory(&imc).await.unwrap(),
        Some((inventory("two"), at(2)))
    );
    assert_eq!(store.raw(&imc).await.unwrap(), Some((raw.to_vec(), at(2))));

    save(
        server.id.clone(),
        "srv",
        MarkSide::Host,
        mark("serial AB12345"),
        3,
    )
    .await;
    let shared = store.sharing_marks(&imc, MarkSide::Card).await.unwrap();
    assert_eq!(
        shared,
        [(server.id.clone(), "serial AB12345".parse().unwrap())]
    );
    assert_eq!(
        store
            .sharing_marks(&server.id, MarkSide::Host)
            .await
            .unwrap()[0]
            .0,
        imc
    );
    save(
        server.id.clone(),
        "srv",
        MarkSide::Host,
        mark("serial ZZ99999"),
        4,
    )
    .await;
    assert_eq!(store.sharing_marks(&imc, MarkSide::Card).await.unwrap(), []);
}

#[tokio::test]
async fn a_card_is_in_one_host_and_leaves_it_with_either() {
    let (store, id) = store().await;
    let card = dpu(1, &id);
    store.add_dpu(&card).await.unwrap();
    let (one, other) = (server(1, &id), server(2, &id));
    store.add_bmc(&one).await.unwrap();
    store.add_bmc(&other).await.unwrap();
    let pairing = |host: &KnownBmc, now| Pairing {
        dpu: card.id.clone(),
        host: host.id.clone(),
        by: PairedBy::Hand,
        since: at(now),
    };
    store.pair(&pairing(&one, 1)).await.unwrap();
    store.pair(&pairing(&one, 2)).await.unwrap();
    assert_eq!(
        store.pairing(&card.id).await.unwrap(),
        Some(pairing(&one, 1))
    );
    store.pair(&pairing(&other, 3)).await.unwrap();
    assert_eq!(store.pairings().await.unwrap(), [pairing(&other, 3)]);
    store.remove_bmc(&other.id).await.unwrap();
    assert_eq!(store.pairing(&card.id).await.unwrap(), None);
    assert!(store.pair(&pairing(&other, 4)).await.is_err());
    store.pair(&pairing(&one, 5)).await.unwrap();
    assert!(store.unpair(&card.id).await.unwrap());
    assert!(!store.unpair(&card.id).await.unwrap());
}

#[tokio::test]
async fn a_bmcs_credential_is_in_use() {
    let (store, id) = store().await;
    store.add_bmc(&server(1, &id)).await.unwrap();
    let refused = store.remove_credential(&id).await.unwrap_err();
    assert_eq!(refused.to_string(), "the credential is used by srv-1");
    let users = store.credential_users(&id).await.unwrap();
    assert_eq!((users[0].1.as_str(), users[0].2), ("srv-1", false));
}

#[tokio::test]
async fn a_refused_key_is_kept_until_somebody_decides() {
    let (store, _) = store().await;
    let refused = RefusedKey {
        kind: PinKind::TlsCertificate,
        peer: "10.0.0.1:8443".to_owned(),
        seen: format!("SHA256:{}", "B".repeat(43)).parse().unwrap(),
        at: at(1),
    };
    store.put_refused_key(&refused).await.unwrap();
    assert_eq!(
        store.refused_keys().await.unwrap(),
        std::slice::from_ref(&refused)
    );
    // It shows the pinned one again.
    store
        .touch_pin(refused.kind, &refused.peer, at(2))
        .await
        .unwrap();
    assert_eq!(store.refused_keys().await.unwrap(), []);
    store.put_refused_key(&refused).await.unwrap();
    assert!(store.remove_pin(refused.kind, &refused.peer).await.unwrap());
    assert_eq!(store.refused_keys().await.unwrap(), []);
}

#[tokio::test]
async fn a_database_from_before_gets_its_imcs_as_bmcs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slipway.db");
    let (card, lab) = (dpu(7, &CredentialId::new()), credential("lab"));
    first_shape(&path, &card, &lab.name).await;
    let store = Store::open(&path).await.unwrap();
    assert_eq!(store.dpu(&card.id).await.unwrap(), card);
    let imc = store.bmc(&BmcId::from(&card.id)).await.unwrap();
    assert_eq!(
        (imc.bmc.name.as_str(), imc.bmc.address),
        ("dpu-7", card.imc_redfish)
    );
    assert_eq!(store.bmcs_due(at(0), 10).await.unwrap().len(), 1);
    let own = store.credential(&card.imc_credential).await.unwrap();
    assert!(!own.shared, "it was that card's own");
}

/// A database as the first version left it, with one card.
async fn first_shape(path: &std::path::Path, card: &Dpu, credential: &str) {
    use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true);
    let mut database = options.connect().await.unwrap();
    let mut first = sqlx::migrate!();
    first.migrations = first.migrations[..1].to_vec().into();
    first.run(&mut database).await.unwrap();
    sqlx::query("INSERT INTO credential (id, name, user_name, created_at) VALUES ($1, $2, $3, $4)")
        .bind(card.imc_credential.as_str())
        .bind(credential)
        .bind("root")
        .bind(at(0).to_string())
        .execute(&mut database)
        .await
        .unwrap();
    sqlx::query(
        "INSERT INTO dpu (id, name, imc_redfish, imc_ssh, acc, imc_credential, host, labels,
                          identity, added_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(card.id.as_str())
    .bind(&card.name)
    .bind(card.imc_redfish.to_string())
    .bind(card.imc_ssh.to_string())
    .bind(serde_json::to_string(&card.acc).unwrap())
    .bind(card.imc_credential.as_str())
    .bind(&card.host)
    .bind(serde_json::to_string(&card.labels).unwrap())
    .bind(serde_json::to_string(&card.identity).unwrap())
    .bind(card.added_at.to_string())
    .execute(&mut database)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO dpu_line (dpu, headline, headline_rank, name_key, host_key, version_key,
                               last_seen, search)
         VALUES ($1, 'unknown', 1000, 'dpu-7', '', '', '', 'dpu-7')",
    )
    .bind(card.id.as_str())
    .execute(&mut database)
    .await
    .unwrap();
    database.close().await.unwrap();
}
