//! From places in twips to the bytes of a PDF. The only file of the program in which a number is
//! no whole one: the library takes places on the page as such. No amount comes here, only text
//! that was written before.

#![allow(
    clippy::float_arithmetic,
    reason = "a place on the page, twentieths of a point"
)]

use krilla::SerializeSettings;
use krilla::color::luma;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};

use super::super::super::model::Report;
use super::super::DocumentError;
use super::super::flow::page;
use super::super::font::Face;

/// What is drawn. Lengths are twips, from the upper left corner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ink {
    /// A filled box: left, top, width, height.
    Box(i32, i32, i32, i32),
    /// A text on one line.
    Text {
        /// The text.
        text: String,
        /// Its face.
        face: Face,
        /// The size of its letters.
        size: i32,
        /// Where it begins.
        x: i32,
        /// The line its letters stand on.
        y: i32,
        /// How much wider its spaces are, in all.
        spread: i32,
    },
}

/// Writes sheets as PDF/A-2b.
pub(super) fn write(report: &Report, sheets: Vec<Vec<Ink>>) -> Result<Vec<u8>, DocumentError> {
    let unwritable = |error: &dyn std::fmt::Debug| DocumentError::Unwritable(format!("{error:?}"));
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_B)
        .finish()
        .map_err(|error| unwritable(&error))?;
    let mut document = krilla::Document::new_with(SerializeSettings {
        configuration,
        enable_tagging: false,
        ..SerializeSettings::default()
    });
    let mut fonts = Vec::with_capacity(Face::ALL.len());
    for face in Face::ALL {
        let font = Font::new(face.bytes().into(), 0);
        fonts.push(font.ok_or_else(|| DocumentError::Unwritable(format!("{face:?}")))?);
    }
    let size = PageSettings::from_wh(points(page::WIDTH), points(page::HEIGHT));
    let size = size.ok_or_else(|| DocumentError::Unwritable("page".to_owned()))?;
    for sheet in sheets {
        let mut page = document.start_page_with(size.clone());
        let mut surface = page.surface();
        surface.set_fill(Some(Fill {
            paint: luma::Color::black().into(),
            opacity: NormalizedF32::ONE,
            rule: FillRule::NonZero,
        }));
        for ink in &sheet {
            draw(&mut surface, ink, &fonts);
        }
        surface.finish();
        page.finish();
    }
    document.set_metadata(metadata(report));
    document.finish().map_err(|error| unwritable(&error))
}

/// Twips as points.
fn points(twips: i32) -> f32 {
    f32::from(i16::try_from(twips).unwrap_or(i16::MAX)) / 20.0
}

fn draw(surface: &mut Surface<'_>, ink: &Ink, fonts: &[Font]) {
    match ink {
        Ink::Box(x, y, wide, tall) => {
            let corner = (points(*x), points(*y));
            let rect = Rect::from_xywh(corner.0, corner.1, points(*wide), points(*tall));
            let mut path = PathBuilder::new();
            if let Some(rect) = rect {
                path.push_rect(rect);
            }
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
        Ink::Text {
            text,
            face,
            size,
            x,
            y,
            spread,
        } => {
            let Some(font) = fonts.get(*face as usize) else {
                return;
            };
            let start = Point::from_xy(points(*x), points(*y));
            let glyphs = glyphs(text, *face, *size, *spread);
            surface.draw_glyphs(start, &glyphs, font.clone(), text, points(*size), false);
        }
    }
}

/// One glyph a character: Vietnamese in normal form C needs no shaping.
fn glyphs(text: &str, face: Face, size: i32, spread: i32) -> Vec<KrillaGlyph> {
    let spaces = text.chars().filter(|character| *character == ' ').count();
    let spaces = i32::try_from(spaces).unwrap_or(i32::MAX).max(1);
    let wider = points(spread) / points(size) / points(spaces) / 20.0;
    let glyph = |(place, character): (usize, char)| {
        let glyph = face.glyph(character);
        let mut advance = f32::from(glyph.advance) / 2_048.0;
        if character == ' ' {
            advance += wider;
        }
        KrillaGlyph {
            glyph_id: GlyphId::new(glyph.id.into()),
            text_range: place..place + character.len_utf8(),
            x_advance: advance,
            x_offset: 0.0,
            y_offset: 0.0,
            y_advance: 0.0,
            location: None,
        }
    };
    text.char_indices().map(glyph).collect()
}

/// What the document is called. The time is that of its data.
fn metadata(report: &Report) -> Metadata {
    let header = &report.header;
    let digest = report.digest.clone().unwrap_or_default();
    let mut data = Metadata::new()
        .title(format!("{} {}", header.title, header.subject))
        .authors(vec![header.issuer.join(" ")])
        .language(report.language.tag().to_owned())
        .creator("socai".to_owned())
        .keywords(vec![
            format!("socai-seq={}", report.as_of.seq),
            format!("socai-root={}", report.as_of.root),
            format!("socai-digest={digest}"),
        ])
        .document_id(digest);
    let at = &report.as_of.at;
    let part = |from: usize, to: usize| at.get(from..to).and_then(|text| text.parse().ok());
    if let Some(year) = at.get(0..4).and_then(|year| year.parse().ok()) {
        let date = DateTime::new(year)
            .month(part(5, 7).unwrap_or(1))
            .day(part(8, 10).unwrap_or(1))
            .hour(part(11, 13).unwrap_or(0))
            .minute(part(14, 16).unwrap_or(0))
            .second(part(17, 19).unwrap_or(0))
            .utc_offset_hour(0)
            .utc_offset_minute(0);
        data = data.creation_date(date);
    }
    data
}
