//! The command line as clap reads it. Help stands in both languages: Vietnamese first.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::audit::AuditCommand;
use super::report::ReportCommand;
use super::span::SpanArgs;
use crate::domain::language::Lang;

/// Sổ cái hỗ trợ: ghi chi trả, xem lịch sử hộ, lập lại mọi báo cáo kỳ trước.
///
/// A ledger of programme support: record disbursements, audit a household, regenerate any past
/// report.
#[derive(Debug, Parser)]
#[command(
    name = "socai",
    version,
    propagate_version = true,
    disable_help_subcommand = true
)]
#[command(after_help = "Bắt đầu / To begin:  socai demo")]
pub struct Cli {
    /// Thư mục sổ · the ledger's folder
    #[arg(
        long,
        global = true,
        env = "SOCAI_LEDGER",
        default_value = "socai-ledger"
    )]
    pub ledger: PathBuf,
    /// Ngôn ngữ · language
    #[arg(long, global = true, env = "SOCAI_LANG", value_enum, default_value_t = LangArg::Vi)]
    pub lang: LangArg,
    /// Dạng kết quả · form of output
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Ai ghi sổ, hoặc $SOCAI_BY · who records, or $SOCAI_BY
    // Not clap's `env`: `figures` groups with an option of the same name, and would take the value.
    #[arg(long, global = true)]
    pub by: Option<String>,
    /// Chấp nhận đồng hồ có vẻ sai, và ghi lại điều đó · accept a clock that seems wrong, on record
    #[arg(long, global = true)]
    pub accept_clock: bool,
    /// Chờ nếu sổ đang bị chương trình khác mở (giây) · wait for a ledger in use (seconds)
    #[arg(long, global = true, value_name = "SECONDS")]
    pub wait: Option<u64>,
    /// Lệnh · command
    #[command(subcommand)]
    pub command: Command,
}

/// `--lang`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LangArg {
    /// Tiếng Việt
    Vi,
    /// English
    En,
}

impl From<LangArg> for Lang {
    fn from(arg: LangArg) -> Lang {
        match arg {
            LangArg::Vi => Lang::Vi,
            LangArg::En => Lang::En,
        }
    }
}

/// `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Cho người đọc · for people
    Text,
    /// Cho chương trình · for programs
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Mở sổ mới · open a new ledger
    Init(InitArgs),
    /// Sổ mẫu: nửa năm 2023 của xã Lục Bình (tên hộ giả lập) · the demo ledger
    Demo(DemoArgs),
    /// Nhập danh sách (CSV, Excel) · import a list
    Import(ImportArgs),
    /// Ghi từng khoản · record one thing
    #[command(subcommand)]
    Record(Box<RecordCommand>),
    /// Chuyển một lượt hỗ trợ sang giai đoạn khác · move a support to another stage
    Advance(AdvanceArgs),
    /// Điều chỉnh một lượt hỗ trợ ghi sai · correct a support
    Correct(CorrectArgs),
    /// Hủy một lượt hỗ trợ ghi nhầm · reverse a support
    Reverse(ReverseArgs),
    /// Hộ gia đình · households
    #[command(subcommand)]
    Household(HouseholdCommand),
    /// Dự án · projects
    #[command(subcommand)]
    Project(ProjectCommand),
    /// Khóa kỳ, mở lại kỳ · closing and reopening periods
    #[command(subcommand)]
    Period(super::period::PeriodCommand),
    /// Danh mục chính sách và định mức · the catalogue and its norms
    #[command(subcommand)]
    Catalogue(Box<super::catalogue::CatalogueCommand>),
    /// Đơn vị hành chính qua các thời kỳ · administrative units over time
    #[command(subcommand)]
    Unit(Box<super::unit::UnitCommand>),
    /// Số liệu theo kỳ, phân tổ · figures of a period
    Figures(FiguresArgs),
    /// Báo cáo · reports
    #[command(subcommand)]
    Report(Box<ReportCommand>),
    /// Soát xét: ghi muộn, ghi sau khi khóa kỳ · what was recorded late
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Các sự kiện trong sổ (mỗi dòng một sự kiện) · the events, one a line
    Events(EventsArgs),
    /// Dựng lại chỉ mục và bảng số liệu từ nhật ký · build index and views anew from the journal
    Rebuild,
    /// Sổ chiếm bao nhiêu chỗ, từng phần · what each part of the folder takes
    Sizes,
    /// Sao lưu cả sổ vào một tệp, kể cả khi đang ghi · back up the ledger into one file
    Backup(super::backup::BackupArgs),
    /// Khôi phục sổ từ bản sao lưu vào một nơi trống · restore a ledger into an empty place
    Restore(super::backup::RestoreArgs),
    /// Dữ liệu cá nhân của một hộ, một người: xóa, giữ lại, trích xuất · personal data
    #[command(subcommand)]
    Subject(super::subject::SubjectCommand),
    /// Nhật ký truy cập thông tin cá nhân · who opened personal fields
    #[command(subcommand)]
    Access(super::access::AccessCommand),
    /// Mốc xác nhận: ký và in, đồng xác nhận, kiểm tra · checkpoints: sign, cosign, verify
    Checkpoint(super::checkpoint::CheckpointArgs),
    /// Khóa ký mốc xác nhận · keys that sign checkpoints
    #[command(subcommand)]
    Key(super::key::KeyCommand),
    /// Kiểm tra sổ: mã băm, gốc, mốc xác nhận; --full kiểm tra mọi thứ · check the ledger
    Verify(super::verify::VerifyArgs),
    /// Khôi phục nhật ký hỏng từ các bản khác; không xóa gì · repair a damaged journal from copies
    Repair(super::repair::RepairArgs),
    /// Chứng minh một sự kiện có trong sổ, hoặc sổ chỉ dài thêm · prove an event, or that the log
    /// only grew
    Prove(super::prove::ProveArgs),
    /// Kiểm tra một bằng chứng, không cần sổ · check a proof, without any ledger
    CheckProof(super::prove::CheckProofArgs),
    /// Xuất danh sách, xuất sổ theo chuẩn mở · lists, and the log in open forms
    #[command(subcommand)]
    Export(super::export::ExportCommand),
    /// JSON Schema của sự kiện · the JSON Schema of the events
    Schema(SchemaArgs),
    /// Gợi ý lệnh cho shell · shell completions
    Completions {
        /// bash, zsh, fish, powershell, elvish
        shell: clap_complete::Shell,
    },
}

/// `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Mã đơn vị hành chính, ví dụ 01990 · code of the unit
    #[arg(long)]
    pub unit: String,
    /// Tên đơn vị, ví dụ “xã Lục Bình” · its name
    #[arg(long)]
    pub name: String,
    /// Ngày đơn vị mang mã này · the day it came into being under this code
    #[arg(long, value_name = "DATE")]
    pub unit_since: Option<String>,
    /// Danh mục chính sách khác (JSON) · another catalogue
    #[arg(long, value_name = "FILE")]
    pub catalogue: Option<PathBuf>,
    /// Tên người ghi sổ đầu tiên · name of the first official (id: --by)
    #[arg(long)]
    pub actor_name: Option<String>,
    /// Chức danh, bộ phận · office of the first official
    #[arg(long)]
    pub office: Option<String>,
    /// Lệch giờ cố định của sổ · fixed offset from UTC
    #[arg(long, default_value = "+07:00", allow_hyphen_values = true)]
    pub offset: String,
}

/// `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Thư mục sổ mẫu · folder of the demo ledger
    #[arg(default_value = "socai-demo")]
    pub dir: PathBuf,
}

/// Which list `import` reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListKind {
    /// Hộ · households
    Households,
    /// Nhân khẩu · persons
    Persons,
    /// Dự án · projects
    Projects,
    /// Hộ tham gia dự án · members of projects
    Members,
    /// Danh sách hộ có tên · a named list of households
    Cohort,
    /// Lượt hỗ trợ · supports
    Supports,
    /// Chuyển giai đoạn hàng loạt · stages of many supports
    Stages,
}

/// `import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Loại danh sách · which list
    #[arg(value_enum)]
    pub list: ListKind,
    /// Tệp CSV hoặc bảng tính (.xlsx, .xls, .ods) · the file
    pub file: PathBuf,
    /// Cách đọc cột và trang tính · how its columns and sheets are read
    #[command(flatten)]
    pub reading: super::reading::ReadingArgs,
    /// Chỉ kiểm tra, không ghi · check only
    #[arg(long)]
    pub dry_run: bool,
    /// Ghi các dòng đúng, trả lại dòng sai · record valid rows, return the others
    #[arg(long)]
    pub accept_valid: bool,
    /// Tệp ghi các dòng bị trả lại (.csv), hoặc cả danh sách có đánh dấu (.xlsx) · where rejected
    /// rows go; as .xlsx the whole list with what is wrong in red
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// Hộ, nhân khẩu đã có mà khác: ghi thay đổi · append what changed of known ones
    #[arg(long)]
    pub update: bool,
    /// Mã danh sách hộ (cohort) · code of the named list
    #[arg(long, required_if_eq("list", "cohort"))]
    pub code: Option<String>,
    /// Năm của danh sách hộ (cohort) · its year
    #[arg(long, required_if_eq("list", "cohort"))]
    pub year: Option<u16>,
    /// Văn bản căn cứ cho cả danh sách · document for the whole list
    #[arg(long)]
    pub document: Option<String>,
    /// Lý do · reason
    #[arg(long)]
    pub reason: Option<String>,
}

/// What every record may rest on.
#[derive(Debug, Clone, Default, Args)]
pub struct BasisArgs {
    /// Văn bản căn cứ · the document it rests on
    #[arg(long)]
    pub document: Option<String>,
    /// Lý do · reason
    #[arg(long)]
    pub reason: Option<String>,
}

/// `record`.
#[derive(Debug, Subcommand)]
pub enum RecordCommand {
    /// Một lượt hỗ trợ · a support action
    Support(SupportArgs),
    /// Một hoạt động (khám bệnh, tập huấn…) · an activity
    Activity(SupportArgs),
    /// Một hộ · a household
    Household(HouseholdArgs),
    /// Một nhân khẩu · a person
    Person(PersonArgs),
    /// Phân loại hộ · the class of a household
    Class(ClassArgs),
    /// Một dự án · a project
    Project(ProjectArgs),
    /// Một hộ tham gia dự án · a member of a project
    Member {
        /// Mã dự án · project
        #[arg(long)]
        project: String,
        /// Mã hộ · household
        #[arg(long)]
        household: String,
        /// Vai trò · role
        #[arg(long)]
        role: Option<String>,
        /// Ghi chú · note
        #[arg(long)]
        note: Option<String>,
        #[command(flatten)]
        #[allow(missing_docs)]
        basis: BasisArgs,
    },
    /// Đưa một hộ vào danh sách có tên · put a household on a named list
    Cohort {
        /// Mã danh sách · code of the list
        #[arg(long)]
        code: String,
        /// Năm · year
        #[arg(long)]
        year: u16,
        /// Mã hộ · household
        #[arg(long)]
        household: String,
        /// Ghi chú · note
        #[arg(long)]
        note: Option<String>,
        #[command(flatten)]
        #[allow(missing_docs)]
        basis: BasisArgs,
    },
    /// Chỉ tiêu được giao · a target
    Target {
        /// Chỉ tiêu · an indicator or kind
        #[arg(long)]
        kind: String,
        /// Kỳ · period
        #[arg(long)]
        period: String,
        /// Giá trị · value
        #[arg(long)]
        value: String,
        #[command(flatten)]
        #[allow(missing_docs)]
        basis: BasisArgs,
    },
    /// Phân bổ vốn · an allocation
    Allocation(BudgetArgs),
    /// Điều chỉnh vốn đã phân bổ (số chênh lệch) · an adjustment of an allocation
    Adjustment(BudgetArgs),
    /// Thu hồi (truy thu) · money taken back
    Recovery {
        /// Lượt hỗ trợ (id hoặc ref) · the support
        support: String,
        /// Số tiền · amount
        #[arg(long)]
        amount: String,
        /// Ngày · date
        #[arg(long)]
        on: String,
        /// Nguồn được hoàn · the source it goes back to
        #[arg(long)]
        source: Option<String>,
        #[command(flatten)]
        #[allow(missing_docs)]
        basis: BasisArgs,
    },
    /// What is recorded of the rules.
    #[command(flatten)]
    Rules(super::catalogue::RulesCommand),
    /// Households that end, and persons who leave.
    #[command(flatten)]
    Succession(super::succession::SuccessionCommand),
    /// Một đơn vị hành chính · an administrative unit
    Unit(super::unit::RegisterArgs),
    /// Người ghi sổ · an official
    Actor {
        /// Mã ngắn · short id
        #[arg(long)]
        id: String,
        /// Họ tên · name
        #[arg(long)]
        name: String,
        /// Chức danh, bộ phận · office
        #[arg(long)]
        office: Option<String>,
    },
}

/// `record support` and `record activity`.
#[derive(Debug, Args)]
pub struct SupportArgs {
    /// Chính sách · kind
    #[arg(long)]
    pub kind: String,
    /// Mã hộ · household
    #[arg(long)]
    pub household: Option<String>,
    /// Mã nhân khẩu · person
    #[arg(long)]
    pub person: Option<String>,
    /// Số đối tượng (ghi theo nhóm, không tên) · count of a group
    #[arg(long)]
    pub count: Option<u64>,
    /// Phân loại hộ, hoặc none · class, or none
    #[arg(long)]
    pub class: Option<String>,
    /// Nhóm đối tượng · group of the kind
    #[arg(long)]
    pub group: Option<String>,
    /// Thôn (nhiều thôn: lặp lại) · village, repeatable
    #[arg(long)]
    pub village: Vec<String>,
    /// Tổng số tiền · total amount
    #[arg(long, allow_hyphen_values = true)]
    pub amount: Option<String>,
    /// Nguồn vốn · funding source
    #[arg(long)]
    pub source: Option<String>,
    /// Phần dân đối ứng trong tổng số · the household's own share of it
    #[arg(long, allow_hyphen_values = true)]
    pub counterpart: Option<String>,
    /// NGUỒN=SỐ_TIỀN, lặp lại khi nhiều nguồn · SOURCE=AMOUNT, repeatable
    #[arg(long, value_name = "SOURCE=AMOUNT")]
    pub funding: Vec<String>,
    /// Số lượng · quantity
    #[arg(long, allow_hyphen_values = true)]
    pub quantity: Option<String>,
    /// Đơn vị tính · unit
    #[arg(long)]
    pub unit: Option<String>,
    /// Ngày chi, cấp, đề nghị… · the day it happened
    #[arg(long)]
    pub on: String,
    /// Kỳ hưởng · what it pays for
    #[arg(long)]
    pub covers: Option<String>,
    /// Giai đoạn · stage
    #[arg(long)]
    pub stage: Option<String>,
    /// Mã dự án · project
    #[arg(long)]
    pub project: Option<String>,
    /// Bên cho vay · lender
    #[arg(long)]
    pub lender: Option<String>,
    /// Người nhận thay · who received it
    #[arg(long)]
    pub recipient: Option<String>,
    /// Lý do hưởng · eligibility ground
    #[arg(long)]
    pub ground: Option<String>,
    /// Mã dòng duy nhất · unique row key
    #[arg(long = "ref")]
    pub reference: Option<String>,
    /// Là đợt sau của lượt hỗ trợ · a later tranche of this support
    #[arg(long)]
    pub follows: Option<String>,
    /// Ghi chú · note
    #[arg(long)]
    pub note: Option<String>,
    /// What it rests on.
    #[command(flatten)]
    pub basis: BasisArgs,
}

/// `record household`.
#[derive(Debug, Args)]
pub struct HouseholdArgs {
    /// Mã hộ · code
    #[arg(long, alias = "code")]
    pub household: String,
    /// Chủ hộ · head
    #[arg(long)]
    pub head: Option<String>,
    /// Thôn · village
    #[arg(long)]
    pub village: Option<String>,
    /// Phân loại · class
    #[arg(long)]
    pub class: Option<String>,
    /// Phân loại áp dụng từ ngày · class from
    #[arg(long)]
    pub class_from: Option<String>,
    /// Chuẩn áp dụng · standard
    #[arg(long)]
    pub standard: Option<String>,
    /// Dân tộc · ethnicity
    #[arg(long)]
    pub ethnicity: Option<String>,
    /// Số định danh cá nhân · citizen number
    #[arg(long)]
    pub id_number: Option<String>,
    /// Số nhân khẩu · members
    #[arg(long)]
    pub members: Option<u32>,
    /// Số giấy chứng nhận hộ nghèo · poverty certificate
    #[arg(long)]
    pub poverty_code: Option<String>,
    /// Ghi chú · note
    #[arg(long)]
    pub note: Option<String>,
    /// Hộ đã có mà khác: ghi thay đổi · append what changed
    #[arg(long)]
    pub update: bool,
    /// What it rests on.
    #[command(flatten)]
    pub basis: BasisArgs,
}

/// `record person`.
#[derive(Debug, Args)]
pub struct PersonArgs {
    /// Mã nhân khẩu · code
    #[arg(long, alias = "code")]
    pub person: String,
    /// Mã hộ · household
    #[arg(long)]
    pub household: String,
    /// Họ tên · name
    #[arg(long)]
    pub name: Option<String>,
    /// Ngày hoặc năm sinh · born
    #[arg(long)]
    pub born: Option<String>,
    /// Giới tính (nam, nữ) · sex
    #[arg(long)]
    pub sex: Option<String>,
    /// Quan hệ với chủ hộ · relation
    #[arg(long)]
    pub relation: Option<String>,
    /// Dân tộc · ethnicity
    #[arg(long)]
    pub ethnicity: Option<String>,
    /// Số định danh cá nhân · citizen number
    #[arg(long)]
    pub id_number: Option<String>,
    /// Ghi chú · note
    #[arg(long)]
    pub note: Option<String>,
    /// Đã có mà khác: ghi thay đổi · append what changed
    #[arg(long)]
    pub update: bool,
    /// What it rests on.
    #[command(flatten)]
    pub basis: BasisArgs,
}

/// `record class`.
#[derive(Debug, Args)]
pub struct ClassArgs {
    /// Mã hộ · household
    #[arg(long)]
    pub household: String,
    /// Phân loại · class
    #[arg(long)]
    pub class: String,
    /// Áp dụng từ ngày · takes effect on
    #[arg(long)]
    pub from: Option<String>,
    /// Chuẩn áp dụng · standard
    #[arg(long)]
    pub standard: Option<String>,
    /// What it rests on.
    #[command(flatten)]
    pub basis: BasisArgs,
}

/// `record project`.
#[derive(Debug, Args)]
pub struct ProjectArgs {
    /// Mã dự án · code
    #[arg(long, alias = "code")]
    pub project: String,
    /// Tên · name
    #[arg(long)]
    pub name: String,
    /// Chương trình · programme
    #[arg(long)]
    pub programme: Option<String>,
    /// Thôn · village
    #[arg(long)]
    pub village: Option<String>,
    /// Giai đoạn · stage
    #[arg(long)]
    pub stage: Option<String>,
    /// Ngày của giai đoạn · day of the stage
    #[arg(long)]
    pub on: Option<String>,
    /// NGUỒN=SỐ_TIỀN, lặp lại · SOURCE=AMOUNT, repeatable
    #[arg(long, value_name = "SOURCE=AMOUNT")]
    pub funding: Vec<String>,
    /// Quy mô · quantity
    #[arg(long)]
    pub quantity: Option<String>,
    /// Đơn vị tính · unit
    #[arg(long)]
    pub unit: Option<String>,
    /// What it rests on.
    #[command(flatten)]
    pub basis: BasisArgs,
}

/// `record allocation` and `record adjustment`.
#[derive(Debug, Args)]
pub struct BudgetArgs {
    /// Chương trình · programme
    #[arg(long)]
    pub programme: Option<String>,
    /// Dự án · project
    #[arg(long)]
    pub project: Option<String>,
    /// Nguồn vốn · source
    #[arg(long)]
    pub source: String,
    /// Số tiền · amount
    #[arg(long, allow_hyphen_values = true)]
    pub amount: String,
    /// Kỳ ngân sách · budget period
    #[arg(long)]
    pub period: Option<String>,
    /// What it rests on.
    #[command(flatten)]
    pub basis: BasisArgs,
}

/// What may change of a support.
#[derive(Debug, Clone, Default, Args)]
pub struct ChangeArgs {
    /// Số tiền mới (tổng) · new total amount
    #[arg(long, allow_hyphen_values = true)]
    pub amount: Option<String>,
    /// NGUỒN=SỐ_TIỀN, thay toàn bộ nguồn · SOURCE=AMOUNT, replaces the funding
    #[arg(long, value_name = "SOURCE=AMOUNT")]
    pub funding: Vec<String>,
    /// Số lượng mới · new quantity
    #[arg(long, allow_hyphen_values = true)]
    pub quantity: Option<String>,
    /// Ghi chú · note
    #[arg(long)]
    pub note: Option<String>,
    /// Người nhận thay · who received it
    #[arg(long)]
    pub recipient: Option<String>,
}

/// `advance`.
#[derive(Debug, Args)]
pub struct AdvanceArgs {
    /// Lượt hỗ trợ (id hoặc ref) · the support (id or ref)
    pub support: String,
    /// Giai đoạn · stage
    #[arg(long)]
    pub to: String,
    /// Ngày · date
    #[arg(long)]
    pub on: String,
    /// What changes on the way.
    #[command(flatten)]
    pub change: ChangeArgs,
    /// What it rests on.
    #[command(flatten)]
    pub basis: BasisArgs,
}

/// `correct`.
#[derive(Debug, Args)]
pub struct CorrectArgs {
    /// Lượt hỗ trợ (id hoặc ref) · the support (id or ref)
    pub support: String,
    /// Giai đoạn cần sửa (mặc định: giai đoạn xa nhất) · the stage, else the furthest
    #[arg(long)]
    pub stage: Option<String>,
    /// Ngày đúng · the right date
    #[arg(long)]
    pub on: Option<String>,
    /// Hộ đúng · the right household
    #[arg(long)]
    pub household: Option<String>,
    /// Phân loại đúng · the right class
    #[arg(long)]
    pub class: Option<String>,
    /// Thôn đúng · the right village
    #[arg(long)]
    pub village: Option<String>,
    /// Kỳ hưởng đúng · the right period
    #[arg(long)]
    pub covers: Option<String>,
    /// Số đối tượng đúng · the right count
    #[arg(long)]
    pub count: Option<u64>,
    /// Lý do hưởng · the right ground
    #[arg(long)]
    pub ground: Option<String>,
    /// Ngày hiệu lực (không ghi: ngày gốc nếu kỳ còn mở, hôm nay nếu kỳ đã khóa) · the day the
    /// correction stands at
    #[arg(long, value_name = "DATE")]
    pub effective_on: Option<String>,
    /// What is right.
    #[command(flatten)]
    pub change: ChangeArgs,
    /// What it rests on.
    #[command(flatten)]
    pub basis: BasisArgs,
}

/// `reverse`.
#[derive(Debug, Args)]
pub struct ReverseArgs {
    /// Lượt hỗ trợ (id hoặc ref) · the support (id or ref)
    pub support: String,
    /// Chỉ hủy giai đoạn này · only this stage
    #[arg(long)]
    pub stage: Option<String>,
    /// Ngày hiệu lực (không ghi: ngày gốc nếu kỳ còn mở, hôm nay nếu kỳ đã khóa) · the day the
    /// reversal stands at
    #[arg(long, value_name = "DATE")]
    pub effective_on: Option<String>,
    /// What it rests on.
    #[command(flatten)]
    pub basis: BasisArgs,
}

/// How much of the log a view knows.
#[derive(Debug, Clone, Default, Args)]
pub struct AsOfArgs {
    /// Thời điểm dữ liệu: số thứ tự, ngày, thời điểm, hoặc số báo cáo đã phát hành · sequence
    /// number, date, moment, or the number of an issued report
    #[arg(long, value_name = "AS_OF")]
    pub as_of: Option<String>,
}

/// `household`.
#[derive(Debug, Subcommand)]
pub enum HouseholdCommand {
    /// Hiện trạng một hộ · a household as it stands
    Show {
        /// Mã hộ · code
        code: String,
        #[command(flatten)]
        #[allow(missing_docs)]
        span: SpanArgs,
        #[command(flatten)]
        #[allow(missing_docs)]
        as_of: AsOfArgs,
    },
    /// Toàn bộ lịch sử một hộ · the whole history of a household
    History {
        /// Mã hộ · code
        code: String,
        /// Ghi ra bảng tính (.xlsx, chưa có) · write a workbook, .xlsx, that does not exist
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        #[allow(missing_docs)]
        span: SpanArgs,
        #[command(flatten)]
        #[allow(missing_docs)]
        as_of: AsOfArgs,
    },
    /// Sao kê hộ: đầu kỳ, từng khoản, cuối kỳ · opening, each entry, closing of a period
    Statement {
        /// Mã hộ · code
        code: String,
        /// Kỳ · period
        #[arg(long)]
        period: String,
        /// Chỉ người này của hộ · only this person of it
        #[arg(long)]
        person: Option<String>,
        /// Trục thời gian: occurred, covers, recorded, decided · which date counts
        #[arg(long, default_value = "occurred")]
        axis: String,
        #[command(flatten)]
        #[allow(missing_docs)]
        as_of: AsOfArgs,
    },
    /// Danh sách hộ · list households
    List {
        /// Chỉ phân loại này · only this class
        #[arg(long)]
        class: Option<String>,
        /// Chỉ thôn này · only this village
        #[arg(long)]
        village: Option<String>,
        /// Phân loại tại ngày · class on this day
        #[arg(long)]
        on: Option<String>,
        /// Ghi ra bảng tính (.xlsx, chưa có) · write a workbook, .xlsx, that does not exist
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// With a period: households with an entry in it.
        #[command(flatten)]
        #[allow(missing_docs)]
        span: SpanArgs,
        #[command(flatten)]
        #[allow(missing_docs)]
        as_of: AsOfArgs,
    },
    /// Hỗ trợ cấp theo phân loại mà nay biết hộ không có ngày đó · granted on a class that it did
    /// not have that day
    Stale(super::stale::StaleArgs),
    /// Tìm theo tên, mã (không cần dấu) · find by name or code, marks not needed
    Find {
        /// Nội dung tìm · what to look for
        text: String,
        #[command(flatten)]
        #[allow(missing_docs)]
        as_of: AsOfArgs,
    },
}

/// `project`.
#[derive(Debug, Subcommand)]
pub enum ProjectCommand {
    /// Hiện trạng một dự án · a project as it stands
    Show {
        /// Mã dự án · code
        code: String,
        /// Ghi ra bảng tính (.xlsx, chưa có) · write a workbook, .xlsx, that does not exist
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        #[allow(missing_docs)]
        span: SpanArgs,
        #[command(flatten)]
        #[allow(missing_docs)]
        as_of: AsOfArgs,
    },
    /// Danh sách dự án · list projects
    List {
        /// Ghi ra bảng tính (.xlsx, chưa có) · write a workbook, .xlsx, that does not exist
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        #[allow(missing_docs)]
        span: SpanArgs,
        #[command(flatten)]
        #[allow(missing_docs)]
        as_of: AsOfArgs,
    },
}

/// `figures`.
#[derive(Debug, Args)]
pub struct FiguresArgs {
    /// Kỳ, ví dụ 2023-H1, 2023-01..2023-04 · period
    #[arg(long)]
    pub period: String,
    /// Trục thời gian: occurred, covers, recorded, decided · which date places a support
    #[arg(long, default_value = "occurred")]
    pub axis: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub as_of: AsOfArgs,
    /// Phân tổ theo, cách nhau dấu phẩy · grouping, comma list
    #[arg(long, value_delimiter = ',')]
    pub by: Vec<String>,
    /// Chính sách, cách nhau dấu phẩy · kinds, comma list
    #[arg(long, value_delimiter = ',')]
    pub kind: Vec<String>,
    /// Giai đoạn, cách nhau dấu phẩy, hoặc all · stages, comma list, or all
    #[arg(long, value_delimiter = ',', default_value = "disbursed,held")]
    pub stage: Vec<String>,
    /// Điều kiện chiều=giá_trị, cách nhau dấu phẩy · conditions dimension=value, comma list
    #[arg(long = "where", value_delimiter = ',', value_name = "D=V")]
    pub filters: Vec<String>,
    /// Kèm các sự kiện đứng sau số liệu · with the events behind the figures
    #[arg(long)]
    pub explain: bool,
    /// Địa giới: then (của ngày phát sinh), now (hôm nay) hoặc một ngày · boundaries of the day it
    /// happened, of today, or of a date
    #[arg(long, default_value = "then", value_name = "then|now|DATE")]
    pub boundaries: String,
    /// Bảng chỉ tiêu, nguồn vốn, hoặc đầu kỳ – tăng – giảm – cuối kỳ · targets, budget or movement
    /// instead
    #[arg(long, value_enum)]
    pub table: Option<TableArg>,
    /// Ghi ra bảng tính (.xlsx, chưa có) · write a workbook, .xlsx, that does not exist
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `figures --table`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableArg {
    /// Chỉ tiêu được giao
    Targets,
    /// Nguồn vốn phân bổ
    Budget,
    /// Đầu kỳ, tăng, giảm, cuối kỳ, bổ sung kỳ trước
    Movement,
}

/// `events`.
#[derive(Debug, Args)]
pub struct EventsArgs {
    /// Chỉ của hộ này · only of this household
    #[arg(long)]
    pub household: Option<String>,
    /// Chỉ loại này · only this type
    #[arg(long = "type")]
    pub kind: Option<String>,
    /// Từ số thứ tự · from this place
    #[arg(long)]
    pub from: Option<u64>,
    /// Đến số thứ tự · to this place
    #[arg(long)]
    pub to: Option<u64>,
    /// Đúng các byte được băm · exactly the hashed bytes
    #[arg(long)]
    pub raw: bool,
}

/// `schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Loại sự kiện, ví dụ support.disbursed, hoặc catalogue · event type, or catalogue
    pub name: Option<String>,
    /// Ghi tất cả vào thư mục · write all into a folder
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
}

impl Format {
    /// The value of `--format` for programs.
    pub const JSON: &'static str = "json";
}
