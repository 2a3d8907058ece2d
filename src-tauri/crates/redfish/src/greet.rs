//! The first words with a service whose certificate was accepted: its root, without a credential.

use slipway_core::{
    address::Address,
    inventory::{BmcKind, Inventory, ServiceInfo},
    ports::BmcError,
    secret::Password,
    trust::Fingerprint,
};

use crate::{
    RedfishClient, RedfishTarget, Timeouts,
    ipu::{Signs, may_be_renamed},
    kind,
    navigate::ROOT,
    quirks::Quirks,
    resource::{self, ServiceRoot},
};

/// What a root tells to whoever has not logged in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Greeting {
    pub kind: BmcKind,
    /// It names nobody, and may be an IMC that was given another name: its system and manager tell,
    /// after a login.
    pub may_be_imc: bool,
}

/// Whose service it is, as far as its root tells: enough to know an IMC, whose passwords have
/// rules, before one is sent. A root that wants a login tells nothing.
///
/// # Errors
/// [`BmcError::NotRedfish`] where it is none; otherwise as every question.
pub async fn greet(address: &Address, pin: &Fingerprint) -> Result<Greeting, BmcError> {
    let client = RedfishClient::new(RedfishTarget {
        address: address.clone(),
        user: String::new(),
        password: Password::new(""),
        pin: Some(pin.clone()),
        ca: None,
        timeouts: Timeouts::default(),
    });
    let answer = client.transport.get_openly(ROOT).await?;
    if answer.status == 401 {
        return Ok(Greeting::default());
    }
    let object = answer.object().unwrap_or_default();
    client.transport.read_root(answer)?;
    let root: ServiceRoot = resource::read(object.clone());
    let quirks = Quirks::of(Signs {
        root: &root,
        system: None,
        manager: None,
    });
    let inventory = Inventory {
        service: ServiceInfo {
            vendor: root.vendor.clone(),
            product: root.product.clone(),
            ..ServiceInfo::default()
        },
        ..Inventory::default()
    };
    let kind = kind::of(&inventory, quirks, &object);
    Ok(Greeting {
        may_be_imc: kind == BmcKind::Unknown && may_be_renamed(&object),
        kind,
    })
}
