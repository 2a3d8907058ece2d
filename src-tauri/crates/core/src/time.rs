//! Moments and spans as they are stored and shown.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};
use specta::Type;

/// A moment in UTC; RFC 3339 with milliseconds in JSON and in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Type)]
#[specta(transparent)]
pub struct Timestamp(#[specta(type = String)] jiff::Timestamp);

impl Timestamp {
    /// Milliseconds since 1970; clamps what lies outside of the calendar.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        Self(jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::UNIX_EPOCH))
    }

    #[must_use]
    pub fn as_millis(self) -> i64 {
        self.0.as_millisecond()
    }

    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self::from_millis(self.as_millis().saturating_add(millis))
    }

    /// Time passed since `earlier`; zero where the clock was set back.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.as_millis() - earlier.as_millis()).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.0)
    }
}

impl FromStr for Timestamp {
    type Err = jiff::Error;
    fn from_str(text: &str) -> Result<Self, jiff::Error> {
        text.parse().map(Self)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A number of bytes. Crosses to the UI as a number: files stay far under 2^53.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Type,
)]
#[serde(transparent)]
#[specta(transparent)]
pub struct ByteCount(#[specta(type = u32)] pub u64);

impl fmt::Display for ByteCount {
    /// Decimal units with one digit, as the UI shows them: `1.2 GB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
        for (size, unit) in UNITS {
            if self.0 >= size {
                let tenths = self.0 / (size / 10);
                return write!(f, "{}.{} {unit}", tenths / 10, tenths % 10);
            }
        }
        write!(f, "{} B", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_survives_json() {
        let at = Timestamp::from_millis(1_795_000_000_123);
        let json = serde_json::to_string(&at).unwrap();
        assert_eq!(json, "\"2026-11-18T11:06:40.123Z\"");
        assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), at);
    }

    #[test]
    fn a_clock_set_back_gives_no_time_passed() {
        let at = Timestamp::from_millis(5_000);
        assert_eq!(at.since(Timestamp::from_millis(9_000)), Duration::ZERO);
        assert_eq!(
            at.plus(Duration::from_secs(1)).since(at),
            Duration::from_secs(1)
        );
    }

    #[test]
    fn sizes_read_as_people_say_them() {
        let shown = |n| ByteCount(n).to_string();
        assert_eq!(shown(999), "999 B");
        assert_eq!(shown(1_250_000), "1.2 MB");
        assert_eq!(shown(2_000_000_000), "2.0 GB");
    }
}
