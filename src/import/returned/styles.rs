//! The looks of cells: a cell that is wrong keeps its own and becomes red. Looks are added at the
//! end, so that no number of one that is there changes.
//!
//! A list can be given back twice, so a red look must lead back to the one that it was made of. The
//! fill says so itself: behind the red it names the colour that it covers, which no program shows.

use std::collections::BTreeMap;

use super::package::Unkept;
use super::xml::{Document, Element};

/// The red of a cell that is wrong: near to the red of spreadsheets, and not the same, so that
/// nobody else's red is taken for it.
const RED: &str = "FFFFC6CC";

/// The looks of a workbook.
pub(super) struct Styles {
    document: Document,
    prefix: String,
    fills: Vec<Fill>,
    /// The looks of cells, as written.
    looks: Vec<String>,
    /// Where a look stands, by what it says.
    known: BTreeMap<String, u32>,
    wrong: BTreeMap<u32, u32>,
    plain: BTreeMap<u32, u32>,
    own_fills: usize,
    own_looks: usize,
}

/// A fill, as far as it can be one of ours or covered by one.
#[derive(Clone, PartialEq, Eq)]
enum Fill {
    /// All of one colour: the attributes that name it.
    Solid(String),
    /// Our red, and the colour that it covers.
    Red(Option<String>),
    Other,
}

fn missing(what: &str) -> Unkept {
    Unkept(format!("no {what} in the styles"))
}

impl Styles {
    pub(super) fn read(text: &str) -> Result<Styles, Unkept> {
        let document = Document::parse(text)?;
        let fills = document
            .root
            .child("fills")
            .ok_or_else(|| missing("fills"))?;
        let fills = fills.elements().map(Fill::read);
        let fills = fills.collect::<Result<Vec<Fill>, _>>()?;
        let looks = document
            .root
            .child("cellXfs")
            .ok_or_else(|| missing("cellXfs"))?;
        let looks: Vec<String> = looks.elements().map(Element::written).collect();
        let mut known = BTreeMap::new();
        for (place, look) in (0..).zip(&looks) {
            known.entry(look.clone()).or_insert(place);
        }
        Ok(Styles {
            prefix: document.root.prefix(),
            own_fills: fills.len(),
            own_looks: looks.len(),
            document,
            fills,
            looks,
            known,
            wrong: BTreeMap::new(),
            plain: BTreeMap::new(),
        })
    }

    /// The look of a cell that is wrong.
    pub(super) fn wrong(&mut self, look: u32) -> Result<u32, Unkept> {
        if let Some(wrong) = self.wrong.get(&look) {
            return Ok(*wrong);
        }
        let wrong = match self.fill_of(look)? {
            Some(Fill::Red(_)) => look,
            fill => {
                let covered = match fill {
                    Some(Fill::Solid(colour)) => Some(colour),
                    _ => None,
                };
                let fill = self.fill(Fill::Red(covered));
                self.with_fill(look, fill)?
            }
        };
        self.wrong.insert(look, wrong);
        Ok(wrong)
    }

    /// The look that a cell had before it was wrong: its own, where it never was.
    pub(super) fn plain(&mut self, look: u32) -> Result<u32, Unkept> {
        if let Some(plain) = self.plain.get(&look) {
            return Ok(*plain);
        }
        let plain = match self.fill_of(look)? {
            Some(Fill::Red(covered)) => {
                // Some programs write a colour of their own there: it is one of the workbook only
                // if another fill has it.
                let known = covered.and_then(|colour| {
                    let solid = Fill::Solid(colour);
                    self.fills.iter().position(|fill| *fill == solid)
                });
                self.with_fill(look, known.unwrap_or(0))?
            }
            _ => look,
        };
        self.plain.insert(look, plain);
        Ok(plain)
    }

    fn look(&self, look: u32) -> Result<Element, Unkept> {
        let place = usize::try_from(look).unwrap_or(usize::MAX);
        let written = self.looks.get(place).ok_or_else(|| missing("such look"))?;
        Ok(Document::parse(written)?.root)
    }

    fn fill_of(&self, look: u32) -> Result<Option<Fill>, Unkept> {
        let fill = self.look(look)?.attribute("fillId")?;
        let fill: usize = fill.and_then(|fill| fill.parse().ok()).unwrap_or(0);
        Ok(self.fills.get(fill).cloned())
    }

    fn fill(&mut self, fill: Fill) -> usize {
        let known = self.fills.iter().position(|known| *known == fill);
        known.unwrap_or_else(|| {
            self.fills.push(fill);
            self.fills.len() - 1
        })
    }

    fn with_fill(&mut self, look: u32, fill: usize) -> Result<u32, Unkept> {
        let mut element = self.look(look)?;
        element.set("fillId", Some(&fill.to_string()))?;
        element.set("applyFill", Some("1"))?;
        let written = element.written();
        if let Some(known) = self.known.get(&written) {
            return Ok(*known);
        }
        let place = u32::try_from(self.looks.len()).map_err(|_| missing("room"))?;
        self.known.insert(written.clone(), place);
        self.looks.push(written);
        Ok(place)
    }

    /// The part with what was added.
    pub(super) fn finish(mut self) -> Result<String, Unkept> {
        let prefix = &self.prefix;
        let fills = self.fills.iter().skip(self.own_fills);
        let fills = fills.map(|fill| fill.element(prefix)).collect();
        extend(&mut self.document.root, "fills", fills)?;
        let looks = self.looks.iter().skip(self.own_looks);
        let looks = looks.map(|look| Ok(Document::parse(look)?.root));
        let looks = looks.collect::<Result<Vec<Element>, Unkept>>()?;
        extend(&mut self.document.root, "cellXfs", looks)?;
        Ok(self.document.text())
    }
}

/// Adds elements to a list of them, and counts it anew.
fn extend(root: &mut Element, local: &str, more: Vec<Element>) -> Result<(), Unkept> {
    let list = root.child_mut(local).ok_or_else(|| missing(local))?;
    if more.is_empty() {
        return Ok(());
    }
    more.into_iter().for_each(|one| list.push(one));
    let count = list.elements().count().to_string();
    list.set("count", Some(&count))
}

impl Fill {
    fn read(fill: &Element) -> Result<Fill, Unkept> {
        let Some(pattern) = fill.child("patternFill") else {
            return Ok(Fill::Other);
        };
        if pattern.attribute("patternType")?.as_deref() != Some("solid") {
            return Ok(Fill::Other);
        }
        let Some(front) = pattern.child("fgColor") else {
            return Ok(Fill::Other);
        };
        let is_red = front.attribute("rgb")?;
        if !is_red.is_some_and(|rgb| rgb.eq_ignore_ascii_case(RED)) {
            return Ok(Fill::Solid(front.attributes()));
        }
        let covered = pattern.child("bgColor").map(Element::attributes);
        Ok(Fill::Red(covered.filter(|colour| colour != NONE)))
    }

    fn element(&self, prefix: &str) -> Element {
        let mut pattern = Element::new(format!("{prefix}patternFill patternType=\"solid\""));
        let (front, back) = match self {
            Fill::Red(covered) => (format!("rgb=\"{RED}\""), covered.as_deref()),
            Fill::Solid(colour) => (colour.clone(), None),
            Fill::Other => (NONE.to_owned(), None),
        };
        pattern.push(Element::new(format!("{prefix}fgColor {front}")));
        let back = back.unwrap_or(NONE);
        pattern.push(Element::new(format!("{prefix}bgColor {back}")));
        let mut fill = Element::new(format!("{prefix}fill"));
        fill.push(pattern);
        fill
    }
}

/// The colour behind a fill that has none.
const NONE: &str = "indexed=\"64\"";

#[cfg(test)]
mod tests {
    use super::*;

    const PART: &str = "<styleSheet><fills count=\"3\"><fill><patternFill patternType=\"none\"/>\
        </fill><fill><patternFill patternType=\"gray125\"/></fill><fill><patternFill \
        patternType=\"solid\"><fgColor theme=\"4\"/></patternFill></fill></fills><cellXfs count=\
        \"2\"><xf numFmtId=\"3\" fillId=\"0\"/><xf fillId=\"2\"><alignment wrapText=\"1\"/></xf>\
        </cellXfs></styleSheet>";

    #[test]
    fn a_red_look_leads_back_to_the_one_it_was_made_of() {
        let mut styles = Styles::read(PART).unwrap();
        assert_eq!(styles.plain(1).unwrap(), 1);
        let (first, second) = (styles.wrong(0).unwrap(), styles.wrong(1).unwrap());
        assert_eq!((first, second), (2, 3));
        assert_eq!(styles.wrong(1).unwrap(), 3);
        let once = styles.finish().unwrap();
        assert!(once.contains("<fills count=\"5\">") && once.contains("<cellXfs count=\"4\">"));

        let mut styles = Styles::read(&once).unwrap();
        assert_eq!(styles.wrong(3).unwrap(), 3, "it is red already");
        let plain = styles.plain(3).unwrap();
        let written = styles.look(plain).unwrap().written();
        assert!(
            written.contains("fillId=\"2\"") && written.contains("wrapText"),
            "{written}"
        );
        assert_eq!(styles.wrong(plain).unwrap(), 3, "nothing grows");
        let plain = styles.plain(2).unwrap();
        let written = styles.look(plain).unwrap().written();
        assert!(written.contains("fillId=\"0\"") && written.contains("numFmtId=\"3\""));
    }

    #[test]
    fn a_look_that_is_not_there_is_refused() {
        let mut styles = Styles::read(PART).unwrap();
        assert!(styles.wrong(2).is_err() && styles.plain(9).is_err());
        assert!(Styles::read("<styleSheet/>").is_err());
    }
}
