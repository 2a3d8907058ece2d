//! Cards: probing an address, adding, removing, listing, and everything about one.

use slipway_core::{
    address::Address,
    bootc::StatusFacts,
    dpu::{
        ACC_FROM_IMC, AccRoute, Dpu, DpuFacts, DpuJob, HeadlineState, IMC_REDFISH_PORT,
        ImcIdentity, JobOutcome, headline,
    },
    ids::{CredentialId, DpuId},
    job::{Job, JobFilter, JobStore, step_position},
    kickstart::check_hostname,
    ports::BmcError,
    secret::{Password, imc_redfish_password},
    trust::{Fingerprint, Pin, PinKind},
};
use slipway_remote::SshTarget;
use slipway_store::CredentialProfile;

use crate::{
    AppError, ChangeTag, ErrorCode, Fleet,
    access::credential_key,
    views::{
        ActionView, AddDpu, DpuAction, DpuPage, DpuQuery, DpuRow, DpuView, Probe, ProbeTrust,
        StateCount,
    },
};

pub(crate) const LAB_SETTING: &str = "desk.lab";
const SSH_PORT: u16 = 22;
const NOT_AN_IMC: &str = "give the address of the card's IMC, not of its server's BMC";

/// Whether a card may be added while its IMC does not answer.
#[derive(Clone, Copy)]
pub(crate) enum Silent {
    MayBe,
    MustNotBe,
}

impl Fleet {
    /// Shakes hands with an IMC and tells what it shows. Sends no user name and no password.
    ///
    /// # Errors
    /// Only for addresses that can't be meant; an IMC that does not answer is an answer.
    pub async fn probe(&self, imc: &str, imc_ssh: Option<&str>) -> Result<Probe, AppError> {
        let (redfish, ssh) = addresses(imc, imc_ssh)?;
        let target = SshTarget {
            address: ssh.clone(),
            user: String::new(),
            auth: vec![],
            host_key: None,
            via: None,
        };
        let (certificate, host_key) = tokio::join!(
            slipway_redfish::probe(&redfish),
            slipway_remote::host_key(target)
        );
        Ok(Probe {
            certificate: self
                .stands(
                    PinKind::TlsCertificate,
                    &redfish,
                    certificate.map_err(|e| e.to_string()),
                )
                .await?,
            host_key: self
                .stands(
                    PinKind::SshHostKey,
                    &ssh,
                    host_key.map_err(|e| e.to_string()),
                )
                .await?,
            redfish,
            ssh,
        })
    }

    async fn stands(
        &self,
        kind: PinKind,
        peer: &Address,
        seen: Result<Fingerprint, String>,
    ) -> Result<ProbeTrust, AppError> {
        let pinned = self.store().pin(kind, &peer.to_string()).await?;
        Ok(match (seen, pinned) {
            (Err(reason), _) => ProbeTrust::Silent { reason },
            (Ok(seen), None) => ProbeTrust::New { seen },
            (Ok(seen), Some(pin)) if pin.fingerprint == seen => ProbeTrust::Pinned { seen },
            (Ok(seen), Some(pin)) => ProbeTrust::Changed {
                pinned: pin.fingerprint,
                seen,
            },
        })
    }

    /// Adds a card after its IMC has let us in. Nothing is kept when it did not.
    ///
    /// # Errors
    /// A name or address that is taken, a password that no IMC takes, an IMC that does not answer,
    /// refuses, or shows another certificate than the one that was accepted.
    pub async fn add_dpu(&self, card: AddDpu) -> Result<DpuId, AppError> {
        self.add(card, Silent::MustNotBe).await
    }

    pub(crate) async fn add(&self, card: AddDpu, silent: Silent) -> Result<DpuId, AppError> {
        let (imc_redfish, imc_ssh) = addresses(&card.imc, card.imc_ssh.as_deref())?;
        check_hostname(&card.name).map_err(|error| {
            AppError::from_chain(ErrorCode::Invalid, &error)
                .hint("a card's name becomes its host name: letters, digits and dashes")
        })?;
        let acc = match card.acc.as_deref().filter(|text| !text.is_empty()) {
            Some(text) => AccRoute::Direct(parse(text, SSH_PORT)?),
            None => AccRoute::ThroughImc(parse(ACC_FROM_IMC, SSH_PORT)?),
        };
        let password = Password::new(card.password);
        let redfish_password = redfish_password(&password)?;
        let target = slipway_redfish::RedfishTarget {
            address: imc_redfish.clone(),
            user: card.user.clone(),
            password: redfish_password,
            pin: Some(card.certificate.clone()),
            timeouts: slipway_redfish::Timeouts::default(),
        };
        let identity = match (
            identify(&slipway_redfish::RedfishClient::new(target)).await,
            silent,
        ) {
            (Ok(identity), _) => identity,
            (Err(error), Silent::MayBe) if error.code == ErrorCode::Unreachable => {
                ImcIdentity::default()
            }
            (Err(error), Silent::MayBe | Silent::MustNotBe) => return Err(error),
        };
        let imc_credential = self
            .keep_credential(&card.name, "IMC", card.user, password)
            .await?;
        let acc_credential = match (card.acc_user, card.acc_password) {
            (user, Some(password)) if !password.is_empty() => {
                let user = user.unwrap_or_else(|| "root".into());
                Some(
                    self.keep_credential(&card.name, "ACC", user, Password::new(password))
                        .await?,
                )
            }
            (_, _) => None,
        };
        let dpu = Dpu {
            id: DpuId::new(),
            name: card.name,
            imc_redfish,
            imc_ssh,
            acc,
            imc_credential,
            acc_credential,
            host: card.host.filter(|host| !host.is_empty()),
            labels: card.labels,
            identity,
            added_at: self.now(),
        };
        if let Err(error) = self.store().add_dpu(&dpu).await {
            self.forget_credentials(&dpu).await;
            return Err(error.into());
        }
        self.accept(
            PinKind::TlsCertificate,
            dpu.imc_redfish.to_string(),
            card.certificate,
        )
        .await?;
        self.accept(PinKind::SshHostKey, dpu.imc_ssh.to_string(), card.host_key)
            .await?;
        self.update_facts(&dpu.id, |_| {}).await;
        self.changed(ChangeTag::Dpu, Some(dpu.id.to_string()));
        Ok(dpu.id)
    }

    pub(crate) async fn accept(
        &self,
        kind: PinKind,
        peer: String,
        seen: Fingerprint,
    ) -> Result<(), AppError> {
        let now = self.now();
        let pin = Pin {
            kind,
            peer,
            fingerprint: seen,
            accepted_because: "accepted when it was shown".into(),
            first_seen: now,
            last_seen: now,
        };
        self.store().put_pin(&pin).await?;
        self.changed(ChangeTag::Pin, None);
        Ok(())
    }

    async fn keep_credential(
        &self,
        card: &str,
        of: &str,
        user_name: String,
        password: Password,
    ) -> Result<CredentialId, AppError> {
        let id = CredentialId::new();
        self.inner
            .secrets
            .put(&credential_key(&id), &password)
            .await?;
        let profile = CredentialProfile {
            id: id.clone(),
            name: format!("{card} {of} {}", id.short()),
            user_name,
            created_at: self.now(),
        };
        self.store().add_credential(&profile).await?;
        Ok(id)
    }

    /// Another password for a card's IMC, tried before it is kept.
    ///
    /// # Errors
    /// One that no IMC takes, or that this one refuses; then the old one stays.
    pub async fn set_imc_password(&self, id: &DpuId, password: Password) -> Result<(), AppError> {
        let dpu = self.store().dpu(id).await?;
        let user = self
            .store()
            .credential(&dpu.imc_credential)
            .await?
            .user_name;
        let redfish_password = redfish_password(&password)?;
        let pin = self
            .store()
            .pin(PinKind::TlsCertificate, &dpu.imc_redfish.to_string())
            .await?;
        let target = slipway_redfish::RedfishTarget {
            address: dpu.imc_redfish.clone(),
            user,
            password: redfish_password,
            pin: pin.map(|pin| pin.fingerprint),
            timeouts: slipway_redfish::Timeouts::default(),
        };
        identify(&slipway_redfish::RedfishClient::new(target)).await?;
        self.inner
            .secrets
            .put(&credential_key(&dpu.imc_credential), &password)
            .await?;
        self.inner.links.forget(id.as_str());
        self.changed(ChangeTag::Dpu, Some(id.to_string()));
        Ok(())
    }

    async fn forget_credentials(&self, dpu: &Dpu) {
        for id in std::iter::once(&dpu.imc_credential).chain(&dpu.acc_credential) {
            // A credential that another card uses stays; one that is gone is gone.
            if self.store().remove_credential(id).await.is_ok() {
                let _ = self.inner.secrets.delete(&credential_key(id)).await;
            }
        }
    }

    /// Forgets a card, its credentials and its pins. Its jobs stay as history.
    ///
    /// # Errors
    /// Refused while a job runs on it.
    pub async fn remove_dpu(&self, id: &DpuId) -> Result<(), AppError> {
        let dpu = self.store().dpu(id).await?;
        self.store().remove_dpu(id).await?;
        self.forget_credentials(&dpu).await;
        let acc_peer = match &dpu.acc {
            AccRoute::Direct(acc) => acc.to_string(),
            AccRoute::ThroughImc(acc) => format!("{}/{acc}", dpu.imc_ssh),
        };
        self.store()
            .remove_pin(PinKind::TlsCertificate, &dpu.imc_redfish.to_string())
            .await?;
        self.store()
            .remove_pin(PinKind::SshHostKey, &dpu.imc_ssh.to_string())
            .await?;
        self.store()
            .remove_pin(PinKind::SshHostKey, &acc_peer)
            .await?;
        self.inner.links.forget(id.as_str());
        self.changed(ChangeTag::Dpu, Some(id.to_string()));
        self.changed(ChangeTag::Pin, None);
        Ok(())
    }

    /// One page of the fleet.
    ///
    /// # Errors
    /// The database.
    pub async fn dpus(&self, query: &DpuQuery) -> Result<DpuPage, AppError> {
        let page = self.store().dpus_page(&store_query(query)).await?;
        Ok(DpuPage {
            rows: page
                .rows
                .into_iter()
                .map(|row| row_view(row.dpu, &row.facts, row.last_job.as_ref()))
                .collect(),
            total: page.total,
            counts: page
                .counts
                .into_iter()
                .map(|(state, count)| StateCount { state, count })
                .collect(),
        })
    }

    /// By id or by name: what people type.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`].
    pub async fn find_dpu(&self, text: &str) -> Result<Dpu, AppError> {
        if let Ok(id) = text.parse::<DpuId>()
            && let Ok(dpu) = self.store().dpu(&id).await
        {
            return Ok(dpu);
        }
        self.store().dpu_by_name(text).await?.ok_or_else(|| {
            AppError::not_found(format!("there is no card `{text}`"))
                .hint("`slipctl bmc list` shows all cards")
        })
    }

    /// Everything about one card, as last seen.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`], the database.
    pub async fn dpu(&self, id: &DpuId) -> Result<DpuView, AppError> {
        let dpu = self.store().dpu(id).await?;
        let facts = self.store().facts(id).await?;
        let jobs = self
            .store()
            .jobs(&JobFilter {
                dpu: Some(id.clone()),
                ..JobFilter::default()
            })
            .await?;
        let last = jobs.first();
        let mut pins = Vec::new();
        for pin in self.store().pins().await? {
            let ours = pin.peer == dpu.imc_redfish.to_string()
                || pin.peer == dpu.imc_ssh.to_string()
                || pin.peer.starts_with(&format!("{}/", dpu.imc_ssh))
                || matches!(&dpu.acc, AccRoute::Direct(acc) if pin.peer == acc.to_string());
            if ours {
                pins.push(pin);
            }
        }
        let actions = actions(&facts, last);
        let rows = jobs
            .iter()
            .map(|job| self.job_row(job, &dpu.name))
            .collect();
        Ok(DpuView {
            row: row_view(dpu.clone(), &facts, last),
            identity: dpu.identity,
            imc_ssh: dpu.imc_ssh,
            acc: dpu.acc,
            bootc: facts.bootc,
            greenboot: facts.greenboot,
            hostname: facts.hostname,
            boot_id: facts.boot_id,
            acc_seen: facts.acc_seen,
            acc_silent: facts.acc_silent,
            imc_seen: facts.imc_seen,
            imc_silent: facts.imc_silent,
            wanted: facts.wanted,
            actions,
            pins,
            jobs: rows,
            added_at: dpu.added_at,
        })
    }
}

/// Identifies as an Intel IPU's IMC, or says what it is instead.
async fn identify(client: &slipway_redfish::RedfishClient) -> Result<ImcIdentity, AppError> {
    use slipway_core::ports::Bmc;
    let identity = client.identify().await.map_err(|error: BmcError| {
        let stranger = matches!(error, BmcError::NotRedfish { .. });
        let error = AppError::from(error);
        if stranger {
            error.hint(NOT_AN_IMC)
        } else {
            error
        }
    })?;
    if identity.service_name.contains("Intel IPU") {
        return Ok(identity);
    }
    Err(
        AppError::refused("this is a Redfish service, but not an Intel IPU's IMC")
            .because(format!("it calls itself `{}`", identity.service_name))
            .hint(NOT_AN_IMC),
    )
}

fn redfish_password(given: &Password) -> Result<Password, AppError> {
    imc_redfish_password(given).map_err(|error| {
        AppError::from_chain(ErrorCode::Invalid, &error)
            .hint("check the password; `calvin` is known")
    })
}

fn parse(text: &str, port: u16) -> Result<Address, AppError> {
    Address::parse_or(text.trim(), port).map_err(|error| {
        AppError::from_chain(ErrorCode::Invalid, &error)
            .hint("give a host name or an IP address, with `:port` if need be")
    })
}

fn addresses(imc: &str, imc_ssh: Option<&str>) -> Result<(Address, Address), AppError> {
    let redfish = parse(imc, IMC_REDFISH_PORT)?;
    let ssh = match imc_ssh.filter(|text| !text.trim().is_empty()) {
        Some(text) => parse(text, SSH_PORT)?,
        None => Address {
            host: redfish.host.clone(),
            port: SSH_PORT,
        },
    };
    Ok((redfish, ssh))
}

fn store_query(query: &DpuQuery) -> slipway_store::DpuQuery {
    use crate::views::DpuSort as From;
    use slipway_store::DpuSort as To;
    slipway_store::DpuQuery {
        search: query.search.clone().filter(|text| !text.trim().is_empty()),
        states: query.states.clone(),
        sort: match query.sort {
            From::Name => To::Name,
            From::State => To::State,
            From::Host => To::Host,
            From::Version => To::Version,
            From::LastSeen => To::LastSeen,
        },
        descending: query.descending,
        offset: query.offset,
        limit: if query.limit == 0 {
            100
        } else {
            query.limit.min(500)
        },
    }
}

/// The last job as the headline needs it.
pub(crate) fn dpu_job(job: &Job) -> DpuJob {
    let (step_number, step_count) = step_position(job);
    let step = job
        .state
        .failure()
        .map_or_else(|| job.state.name().to_owned(), |f| f.step.clone());
    DpuJob {
        id: job.id.clone(),
        kind: job.kind_name().to_owned(),
        step,
        step_number,
        step_count,
        outcome: job.state.outcome(),
        seen: job.seen,
    }
}

pub(crate) fn row_view(dpu: Dpu, facts: &DpuFacts, last: Option<&Job>) -> DpuRow {
    let last_job = last.map(dpu_job);
    let booted = facts
        .bootc
        .as_ref()
        .and_then(|status| status.booted.as_ref());
    let running = last_job
        .as_ref()
        .filter(|job| job.outcome == JobOutcome::Running);
    DpuRow {
        headline: headline(facts, last_job.as_ref()),
        image: booted
            .and_then(|entry| entry.reference.as_deref())
            .and_then(|reference| reference.rsplit('/').next())
            .map(str::to_owned),
        version: booted.and_then(|entry| entry.version.clone()),
        digest: booted.and_then(|entry| entry.digest.clone()),
        available: facts.available.clone(),
        last_seen: facts.acc_seen.max(facts.imc_seen),
        job: running.map(|job| job.id.clone()),
        firmware: dpu
            .identity
            .firmware_release
            .clone()
            .or(dpu.identity.firmware.clone()),
        id: dpu.id,
        name: dpu.name,
        host: dpu.host,
        imc: dpu.imc_redfish,
        labels: dpu.labels,
    }
}

/// Which action is allowed, and why not.
pub(crate) fn actions(facts: &DpuFacts, last: Option<&Job>) -> Vec<ActionView> {
    let busy = last
        .filter(|job| job.state.outcome() == JobOutcome::Running)
        .map(|job| format!("a job runs on this card ({})", job.kind_name()));
    let status = facts.bootc.as_ref().filter(|status| status.image_mode);
    let silent = facts
        .acc_silent
        .as_ref()
        .map(|silence| format!("the ACC does not answer: {}", silence.reason));
    let not_image_mode =
        || Some("this card does not run image mode; deploy an image first".to_owned());
    let needs_acc = || {
        busy.clone()
            .or_else(|| silent.clone())
            .or_else(|| match status {
                Some(_) => None,
                None => not_image_mode(),
            })
    };
    let view = |action, label: String, why_not| ActionView {
        action,
        label,
        why_not,
    };
    let upgrade = match &facts.available {
        Some(available) => format!(
            "Upgrade to {} and reboot",
            available
                .version
                .clone()
                .unwrap_or_else(|| available.digest.short().to_owned())
        ),
        None => "Upgrade and reboot".to_owned(),
    };
    let booted = status.and_then(StatusFacts::booted_digest);
    let nothing_newer = facts
        .available
        .as_ref()
        .is_some_and(|a| Some(&a.digest) == booted)
        && status.is_some_and(|s| s.staged.is_none());
    let upgrade_why = needs_acc().or_else(|| {
        nothing_newer.then(|| "the card runs the newest image of its reference".to_owned())
    });
    let back = status.and_then(|s| s.rollback.as_ref());
    let rollback = match back.and_then(|entry| entry.version.as_deref()) {
        Some(version) => format!("Roll back to {version} and reboot"),
        None => "Roll back and reboot".to_owned(),
    };
    let rollback_why = needs_acc().or_else(|| {
        back.is_none()
            .then(|| "there is no older entry to roll back to".to_owned())
    });
    let imc_silent = facts
        .imc_silent
        .as_ref()
        .map(|s| format!("the IMC does not answer: {}", s.reason));
    vec![
        view(DpuAction::Upgrade, upgrade, upgrade_why),
        view(DpuAction::Rollback, rollback, rollback_why),
        view(
            DpuAction::Switch,
            "Switch to another image".into(),
            needs_acc(),
        ),
        view(
            DpuAction::Deploy,
            "Deploy from an ISO".into(),
            busy.clone().or(imc_silent),
        ),
        view(DpuAction::Refresh, "Look again".into(), None),
        view(DpuAction::Remove, "Remove from Slipway".into(), busy),
    ]
}

/// The words of the table in the order in which they need somebody.
pub(crate) fn needs_somebody(state: HeadlineState) -> bool {
    match state {
        HeadlineState::Failed
        | HeadlineState::Unreachable
        | HeadlineState::RolledBack
        | HeadlineState::Degraded
        | HeadlineState::Drifted => true,
        HeadlineState::Working
        | HeadlineState::Staged
        | HeadlineState::UpdateAvailable
        | HeadlineState::NotImageMode
        | HeadlineState::Unknown
        | HeadlineState::Current => false,
    }
}
