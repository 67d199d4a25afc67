//! HTML that needs nothing else: no script, no image, no other file. It is set as Decree
//! 30/2020/NĐ-CP has an office's documents and as the PDF is (A4, its margins, Times New Roman 13
//! to 14), so that printing it gives the document; on a screen it is a sheet of paper. Bars are
//! drawn in the page (SVG), their names and figures are its text.

use std::fmt::Write;

use super::{belongs, date_line, fingerprint, number_line, phrases};
use crate::report::drawn::{self, Bar, Drawn, Fill};
use crate::report::model::{Block, Chart, Column, Report, Section, Table};
use crate::report::narrative::Paragraph;

/// Space left for what is written by hand on a draft.
const BLANK: &str = "\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}";

/// The deepest heading HTML has.
const DEEPEST: usize = 6;

/// A table of no more rows stands on one page.
const SHORT: usize = 10;

const STYLE: &str = "\
@page{size:A4;margin:20mm 15mm 20mm 30mm;\
@top-center{content:counter(page);font:14pt \"Times New Roman\",\"Liberation Serif\",serif}}
@page:first{@top-center{content:none}}
*{box-sizing:border-box}
body{font:14pt/1.3 \"Times New Roman\",\"Liberation Serif\",serif;color:#000;background:#fff;\
margin:0;orphans:2;widows:2}
.sides{width:100%;border-collapse:collapse;line-height:1.15}
.sides td{vertical-align:top;text-align:center;padding:0}
.head td:first-child{width:40%;padding-right:2mm}
.head .issuer,.head .state,.head .number{font-size:13pt}
.head .motto{white-space:nowrap}
.head .number,.head .date{padding-top:8pt}
.rule{display:block;border-top:.75pt solid #000;margin:2pt auto 0}
.issuer .rule{width:35%}
.motto .rule{width:64%}
h1,.subject{font-size:14pt;line-height:1.2;text-align:center;margin:0;font-weight:bold}
h1{margin-top:18pt}
.subject .rule{width:33%}
.subject{margin-bottom:12pt}
h2,h3,h4,h5,h6{font-size:14pt;line-height:1.2;margin:7pt 0 3pt;text-indent:10mm;\
text-align:justify;break-after:avoid;break-inside:avoid}
h4,h5,h6{font-style:italic}
p{margin:0 0 6pt;text-align:justify;text-indent:10mm}
p.last{break-after:avoid;break-inside:avoid}
.title,.words{font-size:12pt;font-style:italic;line-height:1.2;text-align:left;text-indent:0;\
margin:4pt 0 3pt}
.title{break-after:avoid}
.words{margin:0 0 6pt;break-before:avoid}
table.data{border-collapse:collapse;width:100%;font-size:12pt;line-height:1.15;margin:0 0 7pt}
.data th,.data td{border:.5pt solid #000;padding:1.5pt 4pt;text-align:left;vertical-align:top}
.data th{text-align:center;vertical-align:middle}
.data td.number{text-align:right;white-space:nowrap}
.data thead{display:table-header-group;break-after:avoid;break-inside:avoid}
.data tr{break-inside:avoid}
.data tbody tr:first-child{break-before:avoid}
.data tbody.sum tr{break-before:avoid}
.data .sum td{font-weight:bold}
.data.short{break-inside:avoid}
.charted{break-inside:avoid}
.chart{margin:6pt 0 9pt;break-inside:avoid;font-size:11pt;line-height:1.15}
.chart figcaption{font-size:12pt;font-style:italic;text-align:center;margin-bottom:3pt}
.chart table{border-collapse:collapse;width:100%}
.chart td{padding:1.5pt 0;vertical-align:middle}
.chart td.name{width:38%;text-align:right;padding-right:4pt}
.chart td.bar{white-space:nowrap}
.chart .both td{padding-top:0}
.chart svg{height:12pt;min-width:1.5pt;vertical-align:middle;overflow:visible}
.chart .figure{padding-left:4pt}
.chart .legend{text-align:center;margin-top:3pt}
.legend svg{width:18pt;height:9pt;margin:0 3pt 0 12pt}
.foot{margin-top:12pt;break-inside:avoid}
.foot td{width:50%}
.foot td.to{text-align:left;font-size:11pt}
.foot .to b{font-size:12pt}
.foot td.sign{font-weight:bold;padding-bottom:28mm}
.annex{break-before:page}
.annex h2{text-align:center;text-indent:0;margin:0}
.annex .belongs{text-align:center;text-indent:0;font-style:italic;break-after:avoid}
footer{margin-top:14pt;border-top:.5pt solid #000;padding-top:3pt;font-size:8pt;line-height:1.3;\
overflow-wrap:anywhere;break-inside:avoid}
@media screen{html{background:#ddd}
body{width:210mm;max-width:100%;min-height:297mm;margin:8mm auto;padding:20mm 15mm 20mm 30mm;\
box-shadow:0 0 3mm #888}
.annex{border-top:1px dashed #888;margin-top:14mm;padding-top:10mm}}
@media screen and (max-width:200mm){body{margin:0;padding:5mm}
.sides td{display:block;width:auto!important;padding-top:4pt}
.head .motto{white-space:normal}
.data{display:block;overflow-x:auto}}
";

/// The stripes of bars, once on a page.
const STRIPES: &str = "<svg width=\"0\" height=\"0\" style=\"position:absolute\" \
    aria-hidden=\"true\"><defs><pattern id=\"stripes\" width=\"4\" height=\"4\" \
    patternUnits=\"userSpaceOnUse\"><rect width=\"4\" height=\"4\" fill=\"#fff\"/>\
    <path d=\"M1 0V4\" stroke=\"#000\" stroke-width=\"1.6\"/></pattern></defs></svg>";

/// How much of the space beside their names the longest bars take, in hundredths: the figure
/// stands beside the bar.
const LONGEST: i32 = 66;

/// Renders a report as one HTML page, ending in a line break.
pub fn html(report: &Report) -> String {
    let mut page = Page {
        report,
        text: String::new(),
    };
    page.head();
    page.blocks(&report.opening);
    for section in &report.sections {
        page.section(section, 2);
    }
    page.blocks(&report.closing);
    page.foot();
    for annex in &report.annexes {
        page.annex(annex);
    }
    page.line("<footer>");
    for line in fingerprint(report) {
        page.line(&format!("<div>{}</div>", escape(&line)));
    }
    page.line("</footer>");
    page.line("</body>");
    page.line("</html>");
    page.text
}

struct Page<'a> {
    report: &'a Report,
    text: String,
}

impl Page<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn head(&mut self) {
        let report = self.report;
        let header = &report.header;
        self.line("<!DOCTYPE html>");
        self.line(&format!("<html lang=\"{}\">", report.language.tag()));
        self.line("<head>");
        self.line("<meta charset=\"utf-8\">");
        self.line("<meta name=\"viewport\" content=\"width=device-width\">");
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
        self.line(STRIPES);
        self.line("<table class=\"sides head\">");
        let lines = |lines: &[String]| {
            let lines: Vec<String> = lines.iter().map(|line| escape(line)).collect();
            lines.join("<br>")
        };
        let rule = "<span class=\"rule\"></span>";
        let (state, rest) = header.motto.split_at(header.motto.len().min(1));
        let (issuer, state, rest) = (lines(&header.issuer), lines(state), lines(rest));
        self.line(&format!(
            "<tr><td class=\"issuer\"><b>{issuer}</b>{rule}</td><td class=\"motto\">\
             <b class=\"state\">{state}</b><br><b>{rest}</b>{rule}</td></tr>"
        ));
        let number = escape(&number_line(report, BLANK));
        let date = escape(&date_line(report, BLANK));
        self.line(&format!(
            "<tr><td class=\"number\">{number}</td><td class=\"date\"><i>{date}</i></td></tr>"
        ));
        self.line("</table>");
        self.line(&format!("<h1>{}</h1>", escape(&header.title)));
        let subject = escape(&header.subject);
        self.line(&format!("<div class=\"subject\">{subject}{rule}</div>"));
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

    /// An annex begins on a new page and says what it belongs to.
    fn annex(&mut self, annex: &Section) {
        self.line("<div class=\"annex\">");
        let number = annex.number.as_deref();
        let number = number.map(|number| number.trim_end_matches('.'));
        let lines = number.into_iter().chain([annex.heading.as_str()]);
        let lines: Vec<String> = lines.map(escape).collect();
        self.line(&format!("<h2>{}</h2>", lines.join("<br>")));
        let belongs = escape(&belongs(self.report, BLANK));
        self.line(&format!("<p class=\"belongs\">{belongs}</p>"));
        self.blocks(&annex.blocks);
        for part in &annex.sections {
            self.section(part, 3);
        }
        self.line("</div>");
    }

    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            match block {
                Block::Paragraph(paragraph) => self.paragraph(paragraph),
                Block::Table(table) => {
                    self.table(table);
                    self.helps(table);
                }
                Block::Chart(chart) => self.chart(chart),
            }
        }
    }

    /// The mark of an item is printed as it stands: a list of HTML would number anew.
    fn paragraph(&mut self, paragraph: &Paragraph) {
        let text = escape(&paragraph.text);
        // The last words of the body stand on the page of the signature.
        let last = self.report.closing.last();
        let class = match last {
            Some(Block::Paragraph(last)) if std::ptr::eq(last, paragraph) => " class=\"last\"",
            _ => "",
        };
        self.line(&match &paragraph.mark {
            Some(mark) => format!("<p{class}>{} {text}</p>", escape(mark)),
            None => format!("<p{class}>{text}</p>"),
        });
    }

    fn table(&mut self, table: &Table) {
        let title = escape(&table.title);
        self.line(&format!("<p class=\"title\">{title}</p>"));
        self.rows(table);
    }

    fn rows(&mut self, table: &Table) {
        let short = table.rows.len() <= SHORT;
        let class = if short { "data short" } else { "data" };
        self.line(&format!("<table class=\"{class}\">"));
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
            self.line("<tbody class=\"sum\">");
            self.row(table, &table.total, "td");
            self.line("</tbody>");
        }
        self.line("</table>");
    }

    fn row(&mut self, table: &Table, cells: &[String], tag: &str) {
        let cell = |(column, cell): (&Column, &String)| {
            let class = match (tag, column.number) {
                ("td", true) => " class=\"number\"",
                _ => "",
            };
            format!("<{tag}{class}>{}</{tag}>", escape(cell))
        };
        let cells: Vec<String> = table.columns.iter().zip(cells).map(cell).collect();
        self.line(&format!("<tr>{}</tr>", cells.join("")));
    }

    /// The total in words, and bars as long as the figures.
    fn helps(&mut self, table: &Table) {
        let lang = self.report.language;
        if let Some(words) = drawn::in_words(table, lang) {
            self.line(&format!("<p class=\"words\">{}</p>", escape(&words)));
        }
        if let Some(drawn) = drawn::of_table(table, lang) {
            self.drawn(&drawn);
        }
    }

    /// Bars, then the table that they are read off, on one page where it has room for both.
    fn chart(&mut self, chart: &Chart) {
        let Some(drawn) = drawn::of_chart(chart, self.report.language) else {
            return self.table(&chart.table);
        };
        self.line("<div class=\"charted\">");
        self.drawn(&drawn);
        self.rows(&chart.table);
        self.line("</div>");
    }

    fn drawn(&mut self, drawn: &Drawn) {
        self.line("<figure class=\"chart\">");
        let caption = escape(&drawn.caption);
        self.line(&format!("<figcaption>{caption}</figcaption>"));
        self.line("<table>");
        for group in &drawn.groups {
            for (place, bar) in group.bars.iter().enumerate() {
                let name = match place {
                    0 => format!(
                        "<td class=\"name\" rowspan=\"{}\">{}</td>",
                        group.bars.len(),
                        escape(&group.label)
                    ),
                    _ => String::new(),
                };
                let class = if place == 0 { "" } else { " class=\"both\"" };
                let (bar, figure) = (svg(bar), escape(&bar.figure));
                self.line(&format!(
                    "<tr{class}>{name}<td class=\"bar\">{bar}<span class=\"figure\">{figure}\
                     </span></td></tr>"
                ));
            }
        }
        self.line("</table>");
        if !drawn.legend.is_empty() {
            let legend = drawn.legend.iter().map(|(fill, what)| {
                format!(
                    "<svg>{}</svg>{}",
                    rectangle("100%", *fill, 12),
                    escape(what)
                )
            });
            let legend: String = legend.collect();
            self.line(&format!("<div class=\"legend\">{legend}</div>"));
        }
        self.line("</figure>");
    }

    fn foot(&mut self) {
        let report = self.report;
        self.line("<table class=\"sides foot\">");
        self.line("<tr><td class=\"to\">");
        if !report.recipients.is_empty() {
            let word = phrases(report.language).recipients;
            self.line(&format!("<b><i>{}</i></b>", escape(word)));
        }
        for group in &report.recipients {
            self.line(&format!("<div>{}</div>", escape(&group.heading)));
            for to in &group.to {
                self.line(&format!("<div>- {}</div>", escape(to)));
            }
        }
        let signature = &report.signature;
        let (for_whom, role) = (escape(&signature.on_behalf), escape(&signature.role));
        self.line(&format!(
            "</td><td class=\"sign\">{for_whom}<br>{role}</td></tr>"
        ));
        self.line("</table>");
    }
}

/// A bar in its frame, as wide a part of its cell as it is long.
fn svg(bar: &Bar) -> String {
    let whole = bar.length.max(bar.frame);
    if whole == 0 {
        return String::new();
    }
    let mut out = format!("<svg style=\"width:{}\">", percent(whole * LONGEST / 100));
    if bar.frame > 0 {
        let wide = percent(bar.frame * 1_000 / whole);
        out.push_str(&rectangle(&wide, Fill::Empty, 16));
    }
    if bar.length > 0 {
        let wide = percent(bar.length * 1_000 / whole);
        out.push_str(&rectangle(&wide, bar.fill, 16));
    }
    out.push_str("</svg>");
    out
}

/// Thousandths as hundredths with one decimal.
fn percent(thousandths: i32) -> String {
    format!("{}.{}%", thousandths / 10, thousandths % 10)
}

fn rectangle(wide: &str, fill: Fill, tall: i32) -> String {
    let fill = match fill {
        Fill::Empty => "#fff",
        Fill::Striped => "url(#stripes)",
    };
    let mut out = String::new();
    let _ = write!(
        out,
        "<rect width=\"{wide}\" height=\"{tall}\" fill=\"{fill}\" stroke=\"#000\"/>"
    );
    out
}

/// Characters that mean something to HTML, taken as themselves.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_what_it_is() {
        assert_eq!(escape("a<b> & \"c\""), "a&lt;b&gt; &amp; &quot;c&quot;",);
    }

    #[test]
    fn a_bar_is_as_wide_as_it_is_long() {
        let bar = |frame, length| Bar {
            figure: String::new(),
            fill: Fill::Striped,
            frame,
            length,
        };
        assert_eq!(svg(&bar(0, 0)), "");
        assert!(svg(&bar(0, 500)).contains("width:33.0%"));
        let part = svg(&bar(1_000, 476));
        assert!(part.contains("<rect width=\"100.0%\" height=\"16\" fill=\"#fff\""));
        assert!(part.contains("<rect width=\"47.6%\" height=\"16\" fill=\"url(#stripes)\""));
    }
}
