//! `slipctl trust`.

use std::process::ExitCode;

use slipway_core::trust::PinKind;
use slipway_fleet::{
    AppError,
    views::{AcceptPin, PinView, SiteCaView},
};

use crate::{
    args::{CaCommand, PinOf, TrustCommand},
    exit::Failed,
    open::Desk,
    output::{Output, ago, now},
};

pub const FINGERPRINT: &str = "give it as `ssh-keygen -l` prints it: SHA256: and 43 characters";

pub async fn run(command: TrustCommand, desk: &Desk, output: Output) -> Result<ExitCode, Failed> {
    let fleet = desk.fleet().await?;
    let kind = |kind| match kind {
        PinOf::Certificate => PinKind::TlsCertificate,
        PinOf::HostKey => PinKind::SshHostKey,
    };
    match command {
        TrustCommand::List => {
            let pins = fleet.pins().await?;
            output.show(&pins, || table(&pins, output));
        }
        TrustCommand::Show { peer } => {
            let mut pins = fleet.pins().await?;
            pins.retain(|pin| pin.peer == peer);
            if pins.is_empty() {
                return Err(AppError::not_found(format!("nothing is pinned for {peer}"))
                    .hint("`slipctl trust list` shows every pin")
                    .into());
            }
            output.show(&pins, || pins.iter().for_each(|pin| show(pin, output)));
        }
        TrustCommand::Accept {
            kind: of,
            peer,
            fingerprint,
        } => {
            let fingerprint = fingerprint
                .parse()
                .map_err(|error| Failed::unusable(&error, FINGERPRINT))?;
            fleet
                .accept_pin(AcceptPin {
                    kind: kind(of),
                    peer,
                    fingerprint,
                })
                .await?;
        }
        TrustCommand::Remove { kind: of, peer } => fleet.remove_pin(kind(of), &peer).await?,
        TrustCommand::Ca { command } => {
            let view = match command {
                CaCommand::Show => fleet.site_ca().await?,
                CaCommand::Set { file } => {
                    let pem = std::fs::read_to_string(&file).map_err(|error| {
                        Failed::local(format!("{} could not be read", file.display()), &error)
                    })?;
                    fleet.set_site_ca(Some(pem)).await?
                }
                CaCommand::Clear => fleet.set_site_ca(None).await?,
            };
            output.show(&view, || authorities(&view, output));
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub fn kind_word(kind: PinKind) -> &'static str {
    match kind {
        PinKind::TlsCertificate => "certificate",
        PinKind::SshHostKey => "host key",
    }
}

fn table(pins: &[PinView], output: Output) {
    let rows = pins
        .iter()
        .map(|pin| {
            let fingerprint = match (&pin.fingerprint, &pin.refused) {
                (Some(pinned), None) => pinned.to_string(),
                (Some(pinned), Some(refused)) => format!("{pinned}\nREFUSED {}", refused.seen),
                (None, Some(refused)) => format!("REFUSED {}", refused.seen),
                (None, None) => "–".to_owned(),
            };
            vec![
                pin.peer.clone(),
                kind_word(pin.kind).into(),
                fingerprint,
                pin.of.clone().unwrap_or_else(|| "–".into()),
                pin.accepted_because.clone(),
                ago(pin.last_seen, now()),
            ]
        })
        .collect();
    output.table(
        &["Peer", "Of", "Fingerprint", "Whose", "Accepted", "Seen"],
        rows,
    );
}

fn show(pin: &PinView, output: Output) {
    let whose = pin.of.as_deref().unwrap_or("nobody's");
    output.line(format!("{} of {} ({whose})", kind_word(pin.kind), pin.peer));
    if let Some(pinned) = &pin.fingerprint {
        output.line(format!("  pinned   {pinned} ({})", pin.accepted_because));
        output.line(format!(
            "  seen     first {}, last {}",
            ago(pin.first_seen, now()),
            ago(pin.last_seen, now())
        ));
    }
    if let Some(refused) = &pin.refused {
        output.line(format!(
            "  refused  {} ({})",
            refused.seen,
            ago(Some(refused.at), now())
        ));
    }
}

fn authorities(view: &SiteCaView, output: Output) {
    if view.authorities.is_empty() {
        output.line("no authority of the site: every certificate of a BMC is accepted by a person");
        return;
    }
    let rows = view
        .authorities
        .iter()
        .map(|ca| {
            vec![
                ca.subject.clone().unwrap_or_else(|| "–".into()),
                ca.fingerprint.to_string(),
                ca.not_after.map_or("–".into(), |at| at.to_string()),
            ]
        })
        .collect();
    output.table(&["Authority", "Fingerprint", "Valid until"], rows);
}
