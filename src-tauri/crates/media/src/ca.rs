//! Slipway's own certificate authority: an IMC fetches ISOs over HTTPS only, and trusts what was
//! put into its bundle.
//!
//! One CA per installation, P-256, kept by the caller (the certificate in the database, the key
//! in the secret store). Certificates for the ISO server are made at its start and live in memory.

use std::net::IpAddr;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P521_SHA512, SanType,
    SignatureAlgorithm, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject};
use slipway_core::{
    ports::{IssuedCertificate, ReadCertificate},
    secret::Password,
    time::Timestamp,
    trust::Fingerprint,
};
use x509_parser::prelude::{FromDer, X509Certificate};

/// Ten years: longer than a card's life in a fleet.
const CA_DAYS: i64 = 3652;
/// More than an app stays open. Clients limit only what public CAs issue.
const SERVER_DAYS: i64 = 397;
/// As long as the authority: an IMC has nobody who renews it.
const IMC_DAYS: i64 = CA_DAYS;
/// Clocks of IMCs are often behind.
const BACKDATED_DAYS: i64 = 2;

#[derive(Debug, thiserror::Error)]
pub enum CaError {
    #[error("making a certificate")]
    Make(#[source] rcgen::Error),
    #[error("reading the certificate authority's certificate and key")]
    Read(#[source] rcgen::Error),
    #[error("the certificate authority's key does not belong to its certificate")]
    OtherKey,
    #[error("`{0}` can't stand in a certificate (an IP address or a host name)")]
    Name(String),
}

/// The authority: signs server certificates. `Debug` shows no key.
#[derive(Clone)]
pub struct CertificateAuthority {
    certificate_pem: String,
    key: Password,
}

impl std::fmt::Debug for CertificateAuthority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CertificateAuthority")
            .finish_non_exhaustive()
    }
}

/// What a TLS server shows, with its key.
pub struct ServerIdentity {
    pub certificate: CertificateDer<'static>,
    pub key: PrivateKeyDer<'static>,
}

impl CertificateAuthority {
    /// A new authority, valid from now on. `label` tells installations apart in a trust store.
    ///
    /// # Errors
    /// [`CaError::Make`] where the system gives no randomness.
    pub fn create(label: &str, now: Timestamp) -> Result<Self, CaError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(CaError::Make)?;
        let mut params = dated(now, CA_DAYS);
        params.distinguished_name = named(&format!("Slipway CA ({label})"));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key).map_err(CaError::Make)?;
        Ok(Self {
            certificate_pem: certificate.pem(),
            key: Password::new(key.serialize_pem()),
        })
    }

    /// `SHA256:` and the base64 of the hash of the certificate's DER, for people to compare.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let der = CertificateDer::from_pem_slice(self.certificate_pem.as_bytes())
            .expect("a certificate that was made or read here is PEM");
        fingerprint(&der)
    }

    /// The authority that [`Self::create`] made earlier.
    ///
    /// # Errors
    /// [`CaError::Read`] where either is no PEM, [`CaError::OtherKey`] where they don't match.
    pub fn load(certificate_pem: &str, key: Password) -> Result<Self, CaError> {
        let pair = KeyPair::from_pem(key.expose()).map_err(CaError::Read)?;
        Issuer::from_ca_cert_pem(certificate_pem, &pair).map_err(CaError::Read)?;
        let unreadable = || CaError::Read(rcgen::Error::CouldNotParseCertificate);
        let (_, pem) = x509_parser::pem::parse_x509_pem(certificate_pem.as_bytes())
            .map_err(|_| unreadable())?;
        let certificate = pem.parse_x509().map_err(|_| unreadable())?;
        let certified = &certificate.public_key().subject_public_key.data;
        if certified.as_ref() != pair.public_key_raw() {
            return Err(CaError::OtherKey);
        }
        Ok(Self {
            certificate_pem: certificate_pem.to_owned(),
            key,
        })
    }

    /// What an IMC must trust.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The private key, PKCS#8 PEM: for the secret store.
    #[must_use]
    pub fn key(&self) -> &Password {
        &self.key
    }

    /// A certificate and key for a server reached under these IP addresses and host names.
    ///
    /// # Errors
    /// [`CaError::Name`] where one is neither.
    pub fn issue(&self, names: &[String], now: Timestamp) -> Result<ServerIdentity, CaError> {
        let (certificate, key) = self.sign(
            dated(now, SERVER_DAYS),
            "Slipway ISO server",
            names,
            &PKCS_ECDSA_P256_SHA256,
        )?;
        Ok(ServerIdentity {
            certificate: certificate.der().clone(),
            key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        })
    }

    /// A certificate and key for the Redfish service of the IMC under this address. P-521: the
    /// only curve that Intel's shipped TLS policy has both as a group and for certificates.
    ///
    /// # Errors
    /// [`CaError::Name`] where it is no address and no host name.
    pub fn issue_for_imc(&self, host: &str, now: Timestamp) -> Result<IssuedCertificate, CaError> {
        let (certificate, key) = self.sign(
            dated(now, IMC_DAYS),
            "IMC Redfish by Slipway",
            &[host.to_owned()],
            &PKCS_ECDSA_P521_SHA512,
        )?;
        Ok(IssuedCertificate {
            certificate_pem: certificate.pem(),
            key_pem: Password::new(key.serialize_pem()),
        })
    }

    /// What a certificate is, and whether this authority signed it. `None`: it is none.
    #[must_use]
    pub fn read(&self, pem: &str) -> Option<ReadCertificate> {
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
        let (_, leaf) = X509Certificate::from_der(&der).ok()?;
        let own = CertificateDer::from_pem_slice(self.certificate_pem.as_bytes()).ok()?;
        let (_, own) = X509Certificate::from_der(&own).ok()?;
        Some(ReadCertificate {
            fingerprint: fingerprint(&der),
            issued_here: leaf.verify_signature(Some(own.public_key())).is_ok(),
        })
    }

    fn sign(
        &self,
        mut params: CertificateParams,
        common_name: &str,
        names: &[String],
        algorithm: &'static SignatureAlgorithm,
    ) -> Result<(rcgen::Certificate, KeyPair), CaError> {
        let ca_key = KeyPair::from_pem(self.key.expose()).map_err(CaError::Read)?;
        let issuer =
            Issuer::from_ca_cert_pem(&self.certificate_pem, ca_key).map_err(CaError::Read)?;
        params.distinguished_name = named(common_name);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        params.subject_alt_names = names
            .iter()
            .map(|name| subject_name(name))
            .collect::<Result<_, _>>()?;
        let key = KeyPair::generate_for(algorithm).map_err(CaError::Make)?;
        let certificate = params.signed_by(&key, &issuer).map_err(CaError::Make)?;
        Ok((certificate, key))
    }
}

/// `SHA256:` and the base64 of the hash of a certificate.
fn fingerprint(der: &CertificateDer<'_>) -> Fingerprint {
    let hash = STANDARD_NO_PAD.encode(digest(&SHA256, der.as_ref()));
    format!("SHA256:{hash}")
        .parse()
        .expect("32 bytes are 43 base64 characters")
}

/// An address stands as an address: libcurl compares an IP only with IP entries.
fn subject_name(name: &str) -> Result<SanType, CaError> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(SanType::IpAddress(address));
    }
    let wrong = || CaError::Name(name.to_owned());
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    if name.is_empty() || !name.chars().all(allowed) {
        return Err(wrong());
    }
    name.try_into().map(SanType::DnsName).map_err(|_| wrong())
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

fn dated(now: Timestamp, days: i64) -> CertificateParams {
    let day = |offset: i64| {
        let at = jiff::Timestamp::from_millisecond(now.as_millis() + offset * 86_400_000)
            .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
            .to_zoned(jiff::tz::TimeZone::UTC);
        // Both are in range by their types: months 1..=12, days 1..=31.
        date_time_ymd(
            i32::from(at.year()),
            at.month().unsigned_abs(),
            at.day().unsigned_abs(),
        )
    };
    let mut params = CertificateParams::default();
    params.not_before = day(-BACKDATED_DAYS);
    params.not_after = day(days);
    params
}

#[cfg(test)]
mod tests {
    use x509_parser::{extensions::GeneralName, prelude::*};

    use super::*;

    fn now() -> Timestamp {
        "2026-02-28T23:30:00Z".parse().unwrap()
    }

    #[test]
    fn a_certificate_carries_its_names_and_is_signed_by_the_authority() {
        let ca = CertificateAuthority::create("desk", now()).unwrap();
        let again = CertificateAuthority::load(ca.certificate_pem(), ca.key().clone()).unwrap();
        let names = ["10.0.0.1", "::1", "desk.lab"].map(str::to_owned);
        let identity = again.issue(&names, now()).unwrap();
        let (_, leaf) = X509Certificate::from_der(&identity.certificate).unwrap();
        let (_, pem) = parse_x509_pem(ca.certificate_pem().as_bytes()).unwrap();
        let authority = pem.parse_x509().unwrap();
        leaf.verify_signature(Some(authority.public_key())).unwrap();
        assert!(authority.is_ca() && !leaf.is_ca());
        let sans = leaf.subject_alternative_name().unwrap().unwrap();
        assert_eq!(
            sans.value.general_names,
            [
                GeneralName::IPAddress(&[10, 0, 0, 1]),
                GeneralName::IPAddress(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
                GeneralName::DNSName("desk.lab"),
            ]
        );
        let valid_at = |text: &str| {
            let seconds = text.parse::<Timestamp>().unwrap().as_millis() / 1000;
            leaf.validity()
                .is_valid_at(ASN1Time::from_timestamp(seconds).unwrap())
        };
        assert!(valid_at("2026-02-27T00:00:00Z") && valid_at("2027-03-01T00:00:00Z"));
        assert!(!valid_at("2026-02-25T00:00:00Z") && !valid_at("2027-05-01T00:00:00Z"));
    }

    #[test]
    fn an_imcs_certificate_is_known_again_and_another_authoritys_is_not() {
        let ca = CertificateAuthority::create("desk", now()).unwrap();
        let issued = ca.issue_for_imc("imc-7.lab", now()).unwrap();
        assert!(!format!("{issued:?}").contains("PRIVATE"));
        let read = ca.read(&issued.certificate_pem).unwrap();
        assert!(read.issued_here);
        let other = CertificateAuthority::create("other", now()).unwrap();
        let seen = other.read(&issued.certificate_pem).unwrap();
        assert_eq!(
            (seen.fingerprint, seen.issued_here),
            (read.fingerprint, false)
        );
        assert!(!ca.read(other.certificate_pem()).unwrap().issued_here);
        assert_eq!(ca.read("nonsense"), None);
        let again = ca.issue_for_imc("imc-7.lab", now()).unwrap();
        assert_ne!(again.key_pem.expose(), issued.key_pem.expose());
    }

    #[test]
    fn a_key_of_another_authority_is_noticed() {
        let one = CertificateAuthority::create("one", now()).unwrap();
        let two = CertificateAuthority::create("two", now()).unwrap();
        let mixed = CertificateAuthority::load(one.certificate_pem(), two.key().clone());
        assert!(matches!(mixed, Err(CaError::OtherKey)));
        let nonsense = CertificateAuthority::load("nonsense", two.key().clone());
        assert!(matches!(nonsense, Err(CaError::Read(_))));
    }

    #[test]
    fn the_key_is_not_printed_and_odd_names_are_refused() {
        let ca = CertificateAuthority::create("desk", now()).unwrap();
        assert!(!format!("{ca:?}").contains("PRIVATE"));
        let error = ca.issue(&["a b".into()], now()).err().unwrap();
        assert!(matches!(error, CaError::Name(name) if name == "a b"));
    }
}
