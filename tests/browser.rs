//! The page of a report in a real browser: read, looked at and printed. Where no Chromium is found
//! nothing can be said, and the tests say that they were skipped.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    missing_docs,
    reason = "a test stops where it fails"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// The browser, by `$SOCAI_CHROMIUM` or among the programs of the path.
fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("SOCAI_CHROMIUM") {
        return Some(PathBuf::from(named));
    }
    let folders = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&folders)
        .flat_map(|folder| NAMES.map(|name| folder.join(name)))
        .find(|path| path.is_file());
    if found.is_none() {
        eprintln!("SKIPPED: no chromium on this machine; the page was not opened in a browser");
    }
    found
}

/// Runs the browser on a page, without a window and without the network, and gives what it prints.
fn browse(browser: &Path, profile: &Path, page: &Path, what: &[&str]) -> String {
    let ran = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--no-pdf-header-footer",
        ])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(what)
        .arg(format!("file://{}", page.display()))
        .stderr(Stdio::null())
        .output()
        .unwrap();
    assert!(ran.status.success(), "{what:?}: {}", ran.status);
    String::from_utf8(ran.stdout).unwrap()
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

/// Pages by the first renderer and by the one that is used now.
const PAGES: [&str; 4] = [
    "report-vi.html",
    "report-en.html",
    "charts-vi.html",
    "charts-en.html",
];

/// The cells of the tables of figures, in their order, as a page has them.
fn cells(page: &str) -> Vec<String> {
    let mut cells = Vec::new();
    for table in page.split("<table class=\"data").skip(1) {
        let table = table.split("</table>").next().unwrap();
        for cell in table.split("<td").skip(1) {
            let cell = cell.split_once('>').unwrap().1;
            cells.push(cell.split("</td>").next().unwrap().to_owned());
        }
    }
    cells
}

#[test]
fn a_browser_reads_the_page_as_it_was_written() {
    let Some(browser) = chromium() else { return };
    let folder = tempfile::tempdir().unwrap();
    for name in PAGES {
        let page = golden(name);
        let written = std::fs::read_to_string(&page).unwrap();
        let read = browse(&browser, folder.path(), &page, &["--dump-dom"]);
        // Nothing had to be mended: each cell stands where it was written, and each tag once.
        assert!(
            cells(&written).len() > 80,
            "{name}: {}",
            cells(&written).len()
        );
        assert_eq!(cells(&read), cells(&written), "{name}");
        for tag in [
            "<table", "<tr", "<td", "<th", "<h1", "<h2", "<h3", "<p", "<li", "<footer",
        ] {
            let count = |text: &str| {
                let after = text.match_indices(tag);
                let whole = |at: usize| {
                    let next = text[at + tag.len()..].chars().next();
                    next.is_some_and(|next| !next.is_alphanumeric())
                };
                after.filter(|(at, _)| whole(*at)).count()
            };
            assert_eq!(count(&read), count(&written), "{name}: {tag}");
        }
    }
}

#[test]
fn a_browser_prints_the_page_on_a4() {
    let Some(browser) = chromium() else { return };
    let folder = tempfile::tempdir().unwrap();
    for name in PAGES {
        let pdf = folder.path().join("page.pdf");
        let print = format!("--print-to-pdf={}", pdf.display());
        browse(
            &browser,
            &folder.path().join("profile"),
            &golden(name),
            &[&print],
        );
        let bytes = std::fs::read(&pdf).unwrap();
        assert!(bytes.starts_with(b"%PDF"), "{name}");
        let text = String::from_utf8_lossy(&bytes);
        let pages = text.matches("/Type /Page\n").count();
        assert!((5..=12).contains(&pages), "{name}: {pages} pages");
        let boxes: Vec<&str> = text.split("/MediaBox [").skip(1).collect();
        assert!(boxes.len() >= pages, "{name}");
        for one in boxes {
            let sides = one.split(']').next().unwrap().split(' ').skip(2);
            let points: Vec<u32> = sides
                .map(|side| side.split('.').next().unwrap().parse().unwrap())
                .collect();
            assert!(
                (594..=596).contains(&points[0]) && (841..=842).contains(&points[1]),
                "{name}: {points:?} is not A4"
            );
        }
    }
}

#[test]
fn a_browser_shows_more_than_an_empty_page() {
    let Some(browser) = chromium() else { return };
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.html");
    std::fs::write(&empty, "<!DOCTYPE html><title>-</title>").unwrap();
    let picture = |page: &Path| {
        let png = folder.path().join("page.png");
        let shoot = format!("--screenshot={}", png.display());
        let profile = folder.path().join("profile");
        browse(
            &browser,
            &profile,
            page,
            &["--window-size=900,1300", &shoot],
        );
        std::fs::read(&png).unwrap()
    };
    let blank = picture(&empty);
    let full = picture(&golden("report-vi.html"));
    assert!(full.starts_with(b"\x89PNG") && blank.starts_with(b"\x89PNG"));
    assert!(
        full.len() > 5 * blank.len(),
        "{} and {}",
        full.len(),
        blank.len()
    );
}

/// The pages that a browser prints, as lines of text; none where nothing on this machine reads them.
fn printed(browser: &Path, folder: &Path, name: &str) -> Option<Vec<Vec<String>>> {
    let pdf = folder.join("page.pdf");
    let print = format!("--print-to-pdf={}", pdf.display());
    browse(browser, &folder.join("profile"), &golden(name), &[&print]);
    let read = Command::new("pdftotext")
        .arg("-layout")
        .arg(&pdf)
        .arg("-")
        .output();
    let Ok(read) = read else {
        eprintln!("SKIPPED: no pdftotext on this machine; the printed page was not read");
        return None;
    };
    let text = String::from_utf8(read.stdout).unwrap();
    let lines = |page: &str| {
        let lines = page.lines().map(|line| line.trim().to_owned());
        lines.filter(|line| !line.is_empty()).collect::<Vec<_>>()
    };
    let pages = text.split('\u{c}').map(lines);
    Some(pages.filter(|lines| !lines.is_empty()).collect())
}

#[test]
fn a_printed_page_is_laid_out_as_the_decree_has_it() {
    let Some(browser) = chromium() else { return };
    let folder = tempfile::tempdir().unwrap();
    for (name, issuer, state) in [
        (
            "charts-vi.html",
            "ỦY BAN NHÂN DÂN",
            "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        ),
        (
            "charts-en.html",
            "PEOPLE'S COMMITTEE",
            "SOCIALIST REPUBLIC OF VIET NAM",
        ),
    ] {
        let Some(pages) = printed(&browser, folder.path(), name) else {
            return;
        };
        // Issuer and state side by side, no line of them broken.
        let first = &pages[0][0];
        assert!(
            first.starts_with(issuer) && first.ends_with(state),
            "{first}"
        );
        let written = std::fs::read_to_string(golden(name)).unwrap();
        let headings: Vec<&str> = (2..=6)
            .flat_map(|level| {
                written
                    .split(&format!("<h{level}>")[..])
                    .skip(1)
                    .collect::<Vec<_>>()
            })
            .map(|rest| rest.split("</h").next().unwrap())
            .collect();
        assert!(headings.len() > 20, "{name}");
        let heads = ["Số lượt", "Turns", "Số hộ", "Households", "Count"];
        for (number, lines) in (1..).zip(&pages) {
            // The number of the page stands above it, on all but the first.
            assert_eq!(
                lines[0] == number.to_string(),
                number > 1,
                "{name} {number}"
            );
            let last = lines.last().unwrap();
            assert!(
                !headings.contains(&last.as_str()),
                "{name} {number}: {last}"
            );
            let is_head = heads.iter().any(|head| last.contains(head));
            let has_figure = last.chars().any(|letter| letter.is_ascii_digit());
            assert!(!is_head || has_figure, "{name} {number}: {last}");
        }
    }
}
