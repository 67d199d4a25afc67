//! The workbook that came, with its one sheet changed: every other part goes over byte for byte as
//! it was packed. What is not as expected is not guessed at: then the list is rebuilt from its
//! cells.

use std::collections::BTreeMap;
use std::io::{BufReader, Cursor, Read as _, Write as _};

use quick_xml::escape::escape;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::notes::{Notes, drawing, drawing_anew};
use super::plan::Plan;
use super::sheet::{Link, edit};
use super::styles::Styles;
use super::xml::{Document, Element};
use crate::import::limits::LARGEST_UNPACKED;

/// Why a workbook cannot be given back in its own package.
#[derive(Debug)]
pub(super) struct Unkept(pub(super) String);

impl<E: std::error::Error> From<E> for Unkept {
    fn from(error: E) -> Unkept {
        Unkept(error.to_string())
    }
}

/// What the main part of a workbook without macros is.
const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml";
const COMMENTS: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml";
const DRAWING: &str = "application/vnd.openxmlformats-officedocument.vmlDrawing";
const TYPES: &str = "[Content_Types].xml";
const DECLARED: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

/// Whether bytes are a package of this kind, and not of the open one of `.ods`.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    let archive = ZipArchive::new(Cursor::new(bytes));
    archive.is_ok_and(|archive| archive.index_for_name("content.xml").is_none())
}

/// The workbook with what is to change in one of its sheets.
pub(super) fn keep(bytes: &[u8], sheet: &str, plan: &Plan) -> Result<Vec<u8>, Unkept> {
    let mut package = Package::open(bytes)?;
    let found = package.find(sheet)?;
    let mut changed = Changed::new();
    let mut styles = Styles::read(&package.text(&found.styles)?)?;
    let links = package.relations(&found.sheet)?;
    let id = links.free_id();
    let link = Link {
        id: &id,
        namespace: &found.namespace,
    };
    changed.start(&found.sheet)?;
    let input = BufReader::new(package.open_part(&found.sheet)?);
    let link = (!plan.notes.is_empty()).then_some(&link);
    let drawing = edit(input, &mut changed.writer, plan, &mut styles, link)?;
    changed.add(&found.styles, &styles.finish()?)?;
    package.comment(
        &found,
        links,
        drawing.as_deref().unwrap_or(&id),
        plan,
        &mut changed,
    )?;
    package.with(changed)
}

/// The parts that a sheet has to do with.
struct Found {
    sheet: String,
    styles: String,
    /// What the kinds of relationships begin with, and the namespace of references to them.
    namespace: String,
}

/// A package and the names of its parts.
struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    names: Vec<String>,
}

impl<'a> Package<'a> {
    fn open(bytes: &'a [u8]) -> Result<Package<'a>, Unkept> {
        let archive = ZipArchive::new(Cursor::new(bytes))?;
        let mut names = Vec::with_capacity(archive.len());
        for name in archive.file_names() {
            names.push(name?.into_owned());
        }
        let spoils = |name: &&String| {
            let name = name.to_ascii_lowercase();
            // A signature would no longer be true; macros are not given back.
            name.starts_with("_xmlsignatures/") || name.ends_with("vbaproject.bin")
        };
        match names.iter().find(spoils) {
            Some(name) => Err(Unkept(name.clone())),
            None => Ok(Package { archive, names }),
        }
    }

    /// The name of a part as the package writes it: case does not tell parts apart.
    fn written(&self, part: &str) -> Option<&String> {
        let exact = self.names.iter().find(|name| *name == part);
        exact.or_else(|| {
            let mut names = self.names.iter();
            names.find(|name| name.eq_ignore_ascii_case(part))
        })
    }

    fn open_part(&mut self, part: &str) -> Result<impl std::io::Read + use<'_, 'a>, Unkept> {
        let name = self.written(part).cloned();
        let name = name.ok_or_else(|| Unkept(format!("no part {part}")))?;
        Ok(self.archive.by_name(&name)?.take(LARGEST_UNPACKED))
    }

    fn text(&mut self, part: &str) -> Result<String, Unkept> {
        let mut text = String::new();
        self.open_part(part)?.read_to_string(&mut text)?;
        Ok(match text.strip_prefix('\u{feff}') {
            Some(text) => text.to_owned(),
            None => text,
        })
    }

    /// Finds a sheet by its name, and the styles.
    fn find(&mut self, sheet: &str) -> Result<Found, Unkept> {
        let missing = |what: &str| Unkept(format!("the package names no {what}"));
        let root = self.relations("")?;
        let book = root
            .of_kind("/officeDocument")?
            .ok_or_else(|| missing("workbook"))?;
        let types = Document::parse(&self.text(TYPES)?)?;
        let part = format!("/{}", book.target);
        let mut own = Ok(None);
        for kind in types.root.elements() {
            let is_own = kind
                .attribute("PartName")?
                .is_some_and(|it| it.eq_ignore_ascii_case(&part));
            if kind.local() == "Override" && is_own {
                own = kind.attribute("ContentType");
            }
        }
        if own?.as_deref() != Some(WORKBOOK) {
            return Err(missing("workbook without macros"));
        }
        let links = self.relations(&book.target)?;
        let styles = links.of_kind("/styles")?.ok_or_else(|| missing("styles"))?;
        let book = Document::parse(&self.text(&book.target)?)?;
        let sheets = book.root.child("sheets").ok_or_else(|| missing("sheets"))?;
        let mut id = None;
        for one in sheets.elements() {
            let is_it = one.attribute("name")?.as_deref() == Some(sheet);
            if is_it && id.replace(one.link()?).is_some() {
                return Err(missing("sheet of its own name"));
            }
        }
        let id = id.flatten();
        let sheet = links
            .of_id(id.as_deref())?
            .ok_or_else(|| missing("such sheet"))?;
        let namespace = sheet.kind.strip_suffix("/worksheet");
        Ok(Found {
            namespace: namespace
                .ok_or_else(|| missing("sheet of cells"))?
                .to_owned(),
            sheet: sheet.target,
            styles: styles.target,
        })
    }

    /// What a part refers to; nothing where it says so nowhere.
    fn relations(&mut self, part: &str) -> Result<Relations, Unkept> {
        let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
        let slash = if folder.is_empty() { "" } else { "/" };
        let name = format!("{folder}{slash}_rels/{file}.rels");
        let document = match self.written(&name).cloned() {
            Some(name) => Document::parse(&self.text(&name)?)?,
            None => Document::parse(
                "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"/>",
            )?,
        };
        Ok(Relations {
            folder: folder.to_owned(),
            name,
            document,
        })
    }

    /// What is said of cells: beside the comments that the sheet has, or in a part of its own.
    fn comment(
        &mut self,
        found: &Found,
        mut links: Relations,
        drawing_id: &str,
        plan: &Plan,
        changed: &mut Changed,
    ) -> Result<(), Unkept> {
        let old = links.of_kind("/comments")?;
        if old.is_none() && plan.notes.is_empty() {
            return Ok(());
        }
        let (part, comments) = match &old {
            Some(old) => (
                old.target.clone(),
                Document::parse(&self.text(&old.target)?)?,
            ),
            None => (
                self.free("xl/comments", ".xml"),
                Notes::none(&found.namespace)?,
            ),
        };
        let mut notes = Notes::edit(comments, &plan.notes)?;
        changed.add(&part, &notes.text())?;
        let mut types = Document::parse(&self.text(TYPES)?)?;
        if old.is_none() {
            let id = links.free_id_but(drawing_id);
            links.add(&id, &format!("{}/comments", found.namespace), &part);
            let prefix = types.root.prefix();
            types.root.push(Element::new(format!(
                "{prefix}Override PartName=\"/{part}\" ContentType=\"{COMMENTS}\""
            )));
        }
        match links.of_id(Some(drawing_id))? {
            Some(old) => {
                let text = drawing(&self.text(&old.target)?, &notes.gone, &notes.new)?;
                changed.add(&old.target, &text)?;
            }
            None if notes.new.is_empty() => {}
            None => {
                notes.new.sort_unstable();
                let part = self.free("xl/drawings/vmlDrawing", ".vml");
                changed.add(&part, &drawing_anew(&notes.new))?;
                links.add(
                    drawing_id,
                    &format!("{}/vmlDrawing", found.namespace),
                    &part,
                );
            }
        }
        declare_drawings(&mut types)?;
        let (before, after) = (self.text(TYPES)?, types.text());
        if before != after {
            changed.add(TYPES, &after)?;
        }
        changed.add(&links.name, &links.text())
    }

    /// The first name of this kind that no part has.
    fn free(&self, begin: &str, end: &str) -> String {
        let names = (1_u32..).map(|number| format!("{begin}{number}{end}"));
        let mut free = names.skip_while(|name| self.written(name).is_some());
        free.next().unwrap_or_default()
    }

    /// The package with the parts that were changed in their places, and new ones behind.
    fn with(mut self, changed: Changed) -> Result<Vec<u8>, Unkept> {
        let mut changed = ZipArchive::new(changed.writer.finish()?)?;
        let mut left: BTreeMap<String, usize> = BTreeMap::new();
        for place in 0..changed.len() {
            let name = changed.by_index_raw(place)?.name()?.into_owned();
            let written = self.written(&name).cloned();
            left.insert(written.unwrap_or(name), place);
        }
        let mut out = ZipWriter::new(Cursor::new(Vec::new()));
        for (place, name) in self.names.iter().enumerate() {
            match left.remove(name) {
                Some(place) => {
                    let part = changed.by_index_raw(place)?;
                    out.raw_copy_file_rename(part, name.as_str())?;
                }
                None => out.raw_copy_file(self.archive.by_index_raw(place)?)?,
            }
        }
        for place in left.into_values() {
            out.raw_copy_file(changed.by_index_raw(place)?)?;
        }
        Ok(out.finish()?.into_inner())
    }
}

/// Parts that are changed or new, packed while they are made.
struct Changed {
    writer: ZipWriter<Cursor<Vec<u8>>>,
}

impl Changed {
    fn new() -> Changed {
        let writer = ZipWriter::new(Cursor::new(Vec::new()));
        Changed { writer }
    }

    fn start(&mut self, part: &str) -> Result<(), Unkept> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default());
        Ok(self.writer.start_file(part, options)?)
    }

    fn add(&mut self, part: &str, text: &str) -> Result<(), Unkept> {
        self.start(part)?;
        Ok(self.writer.write_all(text.as_bytes())?)
    }
}

/// What a part refers to.
struct Relations {
    /// Where the part stands that they are of.
    folder: String,
    name: String,
    document: Document,
}

/// One of them.
struct Relation {
    kind: String,
    target: String,
}

impl Relations {
    fn find(
        &self,
        is_it: impl Fn(&Element) -> Result<bool, Unkept>,
    ) -> Result<Option<Relation>, Unkept> {
        for one in self.document.root.elements() {
            if !is_it(one)? || one.attribute("TargetMode")?.as_deref() == Some("External") {
                continue;
            }
            let target = one.attribute("Target")?.unwrap_or_default();
            return Ok(Some(Relation {
                kind: one.attribute("Type")?.unwrap_or_default(),
                target: resolved(&self.folder, &target)?,
            }));
        }
        Ok(None)
    }

    fn of_kind(&self, end: &str) -> Result<Option<Relation>, Unkept> {
        self.find(|one| {
            Ok(one
                .attribute("Type")?
                .is_some_and(|kind| kind.ends_with(end)))
        })
    }

    fn of_id(&self, id: Option<&str>) -> Result<Option<Relation>, Unkept> {
        self.find(|one| Ok(id.is_some() && one.attribute("Id")?.as_deref() == id))
    }

    /// An id that none has.
    fn free_id(&self) -> String {
        self.free_id_but("")
    }

    fn free_id_but(&self, but: &str) -> String {
        let ids = self.document.root.elements();
        let taken: Vec<String> = ids.filter_map(|one| one.attribute("Id").ok()?).collect();
        let mut names = (1_u32..).map(|number| format!("rIdS{number}"));
        let free = names.find(|name| name != but && !taken.contains(name));
        free.unwrap_or_default()
    }

    fn add(&mut self, id: &str, kind: &str, part: &str) {
        let (prefix, kind) = (self.document.root.prefix(), escape(kind));
        self.document.root.push(Element::new(format!(
            "{prefix}Relationship Id=\"{id}\" Type=\"{kind}\" Target=\"/{part}\""
        )));
    }

    fn text(&self) -> String {
        let text = self.document.text();
        match text.starts_with("<?xml") {
            true => text,
            false => format!("{DECLARED}{text}"),
        }
    }
}

/// Says what drawings of comments are, where that is not said.
fn declare_drawings(types: &mut Document) -> Result<(), Unkept> {
    for kind in types.root.elements() {
        let ending = kind.attribute("Extension")?;
        if ending.is_some_and(|ending| ending.eq_ignore_ascii_case("vml")) {
            return Ok(());
        }
    }
    let prefix = types.root.prefix();
    types.root.push(Element::new(format!(
        "{prefix}Default Extension=\"vml\" ContentType=\"{DRAWING}\""
    )));
    Ok(())
}

/// The name of a part that is referred to from a folder.
fn resolved(folder: &str, target: &str) -> Result<String, Unkept> {
    let whole = match target.strip_prefix('/') {
        Some(whole) => whole.to_owned(),
        None => format!("{folder}/{target}"),
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                let up = parts.pop();
                up.ok_or_else(|| Unkept("a reference out of the package".to_owned()))?;
            }
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_followed_from_where_they_stand() {
        for (folder, target, part) in [
            ("", "xl/workbook.xml", "xl/workbook.xml"),
            ("xl", "worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
            ("xl/worksheets", "../comments1.xml", "xl/comments1.xml"),
            ("xl", "/xl/./a.xml", "xl/a.xml"),
        ] {
            assert_eq!(resolved(folder, target).unwrap(), part);
        }
        assert!(resolved("xl", "../../etc").is_err());
    }
}
