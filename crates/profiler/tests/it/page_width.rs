//! Pages on a phone and on a small screen: nothing scrolls sideways but what has a box of its own.

use std::fmt::Write;

use serde_json::json;

use crate::chromium::{Chromium, chromium};
use crate::harness::Place;
use crate::pages::{head, tree_of_three};

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
