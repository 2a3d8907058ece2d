//! Reading properties of a resource as services really write them: missing, null, of another type,
//! numbers as texts. What can't be read is absent. No I/O.

use serde_json::{Map, Value};
use slipway_core::{inventory::Health, time::ByteCount};

use crate::resource::{as_text, as_texts};

/// The properties of an object that may not be there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'a>(Option<&'a Map<String, Value>>);

impl<'a> Fields<'a> {
    pub(crate) fn of(object: &'a Map<String, Value>) -> Self {
        Self(Some(object))
    }

    fn get(self, property: &str) -> Option<&'a Value> {
        self.0?.get(property)
    }

    /// A text that says something; numbers are written out.
    pub(crate) fn text(self, property: &str) -> Option<String> {
        as_text(self.get(property)?)
    }

    /// The first of these properties that says something.
    pub(crate) fn first_text(self, properties: &[&str]) -> Option<String> {
        properties.iter().find_map(|property| self.text(property))
    }

    pub(crate) fn texts(self, property: &str) -> Vec<String> {
        self.get(property).map(as_texts).unwrap_or_default()
    }

    pub(crate) fn yes(self, property: &str) -> Option<bool> {
        self.get(property)?.as_bool()
    }

    /// A number above zero: services write 0 where they don't know.
    pub(crate) fn amount(self, property: &str) -> Option<f64> {
        let value = self.get(property)?;
        let number = value
            .as_f64()
            .or_else(|| value.as_str()?.trim().parse().ok());
        number.filter(|n| n.is_finite() && *n > 0.0)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bounded before"
    )]
    pub(crate) fn count(self, property: &str) -> Option<u32> {
        let amount = self.amount(property)?.round();
        (1.0..=f64::from(u32::MAX))
            .contains(&amount)
            .then_some(amount as u32)
    }

    /// A size that is written in units of `unit` bytes.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bounded before"
    )]
    pub(crate) fn bytes(self, property: &str, unit: u32) -> Option<ByteCount> {
        let bytes = (self.amount(property)? * f64::from(unit)).round();
        (bytes < 1e18).then_some(ByteCount(bytes as u64))
    }

    pub(crate) fn object(self, property: &str) -> Self {
        Self(self.get(property).and_then(Value::as_object))
    }

    /// The objects of a list.
    pub(crate) fn list(self, property: &str) -> impl Iterator<Item = Self> {
        let list = self.get(property).and_then(Value::as_array);
        list.into_iter()
            .flatten()
            .filter_map(|value| value.as_object().map(Self::of))
    }

    /// `Status`, with the conditions that it names.
    pub(crate) fn health(self) -> Health {
        let status = self.object("Status");
        let conditions = status.list("Conditions");
        Health {
            health: status.text("Health"),
            rollup: status.text("HealthRollup"),
            state: status.text("State"),
            reasons: conditions
                .filter_map(|condition| condition.first_text(&["Message", "MessageId"]))
                .collect(),
        }
    }

    /// Whether the place is empty: a socket or a bay with nothing in it.
    pub(crate) fn is_absent(self) -> bool {
        self.object("Status").text("State").as_deref() == Some("Absent")
    }
}

/// Lower case, with colons. Zeros and ones all over are no address.
pub(crate) fn mac(text: &str) -> Option<String> {
    let digits: String = text
        .chars()
        .filter(|c| !matches!(c, ':' | '-' | '.'))
        .collect::<String>()
        .to_lowercase();
    let hex = digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    if !hex || digits.bytes().all(|b| b == b'0') || digits.bytes().all(|b| b == b'f') {
        return None;
    }
    let pairs: Vec<&str> = (0..6).map(|i| &digits[2 * i..2 * i + 2]).collect();
    Some(pairs.join(":"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_as_they_come() {
        let value = json!({"a": 3, "b": "7", "c": 0, "d": -1, "e": null, "f": "x", "g": 2.6,
            "h": 1e300, "GiB": 0.5});
        let fields = Fields::of(value.as_object().unwrap());
        let count = |property| fields.count(property);
        assert_eq!(
            (count("a"), count("b"), count("g")),
            (Some(3), Some(7), Some(3))
        );
        for none in ["c", "d", "e", "f", "h", "missing"] {
            assert_eq!(count(none), None, "{none}");
        }
        assert_eq!(fields.bytes("GiB", 1 << 30), Some(ByteCount(1 << 29)));
        assert_eq!(fields.bytes("h", 1), None);
    }

    #[test]
    fn mac_addresses_in_every_spelling() {
        for text in [
            "AA:BB:CC:00:11:22",
            "aa-bb-cc-00-11-22",
            "aabb.cc00.1122",
            "AABBCC001122",
        ] {
            assert_eq!(mac(text).as_deref(), Some("aa:bb:cc:00:11:22"), "{text}");
        }
        for text in [
            "",
            "00:00:00:00:00:00",
            "ff:ff:ff:ff:ff:ff",
            "not available",
            "aa:bb",
        ] {
            assert_eq!(mac(text), None, "{text}");
        }
    }
}
