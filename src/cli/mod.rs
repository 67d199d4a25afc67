//! The command line: one file a command, no rules.

mod access;
pub mod args;
pub mod audit;
mod backup;
mod book;
mod catalogue;
mod checkpoint;
pub mod console;
mod demo;
mod disbursements;
mod events;
mod export;
mod figures;
mod history;
mod household;
mod import;
mod init;
mod key;
mod movement;
pub mod open;
mod period;
mod project;
mod prove;
pub mod reading;
mod rebuild;
mod record;
mod repair;
pub mod report;
mod report_diff;
mod report_output;
pub mod schema;
mod sizes;
mod span;
mod stale;
mod subject;
mod succession;
mod tables;
mod tiles;
mod traced;
mod unit;
mod values;
mod verify;

use std::ffi::OsString;
use std::io::Write;

use clap::{CommandFactory, FromArgMatches};
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
    let parsed = <Cli as CommandFactory>::command()
        .try_get_matches_from(&arguments)
        .and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, words(&matches))));
    let (cli, words) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return usage(&error, &arguments, out, err),
    };
    let mut console = Console::new(&cli, out, err);
    console.interactive = interactive;
    console.said = book::said(&arguments);
    let place = Place::of(&cli, words);
    let done = dispatch(&mut console, &place, &cli.command);
    if let Err(fault) = place.access.finish() {
        let text = console::Problem::of(&fault, console.lang).message;
        console.notice(console.pick(
            format!("⚠ việc mở thông tin cá nhân này không được ghi vào nhật ký truy cập: {text}"),
            format!("⚠ this opening of personal fields is not in the access log: {text}"),
        ));
    }
    match done {
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
        Command::Audit(command) => audit::run(console, place, command),
        Command::Events(args) => events::run(console, place, args),
        Command::Rebuild => rebuild::run(console, place),
        Command::Sizes => sizes::run(console, place),
        Command::Backup(args) => backup::run(console, place, args),
        Command::Restore(args) => backup::run_restore(console, place, args),
        Command::Subject(command) => subject::run(console, place, command),
        Command::Access(command) => access::run(console, place, command),
        Command::Checkpoint(args) => checkpoint::run(console, place, args),
        Command::Key(command) => key::run(console, place, command),
        Command::Verify(args) => verify::run(console, place, args),
        Command::Repair(args) => repair::run(console, place, args),
        Command::Prove(args) => prove::prove(console, place, args),
        Command::CheckProof(args) => prove::check(console, args),
        Command::Export(command) => export::run(console, place, command),
        Command::Schema(args) => schema::run(console, args),
        Command::Completions { shell } => {
            let mut command = <Cli as CommandFactory>::command();
            clap_complete::generate(*shell, &mut command, "socai", &mut console.out);
            Ok(())
        }
    }
}

/// The words of the command, such as `household show`, without what it is given.
fn words(matches: &clap::ArgMatches) -> String {
    let mut words = Vec::new();
    let mut at = matches;
    while let Some((word, inner)) = at.subcommand() {
        words.push(word);
        at = inner;
    }
    words.join(" ")
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
