//! The sheet as plotters sees it.
//!
//! plotters places everything on whole pixels. It is told that the sheet is [`FINE`] times as large as it is, and what
//! it draws is divided again, so that curves lie where they belong. Lines along an axis are then moved to the
//! nearest device pixels, so that they are crisp.

use crate::canvas::{Canvas, Lettering, Spot};
use crate::lettering::{CAPITAL_HEIGHT, Face};
use crate::palette::{self, Color, Pen};
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontStyle,
};
use std::convert::Infallible;

/// How many units of plotters make a pixel.
const FINE: f32 = 32.0;

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// Pixels in units of plotters.
pub(crate) fn fine(px: f32) -> i32 {
    (px * FINE).round() as i32
}

/// A canvas behind the interface that plotters draws on.
pub(crate) struct Paper<'a> {
    canvas: &'a mut dyn Canvas,
    width_px: u32,
    height_px: u32,
}

impl<'a> Paper<'a> {
    /// A sheet of that size.
    pub(crate) fn new(canvas: &'a mut dyn Canvas, width_px: u32, height_px: u32) -> Self {
        Self { canvas, width_px, height_px }
    }

    /// Draws a line with a pen, dashes included, which plotters' own styles cannot express.
    pub(crate) fn stroke(&mut self, line: impl Iterator<Item = BackendCoord>, pen: &Pen) {
        let mut spots: Vec<Spot> = line.map(spot).collect();
        if let [from, to] = &mut spots[..] {
            self.align(from, to, pen.width_px);
        }
        self.canvas.stroke(&spots, pen);
    }

    /// Moves a line along an axis so that it covers whole device pixels.
    fn align(&self, from: &mut Spot, to: &mut Spot, width_px: f32) {
        let scale = self.canvas.scale();
        let is_odd = (width_px * scale).round().max(1.0) % 2.0 == 1.0;
        let middle = if is_odd { 0.5 } else { 0.0 };
        let snapped = |px: f32| ((px * scale - middle).round() + middle) / scale;
        if from.x == to.x {
            from.x = snapped(from.x);
            to.x = from.x;
        }
        if from.y == to.y {
            from.y = snapped(from.y);
            to.y = from.y;
        }
    }

    fn snap_edge(&self, it: Spot) -> Spot {
        let scale = self.canvas.scale();
        Spot { x: (it.x * scale).round() / scale, y: (it.y * scale).round() / scale }
    }
}

impl DrawingBackend for Paper<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        (self.width_px * FINE as u32, self.height_px * FINE as u32)
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, at: BackendCoord, color: BackendColor) -> Drawn {
        self.canvas.disc(spot(at), 0.5, convert(color));
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        // plotters asks for invisible lines too, such as the borders of areas.
        if style.color().alpha > 0.0 {
            let pen = palette::line(convert(style.color()), style.stroke_width() as f32 / FINE, &[]);
            self.stroke(path.into_iter(), &pen);
        }
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let (from, to) = (self.snap_edge(spot(upper_left)), self.snap_edge(spot(bottom_right)));
        let corners = [from, Spot { x: to.x, y: from.y }, to, Spot { x: from.x, y: to.y }];
        if fill {
            self.canvas.fill(&corners, convert(style.color()));
            return Ok(());
        }
        let (left, top) = upper_left;
        let (right, bottom) = bottom_right;
        self.draw_path([upper_left, (right, top), bottom_right, (left, bottom), upper_left], style)
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        radius: u32,
        style: &S,
        _fill: bool,
    ) -> Drawn {
        self.canvas.disc(spot(center), radius as f32 / FINE, convert(style.color()));
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Drawn {
        let spots: Vec<Spot> = corners.into_iter().map(spot).collect();
        self.canvas.fill(&spots, convert(style.color()));
        Ok(())
    }

    fn draw_text<T: BackendTextStyle>(&mut self, text: &str, style: &T, at: BackendCoord) -> Drawn {
        let lettering = lettering(style);
        let width_px = lettering.face.width_px(text, lettering.size_px);
        let height_px = CAPITAL_HEIGHT * lettering.size_px;
        let mut from = spot(at);
        from.x -= match style.anchor().h_pos {
            HPos::Left => 0.0,
            HPos::Center => width_px / 2.0,
            HPos::Right => width_px,
        };
        from.y += match style.anchor().v_pos {
            VPos::Top => height_px,
            VPos::Center => height_px / 2.0,
            VPos::Bottom => 0.0,
        };
        // Letters stand on a row of pixels.
        from.y = self.snap_edge(from).y;
        self.canvas.text(text, from, lettering);
        Ok(())
    }

    fn estimate_text_size<T: BackendTextStyle>(
        &self,
        text: &str,
        style: &T,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let lettering = lettering(style);
        let width_px = lettering.face.width_px(text, lettering.size_px);
        Ok((fine(width_px) as u32, fine(CAPITAL_HEIGHT * lettering.size_px) as u32))
    }
}

fn spot((x, y): BackendCoord) -> Spot {
    Spot { x: x as f32 / FINE, y: y as f32 / FINE }
}

fn convert(color: BackendColor) -> Color {
    Color { rgb: color.rgb, alpha: color.alpha }
}

fn lettering<T: BackendTextStyle>(style: &T) -> Lettering {
    let face = match style.style() {
        FontStyle::Bold => Face::Bold,
        FontStyle::Normal | FontStyle::Italic | FontStyle::Oblique => Face::Regular,
    };
    Lettering { face, size_px: style.size() as f32 / FINE, color: convert(style.color()) }
}
