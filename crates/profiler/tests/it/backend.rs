//! `--backend`: the sets that are read at every tick, and what is shown of a recording that was made for one.

use crate::harness::Place;

/// Records three processes that share nothing but what their shell is made of. The lines of the program and of others.
fn record(place: &Place, flags: &[&str]) -> (Vec<String>, Vec<String>) {
    let program = ["sh", "-c", "sleep 0.3 & sleep 0.3 & wait"];
    let fixed = ["run", "-T", "20ms", "--overwrite", "-o", "out.dat"];
    place.mprof(&[&fixed[..], flags, &program].concat()).check(0, "exit 0");
    let text = place.read("out.dat");
    let with = |tag: &str| text.lines().filter(|line| line.starts_with(tag)).map(str::to_owned).collect();
    (with("MEM "), with("CHLD "))
}

/// The number at the head of a line, in bytes, and a metric of it.
fn figures(line: &str, n_words_before: usize, metric: &str) -> (f64, Option<f64>) {
    let mut words = line.split(' ').skip(n_words_before);
    let mib: f64 = words.next().unwrap().parse().unwrap();
    let told = words.find_map(|word| word.strip_prefix(metric)?.strip_prefix('=')?.parse().ok());
    (mib * f64::from(1 << 20), told)
}

#[test]
fn lines_hold_the_set_that_was_asked_for_beside_the_resident_set() {
    let place = Place::new();
    for (backend, metric) in [("psutil_pss", "pss"), ("psutil_uss", "uss")] {
        let (mem, children) = record(&place, &["--backend", backend]);
        assert!(mem.len() > 5 && children.len() > 5, "every tick has its line: {mem:?}");
        for (lines, n_words_before) in [(&mem, 1), (&children, 2)] {
            for line in lines {
                let (shown, told) = figures(line, n_words_before, metric);
                assert_eq!(Some(shown), told, "{line}");
            }
            // One that is still at its exec shares nothing yet.
            let shares = |line: &&String| {
                let (shown, _) = figures(line, n_words_before, metric);
                figures(line, n_words_before, "rss").1.is_some_and(|rss| rss > shown)
            };
            let n_sharing = lines.iter().filter(shares).count();
            assert!(n_sharing + 2 >= lines.len() && n_sharing > 0, "{lines:?}");
        }
        assert!(place.read("out.dat").contains(&format!("META mem_metric \"{metric}\"")));
    }
}

#[test]
fn with_children_it_is_their_sum() {
    let place = Place::new();
    let (mem, children) = record(&place, &["-C", "--backend", "psutil_pss"]);
    let line = &mem[mem.len() / 2];
    let time = line.split(' ').nth(2).unwrap();
    let of_tick = children.iter().filter(|line| line.contains(time)).map(|line| figures(line, 2, "pss").0);
    let (sum, own) = figures(line, 1, "pss");
    assert_eq!(sum, of_tick.sum::<f64>() + own.unwrap(), "{line}");
}

#[test]
fn peak_plot_and_summary_know_what_the_recording_was_made_for() {
    let place = Place::new();
    let (mem, _) = record(&place, &["--backend", "psutil_uss"]);
    let highest = mem.iter().map(|line| figures(line, 1, "uss").0).fold(0.0, f64::max);
    let peak = place.mprof(&["peak", "out.dat"]).stdout;
    let first = peak.lines().next().unwrap();
    assert!(first.ends_with(" MiB\thighest sample of the unique set (USS)"), "{first}");
    let shown = place.mprof(&["--compat", "peak", "out.dat"]);
    let first = shown.stdout.lines().next().unwrap();
    assert_eq!(first, format!("out.dat\t{:.3} MiB", highest / f64::from(1 << 20)));
    shown.check(0, "highest sample of the unique set (USS)");
    place.mprof(&["plot", "-o", "out.svg", "out.dat"]).check(0, "");
    assert!(place.read("out.svg").contains("unique set (USS)"), "the axis says so");
    place.mprof(&["plot", "--metric", "rss", "-o", "out.svg", "out.dat"]).check(0, "");
    assert!(place.read("out.svg").contains("resident set (RSS)"));
    let summary = place.mprof(&["summary", "--json", "out.dat"]).stdout;
    let figures: serde_json::Value = serde_json::from_str(&summary).unwrap();
    assert!(figures["uss_peak_bytes"].as_u64().unwrap() > 0);
    assert!(figures["pss_peak_bytes"].as_u64().unwrap() > figures["uss_peak_bytes"].as_u64().unwrap());
}

#[test]
fn summary_and_compare_name_the_set_that_they_lead_with() {
    let place = Place::new();
    record(&place, &["--backend", "psutil_pss"]);
    let summary = place.mprof(&["summary", "--json", "out.dat"]).stdout;
    let figures: serde_json::Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(figures["metric"], "pss");
    assert_eq!(
        (&figures["peak_bytes"], &figures["peak_kind"]),
        (&figures["pss_peak_bytes"], &figures["pss_peak_kind"])
    );
    assert_eq!(figures["peak_kind"], "sum_in_turn", "nobody looked whether anything changed meanwhile");
    let words = place.mprof(&["summary", "out.dat"]).stdout;
    assert!(words.contains("not a bound of the proportional set (PSS)\n"), "{words}");
    place.mprof(&["run", "-q", "-o", "plain.dat", "sleep", "0.1"]).check(0, "");
    let table = place.mprof(&["compare", "-o", "out.svg", "out.dat", "plain.dat"]).stdout;
    assert!(table.starts_with("Memory is the resident set (RSS):\n"), "{table}");
    let alike = place.mprof(&["compare", "-o", "alike.svg", "out.dat", "out.dat"]).stdout;
    assert!(alike.starts_with("Memory is the proportional set (PSS):\n"), "{alike}");
}

#[test]
fn what_only_python_knows_is_refused() {
    let place = Place::new();
    let refused = place.mprof(&["run", "--backend", "tracemalloc", "-o", "out.dat", "touch", "began"]);
    refused.check(2, "from inside of Python");
    assert!(place.files().is_empty());
}
