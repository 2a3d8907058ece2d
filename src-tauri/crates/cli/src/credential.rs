//! `slipctl credential`.

use std::process::ExitCode;

use slipway_core::{
    credential::{CredentialKind, CredentialScope},
    secret::Password,
};
use slipway_fleet::views::{CredentialForm, CredentialView};

use crate::{
    args::{CredentialCommand, KindOf, ScopeArgs, SecretArgs},
    exit::Failed,
    open::{Desk, read_descriptor, read_secret_file},
    output::Output,
};

pub async fn run(
    command: CredentialCommand,
    desk: &Desk,
    output: Output,
) -> Result<ExitCode, Failed> {
    let fleet = desk.fleet().await?;
    match command {
        CredentialCommand::Add {
            name,
            user,
            kind,
            secret,
            scope,
        } => {
            let form = CredentialForm {
                id: None,
                name: name.clone(),
                user_name: user,
                kind: kind_of(kind),
                secret: read(&secret, output)?,
                scope: scope_of(scope),
            };
            fleet.save_credential(form).await?;
            let view = fleet.find_credential(&name).await?;
            output.show(&view, || show(&view, output));
        }
        CredentialCommand::List => {
            let all = fleet.credentials().await?;
            output.show(&all, || table(&all, output));
        }
        CredentialCommand::Show { profile } => {
            let view = fleet.find_credential(&profile).await?;
            output.show(&view, || show(&view, output));
        }
        CredentialCommand::Set {
            profile,
            name,
            user,
            kind,
            secret,
            scope,
        } => {
            let kept = fleet.find_credential(&profile).await?;
            let scope = scope_of(scope);
            let name = name.unwrap_or(kept.name);
            let form = CredentialForm {
                id: Some(kept.id),
                name: name.clone(),
                user_name: user.unwrap_or(kept.user_name),
                kind: kind.map_or(kept.kind, kind_of),
                secret: read(&secret, output)?,
                scope: if scope == CredentialScope::default() {
                    kept.scope
                } else {
                    scope
                },
            };
            fleet.save_credential(form).await?;
            let view = fleet.find_credential(&name).await?;
            output.show(&view, || show(&view, output));
        }
        CredentialCommand::Remove { profile } => {
            let view = fleet.find_credential(&profile).await?;
            fleet.remove_credential(&view.id).await?;
            output.show(&serde_json::json!({ "removed": view.name }), || {
                output.line(format!("{} was removed", view.name));
            });
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn kind_of(kind: KindOf) -> CredentialKind {
    match kind {
        KindOf::Password => CredentialKind::Password,
        KindOf::SshKey => CredentialKind::SshKey,
        KindOf::SshAgent => CredentialKind::SshAgent,
    }
}

fn scope_of(scope: ScopeArgs) -> CredentialScope {
    CredentialScope {
        addresses: scope.addresses,
        labels: scope.labels,
    }
}

fn read(from: &SecretArgs, output: Output) -> Result<Option<String>, Failed> {
    let secret: Option<Password> = match (from.secret_fd, &from.secret_file, from.secret_prompt) {
        (Some(descriptor), _, _) => Some(read_descriptor(descriptor)?),
        (None, Some(path), _) => Some(read_secret_file(path)?),
        (None, None, true) => Some(output.ask_secret("Password or key of the profile: ")?),
        (None, None, false) => None,
    };
    Ok(secret.map(|secret| secret.expose().to_owned()))
}

fn kind_word(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::Password => "password",
        CredentialKind::SshKey => "SSH key",
        CredentialKind::SshAgent => "SSH agent",
    }
}

fn scope_words(scope: &CredentialScope) -> String {
    let labels = scope.labels.iter().map(|label| format!("label {label}"));
    let all: Vec<String> = scope.addresses.iter().cloned().chain(labels).collect();
    if all.is_empty() {
        "where it is named".to_owned()
    } else {
        all.join(", ")
    }
}

fn table(all: &[CredentialView], output: Output) {
    let rows = all
        .iter()
        .map(|view| {
            vec![
                view.name.clone(),
                view.user_name.clone(),
                kind_word(view.kind).into(),
                scope_words(&view.scope),
                view.used_by.len().to_string(),
            ]
        })
        .collect();
    output.table(&["Profile", "User", "By", "For", "Used by"], rows);
}

fn show(view: &CredentialView, output: Output) {
    output.line(format!(
        "{}  {} by {}",
        view.name,
        view.user_name,
        kind_word(view.kind)
    ));
    output.line(format!("  for         {}", scope_words(&view.scope)));
    let users: Vec<&str> = view.used_by.iter().map(|user| user.name.as_str()).collect();
    let users = if users.is_empty() {
        "nobody".to_owned()
    } else {
        users.join(", ")
    };
    output.line(format!("  used by     {users}"));
}
