//! Menus as lorax writes them.

use proptest::prelude::*;

use super::*;

const GRUB: &str = r#"set default="1"

function load_video {
  insmod efi_gop
}

load_video
set timeout=60
### END /etc/grub.d/00_header ###

search --no-floppy --set=root -l 'RHEL-9-6'

menuentry 'Install RHEL 9.6' --class red {
	linux /images/pxeboot/vmlinuz inst.stage2=hd:LABEL=RHEL-9-6 "opt=a b" quiet inst.ks=http://old/ks
	initrd /images/pxeboot/initrd.img
}
menuentry 'Test this media & install RHEL 9.6' --class red {
	linux /images/pxeboot/vmlinuz inst.stage2=hd:LABEL=RHEL-9-6 rd.live.check quiet
	initrd /images/pxeboot/initrd.img
}
submenu 'Troubleshooting -->' {
	menuentry 'Rescue' {
		linux /images/pxeboot/vmlinuz inst.stage2=hd:LABEL=RHEL-9-6 inst.rescue quiet
	}
}
"#;

const ISOLINUX: &str = "\
default vesamenu.c32
timeout 600
label linux
  menu label ^Install RHEL
  kernel vmlinuz
  append initrd=initrd.img inst.stage2=hd:LABEL=RHEL-9-6 quiet
label check
  menu label Test this ^media
  menu default
  kernel vmlinuz
  append initrd=initrd.img inst.stage2=hd:LABEL=RHEL-9-6 rd.live.check quiet
";

fn arguments() -> Arguments {
    Arguments {
        added: vec![
            "ip=192.168.0.2:::255.255.255.0::enp0s1f0:off".into(),
            "acpi=force".into(),
        ],
        removed: vec!["quiet".into()],
        kickstart: kickstart_argument("RHEL-9-6", "slipway.ks"),
    }
}

#[test]
fn every_grub_entry_has_the_arguments_once_and_the_installing_one_is_the_default() {
    let text = edited(GRUB, Dialect::Grub, &arguments());
    insta::assert_snapshot!(text);
    assert_eq!(
        edited(&text, Dialect::Grub, &arguments()),
        text,
        "twice is once"
    );
    for entry in entries(&text, Dialect::Grub) {
        let kickstarts = entry.iter().filter(|a| a.starts_with("inst.ks=")).count();
        assert_eq!(kickstarts, 1);
        assert!(entry.contains(&"acpi=force".to_owned()) && !entry.contains(&"quiet".to_owned()));
    }
    assert!(entries(&text, Dialect::Grub)[0].contains(&"opt=a b".to_owned()));
}

#[test]
fn an_isolinux_menu_too() {
    let text = edited(ISOLINUX, Dialect::Isolinux, &arguments());
    insta::assert_snapshot!(text);
    assert_eq!(
        edited(&text, Dialect::Isolinux, &arguments()),
        text,
        "twice is once"
    );
}

#[test]
fn a_menu_that_checks_first_is_turned_round() {
    let turned =
        "menuentry 'Test' {\n linux /k rd.live.check\n}\nmenuentry 'Install' {\n linux /k\n}\n";
    let text = edited(turned, Dialect::Grub, &arguments());
    assert!(
        text.starts_with("set default=\"1\"\nset timeout=5\n"),
        "{text}"
    );
}

#[test]
fn what_loads_no_kernel_stays_as_it_is() {
    let text = "search --set=root -l X\nconfigfile /EFI/BOOT/other.cfg\n";
    assert_eq!(edited(text, Dialect::Grub, &arguments()), text);
}

#[test]
fn a_label_with_spaces_is_escaped() {
    assert_eq!(
        kickstart_argument("RHEL 9.6 x", "ks"),
        r"'inst.ks=hd:LABEL=RHEL\x209.6\x20x:/ks'"
    );
}

proptest! {
    #[test]
    fn words_with_quotes_survive(words in proptest::collection::vec("[a-z=\"' \\\\]{1,8}", 0..6)) {
        let line = format!("linux /k {}", words.join(" "));
        let before = raw_words(&line);
        let empty = Arguments { added: vec![], removed: vec![], kickstart: "inst.ks=x".into() };
        let after = raw_words(&with_arguments(&before, Dialect::Grub, &empty));
        // An open quote swallows what comes after; such a line grub would not read either.
        prop_assume!(before.iter().all(|word| raw_words(word).len() == 1));
        let balanced = raw_words(&format!("{line} x")).last().is_some_and(|word| word == "x");
        prop_assume!(balanced);
        let kept: Vec<_> = after.iter().filter(|word| *word != "inst.ks=x").cloned().collect();
        // One of these can be the name of a kickstart, which goes: `ks`, also as `k's'`.
        let is_kickstart = |word: &String| {
            let word = unquoted(word);
            word == "ks" || word.starts_with("ks=")
        };
        let wanted: Vec<_> = before.into_iter().filter(|word| !is_kickstart(word)).collect();
        prop_assert_eq!(kept, wanted);
    }
}
