//! How many random cases each property is held against:
//! `SOCAI_CASES=5000 cargo test --release --test laws`.

use proptest::prelude::ProptestConfig;

/// So many, unless more or fewer are asked for.
pub fn cases(few: u32) -> ProptestConfig {
    let asked = std::env::var("SOCAI_CASES").ok();
    ProptestConfig {
        cases: asked.and_then(|text| text.parse().ok()).unwrap_or(few),
        ..ProptestConfig::default()
    }
}
