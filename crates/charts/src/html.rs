//! HTML: a page that stands alone. It holds the chart's data, and a small viewer of ours that draws them.
//!
//! The page fetches nothing and can fetch nothing: its policy allows one script and one style, by their digests, and
//! no request at all. Names and texts are data to the viewer, never markup. Where scripts are off, the same chart
//! stands there as SVG.

mod curves;
mod data;
mod digest;
mod events;
mod packed;
mod static_chart;
mod thin;

use self::digest::{base64, sha256};
use crate::canvas::escape;
use crate::chart::Chart;
use crate::options::Error;

/// The page with places for what is put in.
const PAGE: &str = include_str!("html/page.html");
const STYLE: &str = include_str!("html/style.css");
/// The viewer, in the order in which its parts build on each other.
const VIEWER: [&str; 9] = [
    include_str!("html/viewer/curve.js"),
    include_str!("html/viewer/scale.js"),
    include_str!("html/viewer/state.js"),
    include_str!("html/viewer/paint.js"),
    include_str!("html/viewer/marks.js"),
    include_str!("html/viewer/moments.js"),
    include_str!("html/viewer/tables.js"),
    include_str!("html/viewer/hands.js"),
    include_str!("html/viewer/page.js"),
];

/// The page of a chart, given what draws a chart as SVG.
pub(crate) fn page(chart: &Chart, svg: impl Fn(&Chart) -> Result<String, Error>) -> Result<String, Error> {
    let script = format!("\"use strict\";\n{}", VIEWER.concat());
    let policy = format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; base-uri 'none'; form-action 'none'",
        source(&script),
        source(STYLE)
    );
    let parts = [
        ("policy", policy),
        ("title", escape(&chart.title)),
        ("style", STYLE.to_owned()),
        ("static", svg(&static_chart::of(chart))?),
        ("data", data::json(chart)),
        ("viewer", script),
    ];
    Ok(filled(PAGE, &parts))
}

/// What a policy calls the one script or style that has this text.
fn source(text: &str) -> String {
    format!("sha256-{}", base64(&sha256(text.as_bytes())))
}

/// A template with its places, `{{name}}`, filled. What is put in is not looked at again.
fn filled(template: &str, parts: &[(&str, String)]) -> String {
    let mut page = String::new();
    for (idx, piece) in template.split("{{").enumerate() {
        let place = piece.split_once("}}").filter(|_| idx > 0);
        let part = place.and_then(|(name, rest)| Some((parts.iter().find(|(it, _)| *it == name)?, rest)));
        match part {
            Some(((_, part), rest)) => page.extend([part.as_str(), rest]),
            None => page.push_str(piece),
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_is_not_looked_at_again() {
        let parts = [("a", "{{b}}".to_owned()), ("b", "2".to_owned())];
        assert_eq!(filled("<{{a}}, {{b}}>", &parts), "<{{b}}, 2>");
    }

    #[test]
    fn every_place_is_filled() {
        let places = PAGE.matches("{{").count();
        let known = ["policy", "title", "style", "static", "data", "viewer"];
        let n_known: usize = known.iter().map(|name| PAGE.matches(&format!("{{{{{name}}}}}")).count()).sum();
        assert_eq!((places, n_known), (known.len(), known.len()));
    }

    #[test]
    fn the_viewer_is_small_and_readable() {
        let parts = VIEWER.into_iter().chain([STYLE, PAGE]);
        assert!(parts.clone().map(str::len).sum::<usize>() < 85_000);
        for part in parts.clone() {
            assert!(part.lines().count() <= 400 && part.lines().all(|line| line.len() <= 120));
        }
        // Nothing moves by itself, so that there is nothing to reduce for who prefers that.
        assert!(["transition", "animation", "scroll-behavior"].iter().all(|it| !STYLE.contains(it)));
        // What would end the script's element, or reach out of the page.
        for forbidden in ["</script", "<!--", "innerHTML", "fetch(", "XMLHttpRequest", "eval(", "https:"] {
            assert!(!VIEWER.concat().contains(forbidden), "{forbidden}");
        }
    }
}
