//! Pages for everybody: by ear, by keys alone, in every contrast, on paper.

use serde_json::{Value, json};

use crate::harness::Place;
use crate::page_choices::metrics;
use crate::pages::{CANVAS, page_of, painted, tree_of_three};

/// Texts whose contrast with what lies behind them is below that of WCAG 2, level AA, and what it is.
const FAINT: &str = "(() => { \
    const parts = (color) => color.match(/[0-9.]+/g).map(Number); \
    const linear = (it) => (it /= 255) <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4; \
    const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b); \
    const behind = (it) => { for (; it; it = it.parentElement) { \
      const color = parts(getComputedStyle(it).backgroundColor); if (color[3] !== 0) return color; } }; \
    const opacity = (it) => { let all = 1; \
      for (; it; it = it.parentElement) all *= getComputedStyle(it).opacity; return all; }; \
    const isText = (node) => node.nodeType === 3 && node.textContent.trim() !== ''; \
    const faint = []; \
    for (const it of document.querySelectorAll('main *')) { \
      if (![...it.childNodes].some(isText) || it.closest(':disabled, [hidden]')) continue; \
      const two = [parts(getComputedStyle(it).color), behind(it)].map(luminance).sort(); \
      const contrast = (Math.max(...two) + 0.05) / (Math.min(...two) + 0.05); \
      if (contrast < 4.5 || opacity(it) < 1) faint.push([it.textContent, contrast, opacity(it)]); } \
    return faint; })()";

#[test]
fn a_reader_who_listens_finds_everything_by_name() {
    let place = Place::new();
    let Some(browser) = page_of(&place, &metrics(3), &[]) else { return };
    let tree = browser.ask("Accessibility.getFullAXTree", &json!({}));
    let text = |node: &Value, key: &str| node[key]["value"].as_str().unwrap_or_default().to_owned();
    let nodes: Vec<(String, String)> = tree["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|node| node["ignored"] == false)
        .map(|node| (text(node, "role"), text(node, "name")))
        .collect();
    let name_of = |role: &str| nodes.iter().find(|node| node.0 == role).map(|node| node.1.as_str());
    assert_eq!(name_of("radiogroup"), Some("Memory shown"));
    assert_eq!(name_of("heading"), Some("./two"));
    assert_eq!(name_of("toolbar"), Some("View"));
    let chart = tree["nodes"].as_array().unwrap().iter().find(|node| text(node, "role") == "application");
    let (chart, words) = chart.map(|it| (text(it, "name"), text(it, "description"))).unwrap();
    assert_eq!(chart, "./two: resident set (RSS) over time");
    assert!(words.contains("peak 200.0 MiB") && words.contains("Shift from reading to reading"), "{words}");
    assert!(nodes.iter().any(|node| node.0 == "main") && nodes.iter().any(|node| node.0 == "columnheader"));
    for (role, name) in &nodes {
        let is_control = ["button", "radio", "radiogroup", "application", "table", "region", "list"]
            .contains(&role.as_str());
        assert!(!is_control || !name.is_empty(), "a {role} without a name: {nodes:#?}");
    }
    browser.check_quiet();
}

#[test]
fn every_text_stands_out_in_light_and_dark_and_where_it_is_crossed_out() {
    let place = Place::new();
    let Some(browser) = page_of(&place, &tree_of_three(), &[]) else { return };
    browser.click(browser.middle_of("document.querySelectorAll('.legend button')[2]"), 1);
    for theme in ["light", "dark"] {
        let wanted = json!({"features": [{"name": "prefers-color-scheme", "value": theme}]});
        browser.ask("Emulation.setEmulatedMedia", &wanted);
        browser.wait_for(&format!("document.documentElement.dataset.theme === '{theme}'"));
        assert_eq!(browser.value(FAINT), json!([]), "{theme}");
    }
    browser.check_quiet();
}

#[test]
fn a_button_is_called_what_is_written_on_it_and_a_name_of_both_directions_begins_left() {
    let place = Place::new();
    let recording = tree_of_three().replace("left", "\u{5e9}\u{5dc}\u{5d5}\u{5dd} x");
    let Some(browser) = page_of(&place, &recording, &[]) else { return };
    let strange = "[...document.querySelectorAll('.tools button')].map((it) => [it.textContent, it.ariaLabel]) \
                   .filter(([text, name]) => /[A-Za-z]/.test(text) && !name.includes(text))";
    assert_eq!(browser.value(strange), json!([]));
    // Where a letter and a bracket stand on the screen.
    let order = "(() => { const text = [...document.querySelectorAll('.legend bdi')] \
                   .find((it) => it.textContent.includes('\u{5e9}')).firstChild; \
                 return ['\u{5e9}', '('].map((letter) => { const at = text.data.indexOf(letter); \
                   const range = new Range(); range.setStart(text, at); range.setEnd(text, at + 1); \
                   return range.getBoundingClientRect().left; }); })()";
    let order = browser.value(order);
    assert!(order[0].as_f64() < order[1].as_f64(), "{order}");
    browser.check_quiet();
}

#[test]
fn the_tab_key_leads_through_all_and_shows_where_it_is() {
    let place = Place::new();
    let Some(browser) = page_of(&place, &metrics(3), &[]) else { return };
    let mut found: Vec<String> = Vec::new();
    for _ in 0..40 {
        let tab = json!({"type": "keyDown", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9});
        browser.ask("Input.dispatchKeyEvent", &tab);
        let here = browser.value(
            "(() => { const it = document.activeElement; const face = it.type === 'radio' ? it.nextSibling : it; \
             return [it.localName, it.textContent, getComputedStyle(face).outlineStyle]; })()",
        );
        if here[0] != "body" {
            assert_eq!(here[2], "solid", "no ring around {here}");
            found.push(format!("{} {}", here[0].as_str().unwrap(), here[1].as_str().unwrap()));
        }
    }
    let wanted =
        ["button +", "button Fit", "input ", "canvas ", "button child (8)", "div Process", "button Peak"];
    for wanted in wanted {
        assert!(found.iter().any(|it| it.starts_with(wanted)), "no {wanted} in {found:#?}");
    }
    browser.check_quiet();
}

#[test]
fn paper_has_the_chart_in_its_shape_and_no_buttons() {
    let place = Place::new();
    let Some(browser) = page_of(&place, &metrics(3), &["--theme", "dark"]) else { return };
    browser.ask("Emulation.setEmulatedMedia", &json!({"media": "print"}));
    browser.value("dispatchEvent(new Event('beforeprint'))");
    painted(&browser);
    browser.resize(600, 900);
    assert_eq!(browser.value("document.documentElement.dataset.theme"), "light");
    let stretch = format!("{CANVAS}.clientWidth / {CANVAS}.clientHeight * {CANVAS}.height / {CANVAS}.width");
    let stretch = browser.value(&stretch).as_f64().unwrap();
    assert!((stretch - 1.0).abs() < 0.02, "{stretch}");
    for hidden in [".tools", ".choices", "footer"] {
        let height =
            browser.value(&format!("document.querySelector('{hidden}').getBoundingClientRect().height"));
        assert_eq!(height, 0, "{hidden}");
    }
    browser.check_quiet();
}
