//! A folder of Parquet files: one a table; days are DATE, decimals DECIMAL(18,3), and every file
//! says which ledger it is from and how much of it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::Datelike as _;
use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

use super::csv::write_columns;
use super::table::{ColumnSpec, ExportError, Holds, Sink, TableSpec, Value, new_file, new_folder};

/// How many rows stand in a group.
const GROUP: usize = 65_536;

/// The day number of 1 January 1970, as calendars count from the year 1.
const EPOCH: i32 = 719_163;

/// Writes tables as Parquet.
pub struct ParquetFolder {
    dir: PathBuf,
    files: usize,
    open: Option<Open>,
    origin: Vec<(String, String)>,
    personal: bool,
    rows: u64,
}

/// A file that is being written, with the rows that are not in it yet.
struct Open {
    columns: Vec<&'static ColumnSpec>,
    path: PathBuf,
    rows: Vec<Vec<Value>>,
    writer: SerializedFileWriter<File>,
}

impl ParquetFolder {
    /// Begins in a folder that is empty or not there; `origin` goes into each file's metadata.
    ///
    /// # Errors
    /// [`ExportError`] when it holds anything or cannot be written.
    pub fn create(
        dir: &Path,
        personal: bool,
        origin: Vec<(String, String)>,
    ) -> Result<ParquetFolder, ExportError> {
        new_folder(dir)?;
        Ok(ParquetFolder {
            dir: dir.to_owned(),
            files: 0,
            open: None,
            origin,
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
        let Some(mut open) = self.open.take() else {
            return Ok(());
        };
        open.flush()?;
        let file = open.writer.into_inner().map_err(refused)?;
        file.sync_all().map_err(ExportError::at(&open.path))?;
        self.files += 1;
        Ok(())
    }
}

fn refused(error: ParquetError) -> ExportError {
    ExportError::Parquet(error.to_string())
}

impl Sink for ParquetFolder {
    fn begin(&mut self, table: &'static TableSpec) -> Result<(), ExportError> {
        self.close()?;
        let columns: Vec<&'static ColumnSpec> = table.columns(self.personal).collect();
        let fields = columns.iter().map(|column| field(column));
        let fields = fields.collect::<Result<Vec<_>, _>>().map_err(refused)?;
        let schema = Type::group_type_builder(table.name).with_fields(fields);
        let origin = self.origin.iter();
        let origin = origin.map(|(name, value)| KeyValue::new(name.clone(), value.clone()));
        let properties = WriterProperties::builder()
            .set_created_by("socai".to_owned())
            .set_key_value_metadata(Some(origin.collect()));
        let path = self.dir.join(format!("{}.parquet", table.name));
        let writer = SerializedFileWriter::new(
            new_file(&path)?,
            Arc::new(schema.build().map_err(refused)?),
            Arc::new(properties.build()),
        );
        self.open = Some(Open {
            columns,
            path,
            rows: Vec::new(),
            writer: writer.map_err(refused)?,
        });
        Ok(())
    }

    fn row(&mut self, row: Vec<Value>) -> Result<(), ExportError> {
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        open.rows.push(row);
        self.rows += 1;
        if open.rows.len() >= GROUP {
            open.flush()?;
        }
        Ok(())
    }
}

fn field(column: &ColumnSpec) -> Result<Arc<Type>, ParquetError> {
    let (physical, logical) = match column.holds {
        Holds::Day => (Physical::INT32, Some(LogicalType::Date)),
        Holds::Decimal => (Physical::INT64, Some(LogicalType::decimal(3, 18))),
        Holds::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Holds::Whole => (Physical::INT64, None),
    };
    let mut field = Type::primitive_type_builder(column.name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical);
    if column.holds == Holds::Decimal {
        field = field.with_precision(18).with_scale(3);
    }
    Ok(Arc::new(field.build()?))
}

impl Open {
    /// Writes the rows that wait as a group, column by column.
    fn flush(&mut self) -> Result<(), ExportError> {
        let rows = std::mem::take(&mut self.rows);
        if rows.is_empty() {
            return Ok(());
        }
        let mut group = self.writer.next_row_group().map_err(refused)?;
        for (place, column) in self.columns.iter().enumerate() {
            let Some(mut out) = group.next_column().map_err(refused)? else {
                continue;
            };
            let cells = || rows.iter().filter_map(|row| row.get(place));
            let there = |cell: &Value| i16::from(*cell != Value::None);
            let levels: Vec<i16> = cells().map(there).collect();
            match column.holds {
                Holds::Day => {
                    let days: Vec<i32> = cells().filter_map(day).collect();
                    let out = out.typed::<Int32Type>();
                    out.write_batch(&days, Some(&levels), None)
                }
                Holds::Decimal | Holds::Whole => {
                    let numbers: Vec<i64> = cells().filter_map(number).collect();
                    let out = out.typed::<Int64Type>();
                    out.write_batch(&numbers, Some(&levels), None)
                }
                Holds::Text => {
                    let texts: Vec<ByteArray> = cells().filter_map(bytes).collect();
                    let out = out.typed::<ByteArrayType>();
                    out.write_batch(&texts, Some(&levels), None)
                }
            }
            .map_err(refused)?;
            out.close().map_err(refused)?;
        }
        group.close().map_err(refused)?;
        Ok(())
    }
}

fn day(value: &Value) -> Option<i32> {
    match value {
        Value::Day(day) => Some(day.num_days_from_ce() - EPOCH),
        _ => None,
    }
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Decimal(number) | Value::Whole(number) => Some(*number),
        _ => None,
    }
}

fn bytes(value: &Value) -> Option<ByteArray> {
    match value {
        Value::Text(text) => Some(ByteArray::from(text.as_bytes().to_vec())),
        _ => None,
    }
}
