//! Pages by `plot` and `compare`: every metric of a recording in one page, chosen by hand and by keys.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::chromium::{Chromium, chromium};
use crate::harness::Place;
use crate::pages::{CANVAS, SHIFT, SPAN, TIP, head, page_of, painted};

const STATUS: &str = "document.querySelector('[role=status]').textContent";
const QUANTITY: &str = "document.getElementById('quantity').textContent";
const CHOSEN: &str = "document.querySelector('.choices :checked').parentElement.innerText";

/// A program and its child for ten seconds, a reading a second: of ten MiB a second, of which `anonymous` a part in ten.
pub(crate) fn metrics(anonymous: u64) -> String {
    let mut text = head("./two") + "PROC 8 1700000000 7 \"child\"\n";
    for second in 0..=10_u64 {
        let (at, mib) = (1_700_000_000 + second, second * 10);
        let anon = (second * anonymous) << 20;
        let more = format!("hwm={} anon={anon} swap=0", mib << 20);
        let _ = writeln!(text, "MEM {mib}.0 {at} {more}\nCHLD 8 {mib}.0 {at} {more}");
    }
    text
}

/// The button of a chart's choice.
fn choice(name: &str) -> String {
    format!("[...document.querySelectorAll('.choice')].find((it) => it.innerText.startsWith('{name}'))")
}

fn choose(browser: &Chromium, name: &str) {
    browser.click(browser.middle_of(&choice(name)), 1);
    browser.wait_for(&format!("{CHOSEN}.startsWith('{name}')"));
}

#[test]
fn a_click_shows_another_metric_and_leaves_what_was_in_sight() {
    let place = Place::new();
    let Some(browser) = page_of(&place, &metrics(3), &[]) else { return };
    let names = "[...document.querySelectorAll('.choice span:first-child')].map((it) => it.textContent)";
    let all = ["resident set (RSS)", "resident high-water mark", "anonymous", "swap"];
    assert_eq!(browser.value(names), json!([&all[..], &["processes, stacked"]].concat()));
    let child =
        "[...document.querySelectorAll('.legend button')].find((it) => it.innerText.startsWith('child'))";
    browser.click(browser.middle_of(child), 1);
    let hidden = format!("{child}.getAttribute('aria-pressed') === 'false'");
    browser.wait_for(&hidden);
    let middle = browser.middle_of(CANVAS);
    browser.drag((middle.0 - 100.0, middle.1), (middle.0 + 100.0, middle.1), 0);
    browser.wait_for(&format!("!{SPAN}.startsWith('all')"));
    let span = browser.text(SPAN);
    choose(&browser, "anonymous");
    assert_eq!((browser.text(SPAN), browser.value(&hidden)), (span, Value::Bool(true)));
    assert!(browser.text(QUANTITY).starts_with("anonymous over time"));
    assert!(browser.text(STATUS).contains("60.00 MiB"), "{}", browser.text(STATUS));
    browser.mouse("mouseMoved", browser.middle_of(CANVAS), &json!({}));
    browser.wait_for(&format!("!{TIP}.hidden"));
    let told = browser.text(&format!("{TIP}.innerText"));
    assert!(
        told.starts_with("5.0000 s") && told.contains("30.00 MiB") && told.contains("15.00 MiB"),
        "{told}"
    );
    assert!(!told.contains("child"), "{told}");
    assert_eq!(browser.value("document.querySelectorAll('tbody tr').length"), 2);
    choose(&browser, "processes");
    assert_eq!(browser.value(&hidden), true);
    browser.check_quiet();
}

#[test]
fn keys_lead_through_the_metrics_and_the_pointer_tells_each() {
    let place = Place::new();
    let Some(browser) = page_of(&place, &metrics(3), &["--metric", "anon"]) else { return };
    assert!(browser.text(CHOSEN).starts_with("anonymous"), "what was asked for is shown first");
    browser.value(&format!("{CANVAS}.focus()"));
    browser.mouse("mouseMoved", browser.middle_of(CANVAS), &json!({}));
    browser.wait_for(&format!("{TIP}.innerText.includes('30.00 MiB')"));
    browser.key("m", 0);
    browser.wait_for(&format!("{CHOSEN}.startsWith('resident set')"));
    browser.wait_for(&format!("{TIP}.innerText.includes('100.0 MiB')"));
    assert!(browser.text(STATUS).contains("200.0 MiB"), "{}", browser.text(STATUS));
    browser.key("M", SHIFT);
    browser.wait_for(&format!("{TIP}.innerText.includes('30.00 MiB')"));
    browser.value("document.querySelector('.choices :checked').focus()");
    let arrow =
        json!({"type": "keyDown", "key": "ArrowRight", "code": "ArrowRight", "windowsVirtualKeyCode": 39});
    browser.ask("Input.dispatchKeyEvent", &arrow);
    browser.wait_for(&format!("{QUANTITY}.startsWith('resident set')"));
    browser.check_quiet();
}

#[test]
fn runs_beside_each_other_change_their_metric_together() {
    let place = Place::new();
    place.write("a.dat", metrics(3));
    place.write("b.dat", metrics(7));
    let Some(browser) = chromium() else { return };
    for view in ["panels", "overlay", "difference"] {
        place.mprof(&["compare", "--view", view, "-o", "ab.html", "a.dat", "b.dat"]).check(0, "ab.html");
        browser.open(&place.path("ab.html"));
        choose(&browser, "anonymous");
        painted(&browser);
        let canvases = browser.value("document.querySelectorAll('canvas').length").as_u64().unwrap();
        let mut told = String::new();
        for nth in 0..canvases {
            let canvas = browser.middle_of(&format!("document.querySelectorAll('canvas')[{nth}]"));
            browser.mouse("mouseMoved", canvas, &json!({}));
            browser.wait_for(&format!("{TIP}.innerText.includes('5.000 s')"));
            painted(&browser);
            told += &browser.text(&format!("{TIP}.innerText"));
        }
        // Halfway the two processes of each hold 30 and 70 MiB of it.
        assert!(told.contains("30.00 MiB") && told.contains("70.00 MiB"), "{view}: {told}");
        assert!(view != "difference" || told.contains("+40.00 MiB"), "{told}");
        browser.check_quiet();
    }
}

#[test]
fn a_unit_that_was_asked_for_is_that_of_the_whole_page() {
    let place = Place::new();
    for unit in ["KB", "KiB", "MiB", "GiB"] {
        check_unit(&place, unit);
    }
}

#[track_caller]
fn check_unit(place: &Place, unit: &str) {
    let Some(browser) = page_of(place, &metrics(3), &["--unit", unit]) else { return };
    browser.mouse("mouseMoved", browser.middle_of(CANVAS), &json!({}));
    browser.wait_for(&format!("!{TIP}.hidden"));
    let told = browser.text(&format!("{TIP}.innerText"));
    assert!(told.contains(&format!(" {unit}")) && told.contains(" B"), "{told}");
    let page = browser.text("document.querySelector('main').innerText");
    let others = ["KB", "KiB", "MB", "MiB", "GiB"].into_iter().filter(|it| *it != unit);
    for other in others {
        assert!(!page.contains(&format!(" {other}")), "{other} in {page}");
    }
    assert!(page.contains(&format!(" {unit}")) && !page.contains(&format!("0.000 {unit}")), "{page}");
    browser.check_quiet();
}

#[test]
fn a_page_writes_durations_as_the_tables_do() {
    let place = Place::new();
    let Some(browser) = page_of(&place, &metrics(3), &[]) else { return };
    for ns in [0, 300_000, 999_999, 4_200_000, 99_900_000, 310_000_000, 1_577_000_000, 12_345_000_000] {
        check_duration(&browser, ns);
    }
    for s in [99, 119, 125, 3599, 7199, 7200, 90_000] {
        check_duration(&browser, s * 1_000_000_000);
    }
    assert_eq!(browser.text("bandText('f', 100, 4341000100)"), "f  4.34 s");
    assert_eq!(browser.text(SPAN), "all of 10.0 s");
}

#[track_caller]
fn check_duration(browser: &Chromium, ns: u64) {
    assert_eq!(browser.text(&format!("durationText({ns})")), mprof_recording::units::duration(ns));
}
