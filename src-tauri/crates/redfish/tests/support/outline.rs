//! An inventory as a person would read it: a line for each thing, what is absent left out.

use std::fmt::Write;

use serde_json::Value;
use slipway_core::inventory::Inventory;

/// `Debug` of nested structures has a line for each `None`; this has none.
pub fn outline(inventory: &Inventory) -> String {
    let mut text = String::new();
    if let Value::Object(all) = serde_json::to_value(inventory).unwrap() {
        for (name, value) in all {
            lines(&mut text, 0, &name, &value);
        }
    }
    text
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn lines(text: &mut String, depth: usize, name: &str, value: &Value) {
    let indent = "  ".repeat(depth);
    match value {
        _ if is_empty(value) => {}
        // What has only simple properties fits in one line.
        Value::Object(object) if !object.values().any(is_deep) => {
            writeln!(text, "{indent}{name}: {}", short(value)).unwrap();
        }
        Value::Object(object) => {
            writeln!(text, "{indent}{name}").unwrap();
            for (name, value) in object {
                lines(text, depth + 1, name, value);
            }
        }
        Value::Array(list) if list.iter().any(Value::is_object) => {
            writeln!(text, "{indent}{name}").unwrap();
            for value in list {
                lines(text, depth + 1, "-", value);
            }
        }
        _ => writeln!(text, "{indent}{name}: {}", short(value)).unwrap(),
    }
}

fn is_deep(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.iter().any(Value::is_object),
        Value::Object(object) => object.values().any(|v| v.is_object() || is_deep(v)),
        _ => false,
    }
}

fn short(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(short).collect::<Vec<_>>().join(", "),
        Value::Object(object) => {
            let told = object.iter().filter(|(_, value)| !is_empty(value));
            let told = told.map(|(name, value)| match value {
                Value::Object(_) => format!("{name} ({})", short(value)),
                _ => format!("{name} {}", short(value)),
            });
            told.collect::<Vec<_>>().join(" | ")
        }
        other => other.to_string(),
    }
}
