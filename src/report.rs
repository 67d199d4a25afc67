//! stub
/// stub
pub struct Template;
impl Template {
    /// stub
    pub fn built_in() -> Vec<(&'static str, u32, &'static str)> {
        Vec::new()
    }
}
