//! What registries have, and the logins for them.

use std::{io::Read as _, path::PathBuf};

use slipway_fleet::{
    Fleet,
    image_views::{LoginSource, RegistryLogin, RegistrySettings},
};

use super::parsed;
use crate::{exit::Failed, open, output::Output};

pub async fn tags(
    reference: &str,
    after: Option<String>,
    fleet: &Fleet,
    output: Output,
) -> Result<(), Failed> {
    let reference = parsed(reference)?;
    let mut after = after;
    let mut all = Vec::new();
    loop {
        let page = fleet.image_tags(&reference, after.as_deref()).await?;
        all.extend(page.tags);
        match page.next {
            // A registry that sends us in a circle is not followed.
            Some(next) if Some(&next) != after.as_ref() => after = Some(next),
            Some(_) | None => break,
        }
    }
    let shown = serde_json::json!({ "repository": reference.without_tag(), "tags": all });
    output.show(&shown, || {
        for tag in &all {
            output.line(tag);
        }
    });
    Ok(())
}

pub async fn digests(reference: &str, fleet: &Fleet, output: Output) -> Result<(), Failed> {
    let view = fleet.image_tag(&parsed(reference)?).await?;
    output.show(&view, || {
        output.line(format!("{}  {}", view.reference, view.digest));
        let rows = view
            .images
            .iter()
            .map(|image| {
                vec![
                    image.architecture.clone(),
                    image.version.clone().unwrap_or_else(|| "–".into()),
                    image.digest.to_string(),
                    image.size.map_or("–".into(), |size| size.to_string()),
                ]
            })
            .collect();
        output.table(&["Architecture", "Version", "Digest", "Size"], rows);
    });
    Ok(())
}

pub async fn login(
    registry: String,
    user: String,
    password_fd: Option<u32>,
    fleet: &Fleet,
    output: Output,
) -> Result<(), Failed> {
    let password = match password_fd {
        Some(descriptor) => open::read_descriptor(descriptor)?.expose().to_owned(),
        None => from_stdin()?,
    };
    let login = RegistryLogin {
        registry: registry.clone(),
        user,
        password,
    };
    fleet.registry_login(login).await?;
    output.show(&serde_json::json!({ "login": registry }), || {
        output.line(format!("{registry} takes the login; it is kept"));
    });
    Ok(())
}

fn from_stdin() -> Result<String, Failed> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| Failed::local("the password could not be read", &error))?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

pub async fn logout(registry: &str, fleet: &Fleet, output: Output) -> Result<(), Failed> {
    fleet.registry_logout(registry).await?;
    output.show(&serde_json::json!({ "logout": registry }), || {
        output.line(format!("the login for {registry} is forgotten"));
    });
    Ok(())
}

pub async fn registries(
    auth_file: Option<PathBuf>,
    certs_dir: Option<PathBuf>,
    fleet: &Fleet,
    output: Output,
) -> Result<(), Failed> {
    if auth_file.is_some() || certs_dir.is_some() {
        let whole = |path: PathBuf| {
            std::path::absolute(path)
                .map(|path| path.display().to_string())
                .map_err(|error| Failed::local("there is no whole path", &error))
        };
        let now = fleet.registry_settings().await?.settings;
        let settings = RegistrySettings {
            auth_file: auth_file.map(whole).transpose()?.or(now.auth_file),
            certs_dir: certs_dir.map(whole).transpose()?.or(now.certs_dir),
        };
        fleet.set_registry_settings(&settings).await?;
    }
    let view = fleet.registry_settings().await?;
    output.show(&view, || {
        let rows = view
            .logins
            .iter()
            .map(|login| {
                let from = match &login.source {
                    LoginSource::Slipway => "Slipway".to_owned(),
                    LoginSource::AuthFile { path } => path.clone(),
                    LoginSource::Helper { helper, .. } => {
                        format!("helper {helper}, which Slipway does not call")
                    }
                };
                vec![
                    login.registry.clone(),
                    login.user.clone().unwrap_or_default(),
                    from,
                ]
            })
            .collect();
        output.table(&["Registry", "User", "From"], rows);
        for one in &view.accepted {
            let shown = &one.certificate.fingerprint;
            output.line(format!("accepted: {}  {shown}", one.registry));
        }
    });
    Ok(())
}
