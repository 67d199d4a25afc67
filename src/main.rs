//! The `socai` program: parse, run, exit code.

use std::io::{BufWriter, IsTerminal, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    tell_panics();
    let interactive = std::io::stderr().is_terminal();
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut err = std::io::stderr();
    let status = socai::cli::run(std::env::args_os(), &mut out, &mut err, interactive);
    match out.flush() {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => ExitCode::from(1),
        _ => ExitCode::from(status),
    }
}

/// A panic of the index is caught and told by the command in its own words. Any other is a fault of
/// the program: it is told in both languages before the details.
fn tell_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if socai::log::panic_is_caught() || socai::import::workbook::panic_is_caught() {
            return;
        }
        let _ = writeln!(
            std::io::stderr(),
            "Chương trình gặp lỗi của chính nó; những gì đã xác nhận vẫn còn trong sổ. Hãy gửi các dòng \
             dưới đây cho người phụ trách.\nThe program failed by a fault of its own; whatever was \
             acknowledged is in the ledger. Please report these lines:"
        );
        usual(panic);
    }));
}
