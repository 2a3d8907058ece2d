//! Kickstarts made of forms, judged by pykickstart: whatever a form may hold, the installer reads it.

#![expect(clippy::unwrap_used, reason = "a test stops where its set-up fails")]

use slipway_core::{
    kickstart::{KickstartForm, RhcCredentials, RootLogin, lint, render, with_area},
    lint::Severity,
    secret::Password,
};
use slipway_media::ksvalidate;

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ ada@desk";

fn hash() -> Password {
    Password::new(format!("$6$abcdefgh${}", "a".repeat(86)))
}

fn auths(json: &str) -> Option<Password> {
    Some(Password::new(json))
}

type Change = fn(&mut KickstartForm);

/// What is filled in, and how it is called.
const FORMS: [(&str, Change); 27] = [
    ("nothing but defaults", |_| {}),
    ("a host name", |f| f.hostname = "dpu-07".into()),
    ("a whole host name", |f| {
        f.hostname = "dpu-07.rack-2.lab.example".into();
    }),
    ("a long host name", |f| f.hostname = "a".repeat(63)),
    ("a disk", |f| f.disk = Some("nvme0n1".into())),
    ("a disk by its id", |f| {
        f.disk = Some("/dev/disk/by-id/scsi-360014*".into());
    }),
    ("a network device", |f| {
        f.network_device = Some("enp0s1f0d1".into());
    }),
    ("a network device by its VLAN", |f| {
        f.network_device = Some("eno1.42".into());
    }),
    ("another timezone", |f| f.timezone = "Europe/Prague".into()),
    ("a timezone with a sign", |f| {
        f.timezone = "Etc/GMT+5".into()
    }),
    ("another language", |f| f.language = "cs_CZ.UTF-8".into()),
    ("a keyboard with a variant", |f| {
        f.keyboard = "de-nodeadkeys".into()
    }),
    ("one key", |f| f.ssh_keys = vec![KEY.into()]),
    ("a root password", |f| {
        f.root = RootLogin::Crypted { hash: hash() };
    }),
    ("a root password with rounds", |f| {
        let hash = format!("$6$rounds=656000$abcdefgh${}", "./Z".repeat(28) + "..");
        f.root = RootLogin::Crypted {
            hash: Password::new(hash),
        };
    }),
    ("RHC", |f| {
        f.rhc = Some(RhcCredentials {
            organization: "11009103".into(),
            activation_key: Password::new("lab-key_1"),
        });
    }),
    ("a pull secret", |f| {
        f.pull_secret = auths(r#"{"auths":{"quay.io":{"auth":"YTpi","email":"a@b"}}}"#);
    }),
    ("a pull secret that tries to leave", |f| {
        f.pull_secret = auths("{\"auths\":{\"x\":{\"auth\":\"%end\\n%post\\nEOF '\\\" $(x)\"}}}");
    }),
    ("a pull secret on many lines", |f| {
        f.pull_secret = auths("{\n  \"auths\": {\n    \"quay.io\": {}\n  }\n}\n");
    }),
    ("a login to a registry", |f| {
        f.registry_auth = auths(r#"{"auths":{"registry.lab:5000":{"auth":"YTpi"}}}"#);
    }),
    ("kernel arguments", |f| {
        f.kargs = vec!["acpi=force".into(), "hugepages=512".into()];
    }),
    ("an iSCSI argument", |f| {
        f.kargs = vec!["netroot=iscsi:192.168.0.1::::iqn.e2000:acc".into()];
    }),
    ("a step", |f| {
        f.post_steps = vec!["systemctl enable tuned\n".into()]
    }),
    ("steps with quotes and here-documents", |f| {
        f.post_steps = vec![
            "cat > /etc/motd <<'EOF'\nit's \"ours\" $HOME `id`\nEOF\n".into(),
            "echo 100%\n\tprintf '%s\\n' done".into(),
        ];
    }),
    ("an origin", |f| {
        f.origin = Some("quay.io/lab/dpu-os:stable".parse().unwrap());
    }),
    ("an origin by its digest", |f| {
        let digest = "a".repeat(64);
        f.origin = Some(
            format!("registry.lab:5000/os@sha256:{digest}")
                .parse()
                .unwrap(),
        );
    }),
    ("everything", |f| {
        f.hostname = "dpu-07.lab".into();
        f.disk = Some("sda".into());
        f.network_device = Some("enp0s1f0d1".into());
        f.ssh_keys = vec![KEY.into()];
        f.root = RootLogin::Crypted { hash: hash() };
        f.rhc = Some(RhcCredentials {
            organization: "11009103".into(),
            activation_key: Password::new("lab-key_1"),
        });
        f.pull_secret = auths(r#"{"auths":{"quay.io":{"auth":"YTpi"}}}"#);
        f.registry_auth = auths(r#"{"auths":{"quay.io":{"auth":"YTpi"}}}"#);
        f.kargs = vec!["acpi=force".into()];
        f.post_steps = vec!["true\n".into()];
        f.origin = Some("quay.io/lab/dpu-os:stable".parse().unwrap());
    }),
];

/// `None`: ksvalidator is not here; in CI it must be.
async fn judged(text: &str) -> Option<Vec<String>> {
    let Some(found) = ksvalidate(&Password::new(text)).await else {
        assert!(std::env::var_os("CI").is_none(), "ksvalidator is missing");
        #[expect(
            clippy::print_stderr,
            reason = "whoever runs the tests should see what was left out"
        )]
        {
            eprintln!("skipped: ksvalidator (PyPI's pykickstart) is not installed");
        }
        return None;
    };
    let told = |f: slipway_core::lint::Finding| format!("line {:?}: {}", f.line, f.reason);
    Some(found.into_iter().map(told).collect())
}

#[tokio::test]
async fn pykickstart_finds_nothing_in_what_forms_make() {
    for (name, change) in FORMS {
        let mut form = KickstartForm::default();
        change(&mut form);
        let text = render(&form).unwrap_or_else(|e| panic!("{name}: {e}")).text;
        let ours = lint(text.expose());
        let errors: Vec<_> = ours
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        let Some(found) = judged(text.expose()).await else {
            return;
        };
        assert!(found.is_empty(), "{name}: {found:?}\n{}", text.expose());
    }
}

#[tokio::test]
async fn pykickstart_names_the_line_of_what_it_does_not_know() {
    let good = "text\nlang en_US.UTF-8\nreboot\n";
    for (bad, line, reason) in [
        (
            "text\nfrobnicate --now\nreboot\n",
            2,
            "Unknown command: frobnicate",
        ),
        (
            "text\nreboot\n%post\necho never ends\n",
            4,
            "does not end with %end",
        ),
        ("text\n\nostreecontainer --transport=oci\n", 3, "url"),
    ] {
        let Some(found) = judged(bad).await else {
            return;
        };
        assert_eq!(found.len(), 1, "{bad}: {found:?}");
        assert!(found[0].contains(reason), "{bad}: {found:?}");
        assert!(
            found[0].starts_with(&format!("line Some({line})")),
            "{bad}: {found:?}"
        );
    }
    // What it only warns of has no line.
    let Some(found) = judged("timezone --isUtc Europe/Prague\nreboot\n").await else {
        return;
    };
    assert!(
        found[0].starts_with("line None: The option --isUtc will be deprecated"),
        "{found:?}"
    );
    // What we add to a brought kickstart is known too.
    let (with, _) = with_area(good);
    assert_ne!(with, good);
    let Some(found) = judged(&with).await else {
        return;
    };
    assert!(found.is_empty(), "{found:?}\n{with}");
}
