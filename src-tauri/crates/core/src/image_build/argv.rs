//! podman's argument vectors, and the same lines for people.

use super::{BuildFolder, ImageBuildPlan, ImageSource, looks_secret};
use crate::{command::CommandLine, image::ImageReference};

/// The files and options around a plan that only this machine knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Podman {
    /// `--authfile`.
    pub auth_file: Option<String>,
    /// A push's `--cert-dir`: the registry's own authority.
    pub cert_dir: Option<String>,
    /// The same for a build, whose images all come from one registry: with it podman looks for no
    /// authority of another.
    pub bases_cert_dir: Option<String>,
    /// The registry is on this machine and speaks plain HTTP.
    pub plain_http: bool,
}

/// Whether values that could be secret are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Masked {
    Yes,
    No,
}

impl Podman {
    /// `podman build`. The image gets no name here: only its id is written to `iid_file`, so a
    /// build that is stopped leaves the reference as it was.
    #[must_use]
    pub fn build(
        &self,
        plan: &ImageBuildPlan,
        folder: &BuildFolder,
        iid_file: &str,
    ) -> CommandLine {
        let result = ["--iidfile".to_owned(), iid_file.to_owned()];
        self.build_line(plan, folder, &result, Masked::No)
    }

    fn build_line(
        &self,
        plan: &ImageBuildPlan,
        folder: &BuildFolder,
        result: &[String],
        masked: Masked,
    ) -> CommandLine {
        let mut argv: Vec<String> = ["podman", "build", "--arch", plan.architecture.oci()]
            .map(str::to_owned)
            .to_vec();
        argv.extend(result.iter().cloned());
        argv.push(format!("--file={}", folder.containerfile_path()));
        if folder.pull_newer {
            argv.push("--pull=newer".into());
        }
        if folder.selinux_unconfined {
            argv.push("--security-opt=label=type:unconfined_t".into());
        }
        for arg in &folder.args {
            let value = match masked {
                Masked::Yes if looks_secret(&arg.name) => "…",
                Masked::Yes | Masked::No => &arg.value,
            };
            argv.push(format!("--build-arg={}={value}", arg.name));
        }
        for secret in &folder.secrets {
            argv.push(format!("--secret=id={},src={}", secret.id, secret.path));
        }
        if let Some(file) = &self.auth_file {
            argv.push(format!("--authfile={file}"));
        }
        if let Some(dir) = &self.bases_cert_dir {
            argv.push(format!("--cert-dir={dir}"));
        }
        argv.push(folder.folder.clone());
        CommandLine::new(argv)
    }

    /// `podman push`; the digest that the registry knows it by goes to `digest_file`.
    #[must_use]
    pub fn push(&self, reference: &ImageReference, digest_file: Option<&str>) -> CommandLine {
        let mut argv = vec!["podman".to_owned(), "push".to_owned()];
        if let Some(file) = digest_file {
            argv.push(format!("--digestfile={file}"));
        }
        if let Some(file) = &self.auth_file {
            argv.push(format!("--authfile={file}"));
        }
        if let Some(dir) = &self.cert_dir {
            argv.push(format!("--cert-dir={dir}"));
        }
        if self.plain_http {
            argv.push("--tls-verify=false".into());
        }
        argv.push(reference.to_string());
        CommandLine::new(argv)
    }

    #[must_use]
    pub fn tag(image: &str, reference: &ImageReference) -> CommandLine {
        CommandLine::new(["podman", "tag", image, reference.as_str()])
    }

    /// What a person would type for the same.
    #[must_use]
    pub fn shown(&self, plan: &ImageBuildPlan) -> Vec<CommandLine> {
        let mut lines = Vec::new();
        match &plan.source {
            ImageSource::Folder(folder) => {
                let result = [format!("--tag={}", plan.reference)];
                lines.push(self.build_line(plan, folder, &result, Masked::Yes));
            }
            ImageSource::Local { reference } if *reference != plan.reference => {
                lines.push(Self::tag(reference.as_str(), &plan.reference));
            }
            ImageSource::Local { .. } => {}
        }
        if plan.push {
            lines.push(self.push(&plan.reference, None));
        }
        lines
    }
}

impl BuildFolder {
    /// With the folder before it, unless it is absolute.
    #[must_use]
    pub fn containerfile_path(&self) -> String {
        if self.containerfile.starts_with('/') {
            return self.containerfile.clone();
        }
        format!(
            "{}/{}",
            self.folder.trim_end_matches('/'),
            self.containerfile
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        image::Architecture,
        image_build::{BuildArg, BuildSecret},
    };

    fn plan() -> ImageBuildPlan {
        ImageBuildPlan {
            source: ImageSource::Folder(BuildFolder {
                folder: "/src/my dpu".into(),
                containerfile: "Containerfile".into(),
                args: vec![
                    BuildArg {
                        name: "DPU_FLAVOR".into(),
                        value: "ipu; reboot".into(),
                    },
                    BuildArg {
                        name: "OLD_PASSWORD".into(),
                        value: "sentinel".into(),
                    },
                ],
                secrets: vec![BuildSecret {
                    id: "entitlement-key".into(),
                    path: "/etc/pki/entitlement/7-key.pem".into(),
                }],
                selinux_unconfined: true,
                pull_newer: true,
            }),
            architecture: Architecture::Aarch64,
            reference: "quay.io/lab/dpu-os:1".parse().unwrap(),
            push: true,
            auth_file: None,
        }
    }

    #[test]
    fn the_lines_for_people_can_be_pasted_and_hold_no_secret() {
        let lines: Vec<String> = Podman {
            auth_file: Some("/run/user/1000/containers/auth.json".into()),
            ..Podman::default()
        }
        .shown(&plan())
        .iter()
        .map(ToString::to_string)
        .collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        podman build --arch arm64 --tag=quay.io/lab/dpu-os:1 '--file=/src/my dpu/Containerfile' --pull=newer --security-opt=label=type:unconfined_t '--build-arg=DPU_FLAVOR=ipu; reboot' '--build-arg=OLD_PASSWORD=…' --secret=id=entitlement-key,src=/etc/pki/entitlement/7-key.pem --authfile=/run/user/1000/containers/auth.json '/src/my dpu'
        podman push --authfile=/run/user/1000/containers/auth.json quay.io/lab/dpu-os:1
        ");
    }

    #[test]
    fn the_build_itself_names_nothing_and_takes_each_value_as_one_argument() {
        let plan = plan();
        let line = Podman::default().build(&plan, plan.folder().unwrap(), "/x/iid");
        let argv = line.argv();
        assert!(argv.contains(&"--build-arg=DPU_FLAVOR=ipu; reboot".to_owned()));
        assert_eq!(argv.last().unwrap(), "/src/my dpu");
        assert!(!argv.iter().any(|arg| arg.contains("quay.io")));
    }

    #[test]
    fn a_push_and_a_build_say_where_their_registrys_authority_is() {
        let podman = Podman {
            cert_dir: Some("/c".into()),
            bases_cert_dir: Some("/b".into()),
            plain_http: true,
            auth_file: None,
        };
        let plan = plan();
        let build = podman
            .build(&plan, plan.folder().unwrap(), "/i")
            .to_string();
        assert!(build.ends_with(" --cert-dir=/b '/src/my dpu'"), "{build}");
        assert_eq!(
            podman.push(&plan.reference, Some("/d")).to_string(),
            "podman push --digestfile=/d --cert-dir=/c --tls-verify=false quay.io/lab/dpu-os:1"
        );
    }
}
