//! Norm expressions: `0.4 * base_salary`, `30 * electricity_tier1 * (1 + electricity_vat)`.
//!
//! Numbers, names of dated series, `+`, `-`, `*` and brackets: enough for what decrees write, and
//! exact. There is no division, so nothing is ever rounded but where a norm says how.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

/// Why a text is no expression, or has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// Something else was expected at this character, counted from 1.
    #[error("something else was expected at character {0}")]
    Malformed(usize),
    /// More brackets or operators than any norm needs.
    #[error("the expression is too long")]
    TooLong,
    /// A series that has no value on the day.
    #[error("there is no value of {0}")]
    NoValue(String),
    /// Beyond what can be calculated exactly.
    #[error("the value is beyond what can be calculated exactly")]
    TooLarge,
}

/// The longest expression, in bytes.
const LONGEST: usize = 300;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Number(Decimal),
    Name(String),
    Sum(Box<Node>, Box<Node>),
    Difference(Box<Node>, Box<Node>),
    Product(Box<Node>, Box<Node>),
}

/// An expression that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression(Node);

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// [`ExpressionError`] says where it cannot be read.
    pub fn parse(text: &str) -> Result<Expression, ExpressionError> {
        if text.len() > LONGEST {
            return Err(ExpressionError::TooLong);
        }
        let chars: Vec<char> = text.chars().collect();
        let mut parser = Parser {
            chars: &chars,
            at: 0,
        };
        let node = parser.sum()?;
        parser.skip();
        if parser.at < chars.len() {
            return Err(ExpressionError::Malformed(parser.at + 1));
        }
        Ok(Expression(node))
    }

    /// The series it names.
    pub fn names(&self) -> BTreeSet<&str> {
        let (mut names, mut open) = (BTreeSet::new(), vec![&self.0]);
        while let Some(node) = open.pop() {
            match node {
                Node::Number(_) => {}
                Node::Name(name) => {
                    names.insert(name.as_str());
                }
                Node::Sum(a, b) | Node::Difference(a, b) | Node::Product(a, b) => {
                    open.extend([a.as_ref(), b.as_ref()]);
                }
            }
        }
        names
    }

    /// Its exact value, with the values of the series it names.
    ///
    /// # Errors
    /// [`ExpressionError`] when a series has no value, or the result cannot be exact.
    pub fn value(&self, of: &dyn Fn(&str) -> Option<Decimal>) -> Result<Decimal, ExpressionError> {
        value(&self.0, of)
    }
}

fn value(node: &Node, of: &dyn Fn(&str) -> Option<Decimal>) -> Result<Decimal, ExpressionError> {
    let (a, b, exact): (_, _, fn(Decimal, Decimal) -> Option<Decimal>) = match node {
        Node::Number(number) => return Ok(*number),
        Node::Name(name) => {
            return of(name).ok_or_else(|| ExpressionError::NoValue(name.clone()));
        }
        Node::Sum(a, b) => (a, b, Decimal::checked_add),
        Node::Difference(a, b) => (a, b, Decimal::checked_sub),
        Node::Product(a, b) => (a, b, product),
    };
    exact(value(a, of)?, value(b, of)?).ok_or(ExpressionError::TooLarge)
}

/// A product that kept every decimal: a decimal type may round what does not fit.
fn product(a: Decimal, b: Decimal) -> Option<Decimal> {
    let (a, b) = (a.normalize(), b.normalize());
    if a.scale() + b.scale() > Decimal::MAX_SCALE {
        return None;
    }
    let product = a.checked_mul(b)?;
    (product.scale() == a.scale() + b.scale() || product.is_zero()).then_some(product)
}

struct Parser<'a> {
    chars: &'a [char],
    at: usize,
}

impl Parser<'_> {
    fn skip(&mut self) {
        while self.chars.get(self.at).is_some_and(|c| *c == ' ') {
            self.at += 1;
        }
    }

    fn takes(&mut self, wanted: char) -> bool {
        self.skip();
        let there = self.chars.get(self.at) == Some(&wanted);
        self.at += usize::from(there);
        there
    }

    fn sum(&mut self) -> Result<Node, ExpressionError> {
        let mut node = self.product()?;
        loop {
            if self.takes('+') {
                node = Node::Sum(Box::new(node), Box::new(self.product()?));
            } else if self.takes('-') {
                node = Node::Difference(Box::new(node), Box::new(self.product()?));
            } else {
                return Ok(node);
            }
        }
    }

    fn product(&mut self) -> Result<Node, ExpressionError> {
        let mut node = self.factor()?;
        while self.takes('*') {
            node = Node::Product(Box::new(node), Box::new(self.factor()?));
        }
        Ok(node)
    }

    fn factor(&mut self) -> Result<Node, ExpressionError> {
        if self.takes('(') {
            let node = self.sum()?;
            return if self.takes(')') {
                Ok(node)
            } else {
                Err(ExpressionError::Malformed(self.at + 1))
            };
        }
        let start = self.at;
        let word = |c: &&char| c.is_ascii_alphanumeric() || **c == '_' || **c == '.';
        let rest = self.chars.get(start..).unwrap_or_default();
        let text: String = rest.iter().take_while(word).collect();
        self.at += text.chars().count();
        let malformed = || ExpressionError::Malformed(start + 1);
        if text.starts_with(|c: char| c.is_ascii_lowercase()) && !text.contains('.') {
            return Ok(Node::Name(text));
        }
        let plain = text.starts_with(|c: char| c.is_ascii_digit())
            && text.ends_with(|c: char| c.is_ascii_digit())
            && text.chars().all(|c| c.is_ascii_digit() || c == '.');
        let number = text.parse::<Decimal>().ok().filter(|_| plain);
        number.map(Node::Number).ok_or_else(malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worked_out(text: &str) -> Result<String, ExpressionError> {
        let of = |name: &str| match name {
            "base_salary" => Some(Decimal::from(2_340_000)),
            "tier1" => Some(Decimal::from(1_893)),
            "vat" => Some(Decimal::new(8, 2)),
            _ => None,
        };
        let value = Expression::parse(text)?.value(&of)?;
        Ok(value.normalize().to_string())
    }

    #[test]
    fn what_decrees_write_is_exact() {
        assert_eq!(worked_out("0.4 * base_salary"), Ok("936000".into()));
        assert_eq!(worked_out("30*tier1*(1+vat)"), Ok("61333.2".into()));
        assert_eq!(worked_out("1 + 2 * 3 - 4"), Ok("3".into()));
        assert_eq!(worked_out("(1 + 2) * 3"), Ok("9".into()));
        assert_eq!(worked_out("10 - 3 - 2"), Ok("5".into()));
    }

    #[test]
    fn what_is_no_expression_is_told_with_its_place() {
        for (text, at) in [
            ("", 1),
            ("1 +", 4),
            ("1 2", 3),
            ("(1", 3),
            ("1)", 2),
            (".5", 1),
            ("5.", 1),
            ("1.2.3", 1),
            ("1 / 2", 3),
            ("-1", 1),
            ("Tier", 1),
        ] {
            assert_eq!(
                worked_out(text),
                Err(ExpressionError::Malformed(at)),
                "{text:?}"
            );
        }
        assert_eq!(
            worked_out("other"),
            Err(ExpressionError::NoValue("other".into()))
        );
        assert_eq!(worked_out(&"(".repeat(400)), Err(ExpressionError::TooLong));
        let huge = "9999999999999999 * 9999999999999999";
        assert_eq!(worked_out(huge), Err(ExpressionError::TooLarge));
    }
}
