//! A folder of CSV files: one a table, and one that says what each column means.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use super::table::{ExportError, Sink, TABLES, TableSpec, Value, new_file, new_folder};
use crate::domain::fixed::format_thousandths;

/// Writes tables as CSV: UTF-8, a header, days as `2023-04-30`, decimals with a point.
pub struct CsvFolder {
    dir: PathBuf,
    files: usize,
    open: Option<(PathBuf, csv::Writer<BufWriter<File>>)>,
    personal: bool,
    rows: u64,
}

impl CsvFolder {
    /// Begins in a folder that is empty or not there.
    ///
    /// # Errors
    /// [`ExportError`] when it holds anything or cannot be written.
    pub fn create(dir: &Path, personal: bool) -> Result<CsvFolder, ExportError> {
        new_folder(dir)?;
        Ok(CsvFolder {
            dir: dir.to_owned(),
            files: 0,
            open: None,
            personal,
            rows: 0,
        })
    }

    /// Ends: everything is on the disk. The number of files and rows.
    ///
    /// # Errors
    /// When something cannot be written.
    pub fn finish(mut self) -> Result<(usize, u64), ExportError> {
        self.close()?;
        write_columns(&self.dir, self.personal)?;
        Ok((self.files + 1, self.rows))
    }

    fn close(&mut self) -> Result<(), ExportError> {
        let Some((path, writer)) = self.open.take() else {
            return Ok(());
        };
        let file = writer
            .into_inner()
            .map_err(|error| ExportError::File(path.clone(), error.into_error()))?;
        let file = file
            .into_inner()
            .map_err(|error| ExportError::File(path.clone(), error.into_error()))?;
        file.sync_all().map_err(ExportError::at(&path))?;
        self.files += 1;
        Ok(())
    }
}

/// What each column means: `columns.csv`.
pub(super) fn write_columns(dir: &Path, personal: bool) -> Result<(), ExportError> {
    let path = dir.join("columns.csv");
    let mut writer = csv::Writer::from_writer(new_file(&path)?);
    let failed = |error: csv::Error| ExportError::File(path.clone(), error.into());
    writer
        .write_record(["table", "column", "holds", "nghĩa", "meaning"])
        .map_err(failed)?;
    for table in TABLES {
        let (vi, en) = table.row;
        writer
            .write_record([table.name, "", "", vi, en])
            .map_err(failed)?;
        for column in table.columns(personal) {
            let (vi, en) = column.means;
            writer
                .write_record([table.name, column.name, column.holds.name(), vi, en])
                .map_err(failed)?;
        }
    }
    writer.flush().map_err(ExportError::at(&path))
}

impl Sink for CsvFolder {
    fn begin(&mut self, table: &'static TableSpec) -> Result<(), ExportError> {
        self.close()?;
        let path = self.dir.join(format!("{}.csv", table.name));
        let mut writer = csv::Writer::from_writer(BufWriter::new(new_file(&path)?));
        let names = table.columns(self.personal).map(|column| column.name);
        writer
            .write_record(names)
            .map_err(|error| ExportError::File(path.clone(), error.into()))?;
        self.open = Some((path, writer));
        Ok(())
    }

    fn row(&mut self, row: Vec<Value>) -> Result<(), ExportError> {
        let Some((path, writer)) = &mut self.open else {
            return Ok(());
        };
        self.rows += 1;
        writer
            .write_record(row.into_iter().map(text))
            .map_err(|error| ExportError::File(path.clone(), error.into()))
    }
}

fn text(value: Value) -> String {
    match value {
        Value::Day(day) => day.to_string(),
        Value::Decimal(number) => format_thousandths(number.into()),
        Value::None => String::new(),
        Value::Text(text) => plain(text),
        Value::Whole(number) => number.to_string(),
    }
}

/// A text that a spreadsheet would take for a formula is marked as a text.
fn plain(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        return format!("'{text}");
    }
    text
}
