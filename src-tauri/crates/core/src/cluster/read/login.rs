//! A card's controllers: the IMC and its host's BMC, and who logs in there.

use super::{Need, Reader};
use crate::{
    address::Address,
    cluster::{
        model::Login,
        problem::{ProblemCode, ProblemSeverity},
        source::Span,
        tree::{Entry, Node},
    },
    dpu::IMC_REDFISH_PORT,
    secret::{Password, imc_redfish_password},
};

/// What CDA assumes.
const DEFAULT_USER: &str = "root";
const DEFAULT_PASSWORD: &str = "calvin";

/// A controller as the file has it, before it is checked.
#[derive(Default)]
pub(super) struct Parts {
    pub address: Option<(String, Span)>,
    pub user: Option<(String, Span)>,
    pub password: Option<(String, Span)>,
}

impl Reader<'_> {
    /// `bmc: {url, user, password}`, or flat, as it was in 2024.
    pub(super) fn controller(&mut self, entry: &Entry, parts: &mut Parts, card: &str, what: &str) {
        let Some(entries) = entry.value.map() else {
            let text = self.text(
                entry,
                if what == "bmc" {
                    Need::Plan
                } else {
                    Need::Nothing
                },
            );
            if text.is_some() {
                let from = format!("{what}: host");
                self.migrated(entry.key_span, card, &from, &format!("{what}.url"));
            }
            parts.address = text.map(|text| (text, entry.value.span));
            return;
        };
        let need = if what == "bmc" {
            Need::Plan
        } else {
            Need::Nothing
        };
        for entry in entries {
            match entry.key.as_str() {
                "url" => {
                    let text = self.text(entry, need);
                    parts.address = text.map(|text| (text, entry.value.span));
                }
                "user" => {
                    let text = self.text(entry, Need::Nothing);
                    parts.user = text.map(|text| (text, entry.value.span));
                }
                "password" => {
                    let text = self.secret(entry, Need::Nothing);
                    parts.password = text.map(|text| (text, entry.value.span));
                }
                _ => {
                    let of = format!("`{what}`");
                    let cda = "CDA refuses the file for it";
                    self.unknown_key(entry, &of, &["url", "user", "password"], &[], cda);
                }
            }
        }
    }

    pub(super) fn imc(&mut self, parts: Parts, node: &Node, card: &str) -> Option<Login> {
        let Some((address, span)) = parts.address.clone() else {
            let fix = "give the IMC: `bmc: {url: \"…\", user: \"root\", password: \"…\"}`";
            // A value that is there and can't be read was named.
            let named = ["bmc", "bmc_ip"].iter().any(|key| {
                node.get(key)
                    .is_some_and(|n| !n.is_null() && n.map().is_none_or(|_| n.get("url").is_some()))
            });
            if !named {
                self.missing(
                    node,
                    &format!("card `{card}`"),
                    "bmc",
                    fix,
                    ProblemSeverity::Error,
                );
            }
            return None;
        };
        let address = self.address(&address, span, ProblemSeverity::Error)?;
        let known = Address::parse_or(&address, IMC_REDFISH_PORT)
            .is_ok_and(|redfish| self.around.known_imcs.contains(&redfish));
        if let Some((password, span)) = &parts.password
            && let Err(short) = imc_redfish_password(&Password::new(password.clone()))
        {
            let (severity, fix) = if known {
                let fix = "nothing: Slipway uses the password that it keeps for this card";
                (ProblemSeverity::Warning, fix)
            } else {
                let fix =
                    "write the IMC's own Redfish password (`calvin` stands for calvincalvincalvin)";
                (ProblemSeverity::Error, fix)
            };
            self.say(
                severity,
                ProblemCode::Password,
                *span,
                short.to_string(),
                fix,
            );
        }
        if !known {
            self.placeholder_login(&parts);
        }
        login(Parts {
            address: Some((address, span)),
            ..parts
        })
    }

    /// A login that will be used must not be a placeholder.
    fn placeholder_login(&mut self, parts: &Parts) {
        let user = parts.user.as_ref().map(|(_, span)| *span);
        let password = parts.password.as_ref().map(|(_, span)| *span);
        for problem in &mut self.problems {
            let is_login = problem.span == user || problem.span == password;
            if problem.code == ProblemCode::Placeholder && problem.span.is_some() && is_login {
                problem.severity = ProblemSeverity::Error;
            }
        }
    }

    pub(super) fn host_bmc(&mut self, parts: Parts, card: &str) -> Option<Login> {
        let Some((address, span)) = parts.address.clone() else {
            if parts.user.is_some() || parts.password.is_some() {
                let span = parts
                    .password
                    .as_ref()
                    .map_or(Span::new(0, 0), |(_, span)| *span);
                let message = format!("`bmc_host` of card `{card}` has no `url`");
                let fix = "give the host's BMC, or leave `bmc_host` out";
                self.say(
                    ProblemSeverity::Warning,
                    ProblemCode::Missing,
                    span,
                    message,
                    fix,
                );
            }
            return None;
        };
        let address = self.address(&address, span, ProblemSeverity::Warning)?;
        login(Parts {
            address: Some((address, span)),
            ..parts
        })
    }

    /// `host` or `host:port`; a URL's host is taken.
    pub(super) fn address(
        &mut self,
        text: &str,
        span: Span,
        severity: ProblemSeverity,
    ) -> Option<String> {
        let inner = text.split_once("://").map(|(_, rest)| rest);
        let host = inner.map_or(text, |rest| rest.split('/').next().unwrap_or(rest));
        if inner.is_some() {
            let message = "this is a URL; CDA puts `https://` before it once more";
            let fix = format!("write the host only: \"{host}\"");
            let safe = !host.contains('@');
            let fix = if safe {
                fix
            } else {
                "write the host only".into()
            };
            self.say(
                ProblemSeverity::Warning,
                ProblemCode::Host,
                span,
                message,
                fix,
            );
        }
        match Address::parse_or(host, IMC_REDFISH_PORT) {
            Ok(_) => Some(host.to_owned()),
            Err(_) => {
                let message = "this is no host name and no IP address";
                let fix = "write a host name or an IP address, with `:port` if need be";
                self.say(severity, ProblemCode::Host, span, message, fix);
                None
            }
        }
    }
}

pub(super) fn login(parts: Parts) -> Option<Login> {
    let (address, _) = parts.address?;
    Some(Login {
        address,
        user: parts
            .user
            .map_or_else(|| DEFAULT_USER.into(), |(user, _)| user),
        default_password: parts.password.is_none(),
        password: Password::new(
            parts
                .password
                .map_or_else(|| DEFAULT_PASSWORD.into(), |(password, _)| password),
        ),
    })
}
