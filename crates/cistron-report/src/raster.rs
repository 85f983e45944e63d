//! PNG from SVG, with the crate's own fonts and no others, so that figures look the same on every machine.

use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use crate::ReportError;

const REGULAR: &[u8] = include_bytes!("../assets/Roboto-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../assets/Roboto-Bold.ttf");

/// Pixels of the PNG per unit of the SVG.
pub(crate) const ZOOM: f32 = 2.0;

/// Turns SVGs into PNGs; holds the fonts, so make one for all figures.
pub(crate) struct Rasteriser {
    options: Options<'static>,
}

impl Rasteriser {
    pub(crate) fn new() -> Self {
        let mut fonts = fontdb::Database::new();
        fonts.load_font_data(REGULAR.to_vec());
        fonts.load_font_data(BOLD.to_vec());
        fonts.set_sans_serif_family("Roboto");
        Self { options: Options { font_family: "Roboto".into(), fontdb: Arc::new(fonts), ..Options::default() } }
    }

    /// The PNG's bytes, [`ZOOM`] times as large as the SVG says.
    ///
    /// # Errors
    /// An SVG that is not one, or too large for memory.
    pub(crate) fn png(&self, figure: &str, svg: &str) -> Result<Vec<u8>, ReportError> {
        let fail = |message: String| ReportError::Raster { figure: figure.to_owned(), message };
        let tree = Tree::from_str(svg, &self.options).map_err(|e| fail(e.to_string()))?;
        let size = tree.size().to_int_size();
        let large = |v: u32| (v as f32 * ZOOM) as u32;
        let mut pixmap = Pixmap::new(large(size.width()), large(size.height()))
            .ok_or_else(|| fail(format!("{} × {} is no size for a picture", size.width(), size.height())))?;
        resvg::render(&tree, Transform::from_scale(ZOOM, ZOOM), &mut pixmap.as_mut());
        pixmap.encode_png().map_err(|e| fail(e.to_string()))
    }
}

/// One SVG as PNG, twice as large as the SVG says, with the crate's fonts.
///
/// # Errors
/// An SVG that is not one, or too large for memory; `figure` names it in the message.
pub fn png_from_svg(figure: &str, svg: &str) -> Result<Vec<u8>, ReportError> {
    Rasteriser::new().png(figure, svg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_drawn_with_the_bundled_font() {
        let svg = |text: &str| {
            format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"100\" height=\"20\" font-family=\"Roboto, Helvetica, sans-serif\">\
                 <rect width=\"100\" height=\"20\" fill=\"#ffffff\"/><text x=\"2\" y=\"15\" font-size=\"12\">{text}</text></svg>"
            )
        };
        let rasteriser = Rasteriser::new();
        let dark = |text: &str| {
            let png = rasteriser.png("t", &svg(text)).unwrap();
            let pixmap = Pixmap::decode_png(&png).unwrap();
            assert_eq!((pixmap.width(), pixmap.height()), (200, 40));
            pixmap.pixels().iter().filter(|p| p.red() < 128).count()
        };
        assert_eq!(dark(""), 0);
        assert!(dark("cistron − α ≥ 0.612") > dark("cistron") && dark("cistron") > 50);
    }
}
