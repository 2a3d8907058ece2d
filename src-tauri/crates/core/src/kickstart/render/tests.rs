//! Golden text, and that no field leaves its place: what a shell and a kickstart reader see of a
//! form's values are those values, whatever was typed.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use proptest::prelude::*;

use super::*;
use crate::kickstart::{Place, RhcCredentials, sections};

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA me@desk";
/// The crypt of a password that nobody uses.
const CRYPT: &str = "$6$saltsalt$bcXJ8qxwY5sQ4v6MTl.0B9m/n2/Lsjx.rVt3WbWRKvSGAqLCTFUgzGbrkLAQ6S8gSiLaiyeW0iYHVjRyvhjW61";
const SENTINEL: &str = "sentinel-of-a-secret";

fn full() -> KickstartForm {
    let hash: String = CRYPT.chars().take("$6$saltsalt$".len() + 86).collect();
    KickstartForm {
        hostname: "dpu-default.lab.example".into(),
        disk: Some("sda".into()),
        network_device: Some("enp0s1f0d1".into()),
        ssh_keys: vec![KEY.into()],
        root: RootLogin::Crypted {
            hash: Password::new(hash),
        },
        rhc: Some(RhcCredentials {
            organization: "12345".into(),
            activation_key: Password::new(SENTINEL),
        }),
        pull_secret: Some(Password::new(format!(
            "{{\n \"auths\": {{\"quay.io\": {{\"auth\": \"{SENTINEL}\"}}}}\n}}"
        ))),
        registry_auth: Some(Password::new(format!(
            "{{\"auths\": {{\"r.example\": {{\"auth\": \"{SENTINEL}\"}}}}}}"
        ))),
        kargs: vec![
            "netroot=iscsi:192.168.0.1::::iqn.e2000:acc".into(),
            "acpi=force".into(),
        ],
        post_steps: vec!["echo 'it'\"s\" done\ncat <<EOF\n$HOME\nEOF".into()],
        origin: Some("quay.io/lab/dpu-os:stable".parse().unwrap()),
        ..KickstartForm::default()
    }
}

#[test]
fn a_full_form_as_people_see_it() {
    insta::assert_snapshot!(preview(&full()).unwrap());
}

#[test]
fn a_preview_shows_no_secret_and_the_text_has_them_all() {
    assert!(!preview(&full()).unwrap().contains(SENTINEL));
    assert!(!format!("{:?}", full()).contains(SENTINEL));
    let rendered = render(&full()).unwrap();
    assert_eq!(rendered.text.expose().matches(SENTINEL).count(), 3);
    assert!(rendered.contains_secrets);
    assert!(!format!("{rendered:?}").contains(SENTINEL));
}

#[test]
fn the_same_form_gives_the_same_bytes() {
    let text = |form| render(&form).unwrap().text.expose().to_owned();
    assert_eq!(text(full()), text(full()));
}

#[test]
fn fields_that_could_leave_their_place_are_named() {
    type Change = fn(&mut KickstartForm);
    let cases: [(&str, Change); 14] = [
        ("hostname", |f| f.hostname = "localhost".into()),
        ("hostname", |f| f.hostname = "a\nreboot".into()),
        ("disk", |f| f.disk = Some("sda --foo".into())),
        ("network_device", |f| {
            f.network_device = Some("eth0\n%post".into())
        }),
        ("timezone", |f| f.timezone = "Etc/UTC --x".into()),
        ("language", |f| f.language = String::new()),
        ("keyboard", |f| f.keyboard = "us\"".into()),
        ("ssh_keys", |f| f.ssh_keys[0].push_str("\"\n%end")),
        ("root.hash", |f| {
            f.root = RootLogin::Crypted {
                hash: Password::new("redhat"),
            }
        }),
        ("rhc.activation_key", |f| {
            f.rhc.as_mut().unwrap().activation_key = Password::new("a\nb");
        }),
        ("pull_secret", |f| {
            f.pull_secret = Some(Password::new("no json"))
        }),
        ("registry_auth", |f| {
            f.registry_auth = Some(Password::new("{}"))
        }),
        ("kargs", |f| f.kargs.push("a\" b".into())),
        ("post_steps", |f| {
            f.post_steps.push("echo\n%end\nreboot".into())
        }),
    ];
    for (field, change) in cases {
        let mut form = full();
        change(&mut form);
        let error = render(&form).unwrap_err();
        assert_eq!(error.field, field, "{error}");
        assert!(!error.to_string().contains(SENTINEL));
    }
}

/// The commands outside of sections, and the scripts of the sections.
fn read(text: &str) -> (Vec<String>, Vec<String>) {
    let (mut commands, mut scripts) = (Vec::new(), Vec::new());
    for (line, place) in text.lines().zip(sections(text)) {
        match place {
            Place::Commands if line.is_empty() || line.starts_with('#') => {}
            Place::Commands => {
                let head = line.split(' ').next().unwrap_or_default();
                commands.push(head.to_owned());
            }
            Place::Header => scripts.push(String::new()),
            Place::Body { .. } => {
                let script: &mut String = scripts.last_mut().expect("a header came before");
                script.push_str(line);
                script.push('\n');
            }
            Place::End => {}
        }
    }
    (commands, scripts)
}

fn bash(arguments: &[&str], script: &str) -> std::process::Output {
    let mut bash = Command::new("bash")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("bash runs");
    let mut input = bash.stdin.take().expect("a pipe");
    input.write_all(script.as_bytes()).expect("bash reads");
    drop(input);
    bash.wait_with_output().expect("bash ends")
}

/// Text that people would use to break out.
fn nasty() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "EOF",
        "'",
        "\"",
        "`",
        "$(touch /tmp/x)",
        "${HOME}",
        "\\",
        "%end",
        "%post",
        "\n",
        "\r",
        " ",
        "#",
        ";",
        "reboot",
        "SLIPWAY_",
        "a",
        "7",
        "é",
        "\u{2028}",
        "\0",
        "--",
        "<<X",
        "/",
        ".",
    ]);
    proptest::collection::vec(pieces, 0..8).prop_map(|pieces| pieces.concat())
}

fn any_form() -> impl Strategy<Value = KickstartForm> {
    let pick = |sane: &'static str| prop_oneof![3 => Just(sane.to_owned()), 1 => nasty()];
    let some = |sane: &'static str| proptest::option::of(pick(sane));
    let words = (
        pick("dpu-1"),
        pick("Etc/UTC"),
        pick("en_US.UTF-8"),
        pick("us"),
    );
    let devices = (some("sda"), some("enp0s1f0d1"));
    let lists = (
        proptest::collection::vec(pick(KEY), 0..2),
        proptest::collection::vec(pick("acpi=force"), 0..3),
        proptest::collection::vec(prop_oneof![pick("echo done"), nasty()], 0..3),
    );
    let secrets = (
        some("key-1"),
        proptest::option::of(nasty().prop_map(|text| {
            serde_json::json!({"auths": {text.clone(): {"auth": text}}}).to_string()
        })),
    );
    (words, devices, lists, secrets).prop_map(|(words, devices, lists, secrets)| KickstartForm {
        hostname: words.0,
        timezone: words.1,
        language: words.2,
        keyboard: words.3,
        disk: devices.0,
        network_device: devices.1,
        ssh_keys: lists.0,
        kargs: lists.1,
        post_steps: lists.2,
        rhc: secrets.0.map(|key| RhcCredentials {
            organization: key.clone(),
            activation_key: Password::new(key),
        }),
        pull_secret: secrets.1.map(Password::new),
        ..KickstartForm::default()
    })
}

/// What the kickstart of a form must consist of, whatever its values are.
fn skeleton(form: &KickstartForm) -> Vec<&'static str> {
    let mut all = vec![
        "text",
        "lang",
        "keyboard",
        "timezone",
        "eula",
        "firstboot",
        "zerombr",
    ];
    all.extend(form.disk.is_some().then_some("ignoredisk"));
    all.extend(["clearpart", "autopart"]);
    all.extend((!form.kargs.is_empty()).then_some("bootloader"));
    all.extend(["ostreecontainer", "network"]);
    all.extend(form.network_device.is_some().then_some("network"));
    all.extend(["%include", "rootpw"]);
    all.extend(form.ssh_keys.iter().map(|_| "sshkey"));
    all.push("reboot");
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn whatever_is_typed_the_commands_are_ours_and_the_scripts_are_whole(form in any_form()) {
        let Ok(rendered) = render(&form) else { return Ok(()) };
        let text = rendered.text.expose();
        let (commands, scripts) = read(text);
        prop_assert_eq!(commands, skeleton(&form));
        let files = form.rhc.is_some() || form.pull_secret.is_some();
        prop_assert_eq!(scripts.len(), usize::from(files) + form.post_steps.len());
        for script in &scripts {
            let checked = bash(&["-n"], script);
            let said = String::from_utf8_lossy(&checked.stderr).into_owned();
            prop_assert!(checked.status.success() && said.is_empty(), "{}\n{}", said, script);
        }
    }

    #[test]
    fn a_secret_arrives_as_it_was_given(text in nasty()) {
        let json = serde_json::json!({"auths": {text.clone(): text}});
        let form = KickstartForm {
            pull_secret: Some(Password::new(json.to_string())),
            ..KickstartForm::default()
        };
        let rendered = render(&form).unwrap();
        let (_, scripts) = read(rendered.text.expose());
        // Only the here-document: what it writes goes to standard output.
        let script = scripts[0].lines()
            .skip_while(|line| !line.starts_with("cat > "))
            .map(|line| line.replace("cat > /etc/crio/openshift-pull-secret", "cat"))
            .take_while(|line| !line.starts_with("chown"))
            .collect::<Vec<_>>()
            .join("\n");
        let out = bash(&["-eu"], &format!("{script}\n"));
        prop_assert!(out.status.success());
        let seen: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        prop_assert_eq!(seen, json);
    }

    #[test]
    fn a_step_runs_as_it_was_written(text in nasty()) {
        let step = format!("printf '%s' done\n: <<'NEVER'\n{}\nNEVER\nexit 0\n", text.replace("NEVER", ""));
        let form = KickstartForm { post_steps: vec![step], ..KickstartForm::default() };
        let Ok(rendered) = render(&form) else { return Ok(()) };
        let (_, scripts) = read(rendered.text.expose());
        let out = bash(&[], &scripts[0]);
        prop_assert!(out.status.success(), "{:?}", out);
        prop_assert_eq!(String::from_utf8_lossy(&out.stdout), "done");
    }
}
