//! HTML by the first rules, for the reports that were issued by them: `super::html` is what is
//! written now. It needs nothing else: no script, no image, no other file. It is set as Decree
//! 30/2020/NĐ-CP has an office's documents (A4, its margins, Times New Roman 13 to 14), so that
//! printing it gives the document.

use super::html::escape;
use super::{date_line, fingerprint, number_line, phrases};
use crate::report::model::{Block, Chart, Report, Section, Table};
use crate::report::narrative::Paragraph;

/// Space left for what is written by hand on a draft.
const BLANK: &str = "\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}";

/// The deepest heading HTML has.
const DEEPEST: usize = 6;

const STYLE: &str = "\
@page{size:A4;margin:20mm 15mm 20mm 30mm}
body{font:14pt/1.35 \"Times New Roman\",\"Liberation Serif\",serif;color:#000;background:#fff;\
max-width:165mm;margin:0 auto}
h1,.subject{font-size:14pt;text-align:center;margin:0;font-weight:bold}
h1{margin-top:18pt}
.subject{margin-bottom:12pt}
h2,h3,h4,h5,h6{font-size:14pt;margin:10pt 0 4pt;break-after:avoid}
h3,h5{font-style:italic}
p{margin:4pt 0;text-align:justify;text-indent:10mm}
p.item{text-indent:0;padding-left:10mm}
table.data{border-collapse:collapse;width:100%;font-size:12pt;margin:2pt 0 10pt}
.data caption{text-align:left;font-style:italic;padding:4pt 0}
.data th,.data td{border:.5pt solid #000;padding:2pt 4pt;text-align:left;vertical-align:top}
.data td.number,.data th.number{text-align:right}
.data thead{display:table-header-group}
.data tr{break-inside:avoid}
.data tfoot td{font-weight:bold}
.sides{width:100%;border-collapse:collapse}
.sides td{width:50%;vertical-align:top;text-align:center;padding:0 2pt;font-size:13pt}
.sides td.left{text-align:left;font-size:11pt}
.sides ul{margin:0;padding-left:5mm}
.sign{margin-top:14pt;break-inside:avoid}
.sign td:last-child{padding-bottom:25mm}
@media print{.annexes{break-before:page}}
.rule{display:block;width:30%;border-top:.5pt solid #000;margin:2pt auto}
footer{margin-top:18pt;border-top:.5pt solid #000;font:8pt/1.3 monospace;\
overflow-wrap:anywhere}
";

/// Renders a report as one HTML page, ending in a line break.
pub(super) fn html(report: &Report) -> String {
    let mut page = Page::default();
    page.head(report);
    page.blocks(&report.opening);
    for section in &report.sections {
        page.section(section, 2);
    }
    page.blocks(&report.closing);
    page.foot(report);
    page.line("<div class=\"annexes\">");
    for section in &report.annexes {
        page.section(section, 2);
    }
    page.line("</div>");
    page.line("<footer>");
    for line in fingerprint(report) {
        page.line(&format!("<div>{}</div>", escape(&line)));
    }
    page.line("</footer>");
    page.line("</body>");
    page.line("</html>");
    page.text
}

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn head(&mut self, report: &Report) {
        let header = &report.header;
        self.line("<!DOCTYPE html>");
        self.line(&format!("<html lang=\"{}\">", report.language.tag()));
        self.line("<head>");
        self.line("<meta charset=\"utf-8\">");
        let digest = report.digest.as_deref().unwrap_or_default();
        for (name, content) in [
            ("socai-seq", report.as_of.seq.to_string().as_str()),
            ("socai-root", &report.as_of.root),
            ("socai-digest", digest),
        ] {
            let content = escape(content);
            self.line(&format!("<meta name=\"{name}\" content=\"{content}\">"));
        }
        let title = escape(&format!("{} {}", header.title, header.subject));
        self.line(&format!("<title>{title}</title>"));
        self.line(&format!("<style>\n{STYLE}</style>"));
        self.line("</head>");
        self.line("<body>");
        self.line("<table class=\"sides\">");
        let side = |lines: &[String]| {
            let lines: Vec<String> = lines.iter().map(|line| escape(line)).collect();
            format!("<b>{}</b><span class=\"rule\"></span>", lines.join("<br>"))
        };
        let (issuer, motto) = (side(&header.issuer), side(&header.motto));
        self.line(&format!("<tr><td>{issuer}</td><td>{motto}</td></tr>"));
        let number = escape(&number_line(report, BLANK));
        let date = escape(&date_line(report, BLANK));
        self.line(&format!("<tr><td>{number}</td><td><i>{date}</i></td></tr>"));
        self.line("</table>");
        self.line(&format!("<h1>{}</h1>", escape(&header.title)));
        let subject = escape(&header.subject);
        self.line(&format!("<div class=\"subject\">{subject}</div>"));
    }

    fn section(&mut self, section: &Section, depth: usize) {
        let words = match &section.number {
            Some(number) => format!("{number} {}", section.heading),
            None => section.heading.clone(),
        };
        let (level, words) = (depth.min(DEEPEST), escape(&words));
        self.line(&format!("<h{level}>{words}</h{level}>"));
        self.blocks(&section.blocks);
        for part in &section.sections {
            self.section(part, depth + 1);
        }
    }

    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            match block {
                Block::Paragraph(paragraph) => self.paragraph(paragraph),
                Block::Table(table) | Block::Chart(Chart { table, .. }) => self.table(table),
            }
        }
    }

    /// The mark of an item is printed as it stands: a list of HTML would number anew.
    fn paragraph(&mut self, paragraph: &Paragraph) {
        let text = escape(&paragraph.text);
        self.line(&match &paragraph.mark {
            Some(mark) => format!("<p class=\"item\">{} {text}</p>", escape(mark)),
            None => format!("<p>{text}</p>"),
        });
    }

    fn table(&mut self, table: &Table) {
        self.line("<table class=\"data\">");
        self.line(&format!("<caption>{}</caption>", escape(&table.title)));
        let labels: Vec<String> = table.columns.iter().map(|c| c.label.clone()).collect();
        self.line("<thead>");
        self.row(table, &labels, "th");
        self.line("</thead>");
        self.line("<tbody>");
        for row in &table.rows {
            self.row(table, row, "td");
        }
        self.line("</tbody>");
        if !table.total.is_empty() {
            self.line("<tfoot>");
            self.row(table, &table.total, "td");
            self.line("</tfoot>");
        }
        self.line("</table>");
    }

    fn row(&mut self, table: &Table, cells: &[String], tag: &str) {
        let cell = |(column, cell): (&crate::report::model::Column, &String)| {
            let class = if column.number {
                " class=\"number\""
            } else {
                ""
            };
            format!("<{tag}{class}>{}</{tag}>", escape(cell))
        };
        let cells: Vec<String> = table.columns.iter().zip(cells).map(cell).collect();
        self.line(&format!("<tr>{}</tr>", cells.join("")));
    }

    fn foot(&mut self, report: &Report) {
        self.line("<table class=\"sides sign\">");
        self.line("<tr><td class=\"left\">");
        if !report.recipients.is_empty() {
            let word = phrases(report.language).recipients;
            self.line(&format!("<b><i>{}</i></b>", escape(word)));
        }
        for group in &report.recipients {
            self.line(&format!("<div>{}</div>", escape(&group.heading)));
            self.line("<ul>");
            for to in &group.to {
                self.line(&format!("<li>{}</li>", escape(to)));
            }
            self.line("</ul>");
        }
        let signature = &report.signature;
        let (for_whom, role) = (escape(&signature.on_behalf), escape(&signature.role));
        self.line(&format!("</td><td><b>{for_whom}<br>{role}</b></td></tr>"));
        self.line("</table>");
    }
}
