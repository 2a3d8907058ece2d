//! The lint of a built image: the files of its layers, one after the other, as they were found.
//!
//! A layer never takes anything out of those below it: a secret that a later one deletes is still
//! in the image, and is named with the layer that has it.

use std::collections::BTreeMap;

use super::{
    Binding, BoundImage, LintFinding, LintReport, LintRule, LintSeverity, LintTarget,
    rules::{kargs_of, patterns, quadlet_image},
};

/// What a layer does at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageFile {
    /// A file; with its text where it was worth reading ([`wants_text`]).
    File {
        text: Option<String>,
    },
    Link(String),
    /// `.wh.name`: what lies below it is gone from here on.
    Removed,
    /// `.wh..wh..opq`: the folder begins anew.
    Emptied,
}

/// An image, as far as the rules look at it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageLayers {
    pub labels: BTreeMap<String, String>,
    /// `KEY=value` of the configuration.
    pub environment: Vec<String>,
    /// Layer (from 1), absolute path, what is there; in the order of the layers.
    pub files: Vec<(u32, String, ImageFile)>,
    /// The names in the kernel's initramfs; the error says why it could not be read.
    pub initramfs: Option<Result<Vec<String>, String>>,
    /// What was not looked at, and why.
    pub not_looked_at: Vec<String>,
}

const KARGS_DIR: &str = "/usr/lib/bootc/kargs.d/";
const DRACUT_DIRS: [&str; 3] = [
    "/usr/lib/dracut/dracut.conf.d/",
    "/etc/dracut.conf.d/",
    "/etc/dracut.conf",
];
const BOUND_DIR: &str = "/usr/lib/bootc/bound-images.d/";
const QUADLET_DIRS: [&str; 2] = ["/usr/share/containers/systemd/", "/etc/containers/systemd/"];
/// Where people put secrets; a package's own test keys lie elsewhere.
const OWN_DIRS: [&str; 5] = ["/etc/", "/root/", "/home/", "/opt/", "/usr/local/"];

/// Whether the rules want to read a small file with this path.
#[must_use]
pub fn wants_text(path: &str) -> bool {
    path.starts_with(KARGS_DIR)
        || path.starts_with(BOUND_DIR)
        || DRACUT_DIRS.iter().any(|dir| path.starts_with(dir))
        || QUADLET_DIRS.iter().any(|dir| path.starts_with(dir))
        || (path.ends_with(".repo") && path.starts_with("/etc/yum.repos.d/"))
        || path == "/etc/shadow"
        || (OWN_DIRS.iter().any(|dir| path.starts_with(dir))
            && !path.starts_with("/etc/pki/ca-trust"))
}

type View<'a> = BTreeMap<&'a str, (u32, &'a ImageFile)>;

/// Looks for what is wrong with a built image.
#[must_use]
pub fn lint_image(image: &ImageLayers, target: LintTarget) -> LintReport {
    let mut report = LintReport {
        not_looked_at: image.not_looked_at.clone(),
        ..LintReport::default()
    };
    let view = last_view(image);
    labels(image, &mut report);
    secrets(image, &view, &mut report);
    trust(&view, &mut report);
    match target {
        LintTarget::Ipu => boot(image, &view, &mut report),
        LintTarget::Other => {}
    }
    bound(&view, &mut report);
    report.sorted()
}

/// What a card would see.
fn last_view(image: &ImageLayers) -> View<'_> {
    let mut view = View::new();
    for (layer, path, file) in &image.files {
        match file {
            ImageFile::Removed => {
                let below = format!("{path}/");
                view.retain(|other, _| other != path && !other.starts_with(&below));
            }
            ImageFile::Emptied => {
                let below = format!("{}/", path.trim_end_matches('/'));
                view.retain(|other, (at, _)| !other.starts_with(&below) || at == layer);
            }
            ImageFile::File { .. } | ImageFile::Link(_) => {
                view.insert(path, (*layer, file));
            }
        }
    }
    view
}

fn add(
    report: &mut LintReport,
    (rule, severity): (LintRule, LintSeverity),
    place: Option<(u32, &str)>,
    reason: String,
    fix: &str,
) {
    report.findings.push(LintFinding {
        rule,
        severity,
        line: None,
        file: place.map(|(_, path)| path.to_owned()),
        layer: place.map(|(layer, _)| layer),
        reason,
        fix: fix.to_owned(),
    });
}

fn labels(image: &ImageLayers, report: &mut LintReport) {
    if image.labels.get("containers.bootc").map(String::as_str) != Some("1") {
        add(
            report,
            (LintRule::NotBootc, LintSeverity::Error),
            None,
            "the label `containers.bootc=1` is missing: this is no bootable image, and bootc \
             refuses it"
                .into(),
            "begin with a bootc base image (rhel-bootc, centos-bootc, fedora-bootc)",
        );
    }
    for variable in &image.environment {
        if let Some((name, value)) = variable.split_once('=')
            && !value.is_empty()
            && crate::image_build::looks_secret(name)
        {
            add(
                report,
                (LintRule::SecretInEnvironment, LintSeverity::Error),
                None,
                format!("the image's environment holds {name}, which looks like a secret"),
                "take the ENV out of the Containerfile",
            );
        }
    }
}

fn secrets(image: &ImageLayers, view: &View<'_>, report: &mut LintReport) {
    for (layer, path, file) in &image.files {
        let ImageFile::File { text } = file else {
            continue;
        };
        // A mount point that a build secret leaves behind is empty.
        if text.as_deref() == Some("") {
            continue;
        }
        let by_name = patterns::secret_path(path);
        let by_text = text.as_deref().and_then(patterns::secret_text);
        let Some(what) = by_name.or(by_text) else {
            continue;
        };
        let still_there = view
            .get(path.as_str())
            .is_some_and(|(_, last)| std::ptr::eq(*last, file));
        let (rule, reason) = if still_there {
            (
                LintRule::SecretInLayer,
                format!("{what} is in the image: everybody who can pull it has it"),
            )
        } else {
            (
                LintRule::DeletedSecret,
                format!(
                    "{what} is in layer {layer}, and a later layer deletes or replaces it: it \
                     can still be read out of the image"
                ),
            )
        };
        add(
            report,
            (rule, LintSeverity::Error),
            Some((*layer, path)),
            reason,
            "build again with the file as a build secret, treat the secret as known, and replace \
             it where it was issued",
        );
    }
}

fn trust(view: &View<'_>, report: &mut LintReport) {
    for (path, (layer, file)) in view {
        let ImageFile::File { text: Some(text) } = file else {
            continue;
        };
        let repository = path.ends_with(".repo") || path.starts_with("/etc/dnf/");
        if repository && text.lines().any(patterns::gpgcheck_off) {
            add(
                report,
                (LintRule::GpgcheckOff, LintSeverity::Error),
                Some((*layer, path)),
                "cards would install packages from here without checking who signed them".into(),
                "give the repository its `gpgkey=`, and leave gpgcheck on",
            );
        }
        if *path == "/etc/shadow" {
            let known = text.lines().filter_map(|line| {
                let (user, rest) = line.split_once(':')?;
                let hash = rest.split(':').next()?;
                hash.starts_with('$').then_some(user)
            });
            for user in known {
                add(
                    report,
                    (LintRule::KnownPassword, LintSeverity::Error),
                    Some((*layer, path)),
                    format!("{user} has a password, the same on every card"),
                    "lock the account (`passwd -l`), and let the installation give a key or a \
                     password of the card's own",
                );
            }
        }
    }
}

fn boot(image: &ImageLayers, view: &View<'_>, report: &mut LintReport) {
    let mut kargs = Vec::new();
    let mut modules = String::new();
    for (path, (layer, file)) in view {
        let ImageFile::File { text: Some(text) } = file else {
            continue;
        };
        if path.starts_with(KARGS_DIR) {
            match kargs_of(text) {
                Ok(more) => kargs.extend(more),
                Err(why) => add(
                    report,
                    (LintRule::KernelArguments, LintSeverity::Error),
                    Some((*layer, path)),
                    format!("bootc would not read this file: {why}"),
                    "write `kargs = [\"name=value\", …]`",
                ),
            }
        }
        if DRACUT_DIRS.iter().any(|dir| path.starts_with(dir)) {
            modules.push_str(text);
        }
    }
    let missing: Vec<&str> = ["ip=", "netroot=iscsi:"]
        .into_iter()
        .filter(|name| !kargs.iter().any(|arg| arg.starts_with(name)))
        .collect();
    if !missing.is_empty() {
        add(
            report,
            (LintRule::KernelArguments, LintSeverity::Error),
            None,
            format!(
                "no kernel argument {} in {KARGS_DIR}: the installed system of an IPU finds its \
                 disk by them",
                missing.join(" and ")
            ),
            "put `ip=…` and `netroot=iscsi:…` into a file there",
        );
    }
    match &image.initramfs {
        Some(Ok(names)) => {
            let has = |word: &str| names.iter().any(|name| name.contains(word));
            if !has("iscsi") {
                add(
                    report,
                    (LintRule::DracutModules, LintSeverity::Error),
                    None,
                    "the initramfs has nothing of iSCSI: an IPU hangs in dracut's initqueue".into(),
                    "add the dracut modules `iscsi network`, and build the initramfs again",
                );
            }
        }
        Some(Err(why)) => report.not_looked_at.push(format!("the initramfs: {why}")),
        None => report
            .not_looked_at
            .push("the initramfs: there is none under /usr/lib/modules".into()),
    }
    let unread = !matches!(image.initramfs, Some(Ok(_)));
    if unread
        && !["iscsi", "network"]
            .iter()
            .all(|module| modules.contains(module))
    {
        add(
            report,
            (LintRule::DracutModules, LintSeverity::Warning),
            None,
            "no configuration of dracut asks for the modules iscsi and network (unless the base's \
             initramfs has them)"
                .into(),
            "put `add_dracutmodules+=\" iscsi network \"` into /usr/lib/dracut/dracut.conf.d, and \
             build the initramfs again",
        );
    }
}

fn bound(view: &View<'_>, report: &mut LintReport) {
    let text_at = |path: &str| match view.get(path) {
        Some((_, ImageFile::File { text: Some(text) })) => Some(text.as_str()),
        Some((_, ImageFile::File { text: None } | ImageFile::Link(_))) | None => None,
        Some((_, ImageFile::Removed | ImageFile::Emptied)) => None,
    };
    for (path, (_, file)) in view.range(BOUND_DIR..) {
        if !path.starts_with(BOUND_DIR) {
            break;
        }
        let text = match file {
            ImageFile::File { text } => text.as_deref(),
            ImageFile::Link(to) => {
                let absolute = if to.starts_with('/') {
                    to.clone()
                } else {
                    resolved(BOUND_DIR, to)
                };
                text_at(&absolute)
            }
            ImageFile::Removed | ImageFile::Emptied => None,
        };
        let image = text.and_then(quadlet_image).map(str::to_owned);
        report.bound_images.push(BoundImage {
            binding: Binding::Logical,
            image: image.unwrap_or_else(|| format!("(not read: {path})")),
            by: (*path).to_owned(),
            line: None,
        });
    }
    // Storage that the image brings: each image has its manifest there.
    for path in view.keys() {
        let storage =
            path.contains("containers/storage/") || path.contains("containers/microshift");
        if let (true, Some(before)) = (storage, path.strip_suffix("/manifest"))
            && let Some(image) = before.rsplit('/').next()
        {
            report.bound_images.push(BoundImage {
                binding: Binding::Physical,
                image: image.to_owned(),
                by: (*path).to_owned(),
                line: None,
            });
        }
    }
}

/// `../x` seen from a folder.
fn resolved(folder: &str, link: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> ImageFile {
        ImageFile::File {
            text: Some(text.into()),
        }
    }

    fn good() -> ImageLayers {
        ImageLayers {
            labels: BTreeMap::from([("containers.bootc".into(), "1".into())]),
            files: vec![
                (
                    1,
                    "/usr/lib/bootc/kargs.d/10-ipu.toml".into(),
                    text(
                        r#"kargs = ["ip=192.168.0.2:::255.255.255.0::enp0s1f0:off", "netroot=iscsi:192.168.0.1::::iqn.e2000:acc"]"#,
                    ),
                ),
                (
                    2,
                    "/usr/share/containers/systemd/dpu.container".into(),
                    text("[Container]\nImage=quay.io/lab/dpu:1\n"),
                ),
                (
                    2,
                    "/usr/lib/bootc/bound-images.d/dpu.container".into(),
                    ImageFile::Link("../../../share/containers/systemd/dpu.container".into()),
                ),
            ],
            initramfs: Some(Ok(vec!["usr/sbin/iscsiuio".into()])),
            ..ImageLayers::default()
        }
    }

    fn rules(image: &ImageLayers) -> Vec<(LintRule, Option<u32>)> {
        let report = lint_image(image, LintTarget::Ipu);
        report.findings.iter().map(|f| (f.rule, f.layer)).collect()
    }

    #[test]
    fn a_good_image_has_no_findings_and_its_bound_image_is_named() {
        let report = lint_image(&good(), LintTarget::Ipu);
        assert_eq!(report.findings, []);
        assert_eq!(report.bound_images.len(), 1);
        assert_eq!(report.bound_images[0].image, "quay.io/lab/dpu:1");
    }

    #[test]
    fn a_secret_that_a_later_layer_deletes_is_still_named() {
        let mut image = good();
        image.files.extend([
            (3, "/root/openshift-pull-secret".into(), text("{}")),
            (4, "/root/openshift-pull-secret".into(), ImageFile::Removed),
            (
                4,
                "/etc/pki/entitlement/1-key.pem".into(),
                ImageFile::File { text: None },
            ),
            (5, "/etc/app".into(), ImageFile::Emptied),
        ]);
        assert_eq!(
            rules(&image),
            [
                (LintRule::DeletedSecret, Some(3)),
                (LintRule::SecretInLayer, Some(4))
            ]
        );
        // Deleted with its whole folder.
        image
            .files
            .push((6, "/etc/pki/entitlement".into(), ImageFile::Removed));
        assert_eq!(rules(&image)[1], (LintRule::DeletedSecret, Some(4)));
        // The empty file where a build secret was mounted is none.
        let mut image = good();
        image
            .files
            .push((3, "/etc/pki/entitlement/1-key.pem".into(), text("")));
        assert_eq!(rules(&image), []);
    }

    #[test]
    fn what_an_ipu_and_bootc_need_is_missed() {
        let bare = ImageLayers::default();
        let found: Vec<LintRule> = rules(&bare).into_iter().map(|(rule, _)| rule).collect();
        assert_eq!(
            found,
            [
                LintRule::KernelArguments,
                LintRule::NotBootc,
                LintRule::DracutModules
            ]
        );
        let other = lint_image(&bare, LintTarget::Other);
        assert_eq!(other.findings.len(), 1);
    }

    #[test]
    fn passwords_and_unsigned_repositories_are_found() {
        let mut image = good();
        image.files.extend([
            (
                3,
                "/etc/shadow".into(),
                text("root:$6$a$b:1::::::\nbin:*:1::::::\n"),
            ),
            (
                3,
                "/etc/yum.repos.d/x.repo".into(),
                text("[x]\ngpgcheck=0\n"),
            ),
        ]);
        let found: Vec<LintRule> = rules(&image).into_iter().map(|(rule, _)| rule).collect();
        assert_eq!(found, [LintRule::GpgcheckOff, LintRule::KnownPassword]);
    }
}
