//! `socai rebuild`: everything that is made from the log, made anew.

use serde_json::json;

use super::console::{Console, Failure};
use super::open::Place;
use super::repair::Reopened;
use crate::log::{EventRead, SledLog};
use crate::office::OfficeError;
use crate::office::views;

/// Runs the command.
///
/// # Errors
/// [`Failure`] when another program writes the ledger, or the log cannot be read.
pub fn run(console: &mut Console<'_>, place: &Place) -> Result<(), Failure> {
    let begun = std::time::Instant::now();
    let bar = Bar::new(console);
    let index = console.pick(
        "dựng lại chỉ mục và bảng số liệu",
        "building index and views",
    );
    let mut options = place.options();
    if let Some(bar) = &bar.0 {
        let bar = bar.clone();
        bar.set_message(index);
        options.progress = Some(std::sync::Arc::new(move |progress| {
            bar.set_length(progress.total);
            bar.set_position(progress.done);
        }));
    }
    // Index and views are made from the journal, and not one from the other, in one pass over it.
    let mut anew = views::Anew::of(&place.dir);
    let log = SledLog::rebuild_with(&place.dir, options, &mut anew);
    let log = log.map_err(|error| console.failure(&OfficeError::Log(error)))?;
    let index = Reopened {
        state: log.report().index.clone(),
        events: log.head().seq,
    };
    let saved = anew.saved().unwrap_or(Err(OfficeError::Views(
        "the index was built and no views".to_owned(),
    )));
    let saved = saved.map_err(|error| console.failure(&error))?;
    bar.done();
    let elapsed = begun.elapsed();
    if console.is_json() {
        return console.json(&json!({
            "index": index.json(), "events": saved.seq, "months": saved.months,
            "elapsed_ms": u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        }));
    }
    console.line(index.told(console))?;
    let (seconds, tenths) = (elapsed.as_secs(), elapsed.subsec_millis() / 100);
    console.line(console.pick(
        format!(
            "Đã dựng lại từ nhật ký: {} sự kiện, số liệu của {} tháng, trong {seconds},{tenths} giây",
            console.number(&saved.seq.to_string()),
            saved.months
        ),
        format!(
            "Built anew from the journal: {} events, the facts of {} months, in {seconds}.{tenths} s",
            console.number(&saved.seq.to_string()),
            saved.months
        ),
    ))
}

/// Shows a terminal how far the work is.
struct Bar(Option<indicatif::ProgressBar>);

impl Bar {
    fn new(console: &Console<'_>) -> Bar {
        Bar(console.interactive.then(|| {
            let bar = indicatif::ProgressBar::new(0);
            let style = indicatif::ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}");
            style.into_iter().for_each(|style| bar.set_style(style));
            bar
        }))
    }

    fn done(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
