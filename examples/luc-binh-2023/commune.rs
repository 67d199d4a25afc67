//! The invented commune: its villages, households and children.
//!
//! How many there are of each sort is fixed by what the published figures need; who they are is
//! drawn from lists of common names by a generator that repeats.

/// A small linear congruential generator (Knuth's MMIX constants): the lists need variety that
/// repeats, not randomness.
struct Lcg(u64);

impl Lcg {
    /// A number from 0 to `limit` - 1; 0 when `limit` is 0.
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        // The low bits of such a generator have short periods.
        let high = usize::try_from(self.0 >> 33).unwrap_or_default();
        high.checked_rem(limit).unwrap_or_default()
    }

    fn between(&mut self, first: usize, last: usize) -> usize {
        first + self.below(last + 1 - first)
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from.get(self.below(from.len()))
            .copied()
            .unwrap_or_default()
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// A date, written in one of the two forms that lists use.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub usize, pub usize, pub usize);

impl Date {
    pub fn iso(self) -> String {
        format!("{:04}-{:02}-{:02}", self.0, self.1, self.2)
    }

    pub fn vietnamese(self) -> String {
        format!("{}/{}/{}", self.2, self.1, self.0)
    }

    /// ISO or Vietnamese by turns, as lists that several people typed have them.
    pub fn mixed(self, turn: usize) -> String {
        if turn.is_multiple_of(2) {
            self.iso()
        } else {
            self.vietnamese()
        }
    }
}

/// A class before and after the review of late 2022.
pub type Path = (&'static str, &'static str);

/// 140 were poor in 2022; 92 of them still are in 2023, with 110 near-poor and 40 newly escaped.
const PATHS: [Path; 8] = [
    ("poor", "poor"),
    ("poor", "near_poor"),
    ("poor", "newly_escaped"),
    ("near_poor", "near_poor"),
    ("near_poor", "newly_escaped"),
    ("average", "near_poor"),
    ("average", "average"),
    ("other", "other"),
];

/// A village: name, whether it is taken as an extremely difficult one, households by [`PATHS`].
pub type Village = (&'static str, bool, [usize; 8]);

/// The report names the first two; the other six are invented.
pub const VILLAGES: [Village; 8] = [
    ("Cao Lộc", false, [10, 3, 3, 8, 3, 1, 28, 2]),
    ("Lũng Chang", true, [18, 5, 3, 16, 3, 2, 12, 1]),
    ("Nà Lùng", false, [9, 3, 2, 7, 2, 1, 24, 1]),
    ("Khuổi Mận", true, [16, 4, 3, 10, 3, 2, 14, 1]),
    ("Pác Vần", false, [8, 3, 2, 7, 2, 1, 25, 2]),
    ("Bản Sòn", false, [7, 3, 2, 7, 2, 2, 26, 1]),
    ("Cốc Thảo", false, [8, 3, 2, 6, 2, 1, 25, 1]),
    ("Khau Dạ", true, [16, 4, 3, 9, 3, 2, 14, 1]),
];

const TAY: [&str; 7] = ["Nông", "Hoàng", "Ma", "Bế", "Hà", "Đàm", "Lường"];
const NUNG: [&str; 5] = ["Nông", "Lương", "Long", "Lý", "Hoàng"];
const DAO: [&str; 4] = ["Triệu", "Bàn", "Đặng", "Phùng"];
const KINH: [&str; 5] = ["Nguyễn", "Trần", "Lê", "Phạm", "Đỗ"];
const MEN: [&str; 20] = [
    "An", "Bình", "Cường", "Dũng", "Đức", "Giang", "Hải", "Hiếu", "Hòa", "Hùng", "Khánh", "Long",
    "Minh", "Nam", "Phong", "Quân", "Sơn", "Thắng", "Tuấn", "Vinh",
];
const WOMEN: [&str; 20] = [
    "Bích", "Chi", "Dung", "Hà", "Hạnh", "Hiền", "Hoa", "Hồng", "Hương", "Lan", "Liên", "Loan",
    "Mai", "Nga", "Nhung", "Phương", "Thảo", "Thu", "Tuyết", "Yến",
];

/// How far a child is at school in 2022-2023, which its year of birth decides.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Kindergarten (mẫu giáo), 3 to 5 years.
    Preschool,
    Primary,
    LowerSecondary,
    UpperSecondary,
    /// At work.
    Grown,
}

impl Level {
    fn birth_years(self) -> (usize, usize) {
        match self {
            Level::Preschool => (2017, 2019),
            Level::Primary => (2012, 2016),
            Level::LowerSecondary => (2008, 2011),
            Level::UpperSecondary => (2005, 2007),
            Level::Grown => (1999, 2003),
        }
    }
}

pub struct Child {
    pub code: String,
    pub name: String,
    pub born: Date,
    pub female: bool,
    pub id_number: String,
    pub level: Level,
}

pub struct Household {
    pub code: String,
    pub village: &'static str,
    pub village_index: usize,
    pub difficult: bool,
    pub before: &'static str,
    pub after: &'static str,
    pub ethnicity: &'static str,
    pub surname: &'static str,
    pub head: String,
    pub female: bool,
    pub born: Date,
    pub id_number: String,
    /// People besides the head and those that `persons.csv` lists.
    pub unlisted: usize,
    pub children: Vec<Child>,
}

impl Household {
    pub fn minority(&self) -> bool {
        self.ethnicity != "Kinh"
    }

    /// Whether `persons.csv` lists its head.
    pub fn head_listed(&self) -> bool {
        self.after != "average" || !self.children.is_empty()
    }

    pub fn members(&self) -> usize {
        1 + self.children.len() + self.unlisted
    }
}

/// Twelve digits in the form of a citizen's number, under the province code `000`, which is none:
/// it can be nobody's. The fourth digit is sex and century, then the year, then a serial.
fn id_number(born: Date, female: bool, serial: &mut usize) -> String {
    *serial += 1;
    let century = if born.0 < 2000 { 0 } else { 2 };
    format!(
        "000{}{:02}{:06}",
        century + usize::from(female),
        born.0 % 100,
        *serial
    )
}

fn full_name(rng: &mut Lcg, surname: &str, female: bool) -> String {
    let given = if female {
        rng.pick(&WOMEN)
    } else {
        rng.pick(&MEN)
    };
    let middle = if female {
        "Thị"
    } else {
        rng.pick(&["Văn", "Đức", "Văn"])
    };
    format!("{surname} {middle} {given}")
}

/// The extremely difficult villages have no Kinh household, the others some.
fn ethnicity(rng: &mut Lcg, difficult: bool) -> (&'static str, &'static str) {
    match rng.below(if difficult { 8 } else { 10 }) {
        0..=4 => ("Tày", rng.pick(&TAY)),
        5 => ("Nùng", rng.pick(&NUNG)),
        6..=7 => ("Dao", rng.pick(&DAO)),
        _ => ("Kinh", rng.pick(&KINH)),
    }
}

fn household(
    rng: &mut Lcg,
    number: usize,
    (village_index, village): (usize, &Village),
    path: Path,
) -> Household {
    let (ethnicity, surname) = ethnicity(rng, village.1);
    let female = rng.below(5) == 0;
    let born = Date(
        rng.between(1962, 1985),
        rng.between(1, 12),
        rng.between(1, 28),
    );
    Household {
        code: format!("LB-{number:04}"),
        village: village.0,
        village_index,
        difficult: village.1,
        before: path.0,
        after: path.1,
        ethnicity,
        surname,
        head: full_name(rng, surname, female),
        female,
        born,
        id_number: String::new(),
        unlisted: rng.between(2, 5),
        children: Vec::new(),
    }
}

fn households(rng: &mut Lcg) -> Vec<Household> {
    let mut all = Vec::new();
    for (index, village) in VILLAGES.iter().enumerate() {
        let mut paths: Vec<Path> = Vec::new();
        for (path, count) in PATHS.iter().zip(village.2) {
            paths.extend(std::iter::repeat_n(*path, count));
        }
        // Codes must not tell the class.
        rng.shuffle(&mut paths);
        for path in paths {
            all.push(household(rng, all.len() + 1, (index, village), path));
        }
    }
    all
}

/// A birth date that stands at least ten months from those of the brothers and sisters: each
/// household has one season of birth and gives each child a year of its own.
fn birth_date(rng: &mut Lcg, home: &Household, level: Level) -> Date {
    let (first, last) = level.birth_years();
    let taken = |year: &usize| home.children.iter().any(|child| child.born.0 == *year);
    let start = rng.between(first, last);
    let year = (start..=last)
        .chain(first..start)
        .find(|year| !taken(year))
        .unwrap_or(start);
    let season = 6 + home.born.1 % 5;
    Date(year, season + rng.below(3) - 1, rng.between(1, 28))
}

/// Deals `total` children of one level to households that `fits` accepts, at most two to each.
fn deal(
    rng: &mut Lcg,
    all: &mut [Household],
    level: Level,
    total: usize,
    fits: impl Fn(&Household) -> bool,
) {
    let mut homes: Vec<&mut Household> = all.iter_mut().filter(|home| fits(home)).collect();
    let mut left = total;
    while left > 0 && !homes.is_empty() {
        let index = rng.below(homes.len());
        let Some(home) = homes.get_mut(index) else {
            return;
        };
        if home
            .children
            .iter()
            .filter(|child| child.level == level)
            .count()
            >= 2
        {
            continue;
        }
        let female = rng.below(2) == 0;
        let name = full_name(rng, home.surname, female);
        let born = birth_date(rng, home, level);
        let (code, id_number) = (String::new(), String::new());
        home.children.push(Child {
            code,
            name,
            born,
            female,
            id_number,
            level,
        });
        left -= 1;
    }
}

/// 317 children at school, of whom 117 at kindergarten, and 20 grown ones. Every child of a poor
/// household, of a near-poor one, and some of the others in the extremely difficult villages.
fn deal_children(rng: &mut Lcg, all: &mut [Household]) {
    let levels = [
        (Level::Preschool, [65, 28, 24, 0]),
        (Level::LowerSecondary, [40, 14, 8, 24]),
        (Level::Primary, [40, 13, 6, 24]),
        (Level::UpperSecondary, [13, 5, 3, 10]),
    ];
    for (level, [poor, near_difficult, near, other_difficult]) in levels {
        deal(rng, all, level, poor, |home| home.after == "poor");
        deal(rng, all, level, near_difficult, |home| {
            home.after == "near_poor" && home.difficult
        });
        deal(rng, all, level, near, |home| {
            home.after == "near_poor" && !home.difficult
        });
        deal(rng, all, level, other_difficult, |home| {
            home.difficult && !matches!(home.after, "poor" | "near_poor")
        });
    }
    deal(rng, all, Level::Grown, 20, |home| {
        home.born.0 <= 1978 && matches!(home.after, "poor" | "near_poor")
    });
}

/// The whole commune: households with their children, each with its code and number.
pub fn commune() -> Vec<Household> {
    let mut rng = Lcg(2023);
    let mut all = households(&mut rng);
    deal_children(&mut rng, &mut all);
    let mut serial = 0;
    for home in &mut all {
        home.id_number = id_number(home.born, home.female, &mut serial);
        home.children.sort_by_key(|child| child.born);
        for (index, child) in home.children.iter_mut().enumerate() {
            child.code = format!("{}-{:02}", home.code, index + 2);
            child.id_number = id_number(child.born, child.female, &mut serial);
        }
    }
    all
}

/// The first `count` that `fits` accepts, taken from the villages in turn.
pub fn spread(
    all: &[Household],
    count: usize,
    fits: impl Fn(&Household) -> bool,
) -> Vec<&Household> {
    let mut seen = [0_usize; VILLAGES.len()];
    let mut ranked = Vec::new();
    for home in all.iter().filter(|home| fits(home)) {
        if let Some(rank) = seen.get_mut(home.village_index) {
            ranked.push((*rank, home.village_index, home));
            *rank += 1;
        }
    }
    ranked.sort_by_key(|(rank, village, _)| (*rank, *village));
    ranked
        .into_iter()
        .take(count)
        .map(|(_, _, home)| home)
        .collect()
}
