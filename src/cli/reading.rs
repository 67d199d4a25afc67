//! How a list is read: its sheet, what its columns mean, what stands where a column is missing, and
//! the profiles in which an office keeps all that under a name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::console::{Console, Failure};
use super::open::Place;
use crate::domain::fixed::format_thousandths;
use crate::import::header::ListColumns;
use crate::import::{ReadOptions, columns, fold};
use crate::office::OfficeError;
use crate::office::lists::{Imported, List};

/// How a list is read.
#[derive(Debug, Clone, Default, Args)]
pub struct ReadingArgs {
    /// Trang tính, theo tên hoặc số thứ tự · the sheet, by name or number
    #[arg(long, value_name = "SHEET")]
    pub sheet: Option<String>,
    /// Bỏ qua các dòng bị ẩn trong bảng tính · leave out rows that are hidden in a workbook
    #[arg(long)]
    pub skip_hidden: bool,
    /// Cột trong tệp là cột nào của danh sách, ví dụ "Họ tên=head" · what a column means
    #[arg(long, value_name = "COLUMN=NAME")]
    pub map: Vec<String>,
    /// Giá trị cho cột mà tệp không có, ví dụ kind=wifi · a value for a column the file lacks
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Dùng cách đọc đã lưu · read as a saved profile says
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Lưu cách đọc này dưới một tên · save this way of reading under a name
    #[arg(long, value_name = "NAME")]
    pub save_profile: Option<String>,
}

/// A way of reading a list, as a file beside the ledger keeps it: `profiles/NAME.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Columns of the file, folded, and what they mean.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub map: BTreeMap<String, String>,
    /// What stands where a column is missing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, String>,
    /// The sheet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
}

fn columns_of(list: List) -> ListColumns {
    match list {
        List::Households => columns::HOUSEHOLDS,
        List::Persons => columns::PERSONS,
        List::Projects => columns::PROJECTS,
        List::Members => columns::MEMBERS,
        List::Cohort => columns::COHORT,
        List::Supports => columns::SUPPORTS,
        List::Stages => columns::STAGES,
    }
}

/// How the file is to be read: the profile first, then what was said beside it.
///
/// # Errors
/// [`Failure`] for a profile that is not there, or a column that the list does not have.
pub fn options(
    console: &Console<'_>,
    place: &Place,
    list: List,
    args: &ReadingArgs,
) -> Result<ReadOptions, Failure> {
    let mut profile = match &args.profile {
        Some(name) => load(console, &path_of(console, place, "--profile", name)?)?,
        None => Profile::default(),
    };
    for text in &args.map {
        let (column, name) = pair(console, "--map", text)?;
        profile.map.insert(fold(&column), name);
    }
    for text in &args.set {
        let (name, value) = pair(console, "--set", text)?;
        profile.set.insert(name, value);
    }
    profile.sheet = args.sheet.clone().or(profile.sheet);
    let known = columns_of(list);
    let column = |option: &str, name: &str| -> Result<&'static str, Failure> {
        let found = known.columns.iter().find(|column| column.name == name);
        found.map(|column| column.name).ok_or_else(|| {
            let names: Vec<&str> = known.columns.iter().map(|column| column.name).collect();
            let names = names.join(", ");
            console.wrong(
                option,
                name,
                &format!("không phải cột của danh sách này; có: {names}"),
                &format!("is no column of this list; it has: {names}"),
            )
        })
    };
    let mut options = ReadOptions {
        sheet: profile.sheet.clone(),
        skip_hidden: args.skip_hidden,
        ..ReadOptions::default()
    };
    for (written, name) in &profile.map {
        options
            .named
            .push((written.clone(), column("--map", name)?));
    }
    for (name, value) in &profile.set {
        options
            .defaults
            .push((column("--set", name)?, value.clone()));
    }
    if let Some(name) = &args.save_profile {
        save(
            console,
            &path_of(console, place, "--save-profile", name)?,
            &profile,
        )?;
    }
    Ok(options)
}

fn pair(console: &Console<'_>, option: &str, text: &str) -> Result<(String, String), Failure> {
    // What a column is called may hold the sign itself; what it means never does.
    let parts = match option {
        "--map" => text.rsplit_once('='),
        _ => text.split_once('='),
    };
    let parts = parts.map(|(left, right)| (left.trim().to_owned(), right.trim().to_owned()));
    let whole = parts.filter(|(left, right)| !left.is_empty() && !right.is_empty());
    whole.ok_or_else(|| {
        console.wrong(
            option,
            text,
            "không có dạng CỘT=TÊN",
            "is not of the form COLUMN=NAME",
        )
    })
}

fn path_of(
    console: &Console<'_>,
    place: &Place,
    option: &str,
    name: &str,
) -> Result<PathBuf, Failure> {
    let usable = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | ' ');
    if name.is_empty() || name.len() > 60 || !name.chars().all(usable) {
        return Err(console.wrong(
            option,
            name,
            "tên chỉ gồm chữ, số, gạch nối",
            "a name has letters, digits and hyphens only",
        ));
    }
    Ok(place.dir.join("profiles").join(format!("{name}.json")))
}

fn load(console: &Console<'_>, path: &Path) -> Result<Profile, Failure> {
    let file_error = |error| {
        let name = path.display().to_string();
        console.failure(&OfficeError::File(name, error))
    };
    let text = std::fs::read_to_string(path).map_err(file_error)?;
    serde_json::from_str(&text).map_err(|error| file_error(std::io::Error::other(error)))
}

fn save(console: &Console<'_>, path: &Path, profile: &Profile) -> Result<(), Failure> {
    let write = || -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let text = serde_json::to_string_pretty(profile)?;
        std::fs::write(path, text)
    };
    write().map_err(|error| {
        let name = path.display().to_string();
        console.failure(&OfficeError::File(name, error))
    })
}

/// How each column was understood, and the sums to compare with the paper list.
///
/// # Errors
/// When the output cannot be written.
pub fn show(console: &mut Console<'_>, imported: &Imported) -> Result<(), Failure> {
    if let Some(sheet) = &imported.sheet {
        console.line(format!("{}: {sheet}", console.pick("trang", "sheet")))?;
    }
    let columns: Vec<String> = imported
        .mapping
        .iter()
        .map(|(_, written, column)| match written.as_str() {
            written if written == *column => written.to_owned(),
            written => format!("{written} → {column}"),
        })
        .collect();
    let label = console.pick("cột được đọc", "columns read");
    console.line(format!("{label}: {}", columns.join("; ")))?;
    for (column, sum) in &imported.sums {
        let written = imported.mapping.iter().find(|(_, _, name)| name == column);
        let written = written.map_or(*column, |(_, written, _)| written.as_str());
        let sum = console.number(&format_thousandths(*sum));
        let label = console.pick("cộng cột", "sum of");
        console.line(format!("{label} {written}: {sum}"))?;
    }
    Ok(())
}

/// The mapping as programs read it.
pub fn mapping_json(mapping: &[(usize, String, &'static str)]) -> Value {
    mapping
        .iter()
        .map(|(place, written, column)| json!({"place": place + 1, "written": written, "column": column}))
        .collect()
}

/// The sums as programs read them.
pub fn sums_json(sums: &[(&'static str, i128)]) -> Value {
    let pairs = sums
        .iter()
        .map(|(column, sum)| ((*column).to_owned(), json!(format_thousandths(*sum))));
    Value::Object(pairs.collect())
}
