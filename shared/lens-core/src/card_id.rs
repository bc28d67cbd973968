//! The id of a card: a short text that is shared, so that passing it on copies no characters.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The game's own key of a card (`j_blueprint`, `H_A`), or the id of an enrolled card that no
/// catalogue lists.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardId(Arc<str>);

impl CardId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for CardId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for CardId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Maps by id are asked with plain text.
impl Borrow<str> for CardId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<&str> for CardId {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<&String> for CardId {
    fn from(text: &String) -> Self {
        Self(text.as_str().into())
    }
}

impl From<String> for CardId {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<CardId> for String {
    fn from(id: CardId) -> Self {
        id.as_str().to_owned()
    }
}

impl PartialEq<str> for CardId {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for CardId {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialEq<String> for CardId {
    fn eq(&self, other: &String) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<CardId> for str {
    fn eq(&self, other: &CardId) -> bool {
        self == other.as_str()
    }
}

impl PartialEq<CardId> for &str {
    fn eq(&self, other: &CardId) -> bool {
        *self == other.as_str()
    }
}

impl PartialEq<CardId> for String {
    fn eq(&self, other: &CardId) -> bool {
        self == other.as_str()
    }
}

impl fmt::Display for CardId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(formatter)
    }
}

/// As text is written: messages quote ids.
impl fmt::Debug for CardId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}

impl Serialize for CardId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for CardId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use super::*;

    #[test]
    fn maps_by_id_are_asked_with_text() {
        let id = CardId::from("j_egg");
        assert_eq!(HashMap::from([(id.clone(), 1)]).get("j_egg"), Some(&1));
        assert_eq!(BTreeMap::from([(id, 2)]).get("j_egg"), Some(&2));
    }

    #[test]
    fn an_id_is_written_and_read_as_text() {
        let id = CardId::from("S_K");
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"S_K\"");
        assert_eq!(serde_json::from_str::<CardId>("\"S_K\"").unwrap(), id);
        assert_eq!(
            (format!("{id}"), format!("{id:?}"), format!("{id:<5}|")),
            ("S_K".into(), "\"S_K\"".into(), "S_K  |".into())
        );
    }
}
