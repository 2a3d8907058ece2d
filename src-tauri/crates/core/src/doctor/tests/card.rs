//! Reaching an IMC, and what it says of itself.

use super::*;

#[test]
fn another_certificate_blocks_redfish_and_leaves_ssh_alone() {
    let checks = changed(|facts| {
        facts.imc.certificate_pin = Some(key('b'));
        facts.redfish = RedfishFacts::default();
    });
    assert_eq!(bad(&checks), ["f ImcCertificate"]);
    let fix = find(&checks, Id::ImcCertificate).fix().unwrap();
    let command = format!("slipctl trust accept certificate imc.lab:8443 {}", key('a'));
    assert_eq!(fix.command.as_deref(), Some(command.as_str()));
    for skipped in [Id::RedfishLogin, Id::Firmware, Id::VirtualMedia] {
        assert!(matches!(
            find(&checks, skipped),
            CheckOutcome::Skipped { .. }
        ));
    }
    assert!(matches!(
        find(&checks, Id::ImcClock),
        CheckOutcome::Pass { .. }
    ));
    // The site's CA may vouch for a new one.
    let vouched = changed(|facts| {
        facts.imc.certificate_pin = Some(key('b'));
        if let Asked::Answered(shown) = &mut facts.imc.certificate {
            shown.vouched_by_ca = true;
        }
    });
    assert_eq!(bad(&vouched), Vec::<String>::new());
    let stranger = changed(|facts| facts.imc.certificate_pin = None);
    assert!(
        find(&stranger, Id::ImcCertificate)
            .text()
            .starts_with("nobody has accepted it")
    );
}

#[test]
fn another_host_key_blocks_the_shell_and_redfish_still_tells_the_time() {
    let checks = changed(|facts| {
        facts.imc.host_key_pin = Some(key('b'));
        facts.shell = ShellFacts::default();
    });
    assert_eq!(bad(&checks), ["f ImcHostKey"]);
    assert_eq!(
        find(&checks, Id::ImcClock).text(),
        "30 s ahead of ours by Redfish's DateTime"
    );
    assert!(matches!(
        find(&checks, Id::ImcDisk),
        CheckOutcome::Skipped { .. }
    ));
}

#[test]
fn a_wrong_password_is_a_wrong_password_and_a_silent_service_is_not() {
    let refused = error(
        FailureKind::Authentication,
        "the IMC refuses the user name or the password",
    );
    let checks = changed(|facts| {
        facts.redfish.identity = Asked::Failed(refused.clone());
        facts.shell.hostname = Asked::Failed(refused.clone());
        facts.shell.redfish_unit = Asked::default();
    });
    assert_eq!(bad(&checks), ["f RedfishLogin", "f SshLogin"]);
    let action = |id| find(&checks, id).fix().unwrap().action.clone().unwrap();
    assert_eq!(action(Id::RedfishLogin), FixAction::EnterPassword);
    assert_eq!(action(Id::SshLogin), FixAction::ChooseLogin);
    let silent = changed(|facts| {
        let gone = error(FailureKind::Unreachable, "imc.lab:8443 does not answer");
        facts.imc.certificate = Asked::Failed(gone);
        facts.redfish = RedfishFacts::default();
        facts.shell.redfish_unit = Asked::Answered("inactive".into());
    });
    assert_eq!(bad(&silent), ["f ImcReach", "f RedfishService"]);
    let fix = find(&silent, Id::RedfishService).fix().unwrap();
    assert_eq!(fix.action, Some(FixAction::PrepareImc));
    assert!(
        fix.command
            .as_deref()
            .unwrap()
            .contains("slipctl bmc prepare")
    );
}

#[test]
fn only_known_firmware_of_an_ipu_passes() {
    let identity = |change: fn(&mut ImcIdentity)| {
        changed(move |facts| {
            if let Asked::Answered(identity) = &mut facts.redfish.identity {
                change(identity);
            }
        })
    };
    let newer = identity(|identity| identity.firmware_release = Some("2.1.0".into()));
    assert_eq!(bad(&newer), ["f Firmware"]);
    let fix = find(&newer, Id::Firmware).fix().unwrap();
    assert!(
        fix.command
            .as_deref()
            .unwrap()
            .ends_with("--allow-firmware 2.1.0")
    );
    let flashed_first = changed(|facts| {
        if let Asked::Answered(identity) = &mut facts.redfish.identity {
            identity.firmware_release = Some("2.1.0".into());
        }
        facts.target.flash = Some(Asked::Answered(vec!["podman 5 is there".into()]));
    });
    assert_eq!(bad(&flashed_first), ["w Firmware"]);
    let nameless = identity(|identity| identity.firmware_release = None);
    assert_eq!(bad(&nameless), ["f Firmware"]);
    let stranger = identity(|identity| {
        identity.is_ipu = false;
        identity.evidence = "it calls itself `iDRAC`".into();
    });
    assert_eq!(bad(&stranger), ["f IntelIpu"]);
    assert!(matches!(
        find(&stranger, Id::Firmware),
        CheckOutcome::Skipped { .. }
    ));
    let broken = identity(|identity| identity.health = Some("Critical".into()));
    assert_eq!(bad(&broken), ["w RedfishService"]);
}

#[test]
fn recovery_mode_is_told_by_the_host_name() {
    let checks = changed(|facts| facts.shell.hostname = Asked::Answered("ipu-recovery".into()));
    assert_eq!(bad(&checks), ["f RecoveryMode"]);
    assert!(
        find(&checks, Id::RecoveryMode)
            .text()
            .contains("`ipu-recovery`")
    );
}

#[test]
fn a_clock_is_judged_by_how_far_it_is_off() {
    let off = |theirs: &str| {
        let theirs = at(theirs);
        let checks = changed(move |facts| {
            facts.shell.clock = Asked::Answered(ClockSeen {
                theirs,
                ours: facts.now,
            });
        });
        (bad(&checks), find(&checks, Id::ImcClock).text().to_owned())
    };
    assert_eq!(off("2026-11-25T20:59:00Z").0, Vec::<String>::new());
    let (hour, said) = off("2026-11-25T19:00:00Z");
    assert_eq!(
        (hour, said.as_str()),
        (vec!["w ImcClock".into()], "2 h behind ours by `date`")
    );
    let (years, said) = off("2023-11-25T21:00:00Z");
    assert_eq!(years, ["f ImcClock"]);
    assert!(
        said.starts_with("1096 days behind ours by `date` (2023-11-25T21:00"),
        "{said}"
    );
    assert_eq!(off("2026-11-27T21:00:00Z").0, ["f ImcClock"]);
}
