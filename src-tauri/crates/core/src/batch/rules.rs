//! How a batch goes about its cards: how many at once, in which waves, and when it stops.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use specta::Type;

/// Jobs at once, where nobody says.
pub const AT_ONCE: u32 = 8;
/// Failures that stop a batch, where nobody says.
pub const STOP_AFTER: u32 = 2;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct BatchRules {
    /// Jobs of the batch that run at the same time, at most.
    pub at_once: u32,
    pub waves: Waves,
    /// Failures after which no card is started any more, until a person lets it go on.
    pub stop_after: u32,
}

impl Default for BatchRules {
    fn default() -> Self {
        Self {
            at_once: AT_ONCE,
            waves: Waves::default(),
            stop_after: STOP_AFTER,
        }
    }
}

/// The sizes of the first waves; the cards after them are the last wave. None: all are one wave.
///
/// A wave begins when every card of the one before has ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(transparent)]
#[specta(transparent)]
pub struct Waves(pub Vec<u32>);

/// Rules that can't be meant.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidRules {
    #[error("a batch must start at least 1 card at once")]
    NoneAtOnce,
    #[error("a batch can stop after 1 failure at the earliest")]
    StopsAtNothing,
    #[error("a wave has at least 1 card")]
    EmptyWave,
    #[error("`{0}` is not a list of waves such as `1,4,rest`")]
    NotWaves(String),
}

impl BatchRules {
    /// # Errors
    /// [`InvalidRules`].
    pub fn check(&self) -> Result<(), InvalidRules> {
        if self.at_once == 0 {
            return Err(InvalidRules::NoneAtOnce);
        }
        if self.stop_after == 0 {
            return Err(InvalidRules::StopsAtNothing);
        }
        if self.waves.0.contains(&0) {
            return Err(InvalidRules::EmptyWave);
        }
        Ok(())
    }

    /// "8 at once; waves: 1, 4, the rest; stops after 2 failures".
    #[must_use]
    pub fn text(&self) -> String {
        let failures = match self.stop_after {
            1 => "1 failure".to_owned(),
            many => format!("{many} failures"),
        };
        let waves = if self.waves.0.is_empty() {
            String::new()
        } else {
            let sizes: Vec<String> = self.waves.0.iter().map(u32::to_string).collect();
            format!("waves: {}, the rest; ", sizes.join(", "))
        };
        format!("{} at once; {waves}stops after {failures}", self.at_once)
    }
}

impl Waves {
    /// The wave (from 0) of the card at this position.
    #[must_use]
    pub fn wave_of(&self, position: usize) -> u32 {
        let mut end = 0;
        let mut wave = 0;
        for size in &self.0 {
            end += *size as usize;
            if position < end {
                return wave;
            }
            wave += 1;
        }
        wave
    }
}

/// `1,4,rest`.
impl fmt::Display for Waves {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for size in &self.0 {
            write!(f, "{size},")?;
        }
        f.write_str("rest")
    }
}

impl FromStr for Waves {
    type Err = InvalidRules;

    fn from_str(text: &str) -> Result<Self, InvalidRules> {
        let invalid = || InvalidRules::NotWaves(text.to_owned());
        let mut words: Vec<&str> = text.split(',').map(str::trim).collect();
        // It goes without saying: what the sizes leave over is the last wave.
        if words.last() == Some(&"rest") {
            words.pop();
        }
        let sizes = words
            .into_iter()
            .map(|word| word.parse::<u32>().map_err(|_| invalid()))
            .collect::<Result<Vec<u32>, InvalidRules>>()?;
        if sizes.contains(&0) {
            return Err(InvalidRules::EmptyWave);
        }
        Ok(Self(sizes))
    }
}
