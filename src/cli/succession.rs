//! `socai record household-split|household-merge|household-close|person-left`.

use clap::{Args, Subcommand};

use super::args::BasisArgs;
use super::console::{Console, Failure};
use super::values;
use crate::domain::command::Command;

/// Households that end, and persons who leave.
#[derive(Debug, Subcommand)]
pub enum SuccessionCommand {
    /// Tách hộ · a household splits
    HouseholdSplit(SplitArgs),
    /// Nhập hộ vào hộ khác · a household becomes part of another
    HouseholdMerge(MergeArgs),
    /// Hộ kết thúc (cần lý do) · a household ends, with a reason
    HouseholdClose(CloseArgs),
    /// Nhân khẩu rời hộ · a person leaves a household
    PersonLeft(LeftArgs),
}

/// `record household-split`.
#[derive(Debug, Args)]
pub struct SplitArgs {
    /// Hộ được tách · the household
    #[arg(long)]
    pub household: String,
    /// Các hộ sau khi tách, kể cả hộ cũ nếu còn · all households afterwards, the old one too if it
    /// goes on
    #[arg(long, value_delimiter = ',', required = true)]
    pub into: Vec<String>,
    /// NHÂN_KHẨU=HỘ, lặp lại · PERSON=HOUSEHOLD, repeatable
    #[arg(long, value_name = "PERSON=HOUSEHOLD")]
    pub member: Vec<String>,
    /// Từ ngày · from which day
    #[arg(long)]
    pub on: String,
    /// What it rests on.
    #[command(flatten)]
    pub basis: BasisArgs,
}

/// `record household-merge`.
#[derive(Debug, Args)]
pub struct MergeArgs {
    /// Hộ kết thúc · the household that ends
    #[arg(long)]
    pub household: String,
    /// Hộ tiếp nhận · the household it becomes part of
    #[arg(long)]
    pub into: String,
    /// Từ ngày · from which day
    #[arg(long)]
    pub on: String,
    /// What it rests on.
    #[command(flatten)]
    pub basis: BasisArgs,
}

/// `record household-close`.
#[derive(Debug, Args)]
pub struct CloseArgs {
    /// Mã hộ · the household
    #[arg(long)]
    pub household: String,
    /// Ngày đầu tiên không còn hộ · the first day without it
    #[arg(long)]
    pub on: String,
    /// What it rests on.
    #[command(flatten)]
    pub basis: BasisArgs,
}

/// `record person-left`.
#[derive(Debug, Args)]
pub struct LeftArgs {
    /// Mã nhân khẩu · the person
    #[arg(long)]
    pub person: String,
    /// Từ ngày · from which day
    #[arg(long)]
    pub on: String,
    /// What it rests on.
    #[command(flatten)]
    pub basis: BasisArgs,
}

/// Reads the options.
///
/// # Errors
/// [`Failure`] names the option and what is wrong.
pub fn read(
    console: &Console<'_>,
    command: &SuccessionCommand,
) -> Result<(Command, BasisArgs), Failure> {
    let code = |option: &str, text: &str| values::code(console, option, text);
    let date = |text: &str| values::date(console, "--on", text);
    Ok(match command {
        SuccessionCommand::HouseholdSplit(args) => {
            let into = args.into.iter().map(|text| code("--into", text));
            let members = args.member.iter().map(|text| {
                let (person, household) = text.split_once('=').ok_or_else(|| {
                    let (vi, en) = (
                        "phải có dạng NHÂN_KHẨU=HỘ",
                        "must be of the form PERSON=HOUSEHOLD",
                    );
                    console.wrong("--member", text, vi, en)
                })?;
                Ok((code("--member", person)?, code("--member", household)?))
            });
            let command = Command::SplitHousehold {
                household: code("--household", &args.household)?,
                into: into.collect::<Result<_, Failure>>()?,
                members: members.collect::<Result<_, Failure>>()?,
                on: date(&args.on)?,
            };
            (command, args.basis.clone())
        }
        SuccessionCommand::HouseholdMerge(args) => {
            let command = Command::MergeHousehold {
                household: code("--household", &args.household)?,
                into: code("--into", &args.into)?,
                on: date(&args.on)?,
            };
            (command, args.basis.clone())
        }
        SuccessionCommand::HouseholdClose(args) => {
            let command = Command::CloseHousehold {
                household: code("--household", &args.household)?,
                on: date(&args.on)?,
            };
            (command, args.basis.clone())
        }
        SuccessionCommand::PersonLeft(args) => {
            let command = Command::LeaveHousehold {
                person: code("--person", &args.person)?,
                on: date(&args.on)?,
            };
            (command, args.basis.clone())
        }
    })
}
