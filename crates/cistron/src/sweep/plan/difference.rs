//! In what two plans differ.

use serde_json::Value;

/// The first value that differs, with its key.
pub(super) fn difference(kept: &Value, asked: &Value) -> Option<String> {
    below("", kept, asked)
}

fn below(place: &str, kept: &Value, asked: &Value) -> Option<String> {
    let inner = |key: &str| if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") };
    let none = Value::Null;
    match (kept, asked) {
        _ if kept == asked => None,
        (Value::Object(a), Value::Object(b)) => {
            let keys = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)));
            keys.into_iter()
                .find_map(|key| below(&inner(key), a.get(key).unwrap_or(&none), b.get(key).unwrap_or(&none)))
        }
        (Value::Array(a), Value::Array(b)) => (0..a.len().max(b.len()))
            .find_map(|i| below(&inner(&i.to_string()), a.get(i).unwrap_or(&none), b.get(i).unwrap_or(&none))),
        (Value::Null, new) => Some(format!("{place} was not there and is now {new}")),
        (old, Value::Null) => Some(format!("{place} was {old} and is no longer there")),
        (old, new) => Some(format!("{place} was {old} and is now {new}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_difference_has_its_place() {
        let a = json!({ "file": { "seed": 7, "parameters": [ { "key": "x" } ] } });
        let mut b = a.clone();
        assert_eq!(difference(&a, &b), None);
        b["file"]["parameters"][0]["key"] = json!("y");
        assert_eq!(difference(&a, &b).unwrap(), r#"file.parameters.0.key was "x" and is now "y""#);
        b["file"]["seed"] = json!(8);
        assert_eq!(difference(&a, &b).unwrap(), "file.seed was 7 and is now 8");
        b["file"]["seed"] = Value::Null;
        assert_eq!(difference(&a, &b).unwrap(), "file.seed was 7 and is no longer there");
    }
}
