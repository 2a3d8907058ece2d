//! What a certificate says of itself, for a person who compares. No I/O.

use std::net::IpAddr;

use rustls::pki_types::CertificateDer;
use slipway_core::{time::Timestamp, trust::CertificateInfo};
use x509_parser::{
    certificate::X509Certificate, extensions::GeneralName, prelude::FromDer, time::ASN1Time,
};

use crate::tls;

/// Its own words. What can't be read is absent; the fingerprint always stands.
pub(crate) fn info(certificate: &CertificateDer<'_>, vouched: bool) -> CertificateInfo {
    let mut info = CertificateInfo {
        fingerprint: tls::fingerprint(certificate),
        subject: None,
        issuer: None,
        not_before: None,
        not_after: None,
        names: Vec::new(),
        self_signed: false,
        vouched_by_ca: vouched,
    };
    let Ok((_, parsed)) = X509Certificate::from_der(certificate.as_ref()) else {
        return info;
    };
    let text = |name: String| (!name.is_empty()).then_some(name);
    info.subject = text(parsed.subject().to_string());
    info.issuer = text(parsed.issuer().to_string());
    info.self_signed = parsed.subject() == parsed.issuer();
    info.not_before = Some(moment(parsed.validity().not_before));
    info.not_after = Some(moment(parsed.validity().not_after));
    if let Ok(Some(names)) = parsed.subject_alternative_name() {
        let names = names.value.general_names.iter();
        info.names = names.filter_map(name_of).collect();
    }
    info
}

fn moment(time: ASN1Time) -> Timestamp {
    Timestamp::from_millis(time.timestamp().saturating_mul(1000))
}

fn name_of(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => Some(IpAddr::from(<[u8; 4]>::try_from(*bytes).ok()?).to_string()),
            16 => Some(IpAddr::from(<[u8; 16]>::try_from(*bytes).ok()?).to_string()),
            _ => None,
        },
        _ => None,
    }
}
