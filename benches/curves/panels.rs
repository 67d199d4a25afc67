//! Curves as a sheet of small panels, three in a row.

use std::fmt::Write as _;

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 240.0;

/// A picture of panels, each drawn in 320 by 240.
pub fn sheet(panels: &[String]) -> String {
    let rows = panels.len().div_ceil(3) as f64;
    let (width, height) = (3.0 * WIDTH, rows * HEIGHT);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n"
    );
    for (place, panel) in panels.iter().enumerate() {
        let (x, y) = ((place % 3) as f64 * WIDTH, (place / 3) as f64 * HEIGHT);
        writeln!(text, "<g transform=\"translate({x} {y})\">\n{panel}</g>").unwrap();
    }
    text.push_str("</svg>\n");
    text
}

/// The axes of a panel and its name.
pub fn frame(name: &str) -> String {
    format!(
        "<path d=\"M44 35V200H306\" fill=\"none\" stroke=\"#444\"/>\n\
         <text x=\"44\" y=\"16\" font-weight=\"bold\">{name}</text>\n"
    )
}

/// A level of the vertical axis.
pub fn level(y: f64, label: &str) -> String {
    format!(
        "<path d=\"M44 {y:.1}H306\" stroke=\"#ddd\"/><text x=\"41\" y=\"{:.1}\" \
         text-anchor=\"end\" font-size=\"8\">{label}</text>\n",
        y + 3.0
    )
}

/// A mark under the horizontal axis.
pub fn mark(x: f64, label: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"213\" text-anchor=\"middle\" font-size=\"8\">{label}</text>\n")
}

/// A line with its name above the panel, `indent` from its left.
pub fn line(points: &[(f64, f64)], name: &str, colour: &str, indent: f64) -> String {
    let path: Vec<String> = points
        .iter()
        .map(|(x, y)| format!("{x:.1},{y:.1}"))
        .collect();
    format!(
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\n\
         <text x=\"{:.0}\" y=\"30\" fill=\"{colour}\">{name}</text>\n",
        path.join(" "),
        50.0 + indent
    )
}
