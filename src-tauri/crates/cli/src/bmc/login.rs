//! `slipctl bmc login`.

use slipway_fleet::{Fleet, views::SetCardLogin};

use super::add::{by_profile, ssh_login};
use crate::{args::SshLoginArgs, exit::Failed, output::Output};

pub async fn run(
    card: &str,
    profile: Option<String>,
    acc_profile: Option<String>,
    ssh: SshLoginArgs,
    fleet: &Fleet,
    output: Output,
) -> Result<(), Failed> {
    let dpu = fleet.find_dpu(card).await?;
    let imc = match profile {
        Some(profile) => Some(by_profile(&profile, fleet).await?),
        None => None,
    };
    let acc = match acc_profile {
        Some(profile) => Some(by_profile(&profile, fleet).await?),
        None => None,
    };
    let change = SetCardLogin {
        dpu: dpu.id.clone(),
        imc,
        imc_ssh: ssh_login(&ssh, fleet).await?,
        acc,
    };
    fleet.set_card_login(change).await?;
    let view = fleet.dpu(&dpu.id).await?;
    output.show(&view.logins, || {
        output.line(format!("{}  {}", dpu.name, view.logins.imc.text));
        output.line(format!("  IMC's SSH   {}", view.logins.imc_ssh_text));
        let acc = view.logins.acc.as_ref();
        let acc = acc.map_or("Slipway's key", |login| login.text.as_str());
        output.line(format!("  ACC         {acc}"));
    });
    Ok(())
}
