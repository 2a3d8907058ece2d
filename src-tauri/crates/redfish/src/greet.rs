//! The first words with a service whose certificate was accepted: its root, without a credential.

use slipway_core::{
    address::Address,
    inventory::{BmcKind, Inventory, ServiceInfo},
    ports::BmcError,
    secret::Password,
    trust::Fingerprint,
};

use crate::{
    RedfishClient, RedfishTarget, Timeouts, kind,
    navigate::ROOT,
    quirks::Quirks,
    resource::{self, ComputerSystem, ServiceRoot},
};

/// Whose service it is, as far as its root tells: enough to know an IMC, whose passwords have
/// rules, before one is sent. A root that wants a login tells nothing.
///
/// # Errors
/// [`BmcError::NotRedfish`] where it is none; otherwise as every question.
pub async fn kind_at(address: &Address, pin: &Fingerprint) -> Result<BmcKind, BmcError> {
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
        return Ok(BmcKind::Unknown);
    }
    let object = answer.object().unwrap_or_default();
    client.transport.read_root(answer)?;
    let root: ServiceRoot = resource::read(object.clone());
    let quirks = Quirks::of(&root, &ComputerSystem::default());
    let inventory = Inventory {
        service: ServiceInfo {
            vendor: root.vendor.clone(),
            product: root.product.clone(),
            ..ServiceInfo::default()
        },
        ..Inventory::default()
    };
    Ok(kind::of(&inventory, quirks, &object))
}
