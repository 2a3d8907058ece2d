//! A Containerfile for an IPU as a start, with the files it copies. It passes our own lint.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::image::ImageReference;

/// A container that comes with the image, logically bound: bootc fetches it with every upgrade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct BoundContainer {
    /// Of the quadlet and of its systemd service.
    pub name: String,
    pub image: ImageReference,
}

/// What goes into the template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct Template {
    pub base: ImageReference,
    /// Of the image to be built; a label, and what cards show.
    pub version: String,
    pub kernel_arguments: Vec<String>,
    /// MicroShift's release, such as `4.20`.
    pub microshift: Option<String>,
    /// Connect to Red Hat's console at the first boot.
    pub rhc: bool,
    pub greenboot: bool,
    pub containers: Vec<BoundContainer>,
    /// RUN steps get the build machine's entitlement as secrets.
    pub entitled: bool,
}

impl Default for Template {
    fn default() -> Self {
        let base = "registry.redhat.io/rhel9/rhel-bootc:9.6";
        let arguments = [
            "ip=192.168.0.2:::255.255.255.0::enp0s1f0:off",
            "netroot=iscsi:192.168.0.1::::iqn.e2000:acc",
            "acpi=force",
        ];
        Self {
            base: base.parse().expect("a reference"),
            version: "1.0.0".into(),
            kernel_arguments: arguments.map(str::to_owned).to_vec(),
            microshift: Some("4.20".into()),
            rhc: true,
            greenboot: true,
            containers: vec![],
            entitled: true,
        }
    }
}

/// A file of the folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct TemplateFile {
    /// Relative to the folder.
    pub path: String,
    pub text: String,
}

/// A value that can't stand in a Containerfile as it is.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{text}` is not {what}")]
pub struct TemplateProblem {
    what: &'static str,
    text: String,
}

impl Template {
    /// The files, the Containerfile first.
    ///
    /// # Errors
    /// A value that could break out of its line.
    pub fn files(&self) -> Result<Vec<TemplateFile>, TemplateProblem> {
        self.check()?;
        let mut files = vec![
            file("Containerfile", self.containerfile()),
            file("kargs.d/10-ipu.toml", self.kargs()),
            file("dracut/50-ipu.conf", DRACUT.into()),
            file(".containerignore", IGNORED.into()),
        ];
        for container in &self.containers {
            files.push(file(
                &format!("quadlets/{}.container", container.name),
                quadlet(container),
            ));
        }
        if self.greenboot {
            files.push(file("greenboot/40-manageable.sh", GREENBOOT.into()));
        }
        if self.rhc {
            files.push(file("systemd/slipway-rhc-connect.service", RHC.into()));
        }
        Ok(files)
    }

    fn check(&self) -> Result<(), TemplateProblem> {
        let problem = |what, text: &str| TemplateProblem {
            what,
            text: text.to_owned(),
        };
        let word = |text: &str| {
            !text.is_empty()
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        };
        if !word(&self.version) {
            return Err(problem("a version", &self.version));
        }
        if let Some(release) = &self.microshift
            && !release.chars().all(|c| c.is_ascii_digit() || c == '.')
        {
            return Err(problem("a release of MicroShift (4.20)", release));
        }
        for container in &self.containers {
            let name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if container.name.is_empty()
                || container.name.starts_with('-')
                || !container.name.chars().all(name)
            {
                return Err(problem("a container's name (a-z, 0-9, -)", &container.name));
            }
        }
        let graphic = |c: char| c.is_ascii_graphic() && !"\"\\".contains(c);
        for argument in &self.kernel_arguments {
            if argument.is_empty() || !argument.chars().all(graphic) {
                return Err(problem("a kernel argument", argument));
            }
        }
        Ok(())
    }

    fn kargs(&self) -> String {
        let arguments: Vec<String> = self
            .kernel_arguments
            .iter()
            .map(|argument| format!("    \"{argument}\",\n"))
            .collect();
        format!(
            "# Kernel arguments of the installed system. bootc adds them at the installation and\n\
             # keeps them current with every upgrade.\n\
             kargs = [\n{}]\n",
            arguments.concat()
        )
    }

    fn containerfile(&self) -> String {
        let mut text = format!(
            "# A bootc image for an IPU. Written by Slipway as a start; change it as you like.\n\
             # Check it with `slipctl image lint`, build it with `slipctl image build`.\n\
             ARG BASE={base}\n\
             FROM ${{BASE}}\n\
             \n\
             # An ARG counts in the stage in which it stands: one before FROM is empty here.\n\
             ARG DPU_FLAVOR=ipu\n\
             ARG VERSION={version}\n\
             LABEL org.opencontainers.image.version=\"${{VERSION}}\" \\\n      \
             io.github.slipway.dpu-flavor=\"${{DPU_FLAVOR}}\"\n\n",
            base = self.base,
            version = self.version,
        );
        text.push_str(&self.install());
        text.push_str(BOOT);
        if self.microshift.is_some() {
            text.push_str(MICROSHIFT);
        }
        if self.greenboot {
            text.push_str(GREENBOOT_STEPS);
        }
        if self.rhc {
            text.push_str(RHC_STEPS);
        }
        if !self.containers.is_empty() {
            text.push_str(
                "# Logically bound: bootc fetches these images with the system's and keeps them in \
                 step with it.\nCOPY quadlets/ /usr/share/containers/systemd/\nRUN mkdir -p \
                 /usr/lib/bootc/bound-images.d",
            );
            for container in &self.containers {
                text.push_str(&format!(
                    " && \\\n    ln -s /usr/share/containers/systemd/{name}.container \
                     /usr/lib/bootc/bound-images.d/{name}.container",
                    name = container.name
                ));
            }
            text.push_str("\n\n");
        }
        text.push_str("# bootc's own check, last.\nRUN bootc container lint\n");
        text
    }

    fn install(&self) -> String {
        let mut packages = vec!["iscsi-initiator-utils", "NetworkManager"];
        if self.greenboot {
            packages.extend(["greenboot", "greenboot-default-health-checks"]);
        }
        if self.rhc {
            packages.push("rhc");
        }
        if self.microshift.is_some() {
            packages.extend(["firewalld", "microshift"]);
        }
        let mut text = String::new();
        let mut options = Vec::new();
        if self.entitled {
            text.push_str(
                "# The build machine's subscription comes as secrets and stays in no layer. \
                 redhat.repo names the\n# certificate by its number, so the options say where it is \
                 mounted.\n",
            );
            text.push_str(
                "RUN --mount=type=secret,id=redhat-repo,target=/etc/yum.repos.d/redhat.repo \\\n    \
                 --mount=type=secret,id=entitlement-cert \\\n    \
                 --mount=type=secret,id=entitlement-key \\\n    \
                 --mount=type=secret,id=rhsm-ca \\\n    ",
            );
            options.extend([
                "--setopt='*.sslclientcert=/run/secrets/entitlement-cert'".to_owned(),
                "--setopt='*.sslclientkey=/run/secrets/entitlement-key'".to_owned(),
                "--setopt='*.sslcacert=/run/secrets/rhsm-ca'".to_owned(),
            ]);
        } else {
            text.push_str("RUN ");
        }
        if let Some(release) = &self.microshift
            && self.entitled
        {
            options.push(format!(
                "--enablerepo=\"rhocp-{release}-for-rhel-9-$(uname -m)-rpms\""
            ));
            options.push("--enablerepo=\"fast-datapath-for-rhel-9-$(uname -m)-rpms\"".to_owned());
        }
        text.push_str("dnf install -y \\\n");
        for option in options {
            text.push_str(&format!("      {option} \\\n"));
        }
        text.push_str(&format!("      {} && \\\n", packages.join(" ")));
        text.push_str(
            "    dnf clean all && \\\n    rm -rf /var/cache/dnf /var/lib/dnf /var/log/dnf*\n\n",
        );
        text
    }
}

fn file(path: &str, text: String) -> TemplateFile {
    TemplateFile {
        path: path.to_owned(),
        text,
    }
}

fn quadlet(container: &BoundContainer) -> String {
    format!(
        "[Unit]\nDescription={name}, bound to the image\n\n\
         [Container]\nImage={image}\n\
         # Where bootc keeps bound images.\n\
         GlobalArgs=--storage-opt=additionalimagestore=/usr/lib/bootc/storage\n\n\
         [Install]\nWantedBy=multi-user.target\n",
        name = container.name,
        image = container.image,
    )
}

const DRACUT: &str = "\
# An IPU's disk is its IMC's, by iSCSI over the network.
add_dracutmodules+=\" iscsi network \"
";

const IGNORED: &str = "\
# What must never come near a layer.
.rhc_connect_credentials
*pull-secret*
auth.json
*-key.pem
.git
";

const BOOT: &str = "\
# What an IPU needs to find its disk: kernel arguments, and an initramfs with iSCSI and network.
COPY kargs.d/10-ipu.toml /usr/lib/bootc/kargs.d/10-ipu.toml
COPY dracut/50-ipu.conf /usr/lib/dracut/dracut.conf.d/50-ipu.conf
RUN kver=$(cd /usr/lib/modules && echo *) && \\
    dracut -vf \"/usr/lib/modules/$kver/initramfs.img\" \"$kver\"

";

const MICROSHIFT: &str = "\
# MicroShift names its node by the host name, which the installation gives. Its pull secret comes
# with the installation too, to /etc/crio/openshift-pull-secret.
RUN firewall-offline-cmd --zone=trusted --add-source=10.42.0.0/16 && \\
    firewall-offline-cmd --zone=trusted --add-source=169.254.169.1 && \\
    systemctl enable microshift.service

";

const GREENBOOT_STEPS: &str = "\
# greenboot rolls an upgrade back whose checks fail.
COPY --chmod=0755 greenboot/40-manageable.sh /etc/greenboot/check/required.d/40-manageable.sh
RUN systemctl enable greenboot-healthcheck.service

";

const GREENBOOT: &str = "\
#!/bin/bash
# A card that nobody can log in to can't be mended: roll back.
set -eu
systemctl is-active --quiet sshd.service
";

const RHC_STEPS: &str = "\
# The credentials come with the installation, to /etc/slipway/rhc_connect_credentials (0600); they
# are in no layer, and are removed once they were used.
COPY systemd/slipway-rhc-connect.service /usr/lib/systemd/system/slipway-rhc-connect.service
RUN systemctl enable slipway-rhc-connect.service

";

const RHC: &str = "\
[Unit]
Description=Connect to Red Hat's console
After=network-online.target
Wants=network-online.target
ConditionPathExists=/etc/slipway/rhc_connect_credentials

[Service]
Type=oneshot
EnvironmentFile=/etc/slipway/rhc_connect_credentials
ExecStart=/usr/bin/rhc connect --activation-key ${RHC_ACT_KEY} --organization ${RHC_ORG_ID}
ExecStartPost=/usr/bin/rm -f /etc/slipway/rhc_connect_credentials

[Install]
WantedBy=multi-user.target
";

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::containerfile::{Binding, ContextFile, ContextFiles, LintInput, LintTarget, lint};

    fn report(template: &Template) -> crate::containerfile::LintReport {
        let files = template.files().unwrap();
        let context: ContextFiles = files
            .iter()
            .map(|file| (file.path.clone(), ContextFile::Text(file.text.clone())))
            .collect();
        let secrets = [
            "redhat-repo",
            "entitlement-cert",
            "entitlement-key",
            "rhsm-ca",
        ];
        lint(&LintInput {
            text: &files[0].text,
            target: LintTarget::Ipu,
            context: &context,
            args: &BTreeMap::new(),
            secrets: Some(&secrets.map(str::to_owned)),
        })
    }

    fn with_container() -> Template {
        Template {
            containers: vec![BoundContainer {
                name: "dpu-agent".into(),
                image: "quay.io/lab/dpu-agent:1".parse().unwrap(),
            }],
            ..Template::default()
        }
    }

    #[test]
    fn the_template_passes_our_own_lint_in_every_form() {
        let plain = Template {
            microshift: None,
            rhc: false,
            greenboot: false,
            entitled: false,
            ..Template::default()
        };
        for template in [Template::default(), plain, with_container()] {
            let report = report(&template);
            assert_eq!(report.findings, [], "{template:?}");
            assert_eq!(report.not_looked_at, [""; 0]);
        }
        let report = report(&with_container());
        let bound = &report.bound_images[0];
        assert_eq!(
            (bound.binding, bound.image.as_str()),
            (Binding::Logical, "quay.io/lab/dpu-agent:1")
        );
        assert_eq!(
            report.secrets_wanted,
            [
                "entitlement-cert",
                "entitlement-key",
                "redhat-repo",
                "rhsm-ca"
            ]
        );
    }

    #[test]
    fn the_files_as_they_are_written() {
        let files = with_container().files().unwrap();
        let shown: Vec<String> = files
            .iter()
            .map(|file| format!("==> {}\n{}", file.path, file.text))
            .collect();
        insta::assert_snapshot!(shown.join("\n"));
    }

    #[test]
    fn no_value_breaks_out_of_its_line() {
        let bad = [
            Template {
                version: "1\nRUN x".into(),
                ..Template::default()
            },
            Template {
                kernel_arguments: vec!["a\", \"b".into()],
                ..Template::default()
            },
            Template {
                microshift: Some("4.20 -y evil".into()),
                ..Template::default()
            },
        ];
        for template in bad {
            assert!(template.files().is_err(), "{template:?}");
        }
    }
}
