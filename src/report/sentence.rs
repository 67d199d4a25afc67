//! Sentences with figures in them.
//!
//! | written | printed |
//! |---|---|
//! | `{loan.turns}` | the figure as its measure is written: `21`, `1.337.000.000 đồng`, `1.125 kg` |
//! | `{loan.turns:number}` | the digits alone |
//! | `{loan.turns:pad2}` | in Vietnamese, below 10, with a zero before it: `08` |
//! | `{loan.amount:words}` | in words: *Năm mươi triệu đồng* |
//! | `{loan.turns:loan/loans}` | the digits and, in English, the word that fits: `21 loans` |
//! | `{?loan.turns: text}` | the text, with what is in its braces, unless the figure is 0 |
//! | `{period}` | what the report's period is called |
//! | `{span}`, `{in_span}` | the days the data cover; with its preposition, to open a sentence |
//! | `{unit}`, `{unit_upper}`, `{place}` | *xã Lục Bình*, *XÃ LỤC BÌNH*, *Lục Bình* |

use std::collections::BTreeMap;

use super::figure::{Answer, Value};
use super::number;
use super::spelled;
use super::words::Words;
use crate::domain::language::Lang;

/// A text that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Plain(String),
    Word(Word),
    Figure(String, Form),
    When(String, Vec<Piece>),
}

/// What is no figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// What the report's period is called.
    Period,
    /// The days the data cover.
    Span,
    /// The same with its preposition, to open a sentence.
    InSpan,
    /// The unit whose ledger it is.
    Unit,
    /// The same in capitals.
    UnitUpper,
    /// Its name without its level.
    Place,
}

impl Word {
    /// All of them with their names.
    pub const ALL: [(&'static str, Word); 6] = [
        ("period", Word::Period),
        ("span", Word::Span),
        ("in_span", Word::InSpan),
        ("unit", Word::Unit),
        ("unit_upper", Word::UnitUpper),
        ("place", Word::Place),
    ];
}

/// How a figure is written.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    Measure,
    Number,
    Pad2,
    Words,
    Counted { one: String, many: String },
}

/// Why a text cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SentenceFault {
    /// A brace without its other.
    Unbalanced,
    /// Nothing, or a condition in a condition.
    BadPlaceholder(String),
    /// A way of writing that there is not.
    UnknownForm(String),
}

impl Sentence {
    /// Reads a text.
    ///
    /// # Errors
    /// [`SentenceFault`] says what is wrong with its braces.
    pub fn parse(text: &str) -> Result<Sentence, SentenceFault> {
        let pieces = pieces(text, true)?;
        Ok(Sentence { pieces })
    }

    /// The figures it names, in their order, each with whether it stands as a number (a condition
    /// alone shows nothing).
    pub fn figures(&self) -> Vec<(&str, bool)> {
        let mut names = Vec::new();
        collect(&self.pieces, &mut names);
        names
    }

    /// The text with everything filled in.
    pub fn fill(&self, filling: &Filling<'_>) -> String {
        let mut out = String::new();
        write(&self.pieces, filling, &mut out);
        out
    }
}

/// What a sentence is filled with.
#[derive(Debug, Clone, Copy)]
pub struct Filling<'a> {
    /// The figures.
    pub answers: &'a BTreeMap<String, Answer>,
    /// The words of period and place.
    pub words: &'a Words,
    /// The language.
    pub lang: Lang,
}

fn pieces(text: &str, conditions: bool) -> Result<Vec<Piece>, SentenceFault> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        plain(before, &mut pieces)?;
        let end = closing(after).ok_or(SentenceFault::Unbalanced)?;
        let (inside, behind) = after.split_at(end);
        pieces.push(placeholder(inside, conditions)?);
        rest = behind.strip_prefix('}').unwrap_or(behind);
    }
    plain(rest, &mut pieces)?;
    Ok(pieces)
}

fn plain(text: &str, pieces: &mut Vec<Piece>) -> Result<(), SentenceFault> {
    if text.contains('}') {
        return Err(SentenceFault::Unbalanced);
    }
    if !text.is_empty() {
        pieces.push(Piece::Plain(text.to_owned()));
    }
    Ok(())
}

/// The place of the brace that closes what was opened before `text`.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 1_usize;
    for (place, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(place);
        }
    }
    None
}

fn placeholder(inside: &str, conditions: bool) -> Result<Piece, SentenceFault> {
    let bad = || SentenceFault::BadPlaceholder(inside.to_owned());
    if let Some(condition) = inside.strip_prefix('?') {
        let (name, text) = condition.split_once(':').ok_or_else(bad)?;
        if !conditions || name.is_empty() {
            return Err(bad());
        }
        return Ok(Piece::When(name.to_owned(), pieces(text, false)?));
    }
    if let Some((_, word)) = Word::ALL.iter().find(|(name, _)| *name == inside) {
        return Ok(Piece::Word(*word));
    }
    let (name, form) = match inside.split_once(':') {
        Some((name, form)) => (name, read_form(form)?),
        None => (inside, Form::Measure),
    };
    if name.is_empty() || name.contains(['{', ' ']) {
        return Err(bad());
    }
    Ok(Piece::Figure(name.to_owned(), form))
}

fn read_form(form: &str) -> Result<Form, SentenceFault> {
    match (form, form.split_once('/')) {
        ("number", _) => Ok(Form::Number),
        ("pad2", _) => Ok(Form::Pad2),
        ("words", _) => Ok(Form::Words),
        (_, Some((one, many))) if !one.is_empty() && !many.is_empty() => Ok(Form::Counted {
            one: one.to_owned(),
            many: many.to_owned(),
        }),
        _ => Err(SentenceFault::UnknownForm(form.to_owned())),
    }
}

fn collect<'a>(pieces: &'a [Piece], names: &mut Vec<(&'a str, bool)>) {
    for piece in pieces {
        match piece {
            Piece::Figure(name, _) => names.push((name, true)),
            Piece::When(name, inner) => {
                names.push((name, false));
                collect(inner, names);
            }
            Piece::Plain(_) | Piece::Word(_) => {}
        }
    }
}

fn write(pieces: &[Piece], filling: &Filling<'_>, out: &mut String) {
    for piece in pieces {
        match piece {
            Piece::Plain(text) => out.push_str(text),
            Piece::Word(word) => out.push_str(filling.words.get(*word)),
            Piece::Figure(name, form) => {
                if let Some(answer) = filling.answers.get(name) {
                    out.push_str(&written(answer, form, filling.lang));
                }
            }
            Piece::When(name, inner) => {
                if filling.answers.get(name).is_some_and(|a| !a.is_zero()) {
                    write(inner, filling, out);
                }
            }
        }
    }
}

fn written(answer: &Answer, form: &Form, lang: Lang) -> String {
    let Some(value) = answer.number() else {
        return answer.text(lang);
    };
    let digits = number::grouped(value, lang);
    match form {
        Form::Measure => answer.text(lang),
        Form::Number => digits,
        Form::Pad2 if lang == Lang::Vi && (0..10_000).contains(&value) && value % 1_000 == 0 => {
            format!("{digits:0>2}")
        }
        Form::Pad2 => digits,
        Form::Words => match &answer.value {
            Value::Money(_, currency) => spelled::amount(value, currency, lang),
            _ => spelled::spelled(value, lang),
        },
        Form::Counted { one, many } => {
            let word = if value == 1_000 { one } else { many };
            format!("{digits} {word}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_says_why() {
        for (text, fault) in [
            ("{a", SentenceFault::Unbalanced),
            ("a}", SentenceFault::Unbalanced),
            ("{?a: {b}", SentenceFault::Unbalanced),
            ("{}", SentenceFault::BadPlaceholder(String::new())),
            ("{?a}", SentenceFault::BadPlaceholder("?a".into())),
            (
                "{?a: {?b: c}}",
                SentenceFault::BadPlaceholder("?b: c".into()),
            ),
            ("{a:pad3}", SentenceFault::UnknownForm("pad3".into())),
            ("{a:/x}", SentenceFault::UnknownForm("/x".into())),
        ] {
            assert_eq!(Sentence::parse(text), Err(fault), "{text}");
        }
    }

    #[test]
    fn a_sentence_knows_its_figures_and_which_of_them_it_shows() {
        let sentence = Sentence::parse("{period}: {a.b}, {?c: ({d:pad2})} {e:one/many}").unwrap();
        let figures = sentence.figures();
        assert_eq!(
            figures,
            [("a.b", true), ("c", false), ("d", true), ("e", true)]
        );
    }
}
