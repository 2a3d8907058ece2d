use super::*;
use crate::inventory::{
    AdapterInfo, ChassisInfo, EthernetInfo, ManagerInfo, PcieDeviceInfo, SystemInfo,
};

fn card(serial: &str, mac: &str) -> Inventory {
    Inventory {
        systems: vec![SystemInfo {
            serial_number: Some(serial.to_owned()),
            interfaces: vec![EthernetInfo {
                mac: Some(mac.to_owned()),
                ..EthernetInfo::default()
            }],
            ..SystemInfo::default()
        }],
        ..Inventory::default()
    }
}

fn host(device_serial: &str, adapter_mac: &str) -> Inventory {
    Inventory {
        chassis: vec![ChassisInfo {
            serial_number: Some("HOST-0001".to_owned()),
            pcie_devices: vec![PcieDeviceInfo {
                serial_number: Some(device_serial.to_owned()),
                ..PcieDeviceInfo::default()
            }],
            adapters: vec![AdapterInfo {
                macs: vec![adapter_mac.to_owned()],
                ..AdapterInfo::default()
            }],
            ..ChassisInfo::default()
        }],
        ..Inventory::default()
    }
}

fn shared(card: &Inventory, hosts: &[(&BmcId, Inventory)]) -> Vec<(BmcId, Mark)> {
    let own = marks_of_card(card);
    hosts
        .iter()
        .flat_map(|(id, host)| {
            let both: Vec<Mark> = marks_of_host(host).intersection(&own).cloned().collect();
            both.into_iter().map(|mark| ((*id).clone(), mark))
        })
        .collect()
}

#[test]
fn a_card_is_in_the_host_that_lists_its_serial_number() {
    let (one, other) = (BmcId::new(), BmcId::new());
    let card = card("ab12345", "02:00:00:00:00:01");
    let hosts = [
        (&one, host("AB12345 ", "02:00:00:00:00:09")),
        (&other, host("XX99999", "02:00:00:00:00:01")),
    ];
    let found = shared(&card, &hosts);
    let (id, by) = host_of(&found).unwrap();
    assert_eq!(*id, one, "a serial number tells more than a MAC");
    let serial_number = "AB12345".to_owned();
    assert_eq!(by, PairedBy::SerialNumber { serial_number });
}

#[test]
fn a_mac_tells_where_no_serial_number_does() {
    let one = BmcId::new();
    let card = card("N/A", "02:00:00:00:00:01");
    let found = shared(&card, &[(&one, host("n/a", "02:00:00:00:00:01"))]);
    let mac = "02:00:00:00:00:01".to_owned();
    assert_eq!(host_of(&found), Some((&one, PairedBy::Mac { mac })));
}

#[test]
fn placeholders_pair_nobody_and_two_hosts_neither() {
    let (one, other) = (BmcId::new(), BmcId::new());
    for serial in [
        "0",
        "000000000",
        "N/A",
        "To be filled by O.E.M. 1",
        "abcdefg",
    ] {
        let card = card(serial, "00:00:00:00:00:00");
        let found = shared(&card, &[(&one, host(serial, "00:00:00:00:00:00"))]);
        assert_eq!(host_of(&found), None, "{serial}");
    }
    let card = card("AB12345", "02:00:00:00:00:01");
    let twins = [(&one, host("AB12345", "x")), (&other, host("AB12345", "x"))];
    assert_eq!(host_of(&shared(&card, &twins)), None);
}

#[test]
fn a_mark_survives_its_text() {
    for text in ["serial AB12345", "mac 02:00:00:00:00:01"] {
        assert_eq!(text.parse::<Mark>().unwrap().to_string(), text);
    }
    assert!("name x".parse::<Mark>().is_err());
}

#[test]
fn the_headline_of_a_bmc_is_its_worst_health() {
    let health = |word: &str| Health {
        health: Some(word.to_owned()),
        ..Health::default()
    };
    let inventory = Inventory {
        managers: vec![ManagerInfo {
            firmware: Some("1.2".to_owned()),
            health: health("OK"),
            ..ManagerInfo::default()
        }],
        systems: vec![
            SystemInfo {
                model: Some("R750".to_owned()),
                health: health("Warning"),
                ..SystemInfo::default()
            },
            SystemInfo {
                health: health("Fine"),
                ..SystemInfo::default()
            },
        ],
        ..Inventory::default()
    };
    let mut facts = BmcFacts::default();
    facts.summarize(&inventory);
    assert_eq!(facts.health.health.as_deref(), Some("Warning"));
    assert_eq!(facts.firmware.as_deref(), Some("1.2"));
    assert_eq!(facts.model.as_deref(), Some("R750"));
}

fn policy() -> LookPolicy {
    LookPolicy {
        every_seconds: 60,
        crawl_seconds: 3_600,
        cap_seconds: 1_800,
        stale_seconds: 600,
    }
}

#[test]
fn a_failing_bmc_is_asked_less_and_less_and_never_forgotten() {
    let policy = policy();
    let now = Timestamp::from_millis(0);
    let pause = |failures, random| policy.next_look(now, failures, random).since(now).as_secs();
    assert_eq!((pause(0, 0), pause(0, u32::MAX)), (54, 66));
    assert_eq!((pause(1, 0), pause(1, u32::MAX)), (108, 132));
    assert_eq!(pause(4, u32::MAX / 2), 959);
    for failures in [5, 20, 21, u32::MAX] {
        assert_eq!(pause(failures, u32::MAX), 1_980, "the cap, and its jitter");
    }
}

#[test]
fn what_is_old_is_stale_and_what_was_never_seen_is_not() {
    let policy = policy();
    let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000);
    let seen = |seconds| BmcFacts {
        seen: Some(at(seconds)),
        read_at: Some(at(seconds)),
        ..BmcFacts::default()
    };
    assert!(!policy.is_stale(&seen(0), at(600)));
    assert!(policy.is_stale(&seen(0), at(601)));
    assert!(!policy.is_stale(&BmcFacts::default(), at(601)));
    assert!(policy.crawl_is_due(&BmcFacts::default(), at(0)));
    assert!(!policy.crawl_is_due(&seen(0), at(3_599)));
    assert!(policy.crawl_is_due(&seen(0), at(3_600)));
}
