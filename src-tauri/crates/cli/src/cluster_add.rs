//! `slipctl import --add`: the cards of a cluster.yaml that the inventory lacks.

use std::process::ExitCode;

use slipway_core::{
    cluster::{Card, CardKind, Cluster, Import, Login},
    trust::Fingerprint,
};
use slipway_fleet::{
    AppError, ClusterPlan, ErrorCode, Fleet,
    views::{AddDpu, NewLogin, Probe, ProbeTrust},
};

use crate::{args::ImportArgs, exit::Failed, output::Output};

/// Adds the cards that the inventory lacks, or says how.
pub async fn add(
    fleet: &Fleet,
    import: &Import,
    plan: &ClusterPlan,
    args: &ImportArgs,
    output: Output,
) -> Result<ExitCode, Failed> {
    let mut first_failure = None;
    for known in plan.cards.iter().filter(|card| card.dpu.is_none()) {
        let Some((card, imc)) = card_of(import, &known.cluster, &known.name) else {
            continue;
        };
        match add_one(fleet, card, imc, args.trust_on_first_use, output).await {
            Ok(()) => {}
            Err(failed) => {
                output.note(format!("{}: {}", card.name, failed.error.message));
                for line in failed.error.causes.iter().chain(&failed.error.hint) {
                    output.note(format!("  {line}"));
                }
                first_failure.get_or_insert(failed);
            }
        }
    }
    let request = crate::cluster::request(&args.file, &args.cluster).await?;
    for told in fleet.pair_cluster(import, &request).await? {
        output.note(told);
    }
    match first_failure {
        None => Ok(ExitCode::SUCCESS),
        // People have read it; a program reads it now.
        Some(failed) if output.json => Err(failed),
        Some(failed) => Ok(failed.exit()),
    }
}

fn card_of<'a>(import: &'a Import, cluster: &str, name: &str) -> Option<(&'a Card, &'a Login)> {
    let cards = import.file.clusters.iter().flat_map(|known| match known {
        Cluster::Iso(known) if known.name == cluster => known.cards.as_slice(),
        Cluster::Iso(_) | Cluster::OutOfScope { .. } => &[],
    });
    let mut cards = cards.filter(|card| card.kind == CardKind::Dpu && card.name == name);
    cards.find_map(|card| Some((card, card.imc.as_ref()?)))
}

async fn add_one(
    fleet: &Fleet,
    card: &Card,
    imc: &Login,
    trust: bool,
    output: Output,
) -> Result<(), Failed> {
    let probe = fleet.probe(&imc.address, None).await?;
    let certificate = shown(&probe, "certificate", &probe.certificate)?;
    let host_key = shown(&probe, "host key", &probe.host_key)?;
    if !trust {
        let host = card
            .dpu_host
            .as_ref()
            .map_or(String::new(), |host| format!(" --host {host}"));
        return Err(AppError::new(ErrorCode::TrustUnknown, "its IMC is new; nobody has accepted it yet")
            .because(format!("certificate {certificate}, host key {host_key}"))
            .hint(format!(
                "compare them, then: slipctl bmc add {} --name {} --user {} --password-file FILE --certificate {certificate} --host-key {host_key}{host} (or give --trust-on-first-use)",
                imc.address, card.name, imc.user
            ))
            .into());
    }
    fleet
        .add_dpu(AddDpu {
            name: card.name.clone(),
            imc: imc.address.clone(),
            imc_ssh: None,
            acc: None,
            host: card.dpu_host.clone(),
            login: NewLogin::Own {
                user: imc.user.clone(),
                password: imc.password.expose().to_owned(),
            },
            ssh_login: None,
            acc_login: None,
            labels: vec![],
            certificate: Some(certificate.clone()),
            host_key: Some(host_key.clone()),
        })
        .await?;
    output.note(format!(
        "{} was added; accepted certificate {certificate} and host key {host_key}",
        card.name
    ));
    Ok(())
}

fn shown<'a>(probe: &Probe, what: &str, trust: &'a ProbeTrust) -> Result<&'a Fingerprint, Failed> {
    match trust {
        ProbeTrust::New { seen } | ProbeTrust::Pinned { seen } => Ok(seen),
        ProbeTrust::Silent { reason } => Err(AppError::new(
            ErrorCode::Unreachable,
            format!("the {what} of {} can't be seen", probe.redfish),
        )
        .because(reason)
        .hint("check address, cable and name server")
        .into()),
        ProbeTrust::Changed { pinned, seen } => Err(AppError::new(
            ErrorCode::TrustChanged,
            format!("the {what} of {} has changed", probe.redfish),
        )
        .because(format!("pinned {pinned}, shown {seen}"))
        .hint("find out why; `slipctl trust accept` takes the new one")
        .into()),
    }
}
