//! What an IMC does at its boot: Redfish is started, and the ACC gets its boot options.
//!
//! CDA's preparation, by looking first. What somebody else has prepared (CDA itself) is left as it
//! is, for its scripts may bring back a certificate and a password that we don't know.

use super::{
    imc_redfish::{self, Certificate},
    ledger::{FOLDER, Ledger, SetOption, backup_of, done, refused},
};
use crate::{
    failure::{FailureKind, StepError},
    job::{
        StepContext,
        boot_change::{read_file, run},
    },
};

const START: &str = "/work/scripts/start-redfish.sh";
const HOOK: &str = "/work/scripts/pre_init_app.sh";
/// What tells our scripts from others'.
const OURS: &str = "# Slipway:";
const START_TEXT: &str = "\
#!/bin/sh
# Slipway: starts Redfish at every boot of this IMC, and gives its ACC an iSCSI root.
# `slipctl bmc prepare CARD --undo` takes it away.
set_acc_kernel_cmdline.sh -a -b iscsi
systemctl start --no-block redfish
";
const CALL: &str = "\
# Slipway: Redfish at every boot
sh /work/scripts/start-redfish.sh
";
/// Where the ACC finds its network while it boots (CDA's values).
const OPTIONS: [(&str, &str); 2] = [
    ("init_app_acc_nboot_net_name", "enp0s1f0"),
    ("init_app_acc_nboot_stage", "0"),
];

/// Brings one thing into order, and answers with what was done; `None`: all was in order.
pub(super) async fn one(
    certificate: Certificate,
    cx: &StepContext<'_>,
) -> Result<Option<String>, StepError> {
    let mut ledger = Ledger::read(cx).await?;
    if let Some(done) = imc_redfish::provide(certificate, &mut ledger, cx).await? {
        return Ok(Some(done));
    }
    if let Some(done) = scripts(&mut ledger, cx).await? {
        return Ok(Some(done));
    }
    for (name, wanted) in OPTIONS {
        if let Some(done) = option(name, wanted, &mut ledger, cx).await? {
            return Ok(Some(done));
        }
    }
    imc_redfish::run_it(cx).await
}

async fn scripts(ledger: &mut Ledger, cx: &StepContext<'_>) -> Result<Option<String>, StepError> {
    let shell = cx.card.imc_shell();
    let start = read_file(shell, START, cx).await?;
    // Somebody else's stays.
    let is_ours = start.as_deref().is_none_or(|text| text.contains(OURS));
    if is_ours && start.as_deref() != Some(START_TEXT) {
        ledger
            .write(START, start.is_some(), START_TEXT, "755", cx)
            .await?;
        return Ok(Some(format!("wrote {START}")));
    }
    let hook = read_file(shell, HOOK, cx).await?;
    let Some(wanted) = hooked(hook.as_deref()) else {
        return Ok(None);
    };
    ledger
        .write(HOOK, hook.is_some(), &wanted, "755", cx)
        .await?;
    Ok(Some(match hook {
        None => format!("wrote {HOOK}: Redfish starts at every boot of the IMC"),
        Some(_) => format!("{HOOK} calls {START} too: Redfish starts at every boot of the IMC"),
    }))
}

/// The hook with our call behind its first line, for it may end in an `exit`; `None` where it calls
/// the script already.
fn hooked(hook: Option<&str>) -> Option<String> {
    let Some(hook) = hook else {
        return Some(format!("#!/bin/sh\n{CALL}"));
    };
    let mut code = hook.lines().map(str::trim).filter(|l| !l.starts_with('#'));
    if code.any(|line| line.contains("start-redfish.sh")) {
        return None;
    }
    Some(match hook.split_once('\n') {
        Some((first, rest)) if first.starts_with("#!") => format!("{first}\n{CALL}{rest}"),
        Some(_) | None => format!("{CALL}{hook}"),
    })
}

async fn option(
    name: &str,
    wanted: &str,
    ledger: &mut Ledger,
    cx: &StepContext<'_>,
) -> Result<Option<String>, StepError> {
    let before = read_option(name, cx).await?;
    if before == wanted {
        return Ok(None);
    }
    match ledger.options.iter_mut().find(|set| set.name == name) {
        Some(known) => known.after = wanted.to_owned(),
        None => ledger.options.push(SetOption {
            name: name.to_owned(),
            job: cx.job.to_string(),
            before: before.clone(),
            after: wanted.to_owned(),
        }),
    }
    ledger.save(cx).await?;
    set_option(name, wanted, cx).await?;
    Ok(Some(format!(
        "boot option {name} is {wanted}, it was {before}"
    )))
}

pub(super) async fn read_option(name: &str, cx: &StepContext<'_>) -> Result<String, StepError> {
    let out = run(cx.card.imc_shell(), cx, &["cfg_boot_options", name]).await?;
    if out.ok() {
        return Ok(out.text());
    }
    Err(StepError::new(
        FailureKind::Refused,
        format!("the IMC does not tell its boot option {name}"),
    )
    .because(out.reason())
    .hint("leave this step out (`--skip-steps imc_boot`), and set the boot options by hand"))
}

pub(super) async fn set_option(
    name: &str,
    wanted: &str,
    cx: &StepContext<'_>,
) -> Result<(), StepError> {
    let out = run(cx.card.imc_shell(), cx, &["cfg_boot_options", name, wanted]).await?;
    done(&out, &format!("the boot option {name} can't be set"))?;
    let shows = read_option(name, cx).await?;
    if shows == wanted {
        return Ok(());
    }
    Err(refused(&format!("the boot option {name} does not show")).because(format!("it is {shows}")))
}

/// What it does, in words and as commands, for the plan.
pub(in crate::job) fn planned(
    certificate: Certificate,
    ssh: &impl Fn(&[&str]) -> String,
) -> (String, Vec<String>) {
    let mut commands: Vec<String> = [START, HOOK]
        .into_iter()
        .flat_map(|path| {
            [
                ssh(&["cp", "-p", path, &backup_of(path)]),
                ssh(&["tee", path]),
            ]
        })
        .collect();
    for (name, value) in OPTIONS {
        commands.push(ssh(&["cfg_boot_options", name, value]));
    }
    let (redfish, more) = imc_redfish::planned(certificate, ssh);
    commands.extend(more);
    let words = format!(
        "makes Redfish start at every boot ({START}, called by {HOOK}) and sets its boot options; \
         {redfish}. What is in order stays; a copy of what was there is kept in {FOLDER}, and \
         `slipctl bmc prepare CARD --undo` takes all of it back"
    );
    (words, commands)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_that_is_there_keeps_its_own_lines_and_calls_ours_first() {
        let site = "#!/bin/sh\nmount /dev/x /mnt\nexit 0\n";
        let ours = hooked(Some(site)).unwrap();
        assert_eq!(
            ours,
            "#!/bin/sh\n# Slipway: Redfish at every boot\nsh /work/scripts/start-redfish.sh\nmount /dev/x /mnt\nexit 0\n"
        );
        assert_eq!(hooked(Some(&ours)), None, "once is enough");
        assert!(hooked(None).unwrap().starts_with("#!/bin/sh\n"));
        assert!(hooked(Some("mount x")).unwrap().ends_with("mount x"));
        let commented = "#!/bin/sh\n# start-redfish.sh is off\n";
        assert!(
            hooked(Some(commented)).is_some(),
            "a comment starts nothing"
        );
        assert_eq!(hooked(Some("#!/bin/sh\n./start-redfish.sh &\n")), None);
    }

    #[test]
    fn the_script_starts_redfish_and_asks_for_iscsi() {
        assert!(START_TEXT.contains("set_acc_kernel_cmdline.sh -a -b iscsi"));
        assert!(START_TEXT.contains("systemctl start --no-block redfish"));
        assert!(START_TEXT.contains(OURS));
    }
}
