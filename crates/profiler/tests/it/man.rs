//! `mprof-rs man`: a page for each verb, of the table of flags.

use crate::harness::Place;

#[test]
fn there_is_a_page_for_each_verb() {
    let place = Place::new();
    place.mprof(&["man", "pages"]).check(0, "manual pages: pages/mprof-rs.1");
    for (page, text) in [("mprof-rs.1", "attach"), ("mprof-rs-run.1", "interval"), ("mprof-rs-rm.1", "dry")] {
        let page = place.read(&format!("pages/{page}"));
        assert!(page.contains(".TH mprof") && page.contains(text), "{page}");
    }
    let page = place.read("pages/mprof-rs-run.1");
    assert!(page.contains(".TH mprof-rs-run 1 \"\" \"mprof-rs "), "{page}");
    assert!(page.contains("Examples:\n.nf\n  mprof\\-rs run ./server"), "{page}");
    assert!(page.contains("such line\n.fi\n\nThe exit status"), "{page}");
    assert!(page.contains("\\-\\-compat\\fR\nBehave as mprof"), "{page}");
    place.write("file", "");
    place.mprof(&["man", "file/pages"]).check(1, "file/pages: cannot be made");
}
