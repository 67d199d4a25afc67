//! Reading the events of supports, of which a ledger has the most, in the one form they have.
//!
//! The reader goes through the bytes once and takes each member at the only place where it can
//! stand, so what it reads is in canonical form by the way it was read. It gives up on anything
//! out of the ordinary: an escaped character, a member that it does not know. `None`
//! says only that: the general reader of [`super::codec`] then decides, and tells what is wrong.
//!
//! **Invariant:** where this reader gives an event, the general reader gives the same event. A
//! test compares the two over random events and over every sort of damage to them.

pub(super) mod writer;

use std::fmt::{self, Write as _};

use chrono::NaiveDate;
use uuid::Uuid;

use super::event::parse_at;
use crate::domain::class::HouseholdClass;
use crate::domain::code::Code;
use crate::domain::event::{Actor, Bodies, Body, Document, Event, Sex, Source, support_type};
use crate::domain::finding::{Finding, FindingCode};
use crate::domain::fixed::{Money, Quantity, parse_thousandths};
use crate::domain::period::Period;
use crate::domain::personal::Personal;
use crate::domain::stage::Stage;
use crate::domain::support::{Funding, SupportState};

/// Reads an event by which a support reaches a stage.
pub(super) fn support_event(bytes: &[u8]) -> Option<Event> {
    let read = SupportText::read(bytes, None)?;
    let text = |text: &str| text.to_owned();
    let event = Event {
        at_ms: read.at_ms,
        batch: read.batch,
        by: Actor {
            id: text(read.by_id),
            name: text(read.by_name),
            office: read.office.map(text),
        },
        body: Body::Support(read.stage, read.state.into()),
        document: read.document.map(|document| Document {
            date: document.date,
            issuer: document.issuer.map(text),
            number: document.number.map(text),
            kind: document.kind.map(text),
        }),
        findings: read.findings,
        id: read.id,
        late: read.late,
        ledger: text(read.ledger),
        reason: read.reason.map(text),
        seq: read.seq,
        source: read.source.map(|source| Source {
            file: text(source.file),
            file_sha256: text(source.file_sha256),
            row: source.row,
            sheet: source.sheet.map(text),
        }),
    };
    // A later version of the data has another form.
    (event.body.version() == 1).then_some(event)
}

/// An event by which a support reaches a stage: what a fold looks at, and the rest as texts that
/// stand in its bytes.
pub(super) struct SupportText<'a> {
    pub(super) at_ms: i64,
    batch: Option<Uuid>,
    by_id: &'a str,
    by_name: &'a str,
    office: Option<&'a str>,
    pub(super) stage: Stage,
    pub(super) state: SupportState,
    document: Option<DocumentText<'a>>,
    pub(super) findings: Vec<Finding>,
    pub(super) id: Uuid,
    late: bool,
    pub(super) ledger: &'a str,
    reason: Option<&'a str>,
    pub(super) seq: u64,
    source: Option<SourceText<'a>>,
}

struct DocumentText<'a> {
    date: Option<NaiveDate>,
    issuer: Option<&'a str>,
    number: Option<&'a str>,
    kind: Option<&'a str>,
}

struct SourceText<'a> {
    file: &'a str,
    file_sha256: &'a str,
    row: u64,
    sheet: Option<&'a str>,
}

impl<'a> SupportText<'a> {
    /// Reads the bytes of an event. Codes that stand in many events are shared, where there is
    /// something to share them by.
    pub(super) fn read(bytes: &'a [u8], shared: Option<&mut Shared>) -> Option<SupportText<'a>> {
        let (stage, before) = stage_of(bytes)?;
        // One look over the whole is cheaper than one for each text in it.
        let text = std::str::from_utf8(before).ok()?;
        let escaped = |byte: &u8| u8::from(*byte < 0x20) | u8::from(*byte == b'\\');
        if before.iter().map(escaped).fold(0, |a, b| a | b) != 0 {
            return None;
        }
        let mut read = Reader {
            text,
            at: 0,
            shared,
        };
        read.literal("{\"at\":\"")?;
        let at_ms = parse_at(read.until_quote()?.as_bytes())?;
        let batch = match read.member(",\"batch\":\"") {
            Some(()) => Some(read.uuid()?),
            None => None,
        };
        read.literal(",\"by\":{\"id\":\"")?;
        let by_id = read.until_quote()?;
        read.literal(",\"name\":\"")?;
        let by_name = read.until_quote()?;
        let office = read.optional(",\"office\":\"")?;
        read.literal("},\"data\":{")?;
        let state = read.state()?;
        let document = match read.member(",\"document\":{") {
            Some(()) => Some(read.document()?),
            None => None,
        };
        let findings = match read.member(",\"findings\":[") {
            Some(()) => read.findings()?,
            None => Vec::new(),
        };
        read.literal(",\"id\":\"")?;
        let id = read.uuid()?;
        let late = read.member(",\"late\":true").is_some();
        read.literal(",\"ledger\":\"")?;
        let ledger = read.until_quote()?;
        let reason = read.optional(",\"reason\":\"")?;
        read.literal(",\"seq\":")?;
        let seq = read.number()?;
        let source = match read.member(",\"source\":{") {
            Some(()) => Some(read.source()?),
            None => None,
        };
        read.ends().then_some(SupportText {
            at_ms,
            batch,
            by_id,
            by_name,
            office,
            stage,
            state,
            document,
            findings,
            id,
            late,
            ledger,
            reason,
            seq,
            source,
        })
    }

    /// The date of the paper that it rests on.
    pub(super) fn document_date(&self) -> Option<NaiveDate> {
        self.document.as_ref().and_then(|document| document.date)
    }
}

/// Codes that were met, to be shared by the events that say them again.
#[derive(Debug, Clone, Default)]
pub(super) struct Shared {
    /// By the end of a hash of their text; another text takes the place.
    codes: Vec<Option<Code>>,
}

impl Shared {
    const PLACES: usize = 512;

    fn code(&mut self, text: &str) -> Option<Code> {
        if self.codes.is_empty() {
            self.codes.resize(Shared::PLACES, None);
        }
        let mix = |hash: u32, byte: &u8| hash.rotate_left(5) ^ u32::from(*byte);
        let hash = text
            .as_bytes()
            .iter()
            .fold(0, mix)
            .wrapping_mul(0x9e37_79b1);
        let place = self.codes.get_mut((hash >> 23) as usize)?;
        if let Some(code) = place.as_ref().filter(|code| code.as_str() == text) {
            return Some(code.clone());
        }
        let code = Code::new(text).ok()?;
        *place = Some(code.clone());
        Some(code)
    }
}

/// The stage that the type at the end of an event names, and everything before it. A quote inside
/// a text is escaped, so what looks like the last member is the last member.
fn stage_of(bytes: &[u8]) -> Option<(Stage, &[u8])> {
    let head = bytes.strip_suffix(b"\",\"v\":1}")?;
    for stage in Stage::ALL {
        let name = support_type(stage).as_bytes();
        if let Some(before) = head.strip_suffix(name)
            && let Some(before) = before.strip_suffix(b",\"type\":\"")
        {
            return Some((stage, before));
        }
    }
    None
}

struct Reader<'a, 's> {
    text: &'a str,
    at: usize,
    shared: Option<&'s mut Shared>,
}

impl<'a> Reader<'a, '_> {
    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn ends(&self) -> bool {
        self.at == self.text.len()
    }

    /// Goes over what must stand here.
    #[inline(always)]
    fn literal(&mut self, wanted: &str) -> Option<()> {
        self.rest().starts_with(wanted.as_bytes()).then(|| {
            self.at += wanted.len();
        })
    }

    /// Goes over what may stand here.
    #[inline(always)]
    fn member(&mut self, wanted: &str) -> Option<()> {
        self.literal(wanted)
    }

    /// The rest of a text, and its closing quote: nothing is escaped in the whole event.
    fn until_quote(&mut self) -> Option<&'a str> {
        let end = find_quote(self.rest())?;
        let text = self.text.get(self.at..self.at + end)?;
        self.at += end + 1;
        Some(text)
    }

    /// A text that may stand here; the outer `None` is a text that this reader does not read.
    fn optional(&mut self, wanted: &str) -> Option<Option<&'a str>> {
        match self.member(wanted) {
            Some(()) => self.until_quote().map(Some),
            None => Some(None),
        }
    }

    fn uuid(&mut self) -> Option<Uuid> {
        let text = self.until_quote()?;
        let plain = text.len() == 36 && !text.bytes().any(|byte| byte.is_ascii_uppercase());
        plain.then(|| Uuid::try_parse(text).ok()).flatten()
    }

    fn number(&mut self) -> Option<u64> {
        let rest = self.rest();
        let len = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let digits = self.text.get(self.at..self.at + len)?;
        // Fifteen digits are below 2^53; a longer number is left to the general reader.
        let plain = (1..=15).contains(&len) && (len == 1 || !digits.starts_with('0'));
        self.at += len;
        plain.then(|| digits.parse().ok()).flatten()
    }

    fn date(&mut self) -> Option<NaiveDate> {
        date(self.until_quote()?)
    }

    fn code(&mut self) -> Option<Code> {
        Code::new(self.until_quote()?).ok()
    }

    /// A code that most likely stands in other events too.
    fn known_code(&mut self) -> Option<Code> {
        let text = self.until_quote()?;
        match &mut self.shared {
            Some(shared) => shared.code(text),
            None => Code::new(text).ok(),
        }
    }

    fn optional_code(&mut self, wanted: &str) -> Option<Option<Code>> {
        match self.member(wanted) {
            Some(()) => self.code().map(Some),
            None => Some(None),
        }
    }

    fn optional_known_code(&mut self, wanted: &str) -> Option<Option<Code>> {
        match self.member(wanted) {
            Some(()) => self.known_code().map(Some),
            None => Some(None),
        }
    }

    /// A sealed field: an object of texts, read by its own reader.
    fn personal(&mut self, wanted: &str) -> Option<Option<Personal>> {
        if self.member(wanted).is_none() {
            return Some(None);
        }
        let len = self.rest().iter().position(|byte| *byte == b'}')? + 1;
        let object = self.text.get(self.at..self.at + len)?;
        let personal: Personal = serde_json::from_str(object).ok()?;
        self.at += len;
        let again = serde_json::to_string(&personal).ok()?;
        (again == object).then_some(Some(personal))
    }

    /// The members of `data`, and its closing brace. They are in the order of their names.
    fn state(&mut self) -> Option<SupportState> {
        // The comma before the first member is not there; `kind` comes before the end always.
        let begin = self.at;
        let class = match self.member("\"class\":\"") {
            Some(()) => Some(class(self.until_quote()?)?),
            None => None,
        };
        let count = match self.next(begin, "\"count\":") {
            Some(()) => Some(self.number()?),
            None => None,
        };
        let covers = match self.next(begin, "\"covers\":\"") {
            Some(()) => Some(period(self.until_quote()?)?),
            None => None,
        };
        let follows = match self.next(begin, "\"follows\":\"") {
            Some(()) => Some(self.uuid()?),
            None => None,
        };
        let funding = match self.next(begin, "\"funding\":[") {
            Some(()) => self.funding()?,
            None => Vec::new(),
        };
        let ground = match self.next(begin, "\"ground\":\"") {
            Some(()) => Some(self.until_quote()?.to_owned()),
            None => None,
        };
        let group = match self.next(begin, "\"group\":\"") {
            Some(()) => Some(self.known_code()?),
            None => None,
        };
        let household = match self.next(begin, "\"household\":\"") {
            Some(()) => Some(self.code()?),
            None => None,
        };
        self.next(begin, "\"kind\":\"")?;
        let kind = self.known_code()?;
        let lender = self.optional_known_code(",\"lender\":\"")?;
        let minority = match self.member(",\"minority\":") {
            Some(()) => Some(self.boolean()?),
            None => None,
        };
        let note = self.personal(",\"note\":")?;
        self.literal(",\"occurred_on\":\"")?;
        let occurred_on = self.date()?;
        let person = self.optional_code(",\"person\":\"")?;
        let project = self.optional_known_code(",\"project\":\"")?;
        let quantity = match self.member(",\"quantity\":\"") {
            Some(()) => Some(Quantity::from_thousandths(thousandths(
                self.until_quote()?,
            )?)),
            None => None,
        };
        let recipient = self.personal(",\"recipient\":")?;
        let reference = self.optional_code(",\"ref\":\"")?;
        let sex = match self.optional(",\"sex\":\"")? {
            Some("female") => Some(Sex::Female),
            Some("male") => Some(Sex::Male),
            Some(_) => return None,
            None => None,
        };
        let support = match self.member(",\"support\":\"") {
            Some(()) => Some(self.uuid()?),
            None => None,
        };
        let unit = self.optional_known_code(",\"unit\":\"")?;
        let villages = match self.member(",\"villages\":[") {
            Some(()) => self.villages()?,
            None => Vec::new(),
        };
        self.literal("}")?;
        Some(SupportState {
            class,
            count,
            covers,
            follows,
            funding,
            ground,
            group,
            household,
            kind,
            lender,
            minority,
            note,
            occurred_on,
            person,
            project,
            quantity,
            recipient,
            reference,
            sex,
            support,
            unit,
            villages,
        })
    }

    /// A member of `data` that may stand here, after a comma unless it is the first.
    #[inline(always)]
    fn next(&mut self, begin: usize, wanted: &str) -> Option<()> {
        let at = self.at;
        if at != begin {
            self.literal(",")?;
        }
        let found = self.literal(wanted);
        if found.is_none() {
            self.at = at;
        }
        found
    }

    fn boolean(&mut self) -> Option<bool> {
        match self.literal("true") {
            Some(()) => Some(true),
            None => self.literal("false").map(|()| false),
        }
    }

    fn funding(&mut self) -> Option<Vec<Funding>> {
        let mut funding = Vec::with_capacity(1);
        loop {
            self.literal("{\"amount\":\"")?;
            let amount = Money::from_thousandths(thousandths(self.until_quote()?)?);
            let source = self.optional_known_code(",\"source\":\"")?;
            self.literal("}")?;
            funding.push(Funding { amount, source });
            if self.literal("]").is_some() {
                return Some(funding);
            }
            self.literal(",")?;
        }
    }

    fn villages(&mut self) -> Option<Vec<Code>> {
        let mut villages = Vec::with_capacity(1);
        loop {
            self.literal("\"")?;
            villages.push(self.known_code()?);
            if self.literal("]").is_some() {
                return Some(villages);
            }
            self.literal(",")?;
        }
    }

    fn findings(&mut self) -> Option<Vec<Finding>> {
        let mut findings = Vec::with_capacity(4);
        loop {
            self.literal("{\"code\":\"")?;
            let code = self.until_quote()?;
            let mut known = FindingCode::ALL.into_iter();
            let code = known.find(|known| known.code() == code)?;
            let expected = self.optional(",\"expected\":\"")?.map(str::to_owned);
            let found = self.optional(",\"found\":\"")?.map(str::to_owned);
            self.literal("}")?;
            findings.push(Finding {
                code,
                expected,
                found,
            });
            if self.literal("]").is_some() {
                return Some(findings);
            }
            self.literal(",")?;
        }
    }

    fn source(&mut self) -> Option<SourceText<'a>> {
        self.literal("\"file\":\"")?;
        let file = self.until_quote()?;
        self.literal(",\"file_sha256\":\"")?;
        let file_sha256 = self.until_quote()?;
        self.literal(",\"row\":")?;
        let row = self.number()?;
        let sheet = self.optional(",\"sheet\":\"")?;
        self.literal("}")?;
        Some(SourceText {
            file,
            file_sha256,
            row,
            sheet,
        })
    }

    fn document(&mut self) -> Option<DocumentText<'a>> {
        let begin = self.at;
        let date = match self.next(begin, "\"date\":\"") {
            Some(()) => Some(self.date()?),
            None => None,
        };
        let mut text = |wanted| match self.next(begin, wanted) {
            Some(()) => self.until_quote().map(Some),
            None => Some(None),
        };
        let (issuer, number) = (text("\"issuer\":\"")?, text("\"number\":\"")?);
        let kind = text("\"type\":\"")?;
        self.literal("}")?;
        Some(DocumentText {
            date,
            issuer,
            number,
            kind,
        })
    }
}

/// Where the first quote stands, looked for in eight bytes at once.
fn find_quote(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);
    let (words, rest) = bytes.as_chunks::<8>();
    for (place, word) in words.iter().enumerate() {
        // A byte that is a quote becomes 0, and borrows from its high bit.
        let other = u64::from_le_bytes(*word) ^ u64::from_le_bytes([b'"'; 8]);
        let found = other.wrapping_sub(ONES) & !other & HIGHS;
        if found != 0 {
            return Some(place * 8 + (found.trailing_zeros() / 8) as usize);
        }
    }
    let behind = rest.iter().position(|byte| *byte == b'"')?;
    Some(words.len() * 8 + behind)
}

fn class(code: &str) -> Option<HouseholdClass> {
    HouseholdClass::ALL
        .into_iter()
        .find(|class| class.code() == code)
}

/// `YYYY-MM-DD` and no other form.
fn date(text: &str) -> Option<NaiveDate> {
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = text.as_bytes() else {
        return None;
    };
    let number = |digits: &[&u8]| {
        digits.iter().try_fold(0u32, |sum, digit| {
            let digit = digit.is_ascii_digit().then(|| u32::from(**digit - b'0'))?;
            Some(sum * 10 + digit)
        })
    };
    let year = i32::try_from(number(&[y0, y1, y2, y3])?).ok()?;
    NaiveDate::from_ymd_opt(year, number(&[m0, m1])?, number(&[d0, d1])?)
}

/// A month, a quarter or a half: what supports pay for; other periods are written out to compare.
fn period(text: &str) -> Option<Period> {
    let period: Period = text.parse().ok()?;
    let mut left = Left(text);
    let same = write!(left, "{period}").is_ok() && left.0.is_empty();
    same.then_some(period)
}

/// A text of which what is written is taken off; what differs cannot be written.
struct Left<'a>(&'a str);

impl fmt::Write for Left<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.strip_prefix(text).ok_or(fmt::Error)?;
        Ok(())
    }
}

/// The canonical form has one text for each number, so what can be read is written the same way.
fn thousandths(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let plain = (1..=15).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_digit);
    if plain && (bytes.len() == 1 || !text.starts_with('0')) {
        return text.parse::<i64>().ok().map(|whole| whole * 1_000);
    }
    parse_thousandths(text).ok()
}
