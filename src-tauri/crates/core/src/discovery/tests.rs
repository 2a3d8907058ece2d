use proptest::prelude::*;

use super::*;

fn addresses(text: &str) -> Vec<String> {
    let list = parse_list(text);
    assert_eq!(list.problems, [], "{text}");
    list.candidates.into_iter().map(|c| c.address).collect()
}

fn problems(text: &str) -> Vec<String> {
    let told = parse_list(text).problems.into_iter();
    told.map(|p| format!("{}: {}", p.line, p.reason)).collect()
}

#[test]
fn lines_hold_addresses_comments_and_blanks() {
    let text = "imc-1.lab  # the first\n\n# nothing here\n10.0.0.7:443, [fe80::1]:8443 fe80::2\r\n";
    assert_eq!(
        addresses(text),
        ["imc-1.lab", "10.0.0.7:443", "[fe80::1]:8443", "fe80::2"]
    );
}

#[test]
fn ranges_keep_their_zeros_and_multiply() {
    let all = addresses("imc[001-120].lab:8443");
    assert_eq!(all.len(), 120);
    assert_eq!(
        (all[0].as_str(), all[119].as_str()),
        ("imc001.lab:8443", "imc120.lab:8443")
    );
    assert_eq!(
        addresses("r[1-2]-imc[9-10].lab"),
        ["r1-imc9.lab", "r1-imc10.lab", "r2-imc9.lab", "r2-imc10.lab"]
    );
    assert_eq!(addresses("10.0.0.[5-6]"), ["10.0.0.5", "10.0.0.6"]);
}

#[test]
fn networks_leave_out_network_and_broadcast() {
    assert_eq!(addresses("10.1.2.7/30"), ["10.1.2.5", "10.1.2.6"]);
    assert_eq!(addresses("10.1.2.6/31"), ["10.1.2.6", "10.1.2.7"]);
    assert_eq!(addresses("10.1.2.6/32"), ["10.1.2.6"]);
    assert_eq!(addresses("fd00::/126"), ["fd00::1", "fd00::2", "fd00::3"]);
    assert_eq!(addresses("10.0.0.0/20").len(), 4_094);
}

#[test]
fn what_is_too_large_is_refused_with_its_reason() {
    for text in [
        "10.0.0.0/8",
        "fd00::/64",
        "imc[0-99999].lab",
        "a[0-99]b[0-99]c",
    ] {
        let told = problems(text);
        assert!(
            told.len() == 1 && told[0].contains("more than 4096"),
            "{told:?}"
        );
    }
    // Together they are too many, and what fits is kept.
    let list = parse_list("10.0.0.0/20\n10.1.0.0/24\n10.2.0.1");
    assert_eq!(list.candidates.len(), 4_095);
    assert_eq!(list.problems[0].line, 2);
}

#[test]
fn a_bad_line_is_told_and_the_good_ones_go_on() {
    let text = "imc-1.lab\nhttps://imc-2.lab/\nimc[2-1].lab\nimc[a-b]\nimc[1-2\nimc]\na/b\n-x\n\
                imc-1.LAB\nimc-9.lab";
    let list = parse_list(text);
    let good: Vec<_> = list.candidates.iter().map(|c| c.address.as_str()).collect();
    assert_eq!(good, ["imc-1.lab", "imc-9.lab"]);
    assert_eq!(
        problems(text),
        [
            "2: `https://imc-2.lab/` is a URL; give the host, and `:port` where it is not 8443 or 443",
            "3: `imc[2-1].lab`: [2-1] ends before it begins",
            "4: `imc[a-b]`: `[a-b]` is not a range such as [001-120]",
            "5: `imc[1-2`: a `[` without its `]`",
            "6: `imc]`: a `]` without its `[`",
            "7: `a/b` is not a network (such as 10.1.2.0/24)",
            "8: `-x` is not an address (host or host:port)",
            "9: imc-1.LAB is in line 1 already",
        ]
    );
}

#[test]
fn csv_has_columns_in_any_order_and_quoted_fields() {
    let text = "name, Address ,labels,host,profile,user,ssh,acc\n\
                dpu-1,imc-1.lab,\"rack-1, blue\",srv-1,lab,admin,imc-1.lab:2222,10.0.0.1\n\
                \n\
                # a comment\n\
                dpu-2,\"imc-2.lab\",,,,,,\n";
    let list = parse_list(text);
    assert_eq!(list.problems, []);
    assert_eq!(
        list.candidates[0],
        Candidate {
            line: 2,
            address: "imc-1.lab".into(),
            name: Some("dpu-1".into()),
            user: Some("admin".into()),
            profile: Some("lab".into()),
            host: Some("srv-1".into()),
            labels: vec!["rack-1".into(), "blue".into()],
            ssh: Some("imc-1.lab:2222".into()),
            acc: Some("10.0.0.1".into()),
            swept: false,
        }
    );
    assert_eq!(list.candidates[1].line, 5);
    assert_eq!(list.candidates[1].host, None);
}

#[test]
fn csv_of_spreadsheets_is_read_too() {
    let text = "\u{feff}IMC;Name\r\nimc-1.lab;dpu-1\r\n";
    let list = parse_list(text);
    assert_eq!(list.problems, []);
    assert_eq!(list.candidates[0].name.as_deref(), Some("dpu-1"));
}

#[test]
fn bad_csv_lines_are_told_by_number() {
    let text = "address,name\n,dpu-0\nimc-1.lab,dpu-1\nimc-2.lab,dpu-2,more\nimc 3,dpu-3\n\
                imc[1-3].lab,dpu-4\nimc-5.lab\nimc-1.lab,twin\n";
    let list = parse_list(text);
    let good: Vec<_> = list.candidates.iter().map(|c| c.address.as_str()).collect();
    assert_eq!(good, ["imc-1.lab", "imc-5.lab"]);
    assert_eq!(
        problems(text),
        [
            "2: the address is missing",
            "4: 3 fields, and the header has 2: quote a field that holds the separator",
            "5: `imc 3` is not an address (host or host:port)",
            "6: name, ssh and acc are for one address, not for a range",
            "8: imc-1.lab is in line 3 already",
        ]
    );
}

#[test]
fn a_password_column_is_refused_with_the_reason() {
    for header in [
        "address,password",
        "address,BMC Password",
        "imc;pw",
        "address,secret",
    ] {
        let list = parse_list(&format!("{header}\nimc-1.lab,sentinel-secret\n"));
        assert!(list.candidates.is_empty(), "{header}");
        assert!(list.problems[0].reason.contains("no passwords"), "{header}");
        assert!(!format!("{list:?}").contains("sentinel-secret"));
    }
}

#[test]
fn a_header_without_an_address_is_told() {
    assert_eq!(
        problems("name,host\na,b"),
        ["1: there is no column `address`"]
    );
    assert_eq!(
        problems("address,imc\na,b"),
        ["1: there are two columns for `address`"]
    );
    let list = parse_list("address,colour\nimc-1.lab,red");
    assert_eq!(list.candidates.len(), 1);
    assert!(list.problems[0].reason.contains("`colour` is not known"));
}

proptest! {
    #[test]
    fn no_text_is_a_trap(text in "\\PC{0,300}") {
        let list = parse_list(&text);
        prop_assert!(list.candidates.len() <= MOST_ADDRESSES);
    }

    #[test]
    fn no_likely_text_is_a_trap(text in "[a-c0-9\\[\\]\\-./:,;\"#\n ]{0,80}") {
        let list = parse_list(&text);
        for candidate in &list.candidates {
            prop_assert!(crate::address::Address::parse_or(&candidate.address, 443).is_ok());
        }
    }

    #[test]
    fn no_likely_csv_is_a_trap(body in "[a-c0-9\\[\\]\\-./:,;\"#\n ]{0,80}") {
        let list = parse_list(&format!("name,address,labels\n{body}"));
        for problem in &list.problems {
            prop_assert!(problem.line >= 1);
        }
    }
}

#[test]
fn only_the_addresses_of_a_network_are_swept() {
    let swept = |text: &str| {
        let all = parse_list(text).candidates.into_iter();
        all.map(|one| one.swept).collect::<Vec<_>>()
    };
    assert_eq!(swept("imc-1.lab\nimc-[2-3].lab"), [false, false, false]);
    assert_eq!(swept("10.1.0.0/30"), [true, true]);
    assert_eq!(swept("address,name\n10.1.0.7,dpu-7\n"), [false]);
}
