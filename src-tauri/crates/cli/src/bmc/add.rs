//! `slipctl bmc add`: shakes hands, accepts what it was told to, and logs in once.

use slipway_core::{credential::ImcSshLogin, inventory::BmcKind, trust::Fingerprint};
use slipway_fleet::{
    AppError, ErrorCode, Fleet,
    views::{AddBmc, AddDpu, NewLogin, Probe, ProbeTrust},
};

use super::inventory;
use crate::{
    args::{AddArgs, SshLoginArgs},
    exit::Failed,
    open::{read_descriptor, read_secret_file},
    output::Output,
    trust::FINGERPRINT,
};

pub async fn run(args: AddArgs, fleet: &Fleet, output: Output) -> Result<(), Failed> {
    let probe = fleet.probe(&args.imc, args.ssh.as_deref()).await?;
    let first_use = args.trust_on_first_use;
    if args.without_redfish {
        return without_redfish(args, probe, fleet, output).await;
    }
    let certificate = accept(
        "certificate",
        &probe.certificate,
        args.certificate.as_deref(),
        first_use,
    )?;
    let greeting = fleet.greet(&probe.redfish, &certificate).await?;
    let login = login(&args, fleet).await?;
    let is_imc = match greeting.may_be_imc {
        true => {
            let login = login.clone();
            fleet.is_imc(&probe.redfish, &certificate, login).await?
        }
        false => greeting.kind == BmcKind::IntelImc,
    };
    if !is_imc {
        let new = AddBmc {
            login,
            name: args.name,
            address: probe.redfish.to_string(),
            labels: args.labels,
            certificate: certificate.clone(),
        };
        let id = fleet.add_bmc(new).await?;
        output.note(format!("accepted certificate {certificate}"));
        let view = fleet.bmc(&id).await?;
        output.show(&view, || inventory::show(&view, output));
        return Ok(());
    }
    let host_key = accept(
        "host key",
        &probe.host_key,
        args.host_key.as_deref(),
        first_use,
    )?;
    let imc = probe.redfish.to_string();
    let card = described(args, imc, login, Some(certificate), host_key, fleet).await?;
    add_card(card, fleet, output).await
}

/// An IMC whose Redfish nobody has set up yet: its SSH, behind an accepted host key, says that it
/// is one.
async fn without_redfish(
    args: AddArgs,
    probe: Probe,
    fleet: &Fleet,
    output: Output,
) -> Result<(), Failed> {
    let host_key = accept(
        "host key",
        &probe.host_key,
        args.host_key.as_deref(),
        args.trust_on_first_use,
    )?;
    let login = login(&args, fleet).await?;
    let shown = match &probe.certificate {
        ProbeTrust::Silent { .. } => None,
        ProbeTrust::New { seen } | ProbeTrust::Pinned { seen } => Some(seen),
        ProbeTrust::Changed { seen, .. } => Some(seen),
    };
    if let Some(seen) = shown {
        return Err(
            AppError::refused("something answers where its Redfish would be")
                .because(format!("{} shows the certificate {seen}", probe.redfish))
                .hint("add it without --without-redfish")
                .into(),
        );
    }
    // Where nothing answers, no other port was found.
    let imc = args.imc.clone();
    let card = described(args, imc, login, None, host_key, fleet).await?;
    let name = card.name.clone();
    add_card(card, fleet, output).await?;
    output.note(format!(
        "its Redfish does not run: `slipctl bmc prepare {name}`, or a deployment, sets it up"
    ));
    Ok(())
}

async fn described(
    args: AddArgs,
    imc: String,
    login: NewLogin,
    certificate: Option<Fingerprint>,
    host_key: Fingerprint,
    fleet: &Fleet,
) -> Result<AddDpu, Failed> {
    let acc_login = match (&args.acc_profile, &args.acc_password_file) {
        (Some(profile), _) => Some(by_profile(profile, fleet).await?),
        (None, Some(path)) => Some(NewLogin::Own {
            user: "root".to_owned(),
            password: read_secret_file(path)?.expose().to_owned(),
        }),
        (None, None) => None,
    };
    Ok(AddDpu {
        login,
        ssh_login: ssh_login(&args.ssh_login, fleet).await?,
        acc_login,
        name: args.name,
        imc,
        imc_ssh: args.ssh,
        acc: args.acc,
        host: args.host,
        labels: args.labels,
        certificate,
        host_key: Some(host_key),
    })
}

async fn add_card(card: AddDpu, fleet: &Fleet, output: Output) -> Result<(), Failed> {
    let (certificate, host_key) = (card.certificate.clone(), card.host_key.clone());
    let id = fleet.add_dpu(card).await?;
    if let Some(certificate) = certificate {
        output.note(format!("accepted certificate {certificate}"));
    }
    if let Some(host_key) = host_key {
        output.note(format!("accepted host key {host_key}"));
    }
    let view = fleet.refresh_dpu(&id).await?;
    output.show(&view, || super::show(&view, output));
    Ok(())
}

async fn login(args: &AddArgs, fleet: &Fleet) -> Result<NewLogin, Failed> {
    if let Some(profile) = &args.profile {
        return by_profile(profile, fleet).await;
    }
    let password = match (args.password_fd, &args.password_file) {
        (Some(descriptor), _) => read_descriptor(descriptor)?,
        (None, Some(path)) => read_secret_file(path)?,
        (None, None) => {
            return Err(Failed::invalid(
                "give the IMC's password: --password-fd or --password-file, or --profile",
            ));
        }
    };
    Ok(NewLogin::Own {
        user: args.user.clone(),
        password: password.expose().to_owned(),
    })
}

pub async fn by_profile(profile: &str, fleet: &Fleet) -> Result<NewLogin, Failed> {
    let profile = fleet.find_credential(profile).await?.id;
    Ok(NewLogin::Profile { profile })
}

/// What was said about the IMC's SSH; nothing where nothing was.
pub async fn ssh_login(args: &SshLoginArgs, fleet: &Fleet) -> Result<Option<ImcSshLogin>, Failed> {
    if let Some(profile) = &args.ssh_profile {
        let profile = fleet.find_credential(profile).await?.id;
        return Ok(Some(ImcSshLogin::Profile(profile)));
    }
    if args.ssh_empty_password {
        return Ok(Some(ImcSshLogin::EmptyPassword));
    }
    Ok(args.ssh_as_redfish.then_some(ImcSshLogin::AsRedfish))
}

/// The fingerprint to pin: the one that was given, or the one that is shown and taken.
fn accept(
    what: &str,
    shown: &ProbeTrust,
    given: Option<&str>,
    first_use: bool,
) -> Result<Fingerprint, Failed> {
    let seen = match shown {
        ProbeTrust::New { seen } | ProbeTrust::Pinned { seen } => seen,
        ProbeTrust::Silent { reason } => {
            return Err(AppError::new(
                ErrorCode::Unreachable,
                format!("the IMC's {what} can't be seen"),
            )
            .because(reason)
            .hint(format!(
                "check address, cable and name server{}",
                match what {
                    "certificate" =>
                        "; --without-redfish adds an IMC whose Redfish was never set up",
                    _ => "",
                }
            ))
            .into());
        }
        ProbeTrust::Changed { pinned, seen } => {
            return Err(AppError::new(
                ErrorCode::TrustChanged,
                format!("the IMC's {what} has changed"),
            )
            .because(format!("pinned {pinned}"))
            .because(format!("shown  {seen}"))
            .hint("find out why; `slipctl trust accept` takes the new one")
            .into());
        }
    };
    match given {
        Some(text) => {
            let wanted: Fingerprint = text
                .parse()
                .map_err(|error| Failed::unusable(&error, FINGERPRINT))?;
            if wanted != *seen {
                return Err(AppError::new(
                    ErrorCode::TrustChanged,
                    format!("the IMC shows another {what}"),
                )
                .because(format!("given {wanted}"))
                .because(format!("shown {seen}"))
                .hint("compare it on the card's console; `slipctl bmc probe` shows it again")
                .into());
            }
        }
        None if first_use => {}
        None => {
            return Err(AppError::new(
                ErrorCode::TrustUnknown,
                format!("the IMC's {what} is new: {seen}"),
            )
            .hint("compare it, then give --certificate and --host-key, or --trust-on-first-use")
            .into());
        }
    }
    Ok(seen.clone())
}
