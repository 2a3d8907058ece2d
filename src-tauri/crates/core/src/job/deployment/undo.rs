//! Taking back what was written on an IMC: what was there before comes back, unless somebody else
//! changed it since.

use super::{
    imc_boot::{read_option, set_option},
    imc_redfish,
    ledger::{FOLDER, Ledger, WrittenFile, backup_of, done, refused, sum},
    prepare::TRUST_ANCHORS,
};
use crate::{
    failure::StepError,
    job::{Alone, CardAccess, Policy, Residue, StepContext, boot_change::run},
    time::Timestamp,
};

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Undone {
    /// What was taken back, in words.
    pub done: Vec<String>,
    /// What stays, and why.
    pub left: Vec<Residue>,
}

/// Takes back everything that the IMC's ledger names, newest first, and then the ledger. The clock
/// stays right.
///
/// # Errors
/// A ledger that can't be read; an IMC that does not answer, or refuses. What was taken back until
/// then stays taken back, and the next run goes on.
pub async fn undo(
    card: &dyn CardAccess,
    now: Timestamp,
    policy: &Policy,
) -> Result<Undone, StepError> {
    let mut alone = Alone::new();
    let cx = alone.context(card, now, policy);
    let mut ledger = Ledger::read(&cx).await?;
    let mut undone = Undone::default();
    if ledger == Ledger::default() {
        return Ok(undone);
    }
    let trusted = |file: &WrittenFile| file.path.starts_with(TRUST_ANCHORS);
    let trust_changes = ledger.files.iter().any(trusted);
    let mut certificate_is_back = false;
    while let Some(set) = ledger.options.pop() {
        let shows = read_option(&set.name, &cx).await?;
        if shows == set.after {
            set_option(&set.name, &set.before, &cx).await?;
            let words = format!("boot option {} is {} again", set.name, set.before);
            undone.done.push(words);
        } else if shows != set.before {
            undone.left.push(Residue {
                what: format!("boot option {} is {shows}", set.name),
                why: format!("it was {}, and somebody set it since", set.before),
            });
        }
    }
    while let Some(file) = ledger.files.pop() {
        let is_back = put_back(&file, &mut undone, &cx).await?;
        certificate_is_back |= is_back && imc_redfish::is_certificate(&file);
    }
    if trust_changes {
        let out = run(cx.card.imc_shell(), &cx, &["update-ca-trust"]).await?;
        done(&out, "the IMC's trust store can't be made anew")?;
    }
    if certificate_is_back {
        undone.done.extend(imc_redfish::take_up_again(&cx).await?);
    }
    if undone.left.is_empty() {
        let out = run(cx.card.imc_shell(), &cx, &["rm", "-rf", FOLDER]).await?;
        done(&out, &format!("{FOLDER} can't be removed"))?;
    } else {
        undone.left.push(Residue {
            what: format!("copies of what was there are in {FOLDER}"),
            why: "they are needed by whoever decides about the rest".into(),
        });
    }
    Ok(undone)
}

/// Whether what was there before is there again.
async fn put_back(
    file: &WrittenFile,
    undone: &mut Undone,
    cx: &StepContext<'_>,
) -> Result<bool, StepError> {
    let shell = cx.card.imc_shell();
    let path = file.path.as_str();
    let copy = backup_of(path);
    let now = sum(path, cx).await?;
    let before = match file.existed {
        true => sum(&copy, cx).await?,
        false => None,
    };
    if file.existed && before.is_none() {
        undone.left.push(Residue {
            what: format!("{path} stays as it is"),
            why: format!("its copy {copy} is gone"),
        });
        return Ok(false);
    }
    if now == before {
        // Put back before by one that was stopped then.
        return Ok(file.existed);
    }
    if now.as_ref() != Some(&file.sha256) {
        undone.left.push(Residue {
            what: format!("{path} stays as it is"),
            why: "somebody changed it since".into(),
        });
        return Ok(false);
    }
    let (argv, words) = match file.existed {
        true => (
            vec!["cp", "-p", copy.as_str(), path],
            format!("{path} is as it was"),
        ),
        false => (vec!["rm", "-f", path], format!("removed {path}")),
    };
    let out = run(shell, cx, &argv).await?;
    done(&out, &format!("{path} can't be put back"))?;
    if sum(path, cx).await? != before {
        return Err(refused(&format!("{path} is not as it was")));
    }
    undone.done.push(words);
    Ok(true)
}
