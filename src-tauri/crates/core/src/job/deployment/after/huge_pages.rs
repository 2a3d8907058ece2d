//! Huge pages for the DPU operator: now, and at every boot.

use super::{Step, refused};
use crate::{
    command::CommandLine,
    failure::StepError,
    job::{
        StepContext,
        boot_change::{read_file, run},
    },
    ports::Remote,
};

const COUNT: &str = "/proc/sys/vm/nr_hugepages";
const FOLDER: &str = "/etc/sysctl.d";
const FILE: &str = "/etc/sysctl.d/90-slipway-hugepages.conf";

fn setting(pages: u32) -> String {
    format!("vm.nr_hugepages={pages}")
}

pub(super) async fn step(
    pages: u32,
    acc: &dyn Remote,
    cx: &StepContext<'_>,
) -> Result<Step, StepError> {
    let text = format!("{}\n", setting(pages));
    if read_file(acc, FILE, cx).await?.as_deref() != Some(text.as_str()) {
        run(acc, cx, &["mkdir", "-p", FOLDER]).await?;
        let tee = CommandLine::new(["tee", FILE]);
        let out = acc
            .run(&tee, Some(text.as_bytes()), cx.policy.command())
            .await?;
        if read_file(acc, FILE, cx).await?.as_deref() != Some(text.as_str()) {
            return Err(refused(format!("{FILE} can't be written"), out.reason()));
        }
        return Ok(Step::Again(format!("wrote {FILE}")));
    }
    let count = |text: Option<String>| text.and_then(|text| text.trim().parse::<u32>().ok());
    if count(read_file(acc, COUNT, cx).await?).is_some_and(|now| now >= pages) {
        return Ok(Step::Done(format!("{pages} huge pages are reserved")));
    }
    let out = run(acc, cx, &["sysctl", "-w", &setting(pages)]).await?;
    match count(read_file(acc, COUNT, cx).await?) {
        Some(now) if now >= pages => Ok(Step::Again(format!("reserved {pages} huge pages"))),
        now => Err(refused(
            format!("the card can't reserve {pages} huge pages"),
            format!("it has {}: {}", now.unwrap_or_default(), out.reason()),
        )
        .hint("its memory is in pieces: reboot the card, the setting is there already; then deploy again, or leave out dpu_operator_dpu")),
    }
}

pub(super) fn planned(pages: u32, on_acc: &impl Fn(&[&str]) -> String) -> (String, Vec<String>) {
    (
        format!("Reserves {pages} huge pages of 2 MiB for the DPU operator, now and at every boot"),
        vec![
            on_acc(&["tee", FILE]),
            on_acc(&["sysctl", "-w", &setting(pages)]),
        ],
    )
}
