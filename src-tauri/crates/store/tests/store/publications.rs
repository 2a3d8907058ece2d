//! What is served: seen, renewed, withdrawn and forgotten by whichever process.

use std::time::Duration;

use slipway_store::StoredPublication;

use crate::sample::{at, iso, store};

#[tokio::test]
async fn another_process_sees_what_is_served_and_takes_it_down() {
    let (store, _) = store().await;
    let iso = iso("installer", 'a');
    store.add_iso(&iso).await.unwrap();
    let one = StoredPublication {
        id: "0a1b2c3d".to_owned(),
        iso: iso.id.clone(),
        place: "https://10.0.0.1:8444".to_owned(),
        file_name: "installer-aaaaaaaaaaaa.iso".to_owned(),
        since: at(0),
        expires_at: Some(at(60)),
        served_until: at(10),
        withdrawn: false,
    };
    store.add_publication(&one).await.unwrap();
    assert_eq!(
        store.publications(at(9)).await.unwrap(),
        std::slice::from_ref(&one)
    );
    // The process that served it is gone.
    assert!(store.publications(at(10)).await.unwrap().is_empty());

    let later = at(10).plus(Duration::from_secs(10));
    assert!(store.renew_publication(&one.id, later).await.unwrap());
    assert_eq!(store.publications(at(10)).await.unwrap().len(), 1);

    assert!(store.withdraw_publication(&one.id).await.unwrap());
    assert!(!store.withdraw_publication("nothing").await.unwrap());
    assert!(!store.renew_publication(&one.id, later).await.unwrap());
    store.forget_publication(&one.id, at(10)).await.unwrap();
    assert!(store.publications(at(0)).await.unwrap().is_empty());
    assert!(!store.renew_publication(&one.id, later).await.unwrap());

    store.add_publication(&one).await.unwrap();
    store.remove_iso(&iso.id).await.unwrap();
    assert!(store.publications(at(0)).await.unwrap().is_empty());
}
