//! The looks of cells: the letter that offices write in, borders, number formats.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, FormatUnderline};

/// All formats of a workbook.
pub(super) struct Looks {
    pub(super) day: Format,
    pub(super) decimal: Format,
    pub(super) foot: Format,
    pub(super) header: Format,
    pub(super) issuer: Format,
    pub(super) label: Format,
    pub(super) motto: Format,
    pub(super) order: Format,
    pub(super) plain: Format,
    pub(super) sign: Format,
    pub(super) sign_how: Format,
    pub(super) subtitle: Format,
    pub(super) text: Format,
    pub(super) title: Format,
    pub(super) total_decimal: Format,
    pub(super) total_text: Format,
    pub(super) total_whole: Format,
    pub(super) whole: Format,
}

/// A whole number; the program that shows it writes the sign of thousands of its country.
const WHOLE: &str = "#,##0";
/// A number with decimals.
const DECIMAL: &str = "#,##0.0##";

impl Looks {
    pub(super) fn new() -> Looks {
        let letter = Format::new()
            .set_font_name("Times New Roman")
            .set_font_size(12);
        let centred = letter
            .clone()
            .set_align(FormatAlign::Center)
            .set_align(FormatAlign::VerticalCenter);
        let cell = letter
            .clone()
            .set_border(FormatBorder::Thin)
            .set_align(FormatAlign::Top);
        let number = cell.clone().set_align(FormatAlign::Right);
        let total = number.clone().set_bold();
        Looks {
            day: cell
                .clone()
                .set_num_format("dd/mm/yyyy")
                .set_align(FormatAlign::Center),
            decimal: number.clone().set_num_format(DECIMAL),
            foot: letter.clone().set_italic().set_text_wrap(),
            header: centred
                .clone()
                .set_bold()
                .set_text_wrap()
                .set_border(FormatBorder::Thin)
                .set_background_color(Color::RGB(0xE7_E6_E6)),
            issuer: centred.clone().set_bold(),
            label: letter.clone().set_bold(),
            motto: centred
                .clone()
                .set_bold()
                .set_underline(FormatUnderline::Single),
            order: cell.clone().set_align(FormatAlign::Center),
            plain: letter.clone().set_num_format("@").set_text_wrap(),
            sign: centred.clone().set_bold(),
            sign_how: centred.clone().set_italic(),
            subtitle: centred.clone().set_italic(),
            text: cell.clone().set_num_format("@").set_text_wrap(),
            title: centred.set_bold().set_font_size(14),
            total_decimal: total.clone().set_num_format(DECIMAL),
            total_text: cell.set_bold(),
            total_whole: total.set_num_format(WHOLE),
            whole: number.set_num_format(WHOLE),
        }
    }

    /// The format of a number in thousandths.
    pub(super) fn number(&self, thousandths: i128, total: bool) -> &Format {
        match (thousandths % 1_000 == 0, total) {
            (true, false) => &self.whole,
            (false, false) => &self.decimal,
            (true, true) => &self.total_whole,
            (false, true) => &self.total_decimal,
        }
    }
}
