//! Columns of a table as bars of the spreadsheet's own: they follow the cells.

use rust_xlsxwriter::{
    Chart, ChartDataLabel, ChartFont, ChartFormat, ChartLegendPosition, ChartLine,
    ChartPatternFill, ChartPatternFillType, ChartSolidFill, Color,
};

use super::book::Bars;

/// Where a table stands on its sheet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'p> {
    /// The name of the sheet.
    pub(super) sheet: &'p str,
    /// The row of its head.
    pub(super) head: u32,
    /// Its last row.
    pub(super) last: u32,
    /// The column of what its rows are called.
    pub(super) names: u16,
}

/// The width of a chart, in pixels: that of a sheet of paper.
const WIDE: u32 = 640;
/// The height of what is no bar, and of a bar with the space around it.
const AROUND: u32 = 110;
const BAR: u32 = 26;
/// More bars than these stand closer.
const BARS_MOST: u32 = 40;

/// The chart, and its height in pixels.
pub(super) fn chart(bars: &Bars, place: Place<'_>) -> (Chart, u32) {
    let Place {
        sheet,
        head,
        last,
        names,
    } = place;
    let mut chart = Chart::new_bar();
    // Names that stand nowhere else stand in a hidden column.
    chart.show_hidden_data();
    let letters = |size: u32| {
        let mut font = ChartFont::new();
        font.set_name("Times New Roman").set_size(size);
        font
    };
    chart.title().set_name(&bars.title).set_font(&letters(12));
    let names = (sheet, head + 1, names, last, names);
    for (place, column) in bars.columns.iter().enumerate() {
        let striped = place + 1 == bars.columns.len();
        let label = (sheet, head, *column);
        let values = (sheet, head + 1, *column, last, *column);
        let mut shown = ChartDataLabel::new();
        shown.show_value().set_font(&letters(10));
        chart
            .add_series()
            .set_name(label)
            .set_categories(names)
            .set_values(values)
            .set_gap(40)
            .set_format(&mut format(striped))
            .set_data_label(&shown);
    }
    // The first row stands at the top.
    chart.y_axis().set_reverse().set_font(&letters(10));
    chart
        .x_axis()
        .set_min(0)
        .set_major_gridlines(false)
        .set_hidden(true);
    if let Some(end) = bars.end {
        chart.x_axis().set_max(end);
    }
    if bars.columns.len() > 1 {
        chart
            .legend()
            .set_position(ChartLegendPosition::Bottom)
            .set_font(&letters(10));
    } else {
        chart.legend().set_hidden();
    }
    let rows = last.saturating_sub(head);
    let series = u32::try_from(bars.columns.len()).unwrap_or(1);
    let tall = AROUND + BAR * (rows * series).min(BARS_MOST);
    chart.set_width(WIDE).set_height(tall);
    (chart, tall)
}

/// Black lines, and stripes or nothing in them.
fn format(striped: bool) -> ChartFormat {
    let mut line = ChartLine::new();
    line.set_color(Color::Black).set_width(0.75);
    let mut format = ChartFormat::new();
    format.set_border(&line);
    if striped {
        let mut fill = ChartPatternFill::new();
        fill.set_pattern(ChartPatternFillType::DiagonalStripesWideUpwards)
            .set_foreground_color(Color::Black)
            .set_background_color(Color::White);
        format.set_pattern_fill(&fill);
    } else {
        let mut fill = ChartSolidFill::new();
        fill.set_color(Color::White);
        format.set_solid_fill(&fill);
    }
    format
}
