//! Request bodies: which properties must and may be there, in the order in which the recorded
//! server complains: missing first, then unknown, then types.

use serde_json::{Map, Value};

use super::answer::{self, Answer};

/// A JSON object whose properties were checked.
pub struct Body<'a> {
    object: &'a Map<String, Value>,
    /// `""`, or `"Boot/"`: before a property's name in errors.
    prefix: &'a str,
}

/// The body as JSON.
pub fn parse(bytes: &[u8]) -> Result<Value, Answer> {
    if bytes.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    serde_json::from_slice(bytes).map_err(|_| answer::malformed_json())
}

impl<'a> Body<'a> {
    /// Checks an object's properties against what it must and may hold.
    pub fn check(
        value: &'a Value,
        prefix: &'a str,
        must: &[&str],
        may: &[&str],
    ) -> Result<Self, Answer> {
        let object = value.as_object().ok_or_else(answer::malformed_json)?;
        for name in must {
            if !object.contains_key(*name) {
                return Err(answer::property_missing(&format!("{prefix}{name}")));
            }
        }
        for name in object.keys() {
            if !must.contains(&name.as_str()) && !may.contains(&name.as_str()) {
                return Err(answer::property_unknown(&format!("{prefix}{name}")));
            }
        }
        Ok(Self { object, prefix })
    }

    /// A text, or nothing where the property isn't there.
    pub fn text(&self, name: &str) -> Result<Option<&'a str>, Answer> {
        match self.object.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(answer::wrong_type(&format!("{}{name}", self.prefix))),
        }
    }

    /// A text that [`Self::check`] has demanded.
    pub fn required(&self, name: &str) -> Result<&'a str, Answer> {
        let missing = || answer::property_missing(&format!("{}{name}", self.prefix));
        self.text(name)?.ok_or_else(missing)
    }

    pub fn get(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name)
    }
}
