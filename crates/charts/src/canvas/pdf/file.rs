//! The objects of a PDF document: a page, its fonts with no more glyphs than are used, and what it is called.
//!
//! Nothing in it depends on when or where it was made.

use crate::lettering::{CAPITAL_HEIGHT, Face, Glyph};
use crate::options::Error;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{CidFontType, FontFlags, StructRole, SystemInfo, UnicodeCmap};
use pdf_writer::writers::{CidFont, ExtGraphicsState, FontDescriptor, StructTreeRoot};
use pdf_writer::{Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use subsetter::GlyphRemapper;

const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const PAGE: Ref = Ref::new(3);
const CONTENT: Ref = Ref::new(4);
const INFO: Ref = Ref::new(5);
const TREE: Ref = Ref::new(6);
const FIGURE: Ref = Ref::new(7);
const FIGURE_LIST: Ref = Ref::new(8);
/// The first object of the first font.
const FONTS: i32 = 10;

const IDENTITY: SystemInfo<'static> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
const WHO: &str = "mprof-rs";

/// What a document is made of.
pub(super) struct Document<'a> {
    pub(super) title: &'a str,
    pub(super) description: &'a str,
    pub(super) width_pt: f32,
    pub(super) height_pt: f32,
    pub(super) content: &'a [u8],
    pub(super) faces: &'a [Used],
    pub(super) opacities: &'a BTreeSet<u8>,
}

/// The glyphs of a face that were used, with new numbers.
pub(super) struct Used {
    face: Face,
    numbers: GlyphRemapper,
    shows: BTreeMap<u16, Shown>,
}

#[derive(Clone, Copy)]
struct Shown {
    c: char,
    advance_units: i32,
}

/// The objects of a font.
struct FontRefs {
    font: Ref,
    cid_font: Ref,
    descriptor: Ref,
    file: Ref,
    to_unicode: Ref,
}

/// What the page calls a font.
pub(super) fn font_name(face: Face) -> &'static [u8] {
    match face {
        Face::Regular => b"F0",
        Face::Bold => b"F1",
    }
}

/// What the page calls an opacity.
pub(super) fn opacity_name(percent: u8) -> String {
    format!("A{percent}")
}

impl Used {
    pub(super) fn new(face: Face) -> Self {
        Self { face, numbers: GlyphRemapper::new(), shows: BTreeMap::new() }
    }

    /// The number of a glyph in the font of the document, which has it from now on.
    pub(super) fn take(&mut self, glyph: &Glyph) -> u16 {
        let number = self.numbers.remap(glyph.id);
        let advance_units = self.face.advance_units(glyph.id);
        self.shows.entry(number).or_insert(Shown { c: glyph.shows, advance_units });
        number
    }

    fn refs(&self) -> FontRefs {
        let nth = |idx: i32| Ref::new(FONTS + self.face as i32 * 5 + idx);
        FontRefs { font: nth(0), cid_font: nth(1), descriptor: nth(2), file: nth(3), to_unicode: nth(4) }
    }

    fn is_used(&self) -> bool {
        !self.shows.is_empty()
    }

    /// The font's name. Six letters before it say which subset it is.
    fn name(&self) -> String {
        let hash = self.shows.values().fold(5381_u32, |hash, shown| hash.wrapping_mul(33) ^ shown.c as u32);
        let letter = |idx: u32| char::from(b'A' + (hash / 26_u32.pow(idx) % 26) as u8);
        format!("{}+{}", (0..6).map(letter).collect::<String>(), self.face.name())
    }
}

impl Document<'_> {
    /// The file.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, Error> {
        let mut pdf = Pdf::new();
        self.catalog(&mut pdf);
        self.page(&mut pdf);
        self.figure(&mut pdf);
        for used in self.faces.iter().filter(|used| used.is_used()) {
            font(&mut pdf, used)?;
        }
        let mut info = pdf.document_info(INFO);
        info.title(TextStr(self.title)).creator(TextStr(WHO)).producer(TextStr(WHO));
        info.subject(TextStr(self.description));
        info.finish();
        Ok(pdf.finish())
    }

    fn catalog(&self, pdf: &mut Pdf) {
        let mut catalog = pdf.catalog(CATALOG);
        catalog.pages(PAGES).lang(TextStr("en"));
        catalog.viewer_preferences().display_doc_title(true);
        catalog.mark_info().marked(true);
        catalog.pair(Name(b"StructTreeRoot"), TREE);
    }

    fn page(&self, pdf: &mut Pdf) {
        pdf.pages(PAGES).kids([PAGE]).count(1);
        let mut page = pdf.page(PAGE);
        page.media_box(Rect::new(0.0, 0.0, self.width_pt, self.height_pt)).parent(PAGES);
        page.contents(CONTENT).struct_parents(0);
        let mut resources = page.resources();
        let mut fonts = resources.fonts();
        for used in self.faces.iter().filter(|used| used.is_used()) {
            fonts.pair(Name(font_name(used.face)), used.refs().font);
        }
        fonts.finish();
        let mut states = resources.ext_g_states();
        for &percent in self.opacities {
            let alpha = f32::from(percent) / 100.0;
            let mut state =
                states.insert(Name(opacity_name(percent).as_bytes())).start::<ExtGraphicsState<'_>>();
            state.stroking_alpha(alpha).non_stroking_alpha(alpha);
        }
        states.finish();
        resources.finish();
        page.finish();
        pdf.stream(CONTENT, &deflate(self.content)).filter(Filter::FlateDecode);
    }

    /// The whole page is one figure, which is told in words to those who cannot see it.
    fn figure(&self, pdf: &mut Pdf) {
        let mut tree = pdf.indirect(TREE).start::<StructTreeRoot<'_>>();
        tree.child(FIGURE);
        tree.parent_tree().nums().insert(0, FIGURE_LIST);
        tree.finish();
        let mut figure = pdf.struct_element(FIGURE);
        figure.kind(StructRole::Figure).parent(TREE).page(PAGE).alt(TextStr(self.description));
        figure.children().marked_content_id(0);
        figure.finish();
        pdf.indirect(FIGURE_LIST).array().item(FIGURE);
    }
}

/// A font whose characters are the numbers of its glyphs, with what they show for those who copy and search.
fn font(pdf: &mut Pdf, used: &Used) -> Result<(), Error> {
    let FontRefs { font, cid_font, descriptor, file, to_unicode } = used.refs();
    let name = used.name();
    let name = Name(name.as_bytes());
    let subset = subsetter::subset(used.face.file(), 0, &used.numbers);
    let subset = subset.map_err(|e| Error::Drawing(e.to_string()))?;
    let mut composite = pdf.type0_font(font);
    composite.base_font(name).encoding_predefined(Name(b"Identity-H"));
    composite.descendant_font(cid_font).to_unicode(to_unicode);
    composite.finish();
    widths(pdf, cid_font, used).base_font(name).font_descriptor(descriptor);
    describe(pdf, descriptor, used.face).name(name).font_file2(file);
    let mut stream_bytes = deflate(&subset);
    let mut stream = pdf.stream(file, &stream_bytes);
    stream.filter(Filter::FlateDecode).pair(Name(b"Length1"), subset.len() as i32);
    stream.finish();
    let mut cmap = UnicodeCmap::<u16>::new(Name(b"Characters"), IDENTITY);
    used.shows.iter().for_each(|(&number, shown)| cmap.pair(number, shown.c));
    stream_bytes = deflate(&cmap.finish());
    pdf.stream(to_unicode, &stream_bytes).filter(Filter::FlateDecode);
    Ok(())
}

fn widths<'a>(pdf: &'a mut Pdf, id: Ref, used: &Used) -> CidFont<'a> {
    let mut font = pdf.cid_font(id);
    font.subtype(CidFontType::Type2).system_info(IDENTITY).cid_to_gid_map_predefined(Name(b"Identity"));
    let mut widths = font.widths();
    for (&number, shown) in &used.shows {
        widths.consecutive(number, [thousandths(used.face, shown.advance_units)]);
    }
    widths.finish();
    font
}

fn describe(pdf: &mut Pdf, id: Ref, face: Face) -> FontDescriptor<'_> {
    let font = face.font();
    let size = |units: i16| thousandths(face, i32::from(units));
    let it = font.global_bounding_box();
    let mut descriptor = pdf.font_descriptor(id);
    descriptor.flags(FontFlags::NON_SYMBOLIC).italic_angle(0.0);
    descriptor.bbox(Rect::new(size(it.x_min), size(it.y_min), size(it.x_max), size(it.y_max)));
    descriptor.ascent(size(font.ascender())).descent(size(font.descender()));
    descriptor.cap_height(CAPITAL_HEIGHT * 1000.0);
    // How thick a stem is: only those read it who have to replace the font.
    descriptor.stem_v(if face == Face::Bold { 160.0 } else { 80.0 });
    descriptor
}

fn thousandths(face: Face, units: i32) -> f32 {
    units as f32 * 1000.0 / face.units_per_em()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("a vector takes all that is written to it")
}
