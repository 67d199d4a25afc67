//! Where a report goes: to the screen, or to a file in the form of its ending.

use std::path::Path;

use serde_json::json;

use super::console::{Console, Failure};
use crate::domain::report::IssuedReport;
use crate::office::OfficeError;
use crate::office::kept::{self, Kept};
use crate::report::Report;
use crate::report::document::{Document, Setting, document};
use crate::report::render::{Form, RENDERER, render_by};

/// What a file can end in.
const ENDINGS: &str = ".txt, .md, .html, .csv, .json, .docx, .pdf, .xlsx";

/// The form of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    /// Text by the rules of a renderer: the same bytes for ever.
    Text(Form, u32),
    /// A document: the same bytes within one version of the program.
    Document(Document),
}

impl Output {
    /// By the ending of the file, else by `--format`.
    pub(super) fn of(console: &Console<'_>, path: Option<&Path>) -> Result<Output, Failure> {
        let Some(path) = path else {
            let form = if console.is_json() {
                Form::Json
            } else {
                Form::Text
            };
            return Ok(Output::Text(form, RENDERER));
        };
        let ending = path.extension().and_then(|ending| ending.to_str());
        let ending = ending.map(str::to_lowercase).unwrap_or_default();
        let text = Form::of_ending(&ending).map(|form| Output::Text(form, RENDERER));
        let output = text.or_else(|| Document::of_ending(&ending).map(Output::Document));
        output.ok_or_else(|| {
            console.wrong(
                "--output",
                &path.display().to_string(),
                &format!("tên tệp phải kết thúc bằng một trong: {ENDINGS}"),
                &format!("the file must end in one of: {ENDINGS}"),
            )
        })
    }

    /// The same by the rules of an earlier renderer.
    pub(super) fn by(self, renderer: u32) -> Output {
        match self {
            Output::Text(form, _) => Output::Text(form, renderer),
            document => document,
        }
    }

    /// The bytes of a report in this form.
    pub(super) fn bytes(
        self,
        console: &Console<'_>,
        report: &Report,
        setting: &Setting<'_>,
    ) -> Result<Vec<u8>, Failure> {
        match self {
            Output::Text(form, renderer) => {
                let text = render_by(report, form, renderer);
                text.map(String::into_bytes)
                    .map_err(|error| console.refused(&error))
            }
            Output::Document(form) => {
                document(report, form, setting).map_err(|error| console.refused(&error))
            }
        }
    }
}

/// Prints a report or writes it to a file; the bytes are the same.
pub(super) fn put(
    console: &mut Console<'_>,
    report: &Report,
    output: Output,
    setting: &Setting<'_>,
    path: Option<&Path>,
) -> Result<(), Failure> {
    let bytes = output.bytes(console, report, setting)?;
    let Some(path) = path else {
        let text = String::from_utf8_lossy(&bytes);
        return console.line(text.trim_end_matches('\n'));
    };
    save(console, path, &bytes)?;
    let name = path.display().to_string();
    if console.is_json() {
        return console.json(&json!({ "output": name, "digest": report.digest }));
    }
    console.line(console.pick(
        format!("đã ghi báo cáo ra {name}"),
        format!("wrote the report to {name}"),
    ))
}

/// Writes a file whole or not at all.
pub(super) fn save(console: &Console<'_>, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let written = std::fs::write(&beside, bytes).and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|error| {
        // What was half written is of no use.
        drop(std::fs::remove_file(&beside));
        let name = path.display().to_string();
        console.failure(&OfficeError::File(name, error))
    })
}

/// Writes the document of an issued report: the file that was issued, where it is still kept.
/// Answers whether it was; else the caller makes it anew and says so by [`made_anew`].
pub(super) fn put_kept(
    console: &mut Console<'_>,
    folder: &Path,
    report: &IssuedReport,
    form: Document,
    path: &Path,
) -> Result<Kept, Failure> {
    let digest = report.issued.renderings.get(form.ending());
    let kept = kept::find(folder, digest.map(String::as_str), form.ending());
    let kept = kept.map_err(|error| console.failure(&error))?;
    let (bytes, redacted) = match &kept {
        Kept::Original(bytes) => (bytes, false),
        Kept::Redacted(bytes) => (bytes, true),
        Kept::Never | Kept::Gone | Kept::Altered => return Ok(kept),
    };
    save(console, path, bytes)?;
    let name = path.display().to_string();
    if console.is_json() {
        let source = if redacted { "kept_redacted" } else { "kept" };
        let (digest, sha256) = (&report.issued.model, digest);
        console.json(&json!({
            "output": name, "digest": digest, "sha256": sha256, "source": source,
        }))?;
    } else if redacted {
        console.line(console.pick(
            format!("đã ghi tệp đã phát hành ra {name}; tên người đã bị xóa theo luật"),
            format!("wrote the file as issued to {name}; an erased name was taken out of it"),
        ))?;
    } else {
        console.line(console.pick(
            format!("đã ghi đúng tệp đã phát hành ra {name}"),
            format!("wrote the file as it was issued to {name}"),
        ))?;
    }
    Ok(kept)
}

/// Writes a document of an issued report that is no longer kept, and says what it is.
pub(super) fn made_anew(
    console: &mut Console<'_>,
    (issued, report): (&IssuedReport, &Report),
    (form, setting): (Document, &Setting<'_>),
    kept: &Kept,
    path: &Path,
) -> Result<(), Failure> {
    let bytes = Output::Document(form).bytes(console, report, setting)?;
    save(console, path, &bytes)?;
    let sha256 = kept::digest(&bytes);
    let then = issued.issued.renderings.get(form.ending());
    let same = then == Some(&sha256);
    let name = path.display().to_string();
    if console.is_json() {
        let why = match kept {
            Kept::Gone => "gone",
            Kept::Altered => "altered",
            _ => "never_kept",
        };
        return console.json(&json!({
            "output": name, "digest": report.digest, "sha256": sha256, "source": "made_anew",
            "kept": why, "same_bytes": same,
        }));
    }
    let ending = form.ending();
    let (vi, en) = match kept {
        Kept::Gone => (
            "tệp đã phát hành không còn trong kept/",
            "the file as issued is gone from kept/",
        ),
        Kept::Altered => (
            "tệp trong kept/ không còn đúng như khi phát hành",
            "the file in kept/ is not what was issued",
        ),
        _ => (
            "khi phát hành không lưu tệp loại này",
            "no file of this kind was kept when it was issued",
        ),
    };
    console.notice(console.pick(
        format!("{vi} (.{ending}): đã lập lại từ đúng nội dung đã phát hành"),
        format!("{en} (.{ending}): made again from the very content that was issued"),
    ));
    let digest = report.digest.as_deref().unwrap_or_default();
    console.line(if same {
        console.pick(
            format!("đã lập lại ra {name}, trùng từng byte với tệp đã phát hành"),
            format!("made {name} again, byte for byte the file that was issued"),
        )
    } else {
        console.pick(
            format!("đã lập lại ra {name}; mã báo cáo {digest}"),
            format!("made {name} again; digest of the report {digest}"),
        )
    })
}
