//! The command line: one file a command, no rules.

pub mod args;
mod catalogue;
mod checkpoint;
pub mod console;
mod demo;
mod events;
mod figures;
mod history;
mod household;
mod import;
mod init;
mod movement;
pub mod open;
mod period;
mod project;
pub mod reading;
mod record;
pub mod report;
pub mod schema;
mod span;
mod stale;
mod succession;
mod unit;
mod values;

use std::ffi::OsString;
use std::io::Write;

use clap::Parser;
use serde_json::json;

use args::{Cli, Command, Format};
use console::{Console, Failure};
use open::Place;

/// Done.
pub const DONE: u8 = 0;
/// Refused, or a check failed.
pub const REFUSED: u8 = 1;
/// Wrong usage.
pub const USAGE: u8 = 2;

/// Runs a command line and gives its exit status.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
    err: &mut dyn Write,
    interactive: bool,
) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, &arguments, out, err),
    };
    let mut console = Console::new(&cli, out, err);
    console.interactive = interactive;
    let place = Place::of(&cli);
    match dispatch(&mut console, &place, &cli.command) {
        Ok(()) | Err(Failure::BrokenPipe) => DONE,
        Err(Failure::Told) => REFUSED,
        Err(Failure::Refused(problem)) => {
            console.tell(&problem);
            REFUSED
        }
        Err(Failure::Usage(problem)) => {
            console.tell(&problem);
            USAGE
        }
    }
}

fn dispatch(console: &mut Console<'_>, place: &Place, command: &Command) -> Result<(), Failure> {
    match command {
        Command::Init(args) => init::run(console, place, args),
        Command::Demo(args) => demo::run(console, place, args),
        Command::Import(args) => import::run(console, place, args),
        Command::Record(command) => record::run(console, place, command),
        Command::Advance(args) => record::advance(console, place, args),
        Command::Correct(args) => record::correct(console, place, args),
        Command::Reverse(args) => record::reverse(console, place, args),
        Command::Household(command) => household::run(console, place, command),
        Command::Project(command) => project::run(console, place, command),
        Command::Period(command) => period::run(console, place, command),
        Command::Catalogue(command) => catalogue::run(console, place, command),
        Command::Unit(command) => unit::run(console, place, command),
        Command::Figures(args) => figures::run(console, place, args),
        Command::Report(command) => report::run(console, place, command),
        Command::Events(args) => events::run(console, place, args),
        Command::Checkpoint => checkpoint::run(console, place),
        Command::Schema(args) => schema::run(console, args),
        Command::Completions { shell } => {
            let mut command = <Cli as clap::CommandFactory>::command();
            clap_complete::generate(*shell, &mut command, "socai", &mut console.out);
            Ok(())
        }
    }
}

/// Help and version are results; anything else is wrong usage.
fn usage(
    error: &clap::Error,
    arguments: &[OsString],
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    use clap::error::ErrorKind;
    let text = error.render();
    let kind = error.kind();
    if matches!(kind, ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        let _ = write!(out, "{text}");
        return DONE;
    }
    let said = |option: &str, value: &str| {
        let joined = OsString::from(format!("{option}={value}"));
        let pair = |pair: &[OsString]| matches!(pair, [a, b] if a == option && b == value);
        arguments.contains(&joined) || arguments.windows(2).any(pair)
    };
    let english = said("--lang", "en")
        || (std::env::var_os("SOCAI_LANG").is_some_and(|lang| lang == "en")
            && !said("--lang", "vi"));
    let title = if english {
        "wrong usage"
    } else {
        "sai cách dùng lệnh"
    };
    let hint = if english {
        "see socai --help"
    } else {
        "xem socai --help"
    };
    let _ = if said("--format", Format::JSON) {
        let message = format!("{title}: {}", text.to_string().trim_end());
        let error = json!({ "code": "usage", "message": message, "where": null, "hint": hint });
        writeln!(err, "{}", json!({ "error": error }))
    } else {
        writeln!(err, "{title}:\n{text}\n{hint}")
    };
    USAGE
}
