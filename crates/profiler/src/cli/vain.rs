//! Flags that would do nothing in what is drawn, and what is said of them: no flag is passed over in silence.

use mprof_charts::Format;

use super::draw::{AlignBy, ColorName, CompareArgs, CompareView, PictureArgs, PlotArgs, ShowArgs, ThemeName};
use crate::exit::Misused;

/// A drawing that was asked for.
struct Asked<'a> {
    drawing: Drawing,
    format: Format,
    show: &'a ShowArgs,
    picture: &'a PictureArgs,
    has_calls: bool,
    align: Option<AlignBy>,
}

/// How recordings are drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Drawing {
    /// One alone.
    Alone,
    /// Several over each other.
    Over,
    /// Each in a panel.
    Panels,
    /// With what one holds more than the other.
    Difference,
}

/// A flag, where it would do nothing, and why.
struct Rule {
    is_in_vain: fn(&Asked<'_>) -> bool,
    why: &'static str,
}

/// Refusing another flag is a row here.
const RULES: [Rule; 11] = [
    Rule {
        is_in_vain: |it| it.picture.scale.is_some() && it.format != Format::Png,
        why: "--scale is for PNG: nothing else is made of pixels",
    },
    Rule {
        is_in_vain: |it| it.picture.dpi.is_some() && it.format != Format::Png,
        why: "--dpi is for PNG: nothing else is made of pixels",
    },
    Rule {
        is_in_vain: |it| it.picture.theme.is_some() && it.format == Format::Text,
        why: "--theme is for pictures and pages: a chart in characters has the colours of its terminal",
    },
    Rule {
        is_in_vain: |it| {
            it.picture.theme == Some(ThemeName::Auto) && matches!(it.format, Format::Png | Format::Pdf)
        },
        why: "--theme auto is for SVG and HTML: a PNG or a PDF cannot tell what its reader prefers; choose light or dark",
    },
    Rule {
        is_in_vain: |it| it.picture.characters.color != ColorName::Auto && it.format != Format::Text,
        why: "--color is for charts in characters: choose those with --format text, or --theme for this one",
    },
    Rule {
        is_in_vain: |it| it.picture.characters.ascii && it.format != Format::Text,
        why: "--ascii is for charts in characters: choose those with --format text",
    },
    Rule {
        is_in_vain: |it| {
            (it.show.stack || it.show.kinds) && matches!(it.drawing, Drawing::Over | Drawing::Difference)
        },
        why: "--stack and --kinds show a recording by itself: plot one, or compare several in panels",
    },
    Rule {
        is_in_vain: |it| it.show.slope && matches!(it.drawing, Drawing::Panels | Drawing::Difference),
        why: "--slope is for one recording, and for several over each other: plot them, or compare with --view overlay",
    },
    Rule {
        is_in_vain: |it| it.show.children && it.drawing == Drawing::Difference,
        why: "--children is for --view panels and overlay: a difference is one of whole runs",
    },
    Rule {
        is_in_vain: |it| it.has_calls && it.drawing == Drawing::Over,
        why: "--flame and --brackets show the calls of one recording: name one",
    },
    Rule {
        is_in_vain: |it| {
            let is_by_time = it.align.is_none_or(|by| by == AlignBy::Time);
            let has_others_times = it.show.normalize_time || (it.show.window.is_some() && !is_by_time);
            it.drawing == Drawing::Difference && has_others_times
        },
        why: "a difference has one time axis: instead of --normalize-time it takes --align done, and --window with --align time alone",
    },
];

impl Asked<'_> {
    fn check(&self) -> Result<(), Misused> {
        let rule = RULES.iter().find(|rule| (rule.is_in_vain)(self));
        rule.map_or(Ok(()), |rule| Err(Misused(rule.why.to_owned())))
    }
}

impl PlotArgs {
    /// Checks that every flag does something in a plot of so many recordings.
    pub(crate) fn check(&self, n_recordings: usize, format: Format) -> Result<(), Misused> {
        let drawing = if n_recordings > 1 { Drawing::Over } else { Drawing::Alone };
        let has_calls = self.flame || self.brackets;
        Asked { drawing, format, show: &self.show, picture: &self.picture, has_calls, align: None }.check()
    }
}

impl CompareArgs {
    /// Checks that every flag does something in a comparison.
    pub(crate) fn check(&self, format: Format) -> Result<(), Misused> {
        let drawing = match self.view {
            CompareView::Panels => Drawing::Panels,
            CompareView::Overlay => Drawing::Over,
            CompareView::Difference => Drawing::Difference,
        };
        if self.align.is_some() && drawing != Drawing::Difference {
            let why = "--align is for --view difference: other views put no moments together";
            return Err(Misused(why.to_owned()));
        }
        let Self { show, picture, align, .. } = self;
        Asked { drawing, format, show, picture, has_calls: false, align: *align }.check()
    }
}
