//! How PyYAML reads a plain scalar: YAML 1.1, where `yes` is true, `010` is eight and
//! `12:34:56` is a number. The expressions are those of PyYAML's `resolver.py`; the table in
//! `tests/cluster/yaml11.rs` was recorded from PyYAML 6.0.3.

use std::sync::LazyLock;

use regex::Regex;

/// What PyYAML's `safe_load` makes of a scalar.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    Text,
    Null,
    Bool(bool),
    Int(i128),
    /// An integer of more than 38 digits.
    HugeInt,
    Float(f64),
    /// A date, or a date and a time.
    Date,
    /// `<<` as a key; elsewhere PyYAML refuses it.
    Merge,
    /// PyYAML stops with an error.
    Refused(&'static str),
}

impl Reading {
    /// For people: "true", "the number 8".
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Text => "text".into(),
            Self::Null => "nothing (null)".into(),
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => format!("the number {value}"),
            Self::HugeInt => "a number".into(),
            Self::Float(value) => format!("the number {value}"),
            Self::Date => "a date".into(),
            Self::Merge => "a merge key".into(),
            Self::Refused(why) => format!("an error ({why})"),
        }
    }
}

fn pattern(text: &str) -> Regex {
    // The expressions are constants, and every one is used by the test of the table.
    #[expect(
        clippy::expect_used,
        reason = "a constant that does not compile is a bug here"
    )]
    Regex::new(text).expect("a constant expression")
}

static FLOAT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^(?:[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?",
        r"|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?",
        r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*",
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$",
    ))
});
static INT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)",
        r"|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$",
    ))
});
static DATE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^([0-9]{4})-([0-9]{2})-([0-9]{2})$"));
static DATE_TIME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[Tt]|[ \t]+)",
        r"([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]*)?",
        r"(?:[ \t]*(?:Z|[-+]([0-9]{1,2})(?::([0-9]{2}))?))?$",
    ))
});

/// Reads a plain scalar: one without quotes that is no block.
#[must_use]
pub fn read_plain(text: &str) -> Reading {
    match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Reading::Bool(true);
        }
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Reading::Bool(false);
        }
        "" | "~" | "null" | "Null" | "NULL" => return Reading::Null,
        "<<" => return Reading::Merge,
        "=" => return Reading::Refused("`=` is a special word of YAML 1.1"),
        _ => {}
    }
    if FLOAT.is_match(text) {
        return float(text);
    }
    if INT.is_match(text) {
        return int(text);
    }
    date(text)
}

fn signed(text: &str) -> (bool, String) {
    let digits = text.replace('_', "");
    match digits.strip_prefix(['-', '+']) {
        Some(rest) => (digits.starts_with('-'), rest.to_owned()),
        None => (false, digits),
    }
}

fn int(text: &str) -> Reading {
    let (negative, digits) = signed(text);
    let radix = |digits: &str, radix: u32| {
        if digits.is_empty() {
            return Reading::Refused("a number without digits");
        }
        match i128::from_str_radix(digits, radix) {
            Ok(value) => Reading::Int(if negative { -value } else { value }),
            Err(_) => Reading::HugeInt,
        }
    };
    if let Some(binary) = digits.strip_prefix("0b") {
        return radix(binary, 2);
    }
    if let Some(hexadecimal) = digits.strip_prefix("0x") {
        return radix(hexadecimal, 16);
    }
    if digits.contains(':') {
        let sum = digits.split(':').try_fold(0_i128, |sum, part| {
            sum.checked_mul(60)?.checked_add(part.parse().ok()?)
        });
        return match sum {
            Some(value) => Reading::Int(if negative { -value } else { value }),
            None => Reading::HugeInt,
        };
    }
    radix(&digits, if digits.starts_with('0') { 8 } else { 10 })
}

fn float(text: &str) -> Reading {
    let (negative, digits) = signed(text);
    let value = match digits.to_ascii_lowercase().as_str() {
        ".inf" => f64::INFINITY,
        ".nan" => f64::NAN,
        digits if digits.contains(':') => digits.split(':').fold(0.0, |sum, part| {
            // The expression allows digits and one dot.
            sum * 60.0 + part.parse::<f64>().unwrap_or_default()
        }),
        digits => digits.parse().unwrap_or_default(),
    };
    Reading::Float(if negative { -value } else { value })
}

fn date(text: &str) -> Reading {
    let Some(found) = DATE.captures(text).or_else(|| DATE_TIME.captures(text)) else {
        return Reading::Text;
    };
    let part = |index: usize| {
        found
            .get(index)
            .map_or(Some(0), |digits| digits.as_str().parse::<i16>().ok())
            .unwrap_or(i16::MAX)
    };
    let small = |value: i16| i8::try_from(value).unwrap_or(i8::MAX);
    let day = jiff::civil::Date::new(part(1), small(part(2)), small(part(3)));
    let in_time = part(4) <= 23 && part(5) <= 59 && part(6) <= 59;
    let in_zone = part(7) * 60 + part(8) < 24 * 60;
    if day.is_ok() && part(1) > 0 && in_time && in_zone {
        Reading::Date
    } else {
        Reading::Refused("a date that does not exist")
    }
}
