//! The files of the package beside the body: what Word wants to find.

use std::fmt::Write;

use super::super::super::model::Report;
use super::super::flow::{page, size};
use super::package::Entry;
use super::paragraph::escape;
use crate::domain::language::Lang;

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const MAIN: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const KIND: &str = "application/vnd.openxmlformats-officedocument";

/// All files of a document with a body.
pub(super) fn entries(report: &Report, body: &str) -> Vec<Entry> {
    let files = [
        ("[Content_Types].xml", content_types()),
        ("_rels/.rels", package_relations()),
        ("docProps/core.xml", core(report)),
        ("docProps/custom.xml", custom(report)),
        ("word/_rels/document.xml.rels", relations()),
        ("word/document.xml", document(body)),
        ("word/header1.xml", page_number()),
        ("word/header2.xml", no_number()),
        ("word/settings.xml", settings()),
        ("word/styles.xml", styles(report.language)),
    ];
    let entry = |(name, text): (&str, String)| (name.to_owned(), format!("{XML}{text}").into());
    files.into_iter().map(entry).collect()
}

/// Writes the fingerprint into somebody's package, where it has no such properties of its own.
pub(in super::super) fn mark(entries: &mut Vec<Entry>, report: &Report) {
    let name = "docProps/custom.xml";
    if entries.iter().any(|(known, _)| known == name) {
        return;
    }
    let kind = format!("{KIND}.custom-properties+xml");
    let part = format!("<Override PartName=\"/{name}\" ContentType=\"{kind}\"/></Types>");
    let of = format!("{OFFICE}/relationships/custom-properties");
    let to = format!("<Relationship Id=\"rIdSocai\" Type=\"{of}\" Target=\"{name}\"/>");
    let to = format!("{to}</Relationships>");
    for (known, bytes) in entries.iter_mut() {
        let (end, more) = match known.as_str() {
            "[Content_Types].xml" => ("</Types>", &part),
            "_rels/.rels" => ("</Relationships>", &to),
            _ => continue,
        };
        if let Ok(text) = std::str::from_utf8(bytes) {
            *bytes = text.replacen(end, more, 1).into_bytes();
        }
    }
    entries.push((name.to_owned(), format!("{XML}{}", custom(report)).into()));
}

fn content_types() -> String {
    let mut out = format!("<Types xmlns=\"{PACKAGE}/content-types\">");
    let rels = "application/vnd.openxmlformats-package.relationships+xml";
    let _ = write!(
        out,
        "<Default Extension=\"rels\" ContentType=\"{rels}\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>"
    );
    let word = "wordprocessingml";
    for (part, kind) in [
        (
            "/word/document.xml",
            format!("{KIND}.{word}.document.main+xml"),
        ),
        ("/word/header1.xml", format!("{KIND}.{word}.header+xml")),
        ("/word/header2.xml", format!("{KIND}.{word}.header+xml")),
        ("/word/settings.xml", format!("{KIND}.{word}.settings+xml")),
        ("/word/styles.xml", format!("{KIND}.{word}.styles+xml")),
        (
            "/docProps/core.xml",
            "application/vnd.openxmlformats-package.core-properties+xml".to_owned(),
        ),
        (
            "/docProps/custom.xml",
            format!("{KIND}.custom-properties+xml"),
        ),
    ] {
        let _ = write!(
            out,
            "<Override PartName=\"{part}\" ContentType=\"{kind}\"/>"
        );
    }
    out.push_str("</Types>");
    out
}

fn relationships(list: &[(&str, String, &str)]) -> String {
    let mut out = format!("<Relationships xmlns=\"{PACKAGE}/relationships\">");
    for (id, kind, target) in list {
        let _ = write!(
            out,
            "<Relationship Id=\"{id}\" Type=\"{kind}\" Target=\"{target}\"/>"
        );
    }
    out.push_str("</Relationships>");
    out
}

fn package_relations() -> String {
    let office = |name: &str| format!("{OFFICE}/relationships/{name}");
    let core = format!("{PACKAGE}/relationships/metadata/core-properties");
    relationships(&[
        ("rId1", office("officeDocument"), "word/document.xml"),
        ("rId2", core, "docProps/core.xml"),
        ("rId3", office("custom-properties"), "docProps/custom.xml"),
    ])
}

fn relations() -> String {
    let office = |name: &str| format!("{OFFICE}/relationships/{name}");
    relationships(&[
        ("rId1", office("styles"), "styles.xml"),
        ("rId2", office("settings"), "settings.xml"),
        ("rId3", office("header"), "header1.xml"),
        ("rId4", office("header"), "header2.xml"),
    ])
}

/// What the document is called. The time is that of its data.
fn core(report: &Report) -> String {
    let header = &report.header;
    let title = escape(&format!("{} {}", header.title, header.subject));
    let issuer = escape(&header.issuer.join(" "));
    let at = report.as_of.at.split('.').next().unwrap_or_default();
    let at = format!("{}Z", at.trim_end_matches('Z'));
    let mut out = format!(
        "<cp:coreProperties xmlns:cp=\"{PACKAGE}/metadata/core-properties\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:dcterms=\"http://purl.org/dc/terms/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
         <dc:title>{title}</dc:title><dc:creator>{issuer}</dc:creator>"
    );
    for tag in ["created", "modified"] {
        let _ = write!(
            out,
            "<dcterms:{tag} xsi:type=\"dcterms:W3CDTF\">{at}</dcterms:{tag}>"
        );
    }
    let _ = write!(
        out,
        "<dc:language>{}</dc:language></cp:coreProperties>",
        report.language.tag()
    );
    out
}

/// The fingerprint, for programs.
fn custom(report: &Report) -> String {
    let types = format!("{OFFICE}/docPropsVTypes");
    let mut out = format!("<Properties xmlns=\"{OFFICE}/custom-properties\" xmlns:vt=\"{types}\">");
    let digest = report.digest.clone().unwrap_or_default();
    let seq = report.as_of.seq.to_string();
    let marks = [
        ("socai-seq", &seq),
        ("socai-root", &report.as_of.root),
        ("socai-digest", &digest),
    ];
    for (place, (name, value)) in (2..).zip(marks) {
        let _ = write!(
            out,
            "<property fmtid=\"{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}\" pid=\"{place}\" \
             name=\"{name}\"><vt:lpwstr>{}</vt:lpwstr></property>",
            escape(value)
        );
    }
    out.push_str("</Properties>");
    out
}

fn document(body: &str) -> String {
    let (width, height) = (page::WIDTH, page::HEIGHT);
    let (top, left, right, number) = (page::TOP, page::LEFT, page::RIGHT, page::NUMBER);
    format!(
        "<w:document xmlns:w=\"{MAIN}\" xmlns:r=\"{OFFICE}/relationships\"><w:body>{body}\
         <w:sectPr><w:headerReference w:type=\"default\" r:id=\"rId3\"/>\
         <w:headerReference w:type=\"first\" r:id=\"rId4\"/>\
         <w:pgSz w:w=\"{width}\" w:h=\"{height}\"/>\
         <w:pgMar w:top=\"{top}\" w:right=\"{right}\" w:bottom=\"{top}\" w:left=\"{left}\" \
         w:header=\"{number}\" w:footer=\"{number}\" w:gutter=\"0\"/><w:titlePg/></w:sectPr>\
         </w:body></w:document>"
    )
}

/// The number of the page, in the middle of the upper margin.
fn page_number() -> String {
    let size = size::BODY / 10;
    let look = format!("<w:rPr><w:sz w:val=\"{size}\"/><w:szCs w:val=\"{size}\"/></w:rPr>");
    let field = |kind: &str| format!("<w:r>{look}<w:fldChar w:fldCharType=\"{kind}\"/></w:r>");
    format!(
        "<w:hdr xmlns:w=\"{MAIN}\"><w:p><w:pPr><w:jc w:val=\"center\"/></w:pPr>{}\
         <w:r>{look}<w:instrText xml:space=\"preserve\"> PAGE </w:instrText></w:r>{}\
         <w:r>{look}<w:t>2</w:t></w:r>{}</w:p></w:hdr>",
        field("begin"),
        field("separate"),
        field("end")
    )
}

/// The first page has no number.
fn no_number() -> String {
    format!("<w:hdr xmlns:w=\"{MAIN}\"><w:p/></w:hdr>")
}

fn settings() -> String {
    let compatible = "http://schemas.microsoft.com/office/word";
    format!(
        "<w:settings xmlns:w=\"{MAIN}\"><w:zoom w:percent=\"100\"/>\
         <w:defaultTabStop w:val=\"720\"/><w:characterSpacingControl w:val=\"doNotCompress\"/>\
         <w:compat><w:compatSetting w:name=\"compatibilityMode\" w:uri=\"{compatible}\" \
         w:val=\"15\"/></w:compat></w:settings>"
    )
}

/// Times New Roman 14, black; headings that Word's own outline knows.
fn styles(lang: Lang) -> String {
    let font = "Times New Roman";
    let size = size::BODY / 10;
    let tag = lang.pick("vi-VN", "en-GB");
    let mut out = format!(
        "<w:styles xmlns:w=\"{MAIN}\"><w:docDefaults><w:rPrDefault><w:rPr>\
         <w:rFonts w:ascii=\"{font}\" w:eastAsia=\"{font}\" w:hAnsi=\"{font}\" w:cs=\"{font}\"/>\
         <w:color w:val=\"000000\"/><w:sz w:val=\"{size}\"/><w:szCs w:val=\"{size}\"/>\
         <w:lang w:val=\"{tag}\" w:eastAsia=\"{tag}\"/></w:rPr></w:rPrDefault>\
         <w:pPrDefault><w:pPr><w:spacing w:after=\"0\" w:line=\"240\" w:lineRule=\"auto\"/>\
         </w:pPr></w:pPrDefault></w:docDefaults>\
         <w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\">\
         <w:name w:val=\"Normal\"/><w:qFormat/></w:style>\
         <w:style w:type=\"table\" w:default=\"1\" w:styleId=\"TableNormal\">\
         <w:name w:val=\"Normal Table\"/><w:uiPriority w:val=\"99\"/><w:tblPr>\
         <w:tblInd w:w=\"0\" w:type=\"dxa\"/></w:tblPr></w:style>"
    );
    for depth in 1..=3 {
        let italic = if depth > 2 { "<w:i/><w:iCs/>" } else { "" };
        let _ = write!(
            out,
            "<w:style w:type=\"paragraph\" w:styleId=\"Heading{depth}\">\
             <w:name w:val=\"heading {depth}\"/><w:basedOn w:val=\"Normal\"/>\
             <w:next w:val=\"Normal\"/><w:uiPriority w:val=\"9\"/><w:qFormat/>\
             <w:pPr><w:keepNext/><w:outlineLvl w:val=\"{}\"/></w:pPr>\
             <w:rPr><w:b/><w:bCs/>{italic}</w:rPr></w:style>",
            depth - 1
        );
    }
    out.push_str("</w:styles>");
    out
}
