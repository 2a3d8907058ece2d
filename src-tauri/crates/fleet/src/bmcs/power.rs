//! What came of a reset, as far as its power state can tell.
//!
//! A reset that ends as it began (restarts, cycles, and every reset of a manager) can't be read
//! back: its acceptance is all that is known.

use std::time::{Duration, Instant};

use slipway_core::ports::{BmcError, Controller};
use slipway_redfish::RedfishClient;

use super::orders::Acted;
use crate::{AppError, ErrorCode, views::BmcProgress};

const ASK: Duration = Duration::from_secs(1);
/// Servers take some seconds to change; an OS that shuts down takes longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// The power state that a reset leads to, where it leads to one.
fn leads_to(reset_type: &str) -> Option<&'static str> {
    match reset_type {
        "On" | "ForceOn" => Some("On"),
        "ForceOff" | "GracefulShutdown" => Some("Off"),
        _ => None,
    }
}

/// The rest of the sentence that tells of the reset. Waits for the power state that it leads to.
pub(super) async fn after(
    client: &RedfishClient,
    target: &str,
    reset_type: &str,
    tell: &(impl Fn(BmcProgress) + Send + Sync),
) -> Result<String, Acted> {
    let Some(wanted) = leads_to(reset_type) else {
        return Ok(String::new());
    };
    let began = Instant::now();
    loop {
        let read = match client.power(target).await {
            Ok(None) => return Ok("; the service tells no power state".to_owned()),
            Ok(Some(read)) if read == wanted => return Ok(format!("; its power is {read}")),
            Ok(Some(read)) => format!("its power is {read}"),
            Err(error @ BmcError::Unreachable { .. }) => error.to_string(),
            Err(error) => return Err(error.into()),
        };
        let seconds = u32::try_from(began.elapsed().as_secs()).unwrap_or(u32::MAX);
        if began.elapsed() >= PATIENCE {
            let done = format!("{reset_type} was accepted, and is not done after {seconds} s");
            return Err(Acted::App(
                AppError::new(ErrorCode::Other, done).because(read).hint(
                    "it may still come to it: look again; `ForceOff` asks no operating system",
                ),
            ));
        }
        tell(BmcProgress {
            sentence: format!("{reset_type} was accepted; {read}, {seconds} s"),
            seconds,
        });
        tokio::time::sleep(ASK).await;
    }
}

#[cfg(test)]
mod tests {
    use super::leads_to;

    #[test]
    fn only_what_ends_in_another_state_can_be_read_back() {
        assert_eq!(leads_to("GracefulShutdown"), Some("Off"));
        assert_eq!(leads_to("ForceOn"), Some("On"));
        for other in ["ForceRestart", "PowerCycle", "Nmi", "PushPowerButton"] {
            assert_eq!(leads_to(other), None, "{other}");
        }
    }
}
