//! stub
#![allow(missing_docs)]
use super::class::HouseholdClass;
use super::language::*;
use super::stage::Stage;
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    pub code: String,
    pub version: u32,
    pub currency: String,
    pub currency_decimals: u32,
    pub programmes: Vec<Programme>,
    pub sources: Vec<FundingSource>,
    pub units: Vec<UnitOfMeasure>,
    pub indicators: Vec<Indicator>,
    pub groups: Vec<GroupCode>,
    pub kinds: Vec<SupportKind>,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programme {
    pub code: String,
    pub name: Text,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FundingSource {
    pub code: String,
    pub name: Text,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitOfMeasure {
    pub code: String,
    pub name: Text,
    pub decimals: u32,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indicator {
    pub code: String,
    pub name: Text,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupCode {
    pub code: String,
    pub name: Text,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Eligible {
    pub classes: Vec<HouseholdClass>,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportKind {
    pub code: String,
    pub name: Text,
    pub unit: Option<String>,
    pub programme: String,
    pub groups: Vec<String>,
    pub eligible: Eligible,
    pub activity: bool,
}
#[derive(Debug, Clone)]
pub struct CatalogueIssue;
impl Explain for CatalogueIssue {
    fn code(&self) -> &'static str {
        ""
    }
    fn message(&self, _: Lang) -> String {
        String::new()
    }
    fn hint(&self, _: Lang) -> Option<String> {
        None
    }
}
impl SupportKind {
    pub fn allows(&self, _: Stage) -> bool {
        true
    }
    pub fn default_stage(&self) -> Option<Stage> {
        None
    }
}
impl Catalogue {
    pub fn from_json(_: &str, _: &str) -> Result<Catalogue, Vec<CatalogueIssue>> {
        Err(vec![])
    }
    pub fn kind(&self, c: &str) -> Option<&SupportKind> {
        self.kinds.iter().find(|k| k.code == c)
    }
    pub fn source(&self, c: &str) -> Option<&FundingSource> {
        self.sources.iter().find(|k| k.code == c)
    }
    pub fn unit(&self, c: &str) -> Option<&UnitOfMeasure> {
        self.units.iter().find(|k| k.code == c)
    }
    pub fn programme(&self, c: &str) -> Option<&Programme> {
        self.programmes.iter().find(|k| k.code == c)
    }
    pub fn indicator(&self, c: &str) -> Option<&Indicator> {
        self.indicators.iter().find(|k| k.code == c)
    }
    pub fn group(&self, c: &str) -> Option<&GroupCode> {
        self.groups.iter().find(|k| k.code == c)
    }
    pub fn descendants(&self, c: &str) -> Vec<&Programme> {
        self.programmes.iter().filter(|k| k.code == c).collect()
    }
    pub fn built_in_json() -> &'static str {
        ""
    }
}
