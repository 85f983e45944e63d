//! The key names that a configuration struct understands, so that a misspelt key can be answered with the right one.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, Visitor};

/// The names of `T`'s fields as serde knows them; empty when `T` is not a struct.
pub(super) fn known_fields<T: for<'de> Deserialize<'de>>() -> &'static [&'static str] {
    let mut fields: &'static [&'static str] = &[];
    // The probe always answers with an error: it only wants to see what is asked of it.
    if T::deserialize(Probe { fields: &mut fields }).is_ok() {
        return &[];
    }
    fields
}

struct Probe<'a> {
    fields: &'a mut &'static [&'static str],
}

#[derive(Debug)]
struct Probed;

impl fmt::Display for Probed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("probed")
    }
}

impl std::error::Error for Probed {}

impl serde::de::Error for Probed {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Probed;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Probed> {
        Err(Probed::custom("not a struct"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Probed> {
        *self.fields = fields;
        Err(Probed::custom("fields seen"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    #[allow(dead_code)]
    struct Config {
        bin_bp: usize,
        #[serde(rename = "first-activation")]
        activation: String,
    }

    #[test]
    fn fields_are_seen_under_their_serde_names() {
        assert_eq!(known_fields::<Config>(), ["bin_bp", "first-activation"]);
        assert!(known_fields::<Vec<u8>>().is_empty());
    }
}
