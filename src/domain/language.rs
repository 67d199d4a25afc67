//! The two languages of every text a user sees.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The language of output. Vietnamese comes first: it is the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Vietnamese.
    #[default]
    Vi,
    /// English.
    En,
}

impl Lang {
    /// Picks one of two texts.
    pub fn pick<T>(self, vi: T, en: T) -> T {
        match self {
            Lang::Vi => vi,
            Lang::En => en,
        }
    }

    /// The language of a tag.
    pub fn of_tag(tag: &str) -> Option<Lang> {
        [Lang::Vi, Lang::En]
            .into_iter()
            .find(|lang| lang.tag() == tag)
    }

    /// The tag used in options and files: `vi` or `en`.
    pub fn tag(self) -> &'static str {
        self.pick("vi", "en")
    }
}

/// A text that exists in both languages.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// English.
    pub en: String,
    /// Vietnamese.
    pub vi: String,
}

impl Text {
    /// A text in both languages.
    pub fn new(vi: impl Into<String>, en: impl Into<String>) -> Text {
        Text {
            vi: vi.into(),
            en: en.into(),
        }
    }

    /// The text in one language.
    pub fn get(&self, lang: Lang) -> &str {
        lang.pick(&self.vi, &self.en)
    }
}

/// An error that can say itself in both languages: what was wrong, and what to do about it.
pub trait Explain {
    /// A stable name for programs, such as `unknown_household`.
    fn code(&self) -> &'static str;
    /// What was wrong, naming the value found.
    fn message(&self, lang: Lang) -> String;
    /// What to do about it, where there is something to do.
    fn hint(&self, lang: Lang) -> Option<String>;
}
