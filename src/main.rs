//! The `socai` program: parse, run, exit code.

use std::io::{BufWriter, IsTerminal, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let interactive = std::io::stderr().is_terminal();
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut err = std::io::stderr();
    let status = socai::cli::run(std::env::args_os(), &mut out, &mut err, interactive);
    match out.flush() {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => ExitCode::from(1),
        _ => ExitCode::from(status),
    }
}
