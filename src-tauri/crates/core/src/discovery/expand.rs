//! One word of a list: an address, a range `imc[001-120].lab`, or a network `10.0.0.0/28`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{MOST_ADDRESSES, shortened};
use crate::{address::Address, credential::network_of};

/// Every address that a word means.
///
/// # Errors
/// Why it means none.
pub(super) fn addresses(word: &str) -> Result<Vec<String>, String> {
    let word = word.trim();
    if word.contains("://") {
        return Err(format!(
            "`{}` is a URL; give the host, and `:port` where it is not 8443 or 443",
            shortened(word)
        ));
    }
    if word.contains('/') {
        return network(word);
    }
    if is_range(word) {
        return range(word);
    }
    check(word).map(|()| vec![word.to_owned()])
}

/// Whether the brackets are a range's, and not those around an IPv6 address.
fn is_range(word: &str) -> bool {
    match word.strip_prefix('[') {
        Some(rest) => !rest
            .split(']')
            .next()
            .is_some_and(|inner| inner.contains(':')),
        None => word.contains(['[', ']']),
    }
}

fn check(address: &str) -> Result<(), String> {
    // The port does not matter here; a missing one is tried out.
    Address::parse_or(address, 443).map(|_| ()).map_err(|_| {
        format!(
            "`{}` is not an address (host or host:port)",
            shortened(address)
        )
    })
}

fn network(word: &str) -> Result<Vec<String>, String> {
    let (address, bits) = network_of(word).ok_or_else(|| {
        format!(
            "`{}` is not a network (such as 10.1.2.0/24)",
            shortened(word)
        )
    })?;
    let width = if address.is_ipv4() { 32 } else { 128 };
    let free = width - bits;
    // One bit is two addresses, both of them hosts (RFC 3021); so is one IPv6 bit (RFC 6164).
    let whole = free <= 1;
    if free > 12 {
        return Err(format!(
            "`{word}` has more than {MOST_ADDRESSES} addresses; give smaller networks"
        ));
    }
    let count: u128 = 1 << free;
    let mut found = Vec::new();
    for offset in 0..count {
        // IPv6 has no broadcast, and its first address is the routers' (RFC 4291, 2.6.1).
        let edge = offset == 0 || (address.is_ipv4() && offset == count - 1);
        if edge && !whole {
            continue;
        }
        found.push(match address {
            IpAddr::V4(base) => {
                let mask = u32::MAX.checked_shl(free).unwrap_or(0);
                let offset = u32::try_from(offset).unwrap_or(0);
                Ipv4Addr::from_bits(base.to_bits() & mask | offset).to_string()
            }
            IpAddr::V6(base) => {
                let mask = u128::MAX.checked_shl(free).unwrap_or(0);
                Ipv6Addr::from_bits(base.to_bits() & mask | offset).to_string()
            }
        });
    }
    Ok(found)
}

/// One piece of a name with ranges.
enum Piece<'a> {
    Text(&'a str),
    Numbers {
        first: u64,
        last: u64,
        /// Digits that each number is filled up to.
        width: usize,
    },
}

fn range(word: &str) -> Result<Vec<String>, String> {
    let wrong = |why: &str| format!("`{}`: {why}", shortened(word));
    let mut pieces = Vec::new();
    let mut count: usize = 1;
    let mut rest = word;
    while let Some(open) = rest.find(['[', ']']) {
        let (text, bracket) = rest.split_at(open);
        pieces.push(Piece::Text(text));
        let inner = bracket
            .strip_prefix('[')
            .ok_or_else(|| wrong("a `]` without its `[`"))?;
        let (inner, after) = inner
            .split_once(']')
            .ok_or_else(|| wrong("a `[` without its `]`"))?;
        let part = numbers(inner).map_err(|why| wrong(&why))?;
        if let Piece::Numbers { first, last, .. } = part {
            let many = usize::try_from(last - first)
                .unwrap_or(usize::MAX)
                .saturating_add(1);
            count = count.saturating_mul(many);
        }
        pieces.push(part);
        if count > MOST_ADDRESSES {
            return Err(wrong(&format!(
                "more than {MOST_ADDRESSES} addresses; give smaller ranges"
            )));
        }
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    let mut found = vec![String::new()];
    for piece in pieces {
        found = match piece {
            Piece::Text(text) => found.into_iter().map(|start| start + text).collect(),
            Piece::Numbers { first, last, width } => found
                .iter()
                .flat_map(|start| {
                    (first..=last).map(move |number| format!("{start}{number:0width$}"))
                })
                .collect(),
        };
    }
    for address in &found {
        check(address)?;
    }
    Ok(found)
}

/// `001-120`: the zeros of the first one are kept.
fn numbers(inner: &str) -> Result<Piece<'static>, String> {
    let not = || format!("`[{}]` is not a range such as [001-120]", shortened(inner));
    let (from, to) = inner.split_once('-').ok_or_else(not)?;
    let digits = |text: &str| {
        let plain = !text.is_empty() && text.len() <= 9 && text.bytes().all(|c| c.is_ascii_digit());
        plain.then(|| text.parse::<u64>().ok()).flatten()
    };
    let first = digits(from).ok_or_else(not)?;
    let last = digits(to).ok_or_else(not)?;
    if last < first {
        return Err(format!("[{inner}] ends before it begins"));
    }
    Ok(Piece::Numbers {
        first,
        last,
        width: from.len(),
    })
}
