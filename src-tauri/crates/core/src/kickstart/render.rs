//! From a form to the main kickstart's text: the same form gives the same bytes.

use std::fmt::Write as _;

use super::{
    INCLUDE_LINE, InvalidField, KickstartForm, REPOSITORY, RootLogin, delimiter, form, heredoc,
    mask::MASK,
};
use crate::{iso::CONTAINER_DIR, secret::Password};

/// A main kickstart.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// A secret where `contains_secrets`.
    pub text: Password,
    /// Whether whoever reads the ISO can read one.
    pub contains_secrets: bool,
}

/// The kickstart as it goes into an ISO.
///
/// # Errors
/// The first field that can't stand in it.
pub fn render(form: &KickstartForm) -> Result<Rendered, InvalidField> {
    Ok(Rendered {
        text: Password::new(written(form, Secrets::Shown)?),
        contains_secrets: !matches!(form.root, RootLogin::Locked)
            || form.rhc.is_some()
            || form.pull_secret.is_some()
            || form.registry_auth.is_some(),
    })
}

/// The same with every secret masked, for people's eyes.
///
/// # Errors
/// As [`render`].
pub fn preview(form: &KickstartForm) -> Result<String, InvalidField> {
    written(form, Secrets::Masked)
}

#[derive(Clone, Copy)]
enum Secrets {
    Shown,
    Masked,
}

impl Secrets {
    fn of(self, secret: &str) -> &str {
        match self {
            Self::Shown => secret,
            Self::Masked => MASK,
        }
    }
}

fn written(form: &KickstartForm, secrets: Secrets) -> Result<String, InvalidField> {
    form.check()?;
    let mut text = String::from("# Made by Slipway\n");
    commands(&mut text, form, secrets);
    let files = files(form, secrets)?;
    if !files.is_empty() {
        text.push_str(
            "\n%post --erroronfail --log=/var/log/slipway-files.log\nset -eu\numask 077\n",
        );
        for file in &files {
            let _ = writeln!(text, "install -d -m 0755 {}", file.folder);
            let path = format!("{}/{}", file.folder, file.name);
            heredoc(&mut text, &path, &file.content);
            let _ = writeln!(text, "chown root:root {path}\nchmod 0600 {path}");
        }
        text.push_str("%end\n");
    }
    if let Some(origin) = form
        .origin
        .as_ref()
        .filter(|origin| !origin.is_local_only())
    {
        let _ = write!(
            text,
            "\n%post --erroronfail --log=/var/log/slipway-origin.log\nset -eu\n\
             bootc switch --mutate-in-place --transport registry {origin}\n%end\n"
        );
    }
    for (number, step) in form.post_steps.iter().enumerate() {
        let number = number + 1;
        let body = format!("{}\n", step.trim_end_matches('\n'));
        let delimiter = delimiter(&body);
        let _ = write!(
            text,
            "\n%post --erroronfail --log=/var/log/slipway-step-{number}.log\nset -eu\numask 022\n\
             step=$(mktemp)\ncat > \"$step\" <<'{delimiter}'\n{body}{delimiter}\n\
             bash -eu \"$step\"\nrm -f \"$step\"\n%end\n"
        );
    }
    Ok(text)
}

fn commands(text: &mut String, form: &KickstartForm, secrets: Secrets) {
    let mut line = |words: String| {
        text.push_str(&words);
        text.push('\n');
    };
    line("text".into());
    line(format!("lang {}", form.language));
    line(format!("keyboard {}", form.keyboard));
    line(format!("timezone {} --utc", form.timezone));
    line("eula --agreed".into());
    line("firstboot --disable".into());
    line("zerombr".into());
    if let Some(disk) = &form.disk {
        line(format!("ignoredisk --only-use={disk}"));
        line(format!("clearpart --all --initlabel --drives={disk}"));
    } else {
        line("clearpart --all --initlabel".into());
    }
    line("autopart --type=lvm --noswap".into());
    if !form.kargs.is_empty() {
        line(format!("bootloader --append=\"{}\"", form.kargs.join(" ")));
    }
    line(format!(
        "ostreecontainer --url={REPOSITORY}/{CONTAINER_DIR} --transport=oci --no-signature-verification"
    ));
    line(format!("network --hostname={}", form.hostname));
    if let Some(device) = &form.network_device {
        line(format!(
            "network --bootproto=dhcp --device={device} --onboot=yes --activate"
        ));
    }
    // Here and not further down: a card's own name comes after ours, our root after a card's.
    line(INCLUDE_LINE.into());
    line(match &form.root {
        RootLogin::Locked => "rootpw --lock".into(),
        RootLogin::Crypted { hash } => format!("rootpw --iscrypted {}", secrets.of(hash.expose())),
    });
    for key in &form.ssh_keys {
        line(format!("sshkey --username=root \"{key}\""));
    }
    line("reboot".into());
}

struct SecretFile {
    folder: &'static str,
    name: &'static str,
    content: String,
}

fn files(form: &KickstartForm, secrets: Secrets) -> Result<Vec<SecretFile>, InvalidField> {
    let mut files = Vec::new();
    if let Some(rhc) = &form.rhc {
        files.push(SecretFile {
            folder: "/etc/rhc",
            name: ".rhc_connect_credentials",
            content: format!(
                "RHC_ORG_ID={}\nRHC_ACT_KEY={}\n",
                rhc.organization,
                secrets.of(rhc.activation_key.expose())
            ),
        });
    }
    for (field, secret, folder, name) in [
        (
            "pull_secret",
            &form.pull_secret,
            "/etc/crio",
            "openshift-pull-secret",
        ),
        (
            "registry_auth",
            &form.registry_auth,
            "/etc/ostree",
            "auth.json",
        ),
    ] {
        if let Some(secret) = secret {
            let json = form::one_line_json(field, secret)?;
            files.push(SecretFile {
                folder,
                name,
                content: format!("{}\n", secrets.of(&json)),
            });
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests;
