//! What an address shows, before anybody trusts it.

use std::{pin::pin, time::Duration};

use slipway_core::{
    address::Address,
    dpu::IMC_REDFISH_PORT,
    ports::{Bmc, BmcError, Stage},
    trust::{CertificateInfo, Fingerprint, PinKind},
};
use slipway_redfish::{Greeting, RedfishClient, Timeouts, inspect};
use slipway_remote::SshTarget;
use tokio::{sync::Notify, time};

use super::{likely_imc_password, split_addresses};
use crate::{
    AppError, ErrorCode, Fleet,
    views::{NewLogin, Probe, ProbeTrust},
};

/// Where everybody but an IMC serves Redfish.
const HTTPS_PORT: u16 = 443;

/// How long the first port alone has time to answer.
const HEAD_START: Duration = Duration::from_secs(1);

impl Fleet {
    /// Shakes hands with a Redfish service and an SSH server, and tells what they show. Sends no
    /// user name and no password. Where no port is given, an IMC's is tried first, then 443.
    ///
    /// # Errors
    /// Only for addresses that can't be meant; an address that does not answer is an answer.
    pub async fn probe(&self, imc: &str, imc_ssh: Option<&str>) -> Result<Probe, AppError> {
        let (redfish, ssh) = split_addresses(imc, imc_ssh)?;
        let ((redfish, shown), host_key) = tokio::join!(
            self.find_redfish(redfish, given_port(imc)),
            self.shown_host_key(&ssh)
        );
        let shown = shown.map_err(|error| error.to_string());
        let certificate = shown.as_ref().map(|info| info.fingerprint.clone());
        let certificate = certificate.map_err(Clone::clone);
        Ok(Probe {
            shown: shown.ok(),
            certificate: (self.stands(PinKind::TlsCertificate, &redfish, certificate)).await?,
            host_key: self.stands(PinKind::SshHostKey, &ssh, host_key).await?,
            redfish,
            ssh,
        })
    }

    /// Whose service answers behind an accepted certificate, as far as its root tells without a
    /// login. [`Fleet::is_imc`] asks what may be one.
    ///
    /// # Errors
    /// No Redfish service, or another certificate than that.
    pub async fn greet(
        &self,
        address: &Address,
        certificate: &Fingerprint,
    ) -> Result<Greeting, AppError> {
        let greeting = slipway_redfish::greet(address, certificate).await;
        greeting.map_err(|error| {
            let stranger = matches!(error, BmcError::NotRedfish { .. });
            let error = AppError::from(error);
            if stranger {
                error.hint("give the address of the card's IMC, or of a server's BMC")
            } else {
                error
            }
        })
    }

    /// Logs in to find out whether a service that names nobody is an IMC.
    ///
    /// # Errors
    /// It does not answer, refuses the login, or shows another certificate.
    pub async fn is_imc(
        &self,
        address: &Address,
        certificate: &Fingerprint,
        login: NewLogin,
    ) -> Result<bool, AppError> {
        let login = self.chosen(login).await?.for_redfish()?;
        let password = likely_imc_password(login.password());
        let pin = Some(certificate.clone());
        let target = self
            .redfish_target(address, &login.user, password, pin)
            .await?;
        let client = RedfishClient::new(target);
        let identity = client.identify().await;
        client.close().await;
        Ok(identity?.is_ipu)
    }

    /// The certificate that Redfish shows at this host, and the port where it does.
    pub(crate) async fn find_redfish(
        &self,
        first: Address,
        port_was_given: bool,
    ) -> (Address, Result<CertificateInfo, BmcError>) {
        // A bundle that can't be read vouches for nobody; that is told where it is shown.
        let ca = self.site_authorities().await.ok().flatten();
        let ask =
            async |address: &Address| inspect(address, ca.as_ref(), Timeouts::default()).await;
        if port_was_given || first.port == HTTPS_PORT {
            let shown = ask(&first).await;
            return (first, shown);
        }
        let second = Address {
            port: HTTPS_PORT,
            ..first.clone()
        };
        match first_else_second(ask(&first), ask(&second), is_silent).await {
            (shown, None) => (first, shown),
            (_, Some(Ok(seen))) => (second, Ok(seen)),
            // It got further there than at the first port: that says more.
            (shown, Some(Err(error))) if stage_of(&error) > stage_of_result(&shown) => {
                (second, Err(error))
            }
            (shown, Some(Err(_))) => (first, shown),
        }
    }

    pub(crate) async fn shown_host_key(&self, ssh: &Address) -> Result<Fingerprint, String> {
        let target = SshTarget {
            address: ssh.clone(),
            user: String::new(),
            auth: vec![],
            host_key: None,
            via: None,
        };
        let shown = slipway_remote::host_key(target).await;
        shown.map_err(|error| error.to_string())
    }

    /// How what is shown stands to what is pinned.
    pub(crate) async fn stands(
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
}

/// What the first says, and where that is nothing what the second says. The second is asked where
/// the first is silent or has taken long already: most hosts of a subnet are not there, and each
/// port of theirs keeps silent for a whole time-out.
async fn first_else_second<A>(
    first: impl Future<Output = A>,
    second: impl Future<Output = A>,
    is_silent: impl Fn(&A) -> bool,
) -> (A, Option<A>) {
    let silent = Notify::new();
    let mut first = pin!(first);
    let mut second = pin!(async {
        let _ = time::timeout(HEAD_START, silent.notified()).await;
        second.await
    });
    let mut early = None;
    let said = loop {
        tokio::select! {
            biased;
            said = &mut first => break said,
            answer = &mut second, if early.is_none() => early = Some(answer),
        }
    };
    if !is_silent(&said) {
        return (said, None);
    }
    silent.notify_one();
    let answer = match early {
        Some(answer) => answer,
        None => second.await,
    };
    (said, Some(answer))
}

/// No TLS server is there: another port may have one.
fn is_silent(shown: &Result<CertificateInfo, BmcError>) -> bool {
    matches!(
        shown,
        Err(BmcError::Unreachable {
            stage: Stage::Tcp | Stage::Tls,
            ..
        })
    )
}

fn stage_of(error: &BmcError) -> u8 {
    match error {
        BmcError::Unreachable { stage, .. } => match stage {
            Stage::Name => 0,
            Stage::Tcp => 1,
            Stage::Tls | Stage::Ssh => 2,
            Stage::Http => 3,
        },
        BmcError::CertificateUnknown { .. }
        | BmcError::CertificateChanged { .. }
        | BmcError::Unauthorized { .. }
        | BmcError::NotRedfish { .. }
        | BmcError::Refused { .. }
        | BmcError::Protocol { .. }
        | BmcError::NotOffered { .. } => 4,
    }
}

fn stage_of_result(shown: &Result<CertificateInfo, BmcError>) -> u8 {
    shown.as_ref().err().map_or(4, stage_of)
}

/// Whether people wrote the port themselves.
pub(crate) fn given_port(text: &str) -> bool {
    let with = |port| Address::parse_or(text.trim(), port).ok().map(|a| a.port);
    with(IMC_REDFISH_PORT) == with(HTTPS_PORT)
}

pub(crate) fn parse(text: &str, port: u16) -> Result<Address, AppError> {
    Address::parse_or(text.trim(), port).map_err(|error| {
        AppError::from_chain(ErrorCode::Invalid, &error)
            .hint("give a host name or an IP address, with `:port` if need be")
    })
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    fn says_nothing(said: &&str) -> bool {
        *said == "nothing"
    }

    #[tokio::test]
    async fn the_second_port_is_not_asked_where_the_first_speaks() {
        let second = async { unreachable!("asked all the same") };
        let said = first_else_second(ready("here"), second, says_nothing).await;
        assert_eq!(said, ("here", None));
    }

    #[tokio::test]
    async fn the_second_port_speaks_where_the_first_is_silent() {
        let said = first_else_second(ready("nothing"), ready("here"), says_nothing).await;
        assert_eq!(said, ("nothing", Some("here")));
    }

    /// With a first port that says its word once the second was asked.
    async fn with_slow_first(
        word: &'static str,
        second: impl Future<Output = &'static str>,
    ) -> (&'static str, Option<&'static str>) {
        let asked = Notify::new();
        let first = async {
            asked.notified().await;
            word
        };
        let second = async {
            asked.notify_one();
            second.await
        };
        first_else_second(first, second, says_nothing).await
    }

    #[tokio::test]
    async fn a_first_port_that_takes_long_does_not_hold_the_second_up() {
        let said = with_slow_first("nothing", ready("here")).await;
        assert_eq!(said, ("nothing", Some("here")));
    }

    #[tokio::test]
    async fn a_slow_first_port_comes_before_a_second_that_spoke_sooner() {
        let said = with_slow_first("late", ready("soon")).await;
        assert_eq!(said, ("late", None));
    }

    #[tokio::test]
    async fn a_first_port_that_spoke_waits_for_no_second() {
        let said = with_slow_first("here", pending()).await;
        assert_eq!(said, ("here", None));
    }

    #[test]
    fn a_port_is_given_or_it_is_not() {
        for text in ["imc:8443", "imc:443", "[::1]:8443"] {
            assert!(given_port(text), "{text}");
        }
        for text in ["imc", "10.0.0.1", "fe80::1", "[::1]"] {
            assert!(!given_port(text), "{text}");
        }
    }
}
