//! Reaching an IMC and being sure that it is the one: name, connection, certificate, host key,
//! login over SSH, recovery mode, clock.

use super::{
    Asked, CheckFix, CheckOutcome, ClockSeen, Facts, FixAction,
    verdict::{fix_of, told},
};
use crate::{failure::FailureKind, trust::PinKind};

/// A deployment sets the clock where it is further off than this.
const CLOCK_TOLERANCE_S: i64 = 60;
/// Our server's certificate is dated two days back: a clock that is a day behind still takes it.
const CLOCK_LIMIT_S: i64 = 86_400;

pub(super) fn name(facts: &Facts) -> CheckOutcome {
    let host = &facts.imc.redfish.host;
    match &facts.imc.name {
        Asked::NotAsked(why) => CheckOutcome::skip(why),
        Asked::Answered(found) if host.parse::<std::net::IpAddr>().is_ok() => {
            debug_assert!(!found.is_empty());
            CheckOutcome::pass(format!("{host} is an address"))
        }
        Asked::Answered(found) => {
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            CheckOutcome::pass(format!("{host} is {}", found.join(", ")))
        }
        Asked::Failed(error) => CheckOutcome::fail(
            told(error),
            CheckFix::new("correct the card's address, or this machine's name server"),
        ),
    }
}

pub(super) fn reach(facts: &Facts) -> CheckOutcome {
    let peer = &facts.imc.redfish;
    match &facts.imc.certificate {
        Asked::NotAsked(why) => CheckOutcome::skip(why),
        Asked::Answered(_) => CheckOutcome::pass(format!("{peer} answers over TCP and TLS")),
        Asked::Failed(error) => CheckOutcome::fail(
            told(error),
            CheckFix::new(
                "is the card powered, the network up, the port open in the firewall, and Redfish \
                 running on the IMC?",
            ),
        ),
    }
}

pub(super) fn certificate(facts: &Facts) -> CheckOutcome {
    let peer = facts.imc.redfish.to_string();
    let shown = match &facts.imc.certificate {
        Asked::NotAsked(why) => return CheckOutcome::skip(why),
        Asked::Failed(error) => return CheckOutcome::skip(told(error)),
        Asked::Answered(shown) => shown,
    };
    let seen = &shown.fingerprint;
    let pinned = facts.imc.certificate_pin.as_ref();
    if shown.vouched_by_ca && pinned != Some(seen) {
        return CheckOutcome::pass(format!("the site's CA vouches for {seen}"));
    }
    let accept = FixAction::AcceptPin {
        kind: PinKind::TlsCertificate,
        peer,
        fingerprint: seen.clone(),
    };
    match pinned {
        Some(pinned) if pinned == seen => {
            let outside = |at| {
                if at {
                    " and is outside its dates, which a pin does not mind"
                } else {
                    ""
                }
            };
            let dated = shown.not_after.is_some_and(|end| end < facts.now)
                || shown.not_before.is_some_and(|begin| begin > facts.now);
            CheckOutcome::pass(format!("shows the pinned one, {seen}{}", outside(dated)))
        }
        Some(pinned) => CheckOutcome::fail(
            format!("it has changed: pinned {pinned}, now {seen}"),
            CheckFix::new("find out why it changed; then accept the new one")
                .by(accept, &facts.card),
        ),
        None => CheckOutcome::fail(
            format!("nobody has accepted it yet: {seen}"),
            CheckFix::new("compare the fingerprint, then accept it").by(accept, &facts.card),
        ),
    }
}

pub(super) fn host_key(facts: &Facts) -> CheckOutcome {
    let seen = match &facts.imc.host_key {
        Asked::NotAsked(why) => return CheckOutcome::skip(why),
        Asked::Failed(error) => {
            return CheckOutcome::fail(
                told(error),
                CheckFix::new("is SSH running on the IMC, and its port open in the firewall?"),
            );
        }
        Asked::Answered(seen) => seen,
    };
    let accept = FixAction::AcceptPin {
        kind: PinKind::SshHostKey,
        peer: facts.imc.ssh.to_string(),
        fingerprint: seen.clone(),
    };
    match &facts.imc.host_key_pin {
        Some(pinned) if pinned == seen => {
            CheckOutcome::pass(format!("shows the pinned one, {seen}"))
        }
        Some(pinned) => CheckOutcome::fail(
            format!("it has changed: pinned {pinned}, now {seen}"),
            CheckFix::new("find out why it changed; then accept the new one")
                .by(accept, &facts.card),
        ),
        None => CheckOutcome::fail(
            format!("nobody has accepted it yet: {seen}"),
            CheckFix::new("compare the fingerprint, then accept it").by(accept, &facts.card),
        ),
    }
}

pub(super) fn ssh_login(facts: &Facts) -> CheckOutcome {
    match &facts.shell.hostname {
        Asked::NotAsked(why) => CheckOutcome::skip(why),
        Asked::Failed(error) if error.kind == FailureKind::Authentication => CheckOutcome::fail(
            told(error),
            CheckFix::new("choose another login for the IMC's SSH")
                .by(FixAction::ChooseLogin, &facts.card),
        ),
        // It was logged in: the answer itself was not what was expected.
        Asked::Failed(error) if error.kind == FailureKind::Protocol => {
            CheckOutcome::pass(format!("logged in as {}", facts.shell.user))
        }
        Asked::Failed(error) => CheckOutcome::fail(
            told(error),
            fix_of(error, "look at the IMC's SSH server and try again"),
        ),
        Asked::Answered(_) => CheckOutcome::pass(format!("logged in as {}", facts.shell.user)),
    }
}

pub(super) fn recovery(facts: &Facts) -> CheckOutcome {
    match &facts.shell.hostname {
        Asked::NotAsked(why) => CheckOutcome::skip(why),
        Asked::Failed(error) => CheckOutcome::skip(told(error)),
        Asked::Answered(name) if name.contains("ipu-recovery") => CheckOutcome::fail(
            format!("the IMC has booted its recovery system: its host name is `{name}`"),
            CheckFix::new("flash the card's firmware again"),
        ),
        Asked::Answered(name) => {
            CheckOutcome::pass(format!("not in recovery: the IMC's host name is `{name}`"))
        }
    }
}

pub(super) fn clock(facts: &Facts) -> CheckOutcome {
    let by_redfish = facts.redfish.manager.answer().and_then(|m| m.clock);
    let (seen, how) = match (facts.shell.clock.answer(), by_redfish) {
        (Some(seen), _) => (*seen, "by `date`"),
        (None, Some(seen)) => (seen, "by Redfish's DateTime"),
        (None, None) => {
            return CheckOutcome::skip("neither the IMC's SSH nor its Redfish tells the time");
        }
    };
    let skew = seen.skew_s();
    if skew.abs() <= CLOCK_TOLERANCE_S {
        return CheckOutcome::pass(format!("{} {how}", off(seen)));
    }
    let fix =
        CheckFix::new("a deployment sets it; or set it now").by(FixAction::PrepareImc, &facts.card);
    if skew.abs() <= CLOCK_LIMIT_S {
        return CheckOutcome::warn(format!("{} {how}", off(seen)), fix);
    }
    CheckOutcome::fail(
        format!(
            "{} {how} ({} there): our server's certificate is not valid at that time",
            off(seen),
            seen.theirs
        ),
        fix,
    )
}

/// `12 s ahead of ours`, `1096 days behind ours`.
fn off(seen: ClockSeen) -> String {
    let skew = seen.skew_s();
    let side = if skew < 0 { "behind" } else { "ahead of" };
    let amount = match skew.unsigned_abs() {
        // `date` tells whole seconds, and the way there takes some.
        0..=5 => return "within seconds of ours".to_owned(),
        s @ 6..120 => format!("{s} s"),
        s @ 120..7_200 => format!("{} min", s / 60),
        s @ 7_200..172_800 => format!("{} h", s / 3_600),
        s => format!("{} days", s / 86_400),
    };
    format!("{amount} {side} ours")
}
