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
    place.write("file", "");
    place.mprof(&["man", "file/pages"]).check(1, "file/pages: cannot be made");
}
