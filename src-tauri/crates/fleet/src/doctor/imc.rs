//! Asking the IMC: what it shows to everybody, then behind the pinned certificate and the pinned
//! host key what it says after a login.

use std::{future::Future, net::IpAddr, time::Duration};

use slipway_core::{
    address::Address,
    doctor::{Asked, ImcFacts, MediaSeen, RedfishFacts, ShellFacts, ask},
    dpu::Dpu,
    failure::{FailureKind, StepError},
    job::Policy,
    trust::{CertificateInfo, Fingerprint, PinKind},
};
use slipway_redfish::{Timeouts, inspect};
use slipway_remote::SshTarget;

use crate::{AppError, Fleet, logins::Login};

type FromImc = (ImcFacts, RedfishFacts, ShellFacts, Asked<MediaSeen>);

impl Fleet {
    /// # Errors
    /// Only our own side's: the database.
    pub(super) async fn ask_imc(&self, dpu: &Dpu, policy: &Policy) -> Result<FromImc, AppError> {
        let pin = |kind, peer: String| async move {
            let pin = self.store().pin(kind, &peer).await?;
            Ok::<_, AppError>(pin.map(|pin| pin.fingerprint))
        };
        let mut imc = ImcFacts {
            redfish: dpu.imc_redfish.clone(),
            ssh: dpu.imc_ssh.clone(),
            name: Asked::default(),
            certificate: Asked::default(),
            certificate_pin: pin(PinKind::TlsCertificate, dpu.imc_redfish.to_string()).await?,
            host_key: Asked::default(),
            host_key_pin: pin(PinKind::SshHostKey, dpu.imc_ssh.to_string()).await?,
        };
        let span = policy.command();
        imc.name = within("the name server", span, addresses(&dpu.imc_redfish)).await;
        if imc.name.answer().is_none() {
            let none = (RedfishFacts::default(), ShellFacts::default());
            return Ok((imc, none.0, none.1, Asked::default()));
        }
        let login = self.login(&dpu.imc_credential).await;
        let ((certificate, redfish), (host_key, shell, media)) = futures::join!(
            self.ask_redfish(dpu, &login, imc.certificate_pin.as_ref(), policy),
            self.ask_shell(dpu, &login, imc.host_key_pin.as_ref(), policy),
        );
        imc.certificate = certificate;
        imc.host_key = host_key;
        Ok((imc, redfish, shell, media))
    }

    async fn ask_redfish(
        &self,
        dpu: &Dpu,
        login: &Result<Login, StepError>,
        pin: Option<&Fingerprint>,
        policy: &Policy,
    ) -> (Asked<CertificateInfo>, RedfishFacts) {
        let certificate = self.shown_certificate(&dpu.imc_redfish, policy).await;
        let mut facts = RedfishFacts::default();
        let trusted = certificate
            .answer()
            .is_some_and(|shown| shown.vouched_by_ca || Some(&shown.fingerprint) == pin);
        if !trusted {
            return (certificate, facts);
        }
        let link = match login {
            Ok(login) => self.imc_link(dpu, login, pin.cloned()).await,
            Err(error) => Err(error.clone()),
        };
        let user = login.as_ref().map_or("", |login| login.user.as_str());
        match link {
            Ok(link) => {
                let span = Duration::from_secs(policy.observe_s);
                let asked = ask::redfish(link.as_ref(), user, self.inner.clock.as_ref());
                match tokio::time::timeout(span, asked).await {
                    Ok(told) => facts = told,
                    Err(_) => facts.identity = Asked::Failed(late("Redfish", span)),
                }
            }
            Err(error) => facts.identity = Asked::Failed(error),
        }
        (certificate, facts)
    }

    /// What a Redfish service shows, and whether the site's CA vouches for it.
    pub(super) async fn shown_certificate(
        &self,
        address: &Address,
        policy: &Policy,
    ) -> Asked<CertificateInfo> {
        // A bundle that can't be read vouches for nobody; that is told where it is shown.
        let ca = self.site_authorities().await.ok().flatten();
        let shown = inspect(address, ca.as_ref(), Timeouts::default());
        within(&address.to_string(), policy.command(), async {
            Ok(shown.await?)
        })
        .await
    }

    /// The host key that a machine shows. Nobody logs in.
    pub(super) async fn asked_host_key(
        &self,
        address: &Address,
        policy: &Policy,
    ) -> Asked<Fingerprint> {
        let target = SshTarget {
            address: address.clone(),
            user: String::new(),
            auth: vec![],
            host_key: None,
            via: None,
        };
        within(&address.to_string(), policy.command(), async {
            Ok(slipway_remote::host_key(target).await?)
        })
        .await
    }

    async fn ask_shell(
        &self,
        dpu: &Dpu,
        login: &Result<Login, StepError>,
        pin: Option<&Fingerprint>,
        policy: &Policy,
    ) -> (Asked<Fingerprint>, ShellFacts, Asked<MediaSeen>) {
        let host_key = self.asked_host_key(&dpu.imc_ssh, policy).await;
        let mut facts = ShellFacts::default();
        let Some(seen) = host_key.answer().filter(|seen| Some(*seen) == pin) else {
            return (host_key, facts, Asked::default());
        };
        let target = match login {
            Ok(login) => self.imc_shell_target(dpu, login, Some(seen.clone())).await,
            Err(error) => Err(error.clone()),
        };
        let target = match target {
            Ok(target) => target,
            Err(error) => {
                facts.hostname = Asked::Failed(error);
                return (host_key, facts, Asked::default());
            }
        };
        let user = target.user.clone();
        let remote = self.remote_link(&dpu.id, target);
        let clock = self.inner.clock.as_ref();
        facts = ask::shell(remote.as_ref(), &user, clock, policy.command()).await;
        let media = if matches!(facts.hostname, Asked::Failed(_)) {
            Asked::default()
        } else {
            self.ask_media(dpu, remote.as_ref(), policy).await
        };
        (host_key, facts, media)
    }
}

/// The addresses of a name; of an address itself.
async fn addresses(of: &Address) -> Result<Vec<IpAddr>, StepError> {
    let unknown = |reason: String| {
        let message = format!("the name {} can't be resolved", of.host);
        StepError::new(FailureKind::Unreachable, message).because(reason)
    };
    let found = tokio::net::lookup_host((of.host.as_str(), of.port)).await;
    let found = found.map_err(|error| unknown(error.to_string()))?;
    let mut found: Vec<IpAddr> = found.map(|address| address.ip()).collect();
    found.sort_unstable();
    found.dedup();
    if found.is_empty() {
        return Err(unknown("it has no address".to_owned()));
    }
    Ok(found)
}

/// A question with a deadline: what does not answer in time has failed, and the others go on.
pub(super) async fn within<T>(
    what: &str,
    span: Duration,
    question: impl Future<Output = Result<T, StepError>>,
) -> Asked<T> {
    match tokio::time::timeout(span, question).await {
        Ok(told) => told.into(),
        Err(_) => Asked::Failed(late(what, span)),
    }
}

fn late(what: &str, span: Duration) -> StepError {
    StepError::new(
        FailureKind::Deadline,
        format!("{what} gave no answer within {} s", span.as_secs()),
    )
}
