//! `slipctl image trust` and `distrust`: a registry's certificate by its fingerprint.

use slipway_fleet::Fleet;

use crate::{exit::Failed, output::Output};

pub async fn trust(
    registry: &str,
    accept: Option<&str>,
    fleet: &Fleet,
    output: Output,
) -> Result<(), Failed> {
    let Some(fingerprint) = accept else {
        return show(registry, fleet, output).await;
    };
    let fingerprint = fingerprint
        .parse()
        .map_err(|error| Failed::unusable(&error, "`slipctl image trust REGISTRY` shows it"))?;
    fleet.trust_registry(registry, &fingerprint).await?;
    output.show(&serde_json::json!({ "accepted": registry }), || {
        output.line(format!("the certificate of {registry} is accepted"));
    });
    Ok(())
}

async fn show(registry: &str, fleet: &Fleet, output: Output) -> Result<(), Failed> {
    let seen = fleet.registry_certificate(registry).await?;
    output.show(&seen, || {
        let shown = &seen.shown;
        output.line(format!("{}  {}", seen.registry, shown.fingerprint));
        for (what, value) in [("subject", &shown.subject), ("issuer", &shown.issuer)] {
            let value = value.as_deref().unwrap_or("nobody");
            output.line(format!("  {what} {value}, by its own word"));
        }
        if let Some(before) = &seen.accepted
            && *before != shown.fingerprint
        {
            output.note(format!("accepted before was another one: {before}"));
        }
        if seen.trusted {
            output.note("it is trusted as it is");
        } else {
            output.note(format!(
                "compare it with what the registry's owner says; then `slipctl image trust {} --accept {}`",
                seen.registry, shown.fingerprint
            ));
        }
    });
    Ok(())
}

pub fn distrust(registry: &str, fleet: &Fleet, output: Output) -> Result<(), Failed> {
    fleet.distrust_registry(registry)?;
    output.show(&serde_json::json!({ "forgotten": registry }), || {
        output.line(format!("the certificate of {registry} is forgotten"));
    });
    Ok(())
}
