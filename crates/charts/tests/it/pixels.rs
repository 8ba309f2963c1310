//! Bitmaps: their size, where the peak is, and that they are the same every time.

use super::{named, recording};
use mprof_charts::{Chart, Detail, Error, Format, Kind, Options, Theme, over_time, render};
use mprof_recording::Recording;

const SECOND_NS: u64 = 1_000_000_000;
const MIB: u64 = 1 << 20;
const BLUE: [u8; 3] = [0x0b, 0x5a, 0xa6];

/// Bitmaps take their time without optimization.
fn small_chart(recording: &Recording) -> Chart {
    let options = Options { width_px: 440, height_px: Some(260), ..Options::default() };
    over_time(&[named(recording)], &options).expect("there is something to draw")
}

struct Bitmap {
    width: usize,
    height: usize,
    per_metre: u32,
    rgb: Vec<u8>,
}

impl Bitmap {
    fn read(bytes: &[u8]) -> Self {
        assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n"));
        let decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        let mut reader = decoder.read_info().expect("the header is sound");
        let mut rgb = vec![0; reader.output_buffer_size().expect("it fits in memory")];
        let info = reader.next_frame(&mut rgb).expect("the image is sound");
        let per_metre = reader.info().pixel_dims.expect("it says how large it is").xppu;
        Self { width: info.width as usize, height: info.height as usize, per_metre, rgb }
    }

    /// The places with exactly that colour.
    fn places(&self, color: [u8; 3]) -> Vec<(usize, usize)> {
        let pixels = self.rgb.chunks_exact(3).enumerate().filter(|(_, rgb)| **rgb == color);
        pixels.map(|(idx, _)| (idx % self.width, idx / self.width)).collect()
    }
}

#[test]
fn a_bitmap_is_as_large_as_it_was_asked_for() {
    let run = recording("ls", &[(0, MIB, None), (SECOND_NS, 2 * MIB, None)]);
    for (dpi, width, height) in [(96, 320, 240), (192, 640, 480), (300, 1000, 750)] {
        let options = Options { width_px: 320, height_px: Some(240), dpi, ..Options::default() };
        let chart = over_time(&[named(&run)], &options).expect("there is something to draw");
        let bitmap = Bitmap::read(&render(&chart, Format::Png).expect("it can be drawn"));
        assert_eq!((bitmap.width, bitmap.height), (width, height));
        assert_eq!(bitmap.per_metre, (f64::from(dpi) / 0.0254).round() as u32);
    }
}

#[test]
fn the_peak_is_where_it_belongs() {
    let run = recording(
        "ls",
        &[(0, MIB, Some(MIB)), (SECOND_NS, 9 * MIB, Some(9 * MIB)), (2 * SECOND_NS, 0, None)],
    );
    let bitmap = Bitmap::read(&render(&small_chart(&run), Format::Png).expect("it can be drawn"));
    let blue = bitmap.places(BLUE);
    let top = blue.iter().map(|&(_, y)| y).min().expect("there is a curve");
    let mean_x = |row: usize| {
        let row: Vec<usize> = blue.iter().filter(|&&(_, y)| y == row).map(|&(x, _)| x).collect();
        row.iter().sum::<usize>() / row.len()
    };
    // The plot begins right of the labels and ends at the right margin, and the peak is in its middle.
    assert!((220..=240).contains(&mean_x(top + 1)), "{}", mean_x(top + 1));
    assert!((80..=110).contains(&top), "{top}");
}

#[test]
fn nothing_is_drawn_on_the_margin() {
    let run = recording("ls", &[(0, MIB, None), (SECOND_NS, 2 * MIB, None)]);
    let bitmap = Bitmap::read(&render(&small_chart(&run), Format::Png).expect("it can be drawn"));
    let border = |x: usize, y: usize| x < 4 || y < 4 || x >= bitmap.width - 2 || y >= bitmap.height - 4;
    let white = bitmap.places([255, 255, 255]).into_iter().filter(|&(x, y)| border(x, y)).count();
    let all = (0..bitmap.width * bitmap.height)
        .filter(|&idx| border(idx % bitmap.width, idx / bitmap.width))
        .count();
    assert_eq!(white, all);
}

#[test]
fn the_same_recording_gives_the_same_bytes() {
    let run = recording("ls", &[(0, MIB, None), (SECOND_NS, 2 * MIB, None)]);
    for format in Format::ALL {
        assert_eq!(render(&small_chart(&run), format), render(&small_chart(&run), format));
    }
}

#[test]
fn a_size_that_cannot_be_drawn_is_refused() {
    let run = recording("ls", &[(0, MIB, None)]);
    let cases = [(0, 96), (10, 96), (1200, 0), (u32::MAX, 96), (1200, u32::MAX), (20_000, 600)];
    for (width_px, dpi) in cases {
        let options = Options { width_px, dpi, ..Options::default() };
        let chart = over_time(&[named(&run)], &options).expect("there is something to draw");
        // A chart in characters has cells instead of pixels.
        for format in Format::ALL.into_iter().filter(|format| format.kind() != Kind::Characters) {
            assert!(matches!(render(&chart, format), Err(Error::Size { .. })), "{width_px} {dpi} {format:?}");
        }
    }
}

#[test]
fn a_height_without_room_for_the_content_is_refused() {
    let run = recording("ls", &[(0, MIB, None), (SECOND_NS, 2 * MIB, None)]);
    let chart_of = |height_px| {
        let options = Options { height_px: Some(height_px), ..Options::default() };
        let named = [named(&run), named(&run), named(&run), named(&run), named(&run), named(&run)];
        mprof_charts::side_by_side(&named, &options).expect("there is something to draw")
    };
    let Err(Error::Extent { side: "height", given: 260, bounds, .. }) = render(&chart_of(260), Format::Svg)
    else {
        panic!("two rows of panels do not fit");
    };
    assert!(render(&chart_of(*bounds.start() as u32), Format::Svg).is_ok());
}

#[test]
fn the_dark_theme_is_light_on_dark() {
    let run = recording("ls", &[(0, MIB, None), (SECOND_NS, 2 * MIB, None)]);
    let mut chart = small_chart(&run);
    chart.sheet.theme = Theme::Dark;
    let bitmap = Bitmap::read(&render(&chart, Format::Png).expect("it can be drawn"));
    assert_eq!(bitmap.rgb[..3], [0x16, 0x18, 0x1d]);
    assert!(bitmap.places([255, 255, 255]).is_empty());
}

/// Readings of a program that climbs, falls and spikes, the same every time.
fn restless(n_readings: u64, seed: u64) -> Recording {
    let (mut state, mut mib) = (seed, 40);
    let readings = (0..n_readings).map(|idx| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        mib = (mib + state % 5).saturating_sub(state >> 32 & 4).clamp(10, 80);
        let spike = if state.is_multiple_of(997) { 70 } else { 0 };
        (idx * SECOND_NS, (mib + spike) * MIB, None)
    });
    recording("ls", &readings.collect::<Vec<_>>())
}

/// Lines have soft edges, so that what happens within a pixel colours some of them more or less.
#[test]
fn the_picture_reaches_as_far_as_that_of_every_reading() {
    for (seed, n_readings) in [(7, 9_000), (8, 30_000), (9, 1_000)] {
        let run = restless(n_readings, seed);
        let picture = |detail| {
            let options = Options { width_px: 440, height_px: Some(260), detail, ..Options::default() };
            let chart = over_time(&[named(&run)], &options).expect("there is something to draw");
            let n_points: usize = chart.panels[0].series.iter().map(|series| series.points.len()).sum();
            (n_points, Bitmap::read(&render(&chart, Format::Png).expect("it can be drawn")))
        };
        let (n_reduced, reduced) = picture(Detail::Sheet);
        let (n_all, all) = picture(Detail::Zoom);
        // But for readings within level lines, all are there.
        assert!(n_all as u64 <= n_readings && n_all as u64 > n_readings * 3 / 4 && n_reduced <= n_all);
        let rows = |bitmap: &Bitmap| {
            let mut rows: Vec<usize> = bitmap.places(BLUE).into_iter().map(|(_, y)| y).collect();
            rows.sort_unstable();
            (rows[0], rows[rows.len() - 1])
        };
        assert_eq!(rows(&reduced), rows(&all));
        let n_differing = reduced.rgb.iter().zip(&all.rgb).filter(|(a, b)| a.abs_diff(**b) > 64).count();
        assert!(n_differing * 100 < all.rgb.len(), "{n_differing} of {}", all.rgb.len());
    }
}
