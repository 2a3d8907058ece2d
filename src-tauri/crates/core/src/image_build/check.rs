//! What is wrong with a build before podman is asked.

use super::{BuildFolder, ImageBuildPlan, ImageSource};

/// Whether a name says that its value is a secret.
#[must_use]
pub fn looks_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    [
        "PASSWORD",
        "PASSWD",
        "SECRET",
        "TOKEN",
        "ACT_KEY",
        "ACTIVATION_KEY",
        "API_KEY",
        "PRIVATE_KEY",
    ]
    .iter()
    .any(|word| name.contains(word))
}

/// Why it can't be built as asked; empty: it can be tried.
#[must_use]
pub fn problems(plan: &ImageBuildPlan) -> Vec<String> {
    let mut problems = Vec::new();
    if plan.reference.as_str().contains('@') {
        problems.push(format!(
            "{} has a digest, which only the finished image can have; give a tag",
            plan.reference
        ));
    }
    if plan.push && plan.reference.is_local_only() {
        problems.push(format!(
            "{} lives in no registry and can't be pushed",
            plan.reference
        ));
    }
    match &plan.source {
        ImageSource::Folder(folder) => folder_problems(folder, &mut problems),
        ImageSource::Local { .. } => {}
    }
    problems
}

fn folder_problems(folder: &BuildFolder, problems: &mut Vec<String>) {
    if !folder.folder.starts_with('/') {
        problems.push(format!("`{}` is not a whole path", folder.folder));
    }
    for arg in &folder.args {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if arg.name.is_empty() || !arg.name.chars().all(word) {
            problems.push(format!(
                "`{}` is not the name of a build argument",
                arg.name
            ));
        } else if looks_secret(&arg.name) {
            problems.push(format!(
                "the build argument {} looks like a secret: its value would stand in the image's \
                 history; give it as a build secret",
                arg.name
            ));
        }
        if arg.value.chars().any(char::is_control) {
            problems.push(format!("the value of {} is not one line", arg.name));
        }
    }
    for (at, secret) in folder.secrets.iter().enumerate() {
        let word = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        if secret.id.is_empty() || !secret.id.chars().all(word) {
            problems.push(format!("`{}` is not the id of a build secret", secret.id));
        }
        if folder.secrets[..at]
            .iter()
            .any(|other| other.id == secret.id)
        {
            problems.push(format!("there are two build secrets `{}`", secret.id));
        }
        // podman reads the option as comma-separated values.
        if !secret.path.starts_with('/') || secret.path.contains([',', '"', '\n']) {
            problems.push(format!(
                "the file of the secret `{}` must have a whole path without commas and quotes",
                secret.id
            ));
        }
    }
}

/// Worth knowing before it is built.
#[must_use]
pub fn warnings(plan: &ImageBuildPlan) -> Vec<String> {
    let mut warnings = Vec::new();
    if plan.reference.is_local_only() {
        warnings.push(format!(
            "{} lives in no registry: a card that is installed from it can never upgrade",
            plan.reference
        ));
    }
    if !plan.push && !plan.reference.is_local_only() {
        warnings.push(format!(
            "it is not pushed: cards look for {} in its registry",
            plan.reference
        ));
    }
    warnings
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
                folder: "/src/dpu".into(),
                containerfile: "Containerfile".into(),
                args: vec![],
                secrets: vec![],
                selinux_unconfined: false,
                pull_newer: false,
            }),
            architecture: Architecture::Aarch64,
            reference: "quay.io/lab/dpu-os:1".parse().unwrap(),
            push: true,
            auth_file: None,
        }
    }

    fn with(change: impl FnOnce(&mut BuildFolder)) -> Vec<String> {
        let mut plan = plan();
        let ImageSource::Folder(folder) = &mut plan.source else {
            panic!("a folder");
        };
        change(folder);
        problems(&plan)
    }

    #[test]
    fn a_secret_is_no_build_argument() {
        let arg = |name: &str| BuildArg {
            name: name.into(),
            value: "x".into(),
        };
        assert_eq!(with(|f| f.args.push(arg("DPU_FLAVOR"))), [""; 0]);
        for name in ["RHC_ACT_KEY", "registry_password", "TOKEN"] {
            let told = with(|f| f.args.push(arg(name)));
            assert!(told[0].contains("build secret"), "{told:?}");
        }
        assert_eq!(with(|f| f.args.push(arg("--bad"))).len(), 1);
    }

    #[test]
    fn a_secrets_file_can_add_no_option() {
        let secret = |id: &str, path: &str| BuildSecret {
            id: id.into(),
            path: path.into(),
        };
        assert_eq!(with(|f| f.secrets.push(secret("a", "/x y/z"))), [""; 0]);
        for (id, path) in [("a", "/x,type=env"), ("a,b", "/x"), ("a", "x"), ("", "/x")] {
            assert_eq!(
                with(|f| f.secrets.push(secret(id, path))).len(),
                1,
                "{id} {path}"
            );
        }
    }

    #[test]
    fn what_lives_in_no_registry_is_not_pushed() {
        let plan = ImageBuildPlan {
            reference: "localhost/mine:1".parse().unwrap(),
            ..plan()
        };
        assert_eq!(problems(&plan).len(), 1);
        assert!(warnings(&plan)[0].contains("never upgrade"));
    }
}
