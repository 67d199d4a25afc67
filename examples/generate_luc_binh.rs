//! Writes the synthetic lists of the demonstration into `examples/luc-binh-2023/`.
//!
//! Run `cargo run --example generate_luc_binh` after a change to the generator and check the files
//! in: a test compares them with what the generator makes.

use std::io::Write;
use std::path::Path;

#[path = "luc-binh-2023/generator.rs"]
mod generator;

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/luc-binh-2023");
    let files = generator::files();
    // All files first: a closed pipe must not leave half of them old.
    for (name, content) in &files {
        std::fs::write(folder.join(name), content)?;
    }
    let mut out = std::io::stdout().lock();
    for (name, content) in &files {
        writeln!(
            out,
            "{name}: {} rows",
            content.lines().count().saturating_sub(1)
        )?;
    }
    Ok(())
}
