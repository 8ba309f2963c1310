//! Whether any expression is found in any of several lines: one search through all of them, in place of one for each.

use regex_automata::meta::{Config, Regex};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind, Look, Repetition};

/// All expressions as one. It may find something where none of them does, as what spans two lines, and never the
/// reverse.
#[derive(Debug)]
pub(super) struct Anywhere(Option<Regex>);

impl Anywhere {
    pub(super) fn new<'a>(expressions: impl Iterator<Item = &'a str>) -> Self {
        let read = |text| ParserBuilder::new().utf8(false).build().parse(text).ok().map(of_any_line);
        let expressions: Option<Vec<Hir>> = expressions.map(read).collect();
        let config = Config::new().utf8_empty(false);
        // What is too large together is looked for line by line.
        Self(expressions.and_then(|it| Regex::builder().configure(config).build_many_from_hir(&it).ok()))
    }

    /// Whether a line of these may hold what is looked for.
    pub(super) fn may_be_in(&self, lines: &[u8]) -> bool {
        self.0.as_ref().is_none_or(|regex| regex.is_match(lines))
    }
}

/// An expression that is meant for one line, made to find the same among others: where it says the beginning or the end,
/// it is that of any line, and lines end at a line feed, a carriage return, or both.
fn of_any_line(hir: Hir) -> Hir {
    let each = |hirs: Vec<Hir>| hirs.into_iter().map(of_any_line).collect();
    match hir.into_kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) => Hir::literal(literal.0),
        HirKind::Class(class) => Hir::class(class),
        HirKind::Look(Look::Start | Look::StartLF | Look::StartCRLF) => Hir::look(Look::StartCRLF),
        HirKind::Look(Look::End | Look::EndLF | Look::EndCRLF) => Hir::look(Look::EndCRLF),
        HirKind::Look(look) => Hir::look(look),
        HirKind::Repetition(it) => {
            let sub = Box::new(of_any_line(*it.sub));
            Hir::repetition(Repetition { sub, ..it })
        }
        HirKind::Capture(capture) => of_any_line(*capture.sub),
        HirKind::Concat(hirs) => Hir::concat(each(hirs)),
        HirKind::Alternation(hirs) => Hir::alternation(each(hirs)),
    }
}
