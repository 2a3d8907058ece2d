//! Whose a pin is, as far as this desk knows: a card's IMC or ACC, a BMC, the host of a card.

use std::collections::HashMap;

use slipway_core::{
    address::Address,
    dpu::{AccRoute, Dpu},
    ids::BmcId,
    job::{JobFilter, JobSpec, JobStore as _},
    trust::PinKind,
};

use crate::{AppError, Fleet, cards::is_peer_of, views::PinView};

/// The hosts of a lab's cards by the address of their SSH: there a name is no address.
const LAB_HOSTS: &str = "desk.lab.hosts";

/// A lab's hosts, by address.
type LabHosts = HashMap<String, String>;

/// What is known of hosts, each by name.
struct Hosts<'a> {
    /// The cards in a host.
    cards: HashMap<&'a str, Vec<&'a Dpu>>,
    lab: LabHosts,
}

impl Fleet {
    /// Remembers which host answers where, as the lab says it.
    pub(crate) async fn keep_lab_hosts(
        &self,
        hosts: impl Iterator<Item = (String, String)>,
    ) -> Result<(), AppError> {
        let mut all = self.lab_hosts().await?;
        all.extend(hosts);
        Ok(self.store().set_setting(LAB_HOSTS, &all).await?)
    }

    async fn lab_hosts(&self) -> Result<LabHosts, AppError> {
        let kept = self.store().setting::<LabHosts>(LAB_HOSTS).await?;
        Ok(kept.unwrap_or_default())
    }

    pub(crate) async fn name_owners(&self, views: &mut [PinView]) -> Result<(), AppError> {
        let cards: Vec<Dpu> = self.store().all_dpus().await?;
        let by_address = by_address(&cards);
        let mut hosts = Hosts {
            cards: HashMap::new(),
            lab: self.lab_hosts().await?,
        };
        for dpu in &cards {
            if let Some(host) = &dpu.host {
                hosts.cards.entry(host.as_str()).or_default().push(dpu);
            }
        }
        for view in views.iter_mut() {
            let first_hop = view.peer.split('/').next().unwrap_or_default();
            if let Some(dpu) = by_address
                .get(first_hop)
                .filter(|dpu| is_peer_of(dpu, &view.peer))
            {
                let direct = view.peer == dpu.imc_redfish.to_string()
                    || view.peer == dpu.imc_ssh.to_string();
                let of = if direct { "IMC" } else { "ACC" };
                view.of = Some(format!("{of} of {}", dpu.name));
                view.dpu = Some(dpu.id.clone());
                view.bmc = direct.then(|| BmcId::from(&dpu.id));
                continue;
            }
            if view.kind == PinKind::SshHostKey && hosts.name(view) {
                continue;
            }
            if let Some(bmc) = self.store().bmc_named(&view.peer).await? {
                view.of = Some(format!("BMC {}", bmc.name));
                view.bmc = Some(bmc.id);
            }
        }
        self.name_hosts_of_jobs(views, &cards).await
    }

    /// A host that only a cluster file named: the deployments know it.
    async fn name_hosts_of_jobs(
        &self,
        views: &mut [PinView],
        cards: &[Dpu],
    ) -> Result<(), AppError> {
        let nobodys = |view: &&mut PinView| view.of.is_none() && view.kind == PinKind::SshHostKey;
        let mut nobodys: Vec<&mut PinView> = views.iter_mut().filter(nobodys).collect();
        if nobodys.is_empty() {
            return Ok(());
        }
        for job in self.store().jobs(&JobFilter::default()).await? {
            let (host, of) = match &job.spec {
                JobSpec::Deployment(plan) => {
                    let dpu = job.subject.card();
                    let dpu = dpu.and_then(|id| cards.iter().find(|card| card.id == *id));
                    (
                        plan.beside.host.as_ref(),
                        dpu.map(|dpu| (&dpu.name, Some(&dpu.id))),
                    )
                }
                JobSpec::Marvell(plan) => (Some(&plan.host), Some((&plan.name, None))),
                // The last one's hosts are those of the deployments that it begins.
                JobSpec::BootChange(_)
                | JobSpec::IsoBuild(_)
                | JobSpec::ImageBuild(_)
                | JobSpec::ClusterDeploy(_) => continue,
            };
            let (Some(host), Some((card, dpu))) = (host.map(Address::to_string), of) else {
                continue;
            };
            // The newest job that knows it; they come newest first.
            for view in nobodys
                .iter_mut()
                .filter(|view| view.of.is_none() && view.peer == host)
            {
                view.of = Some(format!("DPU host of {card}"));
                view.dpu = dpu.cloned();
            }
        }
        Ok(())
    }
}

/// The cards by where their IMC and ACC answer.
fn by_address(cards: &[Dpu]) -> HashMap<String, &Dpu> {
    let addresses = cards.iter().flat_map(|dpu| {
        let acc = match &dpu.acc {
            AccRoute::Direct(acc) => Some((acc.to_string(), dpu)),
            AccRoute::ThroughImc(_) => None,
        };
        [
            (dpu.imc_redfish.to_string(), dpu),
            (dpu.imc_ssh.to_string(), dpu),
        ]
        .into_iter()
        .chain(acc)
    });
    addresses.collect()
}

impl Hosts<'_> {
    /// Whether it is the key of a host that is known, and then says so.
    fn name(&self, view: &mut PinView) -> bool {
        let address: Option<Address> = view.peer.parse().ok();
        let by_name = address.as_ref().map(|address| address.host.as_str());
        let of_lab = self.lab.get(&view.peer).map(String::as_str);
        let Some(name) = of_lab.or(by_name) else {
            return false;
        };
        let cards = self.cards.get(name).map(Vec::as_slice).unwrap_or_default();
        if cards.is_empty() && of_lab.is_none() {
            return false;
        }
        // Its address may say already how it is called.
        let host = match by_name {
            Some(same) if same == name => "DPU host".to_owned(),
            Some(_) | None => format!("DPU host {name}"),
        };
        let names: Vec<&str> = cards.iter().map(|dpu| dpu.name.as_str()).collect();
        view.of = Some(match names[..] {
            [] => host,
            _ => format!("{host} of {}", names.join(" and ")),
        });
        view.dpu = match cards {
            [one] => Some(one.id.clone()),
            _ => None,
        };
        true
    }
}
