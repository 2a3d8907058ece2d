//! The lint on whole Containerfiles: one with the faults that people have met, and small ones for
//! each rule.

#![expect(clippy::unwrap_used, reason = "a test stops where its set-up fails")]

use std::collections::BTreeMap;

use slipway_core::containerfile::{
    Binding, ContextFile, ContextFiles, LintInput, LintReport, LintRule, LintTarget, lint,
};

fn context(files: &[(&str, &str)]) -> ContextFiles {
    files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), ContextFile::Text((*text).to_owned())))
        .collect()
}

fn report(text: &str, files: &[(&str, &str)]) -> LintReport {
    lint(&LintInput {
        text,
        target: LintTarget::Ipu,
        context: &context(files),
        args: &BTreeMap::new(),
        secrets: None,
    })
}

/// Line and rule of what was found, errors first.
fn found(text: &str, files: &[(&str, &str)]) -> Vec<(u32, LintRule)> {
    let report = report(text, files);
    report
        .findings
        .iter()
        .map(|finding| (finding.line.unwrap(), finding.rule))
        .collect()
}

/// The faults of the manual way: the ARG of the reference Containerfile, credentials copied in, a
/// password for everybody.
const FAULTY: &str = r#"ARG DPU_FLAVOR=agnostic
FROM registry.redhat.io/rhel9/rhel-bootc:9.6
RUN if [ "$DPU_FLAVOR" = ipu ]; then \
      dnf install -y --nogpgcheck iscsi-initiator-utils; \
    fi
COPY .rhc_connect_credentials openshift-pull-secret /etc/
COPY 50-custom-added-modules.conf /usr/lib/dracut/dracut.conf.d
RUN echo root:redhat | chpasswd
RUN --mount=type=secret,id=key cp /run/secrets/key /etc/app.key
RUN podman login -u me -p hunter2 quay.io && podman pull quay.io/lab/agent:1
"#;

#[test]
fn the_faults_of_the_manual_way_are_all_found() {
    let files = [
        (
            ".rhc_connect_credentials",
            "RHC_ACT_KEY=sentinel\nRHC_ORG_ID=1\n",
        ),
        ("openshift-pull-secret", "{}"),
        (
            "50-custom-added-modules.conf",
            "dracutmodules+=\" iscsi network \"\n",
        ),
    ];
    let report = report(FAULTY, &files);
    assert!(!format!("{report:?}").contains("sentinel"));
    assert!(!format!("{report:?}").contains("hunter2"));
    let found: Vec<(u32, LintRule)> = report
        .findings
        .iter()
        .map(|finding| (finding.line.unwrap(), finding.rule))
        .collect();
    assert_eq!(
        found,
        [
            (2, LintRule::KernelArguments),
            (3, LintRule::ArgBeforeFrom),
            (4, LintRule::GpgcheckOff),
            (6, LintRule::SecretInLayer),
            (6, LintRule::SecretInLayer),
            (7, LintRule::InitramfsNotRebuilt),
            (8, LintRule::KnownPassword),
            (9, LintRule::SecretInLayer),
            (10, LintRule::SecretInLayer),
            (10, LintRule::NoBootcLint),
        ]
    );
    for finding in &report.findings {
        assert!(
            !finding.reason.is_empty() && !finding.fix.is_empty(),
            "{finding:?}"
        );
    }
    let bound = &report.bound_images[0];
    assert_eq!(
        (bound.binding, bound.image.as_str()),
        (Binding::Physical, "quay.io/lab/agent:1")
    );
    assert_eq!(report.secrets_wanted, ["key"]);
}

/// What an IPU needs, so that only the rule in question speaks.
const BOOTS: &str = r#"
COPY 10.toml /usr/lib/bootc/kargs.d/
COPY 50.conf /usr/lib/dracut/dracut.conf.d/
RUN kver=$(ls /usr/lib/modules) && dracut -vf /usr/lib/modules/$kver/initramfs.img $kver
RUN bootc container lint
"#;
const FILES: [(&str, &str); 2] = [
    (
        "10.toml",
        r#"kargs = ["ip=192.168.0.2:::255.255.255.0::e:off", "netroot=iscsi:192.168.0.1::::iqn.e2000:acc"]"#,
    ),
    ("50.conf", "add_dracutmodules+=\" iscsi network \"\n"),
];

#[test]
fn an_argument_that_is_declared_again_or_set_by_the_shell_is_fine() {
    for text in [
        "ARG V=1\nFROM a/b:${V}\nARG V\nRUN echo $V",
        "ARG V=1\nFROM a/b\nRUN V=2; echo $V",
        "ARG V=1\nFROM a/b AS x\nARG V\nFROM x\nRUN echo $V",
    ] {
        assert_eq!(found(&format!("{text}{BOOTS}"), &FILES), [], "{text}");
    }
    let other_stage = format!("ARG V=1\nFROM a/b AS x\nARG V\nFROM c/d\nRUN echo ${{V}}{BOOTS}");
    assert_eq!(found(&other_stage, &FILES), [(5, LintRule::ArgBeforeFrom)]);
}

#[test]
fn a_kargs_file_that_bootc_can_not_read_is_named() {
    let files = [("10.toml", "kargs = \"ip=x\""), FILES[1]];
    let text = format!("FROM a/b{BOOTS}");
    let report = report(&text, &files);
    let first = &report.findings[0];
    assert_eq!(first.rule, LintRule::KernelArguments);
    assert_eq!(first.file.as_deref(), Some("10.toml"));
    assert!(first.reason.contains("no list"), "{first:?}");
}

#[test]
fn secrets_are_found_in_copied_folders_and_in_here_documents() {
    let mut files = FILES.to_vec();
    files.push(("etc/app/tls-key.pem", "x"));
    files.push(("etc/app/readme", "-----BEGIN PRIVATE KEY-----\n"));
    let text = format!("FROM a/b\nCOPY etc /etc{BOOTS}");
    let found_in: Vec<Option<String>> = report(&text, &files)
        .findings
        .into_iter()
        .map(|f| f.file)
        .collect();
    assert_eq!(
        found_in,
        [
            Some("etc/app/readme".into()),
            Some("etc/app/tls-key.pem".into())
        ]
    );
    let inline = format!("FROM a/b\nCOPY <<EOF /etc/x\n-----BEGIN EC PRIVATE KEY-----\nEOF{BOOTS}");
    assert_eq!(found(&inline, &FILES), [(2, LintRule::SecretInLayer)]);
}

#[test]
fn a_build_secret_that_nobody_gives_is_told_before_the_build() {
    let text = format!("FROM a/b\nRUN --mount=type=secret,id=pull,required=true true{BOOTS}");
    let files = context(&FILES);
    let of = |secrets: Option<&[String]>| {
        lint(&LintInput {
            text: &text,
            target: LintTarget::Ipu,
            context: &files,
            args: &BTreeMap::new(),
            secrets,
        })
        .findings
    };
    assert_eq!(of(Some(&[]))[0].rule, LintRule::SecretNotGiven);
    assert_eq!(of(Some(&["pull".to_owned()])), []);
    assert_eq!(of(None), []);
}

#[test]
fn what_is_no_containerfile_is_named_with_its_line() {
    assert_eq!(
        found("FROM a/b\nINSTALL x\n", &[]),
        [(2, LintRule::NotParsed)]
    );
    assert_eq!(report("", &[]).findings[0].rule, LintRule::NotParsed);
}

#[test]
fn another_target_needs_no_iscsi() {
    let files = context(&[]);
    let report = lint(&LintInput {
        text: "FROM a/b\nRUN bootc container lint\n",
        target: LintTarget::Other,
        context: &files,
        args: &BTreeMap::new(),
        secrets: None,
    });
    assert_eq!(report.findings, []);
}
