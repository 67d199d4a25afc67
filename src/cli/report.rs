//! stub
use super::args::ReportArgs;
use super::console::{Console, Failure};
use super::open::Place;
/// stub
pub fn show(
    _: &mut Console<'_>,
    _: &Place,
    _: &ReportArgs,
    _: Option<(&str, &str)>,
) -> Result<(), Failure> {
    Ok(())
}
