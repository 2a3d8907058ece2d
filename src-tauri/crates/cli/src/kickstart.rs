//! `slipctl kickstart`.

use std::process::ExitCode;

use slipway_core::{
    kickstart::{KickstartForm, RhcCredentials, RootLogin},
    lint::{Finding, Severity},
};
use slipway_fleet::views::{KickstartSource, KickstartView};

use crate::{
    args::{FormArgs, KickstartCommand},
    exit::Failed,
    open::{Desk, read_secret_file},
    output::Output,
};

pub async fn run(
    command: KickstartCommand,
    desk: &Desk,
    output: Output,
) -> Result<ExitCode, Failed> {
    let fleet = desk.fleet().await?;
    match command {
        KickstartCommand::Render { form, with_secrets } => {
            let source = form.source()?;
            let view = fleet.kickstart_view(&source).await?;
            if let Some(invalid) = &view.invalid {
                return Err(Failed::invalid(format!(
                    "{}: {}",
                    invalid.field, invalid.reason
                )));
            }
            if with_secrets {
                output.line(fleet.kickstart_text(&source).await?.expose().trim_end());
            } else {
                output.show(&view, || {
                    output.line(view.text.trim_end());
                    if view.contains_secrets {
                        output.note("secrets are masked; --with-secrets prints them");
                    }
                });
            }
            Ok(ExitCode::SUCCESS)
        }
        KickstartCommand::Lint { file } => {
            let source = KickstartSource::File {
                path: file.display().to_string(),
            };
            let view = fleet.kickstart_view(&source).await?;
            output.show(&view, || show(&view, output));
            let bad = |finding: &Finding| finding.severity == Severity::Error;
            Ok(ExitCode::from(u8::from(view.findings.iter().any(bad))))
        }
    }
}

pub fn show(view: &KickstartView, output: Output) {
    for finding in &view.findings {
        show_finding(finding, output);
    }
    if let Some(area) = &view.area {
        output.note(area);
    }
    if !view.validated {
        output.note("ksvalidator is not installed: only Slipway's own rules were looked at");
    }
    if view.findings.is_empty() {
        output.line("nothing to find");
    }
}

pub fn show_finding(finding: &Finding, output: Output) {
    let word = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let line = finding.line.map_or("–".to_owned(), |line| line.to_string());
    output.line(format!(
        "{line:>4}  {word:<7} {}: {}",
        finding.rule, finding.reason
    ));
    output.line(format!("      next: {}", finding.fix));
}

impl FormArgs {
    /// A file that was brought, or the form.
    pub fn source(&self) -> Result<KickstartSource, Failed> {
        if let Some(file) = &self.kickstart {
            return Ok(KickstartSource::File {
                path: file.display().to_string(),
            });
        }
        let default = KickstartForm::default();
        let lines = |path: &std::path::PathBuf| {
            std::fs::read_to_string(path)
                .map_err(|error| Failed::local(format!("{} can't be read", path.display()), &error))
        };
        let mut ssh_keys = Vec::new();
        for path in &self.ssh_keys {
            let text = lines(path)?;
            let keys = text.lines().map(str::trim).filter(|line| !line.is_empty());
            ssh_keys.extend(keys.map(str::to_owned));
        }
        let rhc = match (&self.rhc_organization, &self.rhc_key_file) {
            (Some(organization), Some(file)) => Some(RhcCredentials {
                organization: organization.clone(),
                activation_key: read_secret_file(file)?,
            }),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                return Err(Failed::invalid(
                    "--rhc-organization and --rhc-key-file belong together",
                ));
            }
        };
        let secret =
            |file: &Option<std::path::PathBuf>| file.as_deref().map(read_secret_file).transpose();
        let root = match secret(&self.root_hash_file)? {
            Some(hash) => RootLogin::Crypted { hash },
            None => RootLogin::Locked,
        };
        let form = KickstartForm {
            hostname: self.hostname.clone().unwrap_or(default.hostname),
            disk: self.disk.clone(),
            network_device: self.network_device.clone(),
            timezone: self.timezone.clone().unwrap_or(default.timezone),
            language: self.language.clone().unwrap_or(default.language),
            keyboard: self.keyboard.clone().unwrap_or(default.keyboard),
            ssh_keys,
            root,
            rhc,
            pull_secret: secret(&self.pull_secret)?,
            registry_auth: secret(&self.registry_auth)?,
            kargs: self.system_kargs.clone(),
            post_steps: self.post.iter().map(lines).collect::<Result<_, _>>()?,
            origin: self
                .reference
                .as_deref()
                .map(str::parse)
                .transpose()
                .map_err(|error| Failed::unusable(&error, "write registry/repository:tag"))?,
        };
        Ok(KickstartSource::Form {
            form: Box::new(form),
        })
    }
}
