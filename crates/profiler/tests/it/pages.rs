//! Pages by `plot -o x.html` and `compare -o x.html`, in a real browser: looked at, pointed at, zoomed, and attacked.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::chromium::{Chromium, chromium};
use crate::harness::Place;

pub(crate) const CANVAS: &str = "document.querySelector('canvas')";
pub(crate) const SPAN: &str = "document.getElementById('span').textContent";
/// The pixels of the first canvas, read from a copy so that the page's own stays as it is.
const PIXELS: &str = "(() => { const [it, copy] = [document.querySelector('canvas'), document.createElement('canvas')]; \
    [copy.width, copy.height] = [it.width, it.height]; \
    const context = copy.getContext('2d', {willReadFrequently: true}); context.drawImage(it, 0, 0); \
    return context.getImageData(0, 0, it.width, it.height).data; })()";
pub(crate) const TIP: &str = "document.querySelector('.tip')";
pub(crate) const SHIFT: u32 = 8;

/// A tree of three: each has a reading a second for ten seconds, of ten MiB a second and a multiple of it.
pub(crate) fn tree_of_three() -> String {
    let mut text = head("./three") + "PROC 8 1700000000 7 \"left\"\nPROC 9 1700000000 7 \"right\"\n";
    for second in 0..=10 {
        let at = 1_700_000_000 + second;
        let mib = second * 10;
        let _ = writeln!(text, "MEM {mib}.0 {at}\nCHLD 8 {}.0 {at}\nCHLD 9 {}.0 {at}", mib * 2, mib * 4);
    }
    text
}

pub(crate) fn head(name: &str) -> String {
    format!(
        "META format mprof-rs 1\nMETA start 1700000000\nMETA interval_ns 1000000000\nMETA recorder \"mprof-rs\"\n\
         META argv \"{name}\"\nCMDLINE x\nROOT 7 1700000000 - \"{name}\"\n"
    )
}

/// A page of a recording, open in a browser.
pub(crate) fn page_of(place: &Place, recording: &str, args: &[&str]) -> Option<Chromium> {
    place.write("run.dat", recording);
    place.mprof(&[&["plot", "run.dat", "-o", "run.html"], args].concat()).check(0, "chart: run.html");
    let browser = chromium()?;
    browser.open(&place.path("run.html"));
    Some(browser)
}

/// How many pixels of the first canvas have nearly the colour of the n-th curve of the legend.
fn pixels_of(browser: &Chromium, nth: usize) -> u64 {
    let expression = format!(
        "(() => {{ const line = document.querySelectorAll('.legend .swatch line')[{nth}]; \
         const rgb = getComputedStyle(line).stroke.match(/[0-9]+/g); \
         const data = {PIXELS}; let n = 0; \
         for (let at = 0; at < data.length; at += 4) \
           if (rgb.every((part, idx) => Math.abs(part - data[at + idx]) < 24)) n++; \
         return n; }})()"
    );
    browser.value(&expression).as_u64().unwrap()
}

#[test]
fn pointing_tells_the_reading_to_the_byte() {
    let place = Place::new();
    let Some(browser) = page_of(&place, &tree_of_three(), &[]) else { return };
    let middle = browser.middle_of(CANVAS);
    assert_eq!(browser.value(&format!("{TIP}.hidden")), true);
    browser.mouse("mouseMoved", middle, &json!({}));
    browser.wait_for(&format!("!{TIP}.hidden"));
    let told = browser.text(&format!("{TIP}.innerText"));
    // Halfway lies the fifth second. The sum, 350 MiB of 700 MiB, is nearest to the middle of the plot.
    for part in ["5.000 s", "350.0 MiB", "367,001,600 B", "200.0 MiB", "100.0 MiB", "50.00 MiB", "right (9)"]
    {
        assert!(told.contains(part), "no {part} in {told}");
    }
    assert_eq!(browser.value(&format!("{TIP}.querySelectorAll('.nearest').length")), 1);
    browser.mouse("mouseMoved", (2.0, 2.0), &json!({}));
    browser.wait_for(&format!("{TIP}.hidden"));
    browser.check_quiet();
}

#[test]
fn a_layer_of_a_stack_is_told_without_what_it_stands_on() {
    let place = Place::new();
    let Some(browser) = page_of(&place, &tree_of_three(), &["--stack"]) else { return };
    browser.mouse("mouseMoved", browser.middle_of(CANVAS), &json!({}));
    browser.wait_for(&format!("!{TIP}.hidden"));
    let told = browser.text(&format!("{TIP}.innerText"));
    for part in ["200.0 MiB", "100.0 MiB", "50.00 MiB"] {
        assert!(told.contains(part), "no {part} in {told}");
    }
    assert!(!told.contains("350.0 MiB") && !told.contains("150.0 MiB"), "{told}");
    browser.check_quiet();
}

#[test]
fn where_nothing_was_read_nothing_is_told() {
    let place = Place::new();
    let mut recording = head("./paused").replace("interval_ns 1000000000", "interval_ns 100000000");
    for tick in (0..=30).chain(70..=100) {
        let _ = writeln!(recording, "MEM {}.0 1700000{:03}.{}", 10 + tick, tick / 10, tick % 10);
    }
    let Some(browser) = page_of(&place, &recording, &[]) else { return };
    let middle = browser.middle_of(CANVAS);
    browser.mouse("mouseMoved", middle, &json!({}));
    browser.wait_for(&format!("{TIP}.innerText.includes('no reading here')"));
    browser.mouse("mouseMoved", (middle.0 + 400.0, middle.1), &json!({}));
    browser.wait_for(&format!("{TIP}.innerText.includes('MiB')"));
    browser.check_quiet();
}

#[test]
fn a_click_on_the_legend_hides_a_curve_and_shows_it_again() {
    let place = Place::new();
    let Some(browser) = page_of(&place, &tree_of_three(), &[]) else { return };
    // The legend begins with the sum, what it is not below, and the program; then comes its larger child.
    let button = "document.querySelectorAll('.legend button')[3]";
    assert_eq!(browser.text(&format!("{button}.innerText.split('\\n')[0]")), "right (9)");
    let pressed = |state: &str| format!("{button}.getAttribute('aria-pressed') === '{state}'");
    let before = pixels_of(&browser, 3);
    assert!(before > 100, "{before} pixels");
    browser.click(browser.middle_of(button), 1);
    browser.wait_for(&pressed("false"));
    browser.mouse("mouseMoved", (2.0, 2.0), &json!({}));
    painted(&browser);
    assert_eq!(pixels_of(&browser, 3), 0);
    assert!(pixels_of(&browser, 0) > 100, "the others stay");
    browser.click(browser.middle_of(button), 1);
    browser.wait_for(&pressed("true"));
    browser.mouse("mouseMoved", (2.0, 2.0), &json!({}));
    painted(&browser);
    assert_eq!(pixels_of(&browser, 3), before);
    browser.check_quiet();
}

/// Waits until what changed is painted: two frames later.
pub(crate) fn painted(browser: &Chromium) {
    browser.value("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))");
}

#[test]
fn wheel_drag_and_keys_zoom_and_a_double_click_shows_all() {
    let place = Place::new();
    let Some(browser) = page_of(&place, &tree_of_three(), &[]) else { return };
    let middle = browser.middle_of(CANVAS);
    let all = "all of 10.0 s";
    assert_eq!(browser.text(SPAN), all);
    browser.mouse("mouseWheel", middle, &json!({"deltaX": 0, "deltaY": -300}));
    browser.wait_for(&format!("{SPAN} !== '{all}'"));
    let (from, to) = seconds(&browser.text(SPAN));
    assert!(from > 1.0 && from < 4.9 && to > 5.1 && to < 9.0, "around the middle: {from} to {to}");
    browser.click(middle, 2);
    browser.wait_for(&format!("{SPAN} === '{all}'"));
    browser.drag((middle.0, middle.1), (middle.0 + 200.0, middle.1 + 9.0), 0);
    browser.wait_for(&format!("{SPAN} !== '{all}'"));
    let chosen = seconds(&browser.text(SPAN));
    assert!((4.0..5.5).contains(&chosen.0) && (6.0..8.0).contains(&chosen.1), "{chosen:?}");
    browser.drag((middle.0, middle.1), (middle.0 + 100.0, middle.1), SHIFT);
    browser.wait_for(&format!("parseFloat({SPAN}) < {}", chosen.0));
    let moved = seconds(&browser.text(SPAN));
    assert!(((moved.1 - moved.0) - (chosen.1 - chosen.0)).abs() < 0.02, "as wide as before: {moved:?}");
    for (key, is_there) in [("0", format!("{SPAN} === '{all}'")), ("+", format!("{SPAN} !== '{all}'"))] {
        browser.key(key, 0);
        browser.wait_for(&is_there);
    }
    let before = seconds(&browser.text(SPAN));
    browser.key("ArrowRight", 0);
    browser.wait_for(&format!("parseFloat({SPAN}) > {}", before.0));
    browser.key("-", 0);
    browser.key("-", 0);
    browser.wait_for(&format!("{SPAN} === '{all}'"));
    browser.check_quiet();
}

/// The two times of "1.23 s to 4.56 s".
fn seconds(span: &str) -> (f64, f64) {
    let (from, to) = span.split_once(" to ").unwrap_or_else(|| panic!("{span}"));
    let number = |text: &str| text.trim_end_matches(" s").parse().unwrap();
    (number(from), number(to))
}

#[test]
fn keys_alone_lead_from_reading_to_reading_and_are_heard() {
    let place = Place::new();
    let Some(browser) = page_of(&place, &tree_of_three(), &[]) else { return };
    assert_eq!(browser.value(&format!("{CANVAS}.getAttribute('role')")), "application");
    let words = browser.text("document.getElementById('told-0').textContent");
    assert!(words.contains("peak 700.0 MiB"), "{words}");
    browser.value(&format!("{CANVAS}.focus()"));
    let heard = "document.querySelector('[role=status]').textContent";
    // The sum begins where there is anything to sum up.
    for step in ["1.000 s", "2.000 s", "3.000 s"] {
        browser.key("ArrowRight", SHIFT);
        browser.wait_for(&format!("{heard}.startsWith('{step}')"));
    }
    browser.check_quiet();
}

#[test]
fn tables_are_sorted_and_the_run_is_told() {
    let place = Place::new();
    let Some(browser) = page_of(&place, &tree_of_three(), &[]) else { return };
    let names = "[...document.querySelectorAll('tbody th')].map((it) => it.textContent)";
    assert_eq!(browser.value(names), json!(["right (9)", "left (8)", "./three (7)"]));
    let peak = "[...document.querySelectorAll('thead button')].find((it) => it.textContent === 'Peak')";
    let sorted = format!("{peak}.parentElement.getAttribute('aria-sort')");
    browser.click(browser.middle_of(peak), 1);
    browser.wait_for(&format!("{sorted} === 'descending'"));
    browser.click(browser.middle_of(peak), 1);
    browser.wait_for(&format!("{sorted} === 'ascending'"));
    assert_eq!(browser.value(names), json!(["./three (7)", "left (8)", "right (9)"]));
    let facts = browser.text("document.querySelector('.facts').innerText");
    for fact in ["2023-11-14 22:13:20 UTC", "10.0 s", "33 of 3 processes", "the end was not recorded"] {
        assert!(facts.contains(fact), "no {fact} in {facts}");
    }
    browser.check_quiet();
}

#[test]
fn light_and_dark_follow_the_reader_and_a_button() {
    let place = Place::new();
    let Some(browser) = page_of(&place, &tree_of_three(), &[]) else { return };
    let paper = format!("[...{PIXELS}.slice(0, 3)].join()");
    browser.wait_for(&format!("{paper} === '255,255,255'"));
    let dark = json!({"features": [{"name": "prefers-color-scheme", "value": "dark"}]});
    browser.ask("Emulation.setEmulatedMedia", &dark);
    browser.wait_for(&format!("{paper} !== '255,255,255'"));
    browser.click(browser.middle_of("document.querySelector('[aria-label^=Switch]')"), 1);
    browser.wait_for(&format!("{paper} === '255,255,255'"));
    browser.check_quiet();
}

#[test]
fn a_view_is_saved_as_a_picture() {
    let place = Place::new();
    let Some(browser) = page_of(&place, &tree_of_three(), &[]) else { return };
    // What the page would hand to the browser's downloads is looked at instead.
    let saved = "new Promise((done) => { HTMLAnchorElement.prototype.click = () => {}; \
        URL.createObjectURL = (blob) => { \
          blob.arrayBuffer().then((it) => done([blob.type, ...new Uint8Array(it).slice(1, 4)])); \
          return 'blob:none'; }; \
        document.querySelector('[aria-label^=Save]').click(); })";
    assert_eq!(browser.value(saved), json!(["image/png", 0x50, 0x4e, 0x47]));
    browser.check_quiet();
}

#[test]
fn a_phone_shows_all_without_scrolling_sideways() {
    let place = Place::new();
    place.write("b.dat", tree_of_three());
    let Some(browser) = page_of(&place, &tree_of_three(), &["b.dat"]) else { return };
    browser.resize(360, 740);
    browser.wait_for(&format!("{CANVAS}.width === {CANVAS}.clientWidth && {CANVAS}.width < 360"));
    let (needed, given) = ("document.documentElement.scrollWidth", "document.documentElement.clientWidth");
    assert_eq!(browser.value(needed), browser.value(given));
    browser.check_quiet();
}

#[test]
fn runs_beside_each_other_are_zoomed_together() {
    let place = Place::new();
    place.write("a.dat", tree_of_three());
    place.write("b.dat", tree_of_three());
    place.mprof(&["compare", "a.dat", "b.dat", "-o", "ab.html"]).check(0, "chart: ab.html");
    let Some(browser) = chromium() else { return };
    browser.open(&place.path("ab.html"));
    assert_eq!(browser.value("document.querySelectorAll('canvas').length"), 2);
    assert_eq!(browser.value("document.querySelectorAll('tbody tr').length"), 2);
    let pixels = "document.querySelectorAll('canvas')[1].toDataURL()";
    let before = browser.text(pixels);
    browser.mouse("mouseWheel", browser.middle_of(CANVAS), &json!({"deltaX": 0, "deltaY": -300}));
    browser.wait_for(&format!("!{SPAN}.startsWith('all')"));
    painted(&browser);
    assert_ne!(browser.text(pixels), before, "the other panel follows");
    browser.check_quiet();
}

#[test]
fn what_is_packed_is_unpacked_and_no_extreme_is_lost() {
    let place = Place::new();
    let Some(browser) = page_of(&place, &tree_of_three(), &[]) else { return };
    let unpack = "(() => { const data = JSON.parse(document.getElementById('data').textContent); \
        const it = data.charts[0].panels[0].series.find((it) => it.name === 'left (8)'); \
        const curve = new Curve(data.curves[it.curve].points); return [[...curve.times], [...curve.values]]; })()";
    let times: Vec<u64> = (0..=10).map(|second| second * 1_000_000_000).collect();
    let values: Vec<u64> = (0..=10).map(|second| second * 20 * (1 << 20)).collect();
    assert_eq!(browser.value(unpack), json!([times, values]));
    // The pyramid against a look at every value, for stretches of all kinds of length and place.
    let wrong = browser.value(
        "(() => { const n = 5000; const curve = Object.create(Curve.prototype); let seed = 7; \
         curve.values = Float64Array.from({length: n}, () => (seed = (seed * 48271) % 2147483647)); \
         curve.levels = pyramid(curve.values); const wrong = []; \
         for (let k = 0; k < 2000; k++) { seed = (seed * 48271) % 2147483647; const from = seed % n; \
           seed = (seed * 48271) % 2147483647; const to = from + 1 + (seed % (n - from)); \
           const part = curve.values.subarray(from, to); const { low, high } = curve.extremes(from, to); \
           if (low !== Math.min(...part) || high !== Math.max(...part)) wrong.push([from, to]); } \
         return wrong; })()",
    );
    assert_eq!(wrong, json!([]));
    browser.check_quiet();
}

/// Names that would do harm as markup, or to the text around them.
fn hostile() -> Vec<String> {
    let mut names: Vec<String> = [
        "<script>window.harm=1</script>",
        "</script><script>window.harm=2</script>",
        "<!--<script>",
        "<img src=x onerror=window.harm=3>",
        "&lt;b&gt; & 'q' {{data}} ]]>",
        "עברית العربية",
        "🦀 e\u{301} Ünï",
        "__proto__",
    ]
    .map(str::to_owned)
    .into();
    names.push("x".repeat(1000));
    names
}

#[test]
fn hostile_names_are_text_and_nothing_runs() {
    let place = Place::new();
    let names = hostile();
    let mut recording = head(&names.join(" "));
    for (idx, name) in names.iter().enumerate() {
        let pid = 100 + idx;
        let _ = writeln!(recording, "PROC {pid} 1700000000 7 \"{name}\"");
        let word = name.replace(' ', "_");
        let _ = writeln!(recording, "FUNC {word} 1.0 1700000001 1.0 1700000009 0");
        for second in 0..=10 {
            let _ = writeln!(recording, "CHLD {pid} {}.0 {}", 50 + idx, 1_700_000_000 + second);
        }
    }
    recording += "MEM 1.0 1700000000\nMEM 1.0 1700000010\n";
    let Some(browser) = page_of(&place, &recording, &["--title", &names.join(" ")]) else { return };
    browser.mouse("mouseMoved", browser.middle_of(CANVAS), &json!({}));
    browser.wait_for(&format!("!{TIP}.hidden"));
    browser.wait_for("document.querySelectorAll('.legend button').length > 9");
    assert_eq!(browser.value("typeof window.harm"), "undefined");
    assert_eq!(browser.value("document.querySelectorAll('script').length"), 2);
    assert_eq!(browser.value("document.querySelectorAll('img, iframe, object, link, base').length"), 0);
    let cells = browser.value("[...document.querySelectorAll('tbody th')].map((it) => it.textContent)");
    let bare = |cell: &Value| cell.as_str().unwrap().replace(['\u{2068}', '\u{2069}'], "");
    for (idx, name) in names.iter().enumerate() {
        let shown = format!("{name} ({})", 100 + idx);
        assert!(cells.as_array().unwrap().iter().any(|it| bare(it) == shown), "no {shown} in {cells:#}");
    }
    assert_eq!(browser.text("document.title"), names.join(" "));
    assert_eq!(browser.text("document.querySelector('h1').textContent"), names.join(" "));
    browser.check_quiet();
}

#[test]
fn a_script_that_got_into_the_page_would_not_run() {
    let place = Place::new();
    place.write("run.dat", tree_of_three());
    place.mprof(&["plot", "run.dat", "-o", "run.html"]).check(0, "");
    let page = place.read("run.html").replace("</main>", "</main><script>window.harm = 1</script>");
    let Some(browser) = chromium() else { return };
    browser.open(&place.write("harmed.html", page));
    assert_eq!(browser.value("typeof window.harm"), "undefined");
    let refused = browser.complaints();
    assert!(refused.len() == 1 && refused[0].to_string().contains("Content Security Policy"), "{refused:#?}");
    let asked = browser.value("fetch('https://example.org/').then(() => 'fetched', () => 'refused')");
    assert_eq!(asked, "refused");
}

#[test]
fn without_scripts_the_chart_stands_still() {
    let place = Place::new();
    place.write("run.dat", tree_of_three());
    place.mprof(&["plot", "run.dat", "-o", "run.html"]).check(0, "");
    let Some(browser) = chromium() else { return };
    browser.ask("Emulation.setScriptExecutionDisabled", &json!({"value": true}));
    let url = format!("file://{}", place.path("run.html").canonicalize().unwrap().display());
    browser.ask("Page.navigate", &json!({"url": url}));
    browser.wait_for("document.readyState === 'complete' && document.querySelector('svg polyline')");
    assert_eq!(browser.value("document.querySelector('svg').getBoundingClientRect().width"), 1200);
    browser.check_quiet();
}

#[test]
fn differences_have_an_axis_of_their_own_and_a_sign() {
    let place = Place::new();
    let run = |mibs: [u32; 3]| {
        let line = |(second, mib): (usize, u32)| format!("MEM {mib}.0 {}\n", 1_700_000_000 + second * 5);
        head("./one") + &mibs.into_iter().enumerate().map(line).collect::<String>()
    };
    place.write("a.dat", run([50, 50, 50]));
    place.write("b.dat", run([10, 30, 90]));
    place.mprof(&["compare", "--view", "difference", "-o", "d.html", "a.dat", "b.dat"]).check(0, "d.html");
    let Some(browser) = chromium() else { return };
    browser.open(&place.path("d.html"));
    let below = browser.middle_of("document.querySelectorAll('canvas')[1]");
    browser.mouse("mouseMoved", below, &json!({}));
    let tips = "[...document.querySelectorAll('.tip')].map((it) => it.innerText).join(' ')";
    browser.wait_for(&format!("({tips}).includes('5.000 s')"));
    let told = browser.text(tips);
    assert!(told.contains("−20.00 MiB") && told.contains("-20,971,520 B"), "{told}");
    browser.check_quiet();
}
