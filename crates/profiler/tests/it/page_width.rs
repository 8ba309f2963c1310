//! Pages on a phone and on a small screen: nothing scrolls sideways but what has a box of its own.

use std::fmt::Write;

use serde_json::json;

use crate::chromium::{Chromium, chromium};
use crate::harness::Place;
use crate::pages::{head, page_of, tree_of_three};

/// A phone's width, and that of a small screen.
const WIDTHS_PX: [u32; 2] = [390, 1200];
const LONG: &str =
    "a_name_without_a_blank_that_no_browser_would_break_anywhere_of_itself_and_that_goes_on_and_on";

/// A tree of processes with long names, phases with long names, and a note.
fn wordy() -> String {
    let mut text = head(&format!("./{LONG} --{LONG}"));
    for pid in 8..30 {
        let _ = writeln!(text, "PROC {pid} 1700000000 7 \"{LONG}{pid}\"");
    }
    for second in 0..=9 {
        let at = 1_700_000_000 + second;
        let _ = writeln!(text, "MEM {second}0.0 {at}");
        (8..30).for_each(|pid| {
            let _ = writeln!(text, "CHLD {pid} {}.0 {at}", pid * (second + 1));
        });
        let _ = writeln!(text, "FUNC {LONG} 1.0 {at}.0 2.0 {at}.5");
    }
    text
}

/// What reaches beyond the window, and scrolls in no box of its own.
const BEYOND: &str = "[...document.querySelectorAll('body *')] \
    .filter((it) => it.getBoundingClientRect().right > innerWidth + 1 \
        && getComputedStyle(it).position !== 'absolute' \
        && !it.parentElement.closest('.scroll, [style*=overflow-x], h1, .legend, svg')) \
    .map((it) => it.outerHTML.slice(0, 80))";

/// Looks at a page where scripts are on, and where they are off.
#[track_caller]
fn check(browser: &Chromium, place: &Place, page: &str) {
    for are_off in [false, true] {
        browser.ask("Emulation.setScriptExecutionDisabled", &json!({"value": are_off}));
        browser.open_still(&place.path(page));
        for width_px in WIDTHS_PX {
            browser.resize(width_px, 800);
            let [needed, given] =
                ["document.documentElement.scrollWidth", "innerWidth"].map(|it| browser.value(it));
            let at = format!("{page}, {width_px} px, scripts off: {are_off}");
            assert!(needed.as_u64() <= given.as_u64(), "{at}: {needed} > {given}");
            assert_eq!(browser.value(BEYOND), json!([]), "{at}");
        }
    }
}

#[test]
fn no_page_scrolls_sideways() {
    let place = Place::new();
    place.write("tree.dat", tree_of_three());
    place.write("wordy.dat", wordy());
    for args in [
        &["plot", "wordy.dat", "-o", "one.html"][..],
        &["plot", "wordy.dat", "tree.dat", "tree.dat", "-o", "over.html"],
        &["compare", "wordy.dat", "tree.dat", "wordy.dat", "tree.dat", "wordy.dat", "-o", "beside.html"],
        &["compare", "wordy.dat", "tree.dat", "--view", "difference", "-o", "less.html"],
    ] {
        place.mprof(args).check(0, "chart: ");
    }
    let table = place.mprof(&["compare", "wordy.dat", "tree.dat", "--format", "html", "-o", "x.png"]);
    place.write("table.html", format!("<!doctype html><title>t</title>{}", table.stdout));
    let Some(browser) = chromium() else { return };
    for page in ["one.html", "over.html", "beside.html", "less.html", "table.html"] {
        check(&browser, &place, page);
    }
    browser.check_quiet();
}

/// Draws the page anew in another width, and notes what the canvas is given: texts, and the sizes of dots.
const NOTE: &str = "(() => { const it = CanvasRenderingContext2D.prototype; window.noted = {texts: [], dots: []}; \
    const {fillText, arc} = it; \
    it.fillText = function (text, ...more) { noted.texts.push(text); fillText.call(this, text, ...more); }; \
    it.arc = function (x, y, radius, ...more) { noted.dots.push(radius); arc.call(this, x, y, radius, ...more); }; return true; })()";

/// A page of a recording, drawn in a width, and what its canvas was given.
fn noted(recording: &str, width_px: u32) -> Option<serde_json::Value> {
    let place = Place::new();
    let browser = page_of(&place, recording, &[])?;
    browser.value(NOTE);
    browser.resize(width_px, 800);
    browser.wait_for("noted.texts.length > 0");
    browser.check_quiet();
    Some(browser.value("noted"))
}

#[test]
fn a_bar_without_room_for_its_caller_keeps_its_name() {
    let mut text = tree_of_three();
    for (pid, from) in [(8, 1), (9, 2)] {
        let _ = writeln!(
            text,
            "FUNC load 1.0 {}.0 2.0 {}.5 0 pid={pid} task={pid}",
            1_700_000_000 + from,
            1_700_000_001 + from
        );
    }
    let Some(noted) = noted(&text, 390) else { return };
    let texts = noted["texts"].to_string();
    assert!(texts.contains("\"load\"") && !texts.contains("load ["), "{texts}");
}

#[test]
fn a_short_life_is_a_line_and_not_a_heap_of_dots() {
    let mut text = head("./short") + "PROC 8 1700000000 7 \"brief\"\n";
    for tenth in 0..90 {
        let _ = writeln!(text, "MEM {}.5 170000000{}.{}", tenth + 100, tenth / 10, tenth % 10);
    }
    for hundredth in 10..30 {
        let _ = writeln!(text, "CHLD 8 {hundredth}.5 1700000000.{hundredth}");
    }
    let Some(noted) = noted(&text, 1100) else { return };
    let n_dots = noted["dots"].as_array().unwrap().len();
    // Each time that it is drawn, the peak of the sum is a ring, which takes two. Twenty readings are a life.
    assert!(n_dots < 20, "{noted}");
}
